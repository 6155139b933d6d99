"""What is stored of types whose own JSON would not be read back as what they were."""

from __future__ import annotations

import enum
import uuid
from dataclasses import dataclass
from datetime import date, datetime, timezone
from decimal import Decimal
from types import ModuleType
from typing import Annotated, Any, Literal, NamedTuple

import pytest
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    RootModel,
    Secret,
    SecretBytes,
    SecretStr,
    StrictFloat,
    ValidationError,
    computed_field,
)

from rapyer_async import AtomicRedisModel, Key, StoredSecret, isolated_models
from rapyer_core.errors import (
    CorruptedModelError,
    KeyNotFound,
    PipelineError,
    RapyerSerializationError,
    UnsupportedArgumentTypeError,
    UnsupportedFieldError,
)

from .asking import ask, stored


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Corner(enum.Enum):
    LOW = (0, 0)
    HIGH = (1, 1)


class Rights(enum.Flag):
    READ = 1
    WRITE = 2


class Word(str, enum.Enum):
    YES = "yes"


class Point(NamedTuple):
    x: int
    y: int


@dataclass(frozen=True)
class Spot:
    name: str
    data: bytes = b"\xff"


class Cat(BaseModel):
    name: str
    lives: int = 9


class Dog(BaseModel):
    name: str
    tricks: int = 9


class Numbers(RootModel[list[int]]):
    pass


class Unions(AtomicRedisModel):
    text: str | Color | datetime | uuid.UUID | bytes | None = None
    moment: datetime | date | str = ""
    amount: Decimal | float | int = 0
    pets: list[Cat | Dog] = []
    few: list[int] | set[int] = []
    nested: dict[str, tuple[str | date, ...]] = {}
    number: int | str = 0


MARKED = "__rapyer_choice__"


@pytest.mark.parametrize(
    "value",
    [
        "red",
        Color.RED,
        datetime(2026, 1, 1),
        "2026-01-01T00:00:00",
        uuid.UUID(int=5),
        str(uuid.UUID(int=5)),
        b"abc",
        "YWJj",
        None,
        "",
    ],
)
async def test_a_union_keeps_the_type(rapyer: ModuleType, value: Any) -> None:
    model = await Unions(text=value).asave()
    for again in (await Unions.aget(model.key), await model.aload()):
        kept = again.text
        assert kept == value and isinstance(kept, type(value))
    await model.aupdate(text="other")
    await model.aupdate(text=value)
    kept = (await Unions.aget(model.key)).text
    assert kept == value and isinstance(kept, type(value))


async def test_unions_of_other_kinds(rapyer: ModuleType) -> None:
    model = Unions(
        moment=date(2026, 1, 1),
        amount=1.5,
        pets=[Dog(name="a"), Cat(name="b")],
        few={1, 2},
        nested={"a": ("2026-01-01", date(2026, 1, 1))},
    )
    await model.asave()
    again = await Unions.aget(model.key)
    assert again == model and type(again.few) is set and type(again.moment) is date
    assert isinstance(again.amount, float)
    assert [isinstance(pet, Dog) for pet in again.pets] == [True, False]
    assert [type(part) for part in again.nested["a"]] == [str, date]
    await model.aupdate(amount=Decimal("1.50"), moment="2026-01-01")
    again = await Unions.aget(model.key)
    assert type(again.amount) is Decimal and isinstance(again.moment, str)


async def test_kinds_that_differ_in_json_are_plain(rapyer: ModuleType) -> None:
    model = await Unions(number=5).asave()
    assert await model.number.aapply(lambda number: number + 1) == 6
    assert (await stored(model))["number"] == 6
    await model.aupdate(number="6")
    again = await Unions.aget(model.key)
    assert again.number == "6" and MARKED not in again.redis_dump_json()


