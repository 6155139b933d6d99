"""Computed fields in stored documents: they are not written, but documents may hold some.

A model that forbids members which it does not know could not read them back, and one that takes
any would keep them as values of their own. So they are taken out of a text before it is validated.
"""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json, to_json

from .schemas import Schema, SchemaPart, is_object, is_series, surface

__all__ = ["computed_marks", "without_computed"]

_SEEN_BY = ("forbid", "allow")


def computed_marks(part: SchemaPart) -> frozenset[bytes]:
    """Return how the computed fields of a model and of those in it look in a text."""
    found: set[str] = set()
    _collect(part, found, set())
    return frozenset(to_json(name) + b":" for name in found)


def without_computed(text: bytes, part: SchemaPart) -> bytes:
    """Return a document's text without computed fields."""
    document = from_json(text)
    _remove(part, document)
    return to_json(document)


def _collect(part: SchemaPart, found: set[str], seen: set[int]) -> None:
    inner, kind = surface(part).inner, surface(part).kind
    if id(inner) in seen:
        return
    seen.add(id(inner))
    if kind == "model":
        fields = _fields_of(inner)
        found.update(_computed_of(inner, fields))
        for field in fields["fields"].values():
            _collect(part.with_schema(field["schema"]), found, seen)
    for key in ("items_schema", "values_schema"):
        if is_object(inner.get(key)):
            _collect(part.with_schema(inner[key]), found, seen)


def _remove(part: SchemaPart, value: Any) -> None:
    inner, kind = surface(part).inner, surface(part).kind
    if kind == "model" and is_object(value):
        fields = _fields_of(inner)
        for name in _computed_of(inner, fields):
            value.pop(name, None)
        for name, field in fields["fields"].items():
            if name in value:
                _remove(part.with_schema(field["schema"]), value[name])
    elif kind == "list" and is_series(value):
        for item in value:
            _remove(part.with_schema(inner.get("items_schema") or {"type": "any"}), item)
    elif kind == "dict" and is_object(value):
        for member in value.values():
            _remove(part.with_schema(inner.get("values_schema") or {"type": "any"}), member)


def _fields_of(model: Schema) -> Schema:
    schema: Schema = model["schema"]
    while schema["type"] != "model-fields":
        schema = schema["schema"]
    return schema


def _computed_of(model: Schema, fields: Schema) -> list[str]:
    config: Schema = model.get("config") or {}
    seen_by = fields.get("extra_behavior") or config.get("extra_fields_behavior")
    if seen_by not in _SEEN_BY:
        return []
    return [each["property_name"] for each in fields.get("computed_fields") or ()]
