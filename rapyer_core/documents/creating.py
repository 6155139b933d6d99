"""Creating a document unless it is there: the one that is there is read, or changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..beside import CREATED, PRESENT, Beside, beside_key
from ..changes import forget_changes
from ..dumping import texts_of
from ..model import DocumentModel
from ..operations import Operation
from ..paths import ROOT, render
from ..places import became_stored
from ..results import GetOrCreateResult, GetOrCreateStatus
from .loading import loaded
from .optimistic import follow_revision

__all__ = ["get_or_create_operation", "update_or_create_operation"]


def get_or_create_operation(model: DocumentModel) -> Operation:
    """Return what reads the document of a model's key, or writes the model there; atomic.

    Settles to a `GetOrCreateResult`.
    """
    cls, key = type(model), model.key
    name, beside = "document_get_or_create", beside_key(cls, key)
    args = (model.rapyer_sent(), cls.rapyer_settings().lifetimes.of_new(name))
    settle, lifetime = _settle_created(model, beside), cls.rapyer_lifetime(name)
    operation = Operation(name, key, ROOT, args, settle, None, lifetime)
    return beside.framed(operation, reads=True, changes=beside.replacing(model, CREATED))


def update_or_create_operation(model: DocumentModel, names: Iterable[str] | None) -> Operation:
    """Return what writes some fields of the document of a model's key, or the model there; atomic.

    `names`: the fields; None for those that were set on the model. Settles to a
    `GetOrCreateResult`.
    """
    cls, key, settings = type(model), model.key, type(model).rapyer_settings()
    written = set(model.model_fields_set if names is None else names)
    texts = texts_of(model, written)
    beside = beside_key(cls, key)
    changes = beside.replacing(model, CREATED)
    changes += beside.replacing(model, PRESENT, written.__contains__)
    args: list[Any] = [model.rapyer_sent(), settings.new_lifetime]
    args += (int(settings.is_optimistic), len(texts))
    for name, text in texts.items():
        args += (render((name,)), text)

    settle = _settle_created(model, beside)
    operation = Operation(
        "document_update_or_create", key, ROOT, tuple(args), settle, None, settings.lifetime
    )
    return beside.framed(operation, reads=True, changes=changes)


def _settle_created(
    model: DocumentModel, beside: Beside
) -> Callable[[list[Any]], GetOrCreateResult[DocumentModel]]:
    """Return what reads whether a document was created, and the model that is there."""

    def settle(reply: list[Any]) -> GetOrCreateResult[DocumentModel]:
        (is_created, *found), *contents = reply if beside.fields else (reply,)
        if is_created:
            became_stored(model)
            follow_revision(model, 0)
            forget_changes(model)
            return GetOrCreateResult(model, GetOrCreateStatus.CREATED)
        there = loaded(type(model), model.key, beside.joined(found[0], contents))
        return GetOrCreateResult(there, GetOrCreateStatus.FOUND)

    return settle
