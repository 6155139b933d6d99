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
    *("items_schema", "arguments_schema", "choices", "steps", "fields", "definitions"),
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
    """Return a choice of a union, or an argument of a call, without the label that is with it."""
    if is_series(part):
        return part[0]
    is_argument = is_object(part) and "type" not in part and "schema" in part
    return part["schema"] if is_argument else part


def _is_schema(part: Any) -> bool:
    """Return whether a part is a schema: a dataclass has names there, a literal its values."""
    return is_object(part) and isinstance(part.get("type"), str)


def _name_of(schema: Any) -> str:
    if schema["type"] == "callable":
        return "a function"
    cls = schema["cls"]
    name = getattr(cls, "__qualname__", repr(cls))
    return f"type[{name}]" if schema["type"] == "is-subclass" else str(name)


def with_pickles(
    schema: Any, own: type[Any], allowed: Allowed, resolve: Callable[[Any], Any]
) -> Any:
    """Return a model's schema in which what JSON cannot hold is stored as a pickle.

    Other models in it stay as they are: pydantic uses their own schemas for them. `resolve` gives
    the schema that a reference refers to, or raises LookupError.
    """
    return _Pickling(own, allowed, resolve).of(schema, frozenset())


class _Pickling:
    """Rewrites the schema of one class."""

    def __init__(self, own: type[Any], allowed: Allowed, resolve: Callable[[Any], Any]) -> None:
        self._own = own
        self._allowed = allowed
        self._resolve = resolve

    def of(self, schema: Any, around: frozenset[str]) -> Any:
        """Return a schema rewritten; `around` are the references that lead to it."""
        if "serialization" in schema or self._is_by_itself(schema):
            return schema
        if schema.get("type") in _KINDS or self._is_pickled_whole(schema):
            return pickled_schema(schema, self._allowed)
        if schema.get("type") == "definition-ref":
            return self._referred(schema, around)
        return _rebuilt(schema, lambda part: self.of(part, around))

    def _is_by_itself(self, schema: Any) -> bool:
        """Return whether pydantic uses the schema that a class has by itself."""
        if schema.get("type") not in ("model", "dataclass"):
            return False
        cls = schema["cls"]
        return cls is not self._own and hasattr(cls, "__pydantic_validator__")

    def _is_pickled_whole(self, schema: Any) -> bool:
        """Return whether the parts of a value cannot be pickled by themselves.

        Of a union a text could be one choice's as well as a pickle of another; the fields of a
        named tuple, which is a call before pydantic 2.14, are not written by their schemas.
        """
        is_one = schema.get("type") in ("union", "call")
        return is_one and any(_unstorable(schema, {}, _Everything()))

    def _referred(self, reference: Any, around: frozenset[str]) -> Any:
        """Return what a reference refers to in its place, where that is rewritten."""
        ref = reference["schema_ref"]
        if ref in around:
            return reference
        try:
            target = self._resolve(reference)
        except LookupError:
            return reference  # to the class that is being made
        new = self.of(target, around | {ref})
        if new == target:
            return reference
        return {name: part for name, part in new.items() if name != "ref"}


class _Everything(set[str]):
    """References are not followed from a union: what they name is rewritten by itself."""

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
