"""Waiting for sockets, and for the addresses that they are to be connected with."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import anyio

from rapyer_async._seam.tasks import trio_here

__all__ = ["Readiness", "resolve"]


async def resolve(host: str, port: int) -> list[tuple[Any, ...]]:
    """Look up a host's stream addresses, as `socket.getaddrinfo` returns them."""
    found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(found)


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
            trio = trio_here()
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
