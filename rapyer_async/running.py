"""Sending what core built, and handing core what came back.

One call is one script: where the server does not know it, nothing has run, so the same call
is sent again with its text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rapyer_core.batches import Batch, renewed
from rapyer_core.commands import Command, Reply
from rapyer_core.completing import completed
from rapyer_core.errors import (
    ConflictError,
    ConnectionFailedError,
    OutcomeUnknownError,
    RapyerError,
    ServerError,
)
from rapyer_core.model import DocumentModel
from rapyer_core.operations import Computation, Operation
from rapyer_core.paths import display
from rapyer_core.places import Route
from rapyer_core.replies import explained
from rapyer_core.scopes import active_scope, is_any_open
from rapyer_core.search.shadows import refreshed

from ._seam import sleep
from .clients import REGISTRY, driver_of
from .drivers.protocol import Driver

__all__ = [
    "deliver",
    "deliver_each",
    "perform",
    "run",
    "run_batch",
    "run_each",
    "send",
    "send_each",
]

# Seconds between the tries to learn what came of a write, where it is to run exactly once. The
# driver's own tries to connect come on top; all together stay below `REMEMBERED`.
PAUSES = (0.05, 0.2, 0.8, 2.0, 5.0)

# A tenth of what a connection takes into its queue (`rapyer_core.urls`), which others use as well.
MOST_AT_ONCE = 10_000


async def perform(
    value: Any, method: str, build: Callable[..., Any], *args: Any, **named: Any
) -> Any:
    """Run a method of a value that has a place: on the server, or locally while it is not there.

    `build` makes the work from the value's route and the arguments.
    """
    route: Route | None = value.rapyer_route()
    if route is None:
        return value.rapyer_unstored(method, *args, **named)
    cls, work = type(route.root), build(route, *args, **named)
    settings = cls.rapyer_settings()
    if is_any_open() or settings.is_special or isinstance(work, Computation):
        return await run(cls, work)
    # What most calls are, without another coroutine around it.
    driver: Driver = settings.driver or driver_of(cls)
    try:
        try:
            reply = await driver.execute(work.by_sha())
        except ServerError as error:
            return work.finish(await _send_again(driver, work, error))
        return work.finish(work.answered(reply))
    except RapyerError as error:
        completed(error, REGISTRY, work)
        raise


async def run(cls: type[DocumentModel], work: Operation | Computation) -> Any:
    """Run work on a document of a class and return its result; in a pipeline, queue it."""
    try:
        scope = active_scope(cls.__rapyer_defaults__)
        if scope is not None and not work.is_read:
            return scope.add(work, cls)
        return await _run_now(cls, work)
    except RapyerError as error:
        completed(error, REGISTRY, work)
        raise


async def _run_now(cls: type[DocumentModel], work: Operation | Computation) -> Any:
    driver, settings = driver_of(cls), cls.rapyer_settings()
    if settings.cascades and work.lifetime is not None:
        return await _run_and_cascade(cls, work)
    work = refreshed(cls, work)
    if isinstance(work, Computation):
        return await _compute(cls, work)
    if settings.is_exactly_once and not work.is_read:
        return (await run_batch(driver, Batch((work,), True), True))[0]
    return work.finish(await send(driver, work))


async def _run_and_cascade(cls: type[DocumentModel], work: Operation | Computation) -> Any:
    """Run work that starts a lifetime anew, and take that on to what the document refers to."""
    from .cascades import take_on  # which sends as well

    if isinstance(work, Computation):
        result = await _compute(cls, work)
        key: str = work.route.place.key
    else:
        replies = await run_each(cls, (work,), takes_on=False)
        reply, key = replies[0], work.key
        if isinstance(reply, ServerError):
            raise explained(reply, key, display(work.path)) from reply
        result = work.finish(reply)
    await take_on(cls, [key])
    return result


async def run_each(
    cls: type[DocumentModel], operations: Sequence[Operation], *, takes_on: bool = True
) -> list[Reply | ServerError]:
    """Run operations in one round trip, each for itself, and return their replies.

    takes_on: where they start lifetimes anew, take that on to what the documents refer to.
    """
    if not operations:
        return []
    driver, settings = driver_of(cls), cls.rapyer_settings()
    operations = [refreshed(cls, operation) for operation in operations]
    replies: list[Reply | ServerError]
    if settings.is_exactly_once:
        batch = Batch(operations, False)
        replies = list(batch.replies(await deliver(driver, batch, True)))
    else:
        replies = await send_each(driver, operations)
    if takes_on and settings.cascades:
        from .cascades import take_on  # which sends as well

        await take_on(cls, renewed(operations, replies))
    return replies


async def send_each(
    driver: Driver, works: Sequence[Operation | Command]
) -> list[Reply | ServerError]:
    """Send operations and plain commands in one round trip, and return their replies.

    More than `MOST_AT_ONCE` take several, since a connection's queue has an end.
    """
    if len(works) > MOST_AT_ONCE:
        parts = [works[i : i + MOST_AT_ONCE] for i in range(0, len(works), MOST_AT_ONCE)]
        return [reply for part in parts for reply in await send_each(driver, part)]
    sent = await driver.execute_many(
        [work if isinstance(work, Command) else work.by_sha() for work in works]
    )
    replies = [
        reply
        if isinstance(work, Command) or isinstance(reply, ServerError)
        else work.answered(reply)
        for work, reply in zip(works, sent, strict=True)
    ]
    unknown = {
        i: work.by_source()
        for i, work in enumerate(works)
        if isinstance(work, Operation) and _is_unknown_script(replies[i])
    }
    if unknown:
        again = await driver.execute_many(list(unknown.values()))
        for i, reply in zip(unknown, again, strict=True):
            replies[i] = reply
    return replies


async def send(driver: Driver, operation: Operation) -> Reply:
    """Send one operation and return its reply."""
    try:
        return operation.answered(await driver.execute(operation.by_sha()))
    except ServerError as error:
        return await _send_again(driver, operation, error)


async def _send_again(driver: Driver, operation: Operation, refusal: ServerError) -> Reply:
    """Send an operation whose script the server did not know, with its text; else raise."""
    if _is_unknown_script(refusal):
        try:
            return await driver.execute(operation.by_source())
        except ServerError as error:
            refusal = error
    raise explained(refusal, operation.key, display(operation.path)) from refusal


async def run_batch(driver: Driver, batch: Batch, is_once: bool) -> list[Any]:
    """Run a batch and return the results of its operations."""
    return batch.results(await deliver(driver, batch, is_once))


async def deliver_each(driver: Driver, batches: Sequence[Batch]) -> list[Reply | ServerError]:
    """Send batches in one round trip, each a step of its own, and return their replies."""
    replies = await driver.execute_many([batch.by_sha() for batch in batches])
    unknown = [i for i, reply in enumerate(replies) if _is_unknown_script(reply)]
    if unknown:
        again = await driver.execute_many([batches[i].by_source() for i in unknown])
        for i, reply in zip(unknown, again, strict=True):
            replies[i] = reply
    return replies


async def deliver(driver: Driver, batch: Batch, is_once: bool) -> Reply:
    """Send a batch in one step and return its reply.

    is_once: send it again as long as its reply is lost; it runs once all the same.

    Raises:
        OutcomeUnknownError: the reply was lost; with `is_once`, each time.
    """
    if not is_once:
        return await _send_batch(driver, batch)
    batch, lost = batch.run_once(), None
    for pause in (*PAUSES, None):
        try:
            return await _send_batch(driver, batch)
        except OutcomeUnknownError as error:
            lost = error
        except ConnectionFailedError:
            # Nothing was sent this time; what came of an earlier time is still to be found out.
            if lost is None:
                raise
        if pause is not None:
            await sleep(pause)
    assert lost is not None
    raise lost


async def _send_batch(driver: Driver, batch: Batch) -> Reply:
    try:
        try:
            return await driver.execute(batch.by_sha())
        except ServerError as error:
            if not _is_unknown_script(error):
                raise
            return await driver.execute(batch.by_source())
    except ServerError as error:
        raise explained(error, batch.operations[0].key, "$") from error


def _is_unknown_script(reply: Reply | ServerError) -> bool:
    return isinstance(reply, ServerError) and reply.code == "NOSCRIPT"


async def _compute(cls: type[DocumentModel], work: Computation) -> Any:
    driver, tries = driver_of(cls), cls.Meta.max_retries
    is_once = cls.rapyer_settings().is_exactly_once
    reading = work.reading()
    for _ in range(tries):
        seen = reading.finish(await send(driver, reading))
        text, settle = work.change(seen)
        swap = refreshed(cls, work.swapping(seen, text))
        if (await run_batch(driver, Batch((swap,), True), is_once))[0]:
            return settle()
    path = display(work.route.path)
    raise ConflictError(
        f"{work.route.place.key} {path}: somebody else changed it each of {tries} times; "
        "nothing was written",
        key=work.route.place.key,
        path=path,
        expected="an unchanged value",
        actual="a changed one",
    )
