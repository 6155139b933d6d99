"""Defining model classes: all that pydantic can do, checked before anything is registered.

Warnings are errors in tests, so none of these definitions warns.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from types import ModuleType
from typing import Annotated, Any, Generic, Optional, TypeVar

import pytest
from pydantic import BaseModel, Field, computed_field, field_validator, model_validator
from pydantic import Field as PydanticField

import rapyer_async
from rapyer_async import (
    AtomicRedisModel,
    Expression,
    Key,
    RedisBool,
    RedisBytes,
    RedisConfig,
    RedisDict,
    RedisFloat,
    RedisInt,
    RedisList,
    RedisStr,
    find_redis_models,
)
from rapyer_async.clients import REGISTRY
from rapyer_core.errors import (
    DuplicateModelNameError,
    InvalidValueError,
    ReservedFieldNameError,
    UnsupportedFieldError,
)

from .asking import stored

T = TypeVar("T")


@pytest.fixture(autouse=True)
def own_registry() -> Iterator[None]:
    with REGISTRY.isolated():
        yield


def test_field_types_follow_annotations() -> None:
    class Typed(AtomicRedisModel):
        a: int = 1
        b: str = "x"
        c: float = 0.5
        d: bool = True
        e: bytes = b"x"
        f: list[int] = [1]
        g: dict[str, int] = {"x": 1}
        h: Optional[int] = 1  # noqa: UP045
        i: Annotated[int, "note"] = 1
        j: Annotated[list[str] | None, Field(max_length=3)] = ["x"]
        k: Key[str] = "x"

    model = Typed()
    kinds = {name: type(getattr(model, name)) for name in Typed.model_fields}
    assert kinds == {
        "a": RedisInt,
        "b": RedisStr,
        "c": RedisFloat,
        "d": RedisBool,
        "e": RedisBytes,
        "f": RedisList,
        "g": RedisDict,
        "h": RedisInt,
        "i": RedisInt,
        "j": RedisList,
        "k": RedisStr,
    }
    assert type(model.model_dump()["a"]) is int


def test_declared_field_types_are_the_same() -> None:
    class Declared(AtomicRedisModel):
        a: RedisInt = rapyer_async.Field(5)
        b: RedisList[int] = rapyer_async.Field(default_factory=list)
        c: RedisDict[str, RedisInt] = rapyer_async.Field({})
        d: RedisStr | None = None
        e: RedisList[RedisList[RedisStr]] = rapyer_async.Field([])
        f: RedisBool = rapyer_async.Field(False)
        g: RedisFloat = rapyer_async.Field(1)
        h: RedisBytes = rapyer_async.Field(b"")

    model = Declared(a="7", b=["1"], c={"x": "2"}, d="d", e=[["x"]])  # type: ignore[arg-type, list-item, dict-item]
    assert (model.a, model.b, model.c, model.d, model.e) == (7, [1], {"x": 2}, "d", [["x"]])
    assert type(model.c["x"]) is RedisInt and type(model.e[0][0]) is RedisStr
    assert Declared().b is not Declared().b


def test_class_access_is_an_expression() -> None:
    class Inner(BaseModel):
        city: str = ""

    class Outer(AtomicRedisModel):
        inner: Inner = Inner()
        maybe: Inner | None = None
        count: int = 0

    outer: Any = Outer
    assert isinstance(Outer.count, Expression) and outer.count.json_path == '$["count"]'
    assert outer.inner.city.json_path == '$["inner"]["city"]'
    assert outer.maybe.city.field_name == "city"
    with pytest.raises(AttributeError):
        _ = outer.inner.nothing
    with pytest.raises(AttributeError):
        _ = outer.nothing


async def test_inheritance(rapyer: ModuleType) -> None:
    class Mixin:
        def shout(self) -> str:
            return str(self.name).upper()  # type: ignore[attr-defined]

    class PydanticBase(BaseModel):
        created: int = 3

    class Base(AtomicRedisModel):
        name: str = "base"
        count: int = 0

        def bump(self) -> int:
            self.count += 1
            return self.count

    class Middle(Mixin, Base, PydanticBase):
        extra: list[int] = []

    class Leaf(Middle):
        name: str = "leaf"
        count: Annotated[int, PydanticField(le=5)] = 2
        other: str = "o"

    assert set(Leaf.model_fields) == {"name", "count", "created", "extra", "other"}
    leaf = await Leaf().asave()
    assert (leaf.name, leaf.count, leaf.created, leaf.shout()) == ("leaf", 2, 3, "LEAF")
    assert Base().name == "base" and Middle().name == "base" and Middle().count == 0
    assert leaf.bump() == 3 and await leaf.created.aincrease() == 4  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="less than or equal to 5"):
        leaf.count = 6
    assert leaf.key.startswith("Leaf:") and await Leaf.aget(leaf.key) is not leaf
    await leaf.asave()
    assert (await stored(leaf))["count"] == 3
    assert await Middle.afind() == [] and await Base.afind() == []
    assert Leaf.count.json_path == '$["count"]'  # type: ignore[attr-defined]


async def test_generics(rapyer: ModuleType) -> None:
    class Box(AtomicRedisModel, Generic[T]):
        item: T
        items: list[T] = []

    ints, texts = Box[int], Box[str]
    one = await ints(item=5, items=[1]).asave()
    other = await texts(item="x").asave()
    assert await one.item.aincrease() == 6  # type: ignore[attr-defined]
    assert await other.item.aappend("y") == "xy"  # type: ignore[attr-defined]
    assert one.key.startswith("Box[int]:") and other.key.startswith("Box[str]:")
    assert await ints.aget(one.key) == one and Box[int] is ints
    with pytest.raises(InvalidValueError):
        await one.items.aappend("no")
    assert await texts.afind() == [other]


async def test_models_in_functions_that_name_themselves_and_each_other(
    rapyer: ModuleType,
) -> None:
    class Node(AtomicRedisModel):
        value: int = 0
        next: Node | None = None
        children: list[Node] = []

    class Holder(AtomicRedisModel):
        later: Later | None = None

    class Later(AtomicRedisModel):
        count: int = 0
        holder: Holder | None = None

    Holder.model_rebuild()
    node: Any = await Node(next=Node(value=1, children=[Node(value=2)])).asave()
    assert await node.next.children[0].value.aincrease(5) == 7
    assert (await stored(node))["next"]["children"][0]["value"] == 7
    assert (await Node.aget(node.key)) == node
    holder: Any = await Holder(later=Later(holder=Holder())).asave()
    assert await holder.later.count.aincrease() == 1
    assert await Holder.at(holder.key).later.count.aincrease() == 2  # type: ignore[union-attr]


def test_a_forward_reference_is_resolved_at_first_use() -> None:
    class Early(AtomicRedisModel):
        name: str = ""
        part: Part | None = None

    class Part(BaseModel):
        size: int = 0

    Early.model_rebuild()
    early: Any = Early(part=Part(size=5))
    assert early.part.size == 5 and type(early.name) is RedisStr


def test_a_model_in_a_function_knows_the_functions_names() -> None:
    class Size(Enum):
        BIG = 1

    Number = int

    class Local(AtomicRedisModel):
        size: Size = Size.BIG
        number: Number = 5
        sizes: list[Size] = []

    assert type(Local.number) is Expression
    assert make(Local).sizes == [Size.BIG] and type(make(Local).number) is RedisInt


def make(cls: Any) -> Any:
    """Make an instance where the names of the class' annotations are not known."""
    return cls(size=1, sizes=[1])


