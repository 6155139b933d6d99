"""Building a version of an index beside the present one, under a lock that one process holds.

Then the name leads to it, in one step, and the old one goes. Nobody who asks meanwhile finds
fewer documents than there are.
"""

from __future__ import annotations

import uuid
from typing import Any

from rapyer_async._seam import shielded, sleep
from rapyer_async.drivers.protocol import Driver
from rapyer_async.indexes.versions import dropped, version_info
from rapyer_async.running import run_each
from rapyer_core.commands import Command
from rapyer_core.documents import walking
from rapyer_core.errors import SearchIndexError, ServerError
from rapyer_core.finding import indexes
from rapyer_core.finding.indexes import IndexInfo, IndexProgress, OnProgress
from rapyer_core.model import DocumentModel
from rapyer_core.replies import finished
from rapyer_core.search.schema import IndexSchema
from rapyer_core.search.shadows import backfill_operation, shadows_of

__all__ = ["built"]

# Seconds between two looks at an index that is being built: at first, and at most.
_PAUSE, _LONGEST_PAUSE = 0.002, 0.25

# Documents in one step of a walk over those that were stored before the index was declared.
_AT_ONCE = 500

_START = b"0"

# For the end of a build that was cancelled.
_CLEANUP_SECONDS = 2.0


async def built(
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
        present = await version_info(driver, cls, schema)
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
            await dropped(driver, other)
    return await version_info(driver, cls, schema)


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
        info = await version_info(driver, cls, schema, index)
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


def _refused(cls: type[DocumentModel], error: ServerError) -> SearchIndexError:
    return SearchIndexError(
        f"{cls.__name__}: the server refused to make the index {cls.index_name()}: {error}",
        model=cls.__name__,
        expected="an index",
        actual=str(error),
    )
