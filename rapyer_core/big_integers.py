"""Integers of any size, for the fields that ask for them: stored as texts.

The server has 64 bits for a number, so what is to be exact beyond them is no number to it.
Arithmetic reads the text, computes, and writes it if nobody else did in between.
"""

from __future__ import annotations

from typing import Any

from pydantic_core import core_schema

from .schemas import COMPUTED, KIND

__all__ = ["BIG", "Big"]

BIG = "big-int"
"""The kind of values that are stored so."""


class Big:
    """Marks an int that may leave 64 bits: ``total: Annotated[int, Big()]``."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        return core_schema.no_info_before_validator_function(
            _from_text,
            handler(source),
            metadata={KIND: BIG, COMPUTED: True},
            serialization=core_schema.plain_serializer_function_ser_schema(
                str, return_schema=core_schema.str_schema(), when_used="json"
            ),
        )


def _from_text(value: Any) -> Any:
    """Read a text: of as many digits as Python is told to convert, 4,300 by default."""
    if isinstance(value, str) and value.strip().lstrip("+-").isdecimal():
        return int(value)
    return value
