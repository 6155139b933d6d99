"""What RedisJSON does with single values: kinds, equality, sums, merges, and lists' positions."""

from __future__ import annotations

import math
from typing import Any

from rapyer_core.memory.kinds import is_list, is_number, is_object
from rapyer_core.memory.replies import CommandError

__all__ = [
    "cleared",
    "index_of",
    "insert_position",
    "merged",
    "number_sum",
    "pop_position",
    "same",
    "trimmed",
    "type_name",
]

_TYPE_NAMES: dict[type, bytes] = {
    dict: b"object",
    list: b"array",
    str: b"string",
    bool: b"boolean",
    int: b"integer",
    float: b"number",
    type(None): b"null",
}
_LEAST = -(2**63)
_GREATEST = 2**63 - 1


def type_name(value: Any) -> bytes:
    """Return the name that JSON.TYPE gives."""
    return _TYPE_NAMES[type(value)]


def number_sum(value: float, delta: float) -> float:
    """Return the sum: of two signed 64-bit integers such a one, wrapped; else a double.

    RedisJSON wraps silently. Errors: CommandError for a sum that is no finite number.
    """
    if _is_signed(value) and _is_signed(delta):
        return int(value + delta - _LEAST) % 2**64 + _LEAST
    result = float(value) + float(delta)
    if not math.isfinite(result):
        raise CommandError("ERR result is not a number")
    return result


def _is_signed(value: float) -> bool:
    return type(value) is int and _LEAST <= value <= _GREATEST


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal for JSON.ARRINDEX: 1 and 1.0 are not, nor are 1 and true."""
    if type(one) is not type(other):
        return False
    if is_list(one):
        return len(one) == len(other) and all(map(same, one, other))
    if is_object(one):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    return bool(one == other)


def merged(target: Any, patch: Any) -> Any:
    """Return `target` changed by a merge patch (RFC 7396); objects are changed in place."""
    if not is_object(patch):
        return patch
    result = target if is_object(target) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def cleared(value: Any) -> Any:
    """Return what JSON.CLEAR leaves of a value; of texts, booleans and null it leaves all."""
    if is_number(value):
        return 0
    if is_list(value):
        return []
    return {} if is_object(value) else value


def insert_position(items: list[Any], index: int) -> int:
    """Return where JSON.ARRINSERT inserts. Errors: CommandError outside of the list."""
    position = index if index >= 0 else len(items) + index
    if not 0 <= position <= len(items):
        raise CommandError("ERR index out of bounds")
    return position


def pop_position(items: list[Any], index: int) -> int:
    """Return which item JSON.ARRPOP takes of a list that is not empty: the nearest there is."""
    position = index if index >= 0 else len(items) + index
    return min(max(position, 0), len(items) - 1)


def trimmed(items: list[Any], start: int, stop: int) -> list[Any]:
    """Return the items from `start` to `stop`, both included, below 0 counted from the end."""
    first = start if start >= 0 else max(0, len(items) + start)
    last = stop if stop >= 0 else max(0, len(items) + stop)
    return items[first : last + 1]


def index_of(items: list[Any], value: Any, start: int, stop: int) -> int:
    """Return the first position of `value` from `start` to before `stop` (0: the end), or -1."""
    first = start if start >= 0 else max(0, len(items) + start)
    end = len(items) if stop == 0 else stop if stop > 0 else max(0, len(items) + stop)
    for position in range(first, min(end, len(items))):
        if same(items[position], value):
            return position
    return -1
