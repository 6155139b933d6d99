"""Locks: their keys, their operations, and who in this process holds which.

A lock is a key with a lease, so that it is free one lease after its holder died. Each
acquisition has an id of its own, checked by every step that relies on it, and a token that
grows from one acquisition to the next, for fencing other systems.
"""

from __future__ import annotations

import uuid
from collections.abc import Hashable
from typing import Any

from .errors import LockReentryError, LockTimeoutError, UnsupportedArgumentValueError
from .keys import tagged
from .operations import Operation
from .paths import ROOT

__all__ = ["DEFAULT_LEASE", "Lease", "document_lock_key", "named_lock_key"]

# Seconds. Long enough that a pause of the process (garbage, a busy machine) does not lose a lock
# that is renewed every third of it; short enough to wait for after a crash.
DEFAULT_LEASE = 10.0

# Who waits in line and has not asked for so long is taken for dead, in ms. Waiters ask at least
# every `_LONGEST_PAUSE`.
_PATIENCE = 2_000
_LONGEST_PAUSE = 0.5
_SHORTEST_PAUSE = 0.002

_PREFIX = "__rapyer_lock__:"

# Lock keys and the task or thread of this process that holds each. A dict's own operations are
# atomic, which is all that is asked of it.
_held: dict[tuple[str, Hashable], Lease] = {}


def document_lock_key(key: str, action: str) -> str:
    """Return the key of a document's lock, in the document's slot."""
    return f"{_PREFIX}{tagged(key)}:{action}"


def named_lock_key(name: str) -> str:
    """Return the key of a lock that belongs to no document."""
    if not name:
        raise UnsupportedArgumentValueError("a lock needs a name", expected="a name", actual=name)
    return f"{_PREFIX}name:{{{name}}}"


class Lease:
    """One acquisition of a lock."""

    def __init__(self, key: str, owner: Hashable, wait: float | None, seconds: float) -> None:
        for name, value, least in (("wait", wait, 0.0), ("lease", seconds, 0.01)):
            if value is not None and value < least:
                raise UnsupportedArgumentValueError(
                    f"{key}: {name} must be at least {least} seconds, not {value!r}",
                    key=key,
                    expected=f"at least {least}",
                    actual=value,
                )
        self.key = key
        self.id: str = uuid.uuid4().hex
        self.token: int = 0
        self.wait = wait
        self.is_lost: bool = False
        self.renewal: float = seconds / 3
        self._milliseconds = max(1, round(seconds * 1000))
        self._mark = (key, owner)
        self._ahead = self._asked = 0

    # In this process

    def claim(self) -> None:
        """Note that the owner takes the lock.

        Raises:
            LockReentryError: it has it, and would wait for itself.
        """
        if self._mark in _held:
            raise LockReentryError(
                f"{self.key}: this task holds the lock already and would wait for itself",
                key=self.key,
                expected="a lock that the task does not hold",
                actual="its own",
            )
        _held[self._mark] = self

    def unclaim(self) -> None:
        """Note that the owner does not have it any more."""
        _held.pop(self._mark, None)

    # On the server. These are marked as reads: a pipeline runs them at once, and each may be
    # repeated, since the id tells a second run from another's.

    def acquire_operation(self) -> Operation:
        """Settles to None when it is ours, else to how many seconds to pause."""
        waits = int(self.wait is None or self.wait > 0)
        args = (self.id, self._milliseconds, waits, _PATIENCE)
        return self._operation("lock_acquire", args, self._settle_acquire)

    def _settle_acquire(self, reply: list[Any]) -> float | None:
        if reply[0]:
            self.token = int(reply[1])
            return None
        ahead: int = reply[1]
        self._asked = self._asked + 1 if ahead == self._ahead else 0
        self._ahead = ahead
        # The first in line asks often, those behind it the less the further back they are, and all
        # the less the longer nothing has moved.
        pause: float = _SHORTEST_PAUSE * (1 + 2 * ahead) * (1 + self._asked / 50)
        return min(_LONGEST_PAUSE, pause)

    def renew_operation(self) -> Operation:
        """Settles to whether it is still ours."""
        return self._operation("lock_renew", (self.id, self._milliseconds), self._settle_kept)

    def release_operation(self) -> Operation:
        """Settles to whether it was still ours."""
        return self._operation("lock_release", (self.id,), self._settle_kept)

    def check_operation(self) -> Operation:
        """Fails a batch that it is part of unless the lock is ours."""
        return self._operation("lock_check", (self.id,), bool)

    def _settle_kept(self, reply: int) -> bool:
        self.is_lost = self.is_lost or not reply
        return bool(reply)

    def _operation(self, name: str, args: tuple[Any, ...], settle: Any) -> Operation:
        return Operation(name, self.key, ROOT, args, settle, is_read=True)

    def timed_out(self) -> LockTimeoutError:
        """Return the error for a lock that was not free in time."""
        return LockTimeoutError(
            f"{self.key}: somebody else held the lock for {self.wait} seconds",
            key=self.key,
            expected=f"the lock within {self.wait} seconds",
            actual="held by another",
        )
