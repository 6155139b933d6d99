"""One connection that callers share: it carries out the steps that `Exchange` decides.

An exception may arrive in any wait (a caller is cancelled) and, in threads, at any other
point too (an interrupt). In a wait nothing is under way: the caller's roles pass to another
one, and its reply is dropped when it comes. Anywhere else something may be torn, and the
connection is closed; what the others then get is decided per request by what can have run.
"""

from __future__ import annotations

import ssl
from time import monotonic

from rapyer_async._seam import StateLock, checkpoint, lets_others_run, wakeups
from rapyer_async.drivers.native.stream import Stream
from rapyer_core.errors import DriverClosedError, ReplyTimeoutError
from rapyer_core.urls import Settings
from rapyer_core.wire.exchange import Exchange, Step
from rapyer_core.wire.replies import OutOfStepError, ReplyParser
from rapyer_core.wire.requests import Request
from rapyer_core.wire.watching import LONGEST_TURN, Watch

__all__ = ["Connection"]


class Connection:
    """A greeted stream, its parser, and the callers' exchange."""

    def __init__(self, stream: Stream, parser: ReplyParser, settings: Settings) -> None:
        self._stream = stream
        self._parser = parser
        self._description = settings.description
        self._reply_timeout = settings.reply_timeout
        # Bound once: they are called for every command.
        self._readable = stream.readable
        self._receive_now = stream.receive_now
        self._lock = StateLock()
        self._exchange = Exchange(settings.queue_limit, settings.reply_timeout, wakeups())
        self._watch = Watch(settings.busy_wait if lets_others_run() else 0)

    @property
    def usable(self) -> bool:
        return self._exchange.failure is None

    @property
    def load(self) -> int:
        return self._exchange.load

    async def converse(self, request: Request) -> None:
        """Send a request and wait for its replies, or for its `error`: one of them is there.

        Errors: LimitExceededError, with nothing sent.
        """
        exchange = self._exchange
        try:
            try:
                with self._lock:
                    step = exchange.join(request)
                    wakeup = request.wakeup
                while True:
                    if step is Step.PARK:
                        request.clean = True
                        was_rung = await wakeup.wait(self._reply_timeout)
                        request.clean = False
                        if not was_rung:
                            self._check_that_somebody_reads(request)
                    elif step is Step.WRITE:
                        await self._write(request)
                        if exchange.reader is request and request.written:
                            await self._read(request)
                    elif step is Step.READ:
                        await self._read(request)
                    if request.done:
                        break
                    with self._lock:
                        step = exchange.next_step(request)
                        wakeup = request.wakeup
            finally:
                if (
                    exchange.reader is request
                    or exchange.writer is request
                    or not request.done
                    or exchange.failure is not None
                ):
                    self._leave(request)
        except BaseException as error:
            if not request.clean:
                self._lose(ConnectionAbortedError(f"interrupted by {type(error).__name__}"))
                self._leave(request)
            raise

    async def _write(self, request: Request) -> None:
        exchange = self._exchange
        with self._lock:
            gathers = exchange.gather(request)
        if gathers:
            request.clean = True
            await checkpoint()
            request.clean = False
            with self._lock:
                if not exchange.gathered(request):
                    return
        if exchange.reader is request:
            # Above all the end of a connection that was closed while it was idle: found
            # before anything is written, it leaves no outcome unknown.
            self._receive()
        while True:
            with self._lock:
                chunk = exchange.take_chunk(request, monotonic())
            if chunk is None:
                return
            if not self._send(chunk):
                await self._wait_to_write(request)

    def _send(self, chunk: memoryview) -> int:
        exchange = self._exchange
        size = len(chunk)
        exchange.sending(size)
        try:
            sent = self._stream.send_now(chunk)
        except OSError as error:
            if not isinstance(error, ssl.SSLError):
                exchange.sent(0, size)
            self._lose(error)
            return size
        exchange.sent(sent, size)
        return sent

    async def _wait_to_write(self, request: Request) -> None:
        with self._lock:
            self._exchange.release_reading(request)
        try:
            request.clean = True
            await self._stream.writable(self._reply_timeout)
        except (OSError, ValueError) as error:
            self._lose(self._timed_out() if isinstance(error, TimeoutError) else error)
        request.clean = False

    async def _read(self, request: Request) -> None:
        """Read until this request has its replies, or its connection is lost."""
        if self._exchange.load == 1 and self._watch.begins():
            await self._look(request)
        while not request.done:
            left = self._time_left()
            try:
                request.clean = True
                await self._readable(left)
                request.clean = False
            except TimeoutError:
                request.clean = False
                # The time may have passed in this process, which had other work to do: what came
                # meanwhile is looked at before the server is said to be silent.
                self._receive()
                if not request.done and self._time_left() <= 0:
                    self._lose(self._timed_out())
            except (OSError, ValueError) as error:
                request.clean = False
                self._lose(error)
            else:
                self._receive()

    async def _look(self, request: Request) -> None:
        """Look for the replies again and again, for a moment: see `Watch`.

        Where others join there is enough to do, and the wait is theirs too.
        """
        began = before = monotonic()
        is_crowded = False
        while not request.done:
            if self._exchange.load > 1:
                return
            request.clean = True
            await checkpoint()
            request.clean = False
            self._receive()
            now = monotonic()
            is_crowded = is_crowded or now - before > LONGEST_TURN
            if now - began > self._watch.seconds:
                break
            before = now
        self._watch.note(request.done and not is_crowded)

    def _receive(self) -> None:
        """Take what is there and give everybody theirs; the reader's alone."""
        try:
            data = self._receive_now()
            if data is None:
                return
            if not data:
                raise ConnectionResetError("the server closed the connection")
            replies = self._parser.feed(data)
            with self._lock:
                self._exchange.dispatch(replies, monotonic())
        except (OSError, OutOfStepError) as error:
            self._lose(error)

    def _check_that_somebody_reads(self, request: Request) -> None:
        if not request.done and self._time_left() <= 0:
            # Whoever held a role is gone without having handed it on.
            self._lose(self._timed_out())

    def _time_left(self) -> float:
        with self._lock:
            return self._exchange.time_left(monotonic())

    def _timed_out(self) -> ReplyTimeoutError:
        message = f"{self._description} sent no reply in {self._reply_timeout:g} s"
        return ReplyTimeoutError(message)

    def _leave(self, request: Request) -> None:
        with self._lock:
            possible = self._exchange.leave(request)
        if not possible:
            self._lose(ConnectionAbortedError("a caller stopped in the middle of a command"))
        elif self._exchange.failure is not None and self._exchange.unused:
            self._stream.close()

    def _lose(self, error: Exception) -> None:
        """Give the connection up; whoever holds a role last closes the socket."""
        with self._lock:
            self._exchange.fail(error, monotonic())
            unused = self._exchange.unused
        if unused:
            self._stream.close()
        else:
            self._stream.interrupt()

    def close(self) -> None:
        """Close it. Callers get DriverClosedError, or learn that their command may have run."""
        self._lose(DriverClosedError(f"the client of {self._description} was closed"))

    def abandon(self) -> None:
        """Drop a connection of an event loop that has ended, or of the parent process."""
        self._stream.abandon()
