"""Relations in a cluster: targets are in other slots than what refers to them."""

from __future__ import annotations

from typing import Annotated, Any

import redis.asyncio as waiting

import rapyer_async
from rapyer_async import CascadeResult, CascadeTTL, Field, RedisConfig, RedisSet, Reference
from rapyer_core.keys import slot_of
from tools.redis_server import RunningServer


class ClusterPainter(rapyer_async.AtomicRedisModel):
    Meta = RedisConfig(ttl=500)

    name: rapyer_async.Key[str]
    tags: RedisSet[str] = Field(default_factory=set)


class ClusterVisitor(rapyer_async.AtomicRedisModel):
    name: rapyer_async.Key[str]


class ClusterGallery(rapyer_async.AtomicRedisModel):
    Meta = RedisConfig(ttl=300)

    name: rapyer_async.Key[str]
    painters: Annotated[list[Reference[ClusterPainter]], CascadeTTL()] = Field(default_factory=list)
    visitors: dict[str, Reference[ClusterVisitor]] = Field(default_factory=dict)
    partner: Reference["ClusterGallery"] | None = None  # noqa: UP037


async def test_fetching_and_lifetimes_over_several_slots(
    empty_cluster: list[RunningServer],
) -> None:
    client: Any = waiting.RedisCluster.from_url(empty_cluster[0].url)
    await rapyer_async.init_rapyer(client)
    painters = [await ClusterPainter(name=name, tags={name}).asave() for name in "abcdef"]
    other = await ClusterGallery(name="other").asave()
    visitors = {name: await ClusterVisitor(name=name).asave() for name in "uvwxyz"}
    gallery = ClusterGallery(name="own", painters=painters, partner=other, visitors=visitors)
    await gallery.asave()
    keys = [gallery.key, other.key, *(painter.key for painter in painters)]
    assert len({slot_of(key) for key in keys}) == len(keys)

    loaded = await ClusterGallery.aget("own", fetch=["painters", "partner", "visitors"])
    assert [painter.name for painter in loaded.painters] == list("abcdef")
    assert [painter.tags for painter in loaded.painters] == [{name} for name in "abcdef"]
    assert loaded.partner.value == other
    assert {name: visitor.name for name, visitor in loaded.visitors.items()} == {
        name: name for name in visitors
    }

    for key in await client.keys("*", target_nodes=waiting.RedisCluster.ALL_NODES):
        await client.expire(key, 10)
    await gallery.refresh_ttl()
    left = [await client.ttl(key) for key in keys]
    assert [-(-seconds // 100) * 100 for seconds in left] == [300, 100, *[500] * 6]
    beside = await client.keys("__rapyer_special__*", target_nodes=waiting.RedisCluster.ALL_NODES)
    assert len(beside) == 6
    assert {-(-await client.ttl(key) // 100) * 100 for key in beside} == {500}

    await painters[0].adelete()
    result = await gallery.aset_ttl(900, cascade=True)
    assert result == CascadeResult(refreshed=12, dangling_children=1, dangling_special=0)
    await rapyer_async.teardown_rapyer()
    await client.aclose()
