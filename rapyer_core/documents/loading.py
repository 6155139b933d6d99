"""The model that a stored text holds, and the errors where there is none."""

from __future__ import annotations

from typing import Any, TypeVar, cast

from pydantic_core import ValidationError

from ..beside import Beside
from ..errors import CorruptedModelError, InvalidValueError, KeyNotFound
from ..invalid import problems_of
from ..keys import RapyerKey
from ..model import DocumentModel
from ..safe_loads import log_failures, safely_loaded

__all__ = ["absent", "corrupted", "loaded", "whole_text"]

M = TypeVar("M", bound=DocumentModel)


def whole_text(beside: Beside, reply: Any) -> bytes:
    """Return the text of a model that a framed read answered, with its special fields."""
    if not beside.fields:
        return cast("bytes", reply)
    text, *contents = reply
    return beside.joined(text, contents)


def loaded(cls: type[M], key: RapyerKey, text: bytes) -> M:
    """Return the model that a document's text holds.

    Raises:
        CorruptedModelError: it does not validate, and that not in safe fields only.
    """
    try:
        return cls.rapyer_loaded(text, key)
    except (ValidationError, InvalidValueError) as error:
        model = safely_loaded(cls, key, text)
        if model is None:
            raise corrupted(cls, key, problems_of(error)) from error
    log_failures(model)
    return model


def corrupted(cls: type[DocumentModel], key: str, fields: dict[str, str]) -> CorruptedModelError:
    """Return the error for a document of which some parts do not validate."""
    described = "; ".join(f"{name}: {message}" for name, message in fields.items())
    return CorruptedModelError(
        f"{key} does not hold a {cls.__name__}: {described}",
        fields=fields,
        key=key,
        model=cls.__name__,
        expected=cls.__name__,
        actual=described,
    )


def absent(cls: type[DocumentModel], key: str) -> KeyNotFound:
    """Return the error for a document that is not there."""
    return KeyNotFound(
        f"{key}: no such {cls.__name__}",
        key=key,
        model=cls.__name__,
        expected="a document",
        actual="nothing",
    )
