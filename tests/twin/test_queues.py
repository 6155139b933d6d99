"""Priority queues on the server: what a heap would serve, in the same order."""

from __future__ import annotations

from types import ModuleType
from typing import Annotated, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter

from rapyer_async import (
    AtomicRedisModel,
    Field,
    KeepEqual,
    PriorityQueueItem,
    RedisPriorityQueue,
    RedisSet,
)
from rapyer_async._seam import task_group
from rapyer_core.errors import (
    InvalidValueError,
    KeyNotFound,
    MemberNotFoundError,
    PipelineError,
)

from .asking import ask

law = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


class Job(BaseModel):
    name: str
    tries: int = 0


class Desk(BaseModel):
    jobs: RedisPriorityQueue[int] = Field(default_factory=list)


class Queues(AtomicRedisModel):
    words: RedisPriorityQueue[str] = Field(default_factory=list)
    jobs: RedisPriorityQueue[Job] = Field(default_factory=RedisPriorityQueue)
    apart: Annotated[RedisPriorityQueue[str], KeepEqual()] = Field(default_factory=list)
    desk: Desk = Field(default_factory=Desk)
    tags: RedisSet[str] = Field(default_factory=set)


@pytest.fixture
async def queues(rapyer: ModuleType) -> Queues:
    return await Queues(words=[("b", 2), ("a", 1.5)], apart=[("x", 1), ("x", 1)]).asave()


async def words_of(queues: Queues) -> list[tuple[str, float]]:
    return [(item.value, item.priority) for item in (await Queues.aget(queues.key)).words]


async def test_what_each_method_answers(queues: Queues) -> None:
    words = queues.words
    assert await words.apeek() == "a"
    assert await words.apush("c", 0) is words
    assert await words.apush_many([PriorityQueueItem("d", 9), ("e", float("-inf"))]) is words
    assert await words.asize() == 5
    assert await words.aitems() == [
        PriorityQueueItem("e", float("-inf")),
        ("c", 0.0),
        ("a", 1.5),
        ("b", 2.0),
        ("d", 9.0),
    ]
    assert await words.apop() == "e" and await words.apop() == "c"
    assert await words.aremove("d") is True and await words.aremove("d") is False
    assert words == [("a", 1.5), ("b", 2.0)] == await words_of(queues)
    assert [words[0].value, words[0].priority, len(words)] == ["a", 1.5, 2]
    assert await words.aclear() is words
    assert await words.apop() is None and await words.apeek() is None
    assert await words_of(queues) == []


async def test_a_value_is_there_once_unless_told_otherwise(queues: Queues) -> None:
    await queues.words.apush("b", 1)
    assert queues.words == [("b", 1.0), ("a", 1.5)] == await words_of(queues)
    await queues.apart.apush("y", 1)
    await queues.apart.apush("x", 1)
    await queues.apart.apush("x", 0)
    expected = [("x", 0.0), ("x", 1.0), ("x", 1.0), ("y", 1.0), ("x", 1.0)]
    assert queues.apart == expected == (await Queues.aget(queues.key)).apart
    assert await queues.apart.aremove("x") is True
    assert [await queues.apart.apop() for _ in range(4)] == ["x", "x", "y", "x"]
    assert queues.apart == [] and await queues.apart.apop() is None


async def test_values_of_a_model(queues: Queues) -> None:
    await queues.jobs.apush(Job(name="late"), 10)
    await queues.jobs.apush(Job(name="soon", tries=1), 1)
    assert await queues.jobs.apop() == Job(name="soon", tries=1)
    assert (await Queues.aget(queues.key)).jobs == [(Job(name="late"), 10.0)]


async def test_what_is_refused(queues: Queues) -> None:
    bad: Any = None
    with pytest.raises(InvalidValueError, match="a priority is a number"):
        await queues.words.apush("a", float("nan"))
    with pytest.raises(InvalidValueError, match="a priority is a number"):
        await queues.words.apush("a", bad)
    with pytest.raises(InvalidValueError):
        await queues.words.apush(bad, 1)
    with pytest.raises(PipelineError):
        async with queues.apipeline():
            await queues.words.apop()
    assert await words_of(queues) == [("a", 1.5), ("b", 2.0)]
    with pytest.raises(TypeError, match="KeepEqual"):
        TypeAdapter(Annotated[list[str], KeepEqual()])


async def test_it_lives_and_dies_with_the_document(queues: Queues) -> None:
    await queues.desk.jobs.apush(7, 1)
    await queues.aset_ttl(100)
    await queues.words.aclear()
    await queues.words.apush("new", 1)
    keys = await ask(Queues, "KEYS", "*")
    assert len(keys) == 4
    for key in keys:
        assert await ask(Queues, "PTTL", key) > 90_000
    copy = await queues.aduplicate()
    assert copy.desk.jobs == [(7, 1.0)] and copy.apart == queues.apart
    await copy.adelete()
    await Queues.adelete_by_key(queues.key)
    assert await ask(Queues, "KEYS", "*") == []
    with pytest.raises(KeyNotFound):
        await queues.words.apush("a", 1)
    assert await ask(Queues, "KEYS", "*") == []


async def test_a_save_keeps_what_others_pushed(queues: Queues) -> None:
    other = await Queues.aget(queues.key)
    await other.words.apush("theirs", 7)
    await other.apart.apush("theirs", 7)
    queues.words = [("b", 3), ("mine", 4)]
    queues.apart = [("x", 1), ("mine", 4)]
    await queues.asave()
    assert await words_of(queues) == [("b", 3.0), ("mine", 4.0), ("theirs", 7.0)]
    assert (await Queues.aget(queues.key)).apart == [("x", 1.0), ("mine", 4.0), ("theirs", 7.0)]


