"""How a model takes over what was read anew: in place, so that what it handed out stays part of it.

What was changed locally may be kept: a field that was assigned, whole; of a nested model the
fields that changed in it; a list or dict in which something changed, whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .bound.base import Bound
from .bound.references import BoundReference
from .bound.special import SpecialValue
from .changes import Changes, changed_fields, changes_of
from .extras import changed_extra
from .failures import own_failures, set_failures
from .places import DocumentPlace, root_of
from .views import is_alike

if TYPE_CHECKING:
    from .model import DocumentModel

__all__ = ["absorb"]


def absorb(model: DocumentModel, other: DocumentModel, *, keeps_changes: bool) -> None:
    """Take over another instance's data; `keeps_changes` leaves out what was changed locally.

    A nested `other` may be an instance of the plain class that `model` is a view of.
    """
    changes = (changes_of(model) if keeps_changes else None) or Changes()
    kept: set[str] = changed_fields(model) if keeps_changes else set()
    changed = changed_extra(model, changes)
    _take_place(model, other)
    fresh = {
        name: held
        if name in changes.assigned
        else _merged(held, value, name in kept, keeps_changes)
        for name, value in other.__dict__.items()
        for held in [model.__dict__.get(name)]
    }
    extra = other.__pydantic_extra__
    if extra is not None and model.__pydantic_extra__ is not None:
        own = model.__pydantic_extra__
        # What was removed locally is not there any more either.
        extra = {name: value for name, value in extra.items() if name not in changed}
        extra.update({name: own[name] for name in changed if name in own})
    for name in changes.assigned & model.__dict__.keys():
        fresh.setdefault(name, model.__dict__[name])  # which could not be read anew
    # The texts of what was handed out are those of values that are gone.
    _keep_notes(model, changes, kept, changed)
    object.__setattr__(model, "__dict__", fresh)
    object.__setattr__(model, "__pydantic_fields_set__", other.__pydantic_fields_set__ | kept)
    object.__setattr__(model, "__pydantic_extra__", extra)
    _take_failures(model, other)


def _merged(held: Any, value: Any, has_changed: bool, keeps_changes: bool) -> Any:
    """Return the value of one field that was not assigned."""
    if hasattr(held, "rapyer_fields") and is_alike(held, value):
        absorb(held, value, keeps_changes=keeps_changes)
        return held
    if isinstance(held, SpecialValue):
        return held.rapyer_refreshed(value) if keeps_changes else held.rapyer_accept(value)
    if has_changed:
        return held
    if isinstance(held, BoundReference) and held == value:
        return held  # the same target, which may have been fetched
    if isinstance(held, Bound) and isinstance(value, (list, dict)):
        return held.rapyer_accept(value)
    return value


def _take_place(model: DocumentModel, other: DocumentModel) -> None:
    place = model.rapyer_place()
    if isinstance(place, DocumentPlace):
        source = other.rapyer_place()
        place.is_handle = False
        place.is_partial = isinstance(source, DocumentPlace) and source.is_partial
        place.revision = source.revision if isinstance(source, DocumentPlace) else None


def _take_failures(model: DocumentModel, other: DocumentModel) -> None:
    """Take over what could not be read; `other` may be an instance of a plain class."""
    failed = own_failures(other) if hasattr(other, "rapyer_failed_slot") else {}
    set_failures(model, failed)
    place = root_of(model).rapyer_place() if failed else None
    if isinstance(place, DocumentPlace):
        place.is_partial = True


def _keep_notes(
    model: DocumentModel, changes: Changes, kept: set[str], extra: Iterable[str]
) -> None:
    if changes_of(model) is None:
        return
    notes = Changes()
    notes.assigned = {*changes.assigned, *extra}
    notes.handed_out = {name: text for name, text in changes.handed_out.items() if name in kept}
    object.__setattr__(model, "_rapyer_changes", notes)
