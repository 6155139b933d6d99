"""A request: bytes to send, how many replies they get, and what has become of it so far."""

from __future__ import annotations

from typing import Any, Protocol

from rapyer_core.errors import ServerError

__all__ = ["Request", "Ringable"]


class Ringable(Protocol):
    """What wakes the one who waits for a request."""

    def ring(self) -> None: ...


class Request:
    """One call's commands on one connection.

    `risk` is how many bytes of it must have been sent before one of its commands that must
    not run twice can have run; None if all are repeatable. A server runs a command only when
    it has the whole of it, so that with fewer bytes sent it certainly did not.
    """

    # Attributes of the class until they change: one is made for every command.
    done = False  # has its replies, or an error
    abandoned = False  # nobody wants the replies any more
    written = False  # a writer has taken it; some of it may be sent
    offset = 0  # where it begins in all that the connection sends
    sent_at: float = 0.0  # when a writer took it, on the monotonic clock
    error: Exception | None = None  # why its connection was lost
    may_have_run = False  # with `error`: running it again may run it twice
    wakeup: Any = None  # there while its caller is parked
    # Whether an exception that arrives in the caller now leaves everything consistent: so it
    # is in a wait, and nowhere between.
    clean = True

    def __init__(self, payload: bytes, expected: int, risk: int | None) -> None:
        self.payload = payload
        self.expected = expected
        self.risk = risk
        self.replies: list[Any | ServerError] = []

    def again(self) -> Request:
        """Return the same to be sent anew."""
        return Request(self.payload, self.expected, self.risk)
