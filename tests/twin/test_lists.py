"""Lists on the server: Python's lists, whatever the order of calls and whoever else calls."""

from __future__ import annotations

from types import ModuleType
from typing import Annotated, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from rapyer_async import AtomicRedisModel
from rapyer_core.errors import (
    InvalidValueError,
    ItemNotFoundError,
    KeyNotFound,
    ListIndexError,
    PathError,
    UnsavedChangesError,
)

from .asking import ask, stored

law = settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


class Point(BaseModel):
    x: int = 0
    y: int = 0


class Lists(AtomicRedisModel):
    numbers: list[int] = []
    floats: list[float] = []
    points: list[Point] = []
    dicts: list[dict[str, int]] = []
    rows: list[list[int]] = []
    few: Annotated[list[int], Field(max_length=3)] = []


Call = tuple[str, tuple[Any, ...]]

indices = st.integers(-6, 6)
values = st.integers(0, 4)
calls: st.SearchStrategy[Call] = st.one_of(
    st.tuples(st.just("append"), st.tuples(values)),
    st.tuples(st.just("extend"), st.tuples(st.lists(values, max_size=4))),
    st.tuples(st.just("insert"), st.tuples(indices, values)),
    st.tuples(st.just("pop"), st.tuples(indices)),
    st.tuples(st.just("pop"), st.just(())),
    st.tuples(st.just("remove"), st.tuples(values)),
    st.tuples(st.just("remove_range"), st.tuples(indices, indices)),
    st.tuples(st.just("set_item"), st.tuples(indices, values)),
    st.tuples(st.just("clear"), st.just(())),
    st.tuples(st.just("length"), st.just(())),
)


async def on_server(target: Any, call: Call) -> Any:
    name, args = call
    if name == "append":
        return await target.aappend(*args)
    if name == "extend":
        return await target.aextend(value for value in args[0])
    if name == "insert":
        return await target.ainsert(*args)
    if name == "pop":
        return await target.apop(*args)
    if name == "remove":
        return await target.aremove(*args)
    if name == "remove_range":
        return await target.aremove_range(*args)
    if name == "set_item":
        return await target.aset_item(*args)
    if name == "clear":
        return await target.aclear()
    return await target.alength()


def on_list(target: list[Any], call: Call) -> Any:
    name, args = call
    if name == "remove_range":
        del target[args[0] : args[1]]
    elif name == "set_item":
        target[args[0]] = args[1]
    elif name == "length":
        return len(target)
    else:
        return getattr(target, name)(*args)
    return None


async def both(target: Any, call: Call, plain: list[Any]) -> None:
    """Make one call on the server and on a plain list; the results must be the same."""
    try:
        expected = on_list(plain, call)
    except (IndexError, ValueError) as error:
        with pytest.raises(ListIndexError if isinstance(error, IndexError) else ItemNotFoundError):
            await on_server(target, call)
        return
    result = await on_server(target, call)
    if call[0] in ("pop", "length"):
        assert result == expected


@law
@given(start=st.lists(values, max_size=5), made=st.lists(calls, max_size=8))
@example(start=[0, 1], made=[("insert", (-6, 9)), ("insert", (6, 9)), ("pop", (-3,))])
@example(start=[], made=[("remove_range", (0, 1)), ("extend", ([],)), ("append", (1,))])
@example(start=[1, 2, 1], made=[("remove", (1,)), ("remove_range", (-1, 5))])
async def test_any_calls_are_pythons(
    rapyer: ModuleType, start: list[int], made: list[Call]
) -> None:
    model = await Lists(numbers=start).asave()
    plain = list(start)
    for call in made:
        await both(model.numbers, call, plain)
        assert model.numbers == plain
        assert (await stored(model))["numbers"] == plain
    assert (await Lists.aget(model.key)).numbers == plain
    await ask(Lists, "DEL", model.key)


@law
@given(start=st.lists(values, max_size=5), made=st.lists(calls, max_size=8))
async def test_a_handle_does_the_same(
    rapyer: ModuleType, start: list[int], made: list[Call]
) -> None:
    model = await Lists(numbers=start).asave()
    handle, plain = Lists.at(model.key), list(start)
    for call in made:
        await both(handle.numbers, call, plain)
    assert (await stored(model))["numbers"] == plain
    await ask(Lists, "DEL", model.key)