async def test_only_what_would_be_misread_is_marked(rapyer: ModuleType) -> None:
    model = await Unions(text=Color.RED, moment="noon", few=[1]).asave()
    document = await stored(model)
    assert document["text"] == {MARKED: "Color", "value": "red"}
    await model.aupdate(text="a text")
    assert (await stored(model))["text"] == "a text"
    assert document["moment"] == "noon" and document["few"] == [1]
    assert MARKED not in model.model_dump_json()


class Node(BaseModel):
    label: date | str
    nodes: list[Node] = []
    other: Node | Leaf | Corner | None = None


class Leaf(BaseModel):
    label: date | str


class Trees(AtomicRedisModel):
    node: Node | Leaf
    named: dict[int | str, Node] = {}


async def test_types_that_hold_themselves(rapyer: ModuleType) -> None:
    inner = Node(label="2026-01-01", other=Leaf(label=date(2026, 1, 1)))
    node = Node(label=date(2026, 1, 1), nodes=[inner], other=Node(label="", other=Corner.LOW))
    model = await Trees(node=node, named={1: inner, "1": node}).asave()
    assert await Trees.aget(model.key) == model
    await model.aupdate(node=Leaf(label="2026-01-01"))
    again = await Trees.aget(model.key)
    assert again == model and isinstance(again.node, Leaf) and again.node.label == "2026-01-01"
    document = await stored(model)
    assert document["node"][MARKED] == "Leaf"
    assert document["named"]["1"]["other"][MARKED] == "Leaf"


class Keys(AtomicRedisModel):
    pairs: dict[tuple[int, str], int] = {}
    points: dict[Point, int] = {}
    spots: dict[Spot, int] = {}
    maybe: dict[str | None, int] = {}
    either: dict[int | str, int] = {}
    corners: dict[Corner, int] = {}
    rights: dict[Rights, int] = {}
    picked: dict[Literal[1, "1"], int] = {}
    moments: dict[datetime | date, int] = {}
    plain: dict[Color, int] = {}


KEYS: dict[str, list[Any]] = {
    "pairs": [(1, "a"), (1, "a,b"), (-2, '"')],
    "points": [Point(1, 2), Point(0, 0)],
    "spots": [Spot("a"), Spot('b"', b"")],
    "maybe": [None, "null", "None", "", "a"],
    "either": [1, "1", "a", '"a"', -5, "01"],
    "corners": [Corner.LOW, Corner.HIGH],
    "rights": [Rights.READ, Rights.READ | Rights.WRITE],
    "picked": [1, "1"],
    "moments": [date(2026, 1, 1), datetime(2026, 1, 1), datetime(2026, 1, 1, tzinfo=timezone.utc)],
    "plain": [Color.RED, Color.BLUE],
}


@pytest.mark.parametrize("name", KEYS)
async def test_keys_of_dicts(rapyer: ModuleType, name: str) -> None:
    keys = KEYS[name]
    model = await Keys(**{name: dict.fromkeys(keys, 0)}).asave()
    assert list(getattr(await Keys.aget(model.key), name)) == keys
    for number, key in enumerate(keys):
        await getattr(model, name).aset_item(key, number)
        await getattr(model, name)[key].aincrease(1)
    getattr(model, name)[keys[0]] = 100
    await model.asave()
    again = getattr(await Keys.aget(model.key), name)
    assert again == {key: number + 1 for number, key in enumerate(keys)} | {keys[0]: 100}
    assert [type(key) for key in again] == [type(key) for key in keys]
    assert await getattr(model, name).apop(keys[-1]) == (len(keys) if len(keys) > 1 else 100)
    assert keys[-1] not in getattr(await Keys.aget(model.key), name)


async def test_a_key_that_is_text_is_stored_as_it_is(rapyer: ModuleType) -> None:
    model = await Keys(either={"a": 1, 1: 2}, plain={Color.RED: 1}, maybe={"x": 1}).asave()
    document = await stored(model)
    assert document["either"] == {"a": 1, "1": 2}
    assert document["plain"] == {"red": 1} and document["maybe"] == {"x": 1}


