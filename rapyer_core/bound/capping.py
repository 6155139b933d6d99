"""Capped lists: ``Annotated[list[T], Capped(1000)]`` keeps the newest thousand items.

What is put at the end pushes out items at the start, in the same step on the server: append,
extend, and whatever gives the whole list (a constructor, an assignment, a set, a save). What is
inserted before the end pushes out items at the end.
"""

from __future__ import annotations

from typing import Any

from pydantic_core import core_schema

from ..errors import UnsupportedArgumentValueError, UnsupportedFieldError
from ..schemas import CAP, SchemaPart, surface

__all__ = ["Capped", "trim_after_insert", "trim_start"]


# The method below a bound list's own; of a bare `list`, type checkers do not know the elements.
_plain: type[list[Any]] = list


class Capped:
    """Marks a list that keeps at most `most` items.

    Raises:
        UnsupportedArgumentValueError: `most` is not a positive integer.
        UnsupportedFieldError: when a class is made, the field is no list.
    """

    __slots__ = ("most",)

    def __init__(self, most: int) -> None:
        if isinstance(most, bool) or not isinstance(most, int) or most < 1:  # pyright: ignore[reportUnnecessaryIsInstance]  # not every caller has a type checker
            raise UnsupportedArgumentValueError(
                f"a list is capped at a positive number of items, not {most!r}",
                expected="a positive integer",
                actual=most,
            )
        self.most: int = most

    def __repr__(self) -> str:
        return f"Capped({self.most})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Capped) and other.most == self.most

    def __hash__(self) -> int:
        return hash(self.most)

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        schema = handler(source)
        definitions = {entry["ref"]: entry for entry in schema.get("definitions", ())}
        kind = surface(SchemaPart(schema, definitions, None)).kind
        if kind != "list":
            raise UnsupportedFieldError(
                f"{self!r} is for a list, not for {source!r}", expected="a list", actual=kind
            )
        return core_schema.no_info_after_validator_function(
            self._trimmed, schema, metadata={CAP: self.most}
        )

    def _trimmed(self, value: Any) -> Any:
        return trim_start(value, self.most) if isinstance(value, list) else value  # pyright: ignore[reportUnknownArgumentType]  # of any items


def trim_start(items: list[Any], most: int | None) -> list[Any]:
    """Take items out of a list at its start, until it has at most so many; return it."""
    if most is not None and len(items) > most:
        _plain.__delitem__(items, slice(0, len(items) - most))
    return items


def trim_after_insert(items: list[Any], index: int, most: int | None) -> list[Any]:
    """Take items out of a list after one was inserted before an index."""
    if most is None or len(items) <= most:
        return items
    if index >= len(items) - 1:
        return trim_start(items, most)
    _plain.__delitem__(items, slice(most, None))
    return items
