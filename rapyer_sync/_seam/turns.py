"""Letting time pass, and letting others run."""

from __future__ import annotations

import os
import time
from types import BuiltinFunctionType

__all__ = ["can_give_way", "checkpoint", "checkpoint_if_cancelled", "give_way", "sleep"]


def sleep(seconds: float) -> None:
    """Let `seconds` pass."""
    time.sleep(seconds)


def checkpoint() -> None:
    """Let the others run: threads do so by themselves."""


def give_way() -> None:
    """Let who else is ready run before what is waited for is looked for again."""
    os.sched_yield()


def can_give_way() -> bool:
    """Return whether `give_way` does that: not on Windows, nor to greenlets."""
    return hasattr(os, "sched_yield") and isinstance(time.sleep, BuiltinFunctionType)


def checkpoint_if_cancelled() -> None:
    """Do nothing: a thread is not cancelled."""
