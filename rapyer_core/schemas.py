"""Reading pydantic's core schemas: what a field's value is, below its wrappers.

pydantic has resolved annotations, forward references, generics and decorators by the time a
core schema is there, so plans are derived from it and from nothing else.
Source of the schema's shapes: `pydantic_core.core_schema`.
"""

from __future__ import annotations

import sys
from typing import Any, NamedTuple, TypeAlias, TypeGuard

from .reference_plans import REFERENCE_MARK

__all__ = [
    "CAP",
    "COMPUTED",
    "KIND",
    "KINDS",
    "NEUTRAL",
    "NO_NULL",
    "SPECIAL",
    "SchemaPart",
    "Surface",
    "contains_special",
    "is_object",
    "is_series",
    "model_fields_of",
    "part_of",
    "surface",
]

Schema: TypeAlias = "dict[str, Any]"

# Our own entries in a schema's metadata: the letter by which scripts know the kind of a special
# field (see lua/lib/frame.lua), and how many items a list keeps.
SPECIAL = "rapyer_special"
CAP = "rapyer_cap"

# What special fields are to plans, by their letters.
KINDS = {"s": "special-set", "q": "special-queue", "k": "special-queue"}

# Wrappers whose inner schema tells what the value is; functions may still change it.
_WRAPPERS = frozenset({"default", "nullable", "function-after", "function-before", "function-wrap"})
_FUNCTIONS = frozenset({"function-after", "function-before", "function-wrap", "function-plain"})
_BOUNDS = frozenset({"ge", "gt", "le", "lt"})
# Metadata of a schema: what kind its values are, whatever it is made of; and of a wrapper, that the
# values are still what it wraps.
KIND = "rapyer_kind"
# Metadata beside it: the program has no arithmetic for these values.
COMPUTED = "rapyer_computed"
NEUTRAL = "rapyer_neutral"
# A pattern that Index adds: text without null characters. What joins texts checks that itself.
NO_NULL = r"^[^\x00]*$"
_FINITE = sys.float_info.max
_NEUTRAL = frozenset(
    {
        "type",
        "ref",
        "metadata",
        "strict",
        "items_schema",
        "keys_schema",
        "values_schema",
        "cls",
        "microseconds_precision",
    }
)


class SchemaPart(NamedTuple):
    """A schema with the definitions and the configuration that it is read with."""

    schema: Schema
    definitions: dict[str, Schema]
    config: Schema | None

    def with_schema(self, schema: Schema) -> SchemaPart:
        """Return another schema of the same surroundings."""
        return SchemaPart(schema, self.definitions, self.config)

    def complete(self) -> Schema:
        """Return a schema that stands alone, ready to be compiled."""
        if not self.definitions:
            return self.schema
        return {
            "type": "definitions",
            "schema": self.schema,
            "definitions": list(self.definitions.values()),
        }

    def layers(self) -> list[Schema]:
        """Return the schema and what each wrapper wraps, the innermost last."""
        found, schema = list[Schema](), self.schema
        while True:
            found.append(schema)
            if schema["type"] == "definition-ref":
                schema = self.definitions[schema["schema_ref"]]
            elif schema["type"] in _WRAPPERS or schema["type"] == "definitions":
                schema = schema["schema"]
            else:
                return found


class Surface(NamedTuple):
    """What lies below the wrappers: `kind` is the inner schema's type, `inner` that schema."""

    kind: str
    inner: Schema
    is_nullable: bool
    is_plain: bool
    """Nothing but the type is checked: no constraint, no function, no strictness."""
    bounds: dict[str, Any]
    """ge, gt, le, lt where these are the only constraints, else empty."""
    special: str | None = None
    """The letter of the special field that it is, see `KINDS`."""
    cap: int | None = None
    """How many items a capped list keeps."""


