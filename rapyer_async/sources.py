"""Where the documents of a query come from: its index, or a walk over all keys of the class.

An index is asked together with whether it is whole, in one round trip: what it answers while it
is being built, or with documents left out of it, is not all there is.
"""

from __future__ import annotations

import logging
import time
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from rapyer_core.commands import Command
from rapyer_core.documents import walking
from rapyer_core.errors import IndexIncompleteError, ServerError
from rapyer_core.finding import commands, indexes
from rapyer_core.finding.asked import Asked
from rapyer_core.finding.commands import Signs
from rapyer_core.finding.indexes import IndexInfo
from rapyer_core.keys import RapyerKey
from rapyer_core.model import DocumentModel
from rapyer_core.search.compiling import CompiledQuery

from ._seam import shielded, sleep
from .clients import driver_of
from .drivers.protocol import Driver
from .indexes.ensuring import replaced, standing_of
from .indexes.standings import Standing, note, unavailable

__all__ = ["GivenKeys", "IndexedKeys", "Keys", "WalkedKeys", "index_for", "keys_for", "reply_of"]

# Keys in one answer of a cursor, and in one step of a walk.
_AT_ONCE = 500

# How often a query begins anew, because the index it asked was replaced meanwhile.
_TRIES = 5

# Keys that an error names.
_SHOWN = 10

# Seconds between two looks at an index that is not whole yet.
_PAUSE = 0.05

# For the end of a loop that was cancelled.
_CLEANUP_SECONDS = 2.0

_START = b"0"

log: logging.Logger = logging.getLogger("rapyer")

_warned: weakref.WeakSet[type] = weakref.WeakSet()

# Cursors whose reader went away without a word; the next query gives them up.
_abandoned: deque[tuple[Driver, str, int]] = deque()


async def index_for(asked: Asked) -> Standing:
    """Return what is known of the index of a query, which may be that there is none.

    Raises:
        IndexUnavailableError: there is none, and the query requires one.
    """
    standing = await standing_of(asked.cls)
    if standing.index is None:
        requires = asked.require_index
        if asked.cls.Meta.require_index if requires is None else requires:
            raise unavailable(asked.cls, standing.why)
        if asked.condition is not None and asked.cls not in _warned:
            _warned.add(asked.cls)
            log.warning(
                "queries on %s are answered without an index, by reading every document: %s. "
                "Meta.require_index=True makes that an error",
                asked.cls.__name__,
                standing.why,
            )
    elif asked.wait_for_index is not None:
        await _caught_up(asked, standing.driver, standing.index, asked.wait_for_index)
    return standing


async def reply_of(asked: Asked, build: Callable[[str], Command]) -> tuple[Any, str] | None:
    """Return what a whole index answers, and its name; None where there is none to ask.

    build: makes the question to an index of a name.

    Raises:
        IndexIncompleteError: it does not know of every document.
    """
    standing = await index_for(asked)
    for _ in range(_TRIES):
        index = standing.index
        if index is None:
            return None
        await _give_up_abandoned(standing.driver)
        asking = [indexes.info_command(index.index), build(index.index)]
        info, reply = await standing.driver.execute_many(asking)
        error = next((each for each in (info, reply) if isinstance(each, ServerError)), None)
        if error is None:
            await _check_whole(asked, standing, commands.signs_of(info))
            return reply, index.index
        if not indexes.is_missing_index(error):
            raise error
        standing = await replaced(asked.cls, index)
    raise IndexIncompleteError(
        f"{asked.cls.__name__}: its index was replaced {_TRIES} times while it was asked",
        model=asked.cls.__name__,
        expected="an index that stays for the length of a query",
        actual="one that is replaced again and again",
    )


