"""Conditions that leave out what cannot be among the first results of a sort.

The index sorts by one field, and by doubles; Python sorts exactly, by all fields and by key. So
the index is asked only how far the wanted part reaches at the most, and Python sorts what is up
to there, ties included.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pydantic_core import from_json

from rapyer_core.search.conditions import All, AnyOf, Condition, Not, Present, Range
from rapyer_core.search.evaluating import sort_value
from rapyer_core.search.sorting import SortKey

from .asked import Asked
from .ordering import first_value

__all__ = ["behind_cursor", "first_attribute", "up_to"]


def first_attribute(asked: Asked) -> str | None:
    """Return what the index calls the first field of a sort; None where it knows no order of it."""
    if not asked.sort or not asked.sort[0].field.kind.is_ordered:
        return None
    return asked.sort[0].field.attribute


def behind_cursor(asked: Asked) -> Asked:
    """Return a page's query with what its cursor says of the first field as a condition."""
    if asked.after is None or first_attribute(asked) is None:
        return asked
    key, value = asked.sort[0], first_value(asked.after)
    if value is None:
        return _with(asked, Not(Present(key.field)))
    # What has no value comes last.
    return _with(asked, AnyOf((_side(key, value, is_behind=True), Not(Present(key.field)))))


def up_to(asked: Asked, text: bytes) -> Asked | None:
    """Return a query for what is sorted no further back than a document.

    None where that has no value to compare with.
    """
    key = asked.sort[0]
    value = sort_value(key.field, from_json(text))
    return None if value is None else _with(asked, _side(key, value, is_behind=False))


def _side(key: SortKey, value: Any, *, is_behind: bool) -> Range:
    if is_behind == key.is_descending:
        return Range(key.field, None, value, False, True)
    return Range(key.field, value, None, True, False)


def _with(asked: Asked, condition: Condition) -> Asked:
    own = () if asked.condition is None else (asked.condition,)
    return replace(asked, condition=All((*own, condition)))
