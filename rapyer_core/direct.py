"""Operations that one plain command does as well, and what its reply means as the program's.

A script costs the server two to three times what the command in it costs. So where an operation
is alone and sets no lifetime, the command is sent; in a batch it stays an operation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from .commands import Argument, Reply

__all__ = ["DIRECT", "Direct"]


class Direct(NamedTuple):
    """`args` makes the command from the key, the path and the operation's arguments; None where it
    cannot. `read` makes the program's reply of the command's."""

    args: Callable[[str, str, tuple[Argument, ...]], tuple[Argument, ...] | None]
    read: Callable[[Reply, str, str], Reply]


def _read_text(reply: Reply, key: str, path: str) -> Reply:
    if reply is None:
        return _failure("no-key", key, path, "a document")
    if reply == b"[]":
        return _failure("no-path", key, path, "a value")
    return reply[1:-1] if isinstance(reply, bytes) else reply


def _failure(code: str, key: str, path: str, expected: str) -> list[Any]:
    return [part.encode() for part in ("!", code, key, path, expected, "nothing")]


def _put(key: str, path: str, args: tuple[Argument, ...]) -> tuple[Argument, ...] | None:
    mode, text, lifetime = args
    # What follows a text is for the program to add.
    is_alone = mode == "any" and lifetime == "" and "\n" not in str(text)
    return ("JSON.SET", key, path, text) if is_alone else None


def _get(key: str, path: str, args: tuple[Argument, ...]) -> tuple[Argument, ...]:
    return ("JSON.GET", key, path)


def _delete(key: str, path: str, args: tuple[Argument, ...]) -> tuple[Argument, ...]:
    return ("DEL", key)


def _written(reply: Reply, key: str, path: str) -> Reply:
    return 1


def _as_it_is(reply: Reply, key: str, path: str) -> Reply:
    return reply


DIRECT: dict[str, Direct] = {
    "value_get": Direct(_get, _read_text),
    "document_put": Direct(_put, _written),
    "document_delete": Direct(_delete, _as_it_is),
}
