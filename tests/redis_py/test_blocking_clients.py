"""Blocking clients that users hand over: any options, no write twice, left as they were."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import fakeredis
import pytest
import redis
import redis.asyncio
from redis.backoff import NoBackoff
from redis.retry import Retry

from rapyer_core.commands import Command
from rapyer_core.errors import (
    AuthenticationFailedError,
    ConnectionFailedError,
    OutcomeUnknownError,
    ReplyTimeoutError,
    UnsupportedArgumentTypeError,
)
from rapyer_sync.drivers.opening import open_driver
from rapyer_sync.drivers.protocol import Driver
from tests.faults.proxy import Proxy
from tests.twin_sync.driver_contract import CONTRACT
from tools.redis_server import RunningServer

INCREASE = Command(("INCR", "count"))
READ = Command(("GET", "count"), repeatable=True)


def _used_for_json(url: str) -> Any:
    client = redis.Redis.from_url(url)
    client.json()  # adds callbacks to the client
    return client


def _blocking_pool(url: str) -> Any:
    return redis.Redis.from_pool(redis.BlockingConnectionPool.from_url(url, max_connections=5))


CLIENTS: dict[str, Callable[[str], Any]] = {
    "plain": redis.Redis.from_url,
    "decoding": lambda url: redis.Redis.from_url(url, decode_responses=True),
    "RESP2": lambda url: redis.Redis.from_url(url, protocol=2),
    "RESP3": lambda url: redis.Redis.from_url(url, protocol=3),
    "decoding RESP3": lambda url: redis.Redis.from_url(url, protocol=3, decode_responses=True),
    "latin-1": lambda url: redis.Redis.from_url(url, encoding="latin-1", decode_responses=True),
    "one connection": lambda url: redis.Redis.from_url(url, max_connections=1),
    "blocking pool": _blocking_pool,
    "used for json": _used_for_json,
    "fakeredis": lambda url: fakeredis.FakeRedis(),
    "decoding fakeredis": lambda url: fakeredis.FakeRedis(decode_responses=True),
}


@pytest.fixture(params=CLIENTS)
def driver(request: pytest.FixtureRequest, server_url: str) -> Iterator[Driver]:
    client = CLIENTS[request.param](server_url)
    yield open_driver(client)
    client.close()


@pytest.mark.parametrize("holds", CONTRACT, ids=lambda holds: holds.__name__)
def test_the_contract_holds(driver: Driver, holds: Callable[[Driver], Any]) -> None:
    holds(driver)


@pytest.mark.parametrize("holds", CONTRACT, ids=lambda holds: holds.__name__)
@pytest.mark.parametrize("options", [{}, {"decode_responses": True}], ids=["plain", "decoding"])
def test_the_contract_holds_for_a_cluster(
    empty_cluster: list[RunningServer], holds: Callable[[Driver], Any], options: dict[str, Any]
) -> None:
    client: Any = redis.RedisCluster.from_url(empty_cluster[0].url, **options)
    holds(open_driver(client))
    client.close()


def test_a_client_is_left_as_it_was(server_url: str) -> None:
    client = redis.Redis.from_url(server_url, decode_responses=True)
    callbacks = dict(client.response_callbacks)
    driver = open_driver(client)
    driver.execute(Command(("SET", "text", "é")))
    driver.close()
    assert dict(client.response_callbacks) == callbacks
    assert client.get("text") == "é"
    client.close()


def test_a_write_whose_reply_is_lost_runs_once(proxy: Proxy) -> None:
    retry: Any = Retry(NoBackoff(), 5)
    client = redis.Redis.from_url(
        proxy.url, retry=retry, retry_on_error=[redis.ConnectionError, redis.TimeoutError]
    )
    driver = open_driver(client)
    driver.execute(Command(("PING",)))
    proxy.cut_replies_after(0)
    with pytest.raises(OutcomeUnknownError) as caught:
        driver.execute(INCREASE)
    assert isinstance(caught.value.__cause__, redis.ConnectionError)
    assert driver.execute(READ) == b"1"
    proxy.cut_replies_after(0)
    with pytest.raises(OutcomeUnknownError):
        driver.execute_many([READ, INCREASE])
    assert driver.execute(READ) == b"2"
    client.close()


def test_a_read_whose_reply_is_lost_is_asked_again(proxy: Proxy) -> None:
    client = redis.Redis.from_url(proxy.url)
    driver = open_driver(client)
    driver.execute(INCREASE)
    proxy.cut_replies_after(2)
    assert driver.execute(READ) == b"1"
    client.close()


def test_a_connection_that_the_server_closed_is_noticed_before_writing(proxy: Proxy) -> None:
    client = redis.Redis.from_url(proxy.url)
    driver = open_driver(client)
    noticed = threading.Event()
    for expected in range(1, 20):
        assert driver.execute(INCREASE) == expected
        proxy.break_all()
        noticed.wait(0.02)
    client.close()


def test_a_read_without_a_reply_in_time_says_so(proxy: Proxy) -> None:
    client = redis.Redis.from_url(proxy.url, socket_timeout=0.1, retry=Retry(NoBackoff(), 0))
    driver = open_driver(client)
    with pytest.raises(ReplyTimeoutError):
        driver.execute(Command(("BLPOP", "nothing", 30), repeatable=True))
    with pytest.raises(OutcomeUnknownError):
        driver.execute(Command(("BLPOP", "nothing", 30)))
    assert driver.execute(Command(("ECHO", "mine"))) == b"mine"
    client.close()


def test_threads_share_a_bounded_number_of_connections(server_url: str) -> None:
    client = redis.Redis.from_url(server_url)
    driver = open_driver(client)
    threads = [
        threading.Thread(target=lambda: [driver.execute(INCREASE) for _ in range(20)])
        for _ in range(80)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert driver.execute(READ) == b"1600"
    reply = driver.execute(Command(("CLIENT", "LIST")))
    assert isinstance(reply, bytes)
    assert reply.count(b"cmd=incr") <= 50
    client.close()


def test_what_cannot_be_reached_is_named_without_a_password() -> None:
    client = redis.Redis.from_url("redis://user:secret@127.0.0.1:1/3")
    with pytest.raises(ConnectionFailedError, match=r"127\.0\.0\.1:1/3") as caught:
        open_driver(client).execute(INCREASE)
    assert "secret" not in str(caught.value)


def test_a_refused_password_says_so(locked_server: RunningServer) -> None:
    client = redis.Redis.from_url(f"redis://:wrong@127.0.0.1:{locked_server.port}")
    with pytest.raises(AuthenticationFailedError):
        open_driver(client).execute(INCREASE)
    client.close()


def test_a_waiting_client_is_refused() -> None:
    for client in (redis.asyncio.Redis(), fakeredis.FakeAsyncRedis()):
        with pytest.raises(UnsupportedArgumentTypeError, match="rapyer_async"):
            open_driver(client)


def test_one_scan_goes_over_all_nodes_of_a_cluster(empty_cluster: list[RunningServer]) -> None:
    client: Any = redis.RedisCluster.from_url(empty_cluster[0].url)
    driver = open_driver(client)
    names = {f"key-{number}".encode() for number in range(200)}
    driver.execute_many([Command(("SET", name, "x")) for name in sorted(names)])
    found: list[Any] = []
    cursor: Any = b"0"
    while found == [] or cursor != b"0":
        reply: Any = driver.execute(Command(("SCAN", cursor, "COUNT", 7), True))
        cursor = reply[0]
        found += reply[1]
    assert set(found) == names
    client.close()
