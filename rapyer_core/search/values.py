"""The values of a query, checked against the field's type and made comparable."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pydantic_core import SchemaValidator, ValidationError, core_schema, from_json

from ..errors import InvalidValueError, UnsupportedArgumentTypeError
from ..invalid import Where
from .kinds import microseconds
from .parting import folded
from .schema import IndexedField

__all__ = ["comparable", "fragment", "limit", "read_as", "spot_of"]


def spot_of(field: IndexedField) -> Where:
    """Return where a field is, for messages."""
    return Where(field.owner, None, field.path)


def comparable(field: IndexedField, value: Any) -> Any:
    """Return what a value of the field's type is to comparisons.

    Raises:
        InvalidValueError: the field does not take it.
    """
    spot = spot_of(field)
    if field.plan.kind == "str" and hasattr(value, "rapyer_fields"):
        value = value.key
    checked = field.plan.checked(value, spot)
    read = read_as(field, from_json(field.plan.text(checked, spot)))
    if read is None or (isinstance(read, str) and "\0" in read):
        raise _refused(field, value)
    return read


def read_as(field: IndexedField, stored: Any) -> Any:
    """Return what a stored JSON value is to comparisons; None where it is of another kind."""
    value = field.kind.read(stored)
    return value if field.mark.case_sensitive or value is None else folded(value)


def limit(field: IndexedField, value: Any) -> Any:
    """Return what a value is to an ordering; a limit may be beyond what the field takes.

    Raises:
        InvalidValueError: it is not of the field's type.
    """
    try:
        return comparable(field, value)
    except InvalidValueError:
        bare = _BARE.get(field.kind.name)
        if bare is None or value is None:
            raise
        try:
            return _plain(bare.validate_python(value))
        except ValidationError:
            pass
        raise


def fragment(field: IndexedField, text: Any) -> str:
    """Return a part of a text.

    Raises:
        UnsupportedArgumentTypeError: it is no text.
        InvalidValueError: no indexed text has such a part.
    """
    if not isinstance(text, str):
        raise UnsupportedArgumentTypeError(
            f"{spot_of(field)}: expected a text, got {text!r}",
            expected="str",
            actual=text,
            **spot_of(field).about(),
        )
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise _refused(field, text)
    return str(text) if field.mark.case_sensitive else folded(text)


def _refused(field: IndexedField, value: Any) -> InvalidValueError:
    spot = spot_of(field)
    return InvalidValueError(
        f"{spot}: expected what an index can hold, got {value!r}",
        expected="a value that an index can hold",
        actual=value,
        **spot.about(),
    )


def _plain(value: Any) -> Any:
    for known, number in _NUMBERS:
        if isinstance(value, known):
            return number(value)
    return value


_NUMBERS: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (datetime, microseconds),
    (date, lambda day: day.toordinal()),
    (Decimal, lambda number: number),
)

_FINITE = core_schema.float_schema(allow_inf_nan=False)
_BARE: dict[str, SchemaValidator] = {
    "integer": SchemaValidator(core_schema.union_schema([core_schema.int_schema(), _FINITE])),
    "float": SchemaValidator(_FINITE),
    "decimal": SchemaValidator(core_schema.decimal_schema()),
    "datetime": SchemaValidator(core_schema.datetime_schema()),
    "date": SchemaValidator(core_schema.date_schema()),
    "timestamp": SchemaValidator(core_schema.datetime_schema(tz_constraint="aware")),
}
