"""Locks when connections break and servers die: none is left behind, and none has two holders."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

import pytest

import rapyer_async
from rapyer_async import AtomicRedisModel, alock_name
from rapyer_async._seam import Event, sleep, task_group
from rapyer_async.drivers.native import NativeDriver
from rapyer_core.commands import Command
from rapyer_core.errors import DriverError, OutcomeUnknownError
from rapyer_core.urls import parse_url
from tests.faults.proxy import Proxy, running_proxy
from tools.redis_server import running_server


class FaultyCount(AtomicRedisModel):
    total: int = 0


class Observer:
    """Looks at the server past the proxy."""

    def __init__(self, url: str) -> None:
        self._driver = NativeDriver(parse_url(url))

    async def total(self, key: str) -> int:
        """Return a document's count."""
        text: Any = await self._driver.execute(Command(("JSON.GET", key, ".total")))
        return int(text)

    async def check_free(self, name: str) -> None:
        """Check that a lock has no holder and nobody in line."""
        fields: Any = await self._driver.execute(Command(("HKEYS", f"__rapyer_lock__:{name}")))
        assert set(fields) <= {b"token", b"next", b"serving"}

    async def close(self) -> None:
        """Close the connection."""
        await self._driver.aclose()


async def add_one(model: FaultyCount) -> str:
    """Count up under the lock, and tell what came of it."""
    try:
        async with model.alock() as held:
            held.total += 1
    except OutcomeUnknownError:
        return "unknown"
    return "done"


async def check_cuts(server_url: str, cut: Callable[[Proxy, int], None], sizes: range) -> set[str]:
    """Break the connection at each place in turn; return what came of it."""
    outcomes: set[str] = set()
    observer = Observer(server_url)
    with running_proxy(server_url) as proxy:
        await rapyer_async.init_rapyer(proxy.url, indexes="lazy")
        model = await FaultyCount().asave()
        assert await add_one(model) == "done"
        for size in sizes:
            before = await observer.total(model.key)
            await model.aload()
            cut(proxy, size)
            outcome = await add_one(model)
            cut(proxy, 1_000_000_000)
            outcomes.add(outcome)
            after = await observer.total(model.key)
            assert after - before in ((1,) if outcome == "done" else (0, 1))
            await observer.check_free(f"{{{model.key}}}:default")
        await rapyer_async.teardown_rapyer()
    await observer.close()
    return outcomes


async def test_requests_cut_at_many_places(server_url: str) -> None:
    def cut(proxy: Proxy, size: int) -> None:
        proxy.cut_requests_after(size)

    assert await check_cuts(server_url, cut, range(0, 1200, 17)) == {"done", "unknown"}


async def test_replies_cut_at_every_byte(server_url: str) -> None:
    def cut(proxy: Proxy, size: int) -> None:
        proxy.cut_replies_after(size)

    assert await check_cuts(server_url, cut, range(90)) == {"done", "unknown"}


async def test_the_lock_outlives_broken_connections_in_the_block(server_url: str) -> None:
    observer = Observer(server_url)
    with running_proxy(server_url) as proxy:
        await rapyer_async.init_rapyer(proxy.url, indexes="lazy")
        model = await FaultyCount().asave()
        lock = model.alock(lease=0.5)
        async with lock as held:
            for _ in range(20):
                proxy.break_all()
                await sleep(0.06)
            assert not lock.is_lost
            held.total = 5
        assert await observer.total(model.key) == 5
        await observer.check_free(f"{{{model.key}}}:default")
        await rapyer_async.teardown_rapyer()
    await observer.close()


async def test_many_tasks_while_connections_keep_breaking(server_url: str) -> None:
    observer, over = Observer(server_url), Event()
    outcomes: list[str] = []
    inside: list[int] = []
    with running_proxy(server_url) as proxy:
        await rapyer_async.init_rapyer(proxy.url + "?retries=50", indexes="lazy")
        key = (await FaultyCount().asave()).key

        async def keep_breaking() -> None:
            while not over.is_set():
                await sleep(0.03)
                proxy.break_all()

        async def count(number: int) -> None:
            for _ in range(6):
                try:
                    async with FaultyCount.alock_from_key(key, lease=5.0) as held:
                        inside.append(number)
                        held.total += 1
                        assert inside == [number]
                        await sleep(0.005)
                        inside.pop()
                    outcomes.append("done")
                except OutcomeUnknownError:
                    outcomes.append("unknown")

        async with task_group() as group:
            group.start_soon(keep_breaking)
            async with task_group() as counting:
                for number in range(8):
                    counting.start_soon(count, number)
            over.set()
        assert len(outcomes) == 48
        total = await observer.total(key)
        assert outcomes.count("done") <= total <= 48
        await observer.check_free(f"{{{key}}}:default")
        await rapyer_async.teardown_rapyer()
    await observer.close()


async def test_a_server_that_is_killed_in_the_block(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "rapyer")
    with running_server(own=True) as server:
        await rapyer_async.init_rapyer(server.url, indexes="lazy")
        model = await FaultyCount().asave()
        begin = time.monotonic()
        with pytest.raises(DriverError):
            async with model.alock():
                model.total = 5
                server.kill()
        # The change is still there to be saved.
        assert model.total == 5 and time.monotonic() - begin < 15
        assert model.key in caplog.text
        server.restart()
        await model.asave(force=True, upsert=True)
        assert (await FaultyCount.aget(model.key)).total == 5
        begin = time.monotonic()
        with pytest.raises(ZeroDivisionError):
            async with model.alock(), alock_name("a"):
                server.kill()
                model.total = 1 // 0
        assert time.monotonic() - begin < 15
        with pytest.raises(DriverError):
            async with model.alock():
                raise AssertionError("there is no server")
        server.restart()
        await model.asave(force=True, upsert=True)
        async with model.alock(wait=0), alock_name("a", wait=0):
            pass
        await rapyer_async.teardown_rapyer()


async def test_a_server_that_does_not_answer_in_the_block(server_url: str) -> None:
    with running_proxy(server_url) as proxy:
        await rapyer_async.init_rapyer(
            proxy.url + "?reply_timeout=0.3&connect_timeout=0.3", indexes="lazy"
        )
        model = await FaultyCount().asave()
        begin = time.monotonic()
        with pytest.raises(DriverError):
            async with model.alock():
                model.total = 5
                proxy.pause()
        assert time.monotonic() - begin < 12
        proxy.resume()
        with pytest.raises(ZeroDivisionError):
            async with alock_name("a"):
                proxy.pause()
                raise ZeroDivisionError
        proxy.resume()
        await rapyer_async.teardown_rapyer()
