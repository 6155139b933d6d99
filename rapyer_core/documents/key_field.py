"""The field that is the key of a stored document: it keeps its value."""

from __future__ import annotations

from ..changes import changes_of
from ..document_keys import pk_of
from ..errors import UpdateAtomicModelError
from ..model import DocumentModel
from ..modeling import plan_of

__all__ = ["check_key", "check_same_key"]


def check_key(model: DocumentModel) -> None:
    """Raise if the field that is the key of a stored document was assigned another value."""
    field, changes = plan_of(type(model)).key_field, changes_of(model)
    if field is not None and changes is not None and field in changes.assigned:
        check_same_key(model, field, model.pk)


def check_same_key(model: DocumentModel, field: str, pk: str) -> None:
    value = model.__dict__[field]
    if pk_of(type(model), value) != pk:
        spot = model.rapyer_spot()
        raise UpdateAtomicModelError(
            f"{spot}: {field} is the key of a stored document and was assigned {value!r}; "
            "nothing was written. Copy the model, save the copy and delete this one",
            field=field,
            expected=pk,
            actual=value,
            **spot.about(),
        )
