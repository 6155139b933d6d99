"""Operations on strings."""

from __future__ import annotations

from typing import Any, ClassVar

from ..errors import InvalidValueError
from ..operations import Computation, Operation
from ..places import Route
from .predicting import UNTOLD, ScalarOperations

__all__ = ["LARGEST_STRING", "TextOperations"]

# Redis' own limit for one string. Source: proto-max-bulk-len in redis.conf, 512 MiB.
LARGEST_STRING = 512 * 1024 * 1024


class TextOperations(ScalarOperations):
    """What a str can do in place."""

    __slots__ = ()
    rapyer_plain: ClassVar[type] = str

    def append_operation(self, route: Route, suffix: Any) -> Operation | Computation:
        """Append a string."""
        return self.rapyer_step(route, *self.rapyer_operand("+", suffix))

    def repeat_operation(self, route: Route, times: Any) -> Operation | Computation:
        """Repeat the string."""
        return self.rapyer_step(route, *self.rapyer_operand("*", times))

    def rapyer_operand(self, sign: str, operand: Any) -> tuple[str, Any]:
        if sign == "+":
            if not isinstance(operand, str):
                raise self._refuse("a string", operand)
            return sign, str(operand)
        if sign != "*":
            raise self._refuse("+= or *=", f"{sign}=")
        if not isinstance(operand, int) or isinstance(operand, bool):
            raise self._refuse("an integer", operand)
        return sign, int(operand)

    def rapyer_computed(self, sign: str, operand: Any) -> str:
        computed: str = self.rapyer_told(sign, operand, str(self))
        return computed

    def rapyer_told(self, sign: str, operand: Any, held: Any) -> Any:
        if not isinstance(held, str):
            return UNTOLD
        return held + operand if sign == "+" else held * operand

    def rapyer_step(self, route: Route, sign: str, operand: Any) -> Operation | Computation:
        if not self.rapyer_plan.is_plain:
            return self.rapyer_computation(
                route, lambda value: self.rapyer_told(sign, operand, value)
            )
        if sign == "*":
            args = (operand, LARGEST_STRING)
            return self.rapyer_value_operation(route, sign, operand, "text_repeat", args)
        if "\0" in operand:
            self.rapyer_plan.checked(operand, self)  # which an indexed field refuses
        text = self.rapyer_plan.text(operand, self)
        return self.rapyer_value_operation(route, sign, operand, "text_append", (text,))

    def _refuse(self, expected: str, value: Any) -> InvalidValueError:
        spot = self.where()
        return InvalidValueError(
            f"{spot}: expected {expected}, got {value!r}; nothing was sent",
            expected=expected,
            actual=value,
            **spot.about(),
        )
