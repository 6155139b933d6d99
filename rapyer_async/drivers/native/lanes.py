"""The connections of one run of an event loop (or of one process): one for each lane.

Small commands share one connection: it keeps the most commands together, and more were
slower (50 threads: 26,000 commands/s over one, 21,000 over two, 15,000 over eight). Large
ones have their own, so that the small never queue behind them.

A connection is opened when a command needs it, by one caller; those who come meanwhile wait
for that attempt and share its outcome. So however many commands begin at once, there is
neither a storm of connections nor one of attempts.
"""

from __future__ import annotations

from rapyer_async._seam import Event, StateLock
from rapyer_async.drivers.native.connection import Connection
from rapyer_async.drivers.native.dialling import dial
from rapyer_core.errors import ConnectionFailedError, DriverClosedError
from rapyer_core.urls import Settings

__all__ = ["Lane", "Lanes"]


class _Attempt:
    """One caller's opening of a connection, for which others wait."""

    def __init__(self) -> None:
        self.over = Event()
        self.error: ConnectionFailedError | None = None


class Lane:
    """The connection for one kind of command, replaced when it is lost."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = StateLock()
        self._connection: Connection | None = None
        self._attempt: _Attempt | None = None
        self._closed = False

    def ready(self) -> Connection | None:
        """Return the connection, or None if one must be opened."""
        connection = self._connection
        return connection if connection is not None and connection.usable else None

    async def connection(self) -> Connection:
        """Return the connection, opening it if need be. Errors: ConnectionFailedError."""
        while not self._closed:
            mine = _Attempt()
            try:
                try:
                    attempt = self._join_attempt(mine)
                    if attempt is mine:
                        return await self._open(mine)
                finally:
                    self._end(mine)
            except BaseException:
                self._end(mine)  # again: an interrupt may have been in there
                raise
            if attempt is not None:
                await self._wait_for(attempt)
            connection = self.ready()
            if connection is not None:
                return connection
        raise DriverClosedError(f"the client of {self._settings.description} was closed")

    def _join_attempt(self, mine: _Attempt) -> _Attempt | None:
        """Return the attempt under way, or `mine` as the new one; None if none is needed."""
        with self._lock:
            if self.ready() is not None:
                return None
            if self._attempt is None:
                self._attempt = mine
            return self._attempt

    async def _open(self, attempt: _Attempt) -> Connection:
        try:
            connection = await dial(self._settings)
        except ConnectionFailedError as error:
            attempt.error = error
            raise
        self._connection = connection
        if self._closed:
            connection.close()
        return connection

    async def _wait_for(self, attempt: _Attempt) -> None:
        if not await attempt.over.wait(self._settings.connect_timeout):
            self._end(attempt)  # whoever made it hangs, in a look-up of the name
        if attempt.error is not None:
            raise type(attempt.error)(attempt.error.message) from attempt.error.__cause__

    def _end(self, attempt: _Attempt) -> None:
        with self._lock:
            if self._attempt is attempt:
                self._attempt = None
        attempt.over.set()

    def close(self) -> None:
        """Close the connection, or the one that is being opened as soon as it is there."""
        self._closed = True
        if self._connection is not None:
            self._connection.close()

    def abandon(self) -> None:
        """Drop the connection without a word to the server."""
        if self._connection is not None:
            self._connection.abandon()


class Lanes:
    """A lane for small commands and one for large ones."""

    def __init__(self, settings: Settings) -> None:
        self.shared: Lane = Lane(settings)
        self.bulk: Lane = Lane(settings)

    def close(self) -> None:
        self.shared.close()
        self.bulk.close()

    def abandon(self) -> None:
        self.shared.abandon()
        self.bulk.abandon()
