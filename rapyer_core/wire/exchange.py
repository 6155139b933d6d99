"""Who does what on a shared connection: everything that is decided between its callers.

There is no background task. Each caller adds its request and then asks, again and again,
for its next step:

    WRITE   nobody is writing, and something is to be written: write it, everybody's
    READ    its request is written and nobody is reading: read, and give everybody theirs
    PARK    somebody else does that; wait to be woken
    DONE    its replies are there, or the connection is lost

A request that is not written parks and never reads. So the only one that cannot be woken,
the reader inside its wait, never has something to write; whoever gives up a role finds a
successor among the parked ones. Of these the reader's is the last one in the queue: it
reads for all before it, and the role changes hands least often.

Nothing here waits or does I/O. Calls are made under the connection's lock, except where a
role's holder touches what belongs to its role alone.
"""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Callable, Iterable
from itertools import chain

from rapyer_core.errors import LimitExceededError, ReplyTimeoutError
from rapyer_core.wire.replies import OutOfStepError, Parsed
from rapyer_core.wire.requests import Request, Ringable

__all__ = ["Exchange", "Step"]

# What is joined for one write. More would only be copied: a socket's buffer takes less.
_CHUNK = 128 * 1024

# So many requests are worth a write of their own: the server works on them while the callers add
# more. (50 tasks: 33,000 increments/s without, 58,000 with bursts of 10, 62,000 of 20 to 30.)
_BURST = 25


class Step(enum.Enum):
    """What a caller does next."""

    WRITE = enum.auto()
    READ = enum.auto()
    PARK = enum.auto()
    DONE = enum.auto()