async def test_a_new_model_is_changed_locally(rapyer: ModuleType) -> None:
    model = Queues(words=[("c", 3)])
    model.words.push("a", 1)
    model.words.push_many([("b", 2), ("c", 0)])
    model.apart.push("x", 1)
    model.apart.push("x", 1)
    assert model.words.pop() == "c" and model.words.peek() == "a"
    assert model.words.remove("b") and not model.words.remove("b")
    assert model.words.items() == [("a", 1.0)] and model.words.size() == 1
    await model.asave()
    assert await words_of(model) == [("a", 1.0)]
    assert (await Queues.aget(model.key)).apart == [("x", 1.0), ("x", 1.0)]


async def test_a_pipeline_is_all_or_nothing(queues: Queues) -> None:
    await queues.aset_ttl(100)
    before = await Queues.aget(queues.key)
    with pytest.raises(MemberNotFoundError):
        async with queues.apipeline():
            queues.words.push("a", 50)
            queues.words.push("z", 0)
            queues.words.remove("b")
            queues.words.remove("a")
            queues.words.remove("z")
            queues.apart.clear()
            queues.apart.push("new", 1)
            queues.desk.jobs.push(1, 1)
            queues.desk = Desk(jobs=[(5, 5)])
            assert queues.words == []
            queues.tags.remove("nobody")
    assert await Queues.aget(queues.key) == before == queues
    for key in await ask(Queues, "KEYS", "*"):
        assert await ask(Queues, "PTTL", key) > 90_000
    async with queues.apipeline():
        queues.words.push("a", 50)
        queues.apart.push("y", 0)
        queues.apart.push("y", 0)
        queues.apart.remove("x")
    assert await Queues.aget(queues.key) == queues
    assert queues.apart == [("y", 0.0), ("y", 0.0), ("x", 1.0)]


async def test_applying_a_function(queues: Queues) -> None:
    def later(items: list[PriorityQueueItem[str]]) -> list[tuple[str, float]]:
        return [(value, priority + 10) for value, priority in items]

    assert await queues.words.aapply(later) == [("a", 11.5), ("b", 12.0)]
    await queues.apart.aapply(later)
    loaded = await Queues.aget(queues.key)
    assert loaded.apart == [("x", 11.0), ("x", 11.0)] and loaded.words == queues.words


async def test_handles_and_partial_loads(queues: Queues) -> None:
    handle: Any = Queues.at(queues.key)
    await handle.desk.jobs.apush(3, 2)
    await handle.words.apush("c", 1)
    assert await handle.words.apop() == "c"
    assert await handle.words.aremove("b") is True
    part = await Queues.aget(queues.key, only=["desk.jobs", "words"])
    assert part.desk.jobs == [(3, 2.0)] and part.words == [("a", 1.5)]
    part.apart = [("only", 1)]
    await part.asave()
    assert (await Queues.aget(queues.key)).apart == [("only", 1.0)]
    whole = await Queues.aget(queues.key, only=["desk"])
    assert whole.desk.jobs == [(3, 2.0)]


async def test_each_job_is_served_once(queues: Queues) -> None:
    """Many workers pop from a queue that others push to, and mark in a set what they got."""
    served: list[str] = []

    async def produce(name: str) -> None:
        queue: Any = Queues.at(queues.key).apart
        for number in range(10):
            await queue.apush(f"{name}{number}", number)

    async def work() -> None:
        handle: Any = Queues.at(queues.key)
        for _ in range(12):
            value = await handle.apart.apop()
            if value is not None:
                served.append(value)
                await handle.tags.aadd(value)

    async with task_group() as group:
        for name in "abc":
            group.start_soon(produce, name)
            group.start_soon(work)
    while (value := await queues.apart.apop()) is not None:
        served.append(value)
        await queues.tags.aadd(value)
    assert sorted(served) == sorted(["x", "x", *(f"{n}{i}" for n in "abc" for i in range(10))])
    assert await queues.tags.amembers() == set(served)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["push", "push", "pop", "remove"]),
        st.sampled_from("abcd"),
        st.sampled_from([0.0, 1.0, -1.5, 2.0, float("inf")]),
    ),
    max_size=15,
)


@law
@given(steps=STEPS)
async def test_it_serves_as_python_would(
    rapyer: ModuleType, steps: list[tuple[str, str, float]]
) -> None:
    """Once with every value there once, ordered by its text, once with equal ones kept apart."""
    model = await Queues().asave()
    once: dict[str, float] = {}
    apart: list[tuple[float, int, str]] = []
    for number, (name, value, priority) in enumerate(steps):
        if name == "push":
            await model.words.apush(value, priority)
            await model.apart.apush(value, priority)
            once[value] = priority
            apart.append((priority, number, value))
        elif name == "pop":
            first = min(once.items(), key=lambda item: (item[1], item[0]), default=(None, 0.0))[0]
            assert await model.words.apop() == first
            if first is not None:
                del once[first]
            apart.sort()
            assert await model.apart.apop() == (apart.pop(0)[2] if apart else None)
        else:
            assert await model.words.aremove(value) is (value in once)
            once.pop(value, None)
            same = sorted(entry for entry in apart if entry[2] == value)
            assert await model.apart.aremove(value) is bool(same)
            if same:
                apart.remove(same[0])
        assert model.words == sorted(once.items(), key=lambda item: (item[1], item[0]))
        assert model.apart == [(value, priority) for priority, _, value in sorted(apart)]
    assert await Queues.aget(model.key) == model
