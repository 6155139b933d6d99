"""A bound on how many callers do something at once; the others wait for their turn in order."""

from __future__ import annotations

from collections import deque

from rapyer_async._seam import Event, StateLock

__all__ = ["Gate"]


class Gate:
    """Lets `size` callers through at a time. Each `enter` that returns needs one `leave`."""

    def __init__(self, size: int) -> None:
        self._free = size
        self._lock = StateLock()
        self._waiting: deque[Event] = deque()

    async def enter(self) -> None:
        """Return when it is the caller's turn."""
        turn = self._take_or_queue()
        if turn is None:
            return
        try:
            await turn.wait()
        except BaseException:
            self._give_up(turn)
            raise

    def leave(self) -> None:
        """Let the next one in."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1

    def _take_or_queue(self) -> Event | None:
        with self._lock:
            if self._free:
                self._free -= 1
                return None
            turn = Event()
            self._waiting.append(turn)
            return turn

    def _give_up(self, turn: Event) -> None:
        """Step out of the queue, or pass on a turn that came at the same moment."""
        with self._lock:
            queued = turn in self._waiting
            if queued:
                self._waiting.remove(turn)
        if not queued:
            self.leave()
