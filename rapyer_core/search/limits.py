"""What the server cuts short without saying so, by its configuration."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Limits"]

# More terms than documents can be has no index; a limit of so many cuts nothing.
_NO_LIMIT = 2**31


class Limits(NamedTuple):
    """`expansions`: how many terms a prefix or pattern may stand for (MAXPREFIXEXPANSIONS).
    `least_prefix`: the shortest prefix that finds anything (MINPREFIX). `tag`: how many bytes of a
    tag are indexed. Defaults of RediSearch 2.10.
    """

    expansions: int = 200
    least_prefix: int = 2
    tag: int = 4095

    @property
    def is_unlimited(self) -> bool:
        """Whether a pattern finds all that it stands for."""
        return self.expansions >= _NO_LIMIT

    def expands(self, piece: str) -> bool:
        """Return whether the server looks for terms with a piece of such a length."""
        return self.least_prefix <= len(piece.encode()) < self.tag // 2
