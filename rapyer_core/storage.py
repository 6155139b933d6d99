"""What is stored of a type where pydantic's own JSON would not be read back as what it was.

Pydantic writes a value of a union as if it stood alone, so that an Enum beside a str is read back
as a str; a key of a dict as text, which no tuple is read from; a secret as asterisks. Such parts of
a core schema are replaced here, for what is stored alone: a model's own `model_dump_json` stays as
it is. What needs nothing is left as it is.

A union's value is written plainly where that is read back as it was, else as
``{"__rapyer_choice__": name of the choice, "value": …}``. A key that is no text is written plainly
where that is read back, else as its JSON text.
"""

from __future__ import annotations

import enum
import weakref
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias, cast

from pydantic import BaseModel
from pydantic_core import (
    SchemaSerializer,
    SchemaValidator,
    ValidationError,
    core_schema,
    from_json,
    to_json,
)

from .compiling_schemas import stored_serializer, stored_validator
from .json_kinds import json_kinds
from .schemas import KIND, Schema, SchemaPart, is_object, is_series, part_of, surface
from .secrets import is_secret, is_stored_secret, revealed

__all__ = [
    "CHOICE_MEMBER",
    "STORED",
    "reader_of",
    "stored_part",
]

STORED: dict[str, Any] = {"rapyer": "stored"}
"""Validation context of everything that is read from the server; validators may look at it."""

CHOICE_MEMBER = "__rapyer_choice__"
_VALUE_MEMBER = "value"

# What a model's own configuration may leave open; otherwise bytes would have to be UTF-8, and what
# JSON has no number for would become null.
_JSON_CONFIG = {"ser_json_bytes": "base64", "val_json_bytes": "base64"}

# Where the schemas below a schema are.
_PARTS = (
    *("schema", "items_schema", "keys_schema", "values_schema", "extras_schema"),
    *("fields", "choices", "definitions", "steps"),
)
_CONFIGURED = frozenset({"model", "dataclass", "typed-dict"})
# Made by pydantic for one type: what is in them is no choice of the user's.
_OPAQUE = frozenset({"lax-or-strict", "json-or-python", "function-plain", "is-instance", "call"})

_TEXT_KEYS = frozenset(
    [
        *("str", "int", "float", "bool", "bytes", "decimal", "uuid", "url", "multi-host-url"),
        *("date", "datetime", "timestamp", "big-int", "time", "timedelta", "any", "reference"),
        *("lax-or-strict", "json-or-python", "function-plain"),
    ]
)
_NATIVE: tuple[type, ...] = (str, int, float, bool, type(None))

Convert: TypeAlias = Callable[[Any], Any]


def stored_part(part: SchemaPart) -> SchemaPart:
    """Return the schema for what is stored; the same one where nothing is to be replaced."""
    walk = _Walk(part.definitions, part.config)
    schema = walk.replaced(part.schema)
    definitions = {name: walk.replaced(definition) for name, definition in part.definitions.items()}
    if schema is part.schema and all(
        definitions[name] is part.definitions[name] for name in definitions
    ):
        return part
    return SchemaPart(schema, definitions, part.config)


_readers: weakref.WeakKeyDictionary[type[BaseModel], Any] = weakref.WeakKeyDictionary()


def reader_of(cls: type[BaseModel]) -> Any:
    """Return what reads a model of a plain class from what is stored of its fields."""
    reader = _readers.get(cls)
    if reader is None:
        part = part_of(cast("Schema", cls.__pydantic_core_schema__))
        stored = stored_part(part)
        reader = cls.__pydantic_validator__ if stored is part else stored_validator(stored)
        _readers[cls] = reader
    return reader


