"""Datetimes and timedeltas: sums on the server, exact to the microsecond, as Python makes them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, ClassVar, NamedTuple

from ..errors import InvalidValueError, NumberRangeError
from ..operations import Computation, Operation
from ..places import Route
from .base import Bound
from .predicting import UNTOLD, ScalarOperations

__all__ = ["DatetimeOperations", "TimestampOperations"]


class _Summand(NamedTuple):
    """A timedelta that is to be added or subtracted; some have no opposite."""

    sign: str
    amount: timedelta

    def words(self) -> tuple[str, str]:
        """Return the whole seconds, rounded down, and the microseconds on top."""
        total = self.amount // timedelta.resolution
        seconds, micro = divmod(total if self.sign == "+" else -total, 1_000_000)
        return str(seconds), str(micro)

    def added_to(self, held: datetime) -> datetime:
        """Return a sum with the offset that is stored: a named zone's may be another after it."""
        offset = held.utcoffset()
        fixed = held if offset is None else held.replace(tzinfo=timezone(offset))
        return fixed + self.amount if self.sign == "+" else fixed - self.amount


class DatetimeOperations(ScalarOperations):
    """What a datetime can do in place.

    A sum is one of the clock and the calendar, as Python's is: the zone stays, and with it the
    offset from UTC that is stored.
    """

    __slots__ = ()
    rapyer_plain: ClassVar[type] = datetime
    rapyer_sum: ClassVar[str] = "datetime_add"
    """The operation of the program."""

    def add_operation(self, route: Route, delta: Any) -> Operation | Computation:
        """Add a timedelta.

        Raises:
            InvalidValueError: it is none; nothing is sent.
        """
        return self.rapyer_step(route, *self.rapyer_operand("+", delta))

    def subtract_operation(self, route: Route, delta: Any) -> Operation | Computation:
        """Subtract a timedelta."""
        return self.rapyer_step(route, *self.rapyer_operand("-", delta))

    def rapyer_operand(self, sign: str, operand: Any) -> tuple[str, timedelta]:
        if sign not in ("+", "-"):
            raise self._refuse("+= or -=", f"{sign}=")
        if not isinstance(operand, timedelta):
            raise self._refuse("a timedelta", operand)
        return sign, operand

    def rapyer_step(self, route: Route, sign: str, operand: timedelta) -> Operation | Computation:
        summand = _Summand(sign, operand)
        if not self.rapyer_plan.is_plain:
            return self.rapyer_computation(
                route, lambda held: self._computed_sum(held, summand), name=self.rapyer_sum
            )
        words = summand.words()
        return self.rapyer_value_operation(route, sign, operand, self.rapyer_sum, words)

    def rapyer_computed(self, sign: str, operand: timedelta) -> Any:
        this: Any = self
        held: datetime = this.rapyer_value()
        new = self.rapyer_told(sign, operand, held)
        return held if new is UNTOLD else new

    def rapyer_told(self, sign: str, operand: timedelta, held: Any) -> Any:
        if isinstance(held, Bound) or not isinstance(held, datetime):
            return UNTOLD
        try:
            return _Summand(sign, operand).added_to(held)
        except OverflowError:
            return UNTOLD

    def rapyer_is_same(self, one: datetime, other: datetime) -> bool:
        return one.replace(tzinfo=None) == other.replace(tzinfo=None) and (
            one.utcoffset() == other.utcoffset()
        )

    def _computed_sum(self, held: datetime, summand: _Summand) -> datetime:
        try:
            return summand.added_to(held)
        except OverflowError:
            spot = self.where()
            raise NumberRangeError(
                f"{spot}: expected a datetime in the years 1 to 9999, found {held} "
                f"{summand.sign} {summand.amount}; nothing was written",
                expected="a datetime in the years 1 to 9999",
                actual=held,
                **spot.about(),
            ) from None

    def _refuse(self, expected: str, value: Any) -> InvalidValueError:
        spot = self.where()
        return InvalidValueError(
            f"{spot}: expected {expected}, got {value!r}; nothing was sent",
            expected=expected,
            actual=value,
            **spot.about(),
        )


class TimestampOperations(DatetimeOperations):
    """The same for a moment that is stored as a number."""

    __slots__ = ()
    rapyer_sum: ClassVar[str] = "timestamp_add"
