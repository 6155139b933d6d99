"""The narrow seam between the library and a server: execute one, execute many, close.

A driver turns commands into replies and knows nothing of models. It

* returns replies normalised as `rapyer_core.commands.Reply` says;
* raises `ServerError` where the server answered a single command with an error, and puts
  such an error in the list where one of many was answered so;
* raises a `DriverError` when the server could not be asked; a command that is not
  `repeatable` and whose reply was lost is `OutcomeUnknownError`, never a silent second run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from rapyer_core.commands import Command, Reply
from rapyer_core.errors import ServerError

__all__ = ["Driver"]


class Driver(Protocol):
    """What every driver does."""

    @property
    def is_cluster(self) -> bool:
        """Whether keys are spread over slots, so that one command reaches only keys of one slot."""
        ...

    @property
    def description(self) -> str:
        """What it talks to, for messages; never holds a password."""
        ...

    async def execute(self, command: Command) -> Reply:
        """Run one command and return its reply."""
        ...

    async def execute_many(self, commands: Sequence[Command]) -> list[Reply | ServerError]:
        """Run commands in order, in one round trip where that is possible, and return every reply.

        It is not a transaction: each command succeeds or fails by itself.
        """
        ...

    async def aclose(self) -> None:
        """Close what it opened. Further commands raise `DriverClosedError`."""
        ...
