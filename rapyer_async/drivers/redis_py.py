"""The driver over a redis-py client that the user made: single server, sentinel, or fakeredis.

Only its connection pool is used. The client's own methods would change replies by callbacks
(which `client.json()` adds to), decode them as the user chose, and run a lost write again;
none of that happens to a connection taken from the pool, written to and read here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from redis import exceptions

from rapyer_async._seam import RedisClient, shielded, sleep
from rapyer_async.drivers.gate import Gate
from rapyer_core.commands import Command, Reply
from rapyer_core.errors import (
    AuthenticationFailedError,
    ConnectionFailedError,
    DriverClosedError,
    DriverError,
    LimitExceededError,
    OutcomeUnknownError,
    ReplyTimeoutError,
    ServerError,
    UnsupportedArgumentTypeError,
)
from rapyer_core.redis_py import (
    arguments_of_get_connection,
    encoded,
    normalised_reply,
    place_of,
    server_error,
    wrong_kind_of_client,
)

__all__ = ["RedisPyDriver", "converse", "made_ready", "outcome_of_loss"]

# redis-py's pools make a connection for every caller at once. More than this many were not
# faster against one server, and a server has 10,000 in all (its default maxclients).
MOST_CONNECTIONS = 50

# How often a command that changes nothing is sent in all.
ATTEMPTS = 3

# Seconds to wait for a connection of a pool that others have emptied, and between two looks.
POOL_WAIT = 5.0
POOL_PAUSE = 0.005

CLEANUP_SECONDS = 1.0

LOST = (exceptions.ConnectionError, exceptions.TimeoutError, OSError)

# These are answers, though redis-py has them as errors of the connection.
ANSWERS = (exceptions.ResponseError, exceptions.BusyLoadingError)


class RedisPyDriver:
    """Runs commands on connections of a redis-py client's pool. The client is never changed.

    Errors: UnsupportedArgumentTypeError for a client of the other package's kind.
    """

    is_cluster = False

    def __init__(self, client: Any) -> None:
        wrong = wrong_kind_of_client(client, RedisClient)
        if wrong is not None:
            raise UnsupportedArgumentTypeError(wrong, expected=RedisClient, actual=type(client))
        # The client is kept: when it goes, redis-py closes a pool of its own.
        self._client = client
        self._pool = client.connection_pool
        self._arguments = arguments_of_get_connection(self._pool)
        # Half of a small pool is left to the user's own commands.
        self._gate = Gate(max(1, min(MOST_CONNECTIONS, self._pool.max_connections // 2)))
        self._closed = False

    @property
    def description(self) -> str:
        return f"the redis-py client of {place_of(self._pool.connection_kwargs)}"

    async def execute(self, command: Command) -> Reply:
        (reply,) = await self._run([command])
        if isinstance(reply, ServerError):
            raise reply
        return reply

    async def execute_many(self, commands: Sequence[Command]) -> list[Reply | ServerError]:
        return await self._run(commands) if commands else []

    async def aclose(self) -> None:
        """Refuse further commands. The client is the user's, and stays open."""
        self._closed = True

    async def _run(self, commands: Sequence[Command]) -> list[Reply | ServerError]:
        if self._closed:
            raise DriverClosedError(f"{self.description} was closed for this library")
        await self._gate.enter()
        try:
            return await self._attempt(commands)
        finally:
            self._gate.leave()

    async def _attempt(self, commands: Sequence[Command]) -> list[Reply | ServerError]:
        repeatable = all(command.repeatable for command in commands)
        attempts = ATTEMPTS if repeatable else 1
        while True:
            attempts -= 1
            connection = await self._connection()
            try:
                replies = await converse(connection, commands)
            except LOST as error:
                if attempts == 0:
                    raise outcome_of_loss(error, repeatable, self.description) from error
            else:
                return [normalised_reply(reply) for reply in replies]
            finally:
                with shielded(CLEANUP_SECONDS):
                    await self._pool.release(connection)

    async def _connection(self) -> Any:
        """Take a connected connection from the pool, which checks an idle one. Nothing is sent."""
        waited = 0.0
        while True:
            try:
                return await self._checked(await self._pool.get_connection(*self._arguments))
            except exceptions.AuthenticationError as error:
                raise AuthenticationFailedError(f"{self.description}: {error}") from error
            except LOST as error:
                if not _is_exhausted(error):
                    raise ConnectionFailedError(f"{self.description}: {error}") from error
                if waited >= POOL_WAIT:
                    raise LimitExceededError(
                        f"{self.description} had no free connection for {POOL_WAIT:g} s: "
                        f"{error} (max_connections={self._pool.max_connections})"
                    ) from error
            except (RuntimeError, exceptions.RedisError) as error:
                raise ConnectionFailedError(
                    f"{self.description} cannot be used here: {error}. A client belongs to "
                    "where it was first used; a URL works everywhere"
                ) from error
            await sleep(POOL_PAUSE)
            waited += POOL_PAUSE

    async def _checked(self, connection: Any) -> Any:
        """Check an idle connection where the pool does not: redis-py 8.1 leaves that out when it
        listens for maintenance notifications, as it does by default."""
        listens = getattr(self._pool, "maint_notifications_enabled", None)
        if listens is not None and listens():
            try:
                await made_ready(connection)
            except BaseException:
                with shielded(CLEANUP_SECONDS):
                    await self._pool.release(connection)
                raise
        return connection


async def made_ready(connection: Any) -> None:
    """Connect a connection, anew if its server has closed it or left something to read."""
    await connection.connect()
    # Its name changed in redis-py 8.
    probe = getattr(connection, "can_read", None) or connection.can_read_destructive
    try:
        stale = await probe()
    except LOST:
        stale = True
    if stale:
        await connection.disconnect()
        await connection.connect()


def _is_exhausted(error: Exception) -> bool:
    # A class of its own since redis-py 6.0; before, the text was all that told it.
    return type(error).__name__ == "MaxConnectionsError" or "Too many connections" in str(error)


async def converse(connection: Any, commands: Sequence[Command]) -> list[Any]:
    """Write commands and read their replies; error replies are items of the list.

    A connection on which anything else goes wrong is closed: what is still to be read from it
    would be taken for the reply to somebody else's command.
    """
    try:
        await connection.check_health()
        packed = connection.pack_commands([encoded(command.args) for command in commands])
        await connection.send_packed_command(packed, check_health=False)
        replies: list[Any] = []
        for _ in commands:
            replies.append(await _read(connection))
    except BaseException:
        with shielded(CLEANUP_SECONDS):
            await connection.disconnect()
        raise
    return replies


async def _read(connection: Any) -> Any:
    try:
        return await connection.read_response(disable_decoding=True)
    except ANSWERS as error:
        return error


def outcome_of_loss(error: Exception, repeatable: bool, place: str) -> DriverError | ServerError:
    """Return what a caller is told whose reply was lost after the command may have been sent."""
    refused = error.__context__
    if isinstance(refused, exceptions.ReadOnlyError):
        # A sentinel's connection found that its server is no longer the primary: nothing ran.
        return server_error(refused)
    if not repeatable:
        return OutcomeUnknownError(f"{place}: the reply was lost, and it may have run: {error}")
    if isinstance(error, exceptions.TimeoutError):
        return ReplyTimeoutError(f"{place}: no reply in time: {error}")
    return ConnectionFailedError(f"{place}: the connection was lost: {error}")
