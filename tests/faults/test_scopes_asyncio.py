"""Whose pipeline it is, on asyncio: tasks, callbacks, threads, and its own way to cancel."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

import rapyer_async
import rapyer_sync
from rapyer_async import pipelines
from rapyer_core.errors import NumberRangeError, OutcomeUnknownError, ScopeClosedError
from tests.faults.proxy import Proxy, running_proxy
from tests.faults.scoped import BlockingPurse, Purse, amount


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[str]:
    await rapyer_async.init_rapyer(redis_url, indexes="lazy")
    yield redis_url
    await rapyer_async.teardown_rapyer()


@pytest.fixture
def proxy(server_url: str) -> Iterator[Proxy]:
    with running_proxy(server_url) as proxy:
        yield proxy


@pytest.fixture
async def through_proxy(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Proxy]:
    """Models behind a proxy that may hold up what was sent."""
    await rapyer_async.init_rapyer(proxy.url, indexes="lazy")
    yield proxy
    proxy.resume()
    await rapyer_async.teardown_rapyer()


async def increased(purse: Purse, by: int) -> None:
    await purse.amount.aincrease(by)


@pytest.mark.usefixtures("client")
async def test_gathered_tasks_do_not_join() -> None:
    purse = await Purse().asave()
    async with purse.apipeline():
        purse.coins.append("queued")
        await asyncio.gather(*(increased(Purse.at(purse.key), 1) for _ in range(20)))
        assert await amount(purse) == 20
    assert purse.coins == ["queued"] and await amount(purse) == 20


@pytest.mark.usefixtures("client")
async def test_each_task_has_its_own_pipeline() -> None:
    purses = [await Purse().asave() for _ in range(10)]

    async def fill(purse: Purse, fails: bool) -> None:
        async with purse.apipeline():
            for _ in range(5):
                purse.amount += 1
                await asyncio.sleep(0)
            if fails:
                purse.full += 1

    outcomes = await asyncio.gather(
        *(fill(purse, n % 3 == 0) for n, purse in enumerate(purses)), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [
        NumberRangeError if n % 3 == 0 else type(None) for n in range(10)
    ]
    expected = [0 if n % 3 == 0 else 5 for n in range(10)]
    assert [await amount(purse) for purse in purses] == expected
    assert [purse.amount for purse in purses] == expected


@pytest.mark.usefixtures("client")
async def test_a_task_that_outlives_the_block_writes_at_once() -> None:
    purse = await Purse().asave()
    go_on, done = asyncio.Event(), asyncio.Event()

    async def outlives() -> None:
        await increased(purse, 1)
        assert await amount(purse) == 1
        await go_on.wait()
        await increased(purse, 10)
        assert await amount(purse) == 111
        done.set()

    async with purse.apipeline():
        task = asyncio.create_task(outlives())
        await asyncio.sleep(0.05)
        await Purse.at(purse.key).amount.aincrease(100)
    go_on.set()
    await asyncio.wait_for(done.wait(), 5)
    await task
    assert await amount(purse) == 111


@pytest.mark.usefixtures("client")
async def test_a_callback_is_not_in_the_block() -> None:
    purse = await Purse().asave()
    called = asyncio.Event()

    def callback() -> None:
        # It has the block's context, and no task.
        assert rapyer_async.current_scope() is None
        purse.coins.append("local")
        called.set()

    async with purse.apipeline():
        asyncio.get_running_loop().call_soon(callback)
        await called.wait()
        purse.amount += 1
    assert await amount(purse) == 1
    assert (await Purse.aget(purse.key)).coins == []
    await purse.asave()
    assert (await Purse.aget(purse.key)).coins == ["local"]


@pytest.mark.usefixtures("client")
async def test_a_copied_context_is_not_enough() -> None:
    purse = await Purse().asave()
    async with purse.apipeline():
        context = contextvars.copy_context()
    task = asyncio.get_running_loop().create_task(increased(purse, 5))
    await task
    assert context.run(rapyer_async.current_scope) is None
    assert await amount(purse) == 5


@pytest.mark.usefixtures("client")
async def test_a_thread_that_a_block_waits_for_is_not_in_it() -> None:
    purse = await Purse().asave()

    def local() -> None:
        # A thread has the block's context, and no event loop.
        assert rapyer_async.current_scope() is None
        purse.coins.append("local")
        purse.full = 5

    async with purse.apipeline():
        purse.amount += 1
        await asyncio.to_thread(local)
    saved = await Purse.aget(purse.key)
    assert saved.amount == 1 and saved.coins == [] and saved.full == 100
    assert purse.coins == ["local"] and purse.full == 5


async def test_the_other_package_in_a_thread_is_not_in_the_block(redis_url: str) -> None:
    await rapyer_async.init_rapyer(redis_url, indexes="lazy")
    purse = await Purse().asave()

    def block() -> None:
        rapyer_sync.init_rapyer(redis_url, indexes="lazy")
        there = BlockingPurse.get(purse.key)
        there.amount.increase(5)
        with there.pipeline():
            there.amount += 10
        assert there.amount == 15
        rapyer_sync.teardown_rapyer()

    async with purse.apipeline():
        purse.coins.append("mine")
        await asyncio.to_thread(block)
        assert await amount(purse) == 15
    assert (await Purse.aget(purse.key)).coins == ["mine"]
    await rapyer_async.teardown_rapyer()


@pytest.mark.usefixtures("client")
async def test_a_task_may_attach_and_be_late() -> None:
    purse = await Purse().asave()
    late = asyncio.Event()

    async def join(scope: Any) -> None:
        with scope.attach():
            purse.amount += 1
            await late.wait()
            with pytest.raises(ScopeClosedError):
                purse.amount += 1

    async with rapyer_async.apipeline() as scope:
        task = asyncio.create_task(join(scope))
        await asyncio.sleep(0.01)
    late.set()
    await task
    assert await amount(purse) == 1 == purse.amount


@pytest.mark.usefixtures("client")
async def test_cancelled_inside_the_block() -> None:
    purse = await Purse().asave()
    ready = asyncio.Event()

    async def fill() -> None:
        async with purse.apipeline():
            purse.amount += 1
            ready.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(fill())
    await ready.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await amount(purse) == 0 == purse.amount
    assert await purse.amount.aincrease() == 1


@pytest.mark.usefixtures("client")
async def test_cancelled_before_the_flush() -> None:
    purse = await Purse().asave()

    async def fill() -> None:
        async with purse.apipeline():
            purse.amount += 1
            current = asyncio.current_task()
            assert current is not None
            current.cancel()

    task = asyncio.create_task(fill())
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await amount(purse) == 0 == purse.amount


async def test_cancelled_while_waiting_for_the_reply(through_proxy: Proxy) -> None:
    """The batch has been sent: the cancellation comes after its reply, and what ran is known."""
    purse = await Purse().asave()
    async with purse.apipeline():
        purse.amount += 1

    async def fill() -> None:
        async with purse.apipeline():
            purse.amount += 10
            purse.coins.append("x")

    through_proxy.pause()
    task = asyncio.create_task(fill())
    for _ in range(3):
        await asyncio.sleep(0.05)
        task.cancel()
    assert not task.done()
    through_proxy.resume()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert purse.amount == 11 == await amount(purse)
    assert purse.coins == ["x"]
    assert rapyer_async.current_scope() is None


async def test_a_timeout_around_a_block_that_was_sent(through_proxy: Proxy) -> None:
    purse = await Purse().asave()
    through_proxy.pause()
    resumed = threading.Timer(0.3, through_proxy.resume)
    resumed.start()
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(_filled(purse), 0.1)
    resumed.join()
    assert purse.amount == 1 == await amount(purse)


async def _filled(purse: Purse) -> None:
    async with purse.apipeline():
        purse.amount += 1


async def test_a_failure_whose_task_was_cancelled_meanwhile(through_proxy: Proxy) -> None:
    purse = await Purse().asave()

    causes: list[BaseException | None] = []

    async def fill() -> None:
        try:
            async with purse.apipeline():
                purse.amount += 1
                purse.full += 1
        except asyncio.CancelledError as error:
            causes.append(error.__cause__)
            raise

    through_proxy.pause()
    task = asyncio.create_task(fill())
    await asyncio.sleep(0.1)
    task.cancel()
    await asyncio.sleep(0.1)
    through_proxy.resume()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [type(cause) for cause in causes] == [NumberRangeError]
    assert purse.amount == 0 == await amount(purse)


async def test_a_reply_that_never_comes(
    through_proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipelines, "LONGEST_FLUSH", 0.2)
    purse = await Purse().asave()
    through_proxy.pause()
    with pytest.raises(OutcomeUnknownError):
        await _filled(purse)
    assert purse.amount == 0
    through_proxy.resume()
    await purse.aload()
    assert purse.amount in (0, 1)


async def test_a_reply_that_is_lost(through_proxy: Proxy) -> None:
    async def fill(purse: Purse, draft: Purse) -> None:
        async with purse.apipeline():
            purse.amount += 1
            purse.coins.append("x")
            await purse.asave()
            await draft.asave()

    await fill(await Purse().asave(), Purse())  # the server knows the script from here on
    purse, draft = await Purse(amount=1).asave(), Purse()
    purse.full = 7
    through_proxy.cut_replies_after(1)
    with pytest.raises(OutcomeUnknownError):
        await fill(purse, draft)
    assert purse.amount == 1 and purse.coins == [] and purse.full == 7
    assert rapyer_async.current_scope() is None
    # It has run, as it happens; the next save writes what may not have been.
    assert await amount(purse) == 2
    await purse.asave()
    await purse.aload()
    assert purse.full == 7 and purse.coins == ["x"]
    await draft.asave()