def define(name: str, module: str, **namespace: Any) -> Any:
    """Define a class as a module of that name would."""
    namespace = {"__module__": module, "__qualname__": name, **namespace}
    return type(AtomicRedisModel)(name, (AtomicRedisModel,), namespace)


def test_a_class_defined_again_replaces_the_earlier() -> None:
    first = define("Cell", "notebook")
    second = define("Cell", "notebook", __annotations__={"size": int}, size=5)
    assert find_redis_models() == [second] and first is not second
    assert second().size == 5


def test_another_class_with_the_prefix_is_refused_and_leaves_no_trace() -> None:
    first = define("Same", "one")
    with pytest.raises(DuplicateModelNameError, match=r"two\.Same .* one\.Same"):
        define("Same", "two")
    assert find_redis_models() == [first]
    other = define("Same", "two", Meta=RedisConfig(key_prefix="another"))
    assert find_redis_models() == [first, other]
    with pytest.raises(DuplicateModelNameError, match="key_prefix"):
        define("Third", "two", Meta=RedisConfig(key_prefix="another"))


@pytest.mark.parametrize(
    "name",
    ["key", "pk", "at", "update", "asave", "find", "alock", "where", "load", "adelete_many"],
)
def test_reserved_names(name: str) -> None:
    with pytest.raises(ReservedFieldNameError, match="alias") as caught:
        define("Reserving", "one", __annotations__={name: int}, **{name: 0})
    assert caught.value.field == name and find_redis_models() == []


