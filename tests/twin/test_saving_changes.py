"""A save writes what changed, so that what others changed meanwhile survives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel, Field, model_validator
from pydantic.dataclasses import dataclass

from rapyer_async import AtomicRedisModel, Key
from rapyer_core.errors import (
    DocumentExistsError,
    InvalidValueError,
    KeyNotFound,
    PathError,
    RapyerSerializationError,
    StaleModelError,
    UpdateAtomicModelError,
)

from .asking import ask, stored


class Line(BaseModel):
    text: str = ""
    count: int = 0


@dataclass
class Size:
    width: int = 0


class Inner(AtomicRedisModel):
    name: str = ""
    tags: list[str] = []


class Page(AtomicRedisModel):
    title: str = ""
    visits: int = 0
    tags: list[str] = []
    lines: list[Line] = []
    by_name: dict[str, Line] = {}
    main: Line = Line()
    inner: Inner = Inner()
    flags: set[int] = set()
    size: Size = Size()
    sides: tuple[int, list[int]] = (0, [])
    seen: datetime | None = None
    anything: Any = None


async def page(**values: Any) -> tuple[Page, Page]:
    """Return two clients' copies of one document."""
    model = await Page(**values).asave()
    return model, await Page.aget(model.key)


async def test_only_assigned_fields_are_written(rapyer: ModuleType) -> None:
    ours, theirs = await page()
    theirs.title = "theirs"
    theirs.visits = 7
    await theirs.asave()
    ours.tags = ["ours"]
    await ours.asave()
    document = await stored(ours)
    assert (document["title"], document["visits"], document["tags"]) == ("theirs", 7, ["ours"])


def assign_text(one: Page) -> None:
    one.main.text = "x"


def append_tag(one: Page) -> None:
    one.tags += ["x"]


def change_line(one: Page) -> None:
    one.lines[0].text = "x"


def change_named(one: Page) -> None:
    one.by_name["a"].text = "x"


def set_member(one: Page) -> None:
    one.by_name["b"] = Line(text="x")


def change_inner(one: Page) -> None:
    one.inner.name = "x"


def extend_inner(one: Page) -> None:
    one.inner.tags += ["x"]


def add_flag(one: Page) -> None:
    one.flags.add(5)


def change_size(one: Page) -> None:
    one.size.width = 5


def change_side(one: Page) -> None:
    one.sides[1].append(5)


def change_anything(one: Page) -> None:
    one.anything["x"] = {"y": 5}


def see(one: Page) -> None:
    one.seen = datetime(2024, 1, 1, tzinfo=timezone.utc)


CHANGES: list[Callable[[Page], None]] = [
    assign_text,
    append_tag,
    change_line,
    change_named,
    set_member,
    change_inner,
    extend_inner,
    add_flag,
    change_size,
    change_side,
    change_anything,
    see,
]


@pytest.mark.parametrize("change", CHANGES)
async def test_every_kind_of_local_change_is_written(
    rapyer: ModuleType, change: Callable[[Page], None]
) -> None:
    ours, theirs = await page(lines=[Line()], by_name={"a": Line()}, anything={})
    await theirs.title.aset("theirs")
    await theirs.main.count.aincrease(7)  # type: ignore[attr-defined]
    await theirs.lines[0].count.aincrease(7)  # type: ignore[attr-defined]
    change(ours)
    await ours.asave()
    again = await Page.aget(ours.key)
    ours_as_dict, again_as_dict = ours.model_dump(), again.model_dump()
    for name in ("title", "main", "lines"):
        ours_as_dict.pop(name)
        again_as_dict.pop(name)
    assert ours_as_dict == again_as_dict
    assert again.title == "theirs" and again.main.count == 7
    assert (again.main.text, again.lines[0].text) == (ours.main.text, ours.lines[0].text)
    assert again.lines[0].count == 7
    # What was written once is not written again over what others do later.
    await ask(Page, "JSON.SET", ours.key, "$", (await Page().asave()).redis_dump_json())
    empty = await stored(ours)
    await ours.asave()
    assert await stored(ours) == empty


