"""Words as queries of the server."""

from __future__ import annotations

from collections.abc import Callable

from .conditions import Matches
from .limits import Limits
from .words import Fuzzy, Phrase, Prefix, Raw, Term

__all__ = ["is_sure", "word_query"]


def is_sure(condition: Matches, limits: Limits, is_ordered: bool) -> bool:
    """Return whether the server decides a question of words.

    `is_ordered`: the index knows the order of words. Prefixes and typos stand for many words, of
    which it may take a few. A phrase that repeats a word is found where the word stands once (seen
    on RediSearch 2.10.5).
    """
    words = condition.words
    if isinstance(words, Phrase):
        return is_ordered and len(set(words.words)) == len(words.words)
    return limits.is_unlimited or not isinstance(words, (Prefix, Fuzzy))


def word_query(
    condition: Matches, parameter: Callable[[str], str], limits: Limits, is_ordered: bool
) -> str:
    """Return a query that finds at least the texts with words, or '' where nothing does.

    `parameter` names a value.
    """
    words, after = condition.words, ""
    if isinstance(words, Term):
        text = parameter(words.word)
    elif isinstance(words, Phrase):
        text = " ".join(parameter(word) for word in words.words)
        after = "=>{$slop: 0; $inorder: true}" if is_ordered and len(words.words) > 1 else ""
    elif isinstance(words, Raw):
        text = words.syntax
    elif not limits.is_unlimited:
        return ""
    elif isinstance(words, Prefix):
        text = parameter(words.start) + "*"
    else:
        assert isinstance(words, Fuzzy)
        sign = "%" * words.typos
        text = sign + parameter(words.word) + sign
    return f"((@{condition.field.words}:({text})){after})"
