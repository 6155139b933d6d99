"""One waits for what another says: locks, events, wake-ups."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from functools import partial
from typing import Any

import anyio

from rapyer_async._seam.tasks import trio_here

__all__ = ["Event", "Lock", "StateLock", "Wakeup", "wakeups"]

# Waits, and is entered with `async with`. Held across waiting.
Lock = anyio.Lock


class StateLock:
    """Guards state that is changed without waiting: only threads need one, so nothing here."""

    __slots__ = ()

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exc_info: object) -> None:
        pass


class Event:
    """Set once, for any number of waiters."""

    def __init__(self) -> None:
        self._event = anyio.Event()

    def set(self) -> None:
        self._event.set()

    def is_set(self) -> bool:
        return self._event.is_set()

    async def wait(self, seconds: float | None = None) -> bool:
        """Wait until it is set, at most for `seconds`; return whether it is."""
        with anyio.move_on_after(seconds):
            await self._event.wait()
        return self._event.is_set()


class Wakeup:
    """One waits once, anybody rings. A ring before the wait counts.

    `wait` also ends after `seconds`, in threads alone: there an interrupt can stop the one
    who would ring at any point, which here only happens in a wait.
    """

    __slots__ = ("_future",)

    def __init__(self, new_future: Callable[[], asyncio.Future[bool] | _TrioFuture]) -> None:
        self._future = new_future()

    def ring(self) -> None:
        if not self._future.done():
            self._future.set_result(True)

    def wait(self, seconds: float) -> Awaitable[bool]:
        """Return whether it was rung."""
        return self._future


def wakeups() -> Callable[[], Wakeup]:
    """Return what makes `Wakeup`s, in the present run of an event loop."""
    trio = trio_here()
    if trio is None:
        return partial(Wakeup, asyncio.get_running_loop().create_future)
    return partial(Wakeup, partial(_TrioFuture, trio))


class _TrioFuture:
    """What `Wakeup` needs of an asyncio future, for a trio task."""

    __slots__ = ("_done", "_task", "_trio")

    def __init__(self, trio: Any) -> None:
        self._trio = trio
        self._task: Any = None
        self._done = False

    def done(self) -> bool:
        return self._done

    def set_result(self, result: bool) -> None:
        self._done = True
        task, self._task = self._task, None
        if task is not None:
            self._trio.lowlevel.reschedule(task)

    def __await__(self) -> Generator[Any, Any, bool]:
        if not self._done:
            self._task = self._trio.lowlevel.current_task()
            yield from self._trio.lowlevel.wait_task_rescheduled(self._abort).__await__()
        return True

    def _abort(self, _: object) -> Any:
        self._task = None
        return self._trio.lowlevel.Abort.SUCCEEDED
