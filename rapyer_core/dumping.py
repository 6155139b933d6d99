"""A model as it is written: its data, and the JSON texts of all of it or of some fields."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pydantic_core import PydanticSerializationError, to_json

from .errors import RapyerSerializationError, UnsupportedArgumentValueError
from .floats import as_stored
from .limits import storable
from .modeling import plan_of

if TYPE_CHECKING:
    from .model import DocumentModel

__all__ = ["dumped", "extra_text", "json_text", "texts_of"]


def dumped(model: DocumentModel) -> dict[str, Any]:
    """Return the document as JSON-compatible Python data."""
    plan = plan_of(type(model))
    data: dict[str, Any] = plan.writer.to_python(
        model, mode="json", by_alias=False, round_trip=True, exclude=plan.special_ways
    )
    return data


def json_text(model: DocumentModel, names: set[str] | None) -> str:
    """Return the JSON text of an object of the fields of some names, None for all.

    Raises:
        RapyerSerializationError: a value cannot be written as JSON.
        NumberRangeError: there is an integer that the server cannot hold.
    """
    plan = plan_of(type(model))
    try:
        text = plan.writer.to_json(
            model,
            include=names,
            exclude=plan.special_ways,
            by_alias=False,
            round_trip=True,
            warnings="error",
        )
    except (PydanticSerializationError, ValueError, TypeError) as error:
        spot = model.rapyer_spot()
        raise RapyerSerializationError(
            f"{spot} cannot be written as JSON: {error}", **spot.about()
        ) from error
    return storable(text, model.rapyer_spot)


def extra_text(model: DocumentModel, name: str) -> str:
    """Return the JSON text of a value that is no field's."""
    start = len("{" + to_json(name).decode() + ":")
    return as_stored(json_text(model, {name})[start:-1], model.rapyer_spot)


def texts_of(model: DocumentModel, names: Iterable[str]) -> dict[str, str]:
    """Return the JSON texts of some fields and extra values, without that of the key.

    Raises:
        UnsupportedArgumentValueError: there is no such field.
    """
    fields, spot = model.rapyer_fields(), model.rapyer_spot()
    extra = model.__pydantic_extra__ or {}
    texts: dict[str, str] = {}
    for name in names:
        if name in extra:
            texts[name] = extra_text(model, name)
        elif name not in fields:
            raise UnsupportedArgumentValueError(
                f"{spot} has no field {name!r}",
                field=name,
                expected=f"one of {', '.join(fields)}",
                actual=name,
                **spot.about(),
            )
        elif fields[name].is_stored and not fields[name].is_key:
            texts[name] = fields[name].value.sent(model.__dict__[name], spot)
    return texts
