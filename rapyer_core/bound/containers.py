"""What lists, dicts, sets and queues in a document have in common, and handles of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..operations import Computation
from ..places import InnerPlace, Route
from .base import Bound

__all__ = ["REQUIRED", "ContainerOperations", "LocalCopy"]


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

    def rapyer_computed_change(
        self,
        route: Route,
        change: Callable[[Any], Any],
        *,
        name: str = "value_swap",
        has_result: bool = False,
    ) -> Computation:
        """Return a change computed in Python, for a value with constraints or validators.

        `change` makes it in a plain value; with `has_result` the caller gets what it returns,
        else the new value. `name`: the operation that it stands for.
        """
        outcome: list[Any] = []

        def function(value: Any) -> Any:
            outcome[:] = [change(value)]
            return value

        result = (lambda: outcome[0]) if has_result else None
        return self.rapyer_computation(route, function, result, name=name)


class LocalCopy(Bound):
    """A local value that is kept, with its place, by the model or container that it is in."""

    __slots__ = ()

    if TYPE_CHECKING:
        rapyer_inner: InnerPlace

    def rapyer_place(self) -> InnerPlace:
        return self.rapyer_inner

    def rapyer_address(self) -> tuple[Any, Any, Any]:
        return self.rapyer_inner.parent, self.rapyer_inner.member, self
