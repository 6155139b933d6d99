"""Fields that are stored as signed pickles, and what is refused without them."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import hmac
import os
import pickle
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from ipaddress import ip_network
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, Generic, NamedTuple, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer
from typing_extensions import TypedDict

from rapyer_async import AtomicRedisModel, Pickled, RedisConfig, isolated_models, set_pickle_keys
from rapyer_core.errors import (
    CorruptedModelError,
    InvalidValueError,
    RapyerSerializationError,
    UnsupportedArgumentValueError,
    UnsupportedFieldError,
)
from rapyer_core.pickling import pickled_text, unpickled

from .asking import ask, stored

KEY, OTHER_KEY = "k" * 16, b"o" * 20


class Shape:
    """What nobody but Python knows."""

    def __init__(self, size: Any = 1) -> None:
        self.size = size

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Shape) and self.size == other.size

    def __hash__(self) -> int:
        return hash(self.size)


class Mine(Exception):
    pass


class Trap:
    """Leaves a trace when it is unpickled."""

    sprung = 0

    def __reduce__(self) -> Any:
        return spring, ()


def spring() -> Shape:
    Trap.sprung += 1
    return Shape()


class Plain(BaseModel):
    shape: Annotated[Shape, Pickled()] = Shape(0)


class Board(AtomicRedisModel):
    name: str = ""
    shape: Annotated[Shape, Pickled()] = Shape()
    maybe: Annotated[Shape, Pickled()] | None = None
    shapes: list[Annotated[Shape, Pickled()]] = []
    by_name: dict[str, Annotated[Shape, Pickled()]] = {}
    whole: Annotated[dict[Shape, list[Shape]] | str, Pickled()] = ""
    anything: Annotated[Any, Pickled()] = None
    number: Annotated[int, Pickled(), Field(ge=0)] = 0
    plain: Plain = Plain()


class Picky(AtomicRedisModel):
    shape: Annotated[Shape, Pickled(allow=[Shape])] = Shape()
    named: Annotated[Any, Pickled(allow=[f"{__name__}.Mine"])] = None


class Allowing(AtomicRedisModel):
    Meta = RedisConfig(allow_pickle=True)
    shape: Shape = Shape()
    maybe: Shape | None = None
    shapes: list[Shape] = []
    by_name: dict[str, Shape] = {}
    either: str | Shape = ""
    function: Callable[..., Any] = len
    kind: type[Any] = int
    inner: Allowing | None = None
    count: int = 0


class Heir(Allowing):
    pair: tuple[Shape, int] = (Shape(), 1)


@dataclasses.dataclass
class Holding:
    shape: Shape
    number: int = 0


class Placed(NamedTuple):
    shape: Shape
    number: int = 0


class Typed(TypedDict):
    shape: Shape


T = TypeVar("T")


class PickledBox(AtomicRedisModel, Generic[T]):
    Meta = RedisConfig(allow_pickle=True)
    value: T
    items: list[T] = []


class Structured(AtomicRedisModel):
    Meta = RedisConfig(allow_pickle=True)
    held: Holding
    placed: Placed
    typed: Typed
    many: list[Holding] = []
    either: Holding | int = 1
    nested: dict[str, list[Shape | None]] = {}
    later: LateShape | None = None
    inner: list[Structured] = []


class LateShape(Shape):
    pass


class AllowingSome(AtomicRedisModel):
    class Meta:
        allow_pickle = (Shape,)

    shape: Shape = Shape()


@pytest.fixture(autouse=True)
def _keys() -> Iterator[None]:
    set_pickle_keys(KEY)
    yield
    set_pickle_keys()


async def put(model: Any, field: str, text: str) -> None:
    """Store a string at a field."""
    await ask(type(model), "JSON.SET", model.key, f"$.{field}", f'"{text}"')


def signed(body: bytes, key: bytes) -> str:
    """Return what docs/pickle.md says is stored, made without the library."""
    signature = hmac.new(key, b"rapyer-pickle\x001\x00" + body, hashlib.sha256).digest()
    return (
        f"rapyer-pickle:1:{base64.b64encode(signature).decode()}:{base64.b64encode(body).decode()}"
    )


async def test_round_trips(rapyer: ModuleType) -> None:
    board: Any = await Board(
        shape=Shape(2),
        maybe=Shape(3),
        shapes=[Shape(4), Shape(5)],
        by_name={"a": Shape(6)},
        whole={Shape(7): [Shape(8)]},
        anything=[Mine("x"), 1j],
        plain=Plain(shape=Shape(9)),
    ).asave()
    found: Any = await Board.aget(board.key)
    assert [found.shape, found.maybe, found.shapes] == [Shape(2), Shape(3), [Shape(4), Shape(5)]]
    assert found.by_name == {"a": Shape(6)} and found.whole == {Shape(7): [Shape(8)]}
    assert repr(found.anything) == "[Mine('x'), 1j]" and found.plain.shape == Shape(9)
    assert (await Board.aget(board.key, only=["maybe"])).maybe == Shape(3)
    document = await stored(board)
    assert document["shape"] == signed(pickle.dumps(Shape(2), 5), KEY.encode())
    assert document["shapes"][0].startswith("rapyer-pickle:1:")


async def test_every_way_to_write(rapyer: ModuleType) -> None:
    board: Any = await Board().asave()
    await board.aupdate(shape=Shape(2))
    await board.shapes.aextend([Shape(3), Shape(4)])
    await board.shapes.aset_item(0, Shape(5))
    await board.by_name.aupdate(a=Shape(6))
    board.maybe = Shape(7)
    await board.asave()
    board.maybe.size = 8  # in place
    board.plain.shape.size = 9
    await board.asave()
    found: Any = await Board.aget(board.key)
    assert (found.shape, found.shapes, found.by_name) == (
        Shape(2),
        [Shape(5), Shape(4)],
        {"a": Shape(6)},
    )
    assert (found.maybe, found.plain.shape) == (Shape(8), Shape(9))
    assert (await found.shapes.apop()) == Shape(4)
    async with found.apipeline():
        found.shape = Shape(10)
        found.shapes.append(Shape(11))
    twin = await (await Board.aget(board.key)).aduplicate()
    assert (twin.shape, twin.shapes) == (Shape(10), [Shape(5), Shape(11)])


async def test_what_is_unchanged_is_not_written(rapyer: ModuleType) -> None:
    board: Any = await Board(shape=Shape(2)).asave()
    found: Any = await Board.aget(board.key)
    assert found.shape == Shape(2)
    await put(board, "shape", pickled_text(Shape(3)))
    found.name = "x"
    await found.asave()
    assert (await Board.aget(board.key)).shape == Shape(3)


async def test_a_model_that_allows_pickles(rapyer: ModuleType) -> None:
    model: Any = Heir(
        shape=Shape(2),
        maybe=Shape(3),
        shapes=[Shape(4)],
        by_name={"a": Shape(5)},
        either=Shape(6),
        function=max,
        kind=str,
        inner=Allowing(shape=Shape(7), either="text"),
        pair=(Shape(8), 2),
    )
    await model.asave()
    found: Any = await Heir.aget(model.key)
    assert found == model and type(found.either) is Shape
    assert found.inner.either == "text" and found.inner.shape == Shape(7)
    document = await stored(model)
    assert document["count"] == 0 and document["pair"][1] == 2
    assert document["maybe"].startswith("rapyer-pickle:1:") and document["inner"]["maybe"] is None


async def test_types_made_of_others(rapyer: ModuleType) -> None:
    shape = Shape(2)
    model = await Structured(
        held=Holding(shape),
        placed=Placed(shape, 3),
        typed={"shape": shape},
        many=[Holding(shape, 4)],
        either=Holding(shape),
        nested={"a": [shape, None]},
        later=LateShape(5),
        inner=[Structured(held=Holding(shape), placed=Placed(shape), typed={"shape": shape})],
    ).asave()
    assert await Structured.aget(model.key) == model
    document = await stored(model)
    assert document["held"]["number"] == 0 and document["many"][0]["number"] == 4
    box = await PickledBox[Shape](value=shape, items=[shape]).asave()
    assert await PickledBox[Shape].aget(box.key) == box


async def test_the_setting_is_inherited_from_the_base_of_all(rapyer: ModuleType) -> None:
    AtomicRedisModel.Meta.allow_pickle = True
    try:

        class Late(AtomicRedisModel):
            shape: Shape = Shape()

        with pytest.raises(UnsupportedFieldError):

            class Strict(AtomicRedisModel):
                Meta = RedisConfig(allow_pickle=False)
                shape: Shape = Shape()

    finally:
        AtomicRedisModel.Meta.unset("allow_pickle")
    late = await Late(shape=Shape(4)).asave()
    assert (await Late.aget(late.key)).shape == Shape(4)
    with pytest.raises(UnsupportedFieldError):

        class Later(Late):
            other: Shape = Shape()


@pytest.mark.parametrize("body", [pickle.dumps(Trap()), b"cos\nsystem\n(S'exit 1'\ntR."])
async def test_nothing_is_unpickled_without_our_signature(rapyer: ModuleType, body: bytes) -> None:
    board: Any = await Board().asave()
    encoded = base64.b64encode(body).decode()
    ours = pickled_text(Shape()).split(":")[2]
    Trap.sprung = 0
    for text in (
        encoded,
        f"rapyer-pickle:1:{encoded}",
        f"rapyer-pickle:1::{encoded}",
        f"rapyer-pickle:1:{ours}:{encoded}",
        f"rapyer-pickle:2:{ours}:{encoded}",
        f"rapyer-pickle:1:{ours}é:{encoded}",
        signed(body, b"another key that is not ours"),
        signed(body, b""),
        signed(body, KEY.encode())[:-4] + "AAAA",
    ):
        await put(board, "shape", text)
        with pytest.raises(CorruptedModelError, match="shape") as caught:
            await Board.aget(board.key)
        assert caught.value.fields.keys() == {"shape"}
    assert Trap.sprung == 0
    await put(board, "shape", signed(pickle.dumps(Trap()), KEY.encode()))
    await Board.aget(board.key)
    assert Trap.sprung == 1


async def test_keys_are_rotated(rapyer: ModuleType) -> None:
    old = await Board(shape=Shape(2)).asave()
    set_pickle_keys(OTHER_KEY, KEY)
    found = await Board.aget(old.key)
    assert found.shape == Shape(2)
    await found.asave(force=True)
    set_pickle_keys(OTHER_KEY)
    assert (await Board.aget(old.key)).shape == Shape(2)
    set_pickle_keys(KEY)
    with pytest.raises(CorruptedModelError, match="not signed by any of our keys"):
        await Board.aget(old.key)


async def test_without_a_key(rapyer: ModuleType) -> None:
    board = await Board(name="a").asave()
    set_pickle_keys()
    with pytest.raises(RapyerSerializationError, match="pickle_keys"):
        await Board().asave()
    with pytest.raises(CorruptedModelError, match="pickle_keys"):
        await Board.aget(board.key)
    assert (await Board.aget(board.key, only=["name"])).name == "a"


def test_bad_keys() -> None:
    for key in ("short", b"x" * 15, 5, None):
        with pytest.raises(UnsupportedArgumentValueError, match="16 bytes") as caught:
            set_pickle_keys(KEY, key)  # type: ignore[arg-type]
        assert "short" not in str(caught.value)
    assert unpickled(pickled_text(1), None) == 1  # the earlier keys hold


async def test_what_a_pickle_may_name(rapyer: ModuleType) -> None:
    picky: Any = await Picky(shape=Shape({1, 2}), named=Mine("x")).asave()
    found: Any = await Picky.aget(picky.key)
    assert found.shape == Shape({1, 2}) and isinstance(found.named, Mine)
    for field, value in (("shape", Shape(Mine())), ("named", Shape()), ("named", os.system)):
        before = pickled_text(getattr(picky, field))
        await put(picky, field, pickled_text(value))
        with pytest.raises(CorruptedModelError, match="is not allowed in it"):
            await Picky.aget(picky.key)
        await put(picky, field, before)
    some = await AllowingSome(shape=Shape(2)).asave()
    assert (await AllowingSome.aget(some.key)).shape == Shape(2)
    await put(some, "shape", pickled_text(Shape(Mine())))
    with pytest.raises(CorruptedModelError, match="Mine is not allowed in it"):
        await AllowingSome.aget(some.key)


async def test_the_type_is_checked_afterwards(rapyer: ModuleType) -> None:
    board: Any = await Board().asave()
    for field, value in (("shape", "text"), ("maybe", Mine()), ("number", -1), ("whole", 5)):
        await put(board, field, pickled_text(value))
        with pytest.raises(CorruptedModelError) as caught:
            await Board.aget(board.key)
        assert any(name.split(".")[0] == field for name in caught.value.fields)
        await put(board, field, pickled_text(getattr(Board(maybe=Shape()), field)))
    await Board.aget(board.key)
    with pytest.raises(InvalidValueError, match="instance of Shape"):
        await board.aupdate(shape="text")


async def test_a_value_that_cannot_be_pickled(rapyer: ModuleType) -> None:
    with pytest.raises(RapyerSerializationError, match="cannot be pickled"):
        await Board(anything=lambda: None).asave()
    assert await Board.afind() == []


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.recursive(st.none() | st.binary() | st.complex_numbers(allow_nan=False), st.lists))
def test_what_is_pickled_is_what_comes_back(value: Any) -> None:
    assert unpickled(pickled_text(value), None) == value
    model = Board(anything=value, shape=Shape(value))
    again = Board.model_validate_json(model.model_dump_json())
    assert again.anything == value and again.shape == Shape(value)


def test_its_json_schema_is_that_of_a_text() -> None:
    class Documented(BaseModel):
        shape: Annotated[Shape, Pickled()]

    assert Documented.model_json_schema()["properties"]["shape"]["type"] == "string"


class Unsaid(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    deep: list[Shape] = []


@pytest.mark.parametrize(
    ("annotation", "what"),
    [
        (Shape, "Shape"),
        (Shape | None, "Shape"),
        (list[Shape], "Shape"),
        (dict[str, list[Shape | None]], "Shape"),
        (tuple[int, Shape], "Shape"),
        (int | Shape, "Shape"),
        (Unsaid, "Shape"),
        (list[Unsaid], "Shape"),
        (Callable[[int], int], "a function"),
        (type[Shape], r"type\[Shape\]"),
        (str | Annotated[Shape, Pickled()], "a union of texts and pickles"),
        (bytearray, "bytearray"),
    ],
)
def test_what_has_no_json_is_refused_by_name(annotation: Any, what: str) -> None:
    with (
        isolated_models(),
        pytest.raises(UnsupportedFieldError, match=rf"Wrong\.field: {what}.*cannot be stored") as e,
    ):

        class Wrong(AtomicRedisModel):
            fine: int = 0
            field: annotation

    assert (e.value.field, e.value.model.rpartition(".")[2]) == ("field", "Wrong")  # type: ignore[union-attr]
    for choice in ("Pickled()", "Meta.allow_pickle", "serializer", "exclude=True"):
        assert choice in str(e.value)


def test_what_pydantic_refuses_itself() -> None:
    with isolated_models(), pytest.raises(UnsupportedFieldError, match=r"Shape.*Pickled\(\)") as e:

        class Wrong(AtomicRedisModel):
            model_config = ConfigDict(arbitrary_types_allowed=False)
            field: Shape

    assert e.value.model is not None and e.value.model.endswith("Wrong")


PLAIN_VALUES: list[Any] = [
    datetime(2026, 1, 2, tzinfo=ZoneInfo("Europe/Berlin")),
    Decimal("1.5"),
    Fraction(1, 3),
    UUID(int=5),
    Path("/x"),
    ip_network("10.0.0.0/8"),
    deque([1], 3),
    defaultdict(list, a=[1]),
    OrderedDict(a=1),
    Counter("aab"),
    range(3),
    slice(1, 2),
    bytearray(b"x"),
    frozenset({(2, b"y")}),
    1j,
    int,
]


@pytest.mark.parametrize("value", PLAIN_VALUES, ids=repr)
def test_plain_values_may_always_be_in_a_pickle(value: Any) -> None:
    assert unpickled(pickled_text([value]), frozenset()) == [value]


class Sneaky:
    """Pickled, it calls a function through `getattr`, which a time zone's pickle names."""

    def __reduce__(self) -> Any:
        return getattr, (Path, "home")


