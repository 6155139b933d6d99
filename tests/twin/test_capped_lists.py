"""Capped lists: never longer than they may be, on the server and here."""

from __future__ import annotations

from types import ModuleType
from typing import Annotated, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, field_validator

from rapyer_async import AtomicRedisModel, Capped, Field, RedisDict, RedisList
from rapyer_core.errors import (
    ListIndexError,
    UnsupportedArgumentValueError,
    UnsupportedFieldError,
)

from .asking import ask, stored

law = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


class Clicks(AtomicRedisModel):
    recent: Annotated[RedisList[int], Capped(3)] = Field(default_factory=list)
    by_page: RedisDict[str, Annotated[list[float], Capped(2)]] = Field(default_factory=dict)
    maybe: Annotated[list[str], Capped(2)] | None = None
    checked: Annotated[RedisList[int], Capped(3)] = Field(default_factory=list)

    @field_validator("checked")
    @classmethod
    def positive(cls, value: list[int]) -> list[int]:
        if any(number < 0 for number in value):
            raise ValueError("negative")
        return value


@pytest.fixture
async def clicks(rapyer: ModuleType) -> Clicks:
    return await Clicks(recent=[1, 2, 3]).asave()


async def recent_of(clicks: Clicks) -> list[int]:
    """Return what is stored, after comparing the local copy with it."""
    found: list[int] = (await stored(clicks))["recent"]
    assert clicks.recent == found and len(found) <= 3
    return found


async def test_what_is_put_at_the_end_pushes_out_the_start(clicks: Clicks) -> None:
    await clicks.recent.aappend(4)
    assert await recent_of(clicks) == [2, 3, 4]
    await clicks.recent.aextend([5, 6])
    assert await recent_of(clicks) == [4, 5, 6]
    await clicks.recent.aextend(range(10))
    assert await recent_of(clicks) == [7, 8, 9]
    await clicks.recent.ainsert(99, 10)
    assert await recent_of(clicks) == [8, 9, 10]


async def test_what_is_inserted_pushes_out_the_end(clicks: Clicks) -> None:
    await clicks.recent.ainsert(0, 0)
    assert await recent_of(clicks) == [0, 1, 2]
    await clicks.recent.ainsert(-1, 9)
    assert await recent_of(clicks) == [0, 1, 9]
    await clicks.recent.ainsert(-99, 8)
    assert await recent_of(clicks) == [8, 0, 1]


async def test_whole_lists_keep_their_end(clicks: Clicks) -> None:
    assert Clicks(recent=[1, 2, 3, 4]).recent == [2, 3, 4]
    await clicks.recent.aset([1, 2, 3, 4, 5])
    assert await recent_of(clicks) == [3, 4, 5]
    clicks.recent = [5, 6, 7, 8]
    await clicks.asave()
    assert await recent_of(clicks) == [6, 7, 8]
    await clicks.aupdate(recent=[1, 2, 3, 4])
    assert await recent_of(clicks) == [2, 3, 4]
    await clicks.recent.aapply(lambda items: [*items, 5])
    assert await recent_of(clicks) == [3, 4, 5]


async def test_local_changes_follow_the_same_rules(clicks: Clicks) -> None:
    clicks.recent += [4, 5]
    assert clicks.recent == [3, 4, 5]
    clicks.recent[:0] = [1, 2]
    assert clicks.recent == [3, 4, 5]
    clicks.recent *= 2
    assert clicks.recent == [3, 4, 5]
    await clicks.asave()
    assert await recent_of(clicks) == [3, 4, 5]


async def test_a_copy_that_is_behind_follows(clicks: Clicks) -> None:
    other = await Clicks.aget(clicks.key)
    await other.recent.aextend([4, 5])
    await other.recent.apop()
    await clicks.recent.aappend(6)
    assert await recent_of(clicks) == [3, 4, 6]
    handle: Any = Clicks.at(clicks.key)
    await handle.recent.aappend(7)
    await handle.recent.ainsert(0, 0)
    await clicks.aload()
    assert await recent_of(clicks) == [0, 4, 6]


