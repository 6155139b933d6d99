"""Failures that the Lua program answers as data, and the errors they become."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from .errors import (
    ConflictError,
    DictKeyError,
    DocumentExistsError,
    ItemNotFoundError,
    KeyNotFound,
    ListIndexError,
    LockLostError,
    MemberNotFoundError,
    NumberRangeError,
    PathError,
    RapyerError,
    ServerError,
    ServerLacksFeatureError,
    StaleModelError,
)
from .paths import ROOT, spelled

if TYPE_CHECKING:
    from .commands import Reply
    from .operations import Operation

__all__ = ["explained", "finished", "raise_failure"]

# What each failure code of the program (lua/) becomes.
_ERRORS: dict[str, Callable[..., RapyerError]] = {
    "no-key": KeyNotFound,
    "exists": DocumentExistsError,
    "no-path": PathError,
    "wrong-type": PathError,
    "wrong-kind": PathError,
    "no-item": ListIndexError,
    "no-value": ItemNotFoundError,
    "no-member": DictKeyError,
    "no-element": MemberNotFoundError,
    "range": NumberRangeError,
    "lock-lost": LockLostError,
    "stale": StaleModelError,
    "changed": ConflictError,
}

# Of an unknown command: asked for directly, by its name; in a script (Redis 5 to 8, Valkey 9),
# where JSON's are the only ones that a server may lack.
_LACKS_JSON = re.compile(r"unknown command.*JSON\.|unknown (redis )?command called from", re.I)


def raise_failure(reply: list[Any]) -> NoReturn:
    """Raise the error for ``['!', code, key, path, expected, actual]``."""
    code, key, path, expected, actual = (part.decode(errors="replace") for part in reply[1:6])
    path = spelled(path)
    if code == "server":
        raise explained(ServerError(actual), key, path)
    raise _ERRORS[code](
        f"{key} {path}: expected {expected}, found {actual}; nothing was written",
        key=key,
        path=path,
        expected=expected,
        actual=actual,
    )


def explained(error: ServerError, key: str, path: str) -> RapyerError:
    """Return a server's error with the key and path that it is about."""
    about = {"key": key, "path": path}
    message = str(error)
    if _LACKS_JSON.search(message):
        return ServerLacksFeatureError(
            f"the server has no RedisJSON, which {key} is to be stored with: {message}",
            expected="a server with RedisJSON",
            actual=message,
            **about,
        )
    explained = ServerError(message, **about)
    explained.message = f"{key} {path}: {message}"
    explained.args = (explained.message,)
    return explained


def finished(
    operations: Sequence[Operation], replies: Sequence[Reply | ServerError]
) -> tuple[list[Any], list[RapyerError]]:
    """Return the results of operations that ran each for itself, and what failed."""
    results: list[Any] = []
    errors: list[RapyerError] = []
    for operation, reply in zip(operations, replies, strict=True):
        try:
            if isinstance(reply, ServerError):
                raise explained(reply, operation.key, ROOT)
            results.append(operation.finish(reply))
        except RapyerError as error:
            errors.append(error)
    return results, errors