def test_what_nobody_may_name() -> None:
    for value in (os.system, Sneaky(), eval, open, __import__, print, Shape(), Mine):
        with pytest.raises(ValueError, match="is not allowed in it"):
            unpickled(pickled_text(value), frozenset())


class PickledKeyed(AtomicRedisModel):
    by_shape: dict[Annotated[Shape, Pickled()], int] = {}


async def test_keys_of_dicts(rapyer: ModuleType) -> None:
    keyed: Any = await PickledKeyed(by_shape={Shape(1): 1}).asave()
    await keyed.by_shape.aset_item(Shape(2), 2)
    await keyed.by_shape[Shape(1)].aincrease(5)
    found = await PickledKeyed.aget(keyed.key)
    assert found.by_shape == {Shape(1): 6, Shape(2): 2}
    assert await found.by_shape.apop(Shape(2)) == 2  # type: ignore[attr-defined]


async def test_other_choices_than_pickles(rapyer: ModuleType) -> None:
    class Choices(AtomicRedisModel):
        left_out: Shape = Field(default=Shape(), exclude=True)
        written: Annotated[Shape, PlainSerializer(lambda shape: shape.size)] = Field(
            default=Shape(), validate_default=False
        )

    model = await Choices(left_out=Shape(3)).asave()
    assert await stored(model) == {"written": 1}


def test_a_class_that_is_complete_later_is_checked_then() -> None:
    with isolated_models():

        class Early(AtomicRedisModel):
            later: Annotated[Late, Pickled()] | None = None
            unsaid: list[Late] = []

        class Late:
            pass

        Early.model_rebuild(_types_namespace={"Late": Late})
        with pytest.raises(UnsupportedFieldError, match=r"Early\.unsaid: .*Late cannot be stored"):
            _ = Early().key
