"""A build or a query that is cancelled at any of its waits leaves nothing that others wait for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest

from rapyer_async import (
    AtomicRedisModel,
    Field,
    Index,
    RedisInt,
    change,
    init_rapyer,
    isolated_models,
    teardown_rapyer,
)
from rapyer_async.clients import driver_of
from rapyer_core.commands import Command
from tests.faults.checkpoints import cancelled_at

MOST_WAITS = 200
COUNT = 1_200


@pytest.fixture
async def models() -> AsyncIterator[None]:
    """No model classes but those of the test, and no client afterwards."""
    with isolated_models():
        yield
        await teardown_rapyer()


def defined() -> Any:
    class Parcel(AtomicRedisModel):
        weight: Index[int]
        town: Index[str] = Field("")
        moves: RedisInt = Field(0)

    return Parcel


async def ask(cls: Any, *args: str) -> Any:
    return await driver_of(cls).execute(Command(args))


async def test_builds(server_url: str, models: None) -> None:
    parcel = defined()
    await init_rapyer(server_url, indexes="lazy")
    await parcel.ainsert(*(parcel(weight=i) for i in range(50)))
    was_cancelled, nth = True, 0
    while was_cancelled:
        nth += 1
        assert nth < MOST_WAITS
        with anyio.fail_after(20):
            was_cancelled, _, _ = await cancelled_at(nth, parcel.acreate_index())
            # Nobody else has to wait for the lease of the one who is gone.
            with anyio.fail_after(10):
                assert (await parcel.acreate_index()).documents == 50
        assert len(await ask(parcel, "FT._LIST")) == 1
        await parcel.adelete_index()
    assert nth > 5
    assert await ask(parcel, "KEYS", "__rapyer*") == []


async def open_cursors(cls: Any) -> int:
    info = await ask(cls, "FT.INFO", cls.index_name())
    stats = info[info.index(b"cursor_stats") + 1]
    count: int = stats[stats.index(b"index_total") + 1]
    return count


async def test_queries(server_url: str, models: None) -> None:
    parcel = defined()
    await init_rapyer(server_url)
    await parcel.ainsert(*(parcel(weight=i) for i in range(COUNT)))
    query = parcel.where(parcel.weight >= 0)

    async def total() -> int:
        (row,) = await query.aaggregate()
        assert row == {}
        return len([each async for each in query])

    was_cancelled, nth = True, 0
    while was_cancelled:
        nth += 1
        assert nth < MOST_WAITS
        with anyio.fail_after(20):
            was_cancelled, found, _ = await cancelled_at(nth, total())
        assert was_cancelled or found == COUNT
    assert nth > 5
    assert await query.acount() == COUNT
    # Those of loops that were left are given up by the next query. Only a call that is cancelled
    # before its answer is there leaves one, and the server gives it up soon.
    assert await open_cursors(parcel) < nth / 2


async def test_changes(server_url: str, models: None) -> None:
    """Each document is changed once or not at all by each call, however it ends."""
    parcel = defined()
    await init_rapyer(server_url)
    await parcel.ainsert(*(parcel(weight=i) for i in range(COUNT)))
    was_cancelled, nth = True, 0
    while was_cancelled:
        nth += 1
        assert nth < MOST_WAITS
        state = f"s{nth}"
        query = parcel.where(parcel.town != state)
        update = query.aupdate(town=state, moves=change.increase(1))
        was_cancelled, result, _ = await cancelled_at(nth, update)
        changed = await parcel.where(parcel.town == state).acount()
        assert was_cancelled or changed == COUNT == result.changed
        finished = await query.aupdate(town=state, moves=change.increase(1))
        assert finished.changed == COUNT - changed
        moves = {row["moves"] for row in await parcel.where().avalues("moves")}
        assert moves == {nth}
    assert nth > 5
