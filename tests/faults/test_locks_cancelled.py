"""A task that is cancelled at any point of a lock leaves it free, and a save whole or undone."""

from __future__ import annotations

import asyncio
import logging
import types
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from pydantic import Field
from redis.asyncio import Redis

import rapyer_async
from rapyer_async import AtomicRedisModel, alock_name
from rapyer_async.clients import driver_of
from rapyer_core.commands import Command
from rapyer_core.errors import LockTimeoutError
from tests.faults.checkpoints import cancelled_at

MOST_WAITS = 60


class CancelledDeed(AtomicRedisModel):
    total: int = 0
    tags: list[str] = Field(default_factory=list)


@pytest.fixture
async def _client(server_url: str, anyio_backend: str) -> AsyncIterator[None]:
    await rapyer_async.init_rapyer(server_url, indexes="lazy")
    yield
    await rapyer_async.teardown_rapyer()


async def lock_fields(key: str) -> list[bytes]:
    """Return what a document's lock holds on the server beside its last numbers."""
    name = f"__rapyer_lock__:{{{key}}}:default"
    fields: Any = await driver_of(CancelledDeed).execute(Command(("HKEYS", name)))
    return [field for field in fields if field not in (b"token", b"next", b"serving")]


async def check_free(key: str) -> None:
    """Check that nobody has the lock, nor waits for it, and that this task can have it."""
    assert await lock_fields(key) == []
    async with CancelledDeed.alock_from_key(key, wait=0):
        pass


async def run_until_never_cancelled(
    run: Callable[[int, CancelledDeed], Awaitable[tuple[bool, int]]],
) -> int:
    """Let `run` cancel at each wait in turn; return how many waits there were."""
    for nth in range(1, MOST_WAITS):
        deed = await CancelledDeed(tags=["a"]).asave()
        cancelled, waits = await run(nth, deed)
        await check_free(deed.key)
        stored = await CancelledDeed.aget(deed.key)
        # All of it was saved, or nothing; and what was not is still to be saved.
        assert (stored.total, stored.tags) in ((0, ["a"]), (1, ["a", "b"]))
        if not cancelled:
            assert stored.total == 1
        if deed.total == 1 and deed.tags == ["a", "b"]:
            await deed.asave()
            assert (await CancelledDeed.aget(deed.key)).total == 1
        if not cancelled and waits < nth:
            return nth - 1
    raise AssertionError(f"there were more than {MOST_WAITS} waits")


async def change(deed: CancelledDeed) -> None:
    """Change a document under its lock, with a wait in the block."""
    async with deed.alock():
        deed.total += 1
        await anyio.lowlevel.checkpoint()
        deed.tags += ["b"]


@pytest.mark.usefixtures("_client")
async def test_cancelled_at_every_wait_of_a_lock() -> None:
    async def run(nth: int, deed: CancelledDeed) -> tuple[bool, int]:
        cancelled, _, waits = await cancelled_at(nth, change(deed))
        return cancelled, waits

    # Taking, refreshing, the block, the save and the release wait once each at least.
    assert await run_until_never_cancelled(run) >= 4


@pytest.mark.usefixtures("_client")
async def test_cancelled_while_waiting_in_line() -> None:
    for nth in range(1, 12):
        deed = await CancelledDeed().asave()
        served: list[int] = []

        async def wait(number: int, key: str, served: list[int]) -> None:
            async with CancelledDeed.alock_from_key(key):
                served.append(number)

        with anyio.fail_after(10):
            async with anyio.create_task_group() as group, deed.alock(save_at_end=False):
                group.start_soon(wait, 1, deed.key, served)
                await anyio.sleep(0.01)
                cancelled: list[bool] = []

                async def be_cancelled(
                    nth: int, deed: CancelledDeed, cancelled: list[bool]
                ) -> None:
                    cancelled.append((await cancelled_at(nth, change(deed)))[0])

                async with anyio.create_task_group() as other:
                    other.start_soon(be_cancelled, nth, deed, cancelled)
                assert cancelled == [True]
                group.start_soon(wait, 2, deed.key, served)
        assert served == [1, 2]
        await check_free(deed.key)


@pytest.mark.usefixtures("_client")
async def test_a_deadline_around_a_lock() -> None:
    deed = await CancelledDeed().asave()
    with anyio.move_on_after(0.1) as deadline:
        async with deed.alock():
            deed.total = 5
            await anyio.sleep_forever()
    assert deadline.cancelled_caught
    await check_free(deed.key)
    assert (await CancelledDeed.aget(deed.key)).total == 0


