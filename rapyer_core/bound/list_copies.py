"""The local copy of a list: where its items are on the server, and how it follows.

The items' places are their positions, so the copy knows whether it was rearranged locally, and in
a pipeline how many leading items are on the server where the copy has them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from typing_extensions import Self

from ..errors import PathError, PipelineError, UnsavedChangesError
from ..places import InnerPlace
from ..scopes import Scope
from .binding import place
from .containers import LocalCopy
from .list_operations import ListOperations, plain_list
from .scalars import QUEUED, BoundScalar

if TYPE_CHECKING:
    from ..plans import ValuePlan

__all__ = ["ListCopy"]

T = TypeVar("T")

# How many leading items are, in a pipeline, on the server where the copy has them: all that there
# are, since nothing was changed; or also those that come, since the whole list was set.
UNCHANGED = sys.maxsize
KNOWN = sys.maxsize + 1


class ListCopy(ListOperations, LocalCopy, list[T], Generic[T]):
    """A list as it is known locally."""

    __slots__ = (
        "rapyer_has_changed",
        "rapyer_inner",
        "rapyer_is_rearranged",
        "rapyer_plan",
        "rapyer_sure",
        "rapyer_version",
    )

    if TYPE_CHECKING:
        rapyer_has_changed: bool
        rapyer_is_rearranged: bool
        rapyer_sure: int
        rapyer_version: int

    @classmethod
    def rapyer_bind(cls, raw: list[T], parent: Any, member: Any, plan: ValuePlan) -> Self:
        """Return a copy with its place; elements that have places themselves get theirs."""
        self = cls.__new__(cls)
        self.rapyer_inner = InnerPlace(parent, member)
        self.rapyer_plan = plan
        self.rapyer_version = 0
        self.rapyer_has_changed = self.rapyer_is_rearranged = False
        self.rapyer_sure = UNCHANGED
        plain_list.extend(self, self.rapyer_bound(raw))
        return self

    # As a parent

    def rapyer_segment(self, member: Any, child: Any, must_match_server: bool) -> int:
        if must_match_server and self.rapyer_is_rearranged:
            spot = self.where()
            raise UnsavedChangesError(
                f"{spot}: the list was rearranged locally, so its items are elsewhere on the "
                "server; save it first, or use the methods that change the server",
                **spot.about(),
            )
        position = self._position_of(member, child)
        if must_match_server and position >= self.rapyer_sure:
            spot = self.where()
            raise PipelineError(
                f"{spot}: where item {position} is on the server is known when the pipeline has "
                "run, since the list was changed in it; change the item before that, or afterwards",
                expected=f"one of the first {self.rapyer_sure} items",
                actual=f"index {position}",
                **spot.about(),
            )
        return position

    def _position_of(self, member: Any, child: Any) -> int:
        if isinstance(child, BoundScalar):
            if child.rapyer_version in (self.rapyer_version, QUEUED):
                return int(member)
        elif member < len(self) and plain_list.__getitem__(self, member) is child:
            return int(member)
        else:
            items: Iterable[Any] = self
            for position, item in enumerate(items):
                if item is child:
                    child.rapyer_place().member = position
                    return position
        spot = self.where()
        raise PathError(
            f"{spot}: the list changed since the item at {member} was read; read it again",
            expected="an item that is still in the list",
            actual=f"index {member}",
            **spot.about(),
        )

    def rapyer_take(self, member: Any, value: Any, child: Any) -> Any:
        position = self.rapyer_segment(member, child, False)
        plain_list.__setitem__(self, position, self.rapyer_bound([value])[0])
        return self[position]

    def rapyer_checked(self, member: Any, value: Any, spot: Any) -> Any:
        return self.rapyer_items.checked(value, spot)

    def rapyer_put_mode(self) -> str:
        return "replace"

    def rapyer_bound(self, items: list[Any]) -> list[Any]:
        if self.rapyer_items.is_scalar:
            return items
        plan, start = self.rapyer_items, len(self)
        return [place(item, self, start + i, plan) for i, item in enumerate(items)]

    # In a pipeline

    def rapyer_remember(self, scope: Scope) -> None:
        super().rapyer_remember(scope)
        if scope.remember(self, None, self._snapshot):
            scope.when_over(self.rapyer_be_sure)

    def rapyer_be_sure(self) -> None:
        """Take the copy's positions for the server's again: the pipeline is over."""
        self.rapyer_sure = UNCHANGED

    def rapyer_remember_member(self, scope: Scope, member: Any) -> None:
        self.rapyer_remember(scope)

    def rapyer_held_at(self, member: Any, child: Any) -> Any:
        return plain_list.__getitem__(self, self.rapyer_segment(member, child, False))

    def rapyer_bound_at(self, member: Any) -> Any:
        position: int = member
        return self[position]

    def _snapshot(self) -> Callable[[], None]:
        items, sure = list(self), self.rapyer_sure
        flags = (self.rapyer_has_changed, self.rapyer_is_rearranged)

        def restore() -> None:
            plain_list.__setitem__(self, slice(None), items)
            self.rapyer_version += 1
            self.rapyer_sure = sure
            self.rapyer_has_changed, self.rapyer_is_rearranged = flags

        return restore

    def rapyer_member_at(self, index: Any) -> Any:
        if isinstance(index, int) and -len(self) <= index < 0:
            return index + len(self)
        return index

    # Following the server

    def rapyer_seen(self) -> str:
        # As with scalars, the server's value takes the place of one that was changed locally:
        # a mixture of both would be a list that never was anywhere.
        if self.rapyer_has_changed:
            return "-1"
        if not self or not (self.rapyer_items.is_scalar or self.rapyer_cap):
            return str(len(self))
        return f"{len(self)} {self.rapyer_items.shown(plain_list.__getitem__(self, -1), self)}"

    def rapyer_first(self) -> str:
        return self.rapyer_items.shown(plain_list.__getitem__(self, 0), self) if self else ""

    def rapyer_follow(self, reply: list[Any], change: Callable[[list[Any]], Any]) -> None:
        self.rapyer_version += 1
        if len(reply) == 2:
            change(self)
            return
        start, text = reply[2], reply[3]
        if start == 0:
            self.rapyer_clean()
        tail = self.rapyer_plan.choice("list").read(text, self)
        plain_list.__delitem__(self, slice(start, None))
        plain_list.extend(self, self.rapyer_bound(tail))

    def rapyer_accept(self, value: Any) -> Any:
        if not isinstance(value, list):
            return super().rapyer_accept(value)
        self.rapyer_version += 1
        plain_list.clear(self)
        plain_list.extend(self, self.rapyer_bound(value))  # pyright: ignore[reportUnknownArgumentType]  # of any items
        self.rapyer_sure = UNCHANGED
        self.rapyer_clean()
        return self

    def rapyer_count(self) -> int:
        return len(self)

    def rapyer_doubt(self, kept: int) -> None:
        if self.rapyer_sure != KNOWN:
            # A copy that was changed locally is replaced whole by the reply: none of it is sure.
            self.rapyer_sure = 0 if self.rapyer_has_changed else min(self.rapyer_sure, kept)

    def rapyer_know(self, scope: Scope) -> None:
        self.rapyer_sure = KNOWN
        scope.when_over(self.rapyer_be_sure)

    def rapyer_clean(self) -> Callable[[], None]:
        """Note that the local copy is the server's; return what takes that back."""
        earlier = (self.rapyer_has_changed, self.rapyer_is_rearranged)
        self.rapyer_has_changed = self.rapyer_is_rearranged = False

        def restore() -> None:
            self.rapyer_has_changed |= earlier[0]
            self.rapyer_is_rearranged |= earlier[1]

        return restore

    def rapyer_touch(self, rearranged: bool) -> None:
        """Note that the local copy is not the server's any more."""
        self.rapyer_has_changed = True
        if rearranged:
            self.rapyer_version += 1
            self.rapyer_is_rearranged = True
