"""Search indexes of model classes: compared with what is declared, built, swapped and described.

Another version is built beside the present one, under a lock that one process holds at a time;
then the name leads to it, in one step, and the old one goes. Nobody who asks meanwhile finds
fewer documents than there are.
"""

from __future__ import annotations

import logging
import uuid
import weakref
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rapyer_core.commands import Command
from rapyer_core.config import RedisConfig
from rapyer_core.documents import walking
from rapyer_core.errors import (
    IndexMismatchError,
    IndexUnavailableError,
    SearchIndexError,
    ServerError,
)
from rapyer_core.finding import indexes
from rapyer_core.finding.indexes import IndexInfo, IndexProgress, OnProgress
from rapyer_core.model import DocumentModel
from rapyer_core.modeling import is_complete
from rapyer_core.replies import finished
from rapyer_core.search.limits import Limits
from rapyer_core.search.schema import IndexSchema, index_schema
from rapyer_core.search.shadows import backfill_operation, shadows_of

from ._seam import shielded, sleep
from .clients import driver_of, source_of
from .drivers.protocol import Driver
from .running import run_each

__all__ = [
    "Standing",
    "create",
    "delete",
    "describe",
    "ensure",
    "ensure_all",
    "forget",
    "note",
    "replaced",
    "standing_of",
    "unavailable",
]

# Seconds between two looks at an index that is being built: at first, and at most.
_PAUSE, _LONGEST_PAUSE = 0.002, 0.25

# Documents in one step of a walk over those that were stored before the index was declared.
_AT_ONCE = 500

_START = b"0"

# For the end of a build that was cancelled.
_CLEANUP_SECONDS = 2.0

_DEFAULTS = Limits()

log: logging.Logger = logging.getLogger("rapyer")


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


async def standing_of(cls: type[DocumentModel]) -> Standing:
    """Return what is known of the index of a class; at first use it is looked for, and built.

    Raises:
        IndexUnavailableError: the server cannot have it where the class' documents are.
        IndexMismatchError: another one is there, and `Meta.indexes` is "refuse".
    """
    known = _standings.get(cls)
    driver = driver_of(cls)
    if known is None or known.driver is not driver or known.is_provisional:
        return await ensure(cls)
    return known if known.lost is None else await replaced(cls, known.lost)


def forget(cls: type[DocumentModel]) -> Standing | None:
    """Look for the index of a class anew when it is next used; return what was known of it."""
    return _standings.pop(cls, None)


def note(cls: type[DocumentModel], standing: Standing) -> Standing:
    """Keep what is known of the index of a class."""
    _standings[cls] = standing
    return standing


async def ensure(
    cls: type[DocumentModel], policy: str = "", on_progress: OnProgress | None = None
) -> Standing:
    """Compare the index of a class with what the class declares, and do what the policy says."""
    driver, policy = driver_of(cls), policy or cls.Meta.indexes
    schema = index_schema(cls)
    why_not = "" if schema else f"no field of {cls.__name__} is declared with Index"
    if driver.is_cluster:
        why_not = "each node of a cluster searches its own keys only"
    if why_not:
        return note(cls, Standing(driver, None, why_not))
    try:
        present = await _info(driver, cls, schema)
        await _check_database(driver, cls)
    except ServerError as error:
        if indexes.is_without_search(error):
            why_not = f"{driver.description} has no search module"
            return note(cls, Standing(driver, None, why_not))
        raise
    if present is None or not present.is_current or not present.is_complete:
        if policy in ("check", "refuse"):
            return note(cls, _unbuilt(cls, driver, present, policy, schema))
        present = await _built(driver, cls, schema, on_progress)
        if present.failures:
            log.warning(
                "%s: the index %s could not take %d documents, and queries will say which; of the "
                "last one, %s, the server says: %s",
                cls.__name__,
                present.index,
                present.failures,
                present.last_failure_key,
                present.last_failure,
            )
    return note(cls, await _standing(driver, present))


