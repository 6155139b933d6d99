"""What a query gives of the documents that it found."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel
from pydantic_core import from_json

from rapyer_core.errors import CorruptedModelError
from rapyer_core.partial import partly_loaded

from .asked import Asked, Hit

__all__ = ["Page", "results_of", "rows_of"]

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
    return _made(asked, hits, asked.result)


def rows_of(asked: Asked, hits: Iterable[Hit], names: Sequence[str]) -> list[dict[str, Any]]:
    """Return the values of some fields of documents, by name; parts are dotted.

    Raises:
        CorruptedModelError: one does not validate, and those are not to be left out.
    """
    ways = {name: name.split(".") for name in names}

    def row(hit: Hit) -> dict[str, Any]:
        model = partly_loaded(asked.cls, hit.key, from_json(hit.text), names) if names else None
        return {name: _value_at(model, way) for name, way in ways.items()}

    return _made(asked, hits, row)


def _made(asked: Asked, hits: Iterable[Hit], make: Callable[[Hit], Any]) -> list[Any]:
    results: list[Any] = []
    for hit in hits:
        try:
            results.append(make(hit))
        except CorruptedModelError as error:
            if not asked.skip_corrupted:
                raise
            log.warning("left out of the result: %s", error)
    return results


def _value_at(model: Any, way: Sequence[str]) -> Any:
    for name in way:
        if not isinstance(model, BaseModel):
            return None
        model = model.__dict__.get(name)
    return model
