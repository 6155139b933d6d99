"""A loopback proxy that breaks connections on demand, at an exact byte.

It runs in threads, so that the tests of all three worlds can use it. Each fault is armed
once and counts bytes from that moment on; connections made afterwards are whole again.
"""

from __future__ import annotations

import contextlib
import functools
import socket
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

__all__ = ["Proxy", "running_proxy"]


class _Pair:
    """A client's connection and the one to the server."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client = client
        self.server = server

    def close(self) -> None:
        for each in (self.client, self.server):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


class Proxy:
    """Forwards to a server. `accepted` counts the connections that clients made."""

    def __init__(self, server_url: str) -> None:
        parts = urlsplit(server_url)
        self._target = (parts.hostname or "127.0.0.1", parts.port or 6379)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._pairs: list[_Pair] = []
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._requests_left: int | None = None
        self._replies_left: int | None = None
        self._flowing = threading.Event()
        self._flowing.set()
        self.accepted = 0
        self.url = f"redis://127.0.0.1:{self._listener.getsockname()[1]}"
        self._start(self._accept)

    def cut_requests_after(self, count: int) -> None:
        """Let `count` more bytes through to the server, then break the connection."""
        with self._lock:
            self._requests_left = count

    def cut_replies_after(self, count: int) -> None:
        """Let `count` more bytes through to the client, then break the connection.

        What the server was sent has run by then.
        """
        with self._lock:
            self._replies_left = count

    def pause(self) -> None:
        """Take nothing from either side until `resume`."""
        self._flowing.clear()

    def resume(self) -> None:
        """Go on after `pause`."""
        self._flowing.set()

    def break_all(self) -> None:
        """Break every connection that there is."""
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            pair.close()

    def close(self) -> None:
        """Stop for good."""
        self._flowing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.break_all()
        for thread in self._threads:
            thread.join(10)

    def _start(self, function: object, *args: object) -> None:
        thread = threading.Thread(target=function, args=args, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self._target)
            except OSError:
                client.close()
                continue
            pair = _Pair(client, server)
            with self._lock:
                self.accepted += 1
                self._pairs.append(pair)
            ended = threading.Barrier(2, action=functools.partial(_close_sockets, pair))
            self._start(self._pump, pair, client, server, True, ended)
            self._start(self._pump, pair, server, client, False, ended)

    def _pump(
        self,
        pair: _Pair,
        source: socket.socket,
        target: socket.socket,
        requests: bool,
        ended: threading.Barrier,
    ) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._flowing.wait()
                data = source.recv(65536)
                self._flowing.wait()
                allowed, cut = self._allowed(len(data), requests)
                target.sendall(data[:allowed])
                if cut or not data:
                    break
        pair.close()
        ended.wait()

    def _allowed(self, size: int, requests: bool) -> tuple[int, bool]:
        """Return how many bytes go through, and whether the connection breaks then."""
        with self._lock:
            left = self._requests_left if requests else self._replies_left
            if left is None or not size:
                return size, False
            cut = size >= left
            rest = None if cut else left - size
            if requests:
                self._requests_left = rest
            else:
                self._replies_left = rest
            return min(size, left), cut


def _close_sockets(pair: _Pair) -> None:
    pair.client.close()
    pair.server.close()


@contextlib.contextmanager
def running_proxy(server_url: str) -> Iterator[Proxy]:
    """A proxy in front of the server while the block runs."""
    proxy = Proxy(server_url)
    try:
        yield proxy
    finally:
        proxy.close()
