"""The order of results: by stored values as the index compares them, then by key.

Values that are not there come last, in both directions. An order is total, so a page can begin
where the last one ended, whatever was written in between.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, TypeAlias

from rapyer_core.errors import UnsupportedArgumentValueError
from rapyer_core.search.evaluating import sort_value
from rapyer_core.search.sorting import SortKey

__all__ = ["Rank", "cursor_of", "first_value", "rank_of", "rank_of_cursor", "values_of"]

Rank: TypeAlias = "tuple[Any, ...]"
"""Where a document stands: compares with the ranks of the same sort."""


class _Descending:
    """A value that compares the other way round."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __lt__(self, other: _Descending) -> bool:
        return bool(other.value < self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Descending) and bool(self.value == other.value)

    def __hash__(self) -> int:
        return hash(self.value)


def values_of(stored: Any, sort: Sequence[SortKey]) -> list[Any]:
    """Return what a document is sorted by: numbers, texts and None."""
    return [sort_value(each.field, stored) for each in sort]


def rank_of(values: Sequence[Any], key: str, sort: Sequence[SortKey]) -> Rank:
    """Return where a document with such values stands."""
    parts: list[Any] = []
    for value, each in zip(values, sort, strict=True):
        if value is None:
            parts += (True, None)
        else:
            parts += (False, _Descending(value) if each.is_descending else value)
    return (*parts, key)


def first_value(rank: Rank) -> Any:
    """Return the value that a rank is compared by first; None where there is none."""
    value = rank[1]
    return value.value if isinstance(value, _Descending) else value


def cursor_of(values: Sequence[Any], key: str, sort: Sequence[SortKey]) -> str:
    """Return a text from which a later call knows where a page ended."""
    # A decimal is a list of its text: nothing else that is sorted by is one.
    written = [[str(v)] if isinstance(v, Decimal) else v for v in values]
    text = json.dumps([_mark(sort), written, key], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode()


def rank_of_cursor(cursor: str, sort: Sequence[SortKey]) -> Rank:
    """Return where the page of a cursor ended.

    Raises:
        UnsupportedArgumentValueError: it is no cursor, or one of a query with another sort.
    """
    try:
        told: list[Any] = json.loads(base64.urlsafe_b64decode(cursor))
        mark, written, key = told
        values = [_read(value) for value in written]
        if mark == _mark(sort) and isinstance(key, str):
            return rank_of(values, key, sort)
    except (ValueError, TypeError, IndexError, ArithmeticError):
        pass  # said below, with what was given
    raise UnsupportedArgumentValueError(
        f"after={cursor!r} is not the cursor of a page with this sort",
        expected="the cursor of an earlier page of the same query",
        actual=cursor,
    )


def _read(written: Any) -> Any:
    if isinstance(written, list):
        (text,) = map(str, written)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]  # JSON data
        return Decimal(text)
    return written


def _mark(sort: Sequence[SortKey]) -> str:
    """Return what tells cursors of different sorts apart."""
    text = json.dumps([[each.field.owner, *each.field.way, each.is_descending] for each in sort])
    return hashlib.sha256(text.encode()).hexdigest()[:8]