async def replaced(cls: type[DocumentModel], before: IndexInfo) -> Standing:
    """Find out what to ask after an index was removed while it was in use.

    Another process has declared something else. Its version is as good where it has all that
    this one had; otherwise this process goes on without one, since two that build in turn
    would never end.
    """
    driver, schema = driver_of(cls), index_schema(cls)
    present = await _info(driver, cls, schema)
    if present is None:
        return await ensure(cls)
    if present.is_complete and indexes.covers(present, before):
        return note(cls, await _standing(driver, present))
    why = f"{before.index} was replaced by {present.index}, which is declared in another way"
    return note(cls, Standing(driver, None, why, lost=before))


async def create(cls: type[DocumentModel], on_progress: OnProgress | None = None) -> IndexInfo:
    """Build the index that a class declares, unless it is there; return it.

    Raises:
        IndexUnavailableError: the class declares none, or the server cannot have it.
    """
    standing = await ensure(cls, "build", on_progress)
    if standing.index is None:
        raise unavailable(cls, standing.why)
    return standing.index


async def delete(cls: type[DocumentModel]) -> bool:
    """Remove the index of a class in all of its versions; return whether there was one."""
    driver = driver_of(cls)
    name, removed = cls.index_name(), False
    try:
        found: Any = await driver.execute(indexes.lists_indexes())
        for index in [*indexes.versions_of(name, found), name]:
            removed = await _dropped(driver, index) or removed
    except ServerError as error:
        if not indexes.is_without_search(error):
            raise
    forget(cls)
    return removed


async def describe(cls: type[DocumentModel]) -> IndexInfo | None:
    """Return the index of a class as it is on the server, None where there is none."""
    try:
        return await _info(driver_of(cls), cls, index_schema(cls))
    except ServerError as error:
        if indexes.is_without_search(error):
            return None
        raise


async def ensure_all(
    classes: Iterable[type[DocumentModel]], source: RedisConfig, on_progress: OnProgress | None
) -> None:
    """See to the indexes of classes that use one client, but for those that can wait.

    A class that names one which is not defined yet waits too, until it is first used.
    """
    for cls in filter(is_complete, classes):
        if index_schema(cls) and cls.Meta.indexes != "lazy" and source_of(cls) is source:
            await ensure(cls, on_progress=on_progress)


def unavailable(cls: type[DocumentModel], why: str) -> IndexUnavailableError:
    """Return the error for an index that is wanted and cannot be used."""
    return IndexUnavailableError(
        f"{cls.__name__} has no index to search by: {why}",
        model=cls.__name__,
        expected=f"the index {cls.index_name()}",
        actual=why,
    )


def _unbuilt(
    cls: type[DocumentModel],
    driver: Driver,
    present: IndexInfo | None,
    policy: str,
    schema: IndexSchema,
) -> Standing:
    wanted = indexes.version_name(cls.index_name(), schema.fingerprint)
    actual = "none" if present is None else present.index
    if present is not None and present.is_current:
        actual += ", which is still being built"
    message = f"{cls.__name__}: the index {wanted} is declared, and on the server is {actual}"
    if policy == "refuse":
        raise IndexMismatchError(
            f'{message}; Meta.indexes is "refuse", so nothing was changed',
            model=cls.__name__,
            expected=wanted,
            actual=actual,
        )
    known = _standings.get(cls)
    if known is None or known.why != message:
        log.warning("%s; nothing was changed", message)
    return Standing(driver, None, message, is_provisional=True)


async def _built(
    driver: Driver, cls: type[DocumentModel], schema: IndexSchema, on_progress: OnProgress | None
) -> IndexInfo:
    """Build a version, or wait until another process has; return it once the name leads to it."""
    name, token, pause = cls.index_name(), uuid.uuid4().hex, _PAUSE
    while True:
        built, is_elsewhere = None, False
        try:
            is_elsewhere = await driver.execute(indexes.take_command(name, token)) is None
            if not is_elsewhere:
                built = await _built_alone(driver, cls, schema, token, on_progress)
        finally:
            # Also where it is not known who has the lock, since the call was cancelled.
            if not is_elsewhere:
                with shielded(_CLEANUP_SECONDS):
                    await driver.execute(indexes.release_command(name, token))
        if built is not None:
            return built
        present = await _info(driver, cls, schema)
        if present is not None and present.is_current and present.is_complete:
            return present
        await sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


