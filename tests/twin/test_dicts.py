"""Dicts on the server: any key, Python's results."""

from __future__ import annotations

from datetime import date
from enum import Enum
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, field_validator

from rapyer_async import AtomicRedisModel
from rapyer_core.errors import (
    DictKeyError,
    InvalidValueError,
    KeyNotFound,
    PathError,
)
from rapyer_core.paths import member_segment

from .asking import ask, stored

law = settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Pair(BaseModel):
    left: int = 0
    right: list[int] = []


class Dicts(AtomicRedisModel):
    counts: dict[str, int] = {}
    by_number: dict[int, str] = {}
    by_colour: dict[Colour, int] = {}
    by_day: dict[date, int] = {}
    pairs: dict[str, Pair] = {}
    nested: dict[str, dict[str, list[int]]] = {}
    checked: dict[str, int] = {}

    @field_validator("checked")
    @classmethod
    def few(cls, value: dict[str, int]) -> dict[str, int]:
        if len(value) > 2:
            raise ValueError("too many")
        return value


AWKWARD = [
    "",
    " ",
    " a",
    "  ",
    "a ",
    ' "',
    "a.b",
    "*",
    "$",
    "@",
    "]",
    "[0]",
    "'",
    '"',
    "\\",
    "'\"",
    '\\"',
    "a\\",
    "\\u0041",
    '"]["',
    "\n",
    "\t",
    "\u0000",
    "\u0001\u001f",
    "\u007f",
    "\u00e9",
    "\u2028",
    "\U0001f389",
    "0",
    "-1",
    "?(@.x)",
    "..",
    "a'b\"c\\d",
    "{",
    "}",
    ",",
    ":",
    "__proto__",
    "x" * 300,
]
keys = st.one_of(
    st.sampled_from(AWKWARD),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    st.text("'\"\\a", max_size=4),
)
few_keys = st.sampled_from(["a", "b", "c.d", "\\", "'\""])
values = st.integers(0, 9)

Call = tuple[str, tuple[Any, ...]]
calls: st.SearchStrategy[Call] = st.one_of(
    st.tuples(st.just("set_item"), st.tuples(few_keys, values)),
    st.tuples(st.just("update"), st.tuples(st.dictionaries(few_keys, values, max_size=3))),
    st.tuples(st.just("update"), st.tuples(st.lists(st.tuples(few_keys, values), max_size=3))),
    st.tuples(st.just("del_item"), st.tuples(few_keys)),
    st.tuples(st.just("pop"), st.tuples(few_keys)),
    st.tuples(st.just("pop"), st.tuples(few_keys, st.just(None))),
    st.tuples(st.just("popitem"), st.just(())),
    st.tuples(st.just("setdefault"), st.tuples(few_keys, values)),
    st.tuples(st.just("clear"), st.just(())),
    st.tuples(st.just("length"), st.just(())),
)


async def on_server(target: Any, call: Call) -> Any:
    name, args = call
    if name == "set_item":
        return await target.aset_item(*args)
    if name == "update":
        return await target.aupdate(*args)
    if name == "del_item":
        return await target.adel_item(*args)
    if name == "pop":
        return await target.apop(*args)
    if name == "popitem":
        return await target.apopitem()
    if name == "setdefault":
        return await target.asetdefault(*args)
    if name == "clear":
        return await target.aclear()
    return await target.alength()


def on_dict(target: dict[Any, Any], call: Call) -> Any:
    name, args = call
    if name == "set_item":
        target[args[0]] = args[1]
    elif name == "del_item":
        del target[args[0]]
    elif name == "length":
        return len(target)
    else:
        return getattr(target, name)(*args)
    return None


async def both(target: Any, call: Call, plain: dict[Any, Any], knows_order: bool) -> None:
    """Make one call on the server and on a plain dict; the results must be the same.

    A handle has no copy, so the server's order decides which member it calls the last.
    """
    if call[0] == "popitem" and plain and not knows_order:
        key, value = await on_server(target, call)
        assert plain.pop(key) == value
        return
    try:
        expected = on_dict(plain, call)
    except KeyError:
        with pytest.raises(DictKeyError):
            await on_server(target, call)
        return
    result = await on_server(target, call)
    if call[0] in ("pop", "popitem", "setdefault", "length"):
        assert result == expected


@law
@given(
    start=st.dictionaries(few_keys, values, max_size=4),
    made=st.lists(calls, max_size=8),
    at_handle=st.booleans(),
)
@example(
    start={"a": 1, "b": 2, "c.d": 3},
    made=[("pop", ("a",)), ("popitem", ()), ("popitem", ())],
    at_handle=False,
)
@example(
    start={"a": 1, "\\": 2, "'\"": 3, "b": 4},
    made=[("pop", ("\\",)), ("popitem", ()), ("popitem", ()), ("popitem", ()), ("popitem", ())],
    at_handle=True,
)
@example(start={"a": 1}, made=[("setdefault", ("a", 5)), ("set_item", ("a", 7))], at_handle=False)
async def test_any_calls_are_pythons(
    rapyer: ModuleType, start: dict[str, int], made: list[Call], at_handle: bool
) -> None:
    model = await Dicts(counts=start).asave()
    target = Dicts.at(model.key).counts if at_handle else model.counts
    plain = dict(start)
    for call in made:
        await both(target, call, plain, not at_handle)
        if not at_handle:
            assert model.counts == plain
        assert (await stored(model))["counts"] == plain
    assert (await Dicts.aget(model.key)).counts == plain
    await ask(Dicts, "DEL", model.key)


