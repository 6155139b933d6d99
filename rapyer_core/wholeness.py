"""Whether every field of a model is there, and the error where one is not.

One may be missing from a handle, from a model of which only some fields were loaded, and where a
field could not be read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import NotLoadedError
from .failures import has_failures
from .modeling import is_ours
from .places import DocumentPlace, root_of

if TYPE_CHECKING:
    from .model import DocumentModel

__all__ = ["became_whole", "is_whole", "not_whole"]


def is_whole(model: DocumentModel) -> bool:
    """Return whether every field is there, in nested models too."""
    if not model.rapyer_fields().keys() <= model.__dict__.keys() or has_failures(model):
        return False
    place = root_of(model).rapyer_place()
    if not isinstance(place, DocumentPlace) or not place.is_partial:
        return True
    return all(is_whole(value) for value in model.__dict__.values() if is_ours(value))


def not_whole(model: DocumentModel) -> NotLoadedError:
    """Return the error for a model that is to be written whole, and of which a part is missing."""
    spot = model.rapyer_spot()
    missing = model.rapyer_fields().keys() - model.__dict__.keys()
    return NotLoadedError(
        f"{spot} cannot be written whole: {', '.join(missing) or 'part of it'} was not "
        "loaded; load it first, or update the fields that are to change",
        **spot.about(),
    )


def became_whole(model: DocumentModel) -> None:
    """Note that nothing is missing any more, if that is so."""
    place = model.rapyer_place()
    if isinstance(place, DocumentPlace) and place.is_partial and is_whole(model):
        place.is_partial = False
