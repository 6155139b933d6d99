"""What a new connection says first, and what the answers mean.

Everything goes out in one write. The last command is a PING: it shows that this is a Redis
server, that it has loaded its data, and that no password is missing.
"""

from __future__ import annotations

from collections.abc import Sequence

from rapyer_core.errors import (
    AuthenticationFailedError,
    ConnectionFailedError,
    ServerError,
)
from rapyer_core.urls import Settings
from rapyer_core.wire.replies import Parsed

__all__ = ["check_handshake", "handshake_commands", "is_worth_retrying"]

# First words of errors that speak of the user or the password; Redis 5 has no words for them.
_REFUSED = ("WRONGPASS", "NOAUTH")
_REFUSED_BEFORE_6 = ("invalid password", "without any password", "no password is set")


def handshake_commands(settings: Settings) -> list[tuple[str, ...]]:
    """Return the commands in order; each gets one reply."""
    commands: list[tuple[str, ...]] = []
    login: tuple[str, ...] = ()
    if settings.password is not None:
        login = (settings.username,) if settings.username is not None else ()
        login = (*login, settings.password)
    if settings.protocol == 3:
        # HELLO needs a user's name, and "default" is the one that AUTH without a name means.
        named = login if len(login) == 2 else ("default", *login)
        commands.append(("HELLO", "3", *(("AUTH", *named) if login else ())))
    elif login:
        commands.append(("AUTH", *login))
    if settings.client_name is not None:
        commands.append(("CLIENT", "SETNAME", settings.client_name))
    if settings.db:
        commands.append(("SELECT", str(settings.db)))
    return [*commands, ("PING",)]


def check_handshake(settings: Settings, replies: Sequence[Parsed]) -> None:
    """Errors: AuthenticationFailedError, ConnectionFailedError."""
    for command, reply in zip(handshake_commands(settings), replies, strict=True):
        if not isinstance(reply, ServerError):
            continue
        if reply.code == "NOPERM" and command == ("PING",):
            continue  # a user who may do little; the connection works
        if _speaks_of_login(reply):
            user = f" for user {settings.username!r}" if settings.username is not None else ""
            message = f"{settings.description} refused the password{user}"
            if settings.password is None:
                message = f"{settings.description} requires a password"
            raise AuthenticationFailedError(f"{message}: {reply}") from reply
        message = f"{settings.description} answered {command[0]} with an error: {reply}"
        raise ConnectionFailedError(message) from reply


def _speaks_of_login(error: ServerError) -> bool:
    text = error.message.lower()
    return error.code in _REFUSED or any(part in text for part in _REFUSED_BEFORE_6)


def is_worth_retrying(error: ConnectionFailedError) -> bool:
    """Whether the same might succeed soon: a server that starts or restarts.

    Not where a whole connect timeout has passed, and not where a server has said no.
    """
    cause = error.__cause__
    if isinstance(cause, ServerError):
        return cause.code in ("LOADING", "BUSY")
    return isinstance(cause, (ConnectionError, FileNotFoundError, BlockingIOError))