async def _check_whole(asked: Asked, standing: Standing, signs: Signs) -> None:
    assert standing.index is not None
    index, name = standing.index.index, asked.cls.__name__
    if signs.is_building or signs.indexed < 1:
        raise IndexIncompleteError(
            f"{name}: the index {index} is still being built, {signs.indexed:.0%} is done; "
            "wait_for_index() waits for the rest",
            model=name,
            expected="an index that is built",
            actual=f"{signs.indexed:.0%}",
        )
    if signs.failures == standing.examined:
        return
    known = [key for count, key in standing.left_out if count == signs.failures]
    missing = await _not_indexed(standing.driver, index, known)
    if not missing:
        missing = await _missing(asked.cls, standing.driver, index)
    note(asked.cls, replace(standing, left_out=tuple((signs.failures, key) for key in missing)))
    if not missing:
        # Those that failed were mended or deleted since; the server only ever counts up.
        note(asked.cls, replace(standing, examined=signs.failures))
        return
    error = await _left_out(asked.cls, standing.driver, standing.index, missing)
    if not asked.skip_corrupted:
        raise error
    log.warning("left out of the result: %s", error)


async def _left_out(
    cls: type[DocumentModel], driver: Driver, index: IndexInfo, missing: Sequence[str]
) -> IndexIncompleteError:
    reply = await driver.execute(indexes.info_command(index.index))
    info = indexes.info_of(reply, index.name, index.declared)
    shown = ", ".join(missing[:_SHOWN])
    more = " and more" if len(missing) > _SHOWN else ""
    return IndexIncompleteError(
        f"{cls.__name__}: the index {index.index} leaves out {shown}{more}, since a value in them "
        f"is not of the type that its field is indexed as. The server says of "
        f"{info.last_failure_key}: {info.last_failure}. skip_corrupted() searches the others",
        keys=tuple(missing[:_SHOWN]),
        model=cls.__name__,
        expected="every document in the index",
        actual=info.last_failure,
    )


async def _missing(cls: type[DocumentModel], driver: Driver, index: str) -> list[str]:
    """Return documents that an index does not know, more than are shown at the most."""
    walk, missing = WalkedKeys(cls), list[str]()
    while len(missing) <= _SHOWN:
        keys = await walk.more()
        if keys is None:
            return missing
        missing += await _not_indexed(driver, index, keys)
    return missing


async def _not_indexed(driver: Driver, index: str, keys: Sequence[str]) -> list[str]:
    """Return those of some keys that have a document, which the index does not know."""
    left = await _unknown(driver, index, keys)
    # Once more, since a document may be written or deleted between the two questions.
    there = await driver.execute_many([Command(("EXISTS", key), True) for key in left])
    left = [key for key, is_there in zip(left, there, strict=True) if is_there]
    return await _unknown(driver, index, left)


async def _unknown(driver: Driver, index: str, keys: Sequence[str]) -> list[str]:
    if not keys:
        return []
    known = commands.keys_of_search(await driver.execute(commands.indexed_command(index, keys)))
    return [key for key in keys if key not in known]


async def _caught_up(asked: Asked, driver: Driver, index: IndexInfo, seconds: float) -> None:
    """Wait until an index knows of every document that there was."""
    end = time.monotonic() + seconds
    while True:
        try:
            reply = await driver.execute(indexes.info_command(index.index))
        except ServerError as error:
            if indexes.is_missing_index(error):
                return  # the question itself will find out what there is now
            raise
        signs = commands.signs_of(reply)
        if not signs.is_building and signs.indexed >= 1:
            return
        if time.monotonic() >= end:
            raise IndexIncompleteError(
                f"{asked.cls.__name__}: the index {index.index} was not built in {seconds:g} s; "
                f"{signs.indexed:.0%} is done",
                model=asked.cls.__name__,
                expected="an index that is built",
                actual=f"{signs.indexed:.0%}",
            )
        await sleep(_PAUSE)


async def _give_up_abandoned(driver: Driver) -> None:
    while _abandoned:
        owner, index, cursor = _abandoned.popleft()
        if owner is driver:
            await _end_cursor(driver, index, cursor)


async def _end_cursor(driver: Driver, index: str, cursor: int) -> None:
    try:
        await driver.execute(commands.cursor_end_command(index, cursor))
    except ServerError as error:
        # It was idle for too long, or its index is gone: so is the cursor.
        log.debug("cursor %d of %s was given up by the server already: %s", cursor, index, error)


class Keys:
    """Keys in batches: those of a query's documents, and perhaps of others.

    is_decided: of no others, as far as the index can tell.
    """

    is_decided: bool = False

    async def more(self) -> list[RapyerKey] | None:
        """Return the next batch, which may be empty; None at the end."""
        raise NotImplementedError

    async def aclose(self) -> None:
        """Give up what the server keeps for it."""


