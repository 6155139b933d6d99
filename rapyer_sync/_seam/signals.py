"""One waits for what another says: locks, events, wake-ups."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

__all__ = ["Event", "Lock", "StateLock", "Wakeup", "wakeups"]

# Held across waiting.
Lock = threading.Lock

# Guards state that is changed without waiting. A plain lock, since entering and leaving it
# cannot be torn by an interrupt, as a method of a class of ours could be.
StateLock = threading.Lock


class Event:
    """Set once, for any number of waiters."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        self._event.set()

    def is_set(self) -> bool:
        return self._event.is_set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it is set, at most for `seconds`; return whether it is."""
        return self._event.wait(seconds)


class Wakeup:
    """One waits once, anybody rings. A ring before the wait counts.

    `wait` also ends after `seconds`: an interrupt can stop the one who would ring at any
    point. A bare lock, which is a tenth of what a `threading.Event` costs.
    """

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()

    def ring(self) -> None:
        with suppress(RuntimeError):  # rung already
            self._lock.release()

    def wait(self, seconds: float) -> bool:
        """Return whether it was rung."""
        return self._lock.acquire(timeout=max(0.0, seconds))


def wakeups() -> Callable[[], Wakeup]:
    """Return what makes `Wakeup`s."""
    return Wakeup
