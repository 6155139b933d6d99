"""A non-blocking socket, plain or under TLS, that sends and receives what it can at once.

What waits is only `readable` and `writable`. So an interrupted wait has never sent or
received anything, and how much was sent is known exactly.
"""

from __future__ import annotations

import contextlib
import socket
import ssl

from rapyer_async._seam import Readiness, StateLock

__all__ = ["PlainSocket", "Stream", "TlsSocket", "TlsStream"]

_RECEIVE = 256 * 1024
# One TLS record (RFC 8446, 5.1). A longer send may be stopped after some of its records
# left, and then how much the server has is unknown.
_RECORD = 16 * 1024


class PlainSocket(socket.socket):
    """A socket that is closed with its last reference, without a warning.

    That is how connections end whose event loop has ended: nothing is left that could
    close them in an orderly way, and the server does not need it.
    """

    def __del__(self) -> None:
        self.close()


class TlsSocket(ssl.SSLSocket):
    """The same under TLS."""

    def __del__(self) -> None:
        self.close()


class Stream:
    """A connected socket. One caller sends and one receives at a time."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._readiness = Readiness(sock)

    def send_now(self, data: memoryview) -> int:
        """Send what fits into the socket's buffer; 0 if nothing does. Errors: OSError."""
        try:
            return self._socket.send(data)
        except BlockingIOError:
            return 0

    def receive_now(self) -> bytes | None:
        """Return what is there: None if nothing is, b"" at the end. Errors: OSError."""
        try:
            return self._socket.recv(_RECEIVE)
        except BlockingIOError:
            return None

    async def readable(self, seconds: float) -> None:
        """Wait for something to receive. Errors: TimeoutError, OSError."""
        await self._readiness.readable(seconds)

    async def writable(self, seconds: float) -> None:
        """Wait until something can be sent. Errors: TimeoutError, OSError."""
        await self._readiness.writable(seconds)

    def interrupt(self) -> None:
        """End the connection, so that whoever waits for it wakes up and finds the end."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close it; nobody may be waiting for it."""
        self._readiness.forget()
        self._socket.close()

    def abandon(self) -> None:
        """Close this process's handle alone, without a word to the server or an event loop.

        After a fork both are still the parent's.
        """
        self._socket.close()


class TlsStream(Stream):
    """A stream whose socket speaks TLS.

    OpenSSL takes one call at a time per connection, in whichever direction.
    """

    def __init__(self, sock: ssl.SSLSocket) -> None:
        super().__init__(sock)
        self._tls = sock
        self._lock = StateLock()

    async def shake_hands(self, seconds: float) -> None:
        """Do TLS's handshake. Errors: TimeoutError, OSError (ssl.SSLError is one)."""
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                await self._readiness.readable(seconds)
            except ssl.SSLWantWriteError:
                await self._readiness.writable(seconds)
            else:
                return

    def send_now(self, data: memoryview) -> int:
        with self._lock:
            try:
                return self._tls.send(data[:_RECORD])
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return 0

    def receive_now(self) -> bytes | None:
        with self._lock:
            try:
                return self._tls.recv(_RECEIVE)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return None

    async def readable(self, seconds: float) -> None:
        # What OpenSSL has read already does not make the socket readable.
        if not self._tls.pending():
            await super().readable(seconds)
