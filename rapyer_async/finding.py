"""Many documents: read by key or by a walk over the keys, written and deleted in batches."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Sequence
from itertools import islice
from typing import Any, TypeVar

from rapyer_core.actions import FETCHING
from rapyer_core.commands import Command
from rapyer_core.completing import completed
from rapyer_core.document_keys import whole_key
from rapyer_core.documents import deleting, loading, reading, walking, writing
from rapyer_core.errors import CorruptedModelError, ServerError
from rapyer_core.keys import RapyerKey
from rapyer_core.model import DocumentModel
from rapyer_core.operations import Operation
from rapyer_core.replies import explained, finished
from rapyer_core.results import DeleteResult
from rapyer_core.scopes import active_scope
from rapyer_core.search.conditions import Condition
from rapyer_core.search.evaluating import matches

from .clients import DEFAULTS, REGISTRY, driver_of
from .running import run, run_each

__all__ = [
    "collect",
    "delete_key",
    "delete_many",
    "delete_model",
    "documents_of",
    "exists",
    "insert",
    "keys",
    "keys_and_conditions",
    "texts_of",
]

M = TypeVar("M", bound=DocumentModel)

# Documents in one read or write. Larger batches gain nothing (measured from 100 to 5,000) and
# hold more in memory.
BATCH = 500

_START = b"0"

log: logging.Logger = logging.getLogger("rapyer")


async def collect(found: AsyncGenerator[M, None], most: int | None) -> list[M]:
    """Return what a generator yields, `most` at the most, and close it."""
    models: list[M] = []
    try:
        if most == 0:
            return models
        async for model in found:
            models.append(model)
            if len(models) == most:
                break
    finally:
        await found.aclose()
    return models


def keys_and_conditions(
    cls: type[M], given: Sequence[Any]
) -> tuple[list[RapyerKey], list[Condition]]:
    """Return what is a key, pk or model of what was given, as whole keys, and the conditions.

    Raises:
        UnsupportedArgumentTypeError: something is neither.
    """
    conditions = [each for each in given if isinstance(each, Condition)]
    keys = [whole_key(cls, each) for each in given if not isinstance(each, Condition)]
    return keys, conditions


async def documents_of(
    cls: type[M],
    wanted: Sequence[RapyerKey],
    condition: Condition | None = None,
    *,
    skip_missing: bool,
    skip_corrupted: bool,
) -> AsyncGenerator[M, None]:
    """Yield the documents of keys in their order, those that meet a condition.

    Without keys, every document of the class.
    """
    if wanted:
        for batch in _batches(wanted):
            for model in await _read(cls, batch, skip_missing, skip_corrupted, condition):
                yield model
        return
    cursor: bytes | None = _START
    while cursor is not None:
        cursor, batch = await _walk_on(cls, cursor)
        # A key may vanish between the walk and the read: that is no missing document.
        for model in await _read(cls, batch, True, skip_corrupted):
            yield model


async def keys(cls: type[M], most: int | None) -> list[RapyerKey]:
    """Return the keys of a class' documents, `most` at the most."""
    found: dict[RapyerKey, None] = {}
    cursor: bytes | None = _START
    while cursor is not None and (most is None or len(found) < most):
        cursor, batch = await _walk_on(cls, cursor)
        found.update(dict.fromkeys(batch))
    return list(islice(found, most))


async def exists(cls: type[M], key: RapyerKey) -> bool:
    """Return whether there is a document at a key."""
    return bool(await driver_of(cls).execute(Command(("EXISTS", key), repeatable=True)))


async def insert(models: Sequence[M]) -> list[M]:
    """Write models whole, and return them.

    Raises:
        ServerError: one was refused; those that were written are known to be stored.
    """
    writes = [writing.put_write(model, "any") for model in models]
    done = 0
    try:
        for batch in _batches(writes, _size_of_step(models, BATCH)):
            operations = [write.operation for write in batch]
            await _finish_each(type(models[done]), operations)
            done += len(batch)
    finally:
        for write in writes[done:]:
            write.revert()
    return list(models)


async def delete_key(cls: type[M], key: RapyerKey) -> bool:
    """Delete the document of a key."""
    was_there: bool = await run(cls, deleting.delete_operation(cls, key))
    return was_there