point = st.builds(Point, x=values, y=st.integers(0, 1))
point_calls: st.SearchStrategy[Call] = st.one_of(
    st.tuples(st.just("append"), st.tuples(point)),
    st.tuples(st.just("insert"), st.tuples(indices, point)),
    st.tuples(st.just("pop"), st.tuples(indices)),
    st.tuples(st.just("remove"), st.tuples(point)),
    st.tuples(st.just("remove_range"), st.tuples(indices, indices)),
    st.tuples(st.just("set_item"), st.tuples(indices, point)),
)


@law
@given(start=st.lists(point, max_size=4), made=st.lists(point_calls, max_size=6))
async def test_lists_of_models_are_pythons(
    rapyer: ModuleType, start: list[Point], made: list[Call]
) -> None:
    model = await Lists(points=start).asave()
    plain = [item.model_copy() for item in start]
    for call in made:
        await both(model.points, call, plain)
        assert model.points == plain
        for position, item in enumerate(plain):
            assert await model.points[position].x.aload() == item.x  # type: ignore[attr-defined]
    assert (await Lists.aget(model.key)).points == plain
    await ask(Lists, "DEL", model.key)


# Changes after which a copy that lags behind has a prefix of the list, or is longer than it.
growth: st.SearchStrategy[list[Call]] = st.lists(
    st.tuples(st.just("extend"), st.tuples(st.lists(values, min_size=1, max_size=3))), max_size=3
)
loss: st.SearchStrategy[list[Call]] = st.lists(
    st.one_of(
        st.tuples(st.just("pop"), st.tuples(st.sampled_from([0, -1]))),
        st.tuples(st.just("remove_range"), st.tuples(indices, indices)),
        st.tuples(st.just("remove"), st.tuples(values)),
        st.just(("clear", ())),
    ),
    max_size=3,
)


@law
@given(start=st.lists(values, max_size=5), theirs=st.one_of(growth, loss), ours=calls)
@example(start=[1, 2, 3, 4, 0], theirs=[("remove_range", (0, 3))], ours=("pop", ()))
@example(start=[1, 2], theirs=[("clear", ())], ours=("append", (0,)))
@example(start=[1], theirs=[("extend", ([2, 3],))], ours=("insert", (-1, 9)))
async def test_a_copy_that_was_behind_ends_as_the_servers(
    rapyer: ModuleType, start: list[int], theirs: list[Call], ours: Call
) -> None:
    model = await Lists(numbers=start).asave()
    handle, plain = Lists.at(model.key), list(start)
    for call in theirs:
        await both(handle.numbers, call, plain)
    before = list(plain)
    await both(model.numbers, ours, plain)
    assert (await stored(model))["numbers"] == plain
    if plain != before:
        assert model.numbers == plain
    await ask(Lists, "DEL", model.key)


@law
@given(
    start=st.lists(values, min_size=1, max_size=5),
    changes=st.lists(
        st.sampled_from(["append", "pop", "insert", "set", "sort", "reverse"]), max_size=4
    ),
    ours=calls,
)
@example(start=[1, 2], changes=["pop"], ours=("append", (4,)))
@example(start=[1, 2], changes=["append"], ours=("append", (4,)))
@example(start=[1, 2], changes=["insert", "pop"], ours=("append", (4,)))
async def test_the_servers_list_takes_the_place_of_local_changes(
    rapyer: ModuleType, start: list[int], changes: list[str], ours: Call
) -> None:
    model = await Lists(numbers=start).asave()
    plain = list(start)
    for change in changes:
        change_locally(model.numbers, change)
    local = list(model.numbers)
    assert (await stored(model))["numbers"] == start
    before = list(plain)
    await both(model.numbers, ours, plain)
    assert (await stored(model))["numbers"] == plain
    if plain != before:
        assert model.numbers == plain
        await model.asave()
        assert (await stored(model))["numbers"] == plain
    else:
        assert model.numbers in (local, plain)
    await ask(Lists, "DEL", model.key)


