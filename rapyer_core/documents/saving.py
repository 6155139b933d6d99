"""Saving: a new model whole, of a stored one what changed since."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..beside import CREATED, PRESENT, beside_model
from ..changes import changed_texts, forget_changes
from ..failures import check_no_failures
from ..model import DocumentModel
from ..places import InnerPlace, stored_route, way_to
from ..wholeness import is_whole
from .key_field import check_key
from .optimistic import follow_revision, predict_revision
from .writing import Write, patch_operation, put_write

if TYPE_CHECKING:
    from ..scopes import Scope

__all__ = ["save_write"]


def save_write(
    model: DocumentModel, *, only_new: bool, only_existing: bool, upsert: bool, force: bool
) -> Write:
    """Return what saves a model: a new one whole, of a stored one what changed."""
    if isinstance(model.rapyer_place(), InnerPlace):
        return _patch_write(model, force=force, upsert=False)
    route = model.rapyer_route()
    if route is not None:
        check_key(model)
    if force:
        check_no_failures(model, model.rapyer_spot)
    if route is None or only_new or (force and is_whole(model)):
        must_exist = only_existing or (route is not None and not upsert)
        mode = "new" if only_new else "existing" if must_exist else "any"
        return put_write(model, mode, is_forced=force)
    return _patch_write(model, force=force, upsert=upsert)


def _patch_write(model: DocumentModel, *, force: bool, upsert: bool) -> Write:
    route = stored_route(model, "save")
    way = way_to(model)
    texts: list[tuple[Any, str]] = (
        [(route.path, model.rapyer_sent())] if force and way else changed_texts(model, way)
    )
    beside = beside_model(model)
    changes = beside.replacing(model) if force and way else beside.saving(model, PRESENT)
    if upsert:
        changes += beside.replacing(model, CREATED)
    revert = forget_changes(model)

    def predict(scope: Scope) -> Any:
        scope.on_failure(revert)
        predict_revision(route.root, scope, is_known=not (force or upsert))
        return model

    def settle(reply: int) -> Any:
        follow_revision(route.root, reply)
        return model

    whole = model.rapyer_sent() if upsert else ""
    operation = patch_operation(route, texts, whole, settle, predict, force)
    return Write(beside.framed(operation, changes=changes), revert)