async def test_reading_is_no_change(rapyer: ModuleType) -> None:
    ours, theirs = await page(lines=[Line()], by_name={"a": Line()}, anything={"x": [1]})
    for name in Page.model_fields:
        getattr(ours, name)
    assert ours.lines[0].text == "" and ours.by_name["a"].count == 0 and ours.inner.tags == []
    assert ours.flags == set() and ours.anything["x"] == [1]
    ours.model_dump_json()
    theirs.update(title="theirs", flags={1}, sides=(1, [1]), anything={"z": 1}, tags=["z"])
    theirs.lines[0].text = "theirs"
    await theirs.asave()
    before = await stored(ours)
    await ours.asave()
    assert await stored(ours) == before


async def test_atomic_operations_are_no_local_changes(rapyer: ModuleType) -> None:
    ours, theirs = await page(lines=[Line()])
    await ours.visits.aincrease(3)
    await ours.tags.aappend("a")
    await ours.by_name.aset_item("a", Line())
    await ours.main.text.aset("x")  # type: ignore[attr-defined]
    await ours.lines[0].count.aincrease()  # type: ignore[attr-defined]
    await ours.aupdate(flags={1}, sides=(1, [2]), title="ours")
    assert ours.flags == {1} and ours.sides == (1, [2])
    await theirs.aload()
    theirs.update(title="theirs", visits=9, tags=["z"], by_name={}, flags={2}, sides=(3, []))
    theirs.main.text = "theirs"
    theirs.lines[0].count = 9
    await theirs.asave()
    before = await stored(ours)
    await ours.asave()
    assert await stored(ours) == before


async def test_a_local_change_is_superseded_by_an_operation(rapyer: ModuleType) -> None:
    ours, _ = await page(visits=1)
    ours.visits = 100
    assert await ours.visits.aincrease(1) == 2 == ours.visits
    await ours.asave()
    assert (await stored(ours))["visits"] == 2


async def test_a_failed_save_is_repeated_by_the_next(rapyer: ModuleType) -> None:
    ours, _ = await page()
    ours.title = "ours"
    ours.tags += ["a"]
    ours.flags.add(1)
    ours.main.text = "x"
    text = ours.redis_dump_json()
    await ask(Page, "DEL", ours.key)
    with pytest.raises(KeyNotFound):
        await ours.asave()
    assert ours.redis_dump_json() == text and await stored(ours) is None
    await ask(Page, "JSON.SET", ours.key, "$", (await Page().asave()).redis_dump_json())
    await ours.asave()
    document = await stored(ours)
    assert (document["title"], document["tags"], document["flags"]) == ("ours", ["a"], [1])
    assert document["main"]["text"] == "x"


async def test_a_save_is_all_or_nothing(rapyer: ModuleType) -> None:
    ours, theirs = await page(by_name={"a": Line()})
    ours.title = "ours"
    ours.by_name["a"].text = "x"
    await theirs.by_name.aclear()
    before = await stored(ours)
    with pytest.raises(PathError):
        await ours.asave()
    assert await stored(ours) == before
    await ours.asave(force=True)
    assert await stored(ours) == ours.redis_dump()


async def test_a_value_that_cannot_be_written(rapyer: ModuleType) -> None:
    ours, _ = await page()
    ours.title = "ours"
    ours.anything = object()
    before = await stored(ours)
    with pytest.raises(RapyerSerializationError) as caught:
        await ours.asave()
    assert caught.value.key == ours.key
    with pytest.raises(RapyerSerializationError):
        await ours.asave(force=True)
    with pytest.raises(RapyerSerializationError):
        await Page(anything=object()).asave()
    assert await stored(ours) == before
    ours.anything = None
    await ours.asave()
    assert (await stored(ours))["title"] == "ours"


