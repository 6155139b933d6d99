"""Running functions at the same time: with an end in common, or beside their owner."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, TypeVar

import anyio
import anyio.to_thread
from typing_extensions import Self, TypeVarTuple, Unpack

from rapyer_async._seam.tasks import trio_here

__all__ = ["Background", "TaskGroup", "run_blocking", "task_group"]

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


async def run_blocking(function: Callable[[Unpack[Ts]], T], *args: Unpack[Ts]) -> T:
    """Call a function that blocks without blocking the other tasks."""
    return await anyio.to_thread.run_sync(function, *args)


class Background:
    """A function that runs beside its owner until it is stopped, in no task group.

    So it can be started and stopped anywhere, also in a generator. It must handle its own errors.
    """

    def __init__(self, function: Callable[[Background], Coroutine[Any, Any, None]]) -> None:
        self._scope = anyio.CancelScope()
        self._function = function
        trio = trio_here()
        if trio is not None:
            trio.lowlevel.spawn_system_task(self._run)
        else:
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        with self._scope:
            await self._function(self)

    async def pause(self, seconds: float) -> bool:
        """Let time pass; return whether to go on."""
        await anyio.sleep(seconds)
        return True

    def stop(self) -> None:
        """Let it end; its clean-up may still run when this returns."""
        self._scope.cancel()


class TaskGroup:
    """Runs functions at the same time, and waits for all of them at the end of its block.

    The first error of any of them, or of the block, stops the others and is what is raised:
    by itself, not in a group, as it is with threads.
    """

    def __init__(self) -> None:
        self._group = anyio.create_task_group()

    def start_soon(
        self, function: Callable[[Unpack[Ts]], Coroutine[Any, Any, object]], *args: Unpack[Ts]
    ) -> None:
        """Run `function(*args)` in a task of its own; what it returns is dropped."""
        self._group.start_soon(function, *args)

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        try:
            return await self._group.__aexit__(kind, error, traceback)
        except BaseException as raised:
            first = _first_error(raised)
            if first is None or first is raised:
                raise
            raise first from raised


def _first_error(raised: BaseException) -> BaseException | None:
    """Return the first single error, or None if a cancellation is among them."""
    inner: tuple[BaseException, ...] | None = getattr(raised, "exceptions", None)
    if inner is None:
        return raised if isinstance(raised, Exception) else None
    found = [_first_error(each) for each in inner]
    return None if None in found else found[0]


def task_group() -> TaskGroup:
    """Return a new `TaskGroup`, for `async with`."""
    return TaskGroup()
