"""The driver over a redis-py cluster client that the user made.

The client knows which node serves a slot and opens connections to it; what is sent, read and
repeated is decided here, since redis-py's own loop would run a lost write again. A
redirection is an answer: the command has not run, and goes where the answer says.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from redis import exceptions

from rapyer_async._seam import RedisCluster, shielded, sleep
from rapyer_async.drivers.gate import Gate
from rapyer_async.drivers.redis_py import (
    ATTEMPTS,
    CLEANUP_SECONDS,
    LOST,
    MOST_CONNECTIONS,
    converse,
    made_ready,
    outcome_of_loss,
)
from rapyer_core.cluster import (
    goes_everywhere,
    is_scan,
    node_and_cursor,
    overall_cursor,
    routing_key,
)
from rapyer_core.commands import Command, Reply
from rapyer_core.errors import (
    AuthenticationFailedError,
    ConnectionFailedError,
    DriverClosedError,
    ServerError,
    UnsupportedArgumentTypeError,
)
from rapyer_core.redis_py import (
    arguments_of_get_connection,
    normalised_reply,
    wrong_kind_of_client,
)

__all__ = ["RedisPyClusterDriver"]

# redis-py's own number of redirections (RedisClusterRequestTTL).
_REDIRECTIONS = 16

# Seconds before asking again where nothing can be served yet, growing with each time; in all
# about the time that a fail-over takes with the default cluster-node-timeout of 15 s.
_PAUSE = 0.15

# How often a node may be out of reach before the caller is told.
_FAILURES = 4

# Answers of a node that has not run the command and may run it soon.
_NOT_NOW = (exceptions.TryAgainError, exceptions.ClusterDownError, exceptions.MasterDownError)

_ASKING = Command(("ASKING",), repeatable=True)


class RedisPyClusterDriver:
    """Runs commands on the nodes of a redis-py cluster client. The client is never closed."""

    is_cluster = True

    def __init__(self, client: Any) -> None:
        wrong = wrong_kind_of_client(client, RedisCluster)
        if wrong is not None:
            raise UnsupportedArgumentTypeError(wrong, expected=RedisCluster, actual=type(client))
        self._client = client
        self._gate = Gate(MOST_CONNECTIONS)
        self._closed = False

    @property
    def description(self) -> str:
        nodes = self._client.nodes_manager.startup_nodes
        return f"the redis-py cluster client of {', '.join(sorted(nodes))}"

    async def execute(self, command: Command) -> Reply:
        reply = await self._run(command)
        if isinstance(reply, ServerError):
            raise reply
        return reply

    async def execute_many(self, commands: Sequence[Command]) -> list[Reply | ServerError]:
        """Run commands in order, each on its own node: one round trip for each."""
        replies: list[Reply | ServerError] = []
        for command in commands:
            replies.append(await self._run(command))
        return replies

    async def aclose(self) -> None:
        """Refuse further commands. The client is the user's, and stays open."""
        self._closed = True

    async def _run(self, command: Command) -> Reply | ServerError:
        if self._closed:
            raise DriverClosedError(f"{self.description} was closed for this library")
        await self._gate.enter()
        try:
            await self._prepare()
            if is_scan(command.args):
                return await self._scan(command)
            if goes_everywhere(command.args):
                return await self._run_everywhere(command)
            return normalised_reply(await self._follow(command, self._node_for(command)))
        finally:
            self._gate.leave()

    async def _prepare(self) -> None:
        """Let a client that has not asked for the nodes yet do so."""
        initialize = getattr(self._client, "initialize", None)
        if initialize is None:
            return
        try:
            await initialize()
        except exceptions.AuthenticationError as error:
            raise AuthenticationFailedError(f"{self.description}: {error}") from error
        except (*LOST, exceptions.RedisError, RuntimeError) as error:
            raise ConnectionFailedError(f"{self.description}: {error}") from error

    def _node_for(self, command: Command) -> Any:
        key = routing_key(command.args)
        if key is None:
            return self._client.get_default_node()
        slot = self._client.keyslot(key.encode() if isinstance(key, str) else key)
        return self._client.nodes_manager.get_node_from_slot(slot)

    async def _run_everywhere(self, command: Command) -> Reply | ServerError:
        """Run it on every primary; return the first error, or else the last reply."""
        reply: Reply | ServerError = None
        for node in self._client.get_primaries():
            reply = normalised_reply(await self._follow(command, node))
            if isinstance(reply, ServerError):
                break
        return reply

    async def _scan(self, command: Command) -> Reply | ServerError:
        name, cursor, *rest = command.args
        nodes = sorted(self._client.get_primaries(), key=lambda node: str(node.name))
        position, own = node_and_cursor(int(cursor), len(nodes))
        asked = Command((name, own, *rest), repeatable=True, bulk=command.bulk)
        reply = normalised_reply(await self._follow(asked, nodes[position]))
        if not isinstance(reply, list) or not isinstance(reply[0], bytes):
            return reply
        overall = overall_cursor(position, int(reply[0]), len(nodes))
        return [str(overall).encode(), *reply[1:]]

    async def _follow(self, command: Command, node: Any) -> Any:
        """Send the command to `node`, and on to wherever it is sent from there."""
        commands: Sequence[Command] = [command]
        reply: Any = None
        for turn in range(_REDIRECTIONS):
            try:
                reply = (await self._converse(node, commands))[-1]
            except ConnectionFailedError:
                # Not sent, or repeatable: another node may have taken this one's place.
                if turn >= _FAILURES:
                    raise
                reply = exceptions.TryAgainError()
            commands = [command]
            if isinstance(reply, exceptions.MovedError):
                await self._refresh()
                node = self._named_by(reply) or node
            elif isinstance(reply, exceptions.AskError):
                commands = [_ASKING, command]
                node = self._named_by(reply) or node
            elif isinstance(reply, _NOT_NOW):
                await sleep(_PAUSE * (turn + 1))
                await self._refresh()
                node = self._node_for(command)
            else:
                return reply
        return reply

    def _named_by(self, redirection: Any) -> Any:
        return self._client.get_node(host=redirection.host, port=redirection.port)

    async def _refresh(self) -> None:
        """Ask the nodes again who serves what."""
        try:
            await self._client.nodes_manager.initialize()
        except (*LOST, exceptions.RedisError) as error:
            raise ConnectionFailedError(f"{self.description}: {error}") from error

    async def _converse(self, node: Any, commands: Sequence[Command]) -> list[Any]:
        repeatable = all(command.repeatable for command in commands)
        attempts = ATTEMPTS if repeatable else 1
        while True:
            attempts -= 1
            connection = await self._connection(node)
            try:
                return await converse(connection, commands)
            except LOST as error:
                if attempts == 0:
                    raise outcome_of_loss(error, repeatable, self.description) from error
            finally:
                with shielded(CLEANUP_SECONDS):
                    await self._give_back(node, connection)

    async def _connection(self, node: Any) -> Any:
        """Take a connection to the node. Nothing is sent. Errors: ConnectionFailedError."""
        try:
            if not hasattr(node, "acquire_connection"):
                pool = self._client.get_redis_connection(node).connection_pool
                return await pool.get_connection(*arguments_of_get_connection(pool))
            connection = node.acquire_connection()
            try:
                await made_ready(connection)
            except BaseException:
                _put_back(node, connection)
                raise
            return connection
        except exceptions.AuthenticationError as error:
            raise AuthenticationFailedError(f"{self.description}: {error}") from error
        except (*LOST, exceptions.RedisError, RuntimeError) as error:
            raise ConnectionFailedError(f"{self.description}: {error}") from error

    async def _give_back(self, node: Any, connection: Any) -> None:
        if not hasattr(node, "acquire_connection"):
            await self._client.get_redis_connection(node).connection_pool.release(connection)
        else:
            _put_back(node, connection)


def _put_back(node: Any, connection: Any) -> None:
    if hasattr(node, "release"):
        node.release(connection)
    else:  # redis-py before 6.0
        node._free.append(connection)
