"""What servers answer to searches, by both protocols, read the same."""

from __future__ import annotations

from typing import Any

import pytest

from rapyer_core.errors import ServerError
from rapyer_core.finding import commands, indexes

# Of RediSearch 2.10.5; documents 1 and 2 have expired and were not removed yet.
SEARCHED: dict[str, list[Any]] = {
    "RESP2": [4, b"P:1", None, b"P:5", [b"$", b'{"a":5}']],
    "RESP3": [
        *(b"attributes", [], b"total_results", 4, b"format", b"STRING", b"results"),
        [
            [b"id", b"P:1", b"extra_attributes", None, b"values", []],
            [b"id", b"P:5", b"extra_attributes", [b"$", b'{"a":5}'], b"values", []],
        ],
        *(b"warning", []),
    ],
}
SORTED: dict[str, list[Any]] = {
    "RESP2": [[4, [b"__key", b"P:5"], [b"__key", b"P:6"], None, None], 7],
    "RESP3": [
        [
            *(b"attributes", [], b"total_results", 4, b"format", b"STRING", b"results"),
            [
                [b"extra_attributes", [b"__key", b"P:5"], b"values", []],
                [b"extra_attributes", [b"__key", b"P:6"], b"values", []],
                [b"extra_attributes", None, b"values", []],
            ],
            *(b"warning", []),
        ],
        7,
    ],
}


@pytest.mark.parametrize("protocol", SEARCHED)
def test_what_was_searched(protocol: str) -> None:
    found = commands.search_answer(SEARCHED[protocol])
    assert found == (4, ["P:1", "P:5"], [None, b'{"a":5}'])


@pytest.mark.parametrize("protocol", SORTED)
def test_what_was_sorted(protocol: str) -> None:
    reply = SORTED[protocol]
    assert commands.keys_of_cursor(reply) == (["P:5", "P:6"], 7)
    assert commands.is_cut(reply, 3) and not commands.is_cut(reply, 4)


def test_limits_of_a_server() -> None:
    told = [[[b"MAXPREFIXEXPANSIONS", b"1000"]], [b"MINPREFIX", b"1"]]
    limits = indexes.limits_of([*told, [[b"MAXAGGREGATERESULTS", b"unlimited"]]])
    assert (limits.expansions, limits.least_prefix) == (1000, 1)
    assert indexes.most_sorted_of([[[b"MAXAGGREGATERESULTS", b"unlimited"]]]) is None
    assert indexes.most_sorted_of([[b"MAXAGGREGATERESULTS", b"500"]]) == 500
    assert indexes.limits_of([ServerError("NOPERM")]) == indexes.limits_of([])


def test_versions_of_an_index() -> None:
    names = [b"idx:A:v0123456789ab", b"idx:A:vx", b"idx:A", b"idx:AB:v0123456789ab", b"idx:A:b:v1"]
    assert indexes.versions_of("idx:A", names) == ["idx:A:v0123456789ab"]
