"""Fields beside the document, capped lists, and fields that ask for something."""

from __future__ import annotations

from typing import Annotated

from pydantic import SecretStr
from typing_extensions import assert_type

from rapyer_async import (
    AtomicRedisModel,
    Capped,
    CascadeTTL,
    Expression,
    FailedField,
    Field,
    Index,
    KeepEqual,
    Pickled,
    PriorityQueueItem,
    RedisConfig,
    RedisDict,
    RedisInt,
    RedisList,
    RedisPriorityQueue,
    RedisSet,
    RedisStr,
    Reference,
    SafeLoad,
    StoredSecret,
    set_pickle_keys,
)


class Shape:
    """What has no JSON."""


class Owner(AtomicRedisModel):
    name: RedisStr = Field("")


class Part(AtomicRedisModel):
    tags: RedisSet[str] = Field(default_factory=set)


class Special(AtomicRedisModel):
    Meta = RedisConfig(allow_pickle=[Shape], safe_load_all=True, ttl=60)

    tags: RedisSet[str] = Field(default_factory=set)
    numbers: RedisSet[int] = Field(default_factory=set)
    queue: RedisPriorityQueue[str] = Field(default_factory=list)
    doubled: Annotated[RedisPriorityQueue[int], KeepEqual()] = Field(default_factory=list)
    recent: Annotated[RedisList[str], Capped(10)] = Field(default_factory=list)
    clicks: Annotated[list[str], Capped(10)] = Field(default_factory=list)
    part: Part = Field(default_factory=Part)
    shape: Annotated[Shape, Pickled()]
    shapes: list[Annotated[Shape, Pickled(allow=[Shape])]] = Field(default_factory=list)
    level: SafeLoad[int] = Field(0)
    title: SafeLoad[str] = Field("")
    names: SafeLoad[list[str]] = Field(default_factory=list)
    sizes: SafeLoad[dict[str, int]] = Field(default_factory=dict)
    odd: SafeLoad[Shape] = Field(default_factory=Shape)
    owner: Annotated[Reference[Owner], CascadeTTL()]
    secret: Annotated[SecretStr, StoredSecret()] = Field(SecretStr(""))
    listed: Index[int] = Field(0)


async def constructors_and_assignments(shape: Shape, owner: Owner) -> None:
    special = Special(
        tags={"a"},
        queue=[("a", 1.0)],
        recent=["a"],
        shape=shape,
        shapes=[shape],
        level=1,
        title="t",
        names=["n"],
        sizes={"a": 1},
        owner=owner,
    )
    special.tags = {"b"}
    special.queue = [("b", 2.0)]
    special.level = 2
    special.names = ["m"]
    special.shape = shape
    special.odd = shape
    special.owner = owner
    special.owner = "Owner:a"
    special.tags |= {"c"}
    special.recent += ["x"]
    set_pickle_keys("a secret of sixteen", b"an older one of sixteen")


async def reads(special: Special) -> None:
    assert_type(special.tags, RedisSet[str])
    assert_type(special.numbers, RedisSet[int])
    assert_type(special.part.tags, RedisSet[str])
    assert_type(special.queue, RedisPriorityQueue[str])
    assert_type(special.doubled, RedisPriorityQueue[int])
    assert_type(special.recent, RedisList[str])
    assert_type(special.clicks, list[str])
    assert_type(special.shape, Shape)
    assert_type(special.shapes, list[Shape])
    assert_type(special.level, RedisInt | None)
    assert_type(special.title, RedisStr | None)
    assert_type(special.names, RedisList[str] | None)
    assert_type(special.sizes, RedisDict[str, int] | None)
    assert_type(special.odd, Shape | None)
    assert_type(special.owner, Reference[Owner])
    assert_type(special.secret, SecretStr)
    assert_type(special.listed, RedisInt)
    plain: set[str] = special.tags
    for tag in special.tags:
        assert_type(tag, str)
    assert plain


def expressions() -> None:
    assert_type(Special.tags, Expression[set[str]])
    assert_type(Special.level, Expression[int])
    assert_type(Special.names, Expression[list[str]])
    assert_type(Special.recent, Expression[list[str]])
    assert_type(Special.listed, Expression[int])


async def sets(special: Special) -> None:
    assert_type(await special.tags.aadd("a"), bool)
    assert_type(await special.tags.aadd_many(["a"]), int)
    assert_type(await special.tags.adiscard("a"), bool)
    assert_type(await special.tags.aremove("a"), RedisSet[str])
    assert_type(await special.tags.apop(), str)
    assert_type(await special.tags.apop(None), str | None)
    assert_type(await special.tags.acontains("a"), bool)
    assert_type(await special.tags.amembers(), set[str])
    assert_type(await special.tags.aunion(special.part.tags, {"b"}), set[str])
    assert_type(await special.tags.aintersect(special.part.tags), set[str])
    assert_type(await special.tags.adifference(["a"]), set[str])
    assert_type(await special.tags.asize(), int)
    assert_type(await special.tags.aclear(), RedisSet[str])
    assert_type(await special.tags.aset({"a"}), RedisSet[str])


async def queues(special: Special) -> None:
    assert_type(await special.queue.apush("a", 1), RedisPriorityQueue[str])
    assert_type(await special.queue.apush_many([("a", 1)]), RedisPriorityQueue[str])
    assert_type(await special.queue.apop(), str | None)
    assert_type(await special.queue.apeek(), str | None)
    assert_type(await special.queue.aitems(), list[PriorityQueueItem[str]])
    assert_type(await special.queue.asize(), int)
    assert_type(await special.queue.aremove("a"), bool)
    assert_type(await special.queue.aclear(), RedisPriorityQueue[str])


async def capped(special: Special) -> None:
    assert_type(await special.recent.aappend("a"), RedisList[str])


async def safe_loads(special: Special) -> None:
    assert_type(special.failed_fields, dict[str, FailedField])
    assert_type(await special.aretry_failed(), dict[str, FailedField])
    if special.level is not None:
        assert_type(await special.level.aincrease(), RedisInt)
    for name, failed in special.failed_fields.items():
        assert_type(name, str)
        assert_type(failed.error.key, str | None)
