"""The index of a class built, removed and described, when a program asks for it."""

from __future__ import annotations

from typing import Any

from rapyer_async.clients import driver_of
from rapyer_async.indexes.ensuring import ensure
from rapyer_async.indexes.standings import forget, unavailable
from rapyer_async.indexes.versions import dropped, version_info
from rapyer_core.errors import ServerError
from rapyer_core.finding import indexes
from rapyer_core.finding.indexes import IndexInfo, OnProgress
from rapyer_core.model import DocumentModel
from rapyer_core.search.schema import index_schema

__all__ = ["create", "delete", "describe"]


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
            removed = await dropped(driver, index) or removed
    except ServerError as error:
        if not indexes.is_without_search(error):
            raise
    forget(cls)
    return removed


async def describe(cls: type[DocumentModel]) -> IndexInfo | None:
    """Return the index of a class as it is on the server, None where there is none."""
    try:
        return await version_info(driver_of(cls), cls, index_schema(cls))
    except ServerError as error:
        if indexes.is_without_search(error):
            return None
        raise
