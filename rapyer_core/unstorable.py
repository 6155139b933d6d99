"""Types that have no JSON: found when a class is made, and refused or stored as pickles.

Both walk pydantic's core schema, which says of each part of a value whether JSON can hold it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .errors import UnsupportedFieldError
from .pickled_fields import is_pickled, pickled_schema
from .pickling import Allowed
from .schemas import SchemaPart, is_object, is_series

__all__ = ["CHOICES", "check_storable", "with_pickles"]

# What only a Python object passes, so that no JSON can.
_KINDS = frozenset({"is-instance", "is-subclass", "callable"})

# Where a schema has further ones: one, several, or several by name.
_INNER = (
    *("schema", "keys_schema", "values_schema", "extras_schema", "json_schema", "lax_schema"),
    *("items_schema", "choices", "steps", "fields", "definitions"),
)

CHOICES = (
    "write Annotated[…, Pickled()] around the type, or set Meta.allow_pickle, to store signed "
    "pickles of it; give it JSON, with a serializer and a validator of pydantic's; or leave it out "
    "with Field(exclude=True)"
)


def check_storable(model: type[Any], name: str, part: SchemaPart) -> None:
    """Raise if a field holds what cannot be stored.

    Raises:
        UnsupportedFieldError: it does; the error says what, and what the choices are.
    """
    for what in _unstorable(part.schema, part.definitions, set()):
        raise UnsupportedFieldError(
            f"{model.__qualname__}.{name}: {what} cannot be stored as JSON. Either {CHOICES}",
            model=model.__qualname__,
            field=name,
            expected="a type that JSON can hold",
            actual=what,
        )


def _unstorable(schema: Any, definitions: Any, seen: set[str]) -> Iterator[str]:
    """Yield the names of the types in a schema that no JSON can hold."""
    kind = schema.get("type")
    if "serialization" in schema or schema.get("serialization_exclude"):
        return  # it says itself how it is written, or that it is not
    if kind in _KINDS:
        yield _name_of(schema)
    elif kind == "definition-ref":
        if schema["schema_ref"] not in seen:
            seen.add(schema["schema_ref"])
            yield from _unstorable(definitions[schema["schema_ref"]], definitions, seen)
    elif kind == "model" and hasattr(schema["cls"], "__rapyer_bindings__"):
        return  # which was checked when it was made
    elif kind == "union" and _mixes_texts(schema):
        yield "a union of texts and pickles, which are texts as well,"
    else:
        for inner in _parts_of(schema):
            yield from _unstorable(inner, definitions, seen)


def _mixes_texts(union: Any) -> bool:
    choices = [*map(_without_label, union["choices"])]
    return any(map(is_pickled, choices)) and not all(
        is_pickled(choice) or choice["type"] in ("int", "float", "bool", "none", "list", "dict")
        for choice in choices
    )


def _parts_of(schema: Any) -> Iterator[Any]:
    for key in _INNER:
        part = schema.get(key)
        if _is_schema(part):
            yield part
        elif is_object(part):
            yield from filter(_is_schema, part.values())
        elif is_series(part):
            # Of a chain the first step takes what was read; the others check what it made.
            parts = part[:1] if key == "steps" else part
            yield from filter(_is_schema, map(_without_label, parts))


def _without_label(part: Any) -> Any:
    """Return a choice of a union without the label that may be with it."""
    return part[0] if is_series(part) else part


def _is_schema(part: Any) -> bool:
    """Return whether a part is a schema: a dataclass has names there, a literal its values."""
    return is_object(part) and isinstance(part.get("type"), str)


def _name_of(schema: Any) -> str:
    if schema["type"] == "callable":
        return "a function"
    cls = schema["cls"]
    name = getattr(cls, "__qualname__", repr(cls))
    return f"type[{name}]" if schema["type"] == "is-subclass" else str(name)


def with_pickles(schema: Any, own: type[Any], allowed: Allowed) -> Any:
    """Return a model's schema in which what JSON cannot hold is stored as a pickle.

    Other models in it stay as they are: pydantic uses their own schemas for them.
    """
    kind = schema.get("type")
    if "serialization" in schema or (kind in ("model", "dataclass") and _is_other(schema, own)):
        return schema
    if kind in _KINDS:
        return pickled_schema(schema, allowed)
    if kind == "union" and any(_unstorable(schema, {}, _Everything())):
        # Whole, since a text could be one choice's as well as a pickle of another.
        return pickled_schema(schema, allowed)
    return _rebuilt(schema, lambda part: with_pickles(part, own, allowed))


def _is_other(schema: Any, own: type[Any]) -> bool:
    """Return whether pydantic uses the schema that a class has by itself."""
    cls = schema["cls"]
    return cls is not own and hasattr(cls, "__pydantic_validator__")


class _Everything(set[str]):
    """References are not followed from a union: what they name is rewritten where it is defined."""

    def __contains__(self, _: object) -> bool:
        return True


def _rebuilt(schema: Any, change: Callable[[Any], Any]) -> Any:
    found = {key: _changed(schema[key], change) for key in _INNER if key in schema}
    return {**schema, **found}


def _changed(part: Any, change: Callable[[Any], Any]) -> Any:
    if _is_schema(part):
        return change(part)
    if is_object(part):
        return {name: _changed(each, change) for name, each in part.items()}
    if is_series(part):
        return type(part)(_changed(each, change) for each in part)
    return part
