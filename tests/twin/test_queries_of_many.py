"""Queries that find more than one answer of the server holds: by cursors, all of it, in order."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from rapyer_async import (
    AtomicRedisModel,
    Count,
    Field,
    Index,
    Key,
    hits,
    init_rapyer,
    teardown_rapyer,
)
from rapyer_async.indexes.standings import forget
from rapyer_core.errors import ServerError

from .asking import ask

# A real answer holds ten thousand; that many take long to write for each test.
AT_ONCE = 900
COUNT = 2_600


class SandGrain(AtomicRedisModel):
    number: Key[int]
    group: Index[int]
    place: Index[int | None] = Field(None)
    name: Index[str] = Field("")


def grain(n: int) -> SandGrain:
    place = None if n % 100 == 0 else (n * 7_919) % 1_009
    return SandGrain(number=n, group=n % 4, place=place, name=f"n{n % 3}")


def expected(descending: bool) -> list[int]:
    placed = [n for n in range(COUNT) if n % 100]
    sign = -1 if descending else 1
    placed.sort(key=lambda n: (sign * ((n * 7_919) % 1_009), f"SandGrain:{n}"))
    return [*placed, *sorted(range(0, COUNT, 100), key=str)]


@pytest.fixture
async def filled(server_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """A real server with more documents than one answer holds."""
    monkeypatch.setattr(hits, "MOST_AT_ONCE", AT_ONCE)
    await init_rapyer(server_url, indexes="lazy")
    await SandGrain.ainsert(*map(grain, range(COUNT)))
    yield
    await teardown_rapyer()


def numbers(found: list[SandGrain]) -> list[int]:
    return [int(each.number) for each in found]


async def open_cursors() -> int:
    info = await ask(SandGrain, "FT.INFO", "idx:SandGrain")
    stats = info[info.index(b"cursor_stats") + 1]
    count: int = stats[stats.index(b"index_total") + 1]
    return count


async def test_all_of_many(filled: None) -> None:
    everything = SandGrain.where(SandGrain.group >= 0)
    assert sorted(numbers(await everything.aall())) == list(range(COUNT))
    assert await everything.acount() == COUNT
    assert len(await everything.limit(AT_ONCE + 5).aall()) == AT_ONCE + 5
    assert len(await SandGrain.afind(SandGrain.group >= 0, max_results=7)) == 7
    assert len(await everything.offset(COUNT - 3).aall()) == 3
    rows = await SandGrain.where().aaggregate(SandGrain.group, n=Count())
    assert sorted((row["group"], row["n"]) for row in rows) == [(g, COUNT // 4) for g in range(4)]
    assert await open_cursors() == 0


@pytest.mark.parametrize("descending", [False, True])
async def test_the_first_of_many(filled: None, descending: bool) -> None:
    key = -SandGrain.place if descending else SandGrain.place
    query, order = SandGrain.where(SandGrain.group >= 0).sort(key), expected(descending)
    assert numbers(await query.limit(30).aall()) == order[:30]
    assert numbers(await query.limit(9).offset(500).aall()) == order[500:509]
    assert numbers(await query.limit(COUNT).aall()) == order
    assert numbers(await query.limit(10).offset(COUNT - 50).aall()) == order[-50:-40]
    by_two = await SandGrain.where().sort(SandGrain.name, key).limit(5).aall()
    assert numbers(by_two) == sorted(order, key=lambda n: n % 3)[:5]


async def test_pages_of_many(filled: None) -> None:
    query, order = SandGrain.where().sort(-SandGrain.place), expected(True)
    found, cursor = list[int](), None
    for _ in range(3):
        page = await query.apage(40, after=cursor)
        found, cursor = found + numbers(page.items), page.cursor
    assert found == order[:120]
    page = await query.apage(COUNT - 60, after=cursor)
    assert found + numbers(page.items) == order and page.cursor is None


async def test_a_loop_goes_on_behind_an_index_that_is_replaced(filled: None) -> None:
    seen = list[int]()
    async for each in SandGrain.where(SandGrain.group >= 0):
        seen.append(int(each.number))
        if len(seen) == 10:
            info = await SandGrain.aindex_info()
            assert info is not None
            await ask(SandGrain, "FT.DROPINDEX", info.index)
    assert sorted(seen) == list(range(COUNT))


async def test_a_loop_goes_on_when_its_cursor_is_gone(filled: None) -> None:
    seen, is_first = list[int](), True
    query = SandGrain.where(SandGrain.group >= 0)
    stream = query.__aiter__()
    async for each in stream:
        seen.append(int(each.number))
        if is_first:
            is_first = False
            info = await ask(SandGrain, "FT._LIST")
            # The server gives up cursors that nobody reads; here one is given up for it.
            hits_of_stream: Any = stream._hits
            keys = hits_of_stream._keys
            await ask(SandGrain, "FT.CURSOR", "DEL", info[0], keys._cursor)
    assert sorted(seen) == list(range(COUNT))


async def test_cursors_are_given_up(filled: None) -> None:
    query = SandGrain.where(SandGrain.group >= 0)
    await query.acount()
    for _ in range(3):
        stream = query.__aiter__()
        async for _ in stream:
            break
        assert await open_cursors() == 1
        await stream.aclose()
        assert await open_cursors() == 0
    async for _ in query:
        break
    del stream
    assert await query.acount() == COUNT
    assert await open_cursors() == 0


async def test_an_error_of_the_server_is_not_swallowed(filled: None) -> None:
    await SandGrain.where().acount()
    await ask(SandGrain, "FT.CONFIG", "SET", "MAXSEARCHRESULTS", 100)
    try:
        with pytest.raises(ServerError, match="LIMIT"):
            await SandGrain.where(SandGrain.group >= 0).aall()
    finally:
        await ask(SandGrain, "FT.CONFIG", "SET", "MAXSEARCHRESULTS", 1_000_000)


async def test_a_server_that_sorts_only_some(filled: None) -> None:
    """It would leave the others out without a word, so the documents are read instead."""
    await SandGrain.where().acount()
    await ask(SandGrain, "FT.CONFIG", "SET", "MAXAGGREGATERESULTS", 1_000)
    try:
        forget(SandGrain)
        query = SandGrain.where(SandGrain.group >= 0)
        assert sorted(numbers(await query.aall())) == list(range(COUNT))
        assert len([each async for each in query.where(SandGrain.group < 3)]) == COUNT * 3 // 4
    finally:
        await ask(SandGrain, "FT.CONFIG", "SET", "MAXAGGREGATERESULTS", -1)
