"""A generator that yields inside a pipeline's block does not leak it to its consumer.

On both event loops; `test_scopes_threads` has the generators of the other package.
"""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager

import anyio
import anyio.lowlevel
import pytest

import rapyer_async
from tests.faults.scoped import Purse, amount


@pytest.fixture(autouse=True)
async def _initialised(redis_url: str) -> AsyncIterator[None]:
    await rapyer_async.init_rapyer(redis_url, indexes="lazy")
    yield
    await rapyer_async.teardown_rapyer()


async def steps(purse: Purse, added: int = 100) -> AsyncIterator[int]:
    async with purse.apipeline():
        for step in range(3):
            await purse.amount.aincrease(added)
            yield step


async def test_a_consumed_generator_queues_its_own_only() -> None:
    purse, other = await Purse().asave(), await Purse().asave()
    async for step in steps(purse):
        assert rapyer_async.current_scope() is None
        await other.amount.aincrease()
        assert await amount(other) == step + 1
        assert await amount(purse) == 0
    assert await amount(purse) == 300


async def test_the_consumers_own_pipeline_is_not_the_generators() -> None:
    purse, other = await Purse().asave(), await Purse().asave()
    walk = steps(purse)
    await anext(walk)
    async with other.apipeline():
        await other.amount.aincrease()
        await anext(walk)  # goes on inside this block, and is in its own
        other.amount += 1
    assert await amount(other) == 2 and await amount(purse) == 0
    async with other.apipeline():
        other.amount += 1
        async for _ in walk:
            other.amount += 1
        assert await amount(purse) == 300 and await amount(other) == 2
    assert await amount(other) == 4
    assert rapyer_async.current_scope() is None


async def test_a_generator_inside_a_block_and_its_consumer_outside() -> None:
    purse, other = await Purse().asave(), await Purse().asave()
    async with other.apipeline():
        other.amount += 1
        async for _ in steps(purse):
            other.amount += 1
        assert await amount(purse) == 300 and await amount(other) == 0
    assert await amount(other) == 4


async def test_generators_within_generators() -> None:
    purse, other = await Purse().asave(), await Purse().asave()

    async def outer() -> AsyncIterator[int]:
        async with other.apipeline():
            async for step in steps(purse):
                other.amount += 1
                yield step

    async for _ in outer():
        assert rapyer_async.current_scope() is None
        assert await amount(purse) == 0 == await amount(other)
    assert await amount(purse) == 300 and await amount(other) == 3


async def test_two_generators_take_turns() -> None:
    first, second = await Purse().asave(), await Purse().asave()
    one, two = steps(first), steps(second, 7)
    for _ in range(3):
        await anext(one)
        await anext(two)
        assert rapyer_async.current_scope() is None
    assert [step async for step in one] == []
    assert await amount(first) == 300 and await amount(second) == 0
    assert [step async for step in two] == []
    assert await amount(second) == 21


async def test_a_coroutine_that_the_generator_awaits_is_in_its_block() -> None:
    purse = await Purse().asave()

    async def deeper() -> None:
        await anyio.lowlevel.checkpoint()
        purse.amount += 1
        with ExitStack():
            await purse.coins.aappend("x")

    async def walk() -> AsyncIterator[None]:
        async with purse.apipeline():
            await deeper()
            assert await amount(purse) == 0
            yield

    async for _ in walk():
        assert await amount(purse) == 0
    assert await amount(purse) == 1 and purse.coins == ["x"]


# What trio says of every generator that is left to the garbage collector.
@pytest.mark.filterwarnings("ignore:Async generator:ResourceWarning")
async def test_an_abandoned_generator_discards_its_queue() -> None:
    purse = await Purse().asave()
    walk = steps(purse)
    await anext(walk)
    assert purse.amount == 100
    del walk
    gc.collect()
    for _ in range(5):
        await anyio.lowlevel.checkpoint()
    assert purse.amount == 0 == await amount(purse)
    assert rapyer_async.current_scope() is None
    assert await purse.amount.aincrease() == 1


