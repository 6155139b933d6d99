"""Conditions decided in Python, on a stored document, as the server's index decides them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

from pydantic_core import from_json

from .compiling import split_nearest
from .conditions import (
    All,
    AnyOf,
    Condition,
    Element,
    In,
    KeyPrefix,
    Like,
    Matches,
    Nearest,
    Not,
    Present,
    Range,
    Within,
    WithinBox,
)
from .geo import distance, is_in_box
from .kinds import is_list
from .schema import EACH, IndexedField, Way
from .values import read_as
from .vectors import vector_distance
from .word_search import has_words

if TYPE_CHECKING:
    from ..model import DocumentModel

__all__ = ["Stored", "matches", "nearest_of", "parsed", "selected", "sort_value", "values_of"]

Stored: TypeAlias = "bytes | str | dict[str, Any] | DocumentModel"
"""A document: its JSON text, that parsed, or the model that was loaded."""


def parsed(stored: Stored) -> Any:
    """Return a document as its JSON says it; parse once what is asked several times."""
    if isinstance(stored, (bytes, str)):
        return from_json(stored)
    return stored if isinstance(stored, dict) else stored.redis_dump()


def matches(condition: Condition | None, stored: Stored, key: str = "") -> bool:
    """Return whether a document is as a condition says; `key` is its whole key or its pk.

    Raises:
        UnsupportedArgumentValueError: it asks for what only a search module knows, such as words by
            their sound, or for the nearest documents, which one document does not tell.
    """
    return condition is None or _holds(condition, parsed(stored), (), key)


def selected(
    condition: Condition | None, documents: Iterable[tuple[str, Any]]
) -> list[tuple[str, Any]]:
    """Return the documents, (key, JSON) each, that a condition finds; by knn, the nearest first."""
    nearest, filters = split_nearest(condition)
    found = [(key, each) for key, each in documents if matches(filters, each, key)]
    return found if nearest is None else nearest_of(nearest, found)


def nearest_of(nearest: Nearest, documents: Iterable[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Return the documents, (key, JSON) each, whose vectors are nearest, in their order."""
    field = nearest.field
    far: list[tuple[float, str, Any]] = []
    for key, document in documents:
        for vector in values_of(field, parsed(document)):
            if len(vector) == len(nearest.vector):
                far.append(
                    (vector_distance(field.mark.metric, nearest.vector, vector), key, document)
                )
    far.sort(key=lambda each: each[:2])
    return [(key, document) for _, key, document in far[: nearest.count]]


def values_of(field: IndexedField, document: Any) -> list[Any]:
    """Return the comparable values of a field in a document; there may be none."""
    return list(_values(field, document, ()))


def sort_value(field: IndexedField, document: Any) -> Any:
    """Return what documents are sorted by; None where there is no value."""
    return next(_values(field, document, ()), None)


def _holds(condition: Condition, document: Any, base: Way, key: str) -> bool:
    """Return whether a condition holds; `base` leads to what stands for the document."""
    if isinstance(condition, All):
        return all(_holds(part, document, base, key) for part in condition.parts)
    if isinstance(condition, AnyOf):
        return any(_holds(part, document, base, key) for part in condition.parts)
    if isinstance(condition, Not):
        return not _holds(condition.part, document, base, key)
    if isinstance(condition, Element):
        elements = _reached(document, condition.way[len(base) :])
        return any(_holds(condition.part, each, condition.way, key) for each in elements)
    if isinstance(condition, KeyPrefix):
        return condition.fits(key)
    test: Any = condition
    check = _CHECKS[type(test)]
    return any(check(test, value) for value in _values(test.field, document, base))


def _reached(document: Any, way: Way) -> Iterator[Any]:
    """Yield what a way leads to; null counts as nothing."""
    if not way:
        if document is not None:
            yield document
    elif way[0] is EACH:
        if is_list(document):
            for each in document:
                yield from _reached(each, way[1:])
    elif isinstance(document, dict) and way[0] in document:
        yield from _reached(document[way[0]], way[1:])


def _values(field: IndexedField, document: Any, base: Way) -> Iterator[Any]:
    for found in _reached(document, field.way[len(base) :]):
        value = read_as(field, found)
        if value is None:
            continue
        if field.mark.separator is not None:
            yield from parts_of(value, field.mark.separator)
        else:
            yield value


# What the server trims from the parts of a text with a separator (seen on RediSearch 2.10.5).
_BLANKS = " \t\n\r\v\f"


def parts_of(text: str, separator: str) -> list[str]:
    """Return the values that one text holds."""
    return [part.strip(_BLANKS) for part in text.split(separator)]


def _in_range(test: Range, value: Any) -> bool:
    low, high = test.low, test.high
    if low is not None and not (value > low or (test.with_low and value == low)):
        return False
    return high is None or value < high or (test.with_high and value == high)


_CHECKS: dict[type[Condition], Callable[[Any, Any], bool]] = {
    Present: lambda test, value: True,
    In: lambda test, value: value in test.members,
    Range: _in_range,
    Like: lambda test, value: test.pattern.fits(value),
    Matches: lambda test, value: has_words(test.field, test.words, value),
    Within: lambda test, value: distance(test.circle[:2], value) <= test.circle.metres,
    WithinBox: lambda test, value: is_in_box(value, test.box),
}
