"""Compiling schemas as they are given, whatever classes in them have compiled of themselves.

pydantic-core takes a nested class' own validator or serializer in place of the schema that is given
for it. From 2.12 on it can be told not to; before, it takes those of complete classes only.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

from pydantic_core import SchemaSerializer, SchemaValidator

from .schemas import Schema, SchemaPart, is_object, is_series

__all__ = ["stored_serializer", "stored_validator"]

_COMPLETE = "__pydantic_complete__"
_lock = threading.Lock()


def stored_validator(part: SchemaPart) -> SchemaValidator:
    """Return the compiled validator of a part."""
    return _compiled(SchemaValidator, part)  # type: ignore[no-any-return]  # what it is called with


def stored_serializer(part: SchemaPart) -> SchemaSerializer:
    """Return the compiled serializer of a part."""
    return _compiled(SchemaSerializer, part)  # type: ignore[no-any-return]  # what it is called with


def _compiled(make: Any, part: SchemaPart) -> Any:
    schema = part.complete()
    try:
        return make(schema, part.config, _use_prebuilt=False)
    except TypeError:
        with _lock, _incomplete(set(_classes_in(schema))):
            return make(schema, part.config)


@contextmanager
def _incomplete(classes: set[type[Any]]) -> Generator[None]:
    """Let classes pass for ones that have compiled nothing of themselves yet."""
    for cls in classes:
        type.__setattr__(cls, _COMPLETE, False)
    try:
        yield
    finally:
        for cls in classes:
            type.__setattr__(cls, _COMPLETE, True)


def _classes_in(part: Schema | Any) -> Iterator[type[Any]]:
    parts: list[Any] = []
    if is_object(part):
        cls = part.get("cls")
        if isinstance(cls, type) and cls.__dict__.get(_COMPLETE) is True:
            yield cls
        parts = [value for key, value in part.items() if key not in ("metadata", "serialization")]
    elif is_series(part):
        parts = [*part]
    for each in parts:
        yield from _classes_in(each)
