"""Whose pipeline it is, on trio: nurseries, and cancel scopes around and inside a block."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import trio

import rapyer_async
from rapyer_async import pipelines
from rapyer_core.errors import NumberRangeError, OutcomeUnknownError
from tests.faults.proxy import Proxy, running_proxy
from tests.faults.scoped import Purse, amount


@pytest.fixture
def anyio_backend() -> str:
    return "trio"


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
async def through_proxy(proxy: Proxy) -> AsyncIterator[Proxy]:
    """Models behind a proxy that may hold up what was sent."""
    await rapyer_async.init_rapyer(proxy.url, indexes="lazy")
    yield proxy
    proxy.resume()
    await rapyer_async.teardown_rapyer()


async def filled(purse: Purse) -> None:
    async with purse.apipeline():
        purse.amount += 1


@pytest.mark.usefixtures("client")
async def test_a_nursery_inside_the_block() -> None:
    purse = await Purse().asave()

    async def increase() -> None:
        await Purse.at(purse.key).amount.aincrease()

    async with purse.apipeline():
        purse.amount += 100
        async with trio.open_nursery() as nursery:
            for _ in range(20):
                nursery.start_soon(increase)
        assert await amount(purse) == 20
    assert await amount(purse) == 120


@pytest.mark.usefixtures("client")
async def test_a_block_in_each_task_of_a_nursery() -> None:
    purses = [await Purse().asave() for _ in range(10)]

    async def fill(purse: Purse) -> None:
        async with purse.apipeline():
            for _ in range(5):
                purse.amount += 1
                await trio.lowlevel.checkpoint()

    async with trio.open_nursery() as nursery:
        for purse in purses:
            nursery.start_soon(fill, purse)
    assert [await amount(purse) for purse in purses] == [5] * 10


@pytest.mark.usefixtures("client")
async def test_a_task_that_outlives_the_block_writes_at_once() -> None:
    purse = await Purse().asave()
    is_over = trio.Event()

    async def outlives() -> None:
        await is_over.wait()
        await purse.amount.aincrease(10)
        assert await amount(purse) == 11

    async with trio.open_nursery() as nursery:
        async with purse.apipeline():
            nursery.start_soon(outlives)
            await trio.lowlevel.checkpoint()
            purse.amount += 1
        is_over.set()
    assert await amount(purse) == 11


@pytest.mark.usefixtures("client")
async def test_a_thread_that_a_block_waits_for_is_not_in_it() -> None:
    purse = await Purse().asave()

    def local() -> None:
        assert rapyer_async.current_scope() is None
        purse.coins.append("local")

    async with purse.apipeline():
        purse.amount += 1
        await trio.to_thread.run_sync(local)
    saved = await Purse.aget(purse.key)
    assert saved.amount == 1 and saved.coins == []
    assert purse.coins == ["local"]


@pytest.mark.usefixtures("client")
async def test_move_on_after_inside_the_block() -> None:
    purse = await Purse().asave()
    async with purse.apipeline():
        purse.amount += 1
        with trio.move_on_after(0.01):
            await trio.sleep(60)
        purse.amount += 1
    assert await amount(purse) == 2


@pytest.mark.usefixtures("client")
async def test_move_on_after_around_the_block() -> None:
    purse = await Purse().asave()
    with trio.move_on_after(0.05) as scope:
        async with purse.apipeline():
            purse.amount += 1
            await trio.sleep(60)
    assert scope.cancelled_caught
    assert await amount(purse) == 0 == purse.amount
    assert rapyer_async.current_scope() is None
    await filled(purse)
    assert await amount(purse) == 1


@pytest.mark.usefixtures("client")
async def test_cancelled_before_the_flush() -> None:
    purse = await Purse().asave()
    with trio.CancelScope() as scope:
        async with purse.apipeline():
            purse.amount += 1
            scope.cancel()
    assert scope.cancelled_caught
    assert await amount(purse) == 0 == purse.amount


@pytest.mark.usefixtures("client")
async def test_a_nursery_that_fails_cancels_its_blocks() -> None:
    purse = await Purse().asave()

    async def fill() -> None:
        async with purse.apipeline():
            purse.amount += 1
            await trio.sleep(60)

    async def fail() -> None:
        await trio.sleep(0.01)
        raise ZeroDivisionError

    with pytest.raises(BaseException) as caught:  # noqa: PT011  # a group on trio
        async with trio.open_nursery() as nursery:
            nursery.start_soon(fill)
            nursery.start_soon(fail)
    inner: Any = getattr(caught.value, "exceptions", (caught.value,))
    assert [type(error) for error in inner] == [ZeroDivisionError]
    assert await amount(purse) == 0 == purse.amount


async def test_cancelled_while_waiting_for_the_reply(through_proxy: Proxy) -> None:
    """The batch has been sent: the block ends with its reply, the cancellation comes after it."""
    purse = await Purse().asave()
    await filled(purse)
    through_proxy.pause()
    after = False

    async def resume() -> None:
        await trio.sleep(0.3)
        through_proxy.resume()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(resume)
        with trio.move_on_after(0.1) as scope:
            async with purse.apipeline():
                purse.amount += 10
                purse.coins.append("x")
            await trio.lowlevel.checkpoint()
            after = True
    assert scope.cancelled_caught and not after
    assert purse.amount == 11 == await amount(purse) and purse.coins == ["x"]


async def test_a_failure_whose_task_was_cancelled_meanwhile(through_proxy: Proxy) -> None:
    purse = await Purse().asave()
    through_proxy.pause()

    async def resume() -> None:
        await trio.sleep(0.3)
        through_proxy.resume()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(resume)
        with trio.move_on_after(0.1), pytest.raises(NumberRangeError):
            async with purse.apipeline():
                purse.amount += 1
                purse.full += 1
    assert purse.amount == 0 == await amount(purse)


async def test_a_reply_that_never_comes(
    through_proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipelines, "LONGEST_FLUSH", 0.2)
    purse = await Purse().asave()
    through_proxy.pause()
    with pytest.raises(OutcomeUnknownError):
        await filled(purse)
    assert purse.amount == 0
    through_proxy.resume()


async def test_a_reply_that_is_lost(through_proxy: Proxy) -> None:
    purse = await Purse().asave()
    async with purse.apipeline():  # the server knows the script from here on
        purse.amount += 1
        purse.coins.append("w")
    through_proxy.cut_replies_after(1)
    with pytest.raises(OutcomeUnknownError):
        async with purse.apipeline():
            purse.amount += 1
            purse.coins.append("x")
    assert purse.amount == 1 and purse.coins == ["w"]
    await filled(purse)
    assert purse.amount == 3