async def test_a_vanished_document_is_not_resurrected(rapyer: ModuleType) -> None:
    ours, _ = await page(title="a")
    await ask(Page, "DEL", ours.key)
    for options in ({}, {"only_existing": True}, {"force": True}):
        with pytest.raises(KeyNotFound) as caught:
            await ours.asave(**options)
        assert caught.value.key == ours.key
    assert await stored(ours) is None
    await ours.asave(upsert=True)
    assert (await stored(ours))["title"] == "a"


async def test_only_new_and_only_existing(rapyer: ModuleType) -> None:
    ours, _ = await page(title="a")
    other = await Page.aget(ours.key)
    other.title = "b"
    with pytest.raises(DocumentExistsError):
        await other.asave(only_new=True)
    assert (await stored(ours))["title"] == "a" and other.title == "b"
    await other.asave()
    assert (await stored(ours))["title"] == "b"
    fresh = Page(title="c")
    with pytest.raises(KeyNotFound):
        await fresh.asave(only_existing=True)
    assert await stored(fresh) is None
    await fresh.asave(only_new=True)
    assert (await stored(fresh))["title"] == "c"


async def test_force_writes_everything(rapyer: ModuleType) -> None:
    ours, theirs = await page(title="a")
    await theirs.title.aset("theirs")
    await ours.asave(force=True)
    assert (await stored(ours))["title"] == "a"


async def test_a_nested_model_is_saved_alone(rapyer: ModuleType) -> None:
    ours, theirs = await page()
    ours.title = "not yet"
    ours.inner.name = "x"
    await theirs.inner.tags.aappend("theirs")
    await ours.inner.asave()
    document = await stored(ours)
    assert document["title"] == "" and document["inner"] == {"name": "x", "tags": ["theirs"]}
    await ours.inner.asave(force=True)
    assert (await stored(ours))["inner"] == {"name": "x", "tags": []}
    await ours.asave()
    assert (await stored(ours))["title"] == "not yet"


async def test_a_model_that_moved_is_written_where_it_is(rapyer: ModuleType) -> None:
    ours, other = await Page(inner=Inner(name="a")).asave(), await Page().asave()
    other.inner = ours.inner
    other.inner.name = "b"
    await other.asave()
    await ours.asave()
    assert (await stored(other))["inner"]["name"] == "b"
    assert (await stored(ours))["inner"]["name"] == "a" == ours.inner.name


class Totals(AtomicRedisModel):
    one: int = 0
    other: int = 0
    total: int = 0

    @model_validator(mode="after")
    def add_up(self) -> Totals:
        if self.one < 0:
            raise ValueError("not below zero")
        self.__dict__["total"] = self.one + self.other
        return self


async def test_what_a_validator_changed_is_written(rapyer: ModuleType) -> None:
    model = await Totals(one=1, other=2).asave()
    assert (await stored(model))["total"] == 3
    model.one = 5
    assert model.total == 7
    await model.asave()
    assert await stored(model) == {"one": 5, "other": 2, "total": 7}
    await model.aupdate(other=10)
    assert model.total == 15
    assert await stored(model) == {"one": 5, "other": 10, "total": 15}
    with pytest.raises(InvalidValueError, match="not below zero"):
        await model.aupdate(one=-1, other=3)
    assert await stored(model) == {"one": 5, "other": 10, "total": 15}
    assert model.one == 5 and model.other == 10


class Coded(AtomicRedisModel):
    code: Key[str]
    name: str = ""


async def test_the_key_of_a_stored_document_stays(rapyer: ModuleType) -> None:
    model = await Coded(code="a", name="x").asave()
    with pytest.raises(UpdateAtomicModelError):
        await model.aupdate(code="b")
    with pytest.raises(UpdateAtomicModelError):
        await model.code.aset("b")  # type: ignore[attr-defined]
    model.code = "b"
    with pytest.raises(UpdateAtomicModelError):
        await model.asave()
    assert await stored(model) == {"code": "a", "name": "x"}
    model.code = "a"
    model.name = "y"
    await model.asave()
    assert await stored(model) == {"code": "a", "name": "y"}