class Special(AtomicRedisModel):
    corner: Corner = Corner.LOW
    corners: list[Corner] = []
    one: Literal[Color.RED, 1, True] = 1
    strict: StrictFloat = 0.0
    root: Numbers = Numbers([])
    roots: dict[str, Numbers] = {}
    spot: Spot = Spot("")


async def test_enums_of_tuples_and_literals_of_members(rapyer: ModuleType) -> None:
    for one in (Color.RED, 1, True):
        model = await Special(corner=Corner.HIGH, corners=[Corner.LOW], one=one).asave()
        again = await Special.aget(model.key)
        assert again == model and type(again.one) is type(one)
    await ask(Special, "JSON.SET", model.key, '$["corner"]', "[2,2]")
    with pytest.raises(CorruptedModelError, match=r"\[0,0\]"):
        await Special.aget(model.key)


async def test_what_json_has_no_number_for(rapyer: ModuleType) -> None:
    model = await Special(strict=float("inf")).asave()
    assert (await Special.aget(model.key)).strict == float("inf")

    class Level(BaseModel):
        level: float | None = None
        data: bytes = b""

    with isolated_models():

        class Marked(Level):
            kind: Literal["marked"] = "marked"

        class Other(Level):
            kind: Literal["other"] = "other"

        class Levels(AtomicRedisModel):
            inner: Level = Level()
            either: list[Annotated[Marked | Other, Field(discriminator="kind")]] = []
            any_of: list[Level | Numbers] = []

        given = {"level": float("-inf"), "data": b"\xff\x00"}
        held = Levels(inner=Level(**given), either=[Other(**given)], any_of=[Level(**given)])
        await held.asave()
        again = await Levels.aget(held.key)
        assert again.either == [Other(**given)] and again.any_of == [Level(**given)]
        assert again.inner.level == float("-inf") and again.inner.data == b"\xff\x00"


async def test_root_models(rapyer: ModuleType) -> None:
    model = await Special(root=Numbers([1]), roots={"a": Numbers([2])}).asave()
    assert (await stored(model))["root"] == [1]
    again = await Special.aget(model.key)
    assert again == model and type(again.root) is Numbers
    again.root.root.append(3)
    await again.asave()
    await again.roots.aset_item("b", Numbers([4]))
    assert await Special.aget(model.key) == again
    assert again.roots == {"a": Numbers([2]), "b": Numbers([4])}


# Secrets


class StoredAccount(AtomicRedisModel):
    token: Annotated[SecretStr, StoredSecret()]
    data: Annotated[SecretBytes | None, StoredSecret()] = None
    codes: Annotated[list[SecretStr], StoredSecret()] = []
    pin: Annotated[Secret[int] | None, StoredSecret()] = None
    hidden: SecretStr | None = Field(None, exclude=True)


async def test_a_secret_is_stored_where_the_field_says_so(rapyer: ModuleType) -> None:
    account = StoredAccount(
        token=SecretStr("s3"),
        data=SecretBytes(b"\xff"),
        codes=[SecretStr("a")],
        pin=Secret(7),
        hidden=SecretStr("no"),
    )
    await account.asave()
    assert await stored(account) == {"token": "s3", "data": "_w==", "codes": ["a"], "pin": 7}
    again = await StoredAccount.aget(account.key)
    assert again.token.get_secret_value() == "s3" and again.data == SecretBytes(b"\xff")
    assert again.codes == [SecretStr("a")] and again.pin == Secret(7) and again.hidden is None
    await again.aupdate(token=SecretStr("s4"))
    await again.codes.aappend(SecretStr("b"))
    assert (await stored(account))["codes"] == ["a", "b"]
    for shown in (repr(again), again.model_dump_json(), str(again.model_dump())):
        assert "s4" not in shown
    await ask(StoredAccount, "JSON.SET", account.key, '$["token"]', "17")
    with pytest.raises(CorruptedModelError) as caught:
        await StoredAccount.aget(account.key)
    assert "s4" not in str(caught.value)


