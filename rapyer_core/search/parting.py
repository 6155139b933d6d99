"""How a text is parted into words, as RediSearch 2.10.5 does it (seen by `FT.DEBUG DUMP_TERMS`).

Blanks, tabs and ASCII punctuation but the underscore part words. Line breaks do not: they are
dropped, as all control characters are. A backslash before what would part words makes it a letter,
any other one is dropped. The letters A to Z are made small, and no others.
"""

from __future__ import annotations

__all__ = ["MOST_BYTES", "folded", "parted"]

MOST_BYTES = 127
"""Longer words are cut (seen at 128 bytes)."""

_PARTS = frozenset("\t !\"#$%&'()*+,-./:;<=>?@[]^`{|}~")
_SMALL = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_CLEANED: dict[int, int | None] = {**_SMALL, **dict.fromkeys((*range(1, 32), 127))}


def folded(text: str) -> str:
    """Return a text with the letters A to Z made small, as the index makes those of tags."""
    return text.translate(_SMALL)


def parted(text: str) -> tuple[str, ...]:
    """Return the words of a text."""
    words, word = list[str](), ""
    at, end = 0, len(text)
    while at < end:
        character = text[at]
        at += 1
        if character == "\\":
            if at < end and (text[at] in _PARTS or text[at] == "\\"):
                word += text[at]
                at += 1
        elif character in _PARTS:
            words.append(word)
            word = ""
        else:
            word += character
    words.append(word)
    cleaned = (word.translate(_CLEANED) for word in words)
    return tuple(word for word in cleaned if word)
