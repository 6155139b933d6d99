"""The index of a class compared with what it declares, and what `Meta.indexes` says done."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from rapyer_async.clients import driver_of, source_of
from rapyer_async.drivers.protocol import Driver
from rapyer_async.indexes.building import built
from rapyer_async.indexes.standings import Standing, known_of, note, standing_on, unavailable
from rapyer_async.indexes.versions import version_info
from rapyer_core.commands import Command
from rapyer_core.config import RedisConfig
from rapyer_core.errors import IndexMismatchError, ServerError
from rapyer_core.finding import indexes
from rapyer_core.finding.indexes import IndexInfo, OnProgress
from rapyer_core.model import DocumentModel
from rapyer_core.modeling import is_complete
from rapyer_core.search.schema import IndexSchema, index_schema

__all__ = ["ensure", "ensure_all", "replaced", "standing_of"]

log: logging.Logger = logging.getLogger("rapyer")


async def standing_of(cls: type[DocumentModel]) -> Standing:
    """Return what is known of the index of a class; at first use it is looked for, and built.

    Raises:
        IndexUnavailableError: the server cannot have it where the class' documents are.
        IndexMismatchError: another one is there, and `Meta.indexes` is "refuse".
    """
    known = known_of(cls)
    driver = driver_of(cls)
    if known is None or known.driver is not driver or known.is_provisional:
        return await ensure(cls)
    return known if known.lost is None else await replaced(cls, known.lost)


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
        present = await version_info(driver, cls, schema)
        await _check_database(driver, cls)
    except ServerError as error:
        if indexes.is_without_search(error):
            why_not = f"{driver.description} has no search module"
            return note(cls, Standing(driver, None, why_not))
        raise
    if present is None or not present.is_current or not present.is_complete:
        if policy in ("check", "refuse"):
            return note(cls, _unbuilt(cls, driver, present, policy, schema))
        present = await built(driver, cls, schema, on_progress)
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
    return note(cls, await standing_on(driver, present))


async def replaced(cls: type[DocumentModel], before: IndexInfo) -> Standing:
    """Find out what to ask after an index was removed while it was in use.

    Another process has declared something else. Its version is as good where it has all that
    this one had; otherwise this process goes on without one, since two that build in turn
    would never end.
    """
    driver, schema = driver_of(cls), index_schema(cls)
    present = await version_info(driver, cls, schema)
    if present is None:
        return await ensure(cls)
    if present.is_complete and indexes.covers(present, before):
        return note(cls, await standing_on(driver, present))
    why = f"{before.index} was replaced by {present.index}, which is declared in another way"
    return note(cls, Standing(driver, None, why, lost=before))


async def ensure_all(
    classes: Iterable[type[DocumentModel]], source: RedisConfig, on_progress: OnProgress | None
) -> None:
    """See to the indexes of classes that use one client, but for those that can wait.

    A class that names one which is not defined yet waits too, until it is first used.
    """
    for cls in filter(is_complete, classes):
        if index_schema(cls) and cls.Meta.indexes != "lazy" and source_of(cls) is source:
            await ensure(cls, on_progress=on_progress)


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
    known = known_of(cls)
    if known is None or known.why != message:
        log.warning("%s; nothing was changed", message)
    return Standing(driver, None, message, is_provisional=True)


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
