"""Patterns of text: fixed pieces with gaps, as `startswith`, `contains` and `like` ask for."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any

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
    def expression(self) -> re.Pattern[str]:
        """The regular expression of the same meaning."""
        written = {GAP: ".*", ONE: "."}
        text = "".join(
            written[part] if isinstance(part, str) else re.escape(part[0]) for part in self.parts
        )
        return re.compile(text, re.DOTALL)

    def fits(self, text: str) -> bool:
        """Return whether a text has the pattern."""
        return self.expression.fullmatch(text) is not None

    def mapped(self, change: Any) -> Pattern:
        """Return the pattern with each fixed piece changed."""
        parts = (part if isinstance(part, str) else (change(part[0]),) for part in self.parts)
        return Pattern(*parts)

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
