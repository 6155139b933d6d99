"""Words as a query of the server."""

from __future__ import annotations

from collections.abc import Callable

from .conditions import Matches
from .limits import Limits
from .words import AllWords, AnyWords, Fuzzy, NoWords, Phrase, Prefix, Raw, Term, Words

__all__ = ["word_query"]


def word_query(
    condition: Matches, parameter: Callable[[str], str], limits: Limits
) -> tuple[str, bool]:
    """Return the query that finds texts with words, and whether the server decides it.

    `parameter` names a value. Prefixes and typos stand for many words, of which the server may take
    a few: then the query finds every text that has words at all, or no matter what.
    """
    if limits.is_unlimited or not _expands(condition.words):
        return f"(@{condition.field.words}:({_text(condition.words, parameter)}))", True
    return "*", False


def _expands(words: Words) -> bool:
    if isinstance(words, (AllWords, AnyWords)):
        return any(map(_expands, words.parts))
    return (
        _expands(words.part) if isinstance(words, NoWords) else isinstance(words, (Prefix, Fuzzy))
    )


def _text(words: Words, parameter: Callable[[str], str]) -> str:
    if isinstance(words, Term):
        return parameter(words.word)
    if isinstance(words, Phrase):
        return '"' + " ".join(words.words) + '"'
    if isinstance(words, Prefix):
        return parameter(words.start) + "*"
    if isinstance(words, Fuzzy):
        return "%" * words.typos + parameter(words.word) + "%" * words.typos
    if isinstance(words, AllWords):
        return "(" + " ".join(_text(part, parameter) for part in words.parts) + ")"
    if isinstance(words, AnyWords):
        return "(" + "|".join(_text(part, parameter) for part in words.parts) + ")"
    if isinstance(words, NoWords):
        return f"(-{_text(words.part, parameter)})"
    assert isinstance(words, Raw)
    return words.syntax
