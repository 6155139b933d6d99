"""The driver of ``memory://``: a server in this process, so nothing is ever sent or lost.

Each call lets the others run once before it does its work, so that what can interleave over a
network interleaves here too. The commands of one `execute_many` are those of one connection.
"""

from __future__ import annotations

from collections.abc import Sequence

from rapyer_async._seam import checkpoint
from rapyer_core.commands import Command, Reply
from rapyer_core.errors import DriverClosedError, ServerError
from rapyer_core.memory import memory_server
from rapyer_core.urls import Settings

__all__ = ["InProcessDriver"]


class InProcessDriver:
    """Runs commands on the in-process server that the settings' path names.

    Errors: ServerLacksFeatureError when the packages that it needs are not installed.
    """

    is_cluster = False

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._server = memory_server(settings.path)
        self._closed = False

    @property
    def description(self) -> str:
        return self._settings.description

    async def execute(self, command: Command) -> Reply:
        await checkpoint()
        self._require_open()
        (reply,) = self._server.run((command.args,), self._settings.db)
        if isinstance(reply, ServerError):
            raise reply
        return reply

    async def execute_many(self, commands: Sequence[Command]) -> list[Reply | ServerError]:
        await checkpoint()
        self._require_open()
        return self._server.run([command.args for command in commands], self._settings.db)

    async def aclose(self) -> None:
        """Close this driver; the server and its keys stay for others."""
        await checkpoint()
        self._closed = True

    def _require_open(self) -> None:
        if self._closed:
            raise DriverClosedError(f"the client of {self.description} was closed")