def change_locally(target: list[int], change: str) -> None:
    """Change a list by item assignment, so that both packages do it locally."""
    if change == "append":
        target += [7]
    elif change == "pop" and target:
        del target[0]
    elif change == "insert":
        target[0:0] = [8]
    elif change == "set" and target:
        target[0] = 9
    elif change == "sort":
        target.sort()
    elif change == "reverse":
        target.reverse()


async def test_items_of_a_rearranged_list_are_refused(rapyer: ModuleType) -> None:
    model = await Lists(points=[Point(x=1), Point(x=2)]).asave()
    second = model.points[1]
    del model.points[0]
    with pytest.raises(UnsavedChangesError, match="save it first"):
        await second.x.aincrease(5)  # type: ignore[attr-defined]
    await model.asave()
    assert await second.x.aincrease(5) == 7  # type: ignore[attr-defined]
    assert (await stored(model))["points"] == [{"x": 7, "y": 0}]


async def test_an_item_is_followed_to_its_new_index(rapyer: ModuleType) -> None:
    model = await Lists(points=[Point(x=1), Point(x=2)], rows=[[1], [2]]).asave()
    second, row = model.points[1], model.rows[1]
    await model.points.ainsert(0, Point(x=0))
    await model.rows.apop(0)
    assert await second.x.aincrease(5) == 7  # type: ignore[attr-defined]
    assert await row.aappend(3) == [2, 3]  # type: ignore[attr-defined]
    document = await stored(model)
    assert [item["x"] for item in document["points"]] == [0, 1, 7]
    assert document["rows"] == [[2, 3]] == model.rows


async def test_an_item_that_was_taken_out_is_refused(rapyer: ModuleType) -> None:
    model = await Lists(points=[Point(x=1), Point(x=2)], numbers=[1, 2]).asave()
    first, number = model.points[0], model.numbers[1]
    await model.points.apop(0)
    with pytest.raises(PathError, match="read it again"):
        await first.x.aincrease(5)  # type: ignore[attr-defined]
    await model.numbers.apop(0)
    with pytest.raises(PathError, match="read it again"):
        await number.aincrease(5)  # type: ignore[attr-defined]
    assert await model.numbers[0].aincrease(5) == 7  # type: ignore[attr-defined]
    assert (await stored(model))["numbers"] == [7] == model.numbers
    assert (await stored(model))["points"] == [{"x": 2, "y": 0}]


async def test_items_are_bound(rapyer: ModuleType) -> None:
    model = await Lists(numbers=[1, 2, 3], rows=[[1], [2, 3]]).asave()
    assert await model.numbers[-1].aincrease(5) == 8  # type: ignore[attr-defined]
    assert await model.rows[-1][0].amul(10) == 20  # type: ignore[attr-defined]
    assert await model.rows[0].aset([7, 8]) == [7, 8]  # type: ignore[attr-defined]
    assert await Lists.at(model.key).rows[0][1].aincrease() == 9  # type: ignore[attr-defined]
    assert model.numbers == [1, 2, 8] and model.rows == [[7, 8], [20, 3]]
    assert (await stored(model))["rows"] == [[7, 9], [20, 3]]
    assert type(model.numbers[1:]) is list


async def test_failing_calls_change_nothing(rapyer: ModuleType) -> None:
    model = await Lists(numbers=[1], points=[Point()]).asave()
    before = await stored(model)
    for index in (1, -2, 10**9):
        with pytest.raises(ListIndexError) as caught:
            await model.numbers.apop(index)
        assert caught.value.key == model.key and caught.value.path == '$["numbers"]'
        with pytest.raises(ListIndexError):
            await model.numbers.aset_item(index, 5)
    with pytest.raises(ItemNotFoundError):
        await model.numbers.aremove(2)
    for call in (model.numbers.aappend, model.numbers.aremove, model.points.aappend):
        with pytest.raises(InvalidValueError):
            await call("no")
    with pytest.raises(InvalidValueError):
        await model.numbers.aextend([1, "no"])  # type: ignore[list-item]
    with pytest.raises(InvalidValueError):
        await model.numbers.ainsert(0, "no")  # type: ignore[arg-type]
    with pytest.raises(InvalidValueError):
        await model.numbers.aset("no")
    with pytest.raises(InvalidValueError):
        await model.numbers.ainsert(1.5, 1)  # type: ignore[arg-type]
    assert await stored(model) == before
    assert model.numbers == [1] and model.points == [Point()]


