"""Waiting for sockets, and for the addresses that they are to be connected with."""

from __future__ import annotations

import select
import socket
from typing import Any

__all__ = ["Readiness", "resolve"]


def resolve(host: str, port: int) -> list[tuple[Any, ...]]:
    """Look up a host's stream addresses, as `socket.getaddrinfo` returns them."""
    # Text would be encoded by a module that is imported then; a child that another thread forked
    # in that moment could never import it, and would wait for ever.
    name: str | bytes = host.encode() if host.isascii() else host
    return list(socket.getaddrinfo(name, port, type=socket.SOCK_STREAM))


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
