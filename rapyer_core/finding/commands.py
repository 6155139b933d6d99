"""What a server with search is asked, and how its answers are read.

Every question says `TIMEOUT 0`: a server that stops in between answers with a part as if it
were all (RediSearch 2.10 with its defaults, after 500 ms). Answers are lists by RESP2 and maps by
RESP3, which drivers give as flat lists.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from rapyer_core.commands import Argument, Command
from rapyer_core.errors import IndexIncompleteError
from rapyer_core.keys import RapyerKey
from rapyer_core.search.compiling import DISTANCE, CompiledQuery

__all__ = [
    "FEW",
    "FURTHEST",
    "MOST_AT_ONCE",
    "MOST_BYTES",
    "Answer",
    "Signs",
    "count_command",
    "cursor_command",
    "cursor_end_command",
    "expire_command",
    "farthest_command",
    "indexed_command",
    "is_cut",
    "is_ranked",
    "keys_of_cursor",
    "keys_of_search",
    "room_for",
    "search_answer",
    "search_command",
    "signs_of",
    "snapshot_command",
]

# Documents and bytes of one answer, at the most; the former take the server some 30 ms, in which
# nobody else is served. It refuses more than MAXSEARCHRESULTS documents, a million by default.
MOST_AT_ONCE = 10_000
MOST_BYTES = 32 * 1024 * 1024

# Documents that are asked for first, to see how large they are.
FEW = 500

# The furthest result that may be asked for by its number: MAXSEARCHRESULTS, by default.
FURTHEST = 1_000_000

# How many more documents may match when they are sorted than when they were counted. The server
# makes room for all that are allowed for before it begins: a limit that no result can reach would
# take gigabytes.
_ROOM = 10_000

# Milliseconds after which the server forgets a cursor that nobody reads: an index has 128 of them.
# A reader that comes back later goes on behind the last key that it saw.
_IDLE = 15_000

_UNLIMITED: tuple[Argument, ...] = ("TIMEOUT", 0)


class Answer(NamedTuple):
    """What a search found: how many in all, and the keys and texts of a part of them."""

    total: int
    keys: list[RapyerKey]
    texts: list[bytes | None]


class Signs(NamedTuple):
    """What tells whether an index knows of every document."""

    indexed: float
    is_building: bool
    failures: int


def search_command(index: str, query: CompiledQuery, offset: int, count: int) -> Command:
    """Return what asks for documents."""
    content = ("RETURN", 1, "$")
    order: tuple[Argument, ...] = ("SORTBY", DISTANCE, "ASC") if is_ranked(query) else ()
    part = ("LIMIT", offset, count)
    args = ("FT.SEARCH", index, query.text, *content, *order, *part, *_UNLIMITED)
    return Command((*args, *query.arguments()), repeatable=True, bulk=count > 1)


def farthest_command(
    index: str, query: CompiledQuery, attribute: str, position: int, *, is_descending: bool
) -> Command:
    """Return what asks for the document at a position of a sort by one field."""
    order = ("SORTBY", attribute, "DESC" if is_descending else "ASC")
    args = ("FT.SEARCH", index, query.text, "RETURN", 1, "$", *order, "LIMIT", position, 1)
    return Command((*args, *_UNLIMITED, *query.arguments()), repeatable=True, bulk=True)


def is_ranked(query: CompiledQuery) -> bool:
    """Whether the server picks the documents nearest to a vector; else Python does."""
    return query.nearest is not None and query.residual is None


def count_command(index: str, query: CompiledQuery) -> Command:
    """Return what asks how many documents there are."""
    return search_command(index, query, 0, 0)


def search_answer(reply: Any) -> Answer:
    """Return what a search for documents found.

    Raises:
        IndexIncompleteError: the server says that this is not all.
    """
    total, rows = _rows(reply)
    # A document that has expired, and that the server has not removed yet, has no fields.
    texts = [fields.get(b"$") for _, fields in rows]
    return Answer(total, [RapyerKey(key.decode()) for key, _ in rows], texts)


def _rows(reply: Any) -> tuple[int, list[tuple[bytes, dict[bytes, Any]]]]:
    """Return how many documents were found, and key and fields of those that are told."""
    if isinstance(reply[0], int):
        return reply[0], [(key, _pairs(fields or ())) for key, fields in _twos(reply[1:])]
    answer = _told(reply)
    rows = map(_pairs, answer[b"results"])
    found = [(row[b"id"], _pairs(row.get(b"extra_attributes") or ())) for row in rows]
    return answer[b"total_results"], found


def _told(reply: Any) -> dict[bytes, Any]:
    """Return an answer of RESP3, which is a map, and may say that it is not all there is."""
    answer = _pairs(reply)
    if answer[b"warning"]:
        said = ", ".join(each.decode(errors="replace") for each in answer[b"warning"])
        raise IndexIncompleteError(
            f"the server answered with a part of the result only: {said}",
            expected="all of the result",
            actual=said,
        )
    return answer


def _pairs(flat: Sequence[Any]) -> dict[bytes, Any]:
    return dict(_twos(flat))


def _twos(flat: Sequence[Any]) -> list[tuple[Any, Any]]:
    return list(zip(flat[::2], flat[1::2], strict=False))


def expire_command(key: str, seconds: int) -> Command:
    """Return what starts the lifetime of a document anew."""
    return Command(("EXPIRE", key, seconds), repeatable=True)


def snapshot_command(index: str, query: CompiledQuery, most: int, count: int) -> Command:
    """Return what asks for all keys, `most` at the most, in order, `count` at a time.

    A plain cursor walks the index while it changes: it loses documents that are written meanwhile,
    without a word (10,000 of 20,000, on RediSearch 2.10.5). Sorting makes the server collect all
    keys first, so what follows is read from a list that does not change.
    """
    args = ("FT.AGGREGATE", index, query.text, "LOAD", 1, "@__key")
    sort = ("SORTBY", 2, "@__key", "ASC", "MAX", most)
    cursor = ("WITHCURSOR", "COUNT", count, "MAXIDLE", _IDLE)
    return Command((*args, *sort, *cursor, *_UNLIMITED, *query.arguments()), True, True)


def room_for(total: int) -> int:
    """Return how many keys a snapshot should have room for, where so many documents matched."""
    return total + _ROOM


def is_cut(reply: Any, most: int) -> bool:
    """Whether more documents matched than a snapshot had room for."""
    return _part(reply[0])[0] > most


def _part(reply: Any) -> tuple[int, list[dict[bytes, Any]]]:
    """Return how many rows were made, and those of one part.

    A document that has expired, and that the server has not removed yet, makes an empty row.
    """
    if isinstance(reply[0], int):
        return reply[0], [_pairs(row) for row in reply[1:] if row]
    answer = _told(reply)
    rows = (_pairs(row).get(b"extra_attributes") for row in answer[b"results"])
    return answer[b"total_results"], [_pairs(row) for row in rows if row]


def cursor_command(index: str, cursor: int, count: int) -> Command:
    """Return what asks for the next keys. Not repeatable: a lost answer is a part of the result."""
    return Command(("FT.CURSOR", "READ", index, cursor, "COUNT", count), bulk=True)


def cursor_end_command(index: str, cursor: int) -> Command:
    """Return what gives a cursor up."""
    return Command(("FT.CURSOR", "DEL", index, cursor), repeatable=True)


def keys_of_cursor(reply: Any) -> tuple[list[RapyerKey], int]:
    """Return the keys of one part, and the cursor for the next one; 0 at the end."""
    rows = _part(reply[0])[1]
    return [RapyerKey(row[b"__key"].decode()) for row in rows], int(reply[1])


def indexed_command(index: str, keys: Sequence[str]) -> Command:
    """Return what asks which of some keys an index knows."""
    args: tuple[Argument, ...]
    args = ("FT.SEARCH", index, "*", "INKEYS", len(keys), *keys, "NOCONTENT")
    return Command((*args, "LIMIT", 0, len(keys), *_UNLIMITED), repeatable=True, bulk=True)


def keys_of_search(reply: Any) -> set[str]:
    """Return the keys that a search without texts found."""
    if isinstance(reply[0], int):
        return {key.decode() for key in reply[1:]}
    return {_pairs(row)[b"id"].decode() for row in _told(reply)[b"results"]}


def signs_of(reply: Any) -> Signs:
    """Return what FT.INFO says about whether an index knows of every document."""
    found = _pairs(reply)
    return Signs(
        float(found[b"percent_indexed"]),
        int(found[b"indexing"]) != 0,
        int(found[b"hash_indexing_failures"]),
    )
