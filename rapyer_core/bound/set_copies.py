"""The local copy of a set: how it follows the server, and what was changed in it.

A save writes the members that were added and removed here, and leaves those of others alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from typing_extensions import Self

from ..places import InnerPlace
from .set_operations import SetOperations, plain_set
from .special import SpecialValue

if TYPE_CHECKING:
    from ..plans import ValuePlan

__all__ = ["SetCopy"]

T = TypeVar("T")


class SetCopy(SetOperations, SpecialValue, set[T], Generic[T]):
    """A set as it is known locally."""

    __slots__ = ("rapyer_added", "rapyer_inner", "rapyer_is_whole", "rapyer_plan", "rapyer_removed")

    if TYPE_CHECKING:
        rapyer_is_whole: bool
        rapyer_added: set[Any]
        rapyer_removed: set[Any]

    @classmethod
    def rapyer_bind(cls, raw: Iterable[T], parent: Any, member: Any, plan: ValuePlan) -> Self:
        """Return a copy with its place."""
        self = cls.__new__(cls)
        self.rapyer_inner = InnerPlace(parent, member)
        self.rapyer_plan = plan
        self.rapyer_added, self.rapyer_removed = set[Any](), set[Any]()
        self.rapyer_is_whole = False
        plain_set.update(self, raw)
        return self

    # Following the server

    def rapyer_follow(self, change: Callable[[set[Any]], Any], touched: Iterable[Any]) -> Any:
        change(self)
        for value in touched:
            self.rapyer_added.discard(value)
            self.rapyer_removed.discard(value)

    def rapyer_count(self) -> int:
        return len(self)

    def rapyer_accept(self, value: Any) -> Any:
        if value is not self:
            members = list[Any](value)
            plain_set.clear(self)
            plain_set.update(self, members)
        self.rapyer_clean()
        return self

    def rapyer_refreshed(self, value: Any) -> Any:
        if self.rapyer_is_whole:
            return self
        plain_set.clear(self)
        plain_set.update(self, value)
        plain_set.difference_update(self, self.rapyer_removed)
        plain_set.update(self, self.rapyer_added)
        return self

    def rapyer_snapshot(self) -> Callable[[], None]:
        members = set[Any](self)
        added, removed = set(self.rapyer_added), set(self.rapyer_removed)
        was_whole = self.rapyer_is_whole

        def restore() -> None:
            self.rapyer_is_whole = was_whole
            plain_set.clear(self)
            plain_set.update(self, members)
            self.rapyer_added, self.rapyer_removed = set(added), set(removed)

        return restore

    # What a save writes

    def rapyer_noted(self) -> tuple[set[Any], set[Any]]:
        return self.rapyer_removed, self.rapyer_added

    def rapyer_clean(self) -> Callable[[], None]:
        added, removed, was_whole = self.rapyer_added, self.rapyer_removed, self.rapyer_is_whole
        self.rapyer_added, self.rapyer_removed = set[Any](), set[Any]()
        self.rapyer_is_whole = False

        def restore() -> None:
            self.rapyer_is_whole |= was_whole
            # What was changed since is newer.
            self.rapyer_added |= added - self.rapyer_removed
            self.rapyer_removed |= removed - self.rapyer_added

        return restore

    def rapyer_compare(self, held: Any) -> None:
        if isinstance(held, SetCopy):
            known = (set[Any](held) | held.rapyer_removed) - held.rapyer_added  # pyright: ignore[reportUnknownArgumentType]  # of any members
        else:
            known = set[Any](held or ())
        self.rapyer_added = set[Any](self) - known
        self.rapyer_removed = known - self

    def _note(self, value: Any, undone: set[Any], done: set[Any]) -> None:
        """Note a local change, which may only take an earlier one back."""
        if value in undone:
            undone.discard(value)
        else:
            done.add(value)