@law
@given(key=keys, other=keys)
async def test_any_key_works(rapyer: ModuleType, key: str, other: str) -> None:
    model = await Dicts(counts={key: 1}, nested={key: {other: [1]}}, pairs={key: Pair()}).asave()
    handle = Dicts.at(model.key)
    assert (await Dicts.aget(model.key)) == model
    await handle.counts.aset_item(key, 2)
    assert await handle.counts[key].aincrease(3) == 5  # type: ignore[attr-defined]
    assert await model.counts[key].aload() == 5  # type: ignore[attr-defined]
    assert await model.counts.asetdefault(other, 8) == (5 if key == other else 8)
    assert await model.nested[key][other].aappend(2) == [1, 2]  # type: ignore[attr-defined]
    assert await handle.nested[key][other].apop(0) == 1  # type: ignore[attr-defined]
    assert await handle.nested[key].apop(other) == [2]  # type: ignore[attr-defined]
    await model.pairs[key].left.aincrease(4)  # type: ignore[attr-defined]
    await model.pairs[key].right.aextend([1, 2])  # type: ignore[attr-defined]
    assert (await stored(model))["pairs"] == {key: {"left": 4, "right": [1, 2]}}
    assert (await stored(model))["nested"] == {key: {}}
    assert await model.counts.apop(key) == 5
    assert (await stored(model))["counts"] == ({} if key == other else {other: 8})
    assert model.counts == (await Dicts.aget(model.key)).counts
    with pytest.raises(DictKeyError) as caught:
        await model.counts.apop(key)
    assert caught.value.key == model.key
    await ask(Dicts, "DEL", model.key)


@law
@given(key=keys)
async def test_any_key_is_saved_and_changed_locally(rapyer: ModuleType, key: str) -> None:
    model = await Dicts(pairs={key: Pair(), "other": Pair()}).asave()
    model.pairs[key].left = 3
    await Dicts.at(model.key).pairs["other"].left.aset(9)  # type: ignore[attr-defined]
    await model.asave()
    left = {name: pair["left"] for name, pair in (await stored(model))["pairs"].items()}
    if key == "other" or member_segment(key) is None:
        # Without a path of its own it is written with the whole dict around it.
        assert left[key] == 3
    else:
        assert left == {key: 3, "other": 9}
    await ask(Dicts, "DEL", model.key)


async def test_keys_of_other_types(rapyer: ModuleType) -> None:
    model = await Dicts(
        by_number={1: "one"}, by_colour={Colour.RED: 1}, by_day={date(2024, 2, 29): 1}
    ).asave()
    await model.by_number.aset_item(-2, "minus two")
    await model.by_number.aupdate({"3": "three"})
    assert await model.by_number.apop(1) == "one"
    assert model.by_number == {-2: "minus two", 3: "three"}
    assert await model.by_colour[Colour.RED].aincrease() == 2  # type: ignore[attr-defined]
    assert await model.by_colour.asetdefault("blue", 5) == 5
    assert model.by_colour == {Colour.RED: 2, Colour.BLUE: 5}
    assert await model.by_day.apopitem() == (date(2024, 2, 29), 1)
    assert (await stored(model))["by_number"] == {"-2": "minus two", "3": "three"}
    assert (await stored(model))["by_colour"] == {"red": 2, "blue": 5}
    assert (await Dicts.aget(model.key)) == model


async def test_members_given_as_dict_update_takes_them(rapyer: ModuleType) -> None:
    model = await Dicts().asave()
    await model.counts.aupdate({"a": 1}, b=2)
    await model.counts.aupdate([("c", 3)])
    await model.counts.aupdate(d=4)
    assert await model.counts.aupdate() == {"a": 1, "b": 2, "c": 3, "d": 4}
    assert (await stored(model))["counts"] == model.counts


async def test_members_are_bound(rapyer: ModuleType) -> None:
    model = await Dicts(counts={"a": 1}, nested={"x": {"y": [1]}}).asave()
    assert await model.counts["a"].aincrease() == 2 == model.counts["a"]  # type: ignore[attr-defined]
    found = model.counts.get("a")
    assert await found.amul(5) == 10  # type: ignore[union-attr]
    assert await model.nested["x"].aset_item("z", [5]) == {"y": [1], "z": [5]}  # type: ignore[attr-defined]
    for row in model.nested["x"].values():
        await row.aappend(0)  # type: ignore[attr-defined]
    assert (await stored(model))["nested"] == {"x": {"y": [1, 0], "z": [5, 0]}}
    assert model.nested == {"x": {"y": [1, 0], "z": [5, 0]}}


