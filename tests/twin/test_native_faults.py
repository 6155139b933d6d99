"""The native driver when connections break: no write runs twice, none that succeeded is lost.

Each test counts by INCR on a real server behind a proxy that breaks at an exact byte.
"""

from __future__ import annotations

import threading
import time

import pytest

from rapyer_async._seam import sleep, task_group
from rapyer_async.drivers.native import NativeDriver
from rapyer_core.commands import Command
from rapyer_core.errors import ConnectionFailedError, OutcomeUnknownError, ReplyTimeoutError
from rapyer_core.urls import parse_url
from rapyer_core.wire.packing import pack
from tests.faults.proxy import running_proxy
from tools.redis_server import running_server

WRITE = Command(("INCR", "n"))
READ = Command(("GET", "n"), repeatable=True)
FRAME = len(pack(WRITE.args))
REPLY = len(b":1\r\n")


def driver_for(url: str, **options: object) -> NativeDriver:
    return NativeDriver(parse_url(url, options))


async def check_in_step(driver: NativeDriver) -> None:
    """Whether each command gets its own reply."""
    for turn in range(3):
        text = f"own reply {turn}".encode()
        assert await driver.execute(Command(("ECHO", text), repeatable=True)) == text


async def count(driver: NativeDriver) -> int:
    reply = await driver.execute(READ)
    assert reply is None or isinstance(reply, bytes)
    return int(reply or 0)


# Long enough that every reply is found by looking; and none is.
WAITS = pytest.mark.parametrize("busy_wait", [5.0, 0.0], ids=["looking", "sleeping"])


@WAITS
async def test_a_write_cut_at_every_byte(server_url: str, busy_wait: float) -> None:
    with running_proxy(server_url) as proxy:
        driver = driver_for(proxy.url, busy_wait=busy_wait)
        await check_in_step(driver)
        for cut in range(FRAME):
            proxy.cut_requests_after(cut)
            with pytest.raises(OutcomeUnknownError):
                await driver.execute(WRITE)
            assert await count(driver) == 0
            await check_in_step(driver)
        await driver.aclose()


@WAITS
async def test_a_reply_to_a_write_cut_at_every_byte(server_url: str, busy_wait: float) -> None:
    with running_proxy(server_url) as proxy:
        driver = driver_for(proxy.url, busy_wait=busy_wait)
        await check_in_step(driver)
        for cut in range(REPLY):
            proxy.cut_replies_after(cut)
            with pytest.raises(OutcomeUnknownError):
                await driver.execute(WRITE)
            assert await count(driver) == cut + 1
            await check_in_step(driver)
        proxy.cut_replies_after(REPLY)
        assert await driver.execute(WRITE) == REPLY + 1
        await check_in_step(driver)
        await driver.aclose()


@WAITS
async def test_a_read_cut_at_every_byte_is_repeated(server_url: str, busy_wait: float) -> None:
    with running_proxy(server_url) as proxy:
        driver = driver_for(proxy.url, busy_wait=busy_wait)
        await driver.execute(Command(("SET", "n", "12345")))
        for cut in range(len(pack(READ.args))):
            proxy.cut_requests_after(cut)
            assert await count(driver) == 12345
        for cut in range(len(b"$5\r\n12345\r\n")):
            proxy.cut_replies_after(cut)
            assert await count(driver) == 12345
        await check_in_step(driver)
        await driver.aclose()


async def test_a_batch_cut_at_every_byte(server_url: str) -> None:
    with running_proxy(server_url) as proxy:
        driver = driver_for(proxy.url)
        await check_in_step(driver)
        batch = [READ, WRITE, READ, WRITE]
        done = 0
        for cut in range(0, sum(len(pack(command.args)) for command in batch), 3):
            proxy.cut_requests_after(cut)
            with pytest.raises(OutcomeUnknownError):
                await driver.execute_many(batch)
            run = await count(driver) - done
            assert run == (1 if cut >= len(pack(READ.args)) + FRAME else 0)
            done += run
        await check_in_step(driver)
        await driver.aclose()