class Exchange:
    """The requests of one connection, in order, and who holds its two roles."""

    def __init__(
        self, queue_limit: int, reply_timeout: float, new_wakeup: Callable[[], Ringable]
    ) -> None:
        self._queue_limit = queue_limit
        self._reply_timeout = reply_timeout
        self._new_wakeup = new_wakeup
        self._outgoing: deque[Request] = deque()  # no writer has taken them
        self._awaiting: deque[Request] = deque()  # taken; replies come in this order
        self._unsent = memoryview(b"")  # what is left of the writer's chunk
        self._taken = 0  # bytes that writers took so far
        self._sent = 0  # bytes that may be at the server
        self._progress = 0.0  # when the last bytes came
        self._finished_together = 0
        self.writer: Request | None = None
        self._gatherer: Request | None = None  # the writer, while it lets others add requests
        self.reader: Request | None = None
        self.failure: Exception | None = None

    @property
    def load(self) -> int:
        """How many requests have no reply yet."""
        return len(self._outgoing) + len(self._awaiting)

    @property
    def unused(self) -> bool:
        """Whether no role is held, so that the stream may be closed."""
        return self.writer is None and self.reader is None

    def join(self, request: Request) -> Step:
        """Add a request and return its caller's first step. Errors: LimitExceededError."""
        if self.failure is not None:
            request.error = self.failure
            request.done = True
            return Step.DONE
        if len(self._outgoing) + len(self._awaiting) >= self._queue_limit:
            message = f"{self.load} commands wait already (queue_limit={self._queue_limit})"
            raise LimitExceededError(f"{message}; this one was not sent")
        request.clean = False
        self._outgoing.append(request)
        if self._gatherer is not None and len(self._outgoing) >= _BURST:
            self._gatherer = None
            self.writer = request
            return Step.WRITE
        return self.next_step(request)

    def gather(self, request: Request) -> bool:
        """Return whether the writer is to let others add their requests before it begins.

        Others are about to do so where several were just given their replies.
        """
        waiting = len(self._outgoing)
        crowded = self._finished_together > 1 or waiting + len(self._awaiting) > 1
        if not crowded or waiting >= _BURST:
            return False
        self._gatherer = request
        return True

    def gathered(self, request: Request) -> bool:
        """End what `gather` began; False if the one that made a burst full is the writer now."""
        if self._gatherer is request:
            self._gatherer = None
            return True
        if not request.written:
            self.release_reading(request)
        return False

    def next_step(self, request: Request) -> Step:
        """Give the caller a role if one is free for it; park it otherwise."""
        if request.done:
            return Step.DONE
        if self.writer is None and (self._outgoing or self._unsent):
            self.writer = request
            if self.reader is None:
                self.reader = request
            return Step.WRITE
        if request.written and (self.reader is None or self.reader is request):
            self.reader = request
            return Step.READ
        request.wakeup = self._new_wakeup()
        return Step.PARK

    def take_chunk(self, request: Request, now: float) -> memoryview | None:
        """Return what the writer is to send next; None ends its role."""
        if self._unsent and self.failure is None:
            return self._unsent
        if self.failure is not None or not self._outgoing:
            self.writer = None
            return None
        if request.done and self._outgoing[0].wakeup is not None:
            return None  # it has its replies; one that waits for its own goes on
        self._unsent = memoryview(self._take_payloads(now))
        if not self._unsent:
            self.writer = None
            return None
        return self._unsent

    def _take_payloads(self, now: float) -> bytes:
        payloads: list[bytes] = []
        size = 0
        while self._outgoing and size < _CHUNK:
            request = self._outgoing.popleft()
            if request.abandoned:
                continue
            request.offset = self._taken + size
            request.sent_at = now
            request.written = True
            self._awaiting.append(request)
            size += len(request.payload)
            payloads.append(request.payload)
        self._taken += size
        return payloads[0] if len(payloads) == 1 else b"".join(payloads)

    def sending(self, count: int) -> None:
        """Note that `count` bytes are about to be sent, whatever becomes of the writer."""
        self._sent += count

    def sent(self, count: int, sending: int) -> None:
        """Note that of the `sending` bytes `count` were sent."""
        self._sent -= sending - count
        self._unsent = self._unsent[count:]

    def release_reading(self, request: Request) -> None:
        """Give the reader's role away while its holder waits to write."""
        if self.reader is request:
            self.reader = None
            self._appoint_reader()

    def dispatch(self, replies: Iterable[Parsed], now: float) -> None:
        """Give replies to the requests that they answer. Errors: OutOfStepError."""
        awaiting = self._awaiting
        finished = 0
        self._progress = now
        for reply in replies:
            if not awaiting:
                raise OutOfStepError("the server sent a reply that nothing asked for")
            request = awaiting[0]
            request.replies.append(reply)
            if len(request.replies) == request.expected:
                # Last of all it leaves the queue: one that is interrupted before is found there.
                request.done = True
                finished += 1
                if request.wakeup is not None:
                    _wake(request)
                awaiting.popleft()
        self._finished_together = finished

    def time_left(self, now: float) -> float:
        """Return how long nothing more may come, in seconds; endless waits have an end too."""
        since = max(self._progress, self._awaiting[0].sent_at) if self._awaiting else now
        return since + self._reply_timeout - now

    def leave(self, request: Request) -> bool:
        """Take back a caller's roles and find successors.

        False if that is impossible: then a frame is half written, the reader cannot be
        woken to finish it, and the connection has to be closed.
        """
        request.wakeup = None
        if not request.done:
            request.abandoned = True
        if self.writer is request:
            self.writer = self._gatherer = None
        if self.reader is request:
            self.reader = None
        if self.failure is not None:
            return True
        if self.reader is None:
            self._appoint_reader()
        return self._appoint_writer()

    def _appoint_reader(self) -> None:
        for request in reversed(self._awaiting):
            if _wake(request):
                return

    def _appoint_writer(self) -> bool:
        if self.writer is not None or not (self._unsent or self._outgoing):
            return True
        for request in chain(self._outgoing, self._awaiting):
            if _wake(request):
                return True
        return not self._unsent or self.reader is None

    def fail(self, failure: Exception, now: float) -> None:
        """End it: every request without its replies gets an error, and whether it may have run.

        What waited for its whole time gets ReplyTimeoutError if `failure` is one.
        """
        if self.failure is not None:
            return
        self.failure = failure
        for request in chain(self._awaiting, self._outgoing):
            if not request.done:
                request.error = self._error_for(request, failure, now)
                request.may_have_run = (
                    request.written
                    and request.risk is not None
                    and self._sent >= request.offset + request.risk
                )
                request.done = True
            _wake(request)
        self._awaiting.clear()
        self._outgoing.clear()

    def _error_for(self, request: Request, failure: Exception, now: float) -> Exception:
        timed_out = isinstance(failure, ReplyTimeoutError)
        waited = request.written and now - request.sent_at >= self._reply_timeout
        if timed_out and not waited:
            return ConnectionResetError("the connection was closed: an earlier reply did not come")
        return failure


def _wake(request: Request) -> bool:
    """Wake a parked caller; False if it is not parked."""
    wakeup = request.wakeup
    if wakeup is None:
        return False
    request.wakeup = None
    wakeup.ring()
    return True
