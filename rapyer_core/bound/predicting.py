"""Operators whose reply is a scalar's new value, and what that is taken to be in a pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..operations import Computation, Operation
from ..places import Route
from ..scopes import is_any_open
from .base import Bound

if TYPE_CHECKING:
    from ..scopes import Scope

__all__ = ["UNTOLD", "ScalarOperations"]

# In place of a prediction: it cannot be told what the value becomes.
UNTOLD: Any = object()


class ScalarOperations(Bound):
    """A value that an operator replaces by what the server replies."""

    __slots__ = ()

    def rapyer_operand(self, sign: str, operand: Any) -> tuple[str, Any]:
        """Return an operator with its operand as the field's type takes them.

        Raises:
            InvalidValueError: it does not take that operand, or has no such operator.
            ZeroDivisionError: it would divide by zero.
        """
        raise NotImplementedError

    def rapyer_computed(self, sign: str, operand: Any) -> Any:
        """Return what Python's operator gives for the local value, as the field's type holds it."""
        raise NotImplementedError

    def rapyer_step(self, route: Route, sign: str, operand: Any) -> Operation | Computation:
        """Return what an operator is on the server; its operand was checked."""
        raise NotImplementedError

    def rapyer_told(self, sign: str, operand: Any, held: Any) -> Any:
        """Return what the local value becomes; `UNTOLD` where that cannot be told.

        Only the server's value counts, so a local one that does not fit is no error.
        """
        raise NotImplementedError

    def rapyer_read(self, reply: bytes) -> Any:
        """Return the value that the server replied."""
        return self.rapyer_plan.read(reply, self)

    def rapyer_is_same(self, one: Any, other: Any) -> bool:
        """Return whether two values are the same in everything that is stored."""
        return bool(one == other)

    def rapyer_value_operation(
        self, route: Route, sign: str, operand: Any, name: str, args: tuple[Any, ...]
    ) -> Operation:
        """Return the operation of the program that an operator is."""
        if not is_any_open():
            return self.rapyer_operation(route, name, args, self.rapyer_settled)
        told = _Prediction(self, sign, operand)
        return self.rapyer_operation(
            route, name, args, self.rapyer_settled, told.make, confirms=told.came_true
        )

    def rapyer_settled(self, reply: bytes) -> Any:
        """Make the value that the server replied the local one, and return it."""
        return self.rapyer_accept(self.rapyer_read(reply))


class _Prediction:
    """What a pipeline takes one operator to make of one value, and whether that came true."""

    __slots__ = ("_operand", "_sign", "_told", "_value")

    def __init__(self, value: ScalarOperations, sign: str, operand: Any) -> None:
        self._value = value
        self._sign = sign
        self._operand = operand
        self._told = UNTOLD

    def make(self, scope: Scope) -> Any:
        """Make it the local value, as far as it can be told."""
        value = self._value
        value.rapyer_remember(scope)
        told = self._told = value.rapyer_told(self._sign, self._operand, value.rapyer_held())
        return value if told is UNTOLD else value.rapyer_accept(told)

    def came_true(self, reply: bytes) -> bool:
        """Return whether the server has the same value."""
        told, value = self._told, self._value
        return told is not UNTOLD and value.rapyer_is_same(value.rapyer_read(reply), told)