async def _built_alone(
    driver: Driver,
    cls: type[DocumentModel],
    schema: IndexSchema,
    token: str,
    on_progress: OnProgress | None,
) -> IndexInfo | None:
    """Build a version under the lock; None where the lock was lost on the way."""
    name = cls.index_name()
    index = indexes.version_name(name, schema.fingerprint)
    if not await _numbers_written(driver, cls, token):
        return None
    try:
        await driver.execute(
            Command(tuple(schema.create_args(index, f"{cls.class_key_initials()}:")))
        )
    except ServerError as error:
        if "already exists" not in str(error).lower():
            raise _refused(cls, error) from error
    if not await _wait_until_built(driver, cls, schema, token, on_progress):
        return None
    try:
        await driver.execute(indexes.alias_command(name, index))
    except ServerError as error:
        if "alias" not in str(error).lower():
            raise
        # The name is an index itself: that of `rapyer` 1, or made by hand.
        await driver.execute(indexes.takes_over_command(name, index))
    found: Any = await driver.execute(indexes.lists_indexes())
    for other in indexes.versions_of(name, found):
        if other != index:
            await _dropped(driver, other)
    return await _info(driver, cls, schema)


async def _numbers_written(driver: Driver, cls: type[DocumentModel], token: str) -> bool:
    """Write what the index needs into documents that were stored without it; see `search.shadows`.

    False where the lock was lost on the way.
    """
    cursor: bytes = _START
    while shadows_of(cls) is not None:
        reply: Any = await driver.execute(walking.scan_command(cls, cursor, _AT_ONCE))
        cursor, found = reply
        writing = [backfill_operation(cls, key) for key in walking.owned_keys(cls, found)]
        operations = [operation for operation in writing if operation is not None]
        _, errors = finished(operations, await run_each(cls, operations))
        if errors:
            raise errors[0]
        if not await driver.execute(indexes.renew_command(cls.index_name(), token)):
            return False
        if cursor == _START:
            break
    return True


async def _wait_until_built(
    driver: Driver,
    cls: type[DocumentModel],
    schema: IndexSchema,
    token: str,
    on_progress: OnProgress | None,
) -> bool:
    index, pause = indexes.version_name(cls.index_name(), schema.fingerprint), _PAUSE
    while True:
        info = await _info(driver, cls, schema, index)
        if info is None:
            return False
        if on_progress is not None:
            on_progress(IndexProgress(cls, index, info.indexed, info.documents))
        if info.is_complete:
            return True
        await sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
        if not await driver.execute(indexes.renew_command(cls.index_name(), token)):
            return False


async def _info(
    driver: Driver, cls: type[DocumentModel], schema: IndexSchema, index: str = ""
) -> IndexInfo | None:
    """Return an index, by default the one that the class' name for it leads to; None for none."""
    name = cls.index_name()
    try:
        reply = await driver.execute(indexes.info_command(index or name))
    except ServerError as error:
        if indexes.is_missing_index(error):
            return None
        raise
    return indexes.info_of(reply, name, schema.fingerprint)


async def _dropped(driver: Driver, index: str) -> bool:
    try:
        await driver.execute(indexes.drop_command(index))
    except ServerError as error:
        if not indexes.is_missing_index(error):
            raise
        return False
    return True


async def _standing(driver: Driver, index: IndexInfo) -> Standing:
    """Return what is known of an index, with what its server cuts short."""
    replies = await driver.execute_many(indexes.LIMIT_COMMANDS)
    limits, most = indexes.limits_of(replies), indexes.most_sorted_of(replies)
    return Standing(driver, index, limits=limits, most_sorted=most)


async def _check_database(driver: Driver, cls: type[DocumentModel]) -> None:
    """Raise unless the documents are where a server can index them.

    Indexes are made for database 0, but seen from every one: asked from another, they would
    answer with documents of that one.
    """
    reply: Any = await driver.execute(Command(("CLIENT", "INFO"), repeatable=True))
    database = indexes.database_of(reply)
    if database:
        raise unavailable(
            cls,
            f"indexes exist for database 0 only, and {driver.description} is database {database}",
        )


def _refused(cls: type[DocumentModel], error: ServerError) -> SearchIndexError:
    return SearchIndexError(
        f"{cls.__name__}: the server refused to make the index {cls.index_name()}: {error}",
        model=cls.__name__,
        expected="an index",
        actual=str(error),
    )
