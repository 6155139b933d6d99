"""Letting time pass, and letting others run."""

from __future__ import annotations

import time
from types import BuiltinFunctionType

__all__ = ["checkpoint", "checkpoint_if_cancelled", "lets_others_run", "sleep"]


def sleep(seconds: float) -> None:
    """Let `seconds` pass."""
    time.sleep(seconds)


def checkpoint() -> None:
    """Let the others run: threads do so by themselves."""


def lets_others_run() -> bool:
    """Return whether others run while one looks for something again and again.

    Threads do; greenlets do not, so where gevent has put its own functions in place, one waits.
    """
    return isinstance(time.sleep, BuiltinFunctionType)


def checkpoint_if_cancelled() -> None:
    """Do nothing: a thread is not cancelled."""
