"""What reading a field without a value gives: a handle's field, a failed one, one not loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .bound.handles import bind_handle
from .errors import NotLoadedError
from .failures import own_failures
from .places import DocumentPlace, root_of

if TYPE_CHECKING:
    from .model import DocumentModel
    from .modeling import FieldPlan

__all__ = ["missing_value"]


def missing_value(model: DocumentModel, field: FieldPlan) -> Any:
    """Return what reading a field without a value gives: on a handle the field's handle, None
    for one that could not be read.

    Raises:
        NotLoadedError: the model was loaded without the field.
    """
    if model.rapyer_is_handle():
        return bind_handle(model, field.name, field.value)
    if field.name in own_failures(model):
        return None
    place = root_of(model).rapyer_place()
    if isinstance(place, DocumentPlace) and place.is_partial:
        spot = model.rapyer_spot()
        raise NotLoadedError(
            f"{spot}: {field.name} was not loaded; name it among the fields to get, or load "
            "the whole model",
            field=field.name,
            **spot.about(),
        )
    raise AttributeError(f"{type(model).__name__!r} object has no attribute {field.name!r}")
