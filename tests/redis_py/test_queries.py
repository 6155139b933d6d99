"""Queries over clients that users hand over: RESP2 and RESP3, decoding or not, and a cluster."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import redis.asyncio as waiting
from redis.asyncio.cluster import RedisCluster

from rapyer_async import (
    AtomicRedisModel,
    Count,
    Field,
    Index,
    RedisInt,
    change,
    init_rapyer,
    isolated_models,
    teardown_rapyer,
)
from rapyer_core.errors import IndexIncompleteError, IndexUnavailableError
from rapyer_core.finding import commands
from tools.redis_server import RunningServer

CLIENTS: dict[str, Callable[[str], Any]] = {
    "RESP2": lambda url: waiting.Redis.from_url(url, protocol=2),
    "RESP3": lambda url: waiting.Redis.from_url(url, protocol=3),
    "decoding RESP3": lambda url: waiting.Redis.from_url(url, protocol=3, decode_responses=True),
}


@pytest.fixture
async def models() -> AsyncIterator[None]:
    """No model classes but those of the test, and no client afterwards."""
    with isolated_models():
        yield
        await teardown_rapyer()


def defined() -> Any:
    class Thing(AtomicRedisModel):
        name: Index[str]
        size: Index[int]
        place: Index[str | None] = Field(None)
        count: RedisInt = Field(0)

    return Thing


async def use(thing: Any) -> None:
    """Ask everything once."""
    await thing.ainsert(*(thing(name=f"n{i % 5}", size=i) for i in range(60)))
    query = thing.where(thing.size >= 30, thing.name != "n3")
    assert await query.acount() == 24 and await query.aexists()
    assert len(await query.aall()) == 24
    assert [each.size for each in await query.sort(-thing.size).limit(3).aall()] == [59, 57, 56]
    assert len([each async for each in query]) == 24
    page = await query.sort(thing.size).apage(20)
    assert len(page.items) == 20 and page.cursor is not None
    assert len((await query.sort(thing.size).apage(20, after=page.cursor)).items) == 4
    rows = await query.aaggregate(thing.name, n=Count())
    assert {row["name"]: row["n"] for row in rows} == {"n0": 6, "n1": 6, "n2": 6, "n4": 6}
    assert (await query.aupdate(count=change.increase(2), name="new")).changed == 24
    assert await thing.where(thing.name == "new").acount() == 24
    assert (await thing.where(thing.name == "new", thing.size > 50).adelete()).changed == 7
    assert len(await thing.afind()) == 53


@pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)
async def test_queries(server_url: str, client: Any, models: None) -> None:
    own = client(server_url)
    thing = defined()
    await init_rapyer(own)
    await use(thing)
    await own.aclose()


async def test_what_is_said_of_an_index_is_the_same_by_both_protocols(
    server_url: str, models: None
) -> None:
    thing, infos = defined(), list[Any]()
    for name in ("RESP2", "RESP3"):
        own = CLIENTS[name](server_url)
        await init_rapyer(own)
        infos.append(await thing.aindex_info())
        await own.aclose()
    assert infos[0] == infos[1] and infos[0].is_current


def test_a_part_of_an_answer_is_an_error() -> None:
    answer: list[Any] = [b"attributes", [], b"total_results", 0, b"format", b"STRING"]
    answer += [b"results", [], b"warning", [b"Timeout limit was reached"]]
    with pytest.raises(IndexIncompleteError, match="Timeout"):
        commands.search_answer(answer)
    with pytest.raises(IndexIncompleteError, match="Timeout"):
        commands.keys_of_cursor([answer, 0])


async def test_queries_in_a_cluster(
    empty_cluster: list[RunningServer], models: None, caplog: pytest.LogCaptureFixture
) -> None:
    own: Any = RedisCluster.from_url(empty_cluster[0].url)
    thing = defined()
    with caplog.at_level(logging.WARNING, "rapyer"):
        await init_rapyer(own)
        await use(thing)
    assert sum("searches its own keys" in each.getMessage() for each in caplog.records) == 1
    with pytest.raises(IndexUnavailableError, match="cluster"):
        await thing.where(thing.size > 3).require_index().acount()
    await own.aclose()
