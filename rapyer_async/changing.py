"""Many documents changed by a condition: each in a step that compares the condition again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rapyer_core.batches import Batch, renewed_keys
from rapyer_core.documents import walking
from rapyer_core.errors import ConflictError
from rapyer_core.finding import changes
from rapyer_core.finding.asked import Asked
from rapyer_core.finding.changes import ChangeResult, Examined, Tally
from rapyer_core.keys import RapyerKey
from rapyer_core.operations import Operation
from rapyer_core.search.evaluating import matches

from .cascades import take_on_keys
from .clients import driver_of
from .drivers.protocol import Driver
from .hits import collected
from .running import deliver, deliver_each, run_each
from .sources import GivenKeys, Keys, WalkedKeys, keys_for

__all__ = ["changed"]

Change = Callable[[RapyerKey], list[Operation]]


async def changed(asked: Asked, change: Change) -> ChangeResult:
    """Change every document that a query finds, and return what became of them."""
    tally, seen = Tally(), set[RapyerKey]()
    keys = await _keys(asked)
    try:
        while (batch := await keys.more()) is not None:
            if isinstance(keys, WalkedKeys):
                # A walk may come to a key twice, and a change may not be made twice.
                batch = [key for key in batch if key not in seen]
                seen.update(batch)
            if asked.shares_prefix:
                batch = walking.owned_keys(asked.cls, [key.encode() for key in batch])
            await _change(asked, batch, change, tally)
    finally:
        await keys.aclose()
    return tally.result()


async def _keys(asked: Asked) -> Keys:
    if asked.is_sliced or asked.nearest is not None:
        return GivenKeys([hit.key for hit in await collected(asked)])
    return await keys_for(asked)


async def _change(asked: Asked, keys: Sequence[RapyerKey], change: Change, tally: Tally) -> None:
    """Examine and change documents; those that changed in between are examined anew."""
    for left in range(asked.cls.Meta.max_retries, -1, -1):
        steps = [
            (examined.key, changes.step(examined, change(examined.key)))
            for examined in await _matching(asked, keys)
        ]
        if not steps:
            return
        keys = await _settle(asked, steps, tally, is_last=left == 0)


async def _matching(asked: Asked, keys: Sequence[RapyerKey]) -> list[Examined]:
    members = changes.members_of(asked.filters)
    operations = [changes.examination(key, members) for key in keys]
    examined: list[Examined] = []
    if not operations:
        return examined
    replies: list[Any] = await run_each(asked.cls, operations)
    for operation, reply in zip(operations, replies, strict=True):
        found = changes.examined(operation, reply)
        if found is not None and matches(asked.filters, found.stored(), found.key):
            examined.append(found)
    return examined


async def _settle(
    asked: Asked, steps: Sequence[tuple[RapyerKey, Batch]], tally: Tally, *, is_last: bool
) -> list[RapyerKey]:
    """Run steps, count what became of them, and return the keys that are to be examined anew."""
    driver: Driver = driver_of(asked.cls)
    is_once = asked.cls.rapyer_settings().is_exactly_once
    batches = [batch for _, batch in steps]
    if is_once:
        replies: list[Any] = [await deliver(driver, batch, True) for batch in batches]
    else:
        replies = await deliver_each(driver, batches)
    await take_on_keys(renewed_keys(batches, replies))
    again: list[RapyerKey] = []
    for (key, batch), reply in zip(steps, replies, strict=True):
        error = changes.outcome(batch, reply)
        if error is None:
            tally.changed()
        elif isinstance(error, ConflictError) and not is_last:
            again.append(key)
        elif not changes.is_gone(error):
            tally.failed(key, error)
    return again
