"""Optimistic documents: the revision that a write is based on, and how the local one follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model import DocumentModel
from ..places import DocumentPlace

if TYPE_CHECKING:
    from ..scopes import Scope

__all__ = ["expected_revision", "follow_revision", "predict_revision"]


def expected_revision(model: DocumentModel, is_any: bool) -> str:
    """Return the revision that a write is based on: '' no document, '*' any."""
    place = model.rapyer_place()
    if is_any or (isinstance(place, DocumentPlace) and place.is_handle):
        return "*"
    if not isinstance(place, DocumentPlace) or not place.is_stored:
        return ""
    return "*" if place.revision is None else str(place.revision)


def follow_revision(model: DocumentModel, revision: int) -> None:
    """Note the revision that the server answered."""
    place = model.rapyer_place()
    if isinstance(place, DocumentPlace) and type(model).rapyer_settings().is_optimistic:
        place.revision = revision


def predict_revision(model: DocumentModel, scope: Scope, *, is_known: bool) -> None:
    """Count up for what is queued after this, until the replies tell the revision.

    Where it is not known, what comes after in the same step is based on what came before.
    """
    place = model.rapyer_place()
    if isinstance(place, DocumentPlace):
        scope.remember(place, "revision", place.keep_revision)
        place.revision = place.revision + 1 if is_known and place.revision is not None else None
