"""What a redis-py client is, and what its replies and errors mean here.

Nothing is imported from redis-py: its classes are told by the names in their ancestry, so
that the blocking and the waiting kind, and clients made from them, are told the same way.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

from rapyer_core.commands import Argument, Reply
from rapyer_core.errors import ServerError

__all__ = [
    "arguments_of_get_connection",
    "encoded",
    "is_cluster_client",
    "is_redis_py_client",
    "normalised_reply",
    "place_of",
    "server_error",
    "wrong_kind_of_client",
]

# redis-py takes the code off the text of these.
_CODES = {
    "AskError": "ASK",
    "AuthenticationError": "NOAUTH",
    "BusyLoadingError": "LOADING",
    "ClusterCrossSlotError": "CROSSSLOT",
    "ClusterDownError": "CLUSTERDOWN",
    "ExecAbortError": "EXECABORT",
    "MasterDownError": "MASTERDOWN",
    "MovedError": "MOVED",
    "NoPermissionError": "NOPERM",
    "NoScriptError": "NOSCRIPT",
    "OutOfMemoryError": "OOM",
    "ReadOnlyError": "READONLY",
    "TryAgainError": "TRYAGAIN",
}
_CODE = re.compile(r"-?[A-Z][A-Z0-9_]+(?= |\Z)")


def is_redis_py_client(source: object) -> bool:
    """Whether it is a client of redis-py, of either kind, single or of a cluster."""
    return _kind(type(source)) is not None


def is_cluster_client(source: object) -> bool:
    """Whether it is a client of a cluster."""
    kind = _kind(type(source))
    return kind is not None and kind[1] == "RedisCluster"


def _kind(client: type) -> tuple[bool, str] | None:
    """Return whether the class waits in an event loop, and the name of redis-py's own class."""
    for ancestor in client.__mro__:
        module = ancestor.__module__.split(".")
        if module[0] == "redis" and ancestor.__name__ in ("Redis", "RedisCluster"):
            return "asyncio" in module, ancestor.__name__
    return None


def wrong_kind_of_client(source: object, expected: type) -> str | None:
    """Return what is wrong with a client for a package whose own client class is `expected`."""
    found, wanted = _kind(type(source)), _kind(expected)
    if found is None or wanted is None or found[0] == wanted[0]:
        return None
    if wanted[0]:
        return (
            f"expected a redis.asyncio client, got the blocking redis.{found[1]}: "
            f"use redis.asyncio.{found[1]} here, or the package rapyer_sync"
        )
    return (
        f"expected a blocking redis client, got redis.asyncio.{found[1]}: "
        f"use redis.{found[1]} here, or the package rapyer_async"
    )


def place_of(connection_options: Mapping[str, Any]) -> str:
    """Return where a pool's connections lead, for messages; without user and password."""
    database = connection_options.get("db") or 0
    path = connection_options.get("path")
    if path:
        return f"unix://{path}?db={database}"
    host = connection_options.get("host", "localhost")
    return f"redis://{host}:{connection_options.get('port', 6379)}/{database}"


def arguments_of_get_connection(pool: Any) -> tuple[str, ...]:
    """Return what a pool wants to be given for a connection: before redis-py 5.3 a command's
    name, which it did not use, and since then nothing."""
    parameters = inspect.signature(pool.get_connection).parameters.values()
    required = [each for each in parameters if each.default is each.empty]
    return ("_",) if any(each.name == "command_name" for each in required) else ()


def encoded(args: Iterable[Argument]) -> list[bytes | int | float]:
    """Return a command's words with texts as UTF-8, whatever encoding the client was given."""
    return [word.encode() if isinstance(word, str) else word for word in args]


def server_error(error: Exception) -> ServerError:
    """Return redis-py's error as ours, with the code that redis-py has taken off."""
    text = str(error)
    code = getattr(error, "status_code", None)
    if not code:
        if _CODE.match(text):
            return ServerError(text)
        code = next(
            (_CODES[c.__name__] for c in type(error).__mro__ if c.__name__ in _CODES), "ERR"
        )
    return ServerError(text if text.startswith(f"{code} ") else f"{code} {text}")


def normalised_reply(reply: Any) -> Reply | ServerError:
    """Return a reply in the one shape of `rapyer_core.commands.Reply`, or its first error."""
    if reply is None or type(reply) is bytes or type(reply) is int:
        return reply
    if isinstance(reply, Exception):
        return server_error(reply)
    if isinstance(reply, (bool, str, float, bytes, int)):
        return _scalar(reply)
    result: list[Reply] = []
    for item in _items(reply):
        plain = normalised_reply(item)
        if isinstance(plain, ServerError):
            return plain
        result.append(plain)
    return result


def _items(reply: Any) -> list[Any]:
    """Return an array's items, or those of a map one after the other, as RESP2 has them."""
    if hasattr(reply, "items"):
        return list(chain.from_iterable(reply.items()))
    return list(reply)


def _scalar(reply: bool | str | float | bytes) -> bytes | int:
    if isinstance(reply, (bool, int)):
        return int(reply)
    if isinstance(reply, float):
        return repr(reply).encode()
    return reply.encode() if isinstance(reply, str) else bytes(reply)