async def test_a_batch_of_reads_is_repeated(server_url: str) -> None:
    with running_proxy(server_url) as proxy:
        driver = driver_for(proxy.url)
        await driver.execute(WRITE)
        for cut in range(16):
            proxy.cut_replies_after(cut)
            assert await driver.execute_many([READ, READ]) == [b"1", b"1"]
        await driver.aclose()


async def test_a_connection_closed_while_idle_is_noticed_before_a_write(server_url: str) -> None:
    with running_proxy(server_url) as proxy:
        driver = driver_for(proxy.url)
        for turn in range(20):
            assert await driver.execute(WRITE) == turn + 1
            proxy.break_all()
            await sleep(0.01)
        assert proxy.accepted == 20
        await driver.aclose()


@WAITS
async def test_many_writers_while_connections_break(server_url: str, busy_wait: float) -> None:
    with running_proxy(server_url) as proxy:
        driver = driver_for(proxy.url, retries=20, busy_wait=busy_wait)
        acknowledged: list[object] = []
        unknown: list[Exception] = []

        async def write() -> None:
            for _ in range(30):
                try:
                    acknowledged.append(await driver.execute(WRITE))
                except OutcomeUnknownError as error:
                    unknown.append(error)

        def disturb() -> None:
            for turn in range(12):
                time.sleep(0.01)
                (proxy.cut_requests_after if turn % 2 else proxy.cut_replies_after)(turn * 7)

        disturber = threading.Thread(target=disturb)
        disturber.start()
        async with task_group() as group:
            for _ in range(20):
                group.start_soon(write)
        disturber.join()
        proxy.cut_replies_after(1_000_000_000)
        proxy.cut_requests_after(1_000_000_000)
        assert len(acknowledged) + len(unknown) == 600
        assert len(set(acknowledged)) == len(acknowledged)
        total = await count(driver)
        assert len(acknowledged) <= total <= 600
        await check_in_step(driver)
        await driver.aclose()


async def test_a_server_that_stops_answering(server_url: str) -> None:
    with running_proxy(server_url) as proxy:
        driver = driver_for(proxy.url, reply_timeout=0.3, connect_timeout=0.3)
        await driver.execute(WRITE)
        proxy.pause()
        begin = time.monotonic()
        with pytest.raises(OutcomeUnknownError):
            await driver.execute(WRITE)
        with pytest.raises((ReplyTimeoutError, ConnectionFailedError)):
            await count(driver)
        assert time.monotonic() - begin < 5
        proxy.resume()
        await check_in_step(driver)
        assert 1 <= await count(driver) <= 2
        await driver.aclose()


async def test_a_large_write_that_is_not_taken_ends(server_url: str) -> None:
    with running_proxy(server_url) as proxy:
        driver = driver_for(proxy.url, reply_timeout=0.4, connect_timeout=0.4, retries=0)
        await check_in_step(driver)
        proxy.pause()
        large = Command(("SET", "large", b"x" * 50_000_000))
        begin = time.monotonic()
        # Not all of it was sent, so that it certainly did not run.
        with pytest.raises(ReplyTimeoutError):
            await driver.execute(large)
        assert time.monotonic() - begin < 5
        proxy.resume()
        await check_in_step(driver)
        assert await driver.execute(Command(("EXISTS", "large"), repeatable=True)) == 0
        await driver.aclose()


async def test_a_server_that_is_killed_and_started_again() -> None:
    with running_server(own=True, persistent=True) as server:
        driver = driver_for(server.url)
        assert await driver.execute(WRITE) == 1
        server.kill()
        with pytest.raises(ConnectionFailedError):
            await driver.execute(WRITE)
        server.restart()
        reply = await driver.execute(WRITE)
        assert isinstance(reply, int)
        assert await count(driver) == reply
        await check_in_step(driver)
        await driver.aclose()


async def test_commands_wait_for_a_server_that_restarts() -> None:
    with running_server(own=True) as server:
        driver = driver_for(server.url, retries=10)
        await check_in_step(driver)
        server.kill()
        restart = threading.Thread(target=server.restart)
        restart.start()
        assert await driver.execute(WRITE) == 1
        restart.join()
        await driver.aclose()
