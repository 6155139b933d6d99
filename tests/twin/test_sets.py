"""Sets on the server: Python's results, whatever the members are."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from rapyer_async import AtomicRedisModel, Field, RedisConfig, RedisSet
from rapyer_async._seam import task_group
from rapyer_core.errors import (
    InvalidValueError,
    KeyNotFound,
    MemberNotFoundError,
    PathError,
    PipelineError,
    StaleModelError,
)

from .asking import ask

law = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


class Profile(BaseModel):
    names: RedisSet[str] = Field(default_factory=set)


class Sets(AtomicRedisModel):
    numbers: RedisSet[int] = Field(default_factory=set)
    days: RedisSet[date] = Field(default_factory=set)
    pairs: RedisSet[tuple[int, str]] = Field(default_factory=set)
    sums: RedisSet[Decimal] = Field(default_factory=set)
    blobs: RedisSet[bytes] = Field(default_factory=set)
    words: RedisSet[str] = Field(default_factory=set)
    profile: Profile = Field(default_factory=Profile)


class OtherSets(AtomicRedisModel):
    numbers: RedisSet[int] = Field(default_factory=set)


class CarefulSets(AtomicRedisModel):
    Meta = RedisConfig(optimistic=True, exactly_once=True)

    words: RedisSet[str] = Field(default_factory=set)


@pytest.fixture
async def sets(rapyer: ModuleType) -> Sets:
    return await Sets(numbers={1, 2}).asave()


async def stored_numbers(sets: Sets) -> set[int]:
    return (await Sets.aget(sets.key)).numbers.copy()


async def test_what_each_method_answers(sets: Sets) -> None:
    numbers = sets.numbers
    assert await numbers.aadd(3) is True
    assert await numbers.aadd(3) is False
    assert await numbers.aadd_many([3, 4, 5]) == 2
    assert await numbers.adiscard(5) is True
    assert await numbers.adiscard(5) is False
    assert await numbers.aremove(4) is numbers
    assert await numbers.acontains(3) and not await numbers.acontains(4)
    assert await numbers.asize() == 3
    assert await numbers.amembers() == {1, 2, 3} == numbers
    popped = {await numbers.apop() for _ in range(3)}
    assert popped == {1, 2, 3} and numbers == set()
    assert await numbers.apop(None) is None
    with pytest.raises(MemberNotFoundError):
        await numbers.apop()
    with pytest.raises(KeyError, match="expected 7"):
        await numbers.aremove(7)
    await numbers.aset({8, 9})
    assert await numbers.aclear() is numbers and numbers == set()
    assert await stored_numbers(sets) == set()


async def test_a_member_that_does_not_validate_is_not_sent(sets: Sets) -> None:
    bad: Any = "x"
    with pytest.raises(InvalidValueError):
        await sets.numbers.aadd(bad)
    with pytest.raises(InvalidValueError):
        await sets.numbers.aadd_many([1, bad])
    assert await stored_numbers(sets) == {1, 2}


async def test_members_of_every_type(rapyer: ModuleType) -> None:
    values: dict[str, set[Any]] = {
        "days": {date(2020, 2, 29), date(1, 1, 1)},
        "pairs": {(1, "a"), (1, "b\n\"'\\")},
        "sums": {Decimal("0.1"), Decimal("123456789012345678901234567890.5")},
        "blobs": {b"", b"\x00\xff"},
        "words": {"", " ", '"', "\\", "ü\u2028", "]", "a" * 1000},
        "numbers": {0, -(2**63), 2**63 - 1},
    }
    model = await Sets().asave()
    for name, members in values.items():
        await getattr(model, name).aadd_many(members)
    loaded = await Sets.aget(model.key)
    for name, members in values.items():
        assert getattr(loaded, name) == members == getattr(model, name)


async def test_thousands_of_members_in_one_step(sets: Sets) -> None:
    assert await sets.numbers.aadd_many(range(20_000)) == 19_998
    assert await sets.numbers.asize() == 20_000
    async with sets.apipeline():
        sets.numbers -= set(range(10_000))
        sets.numbers |= set(range(-5, 0))
    assert await sets.numbers.asize() == 10_005
    assert sets.numbers == await sets.numbers.amembers()


async def test_combining_sets_on_the_server(sets: Sets) -> None:
    other = await OtherSets(numbers={2, 3}).asave()
    await other.numbers.aadd(4)
    stale = OtherSets.at(other.key)
    assert await sets.numbers.aunion(stale.numbers) == {1, 2, 3, 4}
    assert await sets.numbers.aunion(stale.numbers, {9}) == {1, 2, 3, 4, 9}
    assert await sets.numbers.aintersect(other.numbers) == {2}
    assert await sets.numbers.aintersect(other.numbers, [1]) == set()
    assert await sets.numbers.adifference(other.numbers) == {1}
    assert await sets.numbers.adifference(other.numbers, (1,)) == set()
    assert await sets.numbers.aunion() == {1, 2}
    await other.adelete()
    with pytest.raises(KeyNotFound, match=str(other.key)):
        await sets.numbers.aunion(stale.numbers)


async def test_operators_are_local_outside_of_a_pipeline(sets: Sets) -> None:
    other = await Sets.aget(sets.key)
    await other.numbers.aadd(10)
    sets.numbers |= {3}
    sets.numbers -= {1}
    sets.numbers &= {2, 3, 5}
    sets.numbers ^= {2, 7}
    assert sets.numbers == {3, 7} and type(sets.numbers | {1}) is set
    assert await stored_numbers(sets) == {1, 2, 10}
    await sets.asave()
    assert await stored_numbers(sets) == {3, 7, 10}


async def test_operators_are_operations_in_a_pipeline(sets: Sets) -> None:
    other = await Sets.aget(sets.key)
    await other.numbers.aadd_many([10, 11])
    async with sets.apipeline():
        sets.numbers |= {3}
        sets.numbers -= {1}
        sets.numbers ^= {10, 12}
        sets.numbers.add(13)
        sets.numbers.discard(99)
        sets.profile.names = {"a"}
        sets.profile.names.update("bc")
        assert sets.numbers == {2, 3, 10, 12, 13}  # what is known here
        with pytest.raises(PipelineError):
            sets.numbers.pop()
    assert await stored_numbers(sets) == {2, 3, 11, 12, 13}
    assert (await Sets.aget(sets.key)).profile.names == {"a", "b", "c"} == sets.profile.names
    async with sets.apipeline():
        sets.numbers &= {2, 11, 500}
    assert await stored_numbers(sets) == {2, 11}


async def test_what_was_removed_and_added_again_is_no_change(sets: Sets) -> None:
    sets.numbers -= {1}
    sets.numbers |= {1, 5}
    sets.numbers -= {5}
    await Sets.at(sets.key).numbers.adiscard(1)
    await sets.asave()
    assert await stored_numbers(sets) == {2}


async def test_an_assignment_is_saved_as_its_differences(sets: Sets) -> None:
    await Sets.at(sets.key).numbers.aadd(9)
    sets.numbers = {2, 3}
    sets.numbers.add(4)
    await sets.asave()
    assert await stored_numbers(sets) == {2, 3, 4, 9}
    await sets.aupdate(numbers={7})
    assert await stored_numbers(sets) == {7} == sets.numbers


async def test_an_assignment_to_what_was_not_loaded_replaces(sets: Sets) -> None:
    part = await Sets.aget(sets.key, only=["words"])
    part.numbers = {5}
    part.numbers |= {6}
    await part.asave()
    assert await stored_numbers(sets) == {5, 6}
    await Sets.at(sets.key).numbers.aadd(7)
    part.numbers |= {8}
    await part.asave()
    assert await stored_numbers(sets) == {5, 6, 7, 8}


async def test_a_lock_keeps_what_was_changed_locally(sets: Sets) -> None:
    sets.numbers |= {3}
    sets.numbers -= {1}
    await Sets.at(sets.key).numbers.aadd(9)
    async with sets.alock():
        assert sets.numbers == {2, 3, 9}
        sets.numbers.add(4)
    assert await stored_numbers(sets) == {2, 3, 4, 9}


async def test_applying_a_function(sets: Sets) -> None:
    assert await sets.numbers.aapply(lambda members: members | {5}) == {1, 2, 5}
    rounds: list[int] = []

    def double(model: Sets) -> None:
        model.numbers = {2 * number for number in model.numbers}
        rounds.append(1)

    await sets.aapply(double)
    assert await stored_numbers(sets) == {2, 4, 10} == sets.numbers
    assert rounds == [1]


async def test_a_new_model_is_changed_locally(rapyer: ModuleType) -> None:
    model = Sets()
    model.numbers.add(1)
    model.numbers |= {2}
    model.numbers.update([3], [4])
    model.numbers.discard(4)
    with pytest.raises(KeyNotFound):
        await model.numbers.acontains(1)
    await model.asave()
    assert await stored_numbers(model) == {1, 2, 3}


async def test_get_or_create_and_update_or_create(sets: Sets) -> None:
    found = await Sets.aget_or_create(sets)
    assert not found.created and found.value.numbers == {1, 2}
    copy = Sets.model_validate({"numbers": {5}})
    created = await Sets.aget_or_create(copy)
    assert created.created and await stored_numbers(copy) == {5}
    await Sets.at(copy.key).words.aadd("kept")
    copy.numbers = {6}
    updated = await Sets.aupdate_or_create(copy, only=["numbers"])
    assert updated.value.numbers == {6} and updated.value.words == {"kept"}


async def test_a_save_of_an_old_revision_changes_no_member(rapyer: ModuleType) -> None:
    model = await CarefulSets(words={"a"}).asave()
    other = await CarefulSets.aget(model.key)
    await other.asave(force=True)
    model.words |= {"b"}
    with pytest.raises(StaleModelError):
        await model.asave()
    assert (await CarefulSets.aget(model.key)).words == {"a"}
    assert model.words == {"a", "b"}
    await model.words.aadd("c")
    async with model.apipeline():
        model.words.add("d")
    assert (await CarefulSets.aget(model.key)).words == {"a", "c", "d"}


async def test_a_failed_save_is_written_by_the_next(sets: Sets) -> None:
    await Sets.adelete_by_key(sets.key)
    sets.numbers |= {3}
    with pytest.raises(KeyNotFound):
        await sets.asave()
    await Sets(numbers={50}).asave()
    await sets.asave(upsert=True)
    assert await stored_numbers(sets) == {1, 2, 3}


async def test_a_key_of_another_kind_is_an_error(sets: Sets) -> None:
    await ask(Sets, "SET", sets.words.special_key, "text")
    with pytest.raises(PathError, match="expected a set, found a string"):
        await sets.words.aadd("a")
    sets.words |= {"a"}
    sets.numbers |= {3}
    with pytest.raises(PathError):
        await sets.asave()
    await sets.numbers.aadd(4)
    assert await sets.numbers.amembers() == {1, 2, 4}


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "discard", "update", "intersect", "subtract", "toggle", "clear"]),
        st.sets(st.integers(0, 6), max_size=4),
    ),
    max_size=12,
)


@law
@given(start=st.sets(st.integers(0, 6)), steps=STEPS, fails=st.booleans())
async def test_a_pipeline_does_what_python_does(
    rapyer: ModuleType, start: set[int], steps: list[tuple[str, set[int]]], fails: bool
) -> None:
    model = await Sets(numbers=set(start)).asave()
    expected = set(start)
    try:
        async with model.apipeline():
            for name, values in steps:
                if name == "add":
                    model.numbers.update(values)
                    expected |= values
                elif name == "discard":
                    for value in values:
                        model.numbers.discard(value)
                    expected -= values
                elif name == "update":
                    model.numbers |= values
                    expected |= values
                elif name == "intersect":
                    model.numbers &= values
                    expected &= values
                elif name == "subtract":
                    model.numbers -= values
                    expected -= values
                elif name == "toggle":
                    model.numbers ^= values
                    expected ^= values
                else:
                    model.numbers.clear()
                    expected.clear()
                assert model.numbers == expected
            if fails:
                model.words.remove("nobody")
    except MemberNotFoundError:
        expected = set(start)
    assert await stored_numbers(model) == expected == model.numbers


@law
@given(start=st.sets(st.integers(0, 6)), steps=STEPS, theirs=st.sets(st.integers(7, 9)))
async def test_a_save_writes_what_python_changed(
    rapyer: ModuleType, start: set[int], steps: list[tuple[str, set[int]]], theirs: set[int]
) -> None:
    model = await Sets(numbers=set(start)).asave()
    expected = set(start)
    for name, values in steps:
        if name in ("add", "update"):
            model.numbers |= values
            expected |= values
        elif name in ("discard", "subtract"):
            model.numbers -= values
            expected -= values
        elif name == "intersect":
            model.numbers &= values
            expected &= values
        elif name == "toggle":
            model.numbers = model.numbers ^ values
            expected ^= values
        else:
            model.numbers.clear()
            expected.clear()
    assert model.numbers == expected
    await Sets.at(model.key).numbers.aadd_many(theirs)
    await model.asave()
    assert await stored_numbers(model) == expected | theirs


async def test_applying_a_function_to_a_document_writes_what_it_changed(sets: Sets) -> None:
    await sets.words.aadd_many(["a", "b"])

    def rename(model: Sets) -> None:
        model.words = {"b", "c"}

    await sets.aapply(rename)
    loaded = await Sets.aget(sets.key)
    assert loaded.words == {"b", "c"} == sets.words and loaded.numbers == {1, 2}


async def test_functions_that_are_applied_at_once_lose_nothing(sets: Sets) -> None:
    async def on_the_set(number: int) -> None:
        await Sets.at(sets.key).numbers.aapply(lambda members: members | {number})

    async def on_the_document(number: int) -> None:
        def add(model: Sets) -> None:
            model.numbers = model.numbers | {number}

        await (await Sets.aget(sets.key)).aapply(add)

    async def directly(number: int) -> None:
        await Sets.at(sets.key).numbers.aadd(number)

    async with task_group() as group:
        for number in range(10, 20):
            group.start_soon(on_the_set, number)
            group.start_soon(on_the_document, 10 + number)
            group.start_soon(directly, 20 + number)
    assert await stored_numbers(sets) == {1, 2, *range(10, 40)}