class _Walk(NamedTuple):
    """A walk over a schema that replaces what needs it."""

    definitions: dict[str, Schema]
    config: Schema | None

    def replaced(self, schema: Schema) -> Schema:
        """Return a schema with what needs it replaced; the same object where nothing does."""
        kind = schema["type"]
        if is_secret(schema):
            return revealed(schema) if is_stored_secret(schema) else schema
        if kind in _OPAQUE or KIND in (schema.get("metadata") or {}):
            return schema
        own = self._replace(config=schema.get("config", self.config))
        result = own._with_parts(schema)
        if kind in _CONFIGURED and "config" in schema:
            result = _configured(result)
        if kind == "union" and "serialization" not in schema and own._is_ambiguous(schema):
            named = zip(own._names_of(schema), _choices_of(result), strict=True)
            return _Union(result, dict(named), own._part, own.config).schema
        if kind == "dict" and own._has_odd_keys(schema):
            return _Keys(result, own._part).schema
        if kind == "enum" and not all(type(each.value) in _NATIVE for each in schema["members"]):
            return _by_value(schema, schema["members"])
        if kind == "literal" and any(isinstance(each, enum.Enum) for each in schema["expected"]):
            return _by_value(schema, schema["expected"])
        if kind in ("datetime", "time") and "serialization" not in schema:
            return {**result, "serialization": _WHOLE_MINUTES}
        if kind == "float" and (schema.get("strict") or (own.config or {}).get("strict")):
            return {**result, "strict": False}
        return result

    def _part(self, schema: Schema) -> SchemaPart:
        definitions = {
            name: self.replaced(definition) for name, definition in self.definitions.items()
        }
        return SchemaPart(schema, definitions, self.config)

    def _with_parts(self, schema: Schema) -> Schema:
        changed: Schema = {}
        for name in _PARTS:
            inner = schema.get(name)
            if is_object(inner):
                is_schema = isinstance(inner.get("type"), str)
                new: Any = self.replaced(inner) if is_schema else self._replaced_members(inner)
            elif is_series(inner):
                new = self._replaced_list(list(inner), inner)
            else:
                continue
            if new is not inner:
                changed[name] = new
        return {**schema, **changed} if changed else schema

    def _replaced_entry(self, entry: Any) -> Any:
        if is_series(entry):  # a choice with its label
            new = self.replaced(entry[0])
            return entry if new is entry[0] else (new, *entry[1:])
        # A dataclass has the names of its fields there.
        if not is_object(entry) or entry.get("serialization_exclude"):
            return entry
        return self.replaced(entry)

    def _replaced_list(self, entries: list[Any], same: Any) -> Any:
        new = [self._replaced_entry(entry) for entry in entries]
        return new if any(a is not b for a, b in zip(new, entries, strict=True)) else same

    def _replaced_members(self, members: dict[Any, Any]) -> dict[Any, Any]:
        new = {name: self._replaced_entry(entry) for name, entry in members.items()}
        return new if any(new[name] is not members[name] for name in members) else members

    def _is_ambiguous(self, schema: Schema) -> bool:
        """Return whether what one choice writes may be read as another's."""
        seen: set[str] = set()
        for choice in _choices_of(schema):
            kinds = json_kinds(SchemaPart(choice, self.definitions, self.config))
            if "any" in kinds or seen & kinds:
                return True
            seen |= kinds
        return False

    def _names_of(self, union: Schema) -> list[str]:
        """Return what each choice is called: by its class, or by the kind of its values."""
        names: list[str] = []
        for choice in _choices_of(union):
            found = surface(SchemaPart(choice, self.definitions, self.config))
            cls = found.inner.get("cls")
            name = found.kind if cls is None else cls.__name__
            unique, count = name, 2
            while unique in names:
                unique, count = f"{name} {count}", count + 1
            names.append(unique)
        return names

    def _has_odd_keys(self, schema: Schema) -> bool:
        keys = schema.get("keys_schema")
        if keys is None:
            return False
        found = surface(SchemaPart(keys, self.definitions, self.config))
        if found.is_nullable:
            return True
        if found.kind == "enum":
            members: list[Any] = found.inner["members"]
            has_texts = all(type(member.value) in (str, int) for member in members)
            return not has_texts or issubclass(found.inner["cls"], enum.Flag)
        if found.kind == "literal":
            return not all(type(each) is str for each in found.inner["expected"])
        return found.kind not in _TEXT_KEYS


def _in_whole_minutes(value: Any, plainly: Convert) -> Any:
    """Write a datetime or time; pydantic would drop the seconds of an offset, as if it had none."""
    offset = value.utcoffset()
    if offset is not None and offset % _MINUTE:
        raise ValueError(
            f"{value!r} is {offset} from UTC, and ISO 8601 has no seconds of an offset; convert it "
            "to a zone of whole minutes"
        )
    return plainly(value)


_MINUTE = timedelta(minutes=1)
_WHOLE_MINUTES = core_schema.wrap_serializer_function_ser_schema(
    _in_whole_minutes, when_used="json-unless-none"
)


def _choices_of(schema: Schema) -> Iterator[Schema]:
    for choice in schema["choices"]:
        yield choice[0] if isinstance(choice, tuple) else choice


def _configured(schema: Schema) -> Schema:
    config: Schema = schema["config"] or {}
    missing = {} if config.keys() & _JSON_CONFIG else dict(_JSON_CONFIG)
    if "ser_json_inf_nan" not in config:
        missing["ser_json_inf_nan"] = "strings"
    return {**schema, "config": {**config, **missing}} if missing else schema


def _by_value(schema: Schema, members: list[Any]) -> Schema:
    """Return a schema that finds a member of an enum or literal by the JSON text of its value."""
    by_text = {_text(getattr(member, "value", member)): member for member in members}

    def find(value: Any) -> Any:
        if not isinstance(value, enum.Enum):
            try:
                return by_text[_text(value)]
            except (KeyError, ValueError):
                expected = ", ".join(text.decode() for text in by_text)
                raise ValueError(f"Input should be one of {expected}") from None
        if value in by_text.values():
            return value
        raise ValueError(f"Input should not be {value!r}")

    found = core_schema.no_info_plain_validator_function(
        find,
        serialization=core_schema.plain_serializer_function_ser_schema(
            lambda member: getattr(member, "value", member), when_used="json"
        ),
    )
    return {**found, **({"ref": schema["ref"]} if "ref" in schema else {})}


