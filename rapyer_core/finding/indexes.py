"""Search indexes: their names, what is on the server, and whether that is what is declared.

The index of a class has one name, which is an alias of the present version; a version is named
by what it was made from. So another version is built beside the present one, and the alias
leads to either the one or the other at every moment.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from rapyer_core.commands import Argument, Command
from rapyer_core.errors import ServerError
from rapyer_core.keys import tagged
from rapyer_core.search.limits import Limits

__all__ = [
    "LEASE",
    "LIMIT_COMMANDS",
    "IndexField",
    "IndexInfo",
    "IndexProgress",
    "OnProgress",
    "alias_command",
    "build_lock_key",
    "covers",
    "database_of",
    "drop_command",
    "info_command",
    "info_of",
    "is_missing_index",
    "is_without_search",
    "limits_of",
    "lists_indexes",
    "most_sorted_of",
    "release_command",
    "renew_command",
    "take_command",
    "takes_over_command",
    "version_name",
    "versions_of",
]

# Milliseconds for which one process is the one that builds. It renews this while it waits.
LEASE = 30_000

LIMIT_COMMANDS = tuple(
    Command(("FT.CONFIG", "GET", name), repeatable=True)
    for name in ("MAXPREFIXEXPANSIONS", "MINPREFIX", "MAXAGGREGATERESULTS")
)

_LOCK_PREFIX = "__rapyer_index_build__:"

# RediSearch 2.10 says the first to FT.INFO, the second to FT.SEARCH, the third to FT.DROPINDEX;
# the fourth to a cursor.
_MISSING = re.compile(
    r"unknown index name|no such index|index was dropped|index not found", re.IGNORECASE
)
_UNKNOWN_COMMAND = re.compile(r"unknown command|unknown redis command", re.IGNORECASE)

# The old index and its name go, and the name leads to the new one: in one step.
_TAKE_OVER = (
    "redis.call('FT.DROPINDEX', ARGV[1]) return redis.call('FT.ALIASUPDATE', ARGV[1], ARGV[2])"
)
_RENEW = "return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('PEXPIRE', KEYS[1], ARGV[2])"
_RELEASE = "return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('DEL', KEYS[1])"


class IndexField(NamedTuple):
    """A field of an index: its name there, its path in a document, its type and options."""

    name: str
    path: str
    type: str
    options: tuple[str, ...]


@dataclass(frozen=True)
class IndexInfo:
    """An index as it is on the server.

    name: what queries ask for. index: what it leads to. version: the hash of what that was made
    from, '' for one that was not made by this library. declared: the hash of what the class
    declares. prefixes: which keys are indexed. fields: what of them.
    documents: how many are in it. indexed: how much of what was there is in it, from 0 to 1.
    failures: how often a document could not be indexed, since the index was made.
    last_failure, last_failure_key: the latest of these.
    """

    name: str
    index: str
    version: str
    declared: str
    prefixes: tuple[str, ...]
    fields: tuple[IndexField, ...]
    options: tuple[str, ...]
    documents: int
    indexed: float
    is_building: bool
    failures: int
    last_failure: str
    last_failure_key: str

    @property
    def is_current(self) -> bool:
        """Whether it was made from what the class declares."""
        return self.version == self.declared

    @property
    def is_complete(self) -> bool:
        """Whether every document that was there is in it, or was refused."""
        return not self.is_building and self.indexed >= 1


@dataclass(frozen=True)
class IndexProgress:
    """How far the building of an index is. indexed: from 0 to 1."""

    model: type
    index: str
    indexed: float
    documents: int


OnProgress: TypeAlias = Callable[[IndexProgress], object]
"""What is told about the building of indexes."""


def version_name(name: str, version: str) -> str:
    """Return what a version of an index is called."""
    return f"{name}:v{version}"


def versions_of(name: str, found: Iterable[bytes]) -> list[str]:
    """Return which of the server's indexes are versions of an index."""
    shape = re.compile(re.escape(name) + r":v[0-9a-f]{8,64}")
    names = (each.decode() for each in found)
    return [each for each in names if shape.fullmatch(each)]


def info_command(name: str) -> Command:
    """Return what asks for an index."""
    return Command(("FT.INFO", name), repeatable=True)


def alias_command(name: str, index: str) -> Command:
    """Return what makes a name lead to an index."""
    return Command(("FT.ALIASUPDATE", name, index), repeatable=True)


def takes_over_command(name: str, index: str) -> Command:
    """Return what makes a name that is an index itself lead to another one, in one step."""
    return Command(("EVAL", _TAKE_OVER, 0, name, index))


