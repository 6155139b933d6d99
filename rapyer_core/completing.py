"""What an error is about, filled in where that is known: drivers know no key, replies no model."""

from __future__ import annotations

from typing import Any

from .errors import RapyerError
from .operations import Computation, Operation
from .paths import display
from .registry import Registry

__all__ = ["completed"]


def completed(
    error: RapyerError, registry: Registry[Any], work: Operation | Computation | None = None
) -> RapyerError:
    """Return an error with what it lacks: the key and path of the work that raised it, the model.

    registry: tells the model of the key, which may be another one than the caller's.
    """
    if error.key is None and work is not None:
        place = (work.key, work.path) if isinstance(work, Operation) else _place(work)
        error.key, error.path = str(place[0]), error.path or display(place[1])
    if error.model is None and error.key is not None:
        owner = registry.owner_of(error.key)
        error.model = None if owner is None else owner.__name__
    return error


def _place(work: Computation) -> tuple[Any, Any]:
    return work.route.place.key, work.route.path