def _text(value: Any) -> bytes:
    return to_json(value, inf_nan_mode="strings", bytes_mode="base64")


def _is_same(value: Any, back: Any) -> bool:
    """Return whether what was read back is what was written: of the same type, not only equal."""
    own = cast("type[Any]", value.__class__)
    is_of_type = getattr(value, "rapyer_plain", own) is type(back) or (
        issubclass(own, type(back)) and not issubclass(own, _NATIVE)
    )
    return is_of_type and bool(back == value or (back != back and value != value))


class _Choice(NamedTuple):
    name: str
    serializer: SchemaSerializer


class _Union:
    """How the values of an ambiguous union are stored."""

    def __init__(
        self,
        union: Schema,
        named: dict[str, Schema],
        part: Callable[[Schema], SchemaPart],
        config: Schema | None,
    ) -> None:
        self._union = {name: value for name, value in union.items() if name != "ref"}
        self._part = part
        self._named = named
        choices: list[Any] = [_marked(self._named, config), self._union]
        reading: Any = core_schema.union_schema(choices, mode="left_to_right")
        self._reading: Schema = reading
        self.schema: Schema = {
            **self._reading,
            "serialization": core_schema.wrap_serializer_function_ser_schema(
                self._written, when_used="json", schema=cast("Any", self._union)
            ),
        }
        if "ref" in union:
            self.schema["ref"] = union["ref"]

    @cached_property
    def _validator(self) -> SchemaValidator:
        return stored_validator(self._part(self._reading))

    @cached_property
    def _choices(self) -> list[_Choice]:
        return [
            _Choice(name, stored_serializer(self._part(choice)))
            for name, choice in self._named.items()
        ]

    def _written(self, value: Any, plainly: Convert) -> Any:
        written = plainly(value)
        try:
            back = _read(self._validator, _text(written))
        except ValidationError:
            back = self
        if _is_same(value, back):
            return written
        for choice in self._choices:
            try:
                text = choice.serializer.to_json(
                    value, by_alias=False, round_trip=True, warnings="error"
                )
                marked = {CHOICE_MEMBER: choice.name, _VALUE_MEMBER: from_json(text)}
                if _is_same(value, _read(self._validator, _text(marked))):
                    return marked
            except (ValueError, TypeError):
                continue
        raise ValueError(f"{value!r} would not be read back from any choice of its union")


def _marked(choices: dict[str, Schema], config: Schema | None) -> Any:
    """Return the schema of values that are stored with the name of their choice."""
    with_names: dict[str, Any] = {
        name: core_schema.typed_dict_schema(
            {
                CHOICE_MEMBER: core_schema.typed_dict_field(core_schema.str_schema()),
                _VALUE_MEMBER: core_schema.typed_dict_field(cast("Any", choice)),
            },
            extra_behavior="forbid",
            config=cast("Any", config),
        )
        for name, choice in choices.items()
    }
    return core_schema.no_info_after_validator_function(
        lambda members: members[_VALUE_MEMBER],
        core_schema.tagged_union_schema(with_names, CHOICE_MEMBER),
    )


class _Keys:
    """How the keys of a dict are stored that are not all texts."""

    def __init__(self, schema: Schema, part: Callable[[Schema], SchemaPart]) -> None:
        keys = schema["keys_schema"]
        self._part = part
        reading: Any = core_schema.union_schema(
            [core_schema.json_schema(keys), keys], mode="left_to_right"
        )
        self._reading: Schema = reading
        named: Schema = {
            **self._reading,
            "serialization": core_schema.wrap_serializer_function_ser_schema(
                self._written, when_used="json", schema=keys
            ),
        }
        self.schema: Schema = {**schema, "keys_schema": named}

    @cached_property
    def _validator(self) -> SchemaValidator:
        # Of a dict: a key is read a little otherwise than a value.
        names = {"type": "dict", "keys_schema": self._reading, "values_schema": {"type": "none"}}
        return stored_validator(self._part(names))

    def _written(self, key: Any, plainly: Convert) -> str:
        value = plainly(key)
        texts = [value] if isinstance(value, str) else []
        for text in (*texts, _text(value).decode()):
            try:
                if _is_same(key, next(iter(_read(self._validator, _text({text: None}))))):
                    return text
            except ValidationError:
                continue
        raise ValueError(f"{key!r} would not be read back as the key of a dict")


def _read(validator: SchemaValidator, text: bytes) -> Any:
    return validator.validate_json(text, context=STORED, by_alias=False, by_name=True)
