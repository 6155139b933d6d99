"""Who is running, and in which process."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Hashable
from typing import TypeAlias

__all__ = ["RunId", "current_run_id", "current_task_id", "run_is_over", "task_identity"]

RunId: TypeAlias = int  # what current_run_id returns; can be a dict's key


def current_task_id() -> Hashable:
    """Return who is running: equal for the same thread (greenlet), and never again for another.

    The thread itself, since its number may be another thread's once the first one is gone. Where
    a program uses greenlets, several of them may share a thread: only the first is the thread.
    """
    greenlet = sys.modules.get("greenlet")
    if greenlet is not None and greenlet.getcurrent().parent is not None:
        current: Hashable = greenlet.getcurrent()
        return current
    return threading.current_thread()


def task_identity() -> Callable[[], Hashable]:
    """Return what tells who is running."""
    # Greenlets are told apart by what imports their package; most programs have none.
    return current_task_id if "greenlet" in sys.modules else threading.current_thread


def current_run_id() -> RunId:
    """Return in which process this is: what is another's (a connection) must not be used."""
    return os.getpid()


def run_is_over(run_id: RunId) -> bool:
    """Whether `run_id` is another process's, which was forked from there."""
    return run_id != os.getpid()