async def test_a_constraint_holds_against_the_servers_list(rapyer: ModuleType) -> None:
    model = await Lists(few=[1, 2]).asave()
    assert await model.few.aappend(3) == [1, 2, 3]
    with pytest.raises(InvalidValueError):
        await model.few.aextend([4])
    assert await model.few.apop() == 3
    await Lists.at(model.key).few.aappend(9)
    with pytest.raises(InvalidValueError):
        await model.few.aappend(4)
    with pytest.raises(ListIndexError):
        await model.few.apop(5)
    assert (await stored(model))["few"] == [1, 2, 9]


async def test_what_is_removed_is_what_python_would_remove(rapyer: ModuleType) -> None:
    model = await Lists(floats=[0.0, -0.0, 2.0], dicts=[{"a": 1, "b": 2}]).asave()
    await model.floats.aremove(-0.0)
    assert [str(value) for value in model.floats] == ["-0.0", "2.0"]
    assert (await Lists.aget(model.key)).floats == model.floats
    assert [str(value) for value in (await stored(model))["floats"]] == ["-0.0", "2.0"]
    await model.dicts.aremove({"b": 2, "a": 1})
    assert model.dicts == [] == (await stored(model))["dicts"]


async def test_a_removed_item_leaves_a_copy_of_the_same_length_too(rapyer: ModuleType) -> None:
    model = await Lists(numbers=[1, 2]).asave()
    await Lists.at(model.key).numbers.aset_item(0, 3)
    assert len(await model.numbers.aremove(3)) == 1
    assert (await stored(model))["numbers"] == [2] == model.numbers


async def test_a_long_list_in_one_step(rapyer: ModuleType) -> None:
    model = await Lists().asave()
    many = list(range(20_000))
    assert await model.numbers.aextend(many) == many
    assert await model.numbers.alength() == 20_000
    assert (await stored(model))["numbers"] == many


async def test_never_saved(rapyer: ModuleType) -> None:
    model = Lists(numbers=[1])
    for call in (model.numbers.aremove_range, model.numbers.aset_item):
        with pytest.raises(KeyNotFound, match="never saved"):
            await call(0, 1)
    with pytest.raises(KeyNotFound, match="never saved"):
        await model.numbers.alength()
    assert model.numbers == [1]


async def test_a_document_that_vanished(rapyer: ModuleType) -> None:
    model = await Lists(numbers=[1]).asave()
    await ask(Lists, "DEL", model.key)
    for call in ALL_CALLS:
        with pytest.raises(KeyNotFound):
            await on_server(model.numbers, call)
    assert model.numbers == [1] and await stored(model) is None


async def test_another_type_there(rapyer: ModuleType) -> None:
    model = await Lists(numbers=[1]).asave()
    for text, kind in (('"text"', "string"), ("{}", "object"), ("null", "null")):
        await ask(Lists, "JSON.SET", model.key, '$["numbers"]', text)
        for call in ALL_CALLS:
            with pytest.raises(PathError) as caught:
                await on_server(model.numbers, call)
            assert (caught.value.expected, caught.value.actual) == ("array", kind)
    await ask(Lists, "JSON.DEL", model.key, '$["numbers"]')
    for call in ALL_CALLS:
        with pytest.raises(PathError, match="found nothing"):
            await on_server(model.numbers, call)
    assert model.numbers == [1]


ALL_CALLS: list[Call] = [
    ("append", (1,)),
    ("extend", ([1],)),
    ("insert", (0, 1)),
    ("pop", ()),
    ("remove", (1,)),
    ("remove_range", (0, 1)),
    ("set_item", (0, 1)),
    ("clear", ()),
    ("length", ()),
]
