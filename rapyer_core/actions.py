"""Which kind of action an operation is, so that `Meta.refresh_ttl` can name the kinds that count.

An operation's name says it: the family of the value, and the verb. Arithmetic is told by the
family, everything else by the verb.
"""

from __future__ import annotations

from enum import Flag
from typing import Any

from .errors import InvalidRefreshTtlError

__all__ = ["FETCHING", "ActionGroup", "action_of", "actions_of_setting", "known_action"]


class ActionGroup(Flag):
    """Kinds of actions that can start a document's lifetime anew: ``READ | FETCH``."""

    READ = 1
    """Reading a field, or a part of one."""
    FETCH = 2
    """Reading documents: get, find, load, a lock's refresh, the target of a reference."""
    CREATE = 4
    """Writing a new document, which has its lifetime from the start in any case."""
    UPDATE = 8
    """Changing values: save, update, set, an item of a list or dict."""
    APPEND = 16
    """Adding to a collection."""
    DELETE = 32
    """Deleting documents, which leaves nothing whose lifetime could start anew."""
    ERASE = 64
    """Taking out of a collection: pop, remove, clear."""
    ARITHMETIC = 128
    """Changing a number or a date by calculation."""


EVERYTHING = ActionGroup(sum(group.value for group in ActionGroup))

# What stands for reading a whole document, or several fields of one: as an operation that is
# `value_get`, which reads one field as well.
FETCHING = "document_fetch"

_ARITHMETIC = frozenset(["integer", "float", "datetime", "timestamp", "date", "number"])

_VERBS: dict[str, ActionGroup] = {
    "fetch": ActionGroup.FETCH,
    "get": ActionGroup.READ,
    "count": ActionGroup.READ,
    "has": ActionGroup.READ,
    "members": ActionGroup.READ,
    "size": ActionGroup.READ,
    "peek": ActionGroup.READ,
    "items": ActionGroup.READ,
    "combine": ActionGroup.READ,
    "append": ActionGroup.APPEND,
    "insert": ActionGroup.APPEND,
    "setdefault": ActionGroup.APPEND,
    "add": ActionGroup.APPEND,
    "push": ActionGroup.APPEND,
    "put": ActionGroup.UPDATE,
    "patch": ActionGroup.UPDATE,
    "present": ActionGroup.UPDATE,
    "swap": ActionGroup.UPDATE,
    "set_item": ActionGroup.UPDATE,
    "repeat": ActionGroup.UPDATE,
    "replace": ActionGroup.UPDATE,
    "toggle": ActionGroup.UPDATE,
    "update_or_create": ActionGroup.UPDATE,
    "pop": ActionGroup.ERASE,
    "popitem": ActionGroup.ERASE,
    "remove": ActionGroup.ERASE,
    "remove_range": ActionGroup.ERASE,
    "discard": ActionGroup.ERASE,
    "delete": ActionGroup.ERASE,
    "clear": ActionGroup.ERASE,
    "keep": ActionGroup.ERASE,
}
_NAMES: dict[str, ActionGroup] = {
    # A member that is put may be new, or take another one's place.
    "dict_put": ActionGroup.UPDATE | ActionGroup.APPEND,
    "document_get_parts": ActionGroup.FETCH,
    "document_get_or_create": ActionGroup.FETCH,
    "text_append": ActionGroup.UPDATE,
}


def action_of(operation: str) -> ActionGroup:
    """Return the kind of action that an operation is; several where it is one of them."""
    return known_action(operation) or ActionGroup.UPDATE


def known_action(operation: str) -> ActionGroup | None:
    """Return the same; None for an operation of which nothing is said."""
    family, _, verb = operation.partition("_")
    if operation in _NAMES or family not in _ARITHMETIC:
        return _NAMES.get(operation) or _VERBS.get(verb)
    return ActionGroup.ARITHMETIC


def actions_of_setting(value: Any) -> ActionGroup:
    """Return the kinds of actions that `Meta.refresh_ttl` names: all, none, or what it says.

    Raises:
        InvalidRefreshTtlError: it is neither a bool nor an `ActionGroup`, or names DELETE.
    """
    if isinstance(value, bool):
        return EVERYTHING if value else ActionGroup(0)
    if not isinstance(value, ActionGroup):
        raise InvalidRefreshTtlError(
            f"refresh_ttl must be a bool or an ActionGroup, not {value!r}",
            expected="a bool or an ActionGroup",
            actual=value,
        )
    if ActionGroup.DELETE in value:
        raise InvalidRefreshTtlError(
            f"refresh_ttl: {value!r} names DELETE, after which there is nothing with a lifetime",
            expected="other actions than DELETE",
            actual=value,
        )
    return value
