"""The driver: from commands to requests, from requests to replies, and what a loss means.

A request whose connection is lost is sent again if that cannot run anything twice: it was
not sent, or not whole, or it is repeatable. Otherwise the caller learns that the outcome is
unknown. Attempts are few and the pauses between them grow.
"""

from __future__ import annotations

from collections.abc import Sequence

from rapyer_async._seam import RunId, current_run_id, run_is_over, sleep
from rapyer_async.drivers.native.lanes import Lanes
from rapyer_core.commands import Command, Reply
from rapyer_core.errors import (
    ConnectionFailedError,
    DriverClosedError,
    OutcomeUnknownError,
    ReplyTimeoutError,
    ServerError,
)
from rapyer_core.urls import Settings
from rapyer_core.wire.handshake import is_worth_retrying
from rapyer_core.wire.packing import request_of, request_of_many
from rapyer_core.wire.requests import Request

__all__ = ["NativeDriver"]

# Seconds before the second, third, … further attempt; the first one is made at once, since
# what most often is lost is one idle connection. Together enough for a server's restart.
_PAUSES = (0.0, 0.05, 0.2, 0.8)


class NativeDriver:
    """Speaks to one server. Making one is cheap: the first command opens the connection."""

    is_cluster = False

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # A connection belongs to one run of an event loop and to one process. The dict's own
        # operations are atomic, and no lock is used: one that a fork copies while it is held
        # would stop the child for ever.
        self._runs: dict[RunId, Lanes] = {}
        self._closed = False

    @property
    def description(self) -> str:
        """The server's URL without user, password and options."""
        return self._settings.description

    async def execute(self, command: Command) -> Reply:
        """Run one command. Errors: ServerError, DriverError."""
        request = request_of(command)
        lanes = self._runs.get(current_run_id())
        connection = None if lanes is None or command.bulk else lanes.shared.ready()
        if connection is not None:
            await connection.converse(request)
        if connection is None or request.error is not None:
            request = await self._ask(request, command.bulk)
        reply: Reply | ServerError = request.replies[0]
        if isinstance(reply, ServerError):
            raise reply
        return reply

    async def execute_many(self, commands: Sequence[Command]) -> list[Reply | ServerError]:
        """Run commands in one round trip. Errors: DriverError.

        If the connection is lost and one of them that must not run twice may have run, the
        call raises OutcomeUnknownError.
        """
        if not commands:
            return []
        bulk = any(command.bulk for command in commands)
        request = await self._ask(request_of_many(commands), bulk)
        return request.replies

    async def aclose(self) -> None:
        """Close the connections. Commands under way get DriverClosedError or OutcomeUnknownError.

        Those of other event loops that still run close when these end.
        """
        self._closed = True
        here = self._runs.pop(current_run_id(), None)
        if here is not None:
            here.close()
        self._drop_ended_runs()
        self._runs.clear()

    async def _ask(self, request: Request, bulk: bool) -> Request:
        """Return the request with its replies, or the one that was sent in its place.

        `request` may have been tried already.
        """
        attempts = 0
        while True:
            failure = await self._attempt(request, bulk)
            if failure is None:
                return request
            if attempts >= self._settings.retries:
                raise failure
            await sleep(_PAUSES[min(attempts, len(_PAUSES) - 1)])
            attempts += 1
            request = request.again()

    async def _attempt(self, request: Request, bulk: bool) -> ConnectionFailedError | None:
        """Return None when the replies are there, and an error that allows a further attempt.

        Errors: every other one.
        """
        if request.error is None:
            lanes = self._runs.get(current_run_id()) or self._new_lanes()
            try:
                connection = await (lanes.bulk if bulk else lanes.shared).connection()
            except ConnectionFailedError as error:
                if is_worth_retrying(error):
                    return error
                raise
            await connection.converse(request)
        return None if request.error is None else self._lost(request, request.error)

    def _lost(self, request: Request, error: Exception) -> ConnectionFailedError:
        if request.may_have_run:
            message = f"the connection to {self.description} was lost after a write was sent"
            raise OutcomeUnknownError(f"{message}: {error}") from error
        if isinstance(error, (ReplyTimeoutError, DriverClosedError)):
            raise type(error)(error.message)
        failure = ConnectionFailedError(f"the connection to {self.description} was lost: {error}")
        failure.__cause__ = error
        return failure

    def _new_lanes(self) -> Lanes:
        if self._closed:
            raise DriverClosedError(f"the client of {self.description} was closed")
        self._drop_ended_runs()
        return self._runs.setdefault(current_run_id(), Lanes(self._settings))

    def _drop_ended_runs(self) -> None:
        for run_id in list(self._runs):
            if run_is_over(run_id):
                lanes = self._runs.pop(run_id, None)
                if lanes is not None:
                    lanes.abandon()
