"""Deleting documents, and what a delete says that it removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ..bound.base import is_done
from ..errors import BadDeleteActionError
from ..keys import RapyerKey
from ..model import DocumentModel
from ..operations import Operation
from ..paths import ROOT
from ..places import became_unstored, keep_place

if TYPE_CHECKING:
    from ..scopes import Scope

__all__ = ["Removed", "counted_delete", "delete_operation", "key_to_delete", "removed_by"]


class Removed(NamedTuple):
    """How many documents a delete removed, and how many keys with them."""

    documents: int
    keys: int


def removed_by(reply: int | list[int]) -> Removed:
    """Return what a delete says that it removed."""
    return Removed(reply, reply) if isinstance(reply, int) else Removed(*reply)


def key_to_delete(model: DocumentModel) -> RapyerKey:
    """Return the key of a model's document.

    Raises:
        BadDeleteActionError: the model is part of another one's document.
    """
    if not model.is_inner_model():
        return model.key
    spot = model.rapyer_spot()
    raise BadDeleteActionError(
        f"{spot}: the model is part of a document; delete that, or set the field", **spot.about()
    )


def delete_operation(
    cls: type[DocumentModel], key: RapyerKey, model: DocumentModel | None = None
) -> Operation:
    """Return what deletes the document of a key; `model`, if given, counts as never saved then."""

    def settle(reply: Any) -> bool:
        if model is not None:
            became_unstored(model)
        return bool(removed_by(reply).documents)

    def predict(scope: Scope) -> bool:
        if model is not None and model.rapyer_route() is not None:
            scope.on_failure(keep_place(model))
            became_unstored(model)
        return True

    beside = cls.rapyer_companions(key)
    return Operation(
        "document_delete", key, ROOT, (), settle, predict, confirms=is_done, companions=beside
    )


def counted_delete(cls: type[DocumentModel], key: RapyerKey) -> Operation:
    """Return what deletes the document of a key, and settles to what was removed."""
    operation = delete_operation(cls, key)
    most = Removed(1, len(operation.touched))

    def predict(scope: Scope) -> Removed:
        return most

    return operation._replace(settle=removed_by, predict=predict)
