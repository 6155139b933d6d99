"""Full-text questions: words that a text must have, written without the server's query syntax."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..errors import UnsupportedArgumentTypeError, UnsupportedArgumentValueError
from .parting import MOST_BYTES, parted

__all__ = [
    "AllWords",
    "AnyWords",
    "Fuzzy",
    "NoWords",
    "Phrase",
    "Prefix",
    "Raw",
    "Term",
    "Words",
    "tokens",
    "words_of",
]

_MOST_TYPOS = 3


@dataclass(frozen=True, eq=False)
class Words:
    """What a text's words must be: joined by ``&``, ``|`` and ``~`` as conditions are."""

    def __and__(self, other: Words | str) -> Words:
        return AllWords((self, words_of(other)))

    def __rand__(self, other: str) -> Words:
        return AllWords((words_of(other), self))

    def __or__(self, other: Words | str) -> Words:
        return AnyWords((self, words_of(other)))

    def __ror__(self, other: str) -> Words:
        return AnyWords((words_of(other), self))

    def __invert__(self) -> Words:
        return NoWords(self)

    def __bool__(self) -> bool:
        raise UnsupportedArgumentTypeError(
            "words are joined by & and |, and negated by ~",
            expected="&, | or ~",
            actual="and, or, not",
        )


@dataclass(frozen=True, eq=False)
class Term(Words):
    """One word."""

    word: str


@dataclass(frozen=True, eq=False)
class Phrase(Words):
    """Words one after the other: ``Phrase("red", "wine")`` or ``Phrase("red wine")``."""

    words: tuple[str, ...]

    def __init__(self, *words: str) -> None:
        found = tuple(token for word in words for token in tokens(word))
        object.__setattr__(self, "words", _some(found, words))


@dataclass(frozen=True, eq=False)
class Prefix(Words):
    """A word that begins so."""

    start: str

    def __init__(self, start: str) -> None:
        object.__setattr__(self, "start", _one(start))


@dataclass(frozen=True, eq=False)
class Fuzzy(Words):
    """A word that is so but for at most so many changed, added or missing letters, 1 to 3."""

    word: str
    typos: int

    def __init__(self, word: str, typos: int = 1) -> None:
        if typos not in range(1, _MOST_TYPOS + 1):
            raise UnsupportedArgumentValueError(
                f"expected 1 to 3 typos, got {typos!r}", expected="1 to 3", actual=typos
            )
        object.__setattr__(self, "word", _one(word))
        object.__setattr__(self, "typos", typos)


@dataclass(frozen=True, eq=False)
class AllWords(Words):
    """All of these."""

    parts: tuple[Words, ...]


@dataclass(frozen=True, eq=False)
class AnyWords(Words):
    """One of these."""

    parts: tuple[Words, ...]


@dataclass(frozen=True, eq=False)
class NoWords(Words):
    """Not these; the text may be missing."""

    part: Words


@dataclass(frozen=True, eq=False)
class Raw(Words):
    """The server's own syntax, sent as it is. Never put what users typed into it."""

    syntax: str


def tokens(text: Any) -> tuple[str, ...]:
    """Return the words of a text, as the server parts them (`parting`).

    Raises:
        UnsupportedArgumentTypeError: it is no text.
        UnsupportedArgumentValueError: no indexed text has such a word.
    """
    if not isinstance(text, str):
        raise UnsupportedArgumentTypeError(
            f"expected words, got {text!r}", expected="str", actual=text
        )
    found = parted(text)
    for word in found:
        if "\0" in word or any("\ud800" <= character <= "\udfff" for character in word):
            raise _unknown(word)
        if len(word.encode()) > MOST_BYTES:
            raise _unknown(word)
    return found


def _unknown(word: str) -> UnsupportedArgumentValueError:
    return UnsupportedArgumentValueError(
        f"the index holds no word like {word[:50]!r}: it takes words of {MOST_BYTES} bytes",
        expected=f"a word of at most {MOST_BYTES} bytes",
        actual=word,
    )


def words_of(value: Any) -> Words:
    """Return words as they are, or a text as all of its words.

    Raises:
        UnsupportedArgumentTypeError: it is neither.
        UnsupportedArgumentValueError: there is no word in the text.
    """
    if isinstance(value, Words):
        return value
    found = _some(tokens(value), value)
    terms = tuple(Term(word) for word in found)
    return terms[0] if len(terms) == 1 else AllWords(terms)


def _some(found: tuple[str, ...], given: Any) -> tuple[str, ...]:
    if not found:
        raise UnsupportedArgumentValueError(
            f"there is no word in {given!r}", expected="a word", actual=given
        )
    return found


def _one(text: Any) -> str:
    first, *others = _some(tokens(text), text)
    if others:
        raise UnsupportedArgumentValueError(
            f"expected one word, got {text!r}", expected="one word", actual=text
        )
    return first
