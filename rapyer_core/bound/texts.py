"""Operations on strings."""

from __future__ import annotations

from collections.abc import Callable
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

    def inplace_operation(self, route: Route, sign: str, operand: Any) -> Operation | Computation:
        """Return what an in-place operator means: ``+=`` appends, ``*=`` repeats."""
        if sign == "+":
            return self.append_operation(route, operand)
        return self.repeat_operation(route, operand)

    def rapyer_operand(self, sign: str, operand: Any) -> Any:
        """Return what an operator takes.

        Raises:
            InvalidValueError: it does not take that, or there is no such operator.
        """
        if sign == "+":
            if not isinstance(operand, str):
                raise self._refuse("a string", operand)
        elif sign == "*":
            if not isinstance(operand, int) or isinstance(operand, bool):
                raise self._refuse("an integer", operand)
        else:
            raise self._refuse("+= or *=", f"{sign}=")
        return operand

    def rapyer_computed(self, sign: str, operand: Any) -> str:
        """Return what Python's operator gives for the local value."""
        held = str(self)
        computed: str = held + operand if sign == "+" else held * operand
        return computed

    def append_operation(self, route: Route, suffix: Any) -> Operation | Computation:
        """Append a string."""
        self.rapyer_operand("+", suffix)
        if not self.rapyer_plan.is_plain:
            return self.rapyer_computation(route, lambda value: value + suffix)
        if "\0" in suffix:
            self.rapyer_plan.checked(str(suffix), self)  # which an indexed field refuses
        text = self.rapyer_plan.text(str(suffix), self)
        return self._text_operation(route, "text_append", (text,), lambda held: held + suffix)

    def repeat_operation(self, route: Route, times: Any) -> Operation | Computation:
        """Repeat the string."""
        self.rapyer_operand("*", times)
        if not self.rapyer_plan.is_plain:
            return self.rapyer_computation(route, lambda value: value * times)
        return self._text_operation(
            route, "text_repeat", (int(times), LARGEST_STRING), lambda held: held * times
        )

    def _text_operation(
        self, route: Route, name: str, args: tuple[Any, ...], change: Callable[[str], str]
    ) -> Operation:
        return self.rapyer_value_operation(
            route,
            name,
            args,
            lambda reply: self.rapyer_plan.read(reply, self),
            lambda held: change(held) if isinstance(held, str) else UNTOLD,
        )

    def _refuse(self, expected: str, value: Any) -> InvalidValueError:
        spot = self.where()
        return InvalidValueError(
            f"{spot}: expected {expected}, got {value!r}; nothing was sent",
            expected=expected,
            actual=value,
            **spot.about(),
        )
