"""The in-process servers of this process, one for each name."""

from __future__ import annotations

from collections.abc import Sequence

from fakeredis import FakeServer
from fakeredis._helpers import SimpleError

from rapyer_core.commands import Argument, Reply
from rapyer_core.errors import ServerError
from rapyer_core.memory.scripts import ScriptEngine
from rapyer_core.memory.session import Session

__all__ = ["MemoryServer", "server_named"]

# The version whose commands fakeredis offers: the last with RedisJSON as a module of its own.
_VERSION = (7, 4)


class MemoryServer:
    """Keys and scripts that any thread may use; what it holds is lost with the process."""

    def __init__(self) -> None:
        self._server = FakeServer(version=_VERSION, server_type="redis")
        self._scripts = ScriptEngine(SimpleError)
        # Sessions that nobody uses now, by database. Taking from a list and putting back are
        # single steps of the interpreter, so that threads need no lock here.
        self._idle: dict[int, list[Session]] = {}

    def run(self, commands: Sequence[Sequence[Argument]], db: int = 0) -> list[Reply | ServerError]:
        """Run commands in order, as one connection; return their replies and errors."""
        idle = self._idle.setdefault(db, [])
        try:
            session = idle.pop()
        except IndexError:
            session = Session(self._server, self._scripts, db)
        replies = [session.run([_word(word) for word in words]) for words in commands]
        idle.append(session)
        return replies


def _word(argument: Argument) -> bytes:
    if isinstance(argument, bytes):
        return argument
    return argument.encode() if isinstance(argument, str) else repr(argument).encode()


_servers: dict[str, MemoryServer] = {}


def server_named(name: str) -> MemoryServer:
    """Return the server of that name, made at its first use."""
    server = _servers.get(name)
    return server if server is not None else _servers.setdefault(name, MemoryServer())
