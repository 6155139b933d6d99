"""Sets, queues and capped lists: what a constructor takes, what is read, what the methods give."""

from __future__ import annotations

from typing import Annotated

import pydantic
from typing_extensions import assert_type

from rapyer_async import (
    AtomicRedisModel,
    Capped,
    Expression,
    Field,
    KeepEqual,
    PriorityQueueItem,
    RedisInt,
    RedisList,
    RedisPriorityQueue,
    RedisSet,
)


class Profile(pydantic.BaseModel):
    badges: RedisSet[str] = Field(default_factory=set)


class Worker(AtomicRedisModel):
    tags: RedisSet[str] = Field(default_factory=set)
    numbers: RedisSet[int]
    jobs: RedisPriorityQueue[str] = Field(default_factory=list)
    calls: Annotated[RedisPriorityQueue[int], KeepEqual()] = Field(default_factory=list)
    clicks: Annotated[RedisList[int], Capped(3)] = Field(default_factory=list)
    profile: Profile = Field(default_factory=Profile)


def constructors(worker: Worker) -> None:
    Worker(numbers={1, 2})
    Worker(numbers=worker.numbers, tags={"a"}, jobs=[("a", 1), PriorityQueueItem("b", 2.5)])
    Worker(numbers=set(), calls=[(1, 1)], clicks=[1, 2], jobs=worker.jobs)


def reads(worker: Worker) -> None:
    assert_type(worker.tags, RedisSet[str])
    assert_type(worker.profile.badges, RedisSet[str])
    assert_type(Worker.tags, Expression[set[str]])
    assert_type(worker.jobs, RedisPriorityQueue[str])
    assert_type(worker.jobs[0], PriorityQueueItem[str])
    assert_type(worker.jobs[0].priority, float)
    assert_type(worker.clicks[0], RedisInt)
    assert_type(worker.tags.special_key, str)
    assert_type(worker.tags | {"a"}, set[str])


def assignments(worker: Worker) -> None:
    worker.tags = {"a"}
    worker.tags = worker.tags | {"b"}
    worker.jobs = [("a", 1)]
    worker.clicks = [1]


async def sets(worker: Worker) -> None:
    assert_type(await worker.tags.aadd("a"), bool)
    assert_type(await worker.tags.aadd_many(["a"]), int)
    assert_type(await worker.tags.adiscard("a"), bool)
    assert_type(await worker.tags.aremove("a"), RedisSet[str])
    assert_type(await worker.tags.apop(), str)
    assert_type(await worker.tags.apop(None), str | None)
    assert_type(await worker.tags.acontains("a"), bool)
    assert_type(await worker.tags.amembers(), set[str])
    assert_type(await worker.tags.asize(), int)
    assert_type(await worker.tags.aunion(worker.profile.badges, ["a"]), set[str])
    assert_type(await worker.tags.aintersect(worker.numbers), set[str])
    assert_type(await worker.tags.aset({"a"}), RedisSet[str])
    assert_type(await worker.tags.aapply(lambda members: members | {"a"}), RedisSet[str])


async def queues(worker: Worker) -> None:
    assert_type(await worker.jobs.apush("a", 1), RedisPriorityQueue[str])
    assert_type(await worker.jobs.apush_many([("a", 1.5)]), RedisPriorityQueue[str])
    assert_type(await worker.jobs.apop(), str | None)
    assert_type(await worker.jobs.apeek(), str | None)
    assert_type(await worker.jobs.aitems(), list[PriorityQueueItem[str]])
    assert_type(await worker.jobs.aremove("a"), bool)
    assert_type(await worker.calls.apop(), int | None)
    await worker.jobs.aset([("a", 1)])
    await worker.jobs.aapply(lambda items: [(item.value, 0) for item in items])