async def test_a_member_that_was_replaced_is_refused(rapyer: ModuleType) -> None:
    model = await Dicts(nested={"x": {"y": [1]}}).asave()
    inner = model.nested["x"]
    await model.nested.aset_item("x", {"y": [5]})
    with pytest.raises(PathError, match="read it again"):
        await inner.aset_item("z", [1])  # type: ignore[attr-defined]
    assert (await stored(model))["nested"] == {"x": {"y": [5]}} == model.nested


async def test_others_members_stay(rapyer: ModuleType) -> None:
    model = await Dicts(counts={"a": 1}).asave()
    handle = Dicts.at(model.key)
    await handle.counts.aset_item("b", 2)
    await model.counts.aset_item("c", 3)
    assert (await stored(model))["counts"] == {"a": 1, "b": 2, "c": 3}
    assert await model.counts.apop("b") == 2
    assert await model.counts.alength() == 2
    assert await model.counts.aload() == {"a": 1, "c": 3} == model.counts


async def test_failing_calls_change_nothing(rapyer: ModuleType) -> None:
    model = await Dicts(counts={"a": 1}, by_number={1: "x"}).asave()
    before = await stored(model)
    with pytest.raises(InvalidValueError):
        await model.counts.aset_item("b", "no")
    with pytest.raises(InvalidValueError):
        await model.counts.aupdate({"b": 1, "c": "no"})
    with pytest.raises(InvalidValueError):
        await model.by_number.aset_item("no", "x")
    with pytest.raises(InvalidValueError):
        await model.by_number.apop("no")
    with pytest.raises(InvalidValueError):
        await model.counts.asetdefault("b")
    for missing in ("b", "'\"", "\\"):
        with pytest.raises(DictKeyError):
            await model.counts.adel_item(missing)
        with pytest.raises(KeyError):
            await model.counts.apop(missing)
    assert await model.counts.apop("b", None) is None
    assert await stored(model) == before
    assert model.counts == {"a": 1} and model.by_number == {1: "x"}


async def test_a_validator_holds_against_the_servers_dict(rapyer: ModuleType) -> None:
    model = await Dicts(checked={"a": 1}).asave()
    assert await model.checked.aset_item("b", 2) == {"a": 1, "b": 2}
    for call in ("c", "\\"):
        with pytest.raises(InvalidValueError, match="too many"):
            await model.checked.aset_item(call, 3)
        with pytest.raises(InvalidValueError, match="too many"):
            await model.checked.asetdefault(call, 3)
    with pytest.raises(DictKeyError):
        await model.checked.apop("c")
    assert await model.checked.apop("c", 7) == 7
    assert await model.checked.apopitem() == ("b", 2)
    assert await model.checked.aclear() == {}
    with pytest.raises(DictKeyError):
        await model.checked.apopitem()
    assert (await stored(model))["checked"] == {} == model.checked


async def test_popping_from_an_empty_dict(rapyer: ModuleType) -> None:
    model = await Dicts().asave()
    with pytest.raises(DictKeyError):
        await model.counts.apopitem()
    with pytest.raises(KeyError):
        await Dicts.at(model.key).counts.apopitem()


ALL_CALLS: list[Call] = [
    ("set_item", ("a", 1)),
    ("set_item", ("\\", 1)),
    ("update", ({"a": 1},)),
    ("del_item", ("a",)),
    ("pop", ("a",)),
    ("pop", ("a", 1)),
    ("popitem", ()),
    ("setdefault", ("a", 1)),
    ("clear", ()),
    ("length", ()),
]


async def test_a_document_that_vanished(rapyer: ModuleType) -> None:
    model = await Dicts(counts={"a": 1}).asave()
    await ask(Dicts, "DEL", model.key)
    for call in ALL_CALLS:
        with pytest.raises(KeyNotFound):
            await on_server(model.counts, call)
    assert model.counts == {"a": 1} and await stored(model) is None


async def test_another_type_there(rapyer: ModuleType) -> None:
    model = await Dicts(counts={"a": 1}, nested={"\\": {}}).asave()
    for text, kind in (('"text"', "string"), ("[]", "array"), ("null", "null"), ("5", "integer")):
        await ask(Dicts, "JSON.SET", model.key, '$["counts"]', text)
        for call in ALL_CALLS:
            with pytest.raises(PathError) as caught:
                await on_server(model.counts, call)
            assert (caught.value.expected, caught.value.actual) == ("object", kind)
    await ask(Dicts, "JSON.DEL", model.key, '$["counts"]')
    for call in ALL_CALLS:
        with pytest.raises(PathError, match="found nothing"):
            await on_server(model.counts, call)
    await ask(Dicts, "JSON.SET", model.key, '$["nested"]', "{}")
    with pytest.raises(PathError, match="found nothing"):
        await model.nested["\\"].aset_item("x", [1])  # type: ignore[attr-defined]
    assert model.counts == {"a": 1}


async def test_never_saved(rapyer: ModuleType) -> None:
    model = Dicts(counts={"a": 1})
    for name, args in (("set_item", ("a", 2)), ("del_item", ("a",)), ("length", ())):
        with pytest.raises(KeyNotFound, match="never saved"):
            await on_server(model.counts, (name, args))
    assert model.counts == {"a": 1}
