"""Operations whose reply is a scalar's new value, and what that is taken to be in a pipeline."""

from __future__ import annotations

from collections.abc import Callable
from operator import eq
from typing import TYPE_CHECKING, Any

from ..operations import Operation
from ..places import Route
from ..scopes import is_any_open
from .base import Bound

if TYPE_CHECKING:
    from ..scopes import Scope

__all__ = ["UNTOLD", "ScalarOperations"]

# In place of a prediction: it cannot be told what the value becomes.
UNTOLD: Any = object()


class _Prediction:
    """What a pipeline takes one operation to make of one value, and whether that came true."""

    __slots__ = ("_compute", "_is_same", "_read", "_told", "_value")

    def __init__(
        self,
        value: ScalarOperations,
        read: Callable[[bytes], Any],
        compute: Callable[[Any], Any],
        is_same: Callable[[Any, Any], bool],
    ) -> None:
        self._value = value
        self._read = read
        self._compute = compute
        self._is_same = is_same
        self._told = UNTOLD

    def make(self, scope: Scope) -> Any:
        """Make it the local value, as far as it can be told."""
        value = self._value
        value.rapyer_remember(scope)
        told = self._compute(value.rapyer_held())
        if told is UNTOLD:
            return value
        self._told = told
        return value.rapyer_accept(told)

    def came_true(self, reply: bytes) -> bool:
        """Return whether the server has the same value."""
        return self._told is not UNTOLD and self._is_same(self._read(reply), self._told)

    def settle(self, reply: bytes) -> Any:
        """Make the server's value the local one."""
        return self._value.rapyer_accept(self._read(reply))


class ScalarOperations(Bound):
    """A value that an operation replaces by what it replies."""

    __slots__ = ()

    def rapyer_value_operation(
        self,
        route: Route,
        name: str,
        args: tuple[Any, ...],
        read: Callable[[bytes], Any],
        compute: Callable[[Any], Any],
        is_same: Callable[[Any, Any], bool] = eq,
    ) -> Operation:
        """Return an operation that replies the new value.

        `read` makes it of the reply. `compute` tells it from the local value, or is `UNTOLD`; only
        the server's counts, so a local one that does not fit is no error.
        """
        if not is_any_open():
            return self.rapyer_operation(
                route, name, args, lambda reply: self.rapyer_accept(read(reply))
            )
        prediction = _Prediction(self, read, compute, is_same)
        return self.rapyer_operation(
            route, name, args, prediction.settle, prediction.make, confirms=prediction.came_true
        )