class Open(AtomicRedisModel, extra="allow"):
    name: str = ""


async def test_extra_fields_are_saved_too(rapyer: ModuleType) -> None:
    model = await Open(name="a", colour="red").asave()  # type: ignore[call-arg]
    assert await stored(model) == {"name": "a", "colour": "red"}
    model.colour = "blue"  # type: ignore[attr-defined]
    model.size = 5  # type: ignore[attr-defined]
    await model.asave()
    assert await stored(model) == {"name": "a", "colour": "blue", "size": 5}
    assert (await Open.aget(model.key)).model_extra == {"colour": "blue", "size": 5}


class Aliased(AtomicRedisModel):
    pk_: str = Field("", alias="pk")
    hidden: str = Field("", exclude=True)
    name: str = Field("", serialization_alias="n", validation_alias="m")


async def test_fields_are_stored_by_their_own_names(rapyer: ModuleType) -> None:
    model = await Aliased(pk="x", m="y", hidden="z").asave()  # type: ignore[call-arg]
    assert await stored(model) == {"pk_": "x", "name": "y"}
    model.name = "w"
    model.hidden = "v"
    await model.asave()
    assert await stored(model) == {"pk_": "x", "name": "w"}
    again = await Aliased.aget(model.key)
    assert (again.pk_, again.name, again.hidden) == ("x", "w", "")


class SpanOfSaves(AtomicRedisModel):
    low: int = 0
    high: int = 10

    @model_validator(mode="after")
    def in_order(self) -> SpanOfSaves:
        if self.low > self.high:
            raise ValueError("low is above high")
        return self


async def test_an_update_is_checked_with_all_its_values(rapyer: ModuleType) -> None:
    span = await SpanOfSaves(low=1, high=2).asave()
    await span.aupdate(low=5, high=6)
    assert (span.low, span.high) == (5, 6)
    with pytest.raises(InvalidValueError):
        await span.aupdate(low=9, high=8)
    loaded = await SpanOfSaves.aget(span.key)
    assert (loaded.low, loaded.high) == (5, 6)


class ItemOfSaves(AtomicRedisModel):
    n: int = 0


class ListOfSaves(AtomicRedisModel):
    items: list[ItemOfSaves] = []


async def test_a_save_does_not_write_to_an_item_that_was_shifted(rapyer: ModuleType) -> None:
    mine = await ListOfSaves(items=[ItemOfSaves(n=1), ItemOfSaves(n=2)]).asave()
    other = await ListOfSaves.aget(mine.key)
    await other.items.ainsert(0, ItemOfSaves(n=0))
    mine.items[0].n = 50
    with pytest.raises(StaleModelError):
        await mine.asave()
    assert [item.n for item in (await ListOfSaves.aget(mine.key)).items] == [0, 1, 2]
    await mine.aload()
    mine.items[1].n = 50
    await mine.asave()
    assert [item.n for item in (await ListOfSaves.aget(mine.key)).items] == [0, 50, 2]


class TailsOfSaves(AtomicRedisModel):
    numbers: list[int] = []


async def test_a_copy_that_missed_a_removal_gets_the_whole_list(rapyer: ModuleType) -> None:
    mine = await TailsOfSaves(numbers=[1, 2, 3]).asave()
    assert mine.numbers == [1, 2, 3]
    other = await TailsOfSaves.aget(mine.key)
    await other.numbers.apop(0)
    await other.numbers.aextend([4, 5])
    await mine.numbers.aappend(6)
    assert mine.numbers == [2, 3, 4, 5, 6]
    await other.numbers.aset_item(-1, 7)
    await mine.numbers.aappend(8)
    assert mine.numbers == [2, 3, 4, 5, 7, 8]
