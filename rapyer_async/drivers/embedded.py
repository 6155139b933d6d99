"""The driver of ``embedded:///path``: a server process of one's own, with its data at the path.

It is started by the first command, and stopped when its last user closes it or ends. All that
a command needs is the native driver's, over the server's unix socket.
"""

from __future__ import annotations

import atexit
from collections.abc import Sequence
from dataclasses import replace

from rapyer_async._seam import Lock, run_blocking
from rapyer_async.drivers.embedded_lease import Lease
from rapyer_async.drivers.native import NativeDriver
from rapyer_core.commands import Command, Reply
from rapyer_core.errors import (
    AuthenticationFailedError,
    ConnectionFailedError,
    DriverClosedError,
    ServerError,
)
from rapyer_core.urls import Settings

__all__ = ["EmbeddedDriver"]


class EmbeddedDriver:
    """Runs commands on the server of a folder.

    Errors: ServerLacksFeatureError where no server program with JSON is installed.
    """

    is_cluster = False

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lease = Lease(settings.path)
        self._native: NativeDriver | None = None
        self._starting = Lock()
        self._closed = False

    @property
    def description(self) -> str:
        return self._settings.description

    async def execute(self, command: Command) -> Reply:
        native = await self._ready()
        try:
            return await native.execute(command)
        except AuthenticationFailedError:
            raise
        except ConnectionFailedError:  # nothing was sent
            return await (await self._restarted()).execute(command)

    async def execute_many(self, commands: Sequence[Command]) -> list[Reply | ServerError]:
        native = await self._ready()
        try:
            return await native.execute_many(commands)
        except AuthenticationFailedError:
            raise
        except ConnectionFailedError:  # nothing was sent
            return await (await self._restarted()).execute_many(commands)

    async def aclose(self) -> None:
        """Close the connections, and stop the server unless others use it."""
        self._closed = True
        async with self._starting:
            native, self._native = self._native, None
            if native is not None:
                await native.aclose()
            await run_blocking(self._lease.give_back)
        atexit.unregister(self._lease.give_back)

    async def _ready(self) -> NativeDriver:
        native = self._native
        if native is not None and self._lease.is_held:
            return native
        async with self._starting:
            if self._native is None or not self._lease.is_held:
                await self._start()
            return self._open_driver()

    async def _restarted(self) -> NativeDriver:
        """Start the server again if it has ended."""
        async with self._starting:
            await self._start()
            return self._open_driver()

    async def _start(self) -> None:
        if self._closed:
            raise DriverClosedError(f"the client of {self.description} was closed")
        await run_blocking(self._lease.take)
        atexit.unregister(self._lease.give_back)
        atexit.register(self._lease.give_back)
        if self._native is None:
            place = replace(self._settings, scheme="unix", path=self._lease.socket)
            self._native = NativeDriver(place)

    def _open_driver(self) -> NativeDriver:
        if self._native is None:
            raise DriverClosedError(f"the client of {self.description} was closed")
        return self._native