async def delete_model(model: DocumentModel) -> bool:
    """Delete a model's document; the model counts as never saved afterwards."""
    operation = deleting.delete_operation(type(model), deleting.key_to_delete(model), model)
    was_there: bool = await run(type(model), operation)
    return was_there


async def delete_many(cls: type[M], targets: Sequence[RapyerKey]) -> DeleteResult:
    """Delete the documents of keys."""
    models = keys = 0
    size = cls.Meta.max_delete_per_transaction
    for batch in _batches(list(dict.fromkeys(targets)), _size_of_step(targets, size)):
        operations = [deleting.counted_delete(cls, key) for key in batch]
        for removed in await _finish_each(cls, operations):
            models, keys = models + removed.documents, keys + removed.keys
    return DeleteResult(models_deleted=models, keys_deleted=keys)


def _size_of_step(items: Sequence[Any], size: int) -> int:
    """Return how many items one step takes: in a pipeline all, which are queued all or none."""
    return size if active_scope(DEFAULTS) is None else max(1, len(items))


async def _finish_each(cls: type[M], operations: Sequence[Operation]) -> list[Any]:
    """Run operations in one round trip, each for itself; in a pipeline, queue them.

    Raises:
        RapyerError: the first that failed, after all were settled.
    """
    scope = active_scope(cls.__rapyer_defaults__)
    if scope is not None:
        return scope.add_all(operations, cls)
    results, errors = finished(operations, await run_each(cls, operations))
    if errors:
        raise completed(errors[0], REGISTRY)
    return results


async def _walk_on(cls: type[M], cursor: bytes) -> tuple[bytes | None, list[RapyerKey]]:
    """Return the next cursor of a walk over a class' keys, None at its end, and keys found.

    No generator: one inside another would be left open when the outer one is closed.
    """
    reply: Any = await driver_of(cls).execute(walking.scan_command(cls, cursor, BATCH))
    following, found = reply
    return None if following in (_START, 0) else following, walking.owned_keys(cls, found)


async def _read(
    cls: type[M],
    batch: Sequence[RapyerKey],
    skip_missing: bool,
    skip_corrupted: bool,
    condition: Condition | None = None,
) -> list[M]:
    models: list[M] = []
    if not batch:
        return models
    for key, text in zip(batch, await _texts(cls, batch), strict=True):
        if text is None:
            if not skip_missing:
                raise loading.absent(cls, key)
            continue
        if not matches(condition, text, key):
            continue
        try:
            models.append(loading.loaded(cls, key, text))
        except CorruptedModelError as error:
            if not skip_corrupted:
                raise
            log.warning("left out of the result: %s", error)
    return models


async def _texts(cls: type[M], batch: Sequence[RapyerKey]) -> list[bytes | None]:
    """Return the text of each key's document, None where there is none; lifetimes start anew."""
    if cls.rapyer_lifetime(FETCHING) is None:
        return await texts_of(cls, batch)
    return await _texts_by(cls, [reading.get_operation(cls, key) for key in batch])


async def texts_of(cls: type[DocumentModel], batch: Sequence[RapyerKey]) -> list[bytes | None]:
    """Return the text of each key's document, None where there is none; lifetimes go on."""
    # In a cluster each key by itself: of keys elsewhere, JSON.MGET says that there is nothing.
    if cls.rapyer_special_fields() or driver_of(cls).is_cluster:
        operations = [reading.get_operation(cls, key)._replace(lifetime=None) for key in batch]
        return await _texts_by(cls, operations)
    try:
        texts: Any = await driver_of(cls).execute(reading.mget_command(batch))
    except ServerError as error:
        raise explained(error, batch[0], "$") from error
    return reading.mget_texts(texts)


async def _texts_by(
    cls: type[DocumentModel], operations: Sequence[Operation]
) -> list[bytes | None]:
    replies = await run_each(cls, operations)
    return [
        reading.text_or_none(cls, RapyerKey(operation.key), reply)
        for operation, reply in zip(operations, replies, strict=True)
    ]


def _batches(items: Sequence[Any], size: int = BATCH) -> list[Any]:
    return [items[start : start + size] for start in range(0, len(items), size)]
