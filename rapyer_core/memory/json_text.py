"""JSON text to Python values and back, with the numbers and errors of RedisJSON.

Parsing and writing are pydantic's, whose parser words its errors as RedisJSON's does. What
differs is done here: integers that do not fit 64 bits are doubles, so is ``-0``, an infinite
number is an error, nesting ends at 127 levels, and an exponent has no plus sign.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from pydantic_core import from_json, to_json

from rapyer_core.memory.kinds import is_list, is_object
from rapyer_core.memory.replies import CommandError

__all__ = ["encode_json", "parse_json"]

# RedisJSON holds what fits an i64 or a u64 as an integer.
_LEAST_INTEGER = -(2**63)
_GREATEST_INTEGER = 2**64 - 1

# serde_json's default recursion limit; RedisJSON 2.8.3 keeps it.
_DEEPEST = 127

# Text that may hold a number on which pydantic and RedisJSON differ is read a second time. Found
# by plain searches in a text with one letter for all digits: one pattern took twice as long as
# the parsing.
_SHAPES = bytes(
    ord("0") if chr(byte) in "0123456789" else ord("e") if chr(byte) in "eE" else ord(" ")
    for byte in range(256)
)
_LONG_INTEGER = b"0" * 19
_LONG_EXPONENT = b"e000"
_MINUS_ZERO = re.compile(rb"-0(?![.0-9])")

_STRING_OR_PLUS = re.compile(rb'("(?:[^"\\]|\\.)*")|e\+', re.DOTALL)


def parse_json(text: bytes) -> Any:
    """Return the value that the text holds. Errors: CommandError, in the server's words.

    RedisJSON ignores what follows the value; here that is an error.
    """
    try:
        text.decode("utf-8")
        value = from_json(text, allow_inf_nan=False, cache_strings="keys")
    except UnicodeDecodeError:
        raise CommandError("Couldn't parse as UTF-8 string") from None
    except ValueError as error:
        raise CommandError(str(error)) from None
    if text.count(b"[") + text.count(b"{") > _DEEPEST and _is_too_deep(value):
        raise CommandError(f"recursion limit exceeded at line 1 column {_DEEPEST + 1}")
    if _has_unusual_number(text):
        return json.loads(text, parse_int=_integer, parse_float=_double)
    return value


def _integer(digits: str) -> int | float:
    if digits == "-0":
        return -0.0
    value = int(digits)
    return value if _LEAST_INTEGER <= value <= _GREATEST_INTEGER else _double(digits)


def _double(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise CommandError(f"number out of range at line 1 column {len(digits)}")
    return value


def _has_unusual_number(text: bytes) -> bool:
    shape = text.translate(_SHAPES, b"+")
    return _LONG_INTEGER in shape or _LONG_EXPONENT in shape or _MINUS_ZERO.search(text) is not None


def _is_too_deep(value: Any) -> bool:
    """Whether lists and objects are nested deeper than the server allows."""
    level = [value]
    for _ in range(_DEEPEST):
        level = [item for container in level for item in _containers_in(container)]
        if not level:
            return False
    return True


def _containers_in(value: Any) -> list[Any]:
    items = value.values() if is_object(value) else value if is_list(value) else ()
    return [item for item in items if type(item) is list or type(item) is dict]


def encode_json(value: Any) -> bytes:
    """Return the compact text of a value, as RedisJSON writes it."""
    text = to_json(value)
    if b"e+" in text:
        return _STRING_OR_PLUS.sub(lambda found: found[1] or b"e", text)
    return text
