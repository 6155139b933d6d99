"""What redis-py's replies and errors mean, and where commands go in a cluster."""

from __future__ import annotations

from typing import Any

import pytest
import redis
import redis.asyncio
from redis import exceptions

from rapyer_core.cluster import (
    goes_everywhere,
    is_scan,
    node_and_cursor,
    overall_cursor,
    routing_key,
)
from rapyer_core.errors import ServerError
from rapyer_core.redis_py import (
    encoded,
    is_cluster_client,
    is_redis_py_client,
    normalised_reply,
    place_of,
    server_error,
    wrong_kind_of_client,
)


class OwnClient(redis.Redis):
    """A user's subclass."""


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (None, None),
        (b"x", b"x"),
        ("é", "é".encode()),
        (7, 7),
        (True, 1),
        (False, 0),
        (1.5, b"1.5"),
        ({"a": [1, None], b"b": 2.0}, [b"a", [1, None], b"b", b"2.0"]),
        ({b"x"}, [b"x"]),
        ([True, ["é"]], [1, ["é".encode()]]),
        ((1, 2), [1, 2]),
    ],
)
def test_replies_get_one_shape(reply: Any, expected: Any) -> None:
    assert normalised_reply(reply) == expected


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (exceptions.ResponseError("syntax error"), "ERR syntax error"),
        (exceptions.ResponseError("WRONGTYPE Operation"), "WRONGTYPE Operation"),
        (exceptions.NoScriptError("No matching script."), "NOSCRIPT No matching script."),
        (exceptions.ReadOnlyError("You can't write"), "READONLY You can't write"),
        (exceptions.BusyLoadingError("is loading"), "LOADING is loading"),
        (exceptions.NoPermissionError("no"), "NOPERM no"),
        (exceptions.OutOfMemoryError("command not allowed"), "OOM command not allowed"),
    ],
)
def test_errors_get_their_code_back(error: Exception, text: str) -> None:
    found = server_error(error)
    assert str(found) == text
    assert found.code == text.split(" ", 1)[0]


def test_an_error_inside_a_reply_is_the_reply() -> None:
    found = normalised_reply([1, [exceptions.ResponseError("MINE of mine")]])
    assert isinstance(found, ServerError)
    assert found.code == "MINE"


def test_clients_are_told_by_their_ancestry() -> None:
    assert is_redis_py_client(OwnClient())
    assert not is_cluster_client(OwnClient())
    assert not is_redis_py_client("redis://localhost")
    assert wrong_kind_of_client(OwnClient(), redis.Redis) is None
    assert "rapyer_sync" in str(wrong_kind_of_client(OwnClient(), redis.asyncio.Redis))
    assert "rapyer_async" in str(wrong_kind_of_client(redis.asyncio.Redis(), redis.Redis))


def test_a_place_holds_no_password() -> None:
    options = {"host": "h", "port": 7, "db": 2, "password": "secret", "username": "u"}
    assert place_of(options) == "redis://h:7/2"
    assert place_of({"path": "/s", "password": "secret"}) == "unix:///s?db=0"
    assert place_of({}) == "redis://localhost:6379/0"


def test_texts_are_utf8_whatever_the_clients_encoding() -> None:
    assert encoded(("é", b"\xff", 1, 2.5)) == ["é".encode(), b"\xff", 1, 2.5]


@pytest.mark.parametrize(
    ("args", "key"),
    [
        (("GET", "k"), "k"),
        ((b"json.set", b"k", "$", "1"), b"k"),
        (("EVALSHA", "sha", 1, "k", "arg"), "k"),
        (("EVAL", "script", 0, "arg"), None),
        (("PING",), None),
        (("ECHO", "x"), None),
        (("FT.SEARCH", "index", "*"), None),
        (("SCRIPT", "LOAD", "x"), None),
    ],
)
def test_the_routing_key(args: tuple[Any, ...], key: Any) -> None:
    assert routing_key(args) == key


def test_what_goes_over_all_nodes() -> None:
    assert is_scan(("scan", 0))
    assert not is_scan(("SSCAN", "k", 0))
    assert goes_everywhere(("SCRIPT", "LOAD", "x"))
    assert not goes_everywhere(("EVAL", "x", 0))


def test_a_scans_cursor_goes_through_every_node_and_ends() -> None:
    pages = [[5, 9, 0], [0], [3, 0]]  # the cursors that each of three nodes answers
    cursor, visited = 0, []
    seen = [0, 0, 0]
    while True:
        position, own = node_and_cursor(cursor, 3)
        expected = ([0] + pages[position])[seen[position]]
        assert own == expected
        answer = pages[position][seen[position]]
        seen[position] += 1
        visited.append(position)
        cursor = overall_cursor(position, answer, 3)
        if cursor == 0:
            break
    assert visited == [0, 0, 0, 1, 2, 2]
