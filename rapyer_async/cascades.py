"""Taking lifetimes on from documents to those that they refer to: a round trip for each level."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from rapyer_core.cascades import CascadeResult, CascadeTTL
from rapyer_core.cascading import Cascade, Step, cascade_of
from rapyer_core.errors import RapyerError, ServerError
from rapyer_core.model import DocumentModel
from rapyer_core.replies import explained

from .clients import REGISTRY, driver_of
from .drivers.protocol import Driver
from .running import send_each

__all__ = ["set_and_take_on", "take_on", "take_on_keys"]

log: logging.Logger = logging.getLogger("rapyer")


async def set_and_take_on(
    cls: type[DocumentModel], key: str, seconds: int, otherwise: CascadeTTL
) -> CascadeResult:
    """Set a document's lifetime, and take it on.

    Raises:
        KeyNotFound: there is no document.
    """
    return await _run(cascade_of(cls, [key], seconds, is_set=True, otherwise=otherwise))


async def take_on(cls: type[DocumentModel], keys: Sequence[str]) -> None:
    """Take on the lifetimes of documents of a class, which were started anew.

    What started them has happened, so a failure here is logged and does not raise.
    """
    seconds = cls.rapyer_settings().lifetimes.ttl
    if seconds is None or not keys:
        return
    try:
        await _run(cascade_of(cls, keys, seconds, is_set=False))
    except RapyerError as error:
        log.warning("the lifetime of %s was not taken on: %s", ", ".join(keys), error)


async def take_on_keys(keys: Sequence[str]) -> None:
    """Take on the lifetimes of documents of any classes."""
    classes: dict[type[DocumentModel], list[str]] = {}
    for key in keys:
        cls = REGISTRY.owner_of(key)
        if cls is not None and cls.rapyer_settings().cascades:
            classes.setdefault(cls, []).append(key)
    for cls, own in classes.items():
        await take_on(cls, own)


async def _run(cascade: Cascade) -> CascadeResult:
    while level := cascade.level():
        cascade.take(await _replies(level))
    return cascade.result()


async def _replies(level: Sequence[Step]) -> list[Any]:
    """Return what the steps of a level answer, in one round trip for each database."""
    drivers: dict[int, tuple[Driver, list[Step]]] = {}
    for step in level:
        driver = driver_of(step.cls)
        drivers.setdefault(id(driver), (driver, []))[1].append(step)
    found: dict[str, Any] = {}
    for driver, steps in drivers.values():
        operations = [step.operation() for step in steps]
        for step, reply in zip(steps, await send_each(driver, operations), strict=True):
            if isinstance(reply, ServerError):
                raise explained(reply, step.key, "$") from reply
            found[step.key] = reply
    return [found[step.key] for step in level]