def surface(part: SchemaPart) -> Surface:
    """Unwrap a schema."""
    schema, is_nullable, has_function = part.schema, False, False
    special: str | None = None
    cap: int | None = None
    while True:
        kind = schema["type"]
        metadata: dict[str, Any] = schema.get("metadata") or {}
        if REFERENCE_MARK in metadata:
            kind = "reference"
            break
        if KIND in metadata:
            is_plain = not has_function and COMPUTED not in metadata
            return Surface(metadata[KIND], schema, is_nullable, is_plain, {})
        special = special or metadata.get(SPECIAL)
        if CAP in metadata:
            # The cap is a function too, which the operations of lists stand for.
            cap, schema = metadata[CAP], schema["schema"]
            continue
        if kind == "definition-ref":
            schema = part.definitions[schema["schema_ref"]]
            continue
        if kind == "definitions":
            schema = schema["schema"]
            continue
        if kind in _FUNCTIONS and NEUTRAL not in metadata:
            has_function = True
        if kind == "nullable":
            is_nullable = True
        if kind not in _WRAPPERS:
            break
        schema = schema["schema"]
    if kind == "model" and schema.get("root_model"):
        kind = "root-model"  # which has no fields
    constraints = set(schema) - _NEUTRAL
    if schema.get("pattern") == NO_NULL:
        constraints.discard("pattern")
    bounds = {name: schema[name] for name in constraints & _BOUNDS if schema[name] is not None}
    if kind == "float" and schema.get("allow_inf_nan") is False:
        constraints.discard("allow_inf_nan")
        if bounds.keys().isdisjoint(("ge", "gt")):
            bounds["ge"] = -_FINITE
        if bounds.keys().isdisjoint(("le", "lt")):
            bounds["le"] = _FINITE
    only_bounds = not has_function and constraints <= _BOUNDS and not schema.get("strict")
    is_plain = only_bounds and not bounds
    bounds = bounds if only_bounds else {}
    return Surface(kind, schema, is_nullable, is_plain, bounds, special, cap)


def part_of(schema: Schema) -> SchemaPart:
    """Return a class' core schema as a part."""
    definitions: dict[str, Schema] = {}
    if schema["type"] == "definitions":
        definitions = {each["ref"]: each for each in schema["definitions"]}
        schema = schema["schema"]
    part = SchemaPart(schema, definitions, None)
    return part._replace(config=surface(part).inner.get("config"))


def model_fields_of(schema: Schema) -> dict[str, SchemaPart]:
    """Return the schema of each field of a model's core schema.

    Validators of the whole model wrap the part that holds the fields, at any depth.
    """
    definitions = {entry["ref"]: entry for entry in schema.get("definitions", ())}
    config: Schema | None = None
    while schema["type"] != "model-fields":
        if schema["type"] == "definition-ref":
            schema = definitions[schema["schema_ref"]]
            continue
        config = schema.get("config", config)
        schema = schema["schema"]
    return {
        name: SchemaPart(field["schema"], definitions, config)
        for name, field in schema["fields"].items()
    }


def is_object(part: Any) -> TypeGuard[dict[str, Any]]:
    """Return whether a part of a schema, or of a JSON value, is a dict."""
    return isinstance(part, dict)


def is_series(part: Any) -> TypeGuard[list[Any] | tuple[Any, ...]]:
    """Return whether a part of a schema, or of a JSON value, is a list or tuple."""
    return isinstance(part, (list, tuple))


# Parts of a schema that hold anybody's values, or functions.
_NO_SCHEMA = frozenset(
    {"cls", "config", "default", "expected", "function", "members", "metadata", "ref"}
)


def contains_special(part: SchemaPart) -> bool:
    """Return whether there is a special field anywhere in a schema."""
    return _has_mark(part.schema, part.definitions, set())


def _has_mark(node: Any, definitions: dict[str, Any], seen: set[str]) -> bool:
    if is_series(node):
        return any(_has_mark(each, definitions, seen) for each in node)
    if not is_object(node):
        return False
    if SPECIAL in (node.get("metadata") or ()):
        return True
    if node.get("type") != "definition-ref":
        # Fields by name are no schema, and any name is theirs.
        others = _NO_SCHEMA if isinstance(node.get("type"), str) else ()
        parts = (part for name, part in node.items() if name not in others)
        return any(_has_mark(part, definitions, seen) for part in parts)
    ref = node["schema_ref"]
    if ref in seen or ref not in definitions:
        return False
    seen.add(ref)
    return _has_mark(definitions[ref], definitions, seen)
