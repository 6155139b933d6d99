"""What is known of a value before there is one: how it is checked, written, read and bound.

Plans are made once per class, from pydantic's core schema, and shared by all instances. What
is costly in a plan (compiled validators, the plans of elements) is made when first needed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pydantic_core import (
    PydanticSerializationError,
    SchemaSerializer,
    SchemaValidator,
    ValidationError,
    from_json,
    to_json,
)

from .bound.datetimes import BoundTimestamp
from .compiling_schemas import stored_serializer, stored_validator
from .errors import RapyerSerializationError
from .failures import FAILURES, check_no_failures
from .floats import as_shown, as_stored
from .invalid import Spot, invalid_value
from .legacy import LEGACY_MARK, modern_text
from .limits import storable
from .reference_plans import REFERENCE_MARK, ReferencePlan
from .referring import references_in
from .reserved import is_adoptable
from .schemas import KINDS, SchemaPart, Surface, contains_special, model_fields_of, surface
from .storage import STORED, stored_part
from .timestamps import TIMESTAMP

if TYPE_CHECKING:
    from .model import DocumentModel

__all__ = ["STORED", "Bindings", "Handles", "ValuePlan"]

Bindings = Mapping[type[Any], Any]
"""Which bound class stands for a plain type, in one twin."""

Handles = Mapping[str, Any]
"""Which handle class stands for a kind of value, in one twin."""

# How deep plans are followed: a recursive alias has no end.
_DEEPEST = 8

# Values of these kinds never change in place, so handing one out needs no baseline.
_IMMUTABLE = frozenset(
    [
        "int",
        "float",
        "str",
        "bool",
        "bytes",
        "none",
        "date",
        "time",
        "datetime",
        "big-int",
        "point",
        "timestamp",
        "timedelta",
        "decimal",
        "uuid",
        "url",
        "multi-host-url",
        "enum",
        "literal",
        "complex",
        "reference",
    ]
)
# Kinds whose values are bound by their plain type; others stay as they are.
_BINDABLE = frozenset(
    [
        "int",
        "float",
        "str",
        "bool",
        "bytes",
        "list",
        "dict",
        "any",
        "union",
        "tagged-union",
        "big-int",
        "datetime",
        "timestamp",
    ]
)


def _bindings(kind: str, bindings: Bindings) -> Bindings:
    """Return the bound classes for values of a kind: a datetime is bound by how it is stored."""
    if kind != TIMESTAMP or bindings[datetime] is bindings[BoundTimestamp]:
        return bindings
    return {**bindings, datetime: bindings[BoundTimestamp]}


class ValuePlan:
    """How values of one annotation are handled."""

    def __init__(
        self,
        part: SchemaPart,
        bindings: Bindings,
        handles: Handles,
        owner: type[DocumentModel] | None = None,
    ) -> None:
        self.part: SchemaPart = part
        self.owner = owner
        self.handles = handles
        found: Surface = surface(part)
        self.bindings: Bindings = _bindings(found.kind, bindings)
        self.special: str | None = found.special
        self.kind: str = KINDS[found.special] if found.special else found.kind
        self.cap: int | None = found.cap
        self.is_nullable: bool = found.is_nullable
        self.is_plain: bool = found.is_plain
        self.bounds: dict[str, Any] = found.bounds
        self.is_bindable: bool = self.kind in _BINDABLE
        self.is_immutable: bool = self.kind in _IMMUTABLE
        self._inner = found.inner

    @cached_property
    def is_text(self) -> bool:
        """Whether a value is a string, and is written as JSON has strings."""
        schema = self.part.schema
        while schema["type"] == "default" and "serialization" not in schema:
            schema = schema["schema"]
        return schema["type"] == "str" and "serialization" not in schema

    @cached_property
    def integer_bounds(self) -> tuple[str, str]:
        """The smallest and largest integer that the field takes, '' for none."""
        bounds = self.bounds
        lowest = [math.ceil(bounds["ge"])] if "ge" in bounds else []
        lowest += [math.floor(bounds["gt"]) + 1] if "gt" in bounds else []
        highest = [math.floor(bounds["le"])] if "le" in bounds else []
        highest += [math.ceil(bounds["lt"]) - 1] if "lt" in bounds else []
        return str(max(lowest)) if lowest else "", str(min(highest)) if highest else ""

    @cached_property
    def float_bounds(self) -> tuple[str, str]:
        """The same for floats, as the program takes them: an exclusive one has '<' before it."""
        bounds = self.bounds
        lower = upper = ""
        if "ge" in bounds:
            lower = repr(float(bounds["ge"]))
        if "gt" in bounds and not ("ge" in bounds and bounds["ge"] > bounds["gt"]):
            lower = "<" + repr(float(bounds["gt"]))
        if "le" in bounds:
            upper = repr(float(bounds["le"]))
        if "lt" in bounds and not ("le" in bounds and bounds["le"] < bounds["lt"]):
            upper = "<" + repr(float(bounds["lt"]))
        return lower, upper

    @cached_property
    def validator(self) -> SchemaValidator:
        """The compiled validator."""
        return SchemaValidator(self.part.complete(), self.part.config)  # type: ignore[arg-type]  # a plain dict is how pydantic stores it

    @cached_property
    def serializer(self) -> SchemaSerializer:
        """The compiled serializer."""
        if self._stored is self.part:
            return SchemaSerializer(self.part.complete(), self.part.config)  # type: ignore[arg-type]  # see `validator`
        return stored_serializer(self._stored)

    @cached_property
    def stored_validator(self) -> SchemaValidator:
        """The compiled validator of what is stored."""
        return self.validator if self._stored is self.part else stored_validator(self._stored)

    @cached_property
    def _stored(self) -> SchemaPart:
        return stored_part(self.part)

    @cached_property
    def item(self) -> ValuePlan:
        """The plan of a list's items."""
        return self._element("items_schema")

    @cached_property
    def member(self) -> ValuePlan:
        """The plan of a special field's members: a set's, or a queue's without their priorities."""
        if self.kind == "special-set":
            return self.item
        return self.item.parts[0]

    @cached_property
    def value(self) -> ValuePlan:
        """The plan of a dict's values."""
        return self._element("values_schema")

    @cached_property
    def parts(self) -> tuple[ValuePlan, ...]:
        """The plans of a tuple's items."""
        return tuple(self.within(part) for part in self._inner.get("items_schema", ()))

    @cached_property
    def name(self) -> ValuePlan:
        """The plan of a dict's keys."""
        return self._element("keys_schema")

    @cached_property
    def model(self) -> type[Any] | None:
        """The class of a nested model, as annotated."""
        return self._inner["cls"] if self.kind == "model" else None

    @cached_property
    def fields(self) -> dict[str, ValuePlan]:
        """The plans of a nested model's fields, by name."""
        if self.kind != "model":
            return {}
        schema = {
            "type": "definitions",
            "schema": self._inner,
            "definitions": list(self.part.definitions.values()),
        }
        parts = model_fields_of(schema).items()
        return {
            name: ValuePlan(part, self.bindings, self.handles, self.owner) for name, part in parts
        }

    @property
    def is_root_model(self) -> bool:
        """Whether it is a model that is one value, instead of having fields."""
        return bool(self._inner.get("root_model"))

    @cached_property
    def contains_special(self) -> bool:
        """Whether there is a special field anywhere in a value."""
        return contains_special(self.part)

    @cached_property
    def special_ways(self) -> dict[str, Any] | None:
        """What is stored beside the document: the fields to leave out of a text; None for none."""
        if self.kind != "model" or self.is_root_model or not self.contains_special:
            return None
        ways: dict[str, Any] = {}
        for name, plan in self.fields.items():
            inner = True if plan.special else plan.special_ways
            if inner:
                ways[name] = inner
        return ways or None

    @cached_property
    def choices(self) -> tuple[ValuePlan, ...]:
        """The plans that a union chooses from; a plan that is no union is its own only choice."""
        if self.kind == "tagged-union":
            parts: list[Any] = list(self._inner["choices"].values())
        elif self.kind == "union":
            parts = [c[0] if isinstance(c, tuple) else c for c in self._inner["choices"]]
        else:
            return (self,)
        plans = (self.within(part) for part in parts)
        return tuple(choice for plan in plans for choice in plan.choices)

    def choice(self, kind: str) -> ValuePlan:
        """Return the plan for values of a kind: that one of a union's, or the plan itself."""
        return next((choice for choice in self.choices if choice.kind == kind), self)

    @cached_property
    def is_scalar(self) -> bool:
        """Whether values hold nothing that has a place of its own."""
        return self.is_immutable and self.kind != "reference"

    @cached_property
    def reference(self) -> ReferencePlan | None:
        """What the references are that the values are."""
        if self.kind != "reference":
            return None
        plan: ReferencePlan = self._inner["metadata"][REFERENCE_MARK]
        return plan

    @cached_property
    def refers(self) -> bool:
        """Whether a value may be or hold a reference."""
        return any(True for _ in references_in(self))

    @cached_property
    def holds_models(self) -> bool:
        """Whether a value may be a model."""
        return any(choice.kind in ("model", "any") for choice in self.choices)

    def needs_baseline(self, depth: int = 0) -> bool:
        """Whether a value may change in place without our seeing it.

        Bound lists, dicts and models note their changes themselves; a set or a dataclass does not.
        """
        if self.is_immutable or self.special or depth > _DEEPEST:
            return depth > _DEEPEST
        if self.kind == "model":
            return not is_adoptable(self._inner["cls"])
        if self.kind == "list":
            return self.item.needs_baseline(depth + 1)
        if self.kind == "dict":
            return self.value.needs_baseline(depth + 1)
        if self.choices != (self,):
            return any(choice.needs_baseline(depth + 1) for choice in self.choices)
        return True

    def _element(self, name: str) -> ValuePlan:
        schema = self._inner.get(name) or {"type": "any"}
        return self.within(schema)

    def within(self, schema: dict[str, Any]) -> ValuePlan:
        """Return the plan of a schema in the same surroundings."""
        part = self.part.with_schema(schema)
        return ValuePlan(part, self.bindings, self.handles, self.owner)

    # Values in

    def checked(self, value: Any, spot: Spot) -> Any:
        """Return a value as the field holds it.

        Raises:
            InvalidValueError: it does not validate.
        """
        try:
            return self.validator.validate_python(value)
        except ValidationError as error:
            raise invalid_value(error, spot.where(), value) from error

    def read(self, text: bytes | str, spot: Spot) -> Any:
        """Return the value that a stored JSON text stands for.

        Raises:
            InvalidValueError: the text does not validate.
        """
        mark = LEGACY_MARK if isinstance(text, bytes) else LEGACY_MARK.decode()
        if mark in text and self._reads_legacy():  # type: ignore[operator]  # it is of text's type
            text = modern_text(self, text, spot)
        try:
            return self.stored_validator.validate_json(
                text, context=STORED, by_alias=False, by_name=True
            )
        except ValidationError as error:
            raise invalid_value(error, spot.where(), text) from error

    def _reads_legacy(self) -> bool:
        return self.owner is not None and self.owner.rapyer_settings().legacy_pickles

    # Values out

    def text(self, value: Any, spot: Spot) -> str:
        """Return the JSON text of a value, as every write stores it.

        Raises:
            RapyerSerializationError: the value cannot be written as JSON.
            NotLoadedError: it is a model of which not all was loaded.
            NumberRangeError: there is an integer in it that the server cannot hold.
        """
        if (
            type(value) is str
            and self.is_text
            and value.isascii()
            and value.isprintable()
            and '"' not in value
            and "\\" not in value
        ):
            return f'"{value}"'  # what the serializer would make of it
        if FAILURES.any:
            check_no_failures(value, spot.where)
        check_whole = getattr(value, "rapyer_check_whole", None) if self.holds_models else None
        if check_whole is not None:
            check_whole()
        try:
            # What is written is to be read: computed fields are left out.
            text = self.serializer.to_json(
                value,
                exclude=self.special_ways,
                by_alias=False,
                round_trip=True,
                warnings="error",
            )
        except (PydanticSerializationError, ValueError, TypeError) as error:
            where = spot.where()
            raise RapyerSerializationError(
                f"{where}: {value!r} cannot be written as JSON: {error}",
                actual=value,
                **where.about(),
            ) from error
        return storable(text, spot.where)

    def sent(self, value: Any, spot: Spot) -> str:
        """Return the text that RedisJSON is sent for a value, to keep it exactly; see `floats`.

        Raises:
            As `text` does.
        """
        return as_stored(self.text(value, spot), spot.where)

    def shown(self, value: Any, spot: Spot) -> str:
        """Return the text that RedisJSON has for a value, to be compared with."""
        return as_shown(self.text(value, spot))

    def key_text(self, value: Any, spot: Spot) -> str:
        """Return how a value is part of a key: as it is stored, a string without its quotes."""
        if type(value) is str:
            return value
        stored = from_json(self.text(value, spot))
        return stored if isinstance(stored, str) else to_json(stored).decode()

    def name_text(self, name: Any, spot: Spot) -> str:
        """Return how a dict's key is stored, as a member's name."""
        if type(name) is str and self._has_texts_for_names:
            return name
        members = json.loads(self._names.text({name: None}, spot))
        return str(next(iter(members)))

    def read_name(self, text: str, spot: Spot) -> Any:
        """Return the dict key that a stored member's name stands for."""
        if self.name.kind == "str" and self.name.is_plain:
            return text
        return next(iter(self._names.read(json.dumps({text: None}), spot)))

    @cached_property
    def _has_texts_for_names(self) -> bool:
        return self._names._stored is self._names.part

    @cached_property
    def _names(self) -> ValuePlan:
        keys = self._inner.get("keys_schema") or {"type": "any"}
        schema = {"type": "dict", "keys_schema": keys, "values_schema": {"type": "none"}}
        return self.within(schema)
