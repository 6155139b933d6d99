"""The documents that match a query: all at once where that is one answer, else batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from rapyer_core.actions import FETCHING
from rapyer_core.commands import Command
from rapyer_core.errors import ServerError
from rapyer_core.finding import commands
from rapyer_core.finding.asked import Asked, Hit, least
from rapyer_core.finding.commands import FEW, FURTHEST, MOST_AT_ONCE, MOST_BYTES, Answer
from rapyer_core.finding.narrowing import behind_cursor, first_attribute, up_to
from rapyer_core.keys import RapyerKey
from rapyer_core.search.compiling import CompiledQuery

from .cascades import take_on
from .clients import driver_of
from .finding import texts_of
from .sources import GivenKeys, Keys, index_for, keys_for, reply_of

__all__ = ["Hits", "collected", "counted", "each", "in_order", "lowest", "renew"]

# Hits that are read on before those that cannot be among the first are dropped.
_ROOM = 5_000


class Hits:
    """Those of some keys' documents that match when they are read."""

    def __init__(self, asked: Asked, keys: Keys) -> None:
        self._asked = asked
        self._keys = keys

    async def more(self) -> list[Hit] | None:
        """Return the next ones, which may be none; None at the end."""
        keys = await self._keys.more()
        if keys is None:
            return None
        return [hit for _, hit in await _read(self._asked, keys) if hit is not None]

    async def aclose(self) -> None:
        """Give up what the server keeps for it."""
        await self._keys.aclose()


class _Ready(Hits):
    """Hits that are at hand."""

    def __init__(self, hits: Sequence[Hit]) -> None:
        self._found: list[Hit] | None = list(hits)

    async def more(self) -> list[Hit] | None:
        found, self._found = self._found, None
        return found

    async def aclose(self) -> None:
        """Nothing is kept anywhere."""


async def _read(asked: Asked, keys: Sequence[RapyerKey]) -> list[tuple[RapyerKey, Hit | None]]:
    texts = await texts_of(asked.cls, keys) if keys else []
    pairs = zip(keys, texts, strict=True)
    return [(key, None if text is None else asked.hit(key, text)) for key, text in pairs]


async def renew(asked: Asked, found: Sequence[Hit]) -> None:
    """Start the lifetimes of documents anew that are handed out, where the model says so."""
    seconds = asked.cls.rapyer_lifetime(FETCHING)
    if seconds is not None and found:
        keys = [key for hit in found for key in (hit.key, *asked.cls.rapyer_companions(hit.key))]
        expiring = [commands.expire_command(key, seconds) for key in keys]
        for reply in await driver_of(asked.cls).execute_many(expiring):
            if isinstance(reply, ServerError):
                raise reply
        if asked.cls.rapyer_settings().cascades:
            await take_on(asked.cls, [hit.key for hit in found])


async def each(asked: Asked) -> Hits:
    """Return what goes through the hits of a query, each once, in its order if it has one."""
    if asked.sort or asked.is_sliced or asked.nearest is not None:
        return await in_order(asked)
    standing = await index_for(asked)
    # A walk may come to a key twice, so its hits are collected first.
    return _Ready(await collected(asked)) if standing.index is None else await in_order(asked)


async def in_order(asked: Asked) -> Hits:
    """Return what goes through the hits of a query, in its order if it has one."""
    if asked.is_sliced or asked.nearest is not None:
        return _Ready(await collected(asked))
    keys = await keys_for(asked)
    if not asked.sort:
        return Hits(asked, keys)
    found = await _gathered(asked, keys, None, _without_text)
    return Hits(asked, GivenKeys([hit.key for hit in least(found, None)]))


def _without_text(hit: Hit) -> Hit:
    return hit._replace(text=b"")


async def collected(asked: Asked) -> list[Hit]:
    """Return the hits of a query, in its order, and the part of them that it asks for."""
    if asked.limit == 0:
        return []
    found = await _at_once(asked)
    if found is not None:
        return found
    if asked.nearest is not None:
        keys = await keys_for(replace(asked, condition=asked.filters))
        return asked.ordered(asked.picked(await _gathered(asked, keys, None)))
    keys = await keys_for(asked)
    if asked.sort and asked.end is not None:
        first = await _first_of_many(asked, asked.end)
        if first is not None:
            return first[asked.offset :]
    return asked.ordered(await _gathered(asked, keys, asked.end))


async def lowest(asked: Asked) -> list[Hit]:
    """Return the first hits in the order of a query and of keys, as many as it asks for."""
    if asked.nearest is not None:
        return least(await collected(replace(asked, limit=None)), asked.limit)
    asked = behind_cursor(asked)
    found = await _at_once(replace(asked, limit=None))
    if found is None and asked.limit is not None:
        found = await _first_of_many(asked, asked.limit)
    if found is None:
        keys = await keys_for(asked)
        found = await _gathered(asked, keys, asked.limit, by_rank=True)
    return least(found, asked.limit)


async def _first_of_many(asked: Asked, count: int) -> list[Hit] | None:
    """Return the first hits of a sort, found by how far they reach in the index.

    None where the index cannot tell, or it would not be worth it.
    """
    position = count - 1
    while (narrow := await _up_to(asked, position)) is not None:
        keys = await keys_for(narrow)
        hits = least(await _gathered(narrow, keys, count, by_rank=True), count)
        # Fewer, where some of those before are no hits: the index is rough, or a page is over.
        if len(hits) == count:
            return hits
        position = 4 * position + 100
    return None


