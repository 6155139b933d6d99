"""Clients of redis.asyncio that users hand over: any options, no write twice, left as they were."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import fakeredis
import pytest
import redis
import redis.asyncio as waiting
from redis.backoff import NoBackoff
from redis.retry import Retry

from rapyer_async.drivers.opening import open_driver
from rapyer_async.drivers.protocol import Driver
from rapyer_core.commands import Command
from rapyer_core.errors import (
    AuthenticationFailedError,
    ConnectionFailedError,
    LimitExceededError,
    OutcomeUnknownError,
    ReplyTimeoutError,
    UnsupportedArgumentTypeError,
)
from tests.faults.proxy import Proxy
from tests.twin.driver_contract import CONTRACT
from tools.redis_server import RunningServer

INCREASE = Command(("INCR", "count"))
READ = Command(("GET", "count"), repeatable=True)


def _used_for_json(url: str) -> Any:
    client = waiting.Redis.from_url(url)
    client.json()  # adds callbacks to the client
    return client


def _blocking_pool(url: str) -> Any:
    pool = waiting.BlockingConnectionPool.from_url(url, max_connections=5)
    return waiting.Redis.from_pool(pool)


CLIENTS: dict[str, Callable[[str], Any]] = {
    "plain": waiting.Redis.from_url,
    "decoding": lambda url: waiting.Redis.from_url(url, decode_responses=True),
    "RESP2": lambda url: waiting.Redis.from_url(url, protocol=2),
    "RESP3": lambda url: waiting.Redis.from_url(url, protocol=3),
    "decoding RESP3": lambda url: waiting.Redis.from_url(url, protocol=3, decode_responses=True),
    "latin-1": lambda url: waiting.Redis.from_url(url, encoding="latin-1", decode_responses=True),
    "one connection": lambda url: waiting.Redis.from_url(url, max_connections=1),
    "blocking pool": _blocking_pool,
    "used for json": _used_for_json,
    "fakeredis": lambda url: fakeredis.FakeAsyncRedis(),
    "decoding fakeredis": lambda url: fakeredis.FakeAsyncRedis(decode_responses=True),
}


@pytest.fixture(params=CLIENTS)
async def driver(request: pytest.FixtureRequest, server_url: str) -> AsyncIterator[Driver]:
    client = CLIENTS[request.param](server_url)
    yield open_driver(client)
    await client.aclose()


@pytest.mark.parametrize("holds", CONTRACT, ids=lambda holds: holds.__name__)
async def test_the_contract_holds(driver: Driver, holds: Callable[[Driver], Any]) -> None:
    await holds(driver)


@pytest.mark.parametrize("holds", CONTRACT, ids=lambda holds: holds.__name__)
@pytest.mark.parametrize("options", [{}, {"decode_responses": True}], ids=["plain", "decoding"])
async def test_the_contract_holds_for_a_cluster(
    empty_cluster: list[RunningServer], holds: Callable[[Driver], Any], options: dict[str, Any]
) -> None:
    client: Any = waiting.RedisCluster.from_url(empty_cluster[0].url, **options)
    await holds(open_driver(client))
    await client.aclose()


async def test_a_client_is_left_as_it_was(server_url: str) -> None:
    client = waiting.Redis.from_url(server_url, decode_responses=True)
    callbacks = dict(client.response_callbacks)
    driver = open_driver(client)
    await driver.execute(Command(("SET", "text", "é")))
    await driver.aclose()
    assert dict(client.response_callbacks) == callbacks
    assert await client.get("text") == "é"
    await client.aclose()


async def test_a_write_whose_reply_is_lost_runs_once(proxy: Proxy, server_url: str) -> None:
    retry: Any = Retry(NoBackoff(), 5)
    client = waiting.Redis.from_url(
        proxy.url, retry=retry, retry_on_error=[redis.ConnectionError, redis.TimeoutError]
    )
    driver = open_driver(client)
    await driver.execute(Command(("PING",)))
    proxy.cut_replies_after(0)
    with pytest.raises(OutcomeUnknownError) as caught:
        await driver.execute(INCREASE)
    assert isinstance(caught.value.__cause__, redis.ConnectionError)
    assert await driver.execute(READ) == b"1"
    proxy.cut_replies_after(0)
    with pytest.raises(OutcomeUnknownError):
        await driver.execute_many([READ, INCREASE])
    assert await driver.execute(READ) == b"2"
    await client.aclose()


async def test_a_read_whose_reply_is_lost_is_asked_again(proxy: Proxy) -> None:
    client = waiting.Redis.from_url(proxy.url)
    driver = open_driver(client)
    await driver.execute(INCREASE)
    proxy.cut_replies_after(2)
    assert await driver.execute(READ) == b"1"
    proxy.cut_replies_after(6)
    assert await driver.execute_many([READ, READ]) == [b"1", b"1"]
    await client.aclose()


async def test_a_connection_that_the_server_closed_is_noticed_before_writing(proxy: Proxy) -> None:
    client = waiting.Redis.from_url(proxy.url)
    driver = open_driver(client)
    for expected in range(1, 20):
        assert await driver.execute(INCREASE) == expected
        proxy.break_all()
        await asyncio.sleep(0.02)
    await client.aclose()


async def test_a_reply_that_does_not_come_in_time(proxy: Proxy) -> None:
    client = waiting.Redis.from_url(proxy.url, socket_timeout=0.15, retry=Retry(NoBackoff(), 0))
    driver = open_driver(client)
    await driver.execute(Command(("SET", "count", "5")))
    proxy.pause()
    with pytest.raises(OutcomeUnknownError):
        await driver.execute(INCREASE)
    proxy.resume()
    proxy.break_all()
    assert await driver.execute(Command(("ECHO", "mine"))) == b"mine"
    await client.aclose()


async def test_a_read_without_a_reply_in_time_says_so(proxy: Proxy) -> None:
    client = waiting.Redis.from_url(
        proxy.url, socket_timeout=0.1, socket_connect_timeout=5, retry=Retry(NoBackoff(), 0)
    )
    driver = open_driver(client)
    slow = Command(("BLPOP", "nothing", 30), repeatable=True)
    with pytest.raises(ReplyTimeoutError):
        await driver.execute(slow)
    await client.aclose()


async def test_a_cancelled_call_leaves_no_reply_behind(proxy: Proxy) -> None:
    client = waiting.Redis.from_url(proxy.url)
    driver = open_driver(client)
    cancelled = 0
    for number in range(30):
        proxy.pause()
        call = asyncio.ensure_future(driver.execute(Command(("ECHO", f"old {number}"))))
        await asyncio.sleep(0.002 * (number % 4))
        call.cancel()
        proxy.resume()
        (outcome,) = await asyncio.gather(call, return_exceptions=True)
        cancelled += isinstance(outcome, asyncio.CancelledError)
        assert await driver.execute(Command(("ECHO", f"new {number}"))) == f"new {number}".encode()
    assert cancelled >= 5
    await client.aclose()


async def test_ten_thousand_at_once_use_few_connections(server_url: str) -> None:
    client = waiting.Redis.from_url(server_url)
    driver = open_driver(client)
    await asyncio.gather(*(driver.execute(INCREASE) for _ in range(10_000)))
    assert await driver.execute(READ) == b"10000"
    reply = await driver.execute(Command(("CLIENT", "LIST")))
    assert isinstance(reply, bytes)
    assert reply.count(b"cmd=incr") <= 50
    await client.aclose()


async def test_an_exhausted_pool_is_waited_for(
    server_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = waiting.Redis.from_url(server_url, max_connections=1)
    driver = open_driver(client)
    users_own = asyncio.ensure_future(client.blpop(["nothing"], timeout=1))
    await asyncio.sleep(0.1)
    assert await driver.execute(INCREASE) == 1
    await users_own
    monkeypatch.setattr("rapyer_async.drivers.redis_py.POOL_WAIT", 0.1)
    users_own = asyncio.ensure_future(client.blpop(["nothing"], timeout=1))
    await asyncio.sleep(0.1)
    with pytest.raises(LimitExceededError, match="max_connections=1"):
        await driver.execute(INCREASE)
    await users_own
    assert await driver.execute(READ) == b"1"
    await client.aclose()


async def test_what_cannot_be_reached_is_named_without_a_password() -> None:
    client = waiting.Redis.from_url("redis://user:secret@127.0.0.1:1/3")
    with pytest.raises(ConnectionFailedError, match=r"127\.0\.0\.1:1/3") as caught:
        await open_driver(client).execute(INCREASE)
    assert "secret" not in str(caught.value)
    await client.aclose()


@pytest.mark.parametrize("secret", ["", ":wrong@"])
async def test_a_refused_password_says_so(locked_server: RunningServer, secret: str) -> None:
    client = waiting.Redis.from_url(f"redis://{secret}127.0.0.1:{locked_server.port}")
    with pytest.raises(AuthenticationFailedError) as caught:
        await open_driver(client).execute(INCREASE)
    assert "wrong@" not in str(caught.value)
    await client.aclose()


@pytest.mark.parametrize("client", [redis.Redis(), fakeredis.FakeRedis()], ids=["redis", "fake"])
async def test_a_blocking_client_is_refused(client: Any) -> None:
    with pytest.raises(UnsupportedArgumentTypeError, match="rapyer_sync"):
        open_driver(client)


async def test_a_cluster_is_followed_when_slots_move(empty_cluster: list[RunningServer]) -> None:
    client: Any = waiting.RedisCluster.from_url(empty_cluster[0].url)
    driver = open_driver(client)
    assert await driver.execute(INCREASE) == 1
    slot = client.keyslot("count")
    owner = client.nodes_manager.get_node_from_slot(slot).port
    source = next(server for server in empty_cluster if server.port == owner)
    target = next(server for server in empty_cluster if server.port != owner)
    here, there = source.client(), target.client()
    there.execute_command(
        "CLUSTER SETSLOT", slot, "IMPORTING", here.execute_command("CLUSTER MYID")
    )
    here.execute_command(
        "CLUSTER SETSLOT", slot, "MIGRATING", there.execute_command("CLUSTER MYID")
    )
    here.execute_command("MIGRATE", "127.0.0.1", target.port, "count", 0, 5000)
    assert await driver.execute(INCREASE) == 2  # ASK
    for server in (here, there):
        server.execute_command(
            "CLUSTER SETSLOT", slot, "NODE", there.execute_command("CLUSTER MYID")
        )
    assert await driver.execute(INCREASE) == 3  # MOVED
    assert there.get("count") == b"3"
    await client.aclose()


async def test_one_scan_goes_over_all_nodes_of_a_cluster(
    empty_cluster: list[RunningServer],
) -> None:
    client: Any = waiting.RedisCluster.from_url(empty_cluster[0].url)
    driver = open_driver(client)
    names = {f"key-{number}".encode() for number in range(200)}
    await driver.execute_many([Command(("SET", name, "x")) for name in sorted(names)])
    found: list[Any] = []
    cursor: Any = b"0"
    while found == [] or cursor != b"0":
        reply: Any = await driver.execute(Command(("SCAN", cursor, "COUNT", 7), True))
        cursor = reply[0]
        found += reply[1]
    assert set(found) == names
    await client.aclose()
