"""The JSON commands of the in-process server, as plain functions on a store of documents.

Replies and errors are those of RedisJSON 2.8.3 (RESP2) for the paths of `json_paths`; a
differential test holds them to a real server. Two differences are deliberate: text after a
JSON value is an error, and deleting a member keeps the order of the others, where RedisJSON
moves the last one into the gap.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from rapyer_core.memory.json_paths import ROOT, parse_path
from rapyer_core.memory.json_text import encode_json, parse_json
from rapyer_core.memory.json_values import (
    cleared,
    index_of,
    insert_position,
    number_sum,
    pop_position,
    trimmed,
    type_name,
)
from rapyer_core.memory.json_writes import json_merge, json_mset, json_set
from rapyer_core.memory.kinds import is_list, is_number
from rapyer_core.memory.replies import MISSING_KEY, CommandError, wrong_number_of_arguments
from rapyer_core.memory.store import Store, existing

__all__ = ["JSON_COMMANDS", "run_json_command"]

_NOT_AN_INTEGER = "Couldn't parse as integer"


def run_json_command(name: str, store: Store, arguments: Sequence[bytes]) -> Any:
    """Run the command `name` (lower case) and return its reply. Errors: CommandError."""
    command = JSON_COMMANDS[name]
    if len(arguments) < command.least or len(arguments) > command.most:
        raise wrong_number_of_arguments(name)
    return command.run(store, arguments)


def _get(store: Store, arguments: Sequence[bytes]) -> bytes | None:
    document = store.find(arguments[0])
    if document is None:
        return None
    if len(arguments) == 1:
        return document.whole()
    return document.text(parse_path(arguments[1]))


def _mget(store: Store, arguments: Sequence[bytes]) -> list[bytes | None]:
    *keys, path_text = arguments
    try:
        path = parse_path(path_text)
    except CommandError:
        return [None] * len(keys)
    found = [None if store.holds_another_type(key) else store.find(key) for key in keys]
    return [None if document is None else document.text(path) for document in found]


def _delete(store: Store, arguments: Sequence[bytes]) -> int:
    key = arguments[0]
    document = store.find(key)
    if document is None:
        return 0
    path = parse_path(arguments[1]) if len(arguments) > 1 else ROOT
    if path.is_root:
        store.remove(key)
        return 1
    found = document.places(path)
    for container, at in reversed(found):  # from the end: deleting moves what comes after
        del container[at]
    if found:
        store.changed(key, document)
    return len(found)


def _type(store: Store, arguments: Sequence[bytes]) -> list[bytes] | None:
    document = store.find(arguments[0])
    if document is None:
        return None
    return [type_name(value) for value in document.values(parse_path(arguments[1]))]


def _number_increase(store: Store, arguments: Sequence[bytes]) -> bytes:
    key, path_text, text = arguments
    document = existing(store, key)
    found = document.places(parse_path(path_text))
    # The number is only read where it is needed, and its errors only given then.
    if not any(is_number(container[at]) for container, at in found):
        return encode_json([None] * len(found))
    delta = _number(text)
    sums: list[float | None] = []
    for container, at in found:
        if is_number(container[at]):
            container[at] = number_sum(container[at], delta)
            store.changed(key, document)
            sums.append(container[at])
        else:
            sums.append(None)
    return encode_json(sums)


def _with_code(text: bytes) -> Any:
    """Parse JSON where RedisJSON puts a code before the parser's error; elsewhere it does not."""
    try:
        return parse_json(text)
    except CommandError as error:
        raise CommandError(f"ERR {error.text}") from None


def _number(text: bytes) -> float:
    delta = _with_code(text)
    if not is_number(delta):
        raise CommandError("bad input number")
    number: float = delta
    return number


def _string_append(store: Store, arguments: Sequence[bytes]) -> list[int | None]:
    key, path_text, text = arguments
    document = existing(store, key)
    lengths: list[int | None] = []
    for container, at in document.places(parse_path(path_text)):
        if type(container[at]) is str:
            container[at] += _string(text)
            store.changed(key, document)
            lengths.append(len(container[at].encode()))
        else:
            lengths.append(None)
    return lengths


def _string(text: bytes) -> str:
    value = parse_json(text)
    if type(value) is not str:
        found = encode_json(value).decode()
        raise CommandError(
            f"WRONGTYPE wrong type of path value - expected string but found {found}"
        )
    return value


def _of_kind(
    kind: type, read: Callable[[Any], Any], missing: str = MISSING_KEY
) -> Callable[[Store, Sequence[bytes]], list[Any]]:
    """Return a command that reads something of every value of a kind, and null of the others."""

    def command(store: Store, arguments: Sequence[bytes]) -> list[Any]:
        key, path_text = arguments
        document = existing(store, key, missing.format(path=path_text.decode("utf-8", "replace")))
        values = document.values(parse_path(path_text))
        return [read(value) if type(value) is kind else None for value in values]

    return command


def _byte_length(text: str) -> int:
    return len(text.encode())


def _names(members: dict[str, Any]) -> list[bytes]:
    return [name.encode() for name in members]


