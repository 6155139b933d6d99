"""The one place where the threaded and the asynchronous library differ by hand.

`rapyer_async/_seam.py` exports the same names with the same meaning for tasks; everything
else in this package is generated from that one.

Everything is what gevent's monkey patching replaces, so that greenlets wait where threads do.
"""

from __future__ import annotations

import contextvars
import os
import select
import socket
import sys
import threading
import time
from collections.abc import Callable, Generator, Hashable
from contextlib import contextmanager, suppress
from types import BuiltinFunctionType, TracebackType
from typing import Any, TypeAlias, TypeVar

from redis import Redis as RedisClient
from redis import RedisCluster
from typing_extensions import Self, TypeVarTuple, Unpack

__all__ = [
    "Event",
    "Lock",
    "Readiness",
    "RedisClient",
    "RedisCluster",
    "RunId",
    "StateLock",
    "TaskGroup",
    "Wakeup",
    "can_give_way",
    "checkpoint",
    "checkpoint_if_cancelled",
    "current_run_id",
    "current_task_id",
    "give_way",
    "resolve",
    "run_blocking",
    "run_is_over",
    "shielded",
    "sleep",
    "task_group",
    "task_identity",
    "to_the_end",
    "wakeups",
]

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

RunId: TypeAlias = int  # what current_run_id returns; can be a dict's key


# Held across waiting.
Lock = threading.Lock

# Guards state that is changed without waiting. A plain lock, since entering and leaving it
# cannot be torn by an interrupt, as a method of a class of ours could be.
StateLock = threading.Lock


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


@contextmanager
def shielded(seconds: float) -> Generator[None, None, None]:
    """Do nothing: a thread is not cancelled."""
    yield


def to_the_end(function: Callable[[Unpack[Ts]], T], *args: Unpack[Ts], seconds: float) -> T:
    """Call a function: a thread is not cancelled, and what waits in it has its own limits."""
    return function(*args)


def run_blocking(function: Callable[[Unpack[Ts]], T], *args: Unpack[Ts]) -> T:
    """Call a function that blocks."""
    return function(*args)


def resolve(host: str, port: int) -> list[tuple[Any, ...]]:
    """Look up a host's stream addresses, as `socket.getaddrinfo` returns them."""
    # Text would be encoded by a module that is imported then; a child that another thread forked
    # in that moment could never import it, and would wait for ever.
    name: str | bytes = host.encode() if host.isascii() else host
    return list(socket.getaddrinfo(name, port, type=socket.SOCK_STREAM))


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


class Readiness:
    """Waits until a non-blocking socket can be read or written.

    One thread waits for each direction at a time.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._for_reading: Any = None
        self._for_writing: Any = None

    def readable(self, seconds: float) -> None:
        """Wait for something to read, or the end of it. Errors: TimeoutError."""
        if not hasattr(select, "poll"):
            self._select([self._socket], [], seconds)
            return
        if self._for_reading is None:
            self._for_reading = select.poll()
            self._for_reading.register(self._socket, select.POLLIN)
        if not self._for_reading.poll(max(0.0, seconds) * 1000):
            raise TimeoutError

    def writable(self, seconds: float) -> None:
        """Wait until something can be written. Errors: TimeoutError."""
        if not hasattr(select, "poll"):
            self._select([], [self._socket], seconds)
            return
        if self._for_writing is None:
            self._for_writing = select.poll()
            self._for_writing.register(self._socket, select.POLLOUT)
        if not self._for_writing.poll(max(0.0, seconds) * 1000):
            raise TimeoutError

    def forget(self) -> None:
        """Let go of the socket; it is about to be closed."""
        self._for_reading = self._for_writing = None

    def _select(self, reading: list[Any], writing: list[Any], seconds: float) -> None:
        # Windows, which has no poll; a failed connect is told by the third list there.
        if not any(select.select(reading, writing, writing, max(0.0, seconds))):
            raise TimeoutError


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
