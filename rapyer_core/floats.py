"""Floats in JSON texts, written so that RedisJSON keeps them exactly.

RedisJSON 2.8.3 reads a number as a whole one of 64 bits and a power of ten, and multiplies or
divides the two as doubles. With up to 15 digits and no exponent that is exact; of longer texts
one in ten comes out a unit in the last place off. Source: serde_json's `f64_from_parts`, held to
the real server by tests/core/test_floats.py.

So such a number is written with other digits, which mean the same to an exact parser and come out
right by that rule as well. For two doubles in a thousand there are none: a neighbour is written in
their place, and what is missing is told after the text, for the program to add (`lua/lib/parted`).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, cast

from .errors import RapyerSerializationError
from .invalid import Where
from .paths import LiftedPath, Segment, render
from .schemas import is_series

__all__ = ["as_shown", "as_stored"]

_POWERS = tuple(float(f"1e{exponent}") for exponent in range(309))
_LARGEST = 2.0**64

# A text may hold a number that needs care where 17 digits and points follow each other, or an
# exponent follows a digit: plain searches, since most texts hold none.
_SHAPES = bytes.maketrans(b".012345678E", b"9999999999e")
_LONG, _POWER = b"9" * 17, b"9e"

# Strings are matched to be passed over.
_TOKENS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?', re.DOTALL)
_NUMBER = re.compile(r"(-?)(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?")
_STRING_OR_PLUS = re.compile(r'("[^"\\]*(?:\\.[^"\\]*)*")|[eE]\+?', re.DOTALL)

# How many neighbours of a double are tried.
_NEIGHBOURS = 16


def as_stored(text: str, spot: Callable[[], Where]) -> str:
    """Return a JSON text for RedisJSON to keep exactly; `spot` tells whose it is.

    After the value may follow a line feed and, for each number that no text is exact for, its
    path's length in bytes, a colon, the path below the value, what to add to it, a semicolon.

    Raises:
        RapyerSerializationError: such a number is below a member whose name has no path.
    """
    shape = text.encode().translate(_SHAPES)
    if _LONG not in shape and _POWER not in shape:
        return text
    missing: list[str] = []

    def written(found: re.Match[str]) -> str:
        token = found[0]
        if token[0] == '"' or not _needs_care(token):
            return token
        exact, rest = _exact(token)
        if rest:
            missing.append(token)
        return exact

    stored = _TOKENS.sub(written, text)
    return f"{stored}\n{_corrections(text, spot)}" if missing else stored


def as_shown(text: str) -> str:
    """Return a JSON text as RedisJSON shows the value: an exponent has no plus sign there."""
    if "e+" not in text:
        return text
    return _STRING_OR_PLUS.sub(lambda found: found[1] or "e", text)


def _needs_care(token: str) -> bool:
    return (len(token) > 16 and "." in token) or "e" in token or "E" in token


@lru_cache(4096)
def _exact(token: str) -> tuple[str, str]:
    """Return the text to write for a number, and what is to be added then; '' for nothing."""
    value = float(token)
    text = _exact_text(value, token)
    if text is not None:
        return text, ""
    for neighbour in _neighbours(value):
        text, rest = _exact_text(neighbour, repr(neighbour)), repr(value - neighbour)
        if text is not None and neighbour + _parsed(rest) == value:
            return text, rest
    raise RapyerSerializationError(f"no number near {token} can be stored", actual=token)


def _exact_text(value: float, token: str) -> str | None:
    """Return a text that both an exact parser and RedisJSON's read as a double."""
    if _parsed(token) == value:
        return token
    for text in _candidates(value):
        if _parsed(text) == value and float(text) == value:
            return text
    return None


def _candidates(value: float) -> Iterator[str]:
    """Make whole numbers of 53 to 64 bits with a power of ten that are close to a double."""
    magnitude, sign = abs(value), "-" if value < 0 else ""
    lowest = math.floor((52 - math.frexp(magnitude)[1]) * math.log10(2))
    for shift in range(lowest, lowest + 6):
        digits = _scaled(magnitude, shift)
        for whole in (digits, math.nextafter(digits, math.inf), math.nextafter(digits, 0.0)):
            if 1 <= whole < _LARGEST:
                yield f"{sign}{int(whole)}e{-shift}"


def _scaled(value: float, exponent: int) -> float:
    """Return a double times a power of ten, as RedisJSON computes it."""
    while exponent < -308:
        value /= _POWERS[308]
        exponent += 308
    if exponent > 308:  # never in a text that is read: only to find candidates
        return value * _POWERS[308] * _POWERS[exponent - 308]
    return value * _POWERS[exponent] if exponent >= 0 else value / _POWERS[-exponent]


def _parsed(token: str) -> float:
    """Return the double that RedisJSON reads a number as."""
    sign, whole, part, power = cast("re.Match[str]", _NUMBER.fullmatch(token)).groups()
    digits = int(whole + (part or ""))
    if digits >= 2**64:
        return math.nan
    exponent = int(power or 0) - len(part or "")
    if exponent > 308:
        return math.nan
    value = _scaled(float(digits), exponent)
    return -value if sign else value


def _neighbours(value: float) -> Iterator[float]:
    below = above = value
    for _ in range(_NEIGHBOURS):
        below, above = math.nextafter(below, -math.inf), math.nextafter(above, math.inf)
        yield below
        yield above


class _Token(str):
    """A number that was written with a point or an exponent."""

    __slots__ = ()


def _corrections(text: str, spot: Callable[[], Where]) -> str:
    found: list[str] = []
    for way, token in _tokens(json.loads(text, parse_float=_Token), ()):
        rest = _exact(str(token))[1] if _needs_care(token) else ""
        if rest:
            path = render(way)
            if isinstance(path, LiftedPath):
                where = spot()
                raise RapyerSerializationError(
                    f"{where}: {token} cannot be stored exactly below a member whose name has no "
                    f"path, {way!r}; nothing was written",
                    expected="a float with another representation, or another name",
                    actual=str(token),
                    **where.about(),
                )
            below = path[1:]
            found.append(f"{len(below.encode())}:{below}{rest};")
    return "".join(found)


def _tokens(value: Any, way: tuple[Segment, ...]) -> Iterator[tuple[tuple[Segment, ...], _Token]]:
    if isinstance(value, _Token):
        yield way, value
    elif isinstance(value, dict):
        for name, member in cast("dict[str, Any]", value).items():
            yield from _tokens(member, (*way, name))
    elif is_series(value):
        for index, item in enumerate(value):
            yield from _tokens(item, (*way, index))
