"""Any Python function as an atomic change: exact for every type, also while others write."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from types import ModuleType
from typing import Any
from uuid import UUID, uuid5

import pytest
from pydantic import BaseModel

from rapyer_async import AtomicRedisModel, Key, RedisConfig
from rapyer_async._seam import task_group
from rapyer_core.commands import Command
from rapyer_core.errors import (
    ConflictError,
    InvalidValueError,
    KeyNotFound,
    NumberRangeError,
    PipelineError,
    UnsupportedArgumentTypeError,
    UpdateAtomicModelError,
)
from rapyer_sync.drivers.opening import open_driver

from .asking import ask, lifetime, stored

BIG = 10**40 + 1
PARIS = timezone(timedelta(hours=2))
NAMESPACE = UUID(int=7)


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Point(BaseModel):
    x: int = 0
    y: Decimal = Decimal(0)


class AppliedNode(AtomicRedisModel):
    name: str = ""
    tags: list[str] = []


class Applied(AtomicRedisModel):
    count: int = 0
    ratio: float = 0.0
    name: str = ""
    is_on: bool = False
    raw: bytes = b""
    price: Decimal = Decimal(0)
    huge: Decimal = Decimal(0)
    seen: datetime = datetime(2020, 1, 1, tzinfo=PARIS)
    day: date = date(2020, 1, 1)
    span: timedelta = timedelta()
    ident: UUID = UUID(int=0)
    colour: Colour = Colour.RED
    tags: list[str] = []
    counts: dict[str, int] = {}
    flags: set[int] = set()
    pair: tuple[int, str] = (0, "")
    point: Point = Point()
    node: AppliedNode = AppliedNode()
    nodes: list[AppliedNode] = []
    maybe: int | None = None
    either: int | str = 0


CASES: list[tuple[str, Callable[[Any], Any], Any, Any]] = [
    ("count", lambda v: v * 2 + 1, 2**62 - 1, 2**63 - 1),
    ("ratio", lambda v: v / 3, 1.0, 1 / 3),
    ("name", lambda v: v[::-1] + "é😀\x00\\\"'", "abc", "cbaé😀\x00\\\"'"),
    ("is_on", lambda v: not v, False, True),
    ("raw", lambda v: v + b"\xff\x00", b"a", b"a\xff\x00"),
    ("price", lambda v: v + Decimal("0.10"), Decimal("0.20"), Decimal("0.30")),
    ("huge", lambda v: v * v, Decimal(10) ** 20 + 1, (Decimal(10) ** 20 + 1) ** 2),
    (
        "seen",
        lambda v: v + timedelta(microseconds=1),
        datetime(2024, 3, 31, 1, 2, 3, 4, tzinfo=PARIS),
        datetime(2024, 3, 31, 1, 2, 3, 5, tzinfo=PARIS),
    ),
    ("day", lambda v: v + timedelta(days=1), date(2024, 2, 28), date(2024, 2, 29)),
    ("span", lambda v: v * 3, timedelta(microseconds=1), timedelta(microseconds=3)),
    ("ident", lambda v: uuid5(v, "a"), NAMESPACE, uuid5(NAMESPACE, "a")),
    ("colour", lambda v: Colour.BLUE, Colour.RED, Colour.BLUE),
    ("tags", lambda v: sorted({*v, "b"}), ["c", "a"], ["a", "b", "c"]),
    ("counts", lambda v: {k: n + 1 for k, n in v.items()}, {"a": 1}, {"a": 2}),
    ("flags", lambda v: v ^ {1, 2}, {2, 3}, {1, 3}),
    ("pair", lambda v: (v[0] + 1, v[1] + "x"), (1, "a"), (2, "ax")),
    ("point", lambda v: Point(x=v.x + 1, y=v.y / 8), Point(x=1, y=1), Point(x=2, y="0.125")),  # type: ignore[arg-type]  # pydantic makes it a Decimal
    ("maybe", lambda v: None if v else 5, 1, None),
    ("maybe", lambda v: None if v else 5, None, 5),
    ("either", lambda v: f"{v}!", 5, "5!"),
    ("either", lambda v: len(v), "abc", 3),
]


async def apply(model: Applied, name: str, function: Callable[[Any], Any]) -> Any:
    """Apply to a field through its handle: not every loaded value has methods."""
    return await getattr(Applied.at(model.key), name).aapply(function)


@pytest.mark.parametrize(("name", "function", "before", "after"), CASES)
async def test_fields_of_every_type(
    rapyer: ModuleType, name: str, function: Callable[[Any], Any], before: Any, after: Any
) -> None:
    model = await Applied(**{name: before}).asave()
    await apply(model, name, function)
    again = await Applied.aget(model.key)
    assert getattr(again, name) == after
    if isinstance(after, datetime):
        assert getattr(again, name).utcoffset() == after.utcoffset()
    whole = await Applied(**{name: before}).asave()

    def change(applied: Applied) -> None:
        setattr(applied, name, function(getattr(applied, name)))

    assert await whole.aapply(change) is whole
    assert getattr(whole, name) == after
    assert await stored(whole) == await stored(model) == whole.redis_dump()


async def test_the_result_is_the_new_value_and_the_model_follows(rapyer: ModuleType) -> None:
    model = await Applied(count=1, tags=["a"], counts={"x": 1}).asave()
    held = model.tags
    assert await model.count.aapply(lambda count: count + 1) == 2 == model.count
    assert await model.tags.aapply(lambda tags: [*tags, "b"]) == ["a", "b"] == model.tags
    assert held is model.tags
    await model.nodes.aapply(lambda nodes: [*nodes, AppliedNode(name="n")])
    assert model.nodes[0].name == "n"
    await model.nodes[0].name.aapply(str.upper)  # type: ignore[attr-defined]
    await model.node.aapply(rename)
    assert (model.nodes[0].name, model.node.name) == ("N", "x")
    assert await stored(model) == model.redis_dump()
    await model.asave()
    assert await model.tags.aappend("c") == ["a", "b", "c"]
    assert await stored(model) == model.redis_dump()


def rename(node: AppliedNode) -> None:
    node.name += "x"
    node.tags.append("t")


async def test_integers_beyond_64_bits_and_decimals_keep_every_digit(rapyer: ModuleType) -> None:
    model = await Applied(huge=Decimal(BIG)).asave()
    await apply(model, "huge", lambda value: value * BIG)
    again = await Applied.aget(model.key)
    assert again.huge == Decimal(BIG) * BIG
    await apply(model, "price", lambda _: Decimal("1.0000000000000000000000000000000000001"))
    assert str((await Applied.aget(model.key)).price) == "1.0000000000000000000000000000000000001"


async def test_a_function_may_change_the_model_or_return_another(rapyer: ModuleType) -> None:
    model = await Applied(count=1, tags=["a"]).asave()

    def change(applied: Applied) -> None:
        applied.count += 1
        applied.tags.append("b")
        applied.tags[0] = "c"
        applied.counts.update(x=1)
        applied.node.update(name="n")
        applied.flags.add(5)

    def replace(applied: Applied) -> Applied:
        return applied.model_copy(update={"name": "new"})

    await model.aapply(change)
    await model.aapply(replace)
    assert (model.count, model.tags, model.node.name, model.name) == (2, ["c", "b"], "n", "new")
    assert model.flags == {5}
    assert await stored(model) == model.redis_dump()
    # What the function left in the model is part of it, and nothing is left to save.
    await model.tags.aappend("d")
    await ask(Applied, "JSON.SET", model.key, "$.count", "50")
    await ask(Applied, "JSON.SET", model.key, "$.node.name", '"theirs"')
    before = await stored(model)
    await model.asave()
    assert await stored(model) == before and before["tags"] == ["c", "b", "d"]
    await model.node.tags.aappend("t")
    model.tags += ["e"]
    model.node.name = "ours"
    await model.asave()
    document = await stored(model)
    assert (document["tags"], document["count"]) == (["c", "b", "d", "e"], 50)
    assert document["node"] == {"name": "ours", "tags": ["t"]}


async def test_a_function_that_fails_changes_nothing(rapyer: ModuleType) -> None:
    model = await Applied(count=1, tags=["a"]).asave()
    before, local = await stored(model), model.redis_dump()

    def fail(value: Any) -> Any:
        raise ZeroDivisionError(value)

    def half_way(applied: Applied) -> None:
        applied.count += 1
        applied.tags += ["b"]
        raise ZeroDivisionError

    for applying in (model.count, model.tags, model.node):
        with pytest.raises(ZeroDivisionError):
            await applying.aapply(fail)
    with pytest.raises(ZeroDivisionError):
        await model.aapply(half_way)
    with pytest.raises(InvalidValueError):
        await model.count.aapply(lambda count: f"{count}!")  # type: ignore[arg-type, return-value]
    with pytest.raises(InvalidValueError):
        await model.tags.aapply(lambda tags: [*tags, 5])  # type: ignore[arg-type, return-value]
    assert await stored(model) == before and model.redis_dump() == local


class AppliedCode(AtomicRedisModel):
    code: Key[str]
    count: int = 0


async def test_a_function_cannot_make_another_document_of_it(rapyer: ModuleType) -> None:
    model = await AppliedCode(code="a").asave()

    def change_key(applied: AppliedCode) -> None:
        applied.code = "b"

    with pytest.raises(UpdateAtomicModelError):
        await model.aapply(change_key)
    with pytest.raises(UpdateAtomicModelError):
        await model.aapply(lambda _: AppliedCode(code="b"))
    with pytest.raises(UnsupportedArgumentTypeError):
        await model.aapply(lambda _: AppliedNode())  # type: ignore[arg-type, return-value]
    assert await stored(model) == {"code": "a", "count": 0} and model.code == "a"
    await model.aapply(lambda applied: AppliedCode(code="a", count=applied.count + 5))
    assert await stored(model) == {"code": "a", "count": 5}
    assert model.key == "AppliedCode:a"


async def test_handles(rapyer: ModuleType) -> None:
    model = await Applied(count=1).asave()
    handle = Applied.at(model.key)
    assert await handle.count.aapply(lambda count: count * 10) == 10
    await handle.node.aapply(rename)
    handle = Applied.at(model.key)
    applied = await handle.aapply(lambda applied: applied.model_copy(update={"name": "x"}))
    assert (applied.count, applied.name, applied.node.name) == (10, "x", "x")
    document = await stored(model)
    assert (document["count"], document["name"], document["node"]["tags"]) == (10, "x", ["t"])


async def test_what_is_not_there(rapyer: ModuleType) -> None:
    model = await Applied().asave()
    await ask(Applied, "DEL", model.key)
    for applying in (model.count, model, model.node, Applied.at(model.key).tags):
        with pytest.raises(KeyNotFound):
            await applying.aapply(lambda value: value)
    with pytest.raises(KeyNotFound):
        await Applied().aapply(lambda value: value)
    assert await stored(model) is None


async def test_in_a_pipeline_it_is_refused(rapyer: ModuleType) -> None:
    model = await Applied().asave()
    async with model.apipeline():
        with pytest.raises(PipelineError):
            await model.count.aapply(lambda count: count)
        with pytest.raises(PipelineError):
            await model.aapply(lambda applied: applied)


async def test_fifty_tasks_at_once_lose_nothing(rapyer: ModuleType) -> None:
    model = await Applied().asave()

    async def add_field() -> None:
        await Applied.at(model.key).huge.aapply(lambda huge: huge + 1)  # type: ignore[attr-defined]

    async def add_item() -> None:
        def change(applied: Applied) -> None:
            applied.count += 1
            applied.tags += [str(len(applied.tags))]

        await (await Applied.aget(model.key)).aapply(change)

    async with task_group() as group:
        for _ in range(25):
            group.start_soon(add_field)
            group.start_soon(add_item)
    document = await stored(model)
    assert (document["huge"], document["count"]) == ("25", 25)
    assert document["tags"] == [str(number) for number in range(25)]


class AppliedPatient(AtomicRedisModel):
    Meta = RedisConfig(max_retries=3, ttl=100, refresh_ttl=False)

    count: int = 0
    name: str = ""


async def test_tries_are_bounded(rapyer: ModuleType, redis_url: str) -> None:
    model = await AppliedPatient().asave()
    # Of the other package, so that the function, which cannot wait, can change the document.
    other = open_driver(redis_url)
    calls: list[int] = []

    def collide(value: Any) -> Any:
        calls.append(1)
        other.execute(Command(("JSON.SET", model.key, "$.count", len(calls))))
        return value

    for applying in (model, model.count):
        calls.clear()
        with pytest.raises(ConflictError) as caught:
            await applying.aapply(collide)
        assert len(calls) == 3 and caught.value.key == model.key
        assert (await stored(model))["count"] == 3
    assert model.count == 0
    other.close()


async def test_the_lifetime_is_as_it_was(rapyer: ModuleType) -> None:
    model = await AppliedPatient().asave()
    await ask(AppliedPatient, "EXPIRE", model.key, "50")
    await model.count.aapply(lambda count: count + 1)
    await model.aapply(lambda patient: patient.model_copy(update={"name": "x"}))
    assert 0 < await lifetime(model) <= 50


class Integers(AtomicRedisModel):
    number: int = 0
    numbers: list[int] = []
    by_name: dict[str, int] = {}
    anything: Any = None


async def set_number(model: Integers, value: int) -> None:
    await model.number.aset(value)


async def apply_number(model: Integers, value: int) -> None:
    await model.number.aapply(lambda _: value)


async def apply_model(model: Integers, value: int) -> None:
    await model.aapply(lambda held: held.model_copy(update={"numbers": [value]}))


async def append_number(model: Integers, value: int) -> None:
    await model.numbers.aappend(value)


async def put_number(model: Integers, value: int) -> None:
    await model.by_name.aset_item("a", value)


async def update_numbers(model: Integers, value: int) -> None:
    await model.aupdate(number=1, anything={"a": [value]})


async def save_number(model: Integers, value: int) -> None:
    model.number = value
    await model.asave()


async def save_new(model: Integers, value: int) -> None:
    await Integers(by_name={"a": value}).asave()


async def lock_number(model: Integers, value: int) -> None:
    async with model.alock() as held:
        held.numbers += [value]


@pytest.mark.parametrize(
    "write",
    [
        set_number,
        apply_number,
        apply_model,
        append_number,
        put_number,
        update_numbers,
        save_number,
        save_new,
        lock_number,
    ],
)
async def test_integers_are_stored_exactly_or_refused(
    rapyer: ModuleType, write: Callable[[Integers, int], Any]
) -> None:
    for value in (2**64, -(2**63) - 1, 10**30, 10**5000):
        model = await Integers().asave()
        before = await stored(model)
        with pytest.raises(NumberRangeError) as caught:
            await write(model, value)
        assert caught.value.model == "Integers"
        assert await stored(model) == before
    for value in (2**63 - 1, -(2**63), 2**64 - 1, 10**18):
        model = await Integers().asave()
        await write(model, value)
        texts = [found.model_dump_json() for found in await Integers.afind()]
        assert any(str(value) in text for text in texts)


async def test_long_digits_in_texts_and_decimals_are_no_integers(rapyer: ModuleType) -> None:
    model = await Applied(
        name="9" * 50, huge=Decimal("9" * 50), ratio=0.1234567890123456789
    ).asave()
    assert await Applied.aget(model.key) == model
