"""Arithmetic on the server with Python's results, or an error: never a rounded integer."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any, ClassVar

from ..errors import InvalidValueError, NumberRangeError
from ..operations import Computation, Operation
from ..places import Route
from .base import Bound
from .predicting import UNTOLD, ScalarOperations

__all__ = ["FloatOperations", "IntOperations", "NumberOperations"]

# What each operator is, for a value whose field has validators of its own.
_FUNCTIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "*": operator.mul,
    "/": operator.truediv,  # pyright: ignore[reportUnknownMemberType]  # typeshed says nothing of it
    "//": operator.floordiv,  # pyright: ignore[reportUnknownMemberType]  # see above
    "%": operator.mod,
    "**": operator.pow,  # pyright: ignore[reportUnknownMemberType]  # see above
}
_INTEGER_OPERATIONS = {
    "+": "integer_add",
    "*": "integer_multiply",
    "/": "integer_divide",
    "//": "integer_floordiv",
    "%": "integer_mod",
    "**": "integer_power",
}
# Beyond it an integer power leaves 64 bits, and Python would compute it for long.
_LARGEST_EXPONENT = 64
_DIVISIONS = frozenset({"/", "//", "%"})


class NumberOperations(ScalarOperations):
    """What ints and floats have in common."""

    __slots__ = ()

    def number_operation(self, route: Route, sign: str, operand: Any) -> Operation | Computation:
        """Apply ``value = value <sign> operand``.

        Raises:
            InvalidValueError: the operand is not a number that the field takes.
            ZeroDivisionError: a division by zero; nothing is sent.
        """
        return self.rapyer_step(route, *self.rapyer_operand(sign, operand))

    def decrease_operation(self, route: Route, amount: Any) -> Operation | Computation:
        """Subtract."""
        return self.number_operation(route, "-", amount)

    def rapyer_operand(self, sign: str, operand: Any) -> tuple[str, Any]:
        operand = self.rapyer_number(sign, operand)
        if sign == "-":
            return "+", -operand
        if operand == 0 and sign in _DIVISIONS:
            raise ZeroDivisionError(f"{self.where()}: {sign} by zero")
        return sign, operand

    def rapyer_step(self, route: Route, sign: str, operand: Any) -> Operation | Computation:
        plan = self.rapyer_plan
        if plan.is_plain or plan.bounds:
            return self.rapyer_arithmetic(route, sign, operand)
        function = self.rapyer_function(sign)
        return self.rapyer_computation(
            route, lambda value: function(value, operand), name="number_change"
        )

    def rapyer_computed(self, sign: str, operand: Any) -> Any:
        held = self.rapyer_plain(self)
        if sign == "**" and abs(operand) > _LARGEST_EXPONENT:
            return held
        try:
            return self.rapyer_plain(_FUNCTIONS[sign](held, operand))
        except ArithmeticError:
            return held

    def rapyer_told(self, sign: str, operand: Any, held: Any) -> Any:
        if isinstance(held, Bound) or (sign == "**" and abs(operand) > _LARGEST_EXPONENT):
            return UNTOLD
        try:
            new = _FUNCTIONS[sign](held, operand)
            if type(new) is not self.rapyer_plain or not self.rapyer_plan.is_plain:
                new = self.rapyer_plan.checked(new, self)
        except (InvalidValueError, ArithmeticError):
            return UNTOLD
        return new

    def rapyer_function(self, sign: str) -> Callable[[Any, Any], Any]:
        """Return what computes a new value from the present one."""
        return _FUNCTIONS[sign]

    def rapyer_number(self, sign: str, operand: Any) -> Any:
        """Return an operand of the field's type, or raise."""
        raise NotImplementedError

    def rapyer_arithmetic(self, route: Route, sign: str, operand: Any) -> Operation:
        """Return the operation of the program."""
        raise NotImplementedError

    def rapyer_refuse(self, expected: str, operand: Any) -> InvalidValueError:
        """Return the error for an operand that the field does not take."""
        spot = self.where()
        return InvalidValueError(
            f"{spot}: expected {expected}, got {operand!r}; nothing was sent",
            expected=expected,
            actual=operand,
            **spot.about(),
        )


class IntOperations(NumberOperations):
    """Exact to 64 bits; what leaves them is an error, and nothing is written."""

    __slots__ = ()
    rapyer_plain: ClassVar[type] = int

    def rapyer_number(self, sign: str, operand: Any) -> int:
        if not isinstance(operand, int) or isinstance(operand, bool):
            raise self.rapyer_refuse("an integer", operand)
        if sign == "**" and operand < 0:
            raise self.rapyer_refuse("an exponent that is not negative", operand)
        return int(operand)

    def rapyer_function(self, sign: str) -> Callable[[Any, Any], Any]:
        return self._exact_quotient if sign == "/" else super().rapyer_function(sign)

    def _exact_quotient(self, value: int, divisor: int) -> int:
        """Divide where that leaves an integer: a float would not hold a large one."""
        quotient, rest = divmod(value, divisor)
        if rest:
            spot = self.where()
            raise NumberRangeError(
                f"{spot}: expected an integer, found {value} / {divisor}; nothing was written",
                expected="an integer",
                actual=f"{value} / {divisor}",
                **spot.about(),
            )
        return quotient

    def rapyer_arithmetic(self, route: Route, sign: str, operand: Any) -> Operation:
        args = (str(operand), *self.rapyer_plan.integer_bounds)
        return self.rapyer_value_operation(route, sign, operand, _INTEGER_OPERATIONS[sign], args)

    def rapyer_read(self, reply: bytes) -> int:
        return int(reply)


class FloatOperations(NumberOperations):
    """IEEE doubles with Python's results, on both sides of the wire."""

    __slots__ = ()
    rapyer_plain: ClassVar[type] = float

    def rapyer_number(self, sign: str, operand: Any) -> float:
        if not isinstance(operand, (int, float)) or isinstance(operand, bool):
            raise self.rapyer_refuse("a number", operand)
        return float(operand)

    def rapyer_arithmetic(self, route: Route, sign: str, operand: Any) -> Operation:
        args = (sign, _float_text(operand), *self.rapyer_plan.float_bounds)
        return self.rapyer_value_operation(route, sign, operand, "float_change", args)

    def rapyer_read(self, reply: bytes) -> float:
        return float(reply.strip(b'"'))

    def rapyer_is_same(self, one: float, other: float) -> bool:
        # By text, which tells 0.0 from -0.0.
        return repr(one) == repr(other)


def _float_text(value: float) -> str:
    """Return a float as JSON has it; the three values that JSON lacks are strings, as stored."""
    if math.isfinite(value):
        return repr(value)
    return '"NaN"' if math.isnan(value) else '"Infinity"' if value > 0 else '"-Infinity"'