async def _up_to(asked: Asked, position: int) -> Asked | None:
    """Return a query for what the index sorts no further back than to a position, None for all."""
    standing = await index_for(asked)
    query, by = asked.compiled(standing.limits), first_attribute(asked)
    if by is None or standing.index is None or query.is_nothing or asked.nearest is not None:
        return None
    is_descending = asked.sort[0].is_descending

    def build(index: str) -> Command:
        return commands.farthest_command(index, query, by, position, is_descending=is_descending)

    answered = await reply_of(asked, build)
    found = None if answered is None else commands.search_answer(answered[0])
    if found is None or found.total <= MOST_AT_ONCE or not found.texts or found.texts[0] is None:
        return None
    return up_to(asked, found.texts[0])


async def _gathered(
    asked: Asked,
    keys: Keys,
    most: int | None,
    keep: Callable[[Hit], Hit] = lambda hit: hit,
    *,
    by_rank: bool = False,
) -> list[Hit]:
    """Return the hits among some keys, each once; of a sort with a limit only the first."""
    found: dict[RapyerKey, Hit] = {}
    by_rank = by_rank or bool(asked.sort)
    hits = Hits(asked, keys)
    try:
        while (batch := await hits.more()) is not None:
            found.update((hit.key, keep(hit)) for hit in batch)
            if most is None:
                continue
            if not by_rank and len(found) >= most:
                break
            if by_rank and len(found) > most + _ROOM:
                found = {hit.key: hit for hit in least(found.values(), most)}
    finally:
        await hits.aclose()
    return list(found.values())


async def counted(asked: Asked) -> int:
    """Return how many documents match, of the part that is asked for."""
    if asked.limit == 0:
        return 0
    total = await _total(asked)
    if total is None:
        return len(await collected(asked)) if asked.is_sliced else await _counted_one_by_one(asked)
    total = max(0, total - asked.offset)
    return total if asked.limit is None else min(total, asked.limit)


async def _counted_one_by_one(asked: Asked) -> int:
    if asked.nearest is not None:
        return len(await collected(asked))
    return len(await _gathered(asked, await keys_for(asked), None, _without_text))


async def _total(asked: Asked) -> int | None:
    """Return how many documents an index knows to match; None where it does not decide that."""
    standing = await index_for(asked)
    query = asked.compiled(standing.limits)
    if query.is_nothing:
        return 0
    if standing.index is None or not query.is_exact or query.nearest is not None:
        return None
    if asked.shares_prefix:
        return None
    if asked.cls.Meta.ttl is not None:
        # The index counts what has expired until the server removes it; keys tell.
        return await _counted_keys(await keys_for(asked))
    found = await reply_of(asked, lambda index: commands.count_command(index, query))
    return None if found is None else commands.search_answer(found[0]).total


async def _counted_keys(keys: Keys) -> int | None:
    """Return how many keys there are; None where not each of them is that of a match."""
    count = 0
    try:
        while (batch := await keys.more()) is not None:
            count += len(batch)
    finally:
        await keys.aclose()
    return count if keys.is_decided else None


async def _at_once(asked: Asked) -> list[Hit] | None:
    """Return what one answer of the index gives; None where that would not be all."""
    standing = await index_for(asked)
    query = asked.compiled(standing.limits)
    if query.is_nothing:
        return []
    if standing.index is None:
        return None
    # Of documents of another class the nearest are not wanted, so Python picks.
    if query.nearest is not None and (asked.shares_prefix or not commands.is_ranked(query)):
        return None
    found = await _answered(asked, query)
    if found is None:
        return None
    # What is beside a document is not in the index.
    is_more = bool(asked.cls.rapyer_special_fields() and found.keys)
    texts = await texts_of(asked.cls, found.keys) if is_more else found.texts
    pairs = zip(found.keys, texts, strict=True)
    read = (
        None if text is None else asked.hit(key, text, is_sure=query.is_exact and not is_more)
        for key, text in pairs
    )
    hits = [hit for hit in read if hit is not None]
    if _is_part(asked, query):
        return hits
    return asked.ordered(hits if asked.nearest is None else asked.picked(hits))


def _is_part(asked: Asked, query: CompiledQuery) -> bool:
    """Whether the index itself can tell the part of what matches that is asked for."""
    if asked.limit is None or asked.sort or query.nearest is not None or asked.shares_prefix:
        return False
    end = asked.offset + asked.limit
    return query.is_exact and asked.limit <= MOST_AT_ONCE and end <= FURTHEST


async def _answered(asked: Asked, query: CompiledQuery) -> Answer | None:
    """Return one answer that has all that is wanted; None where it would be too large for one."""
    offset, count, is_part = 0, MOST_AT_ONCE, _is_part(asked, query)
    if is_part and asked.limit is not None:
        offset, count = asked.offset, asked.limit
    # A few documents tell how large all of them may be.
    found = await _search(asked, query, offset, min(count, FEW))
    if found is not None and min(count, found.total - offset) > FEW:
        left = min(count, found.total - offset)
        if not is_part and found.total > MOST_AT_ONCE:
            return None
        size = sum(len(text) for text in found.texts if text) / FEW
        found = None if size * left > MOST_BYTES else await _search(asked, query, offset, count)
    if found is None or (not is_part and found.total > MOST_AT_ONCE):
        return None
    # What has expired would be missing from a part, though there are others in its place.
    return None if is_part and None in found.texts else found


async def _search(asked: Asked, query: CompiledQuery, offset: int, count: int) -> Answer | None:
    def build(index: str) -> Command:
        return commands.search_command(index, query, offset, count)

    answered = await reply_of(asked, build)
    return None if answered is None else commands.search_answer(answered[0])