@pytest.mark.parametrize(
    "annotation", [SecretStr, SecretBytes | None, Secret[int], list[SecretStr]]
)
def test_a_secret_without_a_word_is_refused(annotation: Any) -> None:
    with isolated_models():
        with pytest.raises(UnsupportedFieldError, match="StoredSecret") as caught:
            type("ToldSecret", (AtomicRedisModel,), {"__annotations__": {"token": annotation}})
        assert caught.value.field == "token"

        class Inner(BaseModel):
            token: SecretStr

        with pytest.raises(UnsupportedFieldError, match=r"OuterSecret\.inner"):
            type("OuterSecret", (AtomicRedisModel,), {"__annotations__": {"inner": Inner}})


# Keys of documents


class ByColor(AtomicRedisModel):
    color: Key[Color]
    count: int = 0


class ByWord(AtomicRedisModel):
    word: Key[Word]


class ByMoment(AtomicRedisModel):
    moment: Key[datetime]


async def test_a_pk_is_the_value_as_it_is_stored(rapyer: ModuleType) -> None:
    model = await ByColor(color=Color.RED).asave()
    assert (model.key, model.pk) == ("ByColor:red", "red")
    for key in ("red", "ByColor:red", Color.RED):
        assert await ByColor.aget(key) == model
        assert await ByColor.at(key).count.aload() == 0
    assert await ByColor.aexists(Color.RED)
    with pytest.raises(KeyNotFound):
        await ByColor.aget(Color.BLUE)
    with pytest.raises(UnsupportedArgumentTypeError):
        await ByColor.aget(5)
    assert (await ByWord(word=Word.YES).asave()).key == "ByWord:yes"
    assert await ByWord.aget(Word.YES) == await ByWord.aget("yes")
    moment = datetime(2026, 1, 1, tzinfo=timezone.utc)
    assert (await ByMoment(moment=moment).asave()).pk == "2026-01-01T00:00:00Z"
    assert (await ByMoment.aget(moment)).moment == moment


# Computed fields, and values that are no field's


class Square(AtomicRedisModel):
    model_config = ConfigDict(extra="forbid")

    side: int = 2

    @computed_field
    @property
    def area(self) -> int:
        return self.side**2


class OpenShape(AtomicRedisModel):
    model_config = ConfigDict(extra="allow")

    side: int = 2
    inner: OpenShapePart | None = None

    @computed_field
    @property
    def area(self) -> int:
        return self.side**2


class OpenShapePart(BaseModel):
    model_config = ConfigDict(extra="allow")

    name: str = ""


async def test_computed_fields_are_not_stored(rapyer: ModuleType) -> None:
    square = await Square(side=3).asave()
    assert await stored(square) == {"side": 3} and square.redis_dump() == {"side": 3}
    assert await Square.aget(square.key) == square and square.area == 9
    assert square.model_dump() == {"side": 3, "area": 9}


@pytest.mark.parametrize("cls", [Square, OpenShape])
async def test_documents_with_computed_fields_are_read(
    rapyer: ModuleType, cls: type[AtomicRedisModel]
) -> None:
    model = await cls(side=3).asave()
    await ask(cls, "JSON.SET", model.key, '$["area"]', "4")
    again = await cls.aget(model.key)
    assert again == model and again.area == 9
    await ask(cls, "JSON.SET", model.key, '$["side"]', "null")
    with pytest.raises(CorruptedModelError) as caught:
        await cls.aget(model.key)
    assert list(caught.value.fields) == ["side"]


async def test_what_is_not_known_is_still_forbidden(rapyer: ModuleType) -> None:
    square = await Square().asave()
    await ask(Square, "JSON.SET", square.key, '$["other"]', "4")
    with pytest.raises(CorruptedModelError, match="other"):
        await Square.aget(square.key)


