"""Operations on strings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from ..errors import InvalidValueError
from ..operations import Computation, Operation
from ..places import Route
from .base import Bound

__all__ = ["LARGEST_STRING", "TextOperations"]

# Redis' own limit for one string. Source: proto-max-bulk-len in redis.conf, 512 MiB.
LARGEST_STRING = 512 * 1024 * 1024


class TextOperations(Bound):
    """What a str can do in place."""

    __slots__ = ()
    rapyer_plain: ClassVar[type] = str

    def inplace_operation(self, route: Route, sign: str, operand: Any) -> Operation | Computation:
        """Return what an in-place operator means: ``+=`` appends, ``*=`` repeats."""
        if sign == "+":
            return self.append_operation(route, operand)
        if sign == "*":
            return self.repeat_operation(route, operand)
        raise self._refuse("+= or *=", f"{sign}=")

    def rapyer_computed(self, sign: str, operand: Any) -> str:
        """Return what Python's operator gives for the local value."""
        held = str(self)
        computed: str = held + operand if sign == "+" else held * operand
        return computed

    def append_operation(self, route: Route, suffix: Any) -> Operation | Computation:
        """Append a string."""
        if not isinstance(suffix, str):
            raise self._refuse("a string", suffix)
        if not self.rapyer_plan.is_plain:
            return self.rapyer_computation(route, lambda value: value + suffix)
        if "\0" in suffix:
            self.rapyer_plan.checked(str(suffix), self)  # which an indexed field refuses
        text = self.rapyer_plan.text(str(suffix), self)
        return self._text_operation(route, "text_append", (text,), lambda held: held + suffix)

    def repeat_operation(self, route: Route, times: Any) -> Operation | Computation:
        """Repeat the string."""
        if not isinstance(times, int) or isinstance(times, bool):
            raise self._refuse("an integer", times)
        if not self.rapyer_plan.is_plain:
            return self.rapyer_computation(route, lambda value: value * times)
        return self._text_operation(
            route, "text_repeat", (int(times), LARGEST_STRING), lambda held: held * times
        )

    def _text_operation(
        self, route: Route, name: str, args: tuple[Any, ...], change: Callable[[str], str]
    ) -> Operation:
        predicted: list[str] = []

        def predict() -> Any:
            held = self.rapyer_held()
            if not isinstance(held, str):
                return self
            predicted.append(change(held))
            return self.rapyer_accept(predicted[0])

        def settle(text: bytes) -> Any:
            return self.rapyer_accept(self.rapyer_plan.read(text, self))

        def confirms(text: bytes) -> bool:
            return bool(predicted) and self.rapyer_plan.read(text, self) == predicted[0]

        return self.rapyer_operation(route, name, args, settle, predict, confirms=confirms)

    def _refuse(self, expected: str, value: Any) -> InvalidValueError:
        spot = self.where()
        return InvalidValueError(
            f"{spot}: expected {expected}, got {value!r}; nothing was sent",
            expected=expected,
            actual=value,
            **spot.about(),
        )
