"""Coming to an end although the task is cancelled."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import anyio
from typing_extensions import TypeVarTuple, Unpack

from rapyer_async._seam.tasks import trio_here

__all__ = ["shielded", "to_the_end"]

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


@contextmanager
def shielded(seconds: float) -> Generator[None, None, None]:
    """Keep cancellation out of a clean-up, for `seconds` at most."""
    with anyio.move_on_after(seconds, shield=True):
        yield


async def to_the_end(
    function: Callable[[Unpack[Ts]], Coroutine[Any, Any, T]], *args: Unpack[Ts], seconds: float
) -> T:
    """Call a function that a cancellation does not interrupt: it comes when the call has ended.

    A shield alone would not keep asyncio's own `Task.cancel` out, so there the call is a task.

    Errors: TimeoutError when it takes more than `seconds`.
    """
    if trio_here() is not None:
        with anyio.fail_after(seconds, shield=True):
            return await function(*args)
    loop = asyncio.get_running_loop()
    # Started at once where asyncio can do so: else it waits for the loop's next turn.
    options: dict[str, Any] = {"eager_start": True} if sys.version_info >= (3, 12) else {}
    ended = loop.create_future()

    def tell(_: object = None) -> None:
        if not ended.done():
            ended.set_result(None)

    async def called() -> T:
        try:
            return await function(*args)
        finally:
            tell()  # at once: the loop calls what waits for the task's end a turn later

    task: asyncio.Task[T] = asyncio.Task(called(), loop=loop, **options)
    task.add_done_callback(tell)
    timer = loop.call_later(seconds, task.cancel)
    try:
        if not task.done():
            await ended
    except asyncio.CancelledError as error:
        # Behind a shield, since a cancelled scope of anyio would cancel again and again.
        with anyio.CancelScope(shield=True):
            while not task.done():
                with suppress(asyncio.CancelledError):
                    await _end_of(task)
        raise error from (None if task.cancelled() else task.exception())
    finally:
        timer.cancel()
    if task.cancelled():
        raise TimeoutError
    return task.result()


async def _end_of(task: asyncio.Future[Any]) -> None:
    """Wait for a task without cancelling it."""
    ended = asyncio.get_running_loop().create_future()

    def tell(_: object) -> None:
        if not ended.done():
            ended.set_result(None)

    task.add_done_callback(tell)
    await ended
