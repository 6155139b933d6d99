"""Sets and queues in a cluster: their keys are in the slot of their document."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import redis.asyncio as waiting

import rapyer_async
from rapyer_core.errors import CrossSlotError, MemberNotFoundError
from rapyer_core.keys import slot_of
from tools.redis_server import RunningServer


class ShardedTags(rapyer_async.AtomicRedisModel):
    name: rapyer_async.Key[str]
    tags: rapyer_async.RedisSet[str] = rapyer_async.Field(default_factory=set)
    jobs: rapyer_async.RedisPriorityQueue[str] = rapyer_async.Field(default_factory=list)


@pytest.fixture
async def client(empty_cluster: list[RunningServer]) -> AsyncIterator[Any]:
    client: Any = waiting.RedisCluster.from_url(empty_cluster[0].url)
    await rapyer_async.init_rapyer(client)
    yield client
    await rapyer_async.teardown_rapyer()
    await client.aclose()


async def test_each_document_has_its_own_beside_it(client: Any) -> None:
    models = [
        await ShardedTags(name=name, tags={name}, jobs=[(name, 1)]).asave()
        for name in ("a", "b", "c", "{x}d")
    ]
    for model in models:
        assert slot_of(model.tags.special_key) == slot_of(model.key)
        await model.tags.aadd("more")
        loaded = await ShardedTags.aget(model.key)
        assert loaded == model and loaded.tags == {model.name, "more"}
        with pytest.raises(MemberNotFoundError):
            async with model.apipeline():
                model.jobs.clear()
                model.tags.remove("nobody")
        assert await model.jobs.apop() == model.name
    assert {model.name for model in await ShardedTags.afind()} == {m.name for m in models}
    await ShardedTags.adelete_many(*models)
    assert await client.execute_command("KEYS", "*", target_nodes="primaries") in ([], {})


async def test_sets_of_several_slots_are_not_combined(client: Any) -> None:
    first = await ShardedTags(name="a", tags={"x", "y"}).asave()
    other = await ShardedTags(name="b", tags={"y"}).asave()
    near = await ShardedTags(name="{ShardedTags:a}", tags={"y", "z"}).asave()
    with pytest.raises(CrossSlotError, match=r"common \{hash tag\}"):
        await first.tags.aunion(other.tags)
    assert await first.tags.aunion(await other.tags.amembers()) == {"x", "y"}
    assert slot_of(near.key) == slot_of(first.key)
    assert await first.tags.aintersect(near.tags) == {"y"}
