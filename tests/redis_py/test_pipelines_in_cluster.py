"""Pipelines in a cluster: one slot for all-or-nothing, any number of slots otherwise."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import redis
import redis.asyncio as waiting

import rapyer_async
import rapyer_sync
from rapyer_core.errors import CrossSlotError, NumberRangeError, RapyerError
from rapyer_core.keys import slot_of
from tools.redis_server import RunningServer


class Entry(rapyer_async.AtomicRedisModel):
    name: rapyer_async.Key[str]
    count: rapyer_async.RedisInt = rapyer_async.Field(0)
    full: rapyer_async.RedisInt = rapyer_async.Field(100, le=100)
    ratio: float = 5.087395686263243e-8
    counts: rapyer_async.RedisDict[str, int] = rapyer_async.Field(
        default_factory=lambda: {"a\\b": 1}
    )


class BlockingEntry(rapyer_sync.AtomicRedisModel):
    Meta = rapyer_sync.RedisConfig(key_prefix="Entry")

    name: rapyer_sync.Key[str]
    count: rapyer_sync.RedisInt = rapyer_sync.Field(0)


async def counts(client: Any, entries: list[Any]) -> list[Any]:
    return [await client.execute_command("JSON.GET", entry.key, "$.count") for entry in entries]


async def test_several_slots_are_refused_before_sending(
    empty_cluster: list[RunningServer],
) -> None:
    client: Any = waiting.RedisCluster.from_url(empty_cluster[0].url)
    await rapyer_async.init_rapyer(client)
    entries = [await Entry(name=name).asave() for name in ("a", "b", "c")]
    assert len({slot_of(entry.key) for entry in entries}) == 3
    with pytest.raises(CrossSlotError) as caught:
        async with rapyer_async.apipeline():
            for entry in entries:
                entry.count += 1
    assert all(entry.key in str(caught.value) for entry in entries)
    assert caught.value.actual == sorted(entry.key for entry in entries)
    assert await counts(client, entries) == [b"[0]"] * 3
    assert [entry.count for entry in entries] == [0, 0, 0]
    await rapyer_async.teardown_rapyer()
    await client.aclose()


async def test_without_atomicity_each_slot_is_a_step_of_its_own(
    empty_cluster: list[RunningServer],
) -> None:
    client: Any = waiting.RedisCluster.from_url(empty_cluster[0].url)
    await rapyer_async.init_rapyer(client)
    entries = [await Entry(name=str(number)).asave() for number in range(20)]
    with pytest.raises(NumberRangeError):
        async with rapyer_async.apipeline(all_or_nothing=False):
            for entry in entries:
                entry.count += 1
            entries[7].full += 1
            for entry in entries:
                entry.count *= 5
    assert await counts(client, entries) == [b"[5]"] * 20
    assert [entry.count for entry in entries] == [5] * 20
    await rapyer_async.teardown_rapyer()
    await client.aclose()


@pytest.mark.parametrize("names", [["{x}a", "{x}b"], ["a", "a"]])
async def test_one_slot_is_all_or_nothing(
    empty_cluster: list[RunningServer], names: list[str]
) -> None:
    client: Any = waiting.RedisCluster.from_url(empty_cluster[0].url)
    await rapyer_async.init_rapyer(client)
    first, second = [await Entry(name=name).asave() for name in names]
    async with rapyer_async.apipeline():
        first.counts["a\\b"] += 1
        second.counts["c"] = 5
        first.ratio += 1
    assert (await Entry.aget(first.key)).counts["a\\b"] == 2
    before = await client.execute_command("JSON.GET", first.key)
    with pytest.raises(RapyerError):
        async with rapyer_async.apipeline():
            first.counts["a\\b"] += 1
            first.ratio += 1
            await first.adelete()
            await second.asave(force=True)
            second.full += 1
    assert await client.execute_command("JSON.GET", first.key) == before
    everything = await client.keys(target_nodes="primaries")
    assert {key.decode() for key in everything} == {first.key, second.key}
    await rapyer_async.teardown_rapyer()
    await client.aclose()


async def test_the_blocking_package_refuses_the_same(empty_cluster: list[RunningServer]) -> None:
    def block() -> None:
        client: Any = redis.RedisCluster.from_url(empty_cluster[0].url)
        rapyer_sync.init_rapyer(client)
        entries = [BlockingEntry(name=name).save() for name in ("a", "b")]
        with pytest.raises(CrossSlotError), rapyer_sync.pipeline():
            for entry in entries:
                entry.count += 1
        with rapyer_sync.pipeline(all_or_nothing=False):
            for entry in entries:
                entry.count += 1
        assert [BlockingEntry.get(entry.key).count for entry in entries] == [1, 1]
        rapyer_sync.teardown_rapyer()
        client.close()

    await asyncio.to_thread(block)
