"""Atomic arithmetic: one step on the server, with Python's result or an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeAlias, TypeVar

from typing_extensions import Self

from rapyer_core.big_integers import Big
from rapyer_core.bound.handles import HandleOfFloat, HandleOfInt
from rapyer_core.bound.numbers import NumberOperations
from rapyer_core.bound.scalars import BoundFloat, BoundInt

from ..running import perform
from .values import ValueMethods

__all__ = ["BigInt", "FloatHandle", "IntHandle", "NumberMethods", "RedisFloat", "RedisInt"]

N = TypeVar("N", int, float)

# A default that fits an int and a float alike.
ONE: Any = 1


class NumberMethods(ValueMethods[N], NumberOperations, Generic[N]):
    """What ints and floats can do.

    Each returns the new value, which the field has too. Each raises `NumberRangeError`, and
    writes nothing, where the result does not fit the field: an int holds 64 bits and no
    fraction, and a field's own bounds hold on the server.
    """

    __slots__ = ()

    async def aincrease(self, amount: N = ONE) -> Self:
        """Add to the value."""
        operation = self.number_operation
        result: Self = await perform(self, "aincrease", operation, "+", amount)
        return result

    async def adecrease(self, amount: N = ONE) -> Self:
        """Subtract from the value."""
        result: Self = await perform(self, "adecrease", self.decrease_operation, amount)
        return result

    async def amul(self, factor: N) -> Self:
        """Multiply the value."""
        operation = self.number_operation
        result: Self = await perform(self, "amul", operation, "*", factor)
        return result

    async def adiv(self, divisor: N) -> Self:
        """Divide the value. An int is divided only where that leaves an int."""
        operation = self.number_operation
        result: Self = await perform(self, "adiv", operation, "/", divisor)
        return result

    async def afloordiv(self, divisor: N) -> Self:
        """Divide the value, rounded towards minus infinity as Python's ``//`` rounds."""
        operation = self.number_operation
        result: Self = await perform(self, "afloordiv", operation, "//", divisor)
        return result

    async def amod(self, divisor: N) -> Self:
        """Replace the value by its remainder, with the divisor's sign as Python's ``%`` has it."""
        operation = self.number_operation
        result: Self = await perform(self, "amod", operation, "%", divisor)
        return result

    async def apow(self, exponent: N) -> Self:
        """Raise the value to a power."""
        operation = self.number_operation
        result: Self = await perform(self, "apow", operation, "**", exponent)
        return result


class RedisInt(NumberMethods[int], BoundInt):
    """An int in a document."""


if TYPE_CHECKING:
    BigInt: TypeAlias = RedisInt
else:
    BigInt = Annotated[int, Big()]


class RedisFloat(NumberMethods[float], BoundFloat):
    """A float in a document."""


class IntHandle(NumberMethods[int], HandleOfInt):
    """The place of an int."""

    __slots__ = ()


class FloatHandle(NumberMethods[float], HandleOfFloat):
    """The place of a float."""

    __slots__ = ()
