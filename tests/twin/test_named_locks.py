"""Locks that belong to no document, and how they are handed from one waiter to the next."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import ModuleType

import pytest

from rapyer_async import AtomicRedisModel, alock_name
from rapyer_async._seam import Event, sleep, task_group
from rapyer_core.errors import (
    LockReentryError,
    LockTimeoutError,
    NotInitializedError,
    UnsupportedArgumentValueError,
)

from .asking import ask


class LockedReport(AtomicRedisModel):
    runs: int = 0


async def waiting(name: str) -> int:
    """Return how many wait in a lock's line."""
    fields: list[bytes] = await ask(LockedReport, "HKEYS", f"__rapyer_lock__:name:{{{name}}}")
    return sum(field.startswith(b"w:") for field in fields)


async def until(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    begin = time.monotonic()
    while not condition():
        assert time.monotonic() - begin < 20
        await sleep(0.002)


async def test_a_named_lock_has_one_holder(rapyer: ModuleType) -> None:
    refused: list[str] = []

    async def attempt(name: str) -> None:
        try:
            async with alock_name(name, wait=0):
                pass
        except LockTimeoutError:
            refused.append(name)

    async with alock_name("nightly") as lock:
        assert lock.token > 0 and not lock.is_lost
        async with alock_name("other {}:*"), task_group() as group:
            for name in ("nightly", "other {}:*", "third"):
                group.start_soon(attempt, name)
    assert sorted(refused) == ["nightly", "other {}:*"]
    async with alock_name("nightly", wait=0):
        pass


async def test_a_named_lock_inside_itself_is_an_error(rapyer: ModuleType) -> None:
    async with alock_name("a"):
        with pytest.raises(LockReentryError):
            async with alock_name("a"):
                raise AssertionError("entered twice")


async def test_a_named_lock_is_no_documents_lock(rapyer: ModuleType) -> None:
    report = await LockedReport().asave()
    async with alock_name(report.key), report.alock():
        assert await LockedReport.afind_keys() == [report.key]


async def test_a_lock_needs_a_name(rapyer: ModuleType) -> None:
    with pytest.raises(UnsupportedArgumentValueError):
        alock_name("")


async def test_a_lock_needs_a_client(rapyer: ModuleType) -> None:
    lock = alock_name("a")
    await rapyer.teardown_rapyer()
    for _ in range(2):
        with pytest.raises(NotInitializedError):
            async with lock:
                raise AssertionError("there is no server")


async def test_tokens_grow_from_task_to_task(rapyer: ModuleType) -> None:
    tokens: list[int] = []

    async def enter() -> None:
        for _ in range(5):
            async with alock_name("a") as lock:
                tokens.append(lock.token)

    async with task_group() as group:
        for _ in range(5):
            group.start_soon(enter)
    assert len(tokens) == 25
    assert tokens == sorted(set(tokens))


async def test_fifty_waiters_are_served_in_the_order_of_their_arrival(rapyer: ModuleType) -> None:
    served: list[int] = []

    async def enter(number: int) -> None:
        async with alock_name("a"):
            served.append(number)

    async with task_group() as group, alock_name("a"):
        for number in range(50):
            group.start_soon(enter, number)
            while await waiting("a") <= number:
                await sleep(0.002)
    assert served == list(range(50))


async def test_nobody_starves_while_others_keep_coming(rapyer: ModuleType) -> None:
    over, calm = Event(), Event()
    entries: list[str] = []

    async def keep_coming() -> None:
        while not over.is_set():
            async with alock_name("a"):
                entries.append("regular")
                await sleep(0.001)

    async def keep_trying() -> None:
        while not over.is_set():
            try:
                async with alock_name("a", wait=0):
                    await sleep(0)
            except LockTimeoutError:
                await sleep(0.001)

    async def come_once() -> None:
        before = len(entries)
        async with alock_name("a"):
            entries.append("late")
        # Each of the others is before it once at the most, and those that were never in line not.
        assert len(entries) - before <= 2 * 8 + 2
        calm.set()

    async with task_group() as group:
        for _ in range(8):
            group.start_soon(keep_coming)
        await until(lambda: len(entries) >= 10)
        for _ in range(3):
            group.start_soon(keep_trying)
        group.start_soon(come_once)
        assert await calm.wait(20)
        over.set()


async def test_the_one_who_does_not_wait_does_not_pass_the_line(rapyer: ModuleType) -> None:
    served: list[str] = []

    async def enter() -> None:
        async with alock_name("a"):
            served.append("waited")

    async with task_group() as group, alock_name("a"):
        group.start_soon(enter)
        while not await waiting("a"):
            await sleep(0.002)
        # The lease is over, so the lock is the waiter's from now on.
        await ask(LockedReport, "HSET", "__rapyer_lock__:name:{a}", "until", "0")
        group.start_soon(refused_or_after, served)
        await until(lambda: bool(served))
    assert served[0] == "waited"


async def refused_or_after(served: list[str]) -> None:
    try:
        async with alock_name("a", wait=0):
            served.append("did not wait")
    except LockTimeoutError:
        pass


async def put_in_line(waiter: str, asked: int) -> None:
    """Put somebody at the end of a lock's line, who last asked at a time in µs."""
    name = "__rapyer_lock__:name:{a}"
    ticket = int(await ask(LockedReport, "HGET", name, "next"))
    fields = (f"w:{waiter}", f"{ticket} {asked}", f"t:{ticket}", waiter, "next", str(ticket + 1))
    await ask(LockedReport, "HSET", name, *fields)


async def test_a_dead_waiter_does_not_hold_up_the_line(rapyer: ModuleType) -> None:
    async with alock_name("a"):
        pass
    long_ago = int(time.time() * 1_000_000) - 2_500_000
    await put_in_line("dead", long_ago)
    await put_in_line("dead too", long_ago)
    begin = time.monotonic()
    async with alock_name("a"):
        assert time.monotonic() - begin < 0.5
    assert await waiting("a") == 0
    # One that asked just now holds up the line for two seconds.
    now = int(time.time() * 1_000_000)
    await put_in_line("dead", now)
    begin = time.monotonic()
    async with alock_name("a"):
        assert 1.5 < time.monotonic() - begin < 3


async def test_a_dead_holder_is_followed_when_its_lease_is_over(rapyer: ModuleType) -> None:
    until_then = int(time.time() * 1_000_000) + 500_000
    name = "__rapyer_lock__:name:{a}"
    text = str(until_then)
    await ask(LockedReport, "HSET", name, "id", "dead", "token", text, "until", text)
    begin = time.monotonic()
    async with alock_name("a") as lock:
        assert 0.3 < time.monotonic() - begin < 1.5
        assert lock.token > until_then


async def test_counting_under_a_lock_is_exact(rapyer: ModuleType) -> None:
    report = await LockedReport().asave()

    async def count() -> None:
        for _ in range(5):
            async with LockedReport.alock_from_key(report.key, lease=1.0) as mine:
                mine.runs = int(mine.runs) + 1

    async with task_group() as group:
        for _ in range(10):
            group.start_soon(count)
    assert (await LockedReport.aget(report.key)).runs == 50


async def test_many_who_died_in_line_are_passed_in_one_step(rapyer: ModuleType) -> None:
    async with alock_name("a"):
        long_ago = int(time.time() * 1_000_000) - 2_500_000
        for number in range(300):
            await put_in_line(f"waiter {number}", long_ago)
    async with alock_name("a", wait=0):
        assert await waiting("a") == 0
