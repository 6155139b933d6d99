"""What lists, dicts, sets and queues in a document have in common, and handles of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..places import InnerPlace
from .base import Bound

__all__ = ["REQUIRED", "ContainerOperations", "LocalCopy", "in_place"]


class _Required:
    """Stands for a default that was not given."""

    def __repr__(self) -> str:
        return "<no default>"


REQUIRED: Any = _Required()


class ContainerOperations(Bound):
    """A value that holds values with places of their own."""

    __slots__ = ()

    def rapyer_is_frozen(self, member: Any) -> bool:
        """Return False: only fields of models can be frozen."""
        return False


class LocalCopy(Bound):
    """A local value that is kept, with its place, by the model or container that it is in."""

    __slots__ = ()

    if TYPE_CHECKING:
        rapyer_inner: InnerPlace

    def rapyer_place(self) -> InnerPlace:
        return self.rapyer_inner

    def rapyer_address(self) -> tuple[Any, Any, Any]:
        return self.rapyer_inner.parent, self.rapyer_inner.member, self


def in_place(change: Callable[[Any], Any]) -> tuple[Callable[[Any], Any], Callable[[], Any]]:
    """Return a change as a function of a value and to one, and what tells its last outcome.

    `change` makes it in the value that it is given, and returns the outcome.
    """
    outcomes: list[Any] = []

    def function(value: Any) -> Any:
        outcomes[:] = [change(value)]
        return value

    return function, lambda: outcomes[0]
