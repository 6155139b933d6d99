"""What is known of the index of each class on its server."""

from __future__ import annotations

import weakref
from dataclasses import dataclass

from rapyer_async.drivers.protocol import Driver
from rapyer_core.errors import IndexUnavailableError
from rapyer_core.finding import indexes
from rapyer_core.finding.indexes import IndexInfo
from rapyer_core.model import DocumentModel
from rapyer_core.search.limits import Limits

__all__ = ["Standing", "forget", "known_of", "note", "standing_on", "unavailable"]

_DEFAULTS = Limits()


@dataclass(frozen=True)
class Standing:
    """What is known of the index of a class on one server.

    index: the version to ask, None where the class is to be searched without one, and then why.
    examined: how many failures of it were looked into and found to be mended. limits: what the
    server cuts short. left_out: how many failures there were, and a key that it did not know then.
    most_sorted: how many results the server sorts, None for all. lost: the version that was asked
    before another process replaced it. is_provisional: there may be an index by the next time.
    """

    driver: Driver
    index: IndexInfo | None
    why: str = ""
    examined: int = 0
    limits: Limits = _DEFAULTS
    left_out: tuple[tuple[int, str], ...] = ()
    most_sorted: int | None = None
    lost: IndexInfo | None = None
    is_provisional: bool = False


_standings: weakref.WeakKeyDictionary[type, Standing] = weakref.WeakKeyDictionary()


def known_of(cls: type[DocumentModel]) -> Standing | None:
    """Return what is known of the index of a class, None before it was first looked for."""
    return _standings.get(cls)


def forget(cls: type[DocumentModel]) -> None:
    """Look for the index of a class anew when it is next used."""
    _standings.pop(cls, None)


def note(cls: type[DocumentModel], standing: Standing) -> Standing:
    """Keep what is known of the index of a class."""
    _standings[cls] = standing
    return standing


async def standing_on(driver: Driver, index: IndexInfo) -> Standing:
    """Return what is known of an index, with what its server cuts short."""
    replies = await driver.execute_many(indexes.LIMIT_COMMANDS)
    limits, most = indexes.limits_of(replies), indexes.most_sorted_of(replies)
    return Standing(driver, index, limits=limits, most_sorted=most)


def unavailable(cls: type[DocumentModel], why: str) -> IndexUnavailableError:
    """Return the error for an index that is wanted and cannot be used."""
    return IndexUnavailableError(
        f"{cls.__name__} has no index to search by: {why}",
        model=cls.__name__,
        expected=f"the index {cls.index_name()}",
        actual=why,
    )
