"""Updating: some fields of a document, all or none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..beside import beside_model
from ..bound.base import kept_value
from ..model import DocumentModel
from ..operations import Operation
from ..paths import render
from ..places import never_saved, stored_route, way_to
from ..validating import assigned, check_fields
from .optimistic import follow_revision, predict_revision
from .writing import patch_operation

if TYPE_CHECKING:
    from ..scopes import Scope

__all__ = ["is_local", "update_write"]


def is_local(model: DocumentModel, method: str) -> bool:
    """Return whether a method changes the local model only, because it was never stored.

    The same rule as for fields: a name that the class has without any I/O is local then.
    """
    if model.rapyer_route() is not None:
        return False
    if hasattr(DocumentModel, method):
        return True
    raise never_saved(model.rapyer_spot(), method)


def update_write(model: DocumentModel, values: dict[str, Any]) -> Operation:
    """Return what writes some fields, all or none; the local model follows when it is done."""
    route = stored_route(model, "update")
    check_fields(model, values)
    spot = model.rapyer_spot()
    if model.rapyer_is_handle():
        checked = {name: model.rapyer_checked(name, value, spot) for name, value in values.items()}
    else:
        checked = assigned(model, values)
    way, fields = way_to(model), model.rapyer_fields()
    texts = [
        (render((*way, name)), fields[name].value.sent(value, spot))
        for name, value in checked.items()
        if fields[name].is_stored
    ]

    beside = beside_model(model)
    changes = beside.replacing_by(checked, model)

    def take() -> Any:
        # A pipeline does so twice, and what it did to the new values in between is theirs.
        for name, value in checked.items():
            checked[name] = kept_value(model.rapyer_take(name, value, None), value, model)
        return model

    def settle(reply: int) -> Any:
        follow_revision(route.root, reply)
        return take()

    def predict(scope: Scope) -> Any:
        for name in checked:
            model.rapyer_remember_member(scope, name)
        predict_revision(route.root, scope, is_known=True)
        return take()

    operation = patch_operation(route, texts, "", settle, predict)
    return beside.framed(operation, changes=changes)
