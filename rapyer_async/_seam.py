"""The one place where the asynchronous and the threaded library differ by hand.

`rapyer_sync/_seam.py` exports the same names with the same meaning for threads; everything
else in that package is generated from this one. So nothing else imports asyncio, trio or
anyio, and nothing here decides anything about Redis.

anyio is used wherever its cost does not count. `Wakeup`, `Readiness` and `checkpoint` are on
the path of every command and speak to asyncio and trio directly: with anyio's own events and
cancel scopes in their place a command costs about twice as much.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine, Generator, Hashable
from contextlib import contextmanager, suppress
from functools import partial
from types import TracebackType
from typing import Any, TypeAlias, TypeVar

import anyio
import anyio.lowlevel
import anyio.to_thread
from redis.asyncio import Redis as RedisClient
from redis.asyncio import RedisCluster
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

RunId: TypeAlias = "tuple[int, Any]"  # what current_run_id returns; can be a dict's key

# Waits, and is entered with `async with`. Held across waiting.
Lock = anyio.Lock


def _trio() -> Any:
    """Return the trio module if the current task is trio's.

    Asking trio first is what makes its guest mode work, where an asyncio loop runs below.
    """
    trio = sys.modules.get("trio")
    return trio if trio is not None and trio.lowlevel.in_trio_task() else None


async def sleep(seconds: float) -> None:
    """Let `seconds` pass."""
    await anyio.sleep(seconds)


async def checkpoint() -> None:
    """Let the other tasks run once; a cancellation may arrive here."""
    trio = _trio()
    if trio is not None:
        await trio.lowlevel.checkpoint()
    else:
        await asyncio.sleep(0)


async def give_way() -> None:
    """Let who else is ready run before what is waited for is looked for again."""
    await checkpoint()


def can_give_way() -> bool:
    """Return whether `give_way` does that."""
    return True


async def checkpoint_if_cancelled() -> None:
    """Let a cancellation that is due arrive; go on at once if there is none."""
    trio = _trio()
    if trio is not None:
        await trio.lowlevel.checkpoint_if_cancelled()
        return
    task = asyncio.current_task()
    if sys.version_info < (3, 11) or task is None or task.cancelling():
        await asyncio.sleep(0)
    await anyio.lowlevel.checkpoint_if_cancelled()


def current_task_id() -> Hashable:
    """Return who is running: equal for the same task, and never again for another one.

    The task itself, since an `id()` may be another task's once the first one is gone. In a
    thread without an event loop, which has no tasks, it is the thread.
    """
    trio = _trio()
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
    trio = _trio()
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
    trio = _trio()
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
    if _trio() is not None:
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


async def run_blocking(function: Callable[[Unpack[Ts]], T], *args: Unpack[Ts]) -> T:
    """Call a function that blocks without blocking the other tasks."""
    return await anyio.to_thread.run_sync(function, *args)


async def resolve(host: str, port: int) -> list[tuple[Any, ...]]:
    """Look up a host's stream addresses, as `socket.getaddrinfo` returns them."""
    found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(found)


class StateLock:
    """Guards state that is changed without waiting: only threads need one, so nothing here."""

    __slots__ = ()

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exc_info: object) -> None:
        pass


class Background:
    """A function that runs beside its owner until it is stopped, in no task group.

    So it can be started and stopped anywhere, also in a generator. It must handle its own errors.
    """

    def __init__(self, function: Callable[[Background], Coroutine[Any, Any, None]]) -> None:
        self._scope = anyio.CancelScope()
        self._function = function
        trio = _trio()
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
    trio = _trio()
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


class Readiness:
    """Waits until a non-blocking socket can be read or written.

    One task waits for each direction at a time. On asyncio the socket stays registered
    between waits, and one timer is moved rather than made anew: both would be a system call
    or a heap operation for every command. `forget` ends that before the socket is closed.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._loop: asyncio.AbstractEventLoop | None = None
        self._reading: asyncio.Future[None] | None = None
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._idle_calls = 0

    async def readable(self, seconds: float) -> None:
        """Wait for something to read, or the end of it. Errors: TimeoutError."""
        loop = self._loop
        if loop is None:
            trio = _trio()
            if trio is not None:
                await self._readable_in_trio(trio, seconds)
                return
            loop = self._register()
            if loop is None:
                with anyio.fail_after(seconds):
                    await anyio.wait_readable(self._socket)
                return
        self._reading = loop.create_future()
        self._deadline = loop.time() + seconds
        if self._timer is None or self._timer.when() > self._deadline:
            self._set_timer(loop)
        try:
            await self._reading
        finally:
            self._reading = None

    async def _readable_in_trio(self, trio: Any, seconds: float) -> None:
        with trio.move_on_after(max(0.0, seconds)) as scope:
            await trio.lowlevel.wait_readable(self._socket)
        if scope.cancelled_caught:
            raise TimeoutError

    async def writable(self, seconds: float) -> None:
        """Wait until something can be written. Errors: TimeoutError."""
        with anyio.fail_after(seconds):
            await anyio.wait_writable(self._socket)

    def forget(self) -> None:
        """Let go of the socket; it is about to be closed."""
        loop, self._loop = self._loop, None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if loop is not None and not loop.is_closed():
            loop.remove_reader(self._socket)

    def _register(self) -> asyncio.AbstractEventLoop | None:
        loop = asyncio.get_running_loop()
        try:
            loop.add_reader(self._socket, self._on_readable)
        except NotImplementedError:  # Windows' proactor loop; anyio knows a way
            return None
        self._loop, self._idle_calls = loop, 0
        return loop

    def _set_timer(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = loop.call_at(self._deadline, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        reading, loop = self._reading, self._loop
        if loop is None or reading is None or reading.done():
            return
        if loop.time() < self._deadline:
            self._set_timer(loop)
        else:
            reading.set_exception(TimeoutError())

    def _on_readable(self) -> None:
        reading = self._reading
        if reading is not None:
            self._idle_calls = 0
            if not reading.done():
                reading.set_result(None)
            return
        # The loop calls once more before the woken task has read. A second call means that
        # nobody reads, and the loop would call for ever.
        self._idle_calls += 1
        if self._idle_calls > 1 and self._loop is not None:
            self._loop.remove_reader(self._socket)
            self._loop = None


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
