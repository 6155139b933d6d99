"""What the local copies of sets and queues have in common.

A copy follows the operations that are made through it. It does not follow other clients':
to bring the server's members along with every change of one would cost what the field exists to
avoid. It is read with the document, and anew by a load.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from typing_extensions import Self

from ..scopes import Scope
from .containers import LocalCopy
from .special_operations import SpecialOperations

if TYPE_CHECKING:
    from ..commands import Argument

__all__ = ["UNKNOWN", "SpecialValue"]

UNKNOWN: Any = object()
"""What an assignment takes the place of where the field was not loaded, or could not be read."""


class SpecialValue(SpecialOperations, LocalCopy):
    """A local copy of a special field. It notes what is changed in it, for a save to write.

    `rapyer_is_whole`: it is written whole, since it was assigned to a field of unknown value.
    """

    __slots__ = ()

    if TYPE_CHECKING:
        rapyer_is_whole: bool

    def rapyer_noted(self) -> tuple[Iterable[Any], Iterable[Any]]:
        """Return what was removed and what was added here."""
        raise NotImplementedError

    def rapyer_compare(self, held: Any) -> None:
        """Note what changed against a known value that an assignment took the place of."""
        raise NotImplementedError

    def rapyer_refreshed(self, value: Any) -> Any:
        """Make what the server has the local value, but for what was changed locally."""
        raise NotImplementedError

    def rapyer_clean(self) -> Callable[[], None]:
        """Note that the server has what was changed here; return what takes that back."""
        raise NotImplementedError

    def rapyer_snapshot(self) -> Callable[[], None]:
        """Return what makes the present local value the local value again."""
        raise NotImplementedError

    def rapyer_remember(self, scope: Scope) -> None:
        super().rapyer_remember(scope)
        scope.remember(self, None, self.rapyer_snapshot)

    def rapyer_change_words(self) -> list[tuple[str, list[Argument]]]:
        """Return what a save has to write: verbs of ``lua/lib/frame.lua`` and their words."""
        if self.rapyer_is_whole:
            contents: Any = self
            return [("replace", self.rapyer_words(contents))]
        removed, added = map(self.rapyer_words, self.rapyer_noted())
        changes = [("remove", removed), ("add", added)]
        return [(verb, words) for verb, words in changes if words]

    def rapyer_assigned_over(self, held: Any) -> Self:
        """Note what changed against the value that an assignment took the place of."""
        is_whole = held is UNKNOWN or getattr(held, "rapyer_is_whole", False)
        self.rapyer_is_whole = is_whole  # type: ignore[misc]  # whose slot is in the classes below
        if not is_whole:
            self.rapyer_compare(held)
        return self
