"""Commands become the bytes that are sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, cast

import hiredis

from rapyer_core.commands import Argument, Command
from rapyer_core.errors import UnsupportedArgumentTypeError
from rapyer_core.wire.requests import Request

__all__ = ["pack", "request_of", "request_of_many"]

# hiredis' annotation says a tuple of one item.
_pack: Callable[[tuple[Argument, ...]], bytes] = cast("Any", hiredis).pack_command


def pack(args: tuple[Argument, ...]) -> bytes:
    """Return one command's bytes. Errors: UnsupportedArgumentTypeError."""
    try:
        return _pack(args)
    except TypeError:
        kinds = ", ".join(type(arg).__name__ for arg in args)
        message = f"a command's arguments are str, bytes, int or float, these are: {kinds}"
        raise UnsupportedArgumentTypeError(message) from None


def request_of(command: Command) -> Request:
    """Return a command as a request of its own."""
    packed = pack(command.args)
    return Request(packed, 1, None if command.repeatable else len(packed))


def request_of_many(commands: Iterable[Command]) -> Request:
    """Return commands as one request, whose replies come together."""
    packed = [(pack(command.args), command.repeatable) for command in commands]
    risk = None
    size = 0
    for data, repeatable in packed:
        size += len(data)
        if risk is None and not repeatable:
            risk = size
    return Request(b"".join(data for data, _ in packed), len(packed), risk)
