"""Numbers as the index knows them: doubles. What of an exact comparison is left of it there."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any, NamedTuple

from .conditions import Range
from .kinds import EXACT_INTEGERS
from .schema import IndexedField

__all__ = ["Bounds", "Interval", "bounds_of_range", "bounds_of_value"]

# Decimals of so many digits are different doubles, in the same order. Source: IEEE 754, DBL_DIG
_EXACT_DIGITS = 15


class Interval(NamedTuple):
    """Doubles between two; None for no limit."""

    low: float | int | None
    high: float | int | None
    with_low: bool = True
    with_high: bool = True


class Bounds(NamedTuple):
    """`widest`: the doubles of at least what was asked; `narrowest`: of at most that, or None."""

    is_exact: bool
    widest: Interval
    narrowest: Interval | None


def bounds_of_value(field: IndexedField, value: Any) -> Bounds:
    """Return the bounds of one value."""
    if field.kind.name == "timestamp":
        return _bounds_of_moments(value, value, True, True)
    if _is_exact(field, value):
        number = _double(value)
        same = Interval(number, number)
        return Bounds(True, same, same)
    return Bounds(False, _wide(value, value), None)


def bounds_of_range(asked: Range) -> Bounds:
    """Return the bounds of a range."""
    field, low, high = asked.field, asked.low, asked.high
    if field.kind.name == "timestamp":
        return _bounds_of_moments(low, high, asked.with_low, asked.with_high)
    limits = [value for value in (low, high) if value is not None]
    if all(_is_exact(field, value) for value in limits):
        same = Interval(_doubled(low), _doubled(high), asked.with_low, asked.with_high)
        return Bounds(True, same, same)
    return Bounds(False, _wide(low, high), _narrow(low, high))


# Seconds beyond which doubles are half a microsecond apart: 2^32, in the year 2106.
_EXACT_SECONDS = 2**32


def _bounds_of_moments(low: Any, high: Any, with_low: bool, with_high: bool) -> Bounds:
    """Return the bounds of microseconds in seconds: each stands for what is rounded to it."""
    first = None if low is None else (low - 0.5 if with_low else low + 0.5) / 1_000_000
    last = None if high is None else (high + 0.5 if with_high else high - 0.5) / 1_000_000
    asked = Interval(first, last, True, False)
    if all(abs(second or 0) < _EXACT_SECONDS for second in (first, last)):
        return Bounds(True, asked, asked)
    return Bounds(False, _wide(first, last), _narrow(first, last))


def _wide(low: Any, high: Any) -> Interval:
    return Interval(
        None if low is None else _finite(_before(low)),
        None if high is None else _finite(_after(high)),
    )


def _narrow(low: Any, high: Any) -> Interval | None:
    """Return doubles that are strictly beyond the limits' neighbours; None where there are none."""
    first = None if low is None else _after(low)
    last = None if high is None else _before(high)
    if first == math.inf or last == -math.inf:
        return None
    return Interval(first, last, False, False)


def _is_exact(field: IndexedField, value: Any) -> bool:
    """Return whether no other number has the value's double, and the order is kept around it."""
    if isinstance(value, Decimal):
        most = next(
            (layer["max_digits"] for layer in field.plan.part.layers() if layer.get("max_digits")),
            None,
        )
        return (
            most is not None
            and most <= _EXACT_DIGITS
            and len(value.as_tuple().digits) <= _EXACT_DIGITS
        )
    if field.kind.name == "float" or isinstance(value, float):
        return True
    return bool(abs(value) < EXACT_INTEGERS)


def _doubled(value: Any) -> float | int | None:
    return None if value is None else _double(value)


def _double(value: Any) -> float | int:
    """Return a number that the server reads without loss."""
    if isinstance(value, int) and abs(value) < EXACT_INTEGERS:
        return value
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _before(value: Any) -> float:
    """Return a double that is less than what the server may take the value for.

    One less than the value's own, since the server's parser may miss a number of 16 or 17 digits by
    one unit in the last place (seen on RedisJSON 2.8.3).
    """
    return math.nextafter(_double(value), -math.inf)


def _after(value: Any) -> float:
    """Return a double that is more than what the server may take the value for."""
    return math.nextafter(_double(value), math.inf)
