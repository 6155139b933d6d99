"""Datetimes."""

from __future__ import annotations

from datetime import datetime, timedelta

from typing_extensions import Self

from rapyer_core.bound.datetimes import BoundDatetime, BoundTimestamp
from rapyer_core.bound.handles import HandleOfDatetime, HandleOfTimestamp
from rapyer_core.bound.moments import DatetimeOperations

from ..running import perform
from .values import ValueMethods

__all__ = [
    "DatetimeHandle",
    "DatetimeMethods",
    "RedisDatetime",
    "RedisDatetimeTimestamp",
    "TimestampHandle",
]


class DatetimeMethods(ValueMethods[datetime], DatetimeOperations):
    """What datetimes can do; each returns the new value, which the field has too.

    Each raises `NumberRangeError`, and writes nothing, where the result is not in the years 1
    to 9999, or where a timestamp could not hold it to the microsecond.
    """

    __slots__ = ()

    async def aadd(self, delta: timedelta) -> Self:
        """Add a timedelta of any size."""
        result: Self = await perform(self, "aadd", self.add_operation, delta)
        return result

    async def asub(self, delta: timedelta) -> Self:
        """Subtract a timedelta of any size."""
        result: Self = await perform(self, "asub", self.subtract_operation, delta)
        return result


class RedisDatetime(DatetimeMethods, BoundDatetime):
    """A datetime in a document, stored as ISO 8601 text: aware and naive ones are kept apart."""


class RedisDatetimeTimestamp(DatetimeMethods, BoundTimestamp):
    """A moment in a document, stored as the seconds since 1970, a number.

    It takes aware datetimes and gives them in UTC; `NaiveAs` says what others mean.
    """


class DatetimeHandle(DatetimeMethods, HandleOfDatetime):
    """The place of a datetime."""

    __slots__ = ()


class TimestampHandle(DatetimeMethods, HandleOfTimestamp):
    """The place of a timestamp."""

    __slots__ = ()