@pytest.mark.usefixtures("_client")
async def test_a_block_that_ends_in_a_cancelled_task_saves_nothing() -> None:
    deed = await CancelledDeed().asave()
    with anyio.CancelScope() as scope:
        async with deed.alock():
            deed.total = 5
            scope.cancel()
    assert scope.cancelled_caught
    await check_free(deed.key)
    assert (await CancelledDeed.aget(deed.key)).total == 0
    await deed.asave()
    assert (await CancelledDeed.aget(deed.key)).total == 5


@pytest.mark.usefixtures("_client")
async def test_no_renewal_outlives_a_cancelled_block() -> None:
    with anyio.move_on_after(0.1):
        async with alock_name("a", lease=0.3):
            await anyio.sleep_forever()
    async with alock_name("a", wait=0) as lock:
        await anyio.sleep(0.5)
        assert not lock.is_lost


@pytest.mark.usefixtures("_client")
async def test_a_generator_that_is_closed_half_way() -> None:
    async def hold() -> AsyncIterator[int]:
        async with alock_name("a"):
            yield 1
            yield 2

    numbers = hold()
    assert await anext(numbers) == 1
    with pytest.raises(LockTimeoutError):
        await try_in_another_task()
    await numbers.aclose()  # type: ignore[attr-defined]  # it is a generator
    await try_in_another_task()


async def try_in_another_task() -> None:
    errors: list[LockTimeoutError] = []

    async def attempt() -> None:
        try:
            async with alock_name("a", wait=0):
                pass
        except LockTimeoutError as error:
            errors.append(error)

    async with anyio.create_task_group() as group:
        group.start_soon(attempt)
    if errors:
        raise errors[0]


# asyncio's own cancellation, which no shield of anyio keeps out


@types.coroutine
def _counted(
    call: Coroutine[Any, Any, Any], nth: int, waits: list[int]
) -> Generator[Any, Any, Any]:
    send: Any = call.send
    value: Any = None
    while True:
        try:
            wait = send(value)
        except StopIteration as end:
            return end.value
        waits[0] += 1
        if waits[0] >= nth:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
        try:
            value = yield wait
            send = call.send
        except BaseException as error:  # noqa: BLE001  # passed on
            value, send = error, call.throw


async def cancelled_from(nth: int, call: Coroutine[Any, Any, Any]) -> tuple[bool, int]:
    """Run `call` in a task that is cancelled at its wait number `nth`, and at each one after it."""
    waits = [0]

    async def run() -> None:
        await _counted(call, nth, waits)

    try:
        await asyncio.create_task(run())
    except asyncio.CancelledError:
        return True, waits[0]
    return False, waits[0]


@pytest.mark.parametrize("client", ["native", "redis-py"])
def test_cancelled_again_and_again_from_every_wait_on(
    server_url: str, client: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> int:
        redis = Redis.from_url(server_url)
        await rapyer_async.init_rapyer(server_url if client == "native" else redis, indexes="lazy")
        try:
            return await run_until_never_cancelled(
                lambda nth, deed: cancelled_from(nth, change(deed))
            )
        finally:
            await rapyer_async.teardown_rapyer()
            await redis.aclose()

    with caplog.at_level(logging.WARNING, "rapyer"):
        assert asyncio.run(main()) >= 4
    assert not caplog.records


def test_a_timeout_of_asyncio_around_a_lock(server_url: str) -> None:
    async def main() -> None:
        await rapyer_async.init_rapyer(server_url, indexes="lazy")
        deed = await CancelledDeed().asave()

        async def hold() -> None:
            async with deed.alock():
                deed.total = 5
                await asyncio.sleep(100)

        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(hold(), 0.1)
        await check_free(deed.key)
        assert (await CancelledDeed.aget(deed.key)).total == 0
        await rapyer_async.teardown_rapyer()

    asyncio.run(main())


def test_an_event_loop_that_ends_while_a_task_holds_a_lock(server_url: str) -> None:
    async def hold(held: asyncio.Event) -> None:
        async with alock_name("a", lease=60):
            held.set()
            await asyncio.sleep(100)

    async def leave() -> None:
        await rapyer_async.init_rapyer(server_url, indexes="lazy")
        held = asyncio.Event()
        task = asyncio.create_task(hold(held))
        await held.wait()
        assert not task.done()

    async def look() -> None:
        async with alock_name("a", wait=0.5):
            pass
        await rapyer_async.teardown_rapyer()

    asyncio.run(leave())
    asyncio.run(look())
