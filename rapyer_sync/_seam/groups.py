"""Running functions at the same time: with an end in common, or beside their owner."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar

from typing_extensions import Self, TypeVarTuple, Unpack

__all__ = ["Background", "TaskGroup", "run_blocking", "task_group"]

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


def run_blocking(function: Callable[[Unpack[Ts]], T], *args: Unpack[Ts]) -> T:
    """Call a function that blocks."""
    return function(*args)


class Background:
    """A function that runs beside its owner until it is stopped, in a thread.

    It must handle its own errors. The thread ends with the process at the latest.
    """

    def __init__(self, function: Callable[[Background], None]) -> None:
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=function, args=(self,), daemon=True)
        self._thread.start()

    def pause(self, seconds: float) -> bool:
        """Let time pass; return whether to go on."""
        return not self._stopped.wait(seconds)

    def stop(self) -> None:
        """Let it end; its clean-up may still run when this returns."""
        self._stopped.set()


class TaskGroup:
    """Runs functions at the same time, and waits for all of them at the end of its block.

    The first error of the block or of any of them is raised, when all have ended. A thread
    sees the context variables of the one that started it, as a task does.
    """

    def __init__(self) -> None:
        self._threads: list[threading.Thread] = []
        self._errors: list[BaseException] = []

    def start_soon(self, function: Callable[[Unpack[Ts]], object], *args: Unpack[Ts]) -> None:
        """Run `function(*args)` in a thread of its own; what it returns is dropped."""
        context = contextvars.copy_context()
        thread = threading.Thread(target=context.run, args=(self._run, function, args), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _run(self, function: Callable[..., object], args: tuple[Any, ...]) -> None:
        try:
            function(*args)
        except BaseException as error:  # noqa: BLE001  # raised again by __exit__
            self._errors.append(error)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for thread in self._threads:
            thread.join()
        if error is None and self._errors:
            raise self._errors[0]


def task_group() -> TaskGroup:
    """Return a new `TaskGroup`, for `with`."""
    return TaskGroup()