def drop_command(index: str) -> Command:
    """Return what removes an index, and no document."""
    return Command(("FT.DROPINDEX", index))


def lists_indexes() -> Command:
    """Return what asks for the names of all indexes."""
    return Command(("FT._LIST",), repeatable=True)


def build_lock_key(name: str) -> str:
    """Return the key that the one who builds an index holds."""
    return _LOCK_PREFIX + tagged(name)


def take_command(name: str, token: str) -> Command:
    """Return what makes the holder of a token the one who builds an index, if there is none."""
    return Command(("SET", build_lock_key(name), token, "NX", "PX", LEASE))


def renew_command(name: str, token: str) -> Command:
    """Return what lets the holder of a token go on; the reply is null if it is not the one."""
    return Command(("EVAL", _RENEW, 1, build_lock_key(name), token, LEASE), repeatable=True)


def release_command(name: str, token: str) -> Command:
    """Return what lets another one build."""
    return Command(("EVAL", _RELEASE, 1, build_lock_key(name), token), repeatable=True)


def is_missing_index(error: ServerError) -> bool:
    """Whether the server says that there is no such index."""
    return _MISSING.search(str(error)) is not None


def is_without_search(error: ServerError) -> bool:
    """Whether the server says that it does not know the commands of search."""
    return _UNKNOWN_COMMAND.search(str(error)) is not None


def database_of(reply: bytes) -> int:
    """Return the number of the database that a connection is in, from CLIENT INFO."""
    words = dict(word.split("=", 1) for word in reply.decode().split() if "=" in word)
    return int(words.get("db", 0))


def info_of(reply: Any, name: str, declared: str) -> IndexInfo:
    """Return what FT.INFO says."""
    found = _pairs(reply)
    index = _text(found["index_name"])
    definition = _pairs(found["index_definition"])
    errors = _pairs(found.get("Index Errors", ()))
    start = version_name(name, "")
    return IndexInfo(
        name=name,
        index=index,
        version=index[len(start) :] if index.startswith(start) else "",
        declared=declared,
        prefixes=tuple(map(_text, definition["prefixes"])),
        fields=tuple(map(_field, found["attributes"])),
        options=tuple(map(_text, found["index_options"])),
        documents=int(found["num_docs"]),
        indexed=float(found["percent_indexed"]),
        is_building=int(found["indexing"]) != 0,
        failures=int(found["hash_indexing_failures"]),
        last_failure=_text(errors.get("last indexing error", b"")),
        last_failure_key=_text(errors.get("last indexing error key", b"")),
    )


def limits_of(replies: Sequence[Any]) -> Limits:
    """Return what a server cuts short, from its answers to `LIMIT_COMMANDS`."""
    told = dict(_configured(replies))
    limits = Limits()
    expansions = told.get("MAXPREFIXEXPANSIONS", limits.expansions)
    least = told.get("MINPREFIX", limits.least_prefix)
    return limits._replace(expansions=int(expansions), least_prefix=int(least))


def most_sorted_of(replies: Sequence[Any]) -> int | None:
    """Return how many results a server sorts, None for all, from answers to `LIMIT_COMMANDS`."""
    told = dict(_configured(replies)).get("MAXAGGREGATERESULTS")
    return None if told is None else int(told)


def _configured(replies: Sequence[Any]) -> Iterator[tuple[str, str]]:
    for reply in replies:
        # Who may not ask gets the defaults, which are the narrowest that are in use.
        if isinstance(reply, ServerError):
            continue
        # By RESP3 the pair itself.
        for name, value in [reply] if reply and isinstance(reply[0], bytes) else reply:
            if _text(value).isdigit():
                yield _text(name), _text(value)


def covers(present: IndexInfo, wanted: IndexInfo) -> bool:
    """Whether an index has everything that another one had, made in the same way."""
    return (
        present.prefixes == wanted.prefixes
        and present.options == wanted.options
        and set(wanted.fields) <= set(present.fields)
    )


def _field(reply: Sequence[Any]) -> IndexField:
    known = _pairs(reply[:6])
    name, path, kind = (_text(known[word]) for word in ("attribute", "identifier", "type"))
    options = tuple(_text(word) for word in _flat(reply[6:]) if word != b"flags")
    return IndexField(name, path, kind, options)


def _flat(words: Sequence[Any]) -> Iterator[Any]:
    """Yield options; those without a value are a list of their own by RESP3."""
    for word in words:
        if isinstance(word, list):
            yield from word
        else:
            yield word


def _pairs(reply: Sequence[Any]) -> Mapping[str, Any]:
    names = (_text(name) for name in reply[::2])
    return dict(zip(names, reply[1::2], strict=False))


def _text(value: Argument | Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
