"""Whether a caller looks for its reply again and again before it sleeps.

A server on the same machine answers sooner than a process falls asleep and wakes up: on two cores
an increment took 90 µs with looking and 170 µs with sleeping. One that is far away does not, and
there it would only burn the processor; nor does it pay where somebody else needs the processor, who
is given it in between and keeps it for long. So the last looks decide.
"""

from __future__ import annotations

__all__ = ["LONGEST_TURN", "Watch"]

# Seconds that pass between two looks where nobody else has anything to do: at most half as many.
LONGEST_TURN = 0.00005

# After so many looks in a row that were in vain, the next replies are slept for at once: first so
# many, then each time twice as many, up to the last.
_MOST_MISSES = 8
_FIRST_PAUSE, _LONGEST_PAUSE = 32, 4096


class Watch:
    """What one connection has learnt. `seconds`: for how long a caller looks at most, 0 never."""

    __slots__ = ("_misses", "_next_pause", "_pause", "seconds")

    def __init__(self, seconds: float) -> None:
        self.seconds: float = seconds
        self._misses = 0
        self._pause = 0
        self._next_pause = _FIRST_PAUSE

    def begins(self) -> bool:
        """Return whether to look for the next reply, and count it."""
        if self._pause:
            self._pause -= 1
            return False
        return self.seconds > 0

    def note(self, pays: bool) -> None:
        """Note whether a look was worth it."""
        if pays:
            self._misses = 0
            self._next_pause = _FIRST_PAUSE
            return
        self._misses += 1
        if self._misses >= _MOST_MISSES:
            # One more miss after the pause, and the next one begins.
            self._misses = _MOST_MISSES - 1
            self._pause = self._next_pause
            self._next_pause = min(self._next_pause * 2, _LONGEST_PAUSE)
