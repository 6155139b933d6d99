"""The database that tests empty: whole where they started the server, with care where not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.database import Database
from tools.redis_server import URL_VARIABLE, RunningServer, running_server


@pytest.fixture
def named_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningServer]:
    """A server that plays the user's."""
    with running_server(own=True) as server:
        monkeypatch.setenv(URL_VARIABLE, server.url)
        with running_server() as named:
            assert not named.started
            yield named


def _fill(server: RunningServer) -> None:
    client = server.client()
    client.execute_command("JSON.SET", "document", "$", '{"a":1}')
    client.execute_command("FT.CREATE", "i", "ON", "JSON", "SCHEMA", "$.a", "AS", "a", "NUMERIC")
    client.mset({f"key-{index}": index for index in range(2500)})
    client.close()


def _left(server: RunningServer) -> tuple[list[bytes], list[bytes]]:
    client = server.client()
    left = client.keys(), client.execute_command("FT._LIST")
    client.close()
    return left


def test_our_own_server_is_emptied() -> None:
    with running_server(own=True) as server:
        database = Database(server)
        _fill(server)
        database.empty()
        database.close()
        assert _left(server) == ([], [])


def test_a_named_server_is_left_as_it_was_found(named_server: RunningServer) -> None:
    database = Database(named_server)
    _fill(named_server)
    database.empty()
    claim, indexes = _left(named_server)
    assert (len(claim), indexes) == (1, [])
    _fill(named_server)
    database.close()
    assert _left(named_server) == ([], [])


def test_a_named_server_with_data_is_refused(named_server: RunningServer) -> None:
    client = named_server.client()
    client.set("precious", "data")
    with pytest.raises(RuntimeError, match=r"expected an empty database.* got one with 1 keys"):
        Database(named_server)
    assert client.get("precious") == b"data"
    client.close()


def test_two_runs_do_not_share_a_named_server(named_server: RunningServer) -> None:
    database = Database(named_server)
    with pytest.raises(RuntimeError, match="expected an empty database"):
        Database(named_server)
    database.close()
    Database(named_server).close()
