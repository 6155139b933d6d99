"""Reading what references refer to: in one round trip for each level, however many there are."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from rapyer_core.actions import FETCHING
from rapyer_core.bound.references import BoundReference
from rapyer_core.commands import Command
from rapyer_core.documents import loading, reading
from rapyer_core.errors import ServerError
from rapyer_core.fetching import Fetch, Names, Wanted
from rapyer_core.keys import slot_of
from rapyer_core.model import DocumentModel
from rapyer_core.operations import Operation
from rapyer_core.replies import explained

from .cascades import take_on_keys
from .clients import driver_of
from .drivers.protocol import Driver
from .running import send_each

if TYPE_CHECKING:
    from .query import Stream

__all__ = ["fetch_levels", "fetch_target", "fetched_in_batches"]

M = TypeVar("M", bound=DocumentModel)

# Documents in one command: more gain nothing, and hold the server up.
BATCH = 500


async def fetch_levels(
    models: Sequence[DocumentModel], names: Names | None, depth: int | None
) -> None:
    """Fetch what models refer to, and what that refers to.

    Raises:
        DanglingReferenceError: a target is not there; what is there was fetched.
        CorruptedModelError: a target does not validate.
    """
    fetch = Fetch(models, names, depth)
    while (wanted := fetch.level()) is not None:
        fetch.take(await _read(wanted))


async def fetched_in_batches(
    found: AsyncGenerator[M, None] | Stream[M], names: Names
) -> AsyncGenerator[M, None]:
    """Yield the models of another generator, what they refer to fetched for many at a time."""
    batch: list[M] = []
    try:
        async for model in found:
            batch.append(model)
            if len(batch) == BATCH:
                await fetch_levels(batch, names, None)
                for each in batch:
                    yield each
                batch = []
        await fetch_levels(batch, names, None)
        for each in batch:
            yield each
    finally:
        await found.aclose()


async def fetch_target(reference: BoundReference) -> Any:
    """Return the target of a reference, read if it was not before."""
    if not reference.is_resolved:
        wanted = Wanted(reference.rapyer_target_class(), reference.target_key)
        target = (await _read([wanted]))[wanted.key]
        if target is None and not reference.rapyer_rule.missing_is_none:
            raise reference.rapyer_dangling()
        # Another task may have fetched it meanwhile, and has been given that instance.
        if not reference.is_resolved:
            reference.rapyer_resolve(target)
    return reference.rapyer_target


async def _read(wanted: Sequence[Wanted]) -> dict[str, DocumentModel | None]:
    """Read documents of any classes, each database in one round trip; None where there is none."""
    found: dict[str, DocumentModel | None] = {}
    drivers: dict[int, tuple[Driver, list[Wanted]]] = {}
    for each in wanted:
        driver = driver_of(each.cls)
        drivers.setdefault(id(driver), (driver, []))[1].append(each)
    for driver, group in drivers.values():
        texts = await _texts(driver, group)
        for cls, key in group:
            text = texts[key]
            found[key] = None if text is None else loading.loaded(cls, key, text)
    return found


async def _texts(driver: Driver, wanted: Sequence[Wanted]) -> dict[str, bytes | None]:
    """Return the text of each document, None where there is none, in one round trip."""
    scripted, plain = list[Wanted](), list[Any]()
    for each in wanted:
        if reading.is_read_by_script(each.cls):
            scripted.append(each)
        else:
            plain.append(each.key)
    groups = _groups(plain, driver.is_cluster)
    works: list[Command | Operation] = [reading.mget_command(group) for group in groups]
    works += [reading.get_operation(each.cls, each.key) for each in scripted]
    replies = await send_each(driver, works)
    found: dict[str, bytes | None] = {}
    for group, reply in zip(groups, replies, strict=False):
        if isinstance(reply, ServerError):
            raise explained(reply, group[0], "$") from reply
        texts: Any = reply
        found.update(zip(group, reading.mget_texts(texts), strict=True))
    for each, reply in zip(scripted, replies[len(groups) :], strict=True):
        found[each.key] = reading.text_or_none(each.cls, each.key, reply)
    renewed = [each for each in scripted if each.cls.rapyer_lifetime(FETCHING) is not None]
    await take_on_keys([each.key for each in renewed if found[each.key] is not None])
    return found


def _groups(keys: Sequence[Any], in_cluster: bool) -> list[list[Any]]:
    """Return keys as those of one command each: in a cluster of one slot."""
    slots: dict[int, list[Any]] = {}
    for key in keys:
        slots.setdefault(slot_of(key) if in_cluster else 0, []).append(key)
    return [
        group[start : start + BATCH]
        for group in slots.values()
        for start in range(0, len(group), BATCH)
    ]