async def test_changes_inside_values_that_are_no_fields(rapyer: ModuleType) -> None:
    model = OpenShape(tags=["a"], sizes={"x": 1}, word="w", inner=OpenShapePart(parts={"y": 1}))
    await model.asave()
    again = await OpenShape.aget(model.key)
    again.tags.append("b")
    again.sizes["z"] = 2
    again.inner.parts["y"] = 3
    again.inner.added = [1]
    del again.word
    await again.asave()
    assert await stored(model) == {
        "side": 2,
        "inner": {"name": "", "parts": {"y": 3}, "added": [1]},
        "tags": ["a", "b"],
        "sizes": {"x": 1, "z": 2},
    }
    assert await OpenShape.aget(model.key) == again


async def test_the_dict_of_values_that_are_no_fields(rapyer: ModuleType) -> None:
    model = await OpenShape(tags=["a"], word="w", gone=1).asave()
    other = await OpenShape.aget(model.key)
    other.tags = ["theirs"]
    await other.asave()
    extra = model.model_extra
    extra["word"] = "v"
    extra["new"] = [1]
    del extra["gone"]
    await model.asave()
    expected = {"side": 2, "inner": None, "tags": ["theirs"], "word": "v", "new": [1]}
    assert await stored(model) == expected
    extra["new"].append(2)
    await model.asave()
    assert (await stored(model))["new"] == [1, 2]


async def test_a_failed_save_keeps_them_changed(rapyer: ModuleType) -> None:
    model = await OpenShape(tags=["a"]).asave()
    model.tags.append("b")
    model.bad = object()
    with pytest.raises(RapyerSerializationError):
        await model.asave()
    del model.bad
    assert await stored(model) == {"side": 2, "inner": None, "tags": ["a"]}
    await model.asave()
    assert (await stored(model))["tags"] == ["a", "b"]


async def test_removing_one_in_a_pipeline_is_refused(rapyer: ModuleType) -> None:
    model = await OpenShape(word="w").asave()
    with pytest.raises(PipelineError):
        async with model.apipeline():
            del model.word
    assert (await OpenShape.aget(model.key)).word == "w"


# Settings of models


class Strict(AtomicRedisModel):
    model_config = ConfigDict(strict=True)

    moment: datetime | None = None
    data: bytes = b""
    color: Color = Color.RED
    level: float = 0.0
    parts: tuple[date, ...] = ()
    counts: dict[int, Decimal] = {}
    either: str | date = ""


async def test_strict_models(rapyer: ModuleType) -> None:
    model = Strict(
        moment=datetime(2026, 1, 1, tzinfo=timezone.utc),
        data=b"\xff",
        color=Color.BLUE,
        level=float("inf"),
        parts=(date(2026, 1, 1),),
        counts={1: Decimal("1.0")},
        either=date(2026, 1, 1),
    )
    await model.asave()
    assert await Strict.aget(model.key) == model
    await model.aupdate(either="2026-01-01", counts={2: Decimal("2")})
    await model.counts.aset_item(3, Decimal("3"))
    again = await Strict.aget(model.key)
    assert again == model and isinstance(again.either, str)


class Private(AtomicRedisModel):
    model_config = ConfigDict(frozen=True)

    name: str = ""
    _seen: int = PrivateAttr(0)
    _made: list[str] = PrivateAttr(default_factory=list)

    def model_post_init(self, context: Any) -> None:
        self._made.append(self.name)


async def test_private_attributes_are_not_stored(rapyer: ModuleType) -> None:
    model = Private(name="a")
    model._seen = 5
    await model.asave()
    assert await stored(model) == {"name": "a"}
    again = await Private.aget(model.key)
    assert (again.name, again._seen, again._made) == ("a", 0, ["a"])
    with pytest.raises(ValidationError):
        again.name = "b"


async def test_a_shape_reads_what_is_stored(rapyer: ModuleType) -> None:
    class Shown(BaseModel):
        text: str | Color | datetime | uuid.UUID | bytes | None = None

    await Unions(text=Color.RED).asave()
    found = await Unions.where().only(Shown).aall()
    assert [shown.text for shown in found] == [Color.RED]
