"""Who is running, and in which run of an event loop."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable, Hashable
from typing import Any, TypeAlias

__all__ = ["RunId", "current_run_id", "current_task_id", "run_is_over", "task_identity"]

RunId: TypeAlias = "tuple[int, Any]"  # what current_run_id returns; can be a dict's key


def trio_here() -> Any:
    """Return the trio module if the current task is trio's.

    Asking trio first is what makes its guest mode work, where an asyncio loop runs below.
    """
    trio = sys.modules.get("trio")
    return trio if trio is not None and trio.lowlevel.in_trio_task() else None


def current_task_id() -> Hashable:
    """Return who is running: equal for the same task, and never again for another one.

    The task itself, since an `id()` may be another task's once the first one is gone. In a
    thread without an event loop, which has no tasks, it is the thread.
    """
    trio = trio_here()
    if trio is not None:
        return trio.lowlevel.current_task()  # type: ignore[no-any-return]  # found at run time, so without a type
    try:
        return asyncio.current_task()
    except RuntimeError:
        return threading.current_thread()


def task_identity() -> Callable[[], Hashable]:
    """Return what tells who is running as `current_task_id` does, only sooner.

    It is for the present kind of event loop: elsewhere it raises RuntimeError, or returns None.
    """
    trio = trio_here()
    if trio is not None:
        return trio.lowlevel.current_task  # type: ignore[no-any-return]  # found at run time, so without a type
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return current_task_id
    return asyncio.current_task


def current_run_id() -> RunId:
    """Return in which run of an event loop, of which process, this is.

    What belongs to another one (a connection) must not be used. The process is part of it,
    since after a fork the child has the same loop objects.
    """
    trio = trio_here()
    if trio is not None:
        return os.getpid(), trio.lowlevel.current_trio_token()
    return os.getpid(), asyncio.get_running_loop()


def run_is_over(run_id: RunId) -> bool:
    """Whether a run that `current_run_id` named has ended, or is the parent process's."""
    process, loop = run_id
    if process != os.getpid():
        return True
    if isinstance(loop, asyncio.AbstractEventLoop):
        return loop.is_closed()
    trio = sys.modules["trio"]
    try:
        # There is no question to ask; this call is trio's documented one from anywhere.
        loop.run_sync_soon(_nothing, idempotent=True)
    except trio.RunFinishedError:
        return True
    return False


def _nothing() -> None:
    pass
