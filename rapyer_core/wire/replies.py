"""Bytes become replies, in the one shape that `rapyer_core.commands.Reply` describes.

hiredis parses. RESP2 needs nothing more: its replies have that shape, and its errors are
counted by the function that makes them, so that no reply is searched for one. Only RESP3
has types to translate.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import hiredis

from rapyer_core.commands import Reply
from rapyer_core.errors import ServerError

__all__ = ["OutOfStepError", "Parsed", "ReplyParser"]

Parsed: TypeAlias = "Reply | ServerError"

_NOTHING = object()


class OutOfStepError(Exception):
    """What came is not the protocol, or answers nothing: the connection is of no more use."""


class ReplyParser:
    """Takes bytes as they come, gives the replies that are complete."""

    def __init__(self) -> None:
        self._errors = 0
        self._reader = hiredis.Reader(
            protocolError=OutOfStepError, replyError=self._make_error, notEnoughData=_NOTHING
        )
        self.resp3 = False

    def _make_error(self, message: str) -> ServerError:
        self._errors += 1
        return ServerError(message)

    def feed(self, data: bytes) -> list[Parsed]:
        """Return the replies that `data` completes. Errors: OutOfStepError."""
        self._reader.feed(data)
        replies: list[Parsed] = []
        gets = self._reader.gets
        while True:
            errors = self._errors
            try:
                reply = gets()
            except TypeError as error:  # a map with a key that Python cannot hash
                raise OutOfStepError(f"a reply that cannot be read: {error}") from error
            if reply is _NOTHING:
                return replies
            if self.resp3:
                if isinstance(reply, hiredis.PushNotification):
                    continue
                reply = _normalised(reply)
            if self._errors != errors:
                reply = _first_error(reply)
            replies.append(reply)


def _kind(value: object) -> object:
    return type(value)


def _normalised(value: Any) -> Any:
    kind = _kind(value)
    if kind is dict:
        return [_normalised(part) for pair in value.items() for part in pair]
    if kind is list:
        return [_normalised(part) for part in value]
    if kind is bool:
        return int(value)
    if kind is float:
        return _double(value)
    return value.encode() if kind is str else value


def _double(value: float) -> bytes:
    # As RESP2 has it: 7 and not 7.0, inf and nan as words.
    if value.is_integer() and abs(value) < 1e17:
        return b"%d" % int(value)
    return repr(value).encode()


def _first_error(reply: Any) -> Any:
    """Return the error in a reply: one inside an array is what the whole reply means.

    Only a transaction's or a script's array can hold one, and none of our callers may take
    the rest of such a reply for a success.
    """
    kind = _kind(reply)
    if kind is list:
        for part in reply:
            found = _first_error(part)
            if isinstance(found, ServerError):
                return found
    return reply
