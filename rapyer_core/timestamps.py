"""Moments as numbers: seconds since 1970-01-01 UTC, a double, exact to the microsecond or refused.

A double holds every microsecond until the year 2242, and beyond it whole seconds and some of the
microseconds between them.
"""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any

from pydantic_core import core_schema

from .schemas import KIND, NEUTRAL

__all__ = ["TIMESTAMP", "NaiveAs", "moment_of", "seconds_of", "timestamp_schema"]

TIMESTAMP = "timestamp"
"""The kind of values that are stored so."""

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MICROSECOND = timedelta(microseconds=1)
_NUMBER = re.compile(r"[-+]?\d+(\.\d*)?([eE][-+]?\d+)?")


def seconds_of(moment: datetime) -> float:
    """Return the seconds since 1970 of an aware datetime."""
    # A division of integers is rounded once; `timestamp()` rounds twice.
    return ((moment - _EPOCH) // _MICROSECOND) / 1_000_000


def moment_of(seconds: float) -> datetime:
    """Return the moment, in UTC, that a number stands for.

    Raises:
        ValueError: it is not in the years 1 to 9999.
    """
    if not math.isfinite(seconds):
        raise ValueError(f"{seconds} is no timestamp")
    whole = math.floor(seconds)
    # As the program rounds (lua/values/timestamp_add).
    micro = math.floor((seconds - whole) * 1_000_000 + 0.5)
    try:
        return _EPOCH + timedelta(seconds=whole, microseconds=micro)
    except OverflowError:
        raise ValueError(f"{seconds} s since 1970 is not in the years 1 to 9999") from None


def timestamp_schema() -> core_schema.CoreSchema:
    """Return the schema of a timestamp: a number in JSON, an aware datetime in UTC here."""
    inner = core_schema.no_info_before_validator_function(
        _from_number, core_schema.datetime_schema()
    )
    return core_schema.no_info_after_validator_function(
        _as_moment,
        inner,
        metadata={KIND: TIMESTAMP},
        serialization=core_schema.plain_serializer_function_ser_schema(
            seconds_of, return_schema=core_schema.float_schema(), when_used="json"
        ),
    )


def _from_number(value: Any) -> Any:
    """Read a number as seconds: pydantic would take a large one for milliseconds."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value)  # the key of a dict
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return moment_of(value)
    return value


def _as_moment(value: datetime) -> datetime:
    if value.utcoffset() is None:
        raise ValueError(
            "a timestamp is a moment, and a datetime without a time zone is none; give it one, "
            "or annotate the field with NaiveAs(zone)"
        )
    try:
        moment = value.astimezone(timezone.utc)
    except OverflowError:
        raise ValueError("the moment is not in the years 1 to 9999 in UTC") from None
    plain = datetime(*moment.timetuple()[:6], moment.microsecond, timezone.utc)
    if abs(plain.year - 1970) > 200 and not _is_exact(plain):
        raise ValueError(
            "seconds in a double do not hold this moment to the microsecond; a RedisDatetime does"
        )
    return plain


def _is_exact(moment: datetime) -> bool:
    try:
        return moment_of(seconds_of(moment)) == moment
    except ValueError:
        return False


class NaiveAs:
    """What a timestamp field takes a datetime without a zone for.

    ``at: Annotated[RedisDatetimeTimestamp, NaiveAs(timezone.utc)]``.
    """

    def __init__(self, zone: tzinfo) -> None:
        self.zone: tzinfo = zone

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        return core_schema.no_info_before_validator_function(
            self._with_zone, handler(source), metadata={NEUTRAL: True}
        )

    def _with_zone(self, value: Any) -> Any:
        if isinstance(value, datetime) and value.utcoffset() is None:
            return value.replace(tzinfo=self.zone)
        return value
