"""What can be indexed, and what a stored JSON value is to a comparison.

One table row per kind. Stored values and the values of a query go through the same function, so
that the server's index and the evaluator in Python agree about what equals what.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple, TypeGuard

__all__ = ["EXACT_INTEGERS", "KINDS", "Kind", "is_list"]

EXACT_INTEGERS = 2**53
"""Integers below are doubles without loss; the index knows numbers as doubles."""

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MICROSECOND = timedelta(microseconds=1)
_FIRST_DAY = _EPOCH.toordinal()


class Kind(NamedTuple):
    """How values of one kind are compared.

    `read` makes a comparable value of a stored JSON value, None of one that is of another kind.
    `is_text_number`: the document holds text, so that the index needs a number beside it.
    """

    name: str
    index_type: str
    read: Callable[[Any], Any]
    is_ordered: bool = False
    is_text_number: bool = False


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Return whether a JSON value is a list."""
    return isinstance(value, list)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _bool(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _number(value: Any) -> int | float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def microseconds(moment: datetime) -> int:
    """Return the microseconds from 1970 to a moment; a naive one counts as UTC."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return (moment - _EPOCH) // _MICROSECOND


# What pydantic writes. The Lua program reads the same form (`lua/ops/index_refresh.lua`), so that
# both agree about texts that others wrote.
_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(?:Z|([+-])(\d\d):(\d\d))?",
    re.ASCII,
)


def _moment(value: Any) -> int | None:
    found = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    days = None if found is None else _day(found[1])
    if found is None or days is None:
        return None
    _, hour, minute, second, fraction, sign, hours, minutes = found.groups(default="0")
    shift = (int(hours) * 3600 + int(minutes) * 60) * (-1 if sign == "-" else 1)
    seconds = (days - _FIRST_DAY) * 86400 + int(hour) * 3600 + int(minute) * 60 + int(second)
    return (seconds - shift) * 1_000_000 + int((fraction + "000000")[:6])


def _second(value: Any) -> int | None:
    """Return the microseconds of a number of seconds, rounded as a load rounds them."""
    number = _number(value)
    if number is None:
        return None
    whole = math.floor(number)
    return whole * 1_000_000 + math.floor((number - whole) * 1_000_000 + 0.5)


def _day(value: Any) -> int | None:
    try:
        return date.fromisoformat(value).toordinal() if isinstance(value, str) else None
    except ValueError:
        return None


def _point(value: Any) -> tuple[float, float] | None:
    if not isinstance(value, str):
        return None
    parts = value.split(",")
    try:
        return (float(parts[0]), float(parts[1])) if len(parts) == 2 else None
    except ValueError:
        return None


def _vector(value: Any) -> tuple[float, ...] | None:
    return tuple(float(part) for part in value) if is_list(value) else None


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("text", "TAG", _text),
        Kind("bool", "TAG", _bool),
        Kind("integer", "NUMERIC", _number, is_ordered=True),
        Kind("float", "NUMERIC", _number, is_ordered=True),
        Kind("decimal", "NUMERIC", _decimal, is_ordered=True, is_text_number=True),
        Kind("datetime", "NUMERIC", _moment, is_ordered=True, is_text_number=True),
        Kind("timestamp", "NUMERIC", _second, is_ordered=True),
        Kind("date", "NUMERIC", _day, is_ordered=True, is_text_number=True),
        Kind("point", "GEO", _point),
        Kind("vector", "VECTOR", _vector),
    )
}