def test_meta_is_no_field() -> None:
    cls = define("Reserving", "one", Meta=RedisConfig(ttl=5))
    assert cls.Meta.ttl == 5 and "Meta" not in cls.model_fields


def test_an_alias_keeps_a_reserved_name_outside() -> None:
    class Aliasing(AtomicRedisModel):
        key_: str = Field(alias="key")

    assert Aliasing(key="x").key_ == "x"
    assert Aliasing(key="x").model_dump(by_alias=True) == {"key": "x"}


def test_key_fields() -> None:
    with pytest.raises(UnsupportedFieldError, match="a, b"):
        define("Two", "one", __annotations__={"a": Key[str], "b": Key[str]})
    assert find_redis_models() == []

    class Base(AtomicRedisModel):
        code: Key[str]

    class Leaf(Base):
        name: str = ""

    assert Leaf(code="x").key == "Leaf:x"


async def test_validators_and_computed_fields(rapyer: ModuleType) -> None:
    class Level(Enum):
        LOW = 1

    class Checked(AtomicRedisModel):
        name: str = ""
        count: int = 0
        level: Level = Level.LOW
        seen: list[str] = []

        @field_validator("name", mode="before")
        @classmethod
        def strip(cls, value: Any) -> Any:
            return value.strip() if isinstance(value, str) else value

        @model_validator(mode="after")
        def check(self) -> Checked:
            if self.count > 10:
                raise ValueError("too much")
            return self

        @computed_field  # type: ignore[prop-decorator]
        @property
        def shout(self) -> str:
            return self.name.upper()

    model = await Checked(name=" a ").asave()
    assert model.name == "a" and model.shout == "A"
    assert await model.name.aset(" b ") == "b"  # type: ignore[attr-defined]
    with pytest.raises(InvalidValueError, match="too much"):
        await model.count.aset(11)  # type: ignore[attr-defined]
    assert (await stored(model))["count"] == 0 == model.count
    assert (await Checked.aget(model.key)).name == "b"


def test_a_validator_may_use_python_methods() -> None:
    class Appending(AtomicRedisModel):
        tags: list[str] = []

        @model_validator(mode="after")
        def tag(self) -> Appending:
            if "always" not in self.tags:
                self.tags += ["always"]
            return self

    assert Appending(tags=["x"]).tags == ["x", "always"]


def test_a_failing_definition_leaves_no_trace() -> None:
    with pytest.raises(TypeError):
        define("Broken", "one", Meta=type("Meta", (), {"nonsense": 1}))
    assert find_redis_models() == []
    define("Broken", "two")


def test_classes_are_held_weakly() -> None:
    define("Gone", "one")
    assert define("Gone", "two") in find_redis_models()
    assert len(find_redis_models()) == 1
