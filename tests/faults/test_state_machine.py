"""Effects on one document under faults, against a sequential model: none is lost, none doubled.

Beside the twins' `test_interleavings`: tasks that are cancelled anywhere, connections that break.
An effect of which nobody was told is there whole or not at all.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import anyio
import pytest

import rapyer_async
from rapyer_core.errors import DriverError, OutcomeUnknownError
from tests.faults.proxy import Proxy, running_proxy
from tests.twin.interleaving import Ledger, Player, check, checked_at_any_time, queue

Record = Callable[[str, Any], None]


@pytest.fixture
async def key(server_url: str) -> AsyncIterator[str]:
    """The key of an empty ledger; this process looks at it past the faults."""
    await rapyer_async.init_rapyer(server_url, indexes="lazy")
    yield (await Ledger().asave()).key
    await rapyer_async.teardown_rapyer()


@pytest.fixture
def proxy(server_url: str) -> Iterator[Proxy]:
    with running_proxy(server_url) as proxy:
        yield proxy


async def effect(player: Player, ledger: Ledger, amount: int) -> None:
    """One pipeline, of which it may stay unknown whether it ran."""
    mark = player.new_id()
    player.unknown[mark] = amount
    async with ledger.apipeline():
        await queue(player, ledger, mark, amount)
    del player.unknown[mark]
    player.done[mark] = amount
    player.logged.append(mark)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_tasks_that_are_cancelled(
    server_url: str, key: str, seed: int, record_property: Record
) -> None:
    """At any time: in the block, at its end, while the reply is on its way."""
    turns: list[int] = []
    players = [Player(key, number, turns) for number in range(4)]
    cancelled = [0]

    async def play(player: Player, source: random.Random) -> None:
        ledger = await player.ledger()
        for _ in range(60):
            turns.append(player.number)
            shown = ledger.redis_dump()
            with anyio.move_on_after(source.random() * 0.01) as scope:
                await effect(player, ledger, source.randint(1, 9))
            if scope.cancelled_caught:
                cancelled[0] += 1
                # The local model is as before, or has the whole effect.
                now, mark = ledger.redis_dump(), list(player.unknown)[-1:]
                assert now == shown or (mark and mark[0] in ledger.marks)

    async with anyio.create_task_group() as tasks:
        for player in players:
            tasks.start_soon(play, player, random.Random(seed * 10 + player.number))
        tasks.start_soon(checked_at_any_time, key, 50)
    await check(key, players)
    record_property(
        "interleaved", {"programs": 1, "steps": len(turns), "turns": 0, "cancelled": cancelled[0]}
    )


async def test_connections_that_break(
    key: str, proxy: Proxy, record_property: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lost reply leaves the effect unknown, once at most, and the local model as before."""
    monkeypatch.setattr(Ledger.Meta, "redis", proxy.url)
    turns: list[int] = []
    players = [Player(key, number, turns) for number in range(4)]
    lost = [0]
    stop = anyio.Event()

    async def play(player: Player) -> None:
        ledger = await player.ledger()
        for number in range(60):
            turns.append(player.number)
            shown = ledger.redis_dump()
            try:
                await effect(player, ledger, number % 9 + 1)
            except OutcomeUnknownError:
                lost[0] += 1
                assert ledger.redis_dump() == shown
            except DriverError:
                # Nothing was sent.
                mark = list(player.unknown)[-1]
                del player.unknown[mark]
                player.undone.append(mark)
                assert ledger.redis_dump() == shown

    async def cut() -> None:
        source = random.Random(5)
        while not stop.is_set():
            await anyio.sleep(0.03)
            (proxy.cut_replies_after if source.random() < 0.7 else proxy.cut_requests_after)(
                source.randint(1, 3000)
            )

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(cut)
        async with anyio.create_task_group() as inner:
            for player in players:
                inner.start_soon(play, player)
        stop.set()
    monkeypatch.undo()
    assert lost[0] > 0
    for player in players:
        player.own = None
    await check(key, players)
    record_property(
        "interleaved", {"programs": 1, "steps": len(turns), "turns": 0, "lost replies": lost[0]}
    )
