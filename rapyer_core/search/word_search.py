"""Words looked for in a text in Python, as the server does without stems and sounds."""

from __future__ import annotations

from ..errors import UnsupportedArgumentValueError
from .parting import parted
from .schema import IndexedField
from .words import Fuzzy, Phrase, Prefix, Raw, Term, Words

__all__ = ["has_words"]


def has_words(field: IndexedField, words: Words, text: str) -> bool:
    """Return whether a text has words.

    Raises:
        UnsupportedArgumentValueError: only a search module can tell.
    """
    is_derived = field.mark.stem or field.mark.phonetic is not None
    if (is_derived and not isinstance(words, Prefix)) or isinstance(words, Raw):
        raise UnsupportedArgumentValueError(
            f"{field.owner}.{field.name}: words by their stems or sounds, and raw queries, need a "
            "server with a search module",
            model=field.owner,
            field=field.name,
            expected="a server with a search module",
            actual="the evaluator in Python",
        )
    return _has(words, parted(text))


def _has(words: Words, found: tuple[str, ...]) -> bool:
    if isinstance(words, Phrase):
        size = len(words.words)
        return any(found[at : at + size] == words.words for at in range(len(found) - size + 1))
    if isinstance(words, Prefix):
        return any(word.startswith(words.start) for word in found)
    if isinstance(words, Fuzzy):
        return any(_typos(words.word, word, words.typos) <= words.typos for word in found)
    assert isinstance(words, Term)
    return words.word in found


def _typos(a: str, b: str, most: int) -> int:
    """Return how many letters are changed, added or missing; more than `most` as it happens."""
    if abs(len(a) - len(b)) > most:
        return most + 1
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, right in enumerate(b, 1):
            changed = previous + (left != right)
            previous = row[j]
            row[j] = min(changed, row[j] + 1, row[j - 1] + 1)
    return row[-1]
