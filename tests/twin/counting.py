"""A driver that counts: how many round trips a call takes, and which commands it sends."""

from __future__ import annotations

from collections.abc import Sequence

from rapyer_async.clients import DEFAULTS
from rapyer_async.drivers.protocol import Driver
from rapyer_core.commands import Command, Reply
from rapyer_core.errors import ServerError

__all__ = ["CountingDriver", "counted"]


class CountingDriver:
    """Passes everything on to another driver, and notes it."""

    def __init__(self, inner: Driver) -> None:
        self._inner = inner
        self.trips: list[list[str]] = []
        """The names of the commands of each round trip."""

    @property
    def is_cluster(self) -> bool:
        return self._inner.is_cluster

    @property
    def description(self) -> str:
        return self._inner.description

    async def execute(self, command: Command) -> Reply:
        self.trips.append([str(command.args[0])])
        return await self._inner.execute(command)

    async def execute_many(self, commands: Sequence[Command]) -> list[Reply | ServerError]:
        self.trips.append([str(command.args[0]) for command in commands])
        return await self._inner.execute_many(commands)

    async def aclose(self) -> None:
        await self._inner.aclose()

    def forget(self) -> None:
        """Count anew."""
        self.trips = []


def counted() -> CountingDriver:
    """Put a driver that counts around the one that the package was initialised with."""
    assert DEFAULTS.driver is not None
    setting, inner = DEFAULTS.driver
    driver = CountingDriver(inner)
    DEFAULTS.driver = (setting, driver)
    DEFAULTS.unset("")  # classes keep the driver that they used until some setting changes
    return driver
