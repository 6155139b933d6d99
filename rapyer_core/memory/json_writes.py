"""JSON.SET, JSON.MSET and JSON.MERGE: first what a path will come to, then the change.

A path that leads somewhere is set there. One that leads nowhere is added, if it only lacks
its last member: in an object, not in a list.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

from rapyer_core.memory.documents import Document
from rapyer_core.memory.json_paths import JsonPath, Place, parse_path, places
from rapyer_core.memory.json_text import parse_json
from rapyer_core.memory.json_values import merged
from rapyer_core.memory.replies import (
    SYNTAX_ERROR,
    CommandError,
    wrong_number_of_arguments,
)
from rapyer_core.memory.store import Store

__all__ = ["json_merge", "json_mset", "json_set"]

Intent: TypeAlias = Literal["create", "set", "add", "nothing"]

_NOT_AT_ROOT = "ERR new objects must be created at the root"


def json_set(store: Store, arguments: Sequence[bytes]) -> bytes | None:
    """JSON.SET key path json [NX | XX]: OK, or null where nothing was written."""
    key, path_text, text, *conditions = arguments
    condition = _condition(conditions)
    document = store.find(key)
    path, value = parse_path(path_text), parse_json(text)
    if document is None:
        if condition == b"xx":
            return None
        _require_root(path)
        store.put(key, Document(value))
        return b"OK"
    intent = _intent(document, path, condition)
    return b"OK" if _carry_out(store, key, document, path, value, intent) else None


def _condition(words: Sequence[bytes]) -> bytes:
    if not words:
        return b""
    word = words[0].lower()
    if len(words) > 1 or word not in (b"nx", b"xx"):
        raise CommandError(SYNTAX_ERROR)
    return word


def _require_root(path: JsonPath) -> None:
    if not path.is_root:
        raise CommandError(_NOT_AT_ROOT)


def _intent(document: Document, path: JsonPath, condition: bytes) -> Intent:
    """Return what a write at the path comes to. Errors: CommandError where it can never be."""
    if path.part is not None and condition == b"nx":
        raise CommandError("Err wrong static path")
    if document.places(path):
        return "nothing" if condition == b"nx" else "set"
    if condition == b"xx":
        return "nothing"
    return "add" if _can_be_added(document, path) else "nothing"


def _can_be_added(document: Document, path: JsonPath) -> bool:
    if path.part is not None:
        raise CommandError("Err wrong static path")
    if type(path.steps[-1]) is int:
        raise CommandError("ERR array index out of range")
    return bool(_parents(document, path))


def _parents(document: Document, path: JsonPath) -> list[Place]:
    """Return the place of the object that lacks the path's last member, or nothing."""
    found = places(document.root, JsonPath(path.text, path.steps[:-1]))
    return [(container, at) for container, at in found if type(container[at]) is dict]


def _carry_out(
    store: Store, key: bytes, document: Document, path: JsonPath, value: Any, intent: Intent
) -> bool:
    """Write, and return whether anything was written."""
    if intent == "nothing":
        return False
    if intent == "add":
        for container, at in _parents(document, path):
            container[at][path.steps[-1]] = value
    else:
        found = document.places(path)
        for position, (container, at) in enumerate(found):
            # Every place but the first gets a value of its own, or they would change together.
            container[at] = copy.deepcopy(value) if position else value
    store.changed(key, document)
    return True


def json_mset(store: Store, arguments: Sequence[bytes]) -> bytes:
    """JSON.MSET key path json [key path json …]: all of them or an error and none."""
    if len(arguments) % 3:
        raise wrong_number_of_arguments("json.mset")
    planned: list[tuple[bytes, JsonPath, Any, Intent]] = []
    for position in range(0, len(arguments), 3):
        key, path_text, text = arguments[position : position + 3]
        document = store.find(key)
        path = parse_path(path_text)
        if document is None:
            _require_root(path)
        intent: Intent = "create" if document is None else _intent(document, path, b"")
        planned.append((key, path, parse_json(text), intent))
    for key, path, value, intent in planned:
        document = store.find(key)
        if document is None:
            store.put(key, Document(value))
        elif intent != "create":  # of two that would create one key, RedisJSON keeps the first
            _carry_out(store, key, document, path, value, intent)
    return b"OK"


def json_merge(store: Store, arguments: Sequence[bytes]) -> bytes | None:
    """JSON.MERGE key path json: merge-patch what is at the path (RFC 7396).

    A path that leads nowhere gets the patch as it is, nulls included.
    """
    key, path_text, text, *others = arguments
    if others:
        raise CommandError(SYNTAX_ERROR)
    document = store.find(key)
    path, patch = parse_path(path_text), parse_json(text)
    if document is None:
        _require_root(path)
        store.put(key, Document(patch))
        return b"OK"
    intent = _intent(document, path, b"")
    if intent != "set":
        return b"OK" if _carry_out(store, key, document, path, patch, intent) else None
    for container, at in document.places(path):
        container[at] = merged(container[at], copy.deepcopy(patch))
    store.changed(key, document)
    return b"OK"