def _change_lists(
    store: Store, key: bytes, path_text: bytes, change: Callable[[list[Any]], Any]
) -> list[Any]:
    """Apply `change` to every list at the path; return its results, and null for what is none."""
    document = existing(store, key)
    replies: list[Any] = []
    for container, at in document.places(parse_path(path_text)):
        items = container[at]
        if is_list(items):
            replies.append(change(items))
            store.changed(key, document)
        else:
            replies.append(None)
    return replies


def _list_append(store: Store, arguments: Sequence[bytes]) -> list[int | None]:
    key, path_text, *texts = arguments
    values = [parse_json(text) for text in texts]

    def append(items: list[Any]) -> int:
        items.extend(copy.deepcopy(values))
        return len(items)

    return _change_lists(store, key, path_text, append)


def _list_insert(store: Store, arguments: Sequence[bytes]) -> list[int | None]:
    key, path_text, index_text, *texts = arguments
    index = _integer(index_text)
    values = [parse_json(text) for text in texts]

    def insert(items: list[Any]) -> int:
        position = insert_position(items, index)
        items[position:position] = copy.deepcopy(values)
        return len(items)

    return _change_lists(store, key, path_text, insert)


def _list_pop(store: Store, arguments: Sequence[bytes]) -> list[bytes | None]:
    key, path_text, *rest = arguments
    try:
        index = _integer(rest[0]) if rest else -1
    except CommandError:  # RedisJSON takes what is no integer for no index
        index = -1

    def pop(items: list[Any]) -> bytes | None:
        return encode_json(items.pop(pop_position(items, index))) if items else None

    return _change_lists(store, key, path_text, pop)


def _list_trim(store: Store, arguments: Sequence[bytes]) -> list[int | None]:
    key, path_text, start, stop = arguments
    bounds = _integer(start), _integer(stop)

    def trim(items: list[Any]) -> int:
        items[:] = trimmed(items, *bounds)
        return len(items)

    return _change_lists(store, key, path_text, trim)


def _list_index(store: Store, arguments: Sequence[bytes]) -> list[int | None]:
    key, path_text, text, *bounds = arguments
    start = _integer(bounds[0]) if bounds else 0
    stop = _integer(bounds[1]) if len(bounds) > 1 else 0
    value = _with_code(text)
    shown = path_text.decode("utf-8", "replace")
    document = existing(store, key, f"ERR Path '{shown}' does not exist")
    return [
        index_of(items, value, start, stop) if is_list(items) else None
        for items in document.values(parse_path(path_text))
    ]


def _integer(text: bytes) -> int:
    try:
        value = int(text)
    except ValueError:
        raise CommandError(_NOT_AN_INTEGER) from None
    if not -(2**63) <= value < 2**63:
        raise CommandError(_NOT_AN_INTEGER)
    return value


def _clear(store: Store, arguments: Sequence[bytes]) -> int:
    key = arguments[0]
    document = existing(store, key)
    count = 0
    for container, at in document.places(parse_path(arguments[1]) if len(arguments) > 1 else ROOT):
        empty = cleared(container[at])
        # 0, 0.0, [] and {} are not counted, nor is what cannot be cleared.
        if empty != container[at]:
            container[at] = empty
            count += 1
    if count:
        store.changed(key, document)
    return count


class _JsonCommand(NamedTuple):
    run: Callable[[Store, Sequence[bytes]], Any]
    least: int
    most: int


_ANY_NUMBER = 2**31

# Arguments without the command's name. A path may only be left out where RedisJSON takes that
# for the whole document and the reply keeps its shape.
JSON_COMMANDS: dict[str, _JsonCommand] = {
    "json.arrappend": _JsonCommand(_list_append, 3, _ANY_NUMBER),
    "json.arrindex": _JsonCommand(_list_index, 3, 5),
    "json.arrinsert": _JsonCommand(_list_insert, 4, _ANY_NUMBER),
    "json.arrlen": _JsonCommand(_of_kind(list, len), 2, 2),
    "json.arrpop": _JsonCommand(_list_pop, 2, 3),
    "json.arrtrim": _JsonCommand(_list_trim, 4, 4),
    "json.clear": _JsonCommand(_clear, 1, 2),
    "json.del": _JsonCommand(_delete, 1, 2),
    "json.forget": _JsonCommand(_delete, 1, 2),
    "json.get": _JsonCommand(_get, 1, 2),
    "json.merge": _JsonCommand(json_merge, 3, _ANY_NUMBER),
    "json.mget": _JsonCommand(_mget, 2, _ANY_NUMBER),
    "json.mset": _JsonCommand(json_mset, 3, _ANY_NUMBER),
    "json.numincrby": _JsonCommand(_number_increase, 3, 3),
    "json.objkeys": _JsonCommand(_of_kind(dict, _names), 2, 2),
    "json.objlen": _JsonCommand(
        _of_kind(dict, len, "ERR Path '{path}' does not exist or not an object"), 2, 2
    ),
    "json.set": _JsonCommand(json_set, 3, _ANY_NUMBER),
    "json.strappend": _JsonCommand(_string_append, 3, 3),
    "json.strlen": _JsonCommand(_of_kind(str, _byte_length), 2, 2),
    "json.type": _JsonCommand(_type, 2, 2),
}
