"""Which lifetime each operation gives a document."""

from __future__ import annotations

from .actions import ActionGroup, action_of

__all__ = ["SAVING", "Lifetimes"]

# The operation whose lifetime a save, an update and everything that only replaces values has.
SAVING = "document_patch"


class Lifetimes(dict[str, "int | None"]):
    """By an operation's name the seconds that it starts anew, None where it does not.

    ttl: the seconds of a class' documents, None for no end. actions: what starts them anew.
    """

    def __init__(self, ttl: int | None, actions: ActionGroup) -> None:
        super().__init__()
        self.ttl: int | None = ttl
        self.actions: ActionGroup = actions

    def __missing__(self, operation: str) -> int | None:
        seconds = self.ttl if action_of(operation) & self.actions else None
        self[operation] = seconds
        return seconds

    def of_new(self, operation: str) -> int | str:
        """Return the seconds of a document that an operation creates.

        Empty for no end, and where the operation sets them in any case.
        """
        return "" if self.ttl is None or self[operation] is not None else self.ttl
