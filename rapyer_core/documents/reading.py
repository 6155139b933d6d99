"""Reading documents: each by a script, which reads what is beside it too, or many at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from ..actions import FETCHING
from ..beside import beside_key, beside_model
from ..commands import Command, Reply
from ..errors import ServerError
from ..failures import FailedField, take_retried
from ..keys import RapyerKey
from ..model import DocumentModel
from ..operations import Operation
from ..paths import ROOT
from ..places import root_of, stored_route
from ..replies import explained, raise_failure
from ..safe_loads import log_failures, read_each
from ..wholeness import became_whole
from .loading import loaded, whole_text

__all__ = [
    "get_operation",
    "is_read_by_script",
    "mget_command",
    "mget_texts",
    "reload_operation",
    "retry_operation",
    "text_or_none",
]

M = TypeVar("M", bound=DocumentModel)


def get_operation(cls: type[M], key: RapyerKey) -> Operation:
    """Return what reads a document of a class."""
    beside = beside_key(cls, key) if cls.rapyer_special_fields() else None

    def settle(reply: Any) -> M:
        return loaded(cls, key, reply if beside is None else whole_text(beside, reply))

    lifetime = cls.rapyer_lifetime(FETCHING)
    operation = Operation("value_get", key, ROOT, (), settle, None, lifetime, is_read=True)
    return operation if beside is None else beside.framed(operation, reads=True)


def reload_operation(
    model: DocumentModel, method: str, *, keeps_changes: bool = False
) -> Operation:
    """Return what reads a model anew, into the same instance.

    keeps_changes: leave out what was changed locally.
    """
    route = stored_route(model, method)
    lifetime = route.root.rapyer_lifetime(FETCHING)
    beside = beside_model(model)

    def settle(reply: Any) -> DocumentModel:
        fresh = loaded(type(model), route.place.key, whole_text(beside, reply))
        model.rapyer_absorb(fresh, keeps_changes=keeps_changes)
        return model

    operation = Operation(
        "value_get", route.place.key, route.path, (), settle, None, lifetime, is_read=True
    )
    return beside.framed(operation, reads=True)


def retry_operation(model: DocumentModel) -> Operation:
    """Return what reads the failed fields of a model anew; settles to those that still fail."""
    beside, reading = beside_model(model), reload_operation(model, "retry_failed")

    def settle(reply: Any) -> dict[str, FailedField]:
        text = whole_text(beside, reply)
        take_retried(model, read_each(type(model), model.key, text))
        became_whole(root_of(model))
        log_failures(model)
        return model.failed_fields

    return reading._replace(settle=settle)


def is_read_by_script(cls: type[DocumentModel]) -> bool:
    """Return whether a read of a class' documents does more than a plain command does."""
    return cls.rapyer_lifetime(FETCHING) is not None or bool(cls.rapyer_special_fields())


def text_or_none(
    cls: type[DocumentModel], key: RapyerKey, reply: Reply | ServerError
) -> bytes | None:
    """Return the text that a read answered, None where there is no document."""
    if isinstance(reply, ServerError):
        raise explained(reply, key, ROOT)
    if isinstance(reply, list) and reply[0] == b"!":
        if reply[1] == b"no-key":
            return None
        raise_failure(reply)
    return whole_text(beside_key(cls, key), reply)


def mget_command(keys: Sequence[str]) -> Command:
    """Return the command that reads many documents; a missing one is null."""
    return Command(("JSON.MGET", *keys, ROOT), repeatable=True, bulk=True)


def mget_texts(reply: Sequence[bytes | None]) -> list[bytes | None]:
    """Return the text of each document that such a command read, None where there is none."""
    return [None if text is None else text[1:-1] for text in reply]