async def test_lists_in_dicts_and_lists_that_may_be_none(clicks: Clicks) -> None:
    await clicks.by_page.aset_item("a", [1, 2, 3])
    await clicks.by_page["a"].aappend(1e-7)
    await clicks.by_page["a"].aappend(0.1)
    clicks.maybe = ["a", "b", "c"]
    await clicks.asave()
    loaded = await Clicks.aget(clicks.key)
    assert loaded.by_page == {"a": [1e-7, 0.1]} and loaded.maybe == ["b", "c"]


async def test_a_list_with_a_validator(clicks: Clicks) -> None:
    await clicks.checked.aextend([1, 2, 3, 4])
    await clicks.checked.ainsert(0, 9)
    assert clicks.checked == [9, 2, 3] == (await stored(clicks))["checked"]


async def test_a_stored_list_that_is_longer_is_trimmed_by_the_next_append(clicks: Clicks) -> None:
    await ask(Clicks, "JSON.SET", clicks.key, "$.recent", "[1,2,3,4,5,6]")
    loaded = await Clicks.aget(clicks.key)
    assert loaded.recent == [4, 5, 6]
    await loaded.recent.aappend(7)
    assert await recent_of(loaded) == [5, 6, 7]


async def test_a_pipeline_is_all_or_nothing(clicks: Clicks) -> None:
    await clicks.by_page.aset_item("a", [1.5])
    async with clicks.apipeline():
        clicks.recent.append(4)
        clicks.recent.extend([5, 6])
        clicks.recent.insert(0, 0)
        clicks.by_page["a"].append(0.1)
        clicks.by_page["a"].append(1e-300)
    assert await recent_of(clicks) == [0, 4, 5]
    before = await ask(Clicks, "JSON.GET", clicks.key)
    with pytest.raises(ListIndexError):
        async with clicks.apipeline():
            clicks.recent.append(4)
            clicks.recent.extend(range(20))
            clicks.recent.insert(0, 0)
            clicks.by_page["a"].extend([1.0, 2.0, 3.0])
            del clicks.recent[50]
    assert await ask(Clicks, "JSON.GET", clicks.key) == before
    assert await recent_of(clicks) == [0, 4, 5]


def test_what_cannot_be_capped() -> None:
    bad: Any = "3"
    for most in (0, -1, bad):
        with pytest.raises(UnsupportedArgumentValueError):
            Capped(most)
    with pytest.raises(UnsupportedFieldError, match="is for a list"):
        TypeAdapter(Annotated[set[int], Capped(3)])
    assert Capped(3) == Capped(3) and repr(Capped(3)) == "Capped(3)"


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["append", "extend", "insert", "pop", "behind"]),
        st.lists(st.integers(0, 9), max_size=5),
        st.integers(-5, 5),
    ),
    max_size=10,
)


@law
@given(steps=STEPS)
async def test_it_is_a_list_that_drops_what_is_too_much(
    rapyer: ModuleType, steps: list[tuple[str, list[int], int]]
) -> None:
    model = await Clicks().asave()
    other = await Clicks.aget(model.key)
    expected: list[int] = []
    for number, (name, some, index) in enumerate(steps):
        # No two are alike: a copy that has missed something is told by its ends.
        values = [10 * number + each for each in range(len(some))]
        if name == "append":
            await model.recent.aappend(10 * number)
            expected = [*expected, 10 * number][-3:]
        elif name == "extend":
            await model.recent.aextend(values)
            expected = [*expected, *values][-3:]
        elif name == "insert":
            await model.recent.ainsert(index, 10 * number)
            is_last = index >= len(expected)
            expected.insert(index, 10 * number)
            expected = expected[-3:] if is_last else expected[:3]
        elif name == "pop":
            if expected:
                assert await model.recent.apop() == expected.pop()
            continue
        else:
            await other.recent.aextend(values)
            expected = [*expected, *values][-3:]
            assert other.recent == expected
            continue
        assert model.recent == expected
    assert (await stored(model))["recent"] == expected
