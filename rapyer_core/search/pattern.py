"""Patterns of text: fixed pieces with gaps, as `startswith`, `contains` and `like` ask for."""

from __future__ import annotations

import re
from functools import cached_property

from ..errors import UnsupportedArgumentValueError

__all__ = ["GAP", "ONE", "Pattern"]

GAP = "%"
ONE = "_"


class Pattern:
    """Pieces of fixed text, and between them any text (`GAP`) or any one character (`ONE`).

    `parts` alternates as it is written: a fixed piece is a str in a 1-tuple, so that it cannot be
    taken for a gap.
    """

    def __init__(self, *parts: str | tuple[str]) -> None:
        self.parts: tuple[str | tuple[str], ...] = tuple(part for part in parts if part != ("",))

    @classmethod
    def like(cls, text: str) -> Pattern:
        r"""Return the pattern that SQL's LIKE means: ``%`` any text, ``_`` one character, ``\``
        before either, or before itself, takes it as it is.

        Raises:
            UnsupportedArgumentValueError: it ends in a single backslash.
        """
        parts: list[str | tuple[str]] = []
        fixed = ""
        characters = iter(text)
        for character in characters:
            if character == "\\":
                following = next(characters, None)
                if following is None:
                    raise UnsupportedArgumentValueError(
                        f"the pattern {text!r} ends in a backslash that escapes nothing; write two",
                        expected="a character after the backslash",
                        actual=text,
                    )
                fixed += following if following in (GAP, ONE, "\\") else character + following
            elif character in (GAP, ONE):
                if fixed:
                    parts.append((fixed,))
                parts.append(character)
                fixed = ""
            else:
                fixed += character
        if fixed:
            parts.append((fixed,))
        return cls(*parts)

    @cached_property
    def _segments(self) -> list[_Segment]:
        """What stands before, between and behind the gaps."""
        segments: list[list[str | tuple[str]]] = [[]]
        for part in self.parts:
            if part == GAP:
                segments.append([])
            else:
                segments[-1].append(part)
        return [_Segment(parts) for parts in segments]

    def fits(self, text: str) -> bool:
        """Return whether a text has the pattern.

        Each segment is looked for once, at the first place it can be at, so that no pattern takes
        more than its length times the text's.
        """
        first, *others = self._segments
        if not others:
            return len(text) == first.length and first.is_at(text, 0)
        last = others.pop()
        end = len(text) - last.length
        if end < first.length or not first.is_at(text, 0) or not last.is_at(text, end):
            return False
        at = first.length
        for segment in others:
            found = segment.find(text, at, end)
            if found < 0:
                return False
            at = found + segment.length
        return True

    @property
    def fixed(self) -> str | None:
        """The one text that has the pattern, if it has no gaps."""
        if any(isinstance(part, str) for part in self.parts):
            return None
        return "".join(part[0] for part in self.parts if not isinstance(part, str))

    @property
    def head(self) -> str:
        """What every such text begins with."""
        return _fixed(self.parts[:1])

    @property
    def tail(self) -> str:
        """What every such text ends with."""
        return _fixed(self.parts[-1:])

    @property
    def middles(self) -> tuple[str, ...]:
        """What every such text contains, besides."""
        return tuple(part[0] for part in self.parts[1:-1] if not isinstance(part, str))

    @property
    def is_simple(self) -> bool:
        """Whether one piece tells all: it begins so, ends so, or contains it."""
        gaps = [part for part in self.parts if isinstance(part, str)]
        return ONE not in gaps and len(self.parts) - len(gaps) == 1


def _fixed(parts: tuple[str | tuple[str], ...]) -> str:
    return parts[0][0] if parts and not isinstance(parts[0], str) else ""


class _Segment:
    """Fixed text in which any one character may stand at some places."""

    def __init__(self, parts: list[str | tuple[str]]) -> None:
        self.length: int = sum(1 if isinstance(part, str) else len(part[0]) for part in parts)
        self._fixed = None if ONE in parts else "".join(part[0] for part in parts)
        written = ("." if isinstance(part, str) else re.escape(part[0]) for part in parts)
        self._expression = None if self._fixed is not None else re.compile("".join(written), re.S)

    def is_at(self, text: str, at: int) -> bool:
        """Return whether it stands at a place."""
        if self._expression is None:
            return text.startswith(str(self._fixed), at)
        return self._expression.match(text, at) is not None

    def find(self, text: str, start: int, end: int) -> int:
        """Return the first place of it between two, or -1."""
        if self._expression is None:
            return text.find(str(self._fixed), start, end)
        found = self._expression.search(text, start, end)
        return -1 if found is None else found.start()
