"""Versions of an index on the server: asked about, and removed."""

from __future__ import annotations

from rapyer_async.drivers.protocol import Driver
from rapyer_core.errors import ServerError
from rapyer_core.finding import indexes
from rapyer_core.finding.indexes import IndexInfo
from rapyer_core.model import DocumentModel
from rapyer_core.search.schema import IndexSchema

__all__ = ["dropped", "version_info"]


async def version_info(
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


async def dropped(driver: Driver, index: str) -> bool:
    try:
        await driver.execute(indexes.drop_command(index))
    except ServerError as error:
        if not indexes.is_missing_index(error):
            raise
        return False
    return True
