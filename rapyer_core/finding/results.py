"""What a query gives of the documents that it found."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel
from pydantic_core import from_json

from rapyer_core.errors import CorruptedModelError
from rapyer_core.partial import partly_loaded

from .asked import Asked, Hit

__all__ = ["Page", "results_of", "row_of"]

R = TypeVar("R")

log: logging.Logger = logging.getLogger("rapyer")


@dataclass(frozen=True)
class Page(Generic[R]):
    """items: results in order. cursor: with which the next page is asked for, None at the end."""

    items: list[R]
    cursor: str | None


def results_of(asked: Asked, hits: Iterable[Hit]) -> list[Any]:
    """Return what a query gives of documents.

    Raises:
        CorruptedModelError: one does not validate, and those are not to be left out.
    """
    results: list[Any] = []
    for hit in hits:
        try:
            results.append(asked.result(hit))
        except CorruptedModelError as error:
            if not asked.skip_corrupted:
                raise
            log.warning("left out of the result: %s", error)
    return results


def row_of(asked: Asked, hit: Hit, names: Sequence[str]) -> dict[str, Any]:
    """Return the values of some fields of a document, by name; parts are dotted."""
    if not names:
        return {}
    model = partly_loaded(asked.cls, hit.key, from_json(hit.text), names)
    return {name: _value_at(model, name.split(".")) for name in names}


def _value_at(model: Any, way: Sequence[str]) -> Any:
    for name in way:
        if not isinstance(model, BaseModel):
            return None
        model = model.__dict__.get(name)
    return model
