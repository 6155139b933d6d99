"""Copies and pickles of models.

A pickle is the same document elsewhere: it keeps the key, what is known of the server's copy and
what was changed since. A copy is a new document, as `model_copy` makes one; only a copy of a
handle, which has no data, is of the same document. What was part of a document is on its own in
both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from .bound.dicts import BoundDict
from .bound.handles import handle_in
from .bound.lists import BoundList
from .changes import Changes, changed_fields, changes_of, own_changes
from .errors import UnsupportedArgumentTypeError
from .failures import FailedField, own_failures, set_failures
from .keys import RapyerKey
from .modeling import plan_of
from .places import DocumentPlace, InnerPlace, set_place
from .views import view_class

if TYPE_CHECKING:
    from .model import DocumentModel

__all__ = ["copied", "duplicate", "noted_state", "reduced", "restore_noted_state"]

D = TypeVar("D", bound="DocumentModel")

_STATE = "rapyer"


class _Noted(NamedTuple):
    """What a pickle keeps beside pydantic's state."""

    key: str | None
    is_stored: bool
    is_handle: bool
    is_partial: bool
    revision: int | None
    assigned: frozenset[str]
    watched: frozenset[str]
    """Fields with values that may change without our seeing it, and did not."""
    failed: dict[str, FailedField]


def reduced(model: DocumentModel) -> tuple[Any, ...] | None:
    """Return how to pickle a model that needs a way of its own, None for any other.

    The class of a view has no name to be found by; a handle inside another is reached through it.
    """
    place = model.rapyer_place()
    if isinstance(place, InnerPlace) and model.rapyer_is_handle():
        return handle_in, (place.parent, place.member)
    origin = type(model).__dict__.get("__rapyer_view__")
    return None if origin is None else (_new_view, origin, model.__getstate__())


def _new_view(base: type[DocumentModel], plain: type[Any]) -> DocumentModel:
    cls = view_class(base, plain)
    return cls.__new__(cls)


def noted_state(model: DocumentModel, state: dict[Any, Any]) -> dict[Any, Any]:
    """Return a model's pickled state with what is known of the server's copy."""
    if model.rapyer_place() is None and plan_of(type(model)).key_field is None:
        _ = model.key  # which is made now, so that both have the same
    place, changes = model.rapyer_place(), changes_of(model) or Changes()
    root = place if isinstance(place, DocumentPlace) else None
    assigned = frozenset(changes.assigned | _changed_inside(model, changes))
    noted = _Noted(
        key=None if root is None else str(root.key),
        is_stored=root is not None and root.is_stored,
        is_handle=root is not None and root.is_handle,
        is_partial=root is not None and root.is_partial,
        revision=None if root is None else root.revision,
        assigned=assigned,
        watched=frozenset(changes.handed_out.keys() - assigned),
        failed=own_failures(model),
    )
    return {**state, _STATE: noted}


def _changed_inside(model: DocumentModel, changes: Changes) -> set[str]:
    """Return the fields in whose values something changed that the pickled values do not tell."""
    held = {
        name for name, value in vars(model).items() if isinstance(value, (BoundList, BoundDict))
    }
    names = held | changes.handed_out.keys()
    return changed_fields(model) & names if names else set()


def restore_noted_state(model: DocumentModel, state: dict[Any, Any]) -> None:
    """Give a model that pydantic has filled from its state what was noted beside it."""
    noted: _Noted | None = state.get(_STATE)
    if noted is None:
        return
    if noted.key is not None:
        place = DocumentPlace(
            RapyerKey(noted.key),
            noted.is_stored,
            is_handle=noted.is_handle,
            is_partial=noted.is_partial,
        )
        place.revision = noted.revision
        set_place(model, place)
    set_failures(model, noted.failed)
    if noted.assigned or noted.watched:
        changes, fields = own_changes(model), model.rapyer_fields()
        changes.assigned.update(noted.assigned)
        for name in noted.watched:
            # Of the value here: a set may have another order in another process.
            text = fields[name].value.text(vars(model)[name], model.rapyer_spot())
            changes.handed_out[name] = text


def copied(copy: D, model: D) -> D:
    """Return a copy that pydantic made of a model, with the place that it needs."""
    place = model.rapyer_place()
    new: DocumentPlace | InnerPlace | None = None
    if model.rapyer_is_handle():
        new = place
        if isinstance(place, DocumentPlace):
            new = DocumentPlace(place.key, place.is_stored, is_handle=True)
    elif isinstance(place, DocumentPlace) and place.is_partial:
        # Not the same document's: what was not loaded is missing, which a save says.
        new = DocumentPlace(copy.key, is_stored=False, is_partial=True)
    if new is not None:
        set_place(copy, new)
    set_failures(copy, own_failures(model))
    return copy


def duplicate(model: D) -> D:
    """Return a copy of a model that is not stored, with a pk of its own.

    Raises:
        UnsupportedArgumentTypeError: the class' pk is a field, so that a copy would have the same.
    """
    if model.is_inner_model() or plan_of(type(model)).key_field is not None:
        why = (
            "it is part of a document"
            if model.is_inner_model()
            else "its pk is the field marked Key"
        )
        raise UnsupportedArgumentTypeError(
            f"{model.rapyer_spot()} cannot be duplicated under a new pk: {why}; copy it with "
            "model_copy(update=…) and save that",
            **model.rapyer_spot().about(),
        )
    model.rapyer_check_whole()
    return model.model_copy(deep=True)