class GivenKeys(Keys):
    """Keys that the caller named."""

    def __init__(self, keys: Sequence[RapyerKey]) -> None:
        self._keys = list(keys)
        self._at = 0

    async def more(self) -> list[RapyerKey] | None:
        if self._at >= len(self._keys):
            return None
        start, self._at = self._at, self._at + _AT_ONCE
        return self._keys[start : self._at]


class WalkedKeys(Keys):
    """All keys of a class. One may come twice while keys are written."""

    def __init__(self, cls: type[DocumentModel]) -> None:
        self._cls = cls
        self._cursor: bytes | None = _START

    async def more(self) -> list[RapyerKey] | None:
        if self._cursor is None:
            return None
        command = walking.scan_command(self._cls, self._cursor, _AT_ONCE)
        reply: Any = await driver_of(self._cls).execute(command)
        following, found = reply
        self._cursor = None if following in (_START, 0) else following
        return walking.owned_keys(self._cls, found)


class IndexedKeys(Keys):
    """The keys that an index knew at one moment, in their order, each once."""

    def __init__(self, asked: Asked, query: CompiledQuery, most_sorted: int | None) -> None:
        self._asked = asked
        self._most_sorted = most_sorted
        self._query = query
        self._driver: Driver | None = None
        self._index = ""
        self._cursor: int | None = None
        self._last = ""
        self._walk: WalkedKeys | None = None
        self.is_decided: bool = True

    async def more(self) -> list[RapyerKey] | None:
        if self._walk is not None:
            return self._unseen(await self._walk.more())
        if self._cursor is None:
            return await self._begin()
        if not self._cursor:
            return None
        assert self._driver is not None
        try:
            command = commands.cursor_command(self._index, self._cursor, _AT_ONCE)
            reply = await self._driver.execute(command)
        except ServerError as error:
            # Nobody read for too long, or the index was replaced: go on behind the last key.
            log.debug("a cursor of %s ended: %s", self._index, error)
            return await self._begin()
        return self._taken(reply)

    async def _begin(self) -> list[RapyerKey] | None:
        self._driver = driver_of(self._asked.cls)
        while True:
            counted = await reply_of(
                self._asked, lambda index: commands.count_command(index, self._query)
            )
            total = 0 if counted is None else commands.search_answer(counted[0]).total
            most = commands.room_for(total)
            answered = None
            if counted is not None and (self._most_sorted is None or total < self._most_sorted):
                answered = await reply_of(self._asked, self._snapshot_of(most))
            if answered is None:
                # The index is gone for good, or the server would cut its answer without a word.
                # The caller compares every document anyway.
                self._walk = WalkedKeys(self._asked.cls)
                self.is_decided = False
                return []
            reply, self._index = answered
            if not commands.is_cut(reply, most):
                return self._taken(reply)
            await _end_cursor(self._driver, self._index, commands.keys_of_cursor(reply)[1])

    def _snapshot_of(self, most: int) -> Callable[[str], Command]:
        return lambda index: commands.snapshot_command(index, self._query, most, _AT_ONCE)

    def _taken(self, reply: Any) -> list[RapyerKey]:
        keys, self._cursor = commands.keys_of_cursor(reply)
        keys = self._unseen(keys) or []
        self._last = keys[-1] if keys else self._last
        return keys

    def _unseen(self, keys: list[RapyerKey] | None) -> list[RapyerKey] | None:
        if keys is None or not self._last:
            return keys
        last = self._last.encode()
        return [key for key in keys if key.encode() > last]

    async def aclose(self) -> None:
        cursor, self._cursor = self._cursor, 0
        if cursor and self._driver is not None:
            with shielded(_CLEANUP_SECONDS):
                await _end_cursor(self._driver, self._index, cursor)

    def __del__(self) -> None:
        if self._cursor and self._driver is not None:
            _abandoned.append((self._driver, self._index, self._cursor))


async def keys_for(asked: Asked) -> Keys:
    """Return the keys among which those of a query are."""
    standing = await index_for(asked)
    if standing.index is None:
        return WalkedKeys(asked.cls)
    return IndexedKeys(asked, asked.compiled(standing.limits), standing.most_sorted)