async def test_a_closed_generator_discards_its_queue() -> None:
    purse = await Purse().asave()
    walk = steps(purse)
    await anext(walk)
    await walk.aclose()  # type: ignore[attr-defined]  # it is a generator
    assert purse.amount == 0 == await amount(purse)


async def test_a_generator_that_another_task_closes_discards_its_queue() -> None:
    purse = await Purse().asave()
    walk = steps(purse)
    await anext(walk)

    async def close() -> None:
        async with purse.apipeline():
            purse.coins.append("mine")
            await walk.aclose()  # type: ignore[attr-defined]  # it is a generator

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(close)
    assert purse.amount == 0 == await amount(purse) and purse.coins == ["mine"]
    assert rapyer_async.current_scope() is None


async def test_scopes_of_abandoned_generators_do_not_pile_up() -> None:
    purse = await Purse().asave()
    for _ in range(50):
        walk = steps(purse)
        await anext(walk)
        await walk.aclose()  # type: ignore[attr-defined]  # it is a generator
        del walk
    async with rapyer_async.apipeline() as scope:
        depth, around = 0, scope.parent
        while around is not None:
            depth, around = depth + 1, around.parent
    assert depth == 0


@asynccontextmanager
async def handed_over(purse: Purse) -> AsyncIterator[Purse]:
    async with purse.apipeline():
        purse.amount += 1
        yield purse
        purse.amount += 1


@asynccontextmanager
async def handed_on(purse: Purse) -> AsyncIterator[Purse]:
    async with handed_over(purse), AsyncExitStack():
        yield purse


async def test_a_context_manager_made_of_a_generator_hands_its_scope_to_the_block() -> None:
    purse = await Purse().asave()
    for manager in (handed_over, handed_on):
        before = await amount(purse)
        async with manager(purse):
            purse.amount += 10
            assert await amount(purse) == before
        assert await amount(purse) == before + 12
        with pytest.raises(ZeroDivisionError):
            async with manager(purse):
                purse.amount += 10
                raise ZeroDivisionError
        assert await amount(purse) == before + 12 == purse.amount


async def test_exit_stacks_hand_scopes_to_their_block() -> None:
    purse = await Purse().asave()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(purse.apipeline())
        await stack.enter_async_context(handed_on(purse))
        purse.amount += 10
        assert await amount(purse) == 0
    assert await amount(purse) == 12


async def test_a_helper_that_opens_a_block_opens_it_for_the_generator() -> None:
    purse, other = await Purse().asave(), await Purse().asave()

    async def opened(stack: AsyncExitStack) -> None:
        await stack.enter_async_context(purse.apipeline())

    async def walk() -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await opened(stack)
            purse.amount += 1
            yield
            purse.amount += 1

    async for _ in walk():
        await other.amount.aincrease()
        assert await amount(other) == 1 and await amount(purse) == 0
    assert await amount(purse) == 2


async def test_a_generator_in_a_handed_over_block() -> None:
    purse, other = await Purse().asave(), await Purse().asave()
    async with handed_over(other):
        async for _ in steps(purse):
            other.amount += 1
        assert await amount(other) == 0 and await amount(purse) == 300
    assert await amount(other) == 5


async def test_plain_generators_and_comprehensions_in_a_block() -> None:
    purse = await Purse().asave()

    def numbers() -> Iterator[int]:
        for number in range(3):
            purse.amount += 1
            yield number

    @contextmanager
    def counted() -> Iterator[None]:
        purse.amount += 1
        yield
        purse.amount += 1

    async with purse.apipeline():
        with counted():
            assert [number async for number in _waited(numbers())] == [0, 1, 2]
            purse.coins.extend(str(number) for number in numbers())
        assert await amount(purse) == 0
    assert await amount(purse) == 8 and purse.coins == ["0", "1", "2"]


async def _waited(numbers: Iterator[int]) -> AsyncIterator[int]:
    for number in numbers:
        await anyio.lowlevel.checkpoint()
        yield number
