"""Secrets: `SecretStr`, `SecretBytes` and `Secret[T]` are stored only where the field says so.

Pydantic writes a secret as asterisks, and asterisks would be read back. So a field that does not
say what is to become of its secret is refused when its class is made.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic_core import core_schema

from .errors import UnsupportedFieldError
from .schemas import Schema, SchemaPart, is_object, is_series

__all__ = ["StoredSecret", "check_secrets", "is_secret", "is_stored_secret", "revealed"]

_MARK = "rapyer_stored_secret"


class StoredSecret:
    """Marks a secret that is to be stored, readable to whoever can read the database.

    ``token: Annotated[SecretStr, StoredSecret()]``; also of collections of secrets.
    """

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        schema = handler(source)
        _mark(schema)
        return schema  # type: ignore[no-any-return]  # the handler's


def _mark(schema: Any) -> None:
    """Mark the secrets in a schema; not in models, which say it of their own fields."""
    if is_secret(schema):
        schema["metadata"] = {**(schema.get("metadata") or {}), _MARK: True}
    elif schema["type"] not in ("model", "dataclass", "typed-dict", "definitions"):
        for part in _parts_of(schema):
            _mark(part)


def is_stored_secret(schema: Schema) -> bool:
    """Return whether a schema is that of a secret that is to be stored."""
    return _MARK in (schema.get("metadata") or ())


def is_secret(schema: Schema) -> bool:
    """Return whether a schema is that of a secret, which is told by how pydantic masks it."""
    parts: list[Any] = [schema, schema.get("lax_schema") or {}]
    for part in parts:
        serialization: dict[str, Any] = part.get("serialization") or {}
        mask: Any = serialization.get("function")
        name, module = getattr(mask, "__name__", ""), getattr(mask, "__module__", "")
        if module == "pydantic.types" and name.startswith("_serialize_secret"):
            return True
    return False


def revealed(schema: Schema) -> Schema:
    """Return the schema of a secret that is written as it is."""
    inner: Any = schema.get("lax_schema") or schema
    # Of the value in it, as it is read.
    value: Any = inner["json_schema"]["schema"]
    serialization = core_schema.plain_serializer_function_ser_schema(
        lambda secret: secret.get_secret_value(), return_schema=value
    )
    return {**schema, "serialization": serialization}


def check_secrets(model: type[Any], name: str, part: SchemaPart) -> None:
    """Raise if a field holds secrets, and does not say that they are to be stored.

    Raises:
        UnsupportedFieldError: it does; the error says what the choices are.
    """
    if _is_unmarked(part.schema, part.definitions, set()):
        raise UnsupportedFieldError(
            f"{model.__qualname__}.{name}: a secret is stored only where the field says so. Either "
            "write Annotated[…, StoredSecret()] around the type, to store it as readable text, or "
            "leave the field out with Field(exclude=True)",
            model=model.__qualname__,
            field=name,
            expected="StoredSecret() or exclude=True",
            actual="a secret",
        )


def _is_unmarked(schema: Schema, definitions: dict[str, Schema], seen: set[str]) -> bool:
    if is_stored_secret(schema):
        return False
    if is_secret(schema):
        return True
    if "serialization" in schema or schema.get("serialization_exclude"):
        return False
    if schema.get("type") == "model" and hasattr(schema["cls"], "__rapyer_bindings__"):
        return False  # which was checked when it was made
    if schema.get("type") == "definition-ref":
        name = schema["schema_ref"]
        if name in seen:
            return False
        seen.add(name)
        return _is_unmarked(definitions[name], definitions, seen)
    return any(_is_unmarked(part, definitions, seen) for part in _parts_of(schema))


_INNER = (
    *("schema", "items_schema", "keys_schema", "values_schema", "extras_schema"),
    *("choices", "steps", "fields", "definitions"),
)


def _parts_of(schema: Schema) -> Iterator[Schema]:
    for key in _INNER:
        part = schema.get(key)
        parts = part.values() if is_object(part) and "type" not in part else [part]
        for each in part if is_series(part) else parts:
            inner: Any = each[0] if is_series(each) else each
            if is_object(inner) and isinstance(inner.get("type"), str):
                yield inner
