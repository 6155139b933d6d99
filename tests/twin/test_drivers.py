"""The drivers that a URL opens keep the contract, and opening one says what is wrong."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from rapyer_async.drivers.opening import open_driver
from rapyer_async.drivers.protocol import Driver
from rapyer_core.commands import Command
from rapyer_core.errors import (
    OutcomeUnknownError,
    ServerError,
    UnsupportedArgumentTypeError,
    UnsupportedArgumentValueError,
)
from tools.redis_server import server_python

from .driver_contract import CONTRACT


@pytest.fixture(params=["memory", "native", "native of RESP3", "embedded"])
async def driver(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Driver]:
    """An open driver of each kind, over an empty server."""
    if request.param == "memory":
        opened = open_driver(f"memory://{uuid.uuid4().hex}")
    elif request.param == "embedded":
        monkeypatch.setenv("RAPYER_SERVER_PYTHON", server_python())
        opened = open_driver(f"embedded://{tmp_path}/data")
    else:
        request.getfixturevalue("database").empty()
        protocol = 3 if request.param.endswith("RESP3") else 2
        opened = open_driver(request.getfixturevalue("server_url"), protocol=protocol)
    yield opened
    await opened.aclose()


@pytest.mark.parametrize("holds", CONTRACT, ids=lambda holds: holds.__name__)
async def test_the_contract_holds(driver: Driver, holds: Callable[[Driver], Any]) -> None:
    await holds(driver)


async def test_a_driver_of_ones_own_is_used_as_it_is() -> None:
    mine = open_driver("memory://")
    assert open_driver(mine) is mine
    with pytest.raises(UnsupportedArgumentValueError, match="protocol"):
        open_driver(mine, protocol=3)


@pytest.mark.parametrize("source", [None, 5, object(), ["redis://localhost"]])
async def test_anything_else_is_refused_by_its_type(source: Any) -> None:
    with pytest.raises(UnsupportedArgumentTypeError, match=type(source).__name__):
        open_driver(source)


async def test_a_password_is_in_no_description() -> None:
    for url in ("redis://user:secret@localhost:1/0", "rediss://:secret@localhost:1"):
        assert "secret" not in open_driver(url).description


async def test_memory_servers_are_shared_by_name_and_kept() -> None:
    name, other = uuid.uuid4().hex, uuid.uuid4().hex
    first = open_driver(f"memory://{name}")
    await first.execute(Command(("SET", "key", "value")))
    await first.aclose()
    again = open_driver(f"memory://{name}")
    assert await again.execute(Command(("GET", "key"))) == b"value"
    assert await open_driver(f"memory://{name}?db=1").execute(Command(("GET", "key"))) is None
    assert await open_driver(f"memory://{other}").execute(Command(("GET", "key"))) is None


async def test_memory_runs_transactions_of_one_batch() -> None:
    driver = open_driver(f"memory://{uuid.uuid4().hex}")
    await driver.execute(Command(("JSON.SET", "doc", "$", '{"n":1}')))
    words: list[tuple[Any, ...]] = [
        ("WATCH", "doc"),
        ("MULTI",),
        ("JSON.NUMINCRBY", "doc", "$.n", "1"),
        ("JSON.GET", "doc", "$"),
        ("EXEC",),
    ]
    replies = await driver.execute_many([Command(each) for each in words])
    assert replies == [b"OK", b"OK", b"QUEUED", b"QUEUED", [b"[2]", b'[{"n":2}]']]


async def test_memory_does_not_wait_where_a_server_would() -> None:
    driver = open_driver(f"memory://{uuid.uuid4().hex}")
    assert await driver.execute(Command(("BLPOP", "nothing", 0))) is None


async def test_memory_says_which_commands_it_lacks() -> None:
    driver = open_driver(f"memory://{uuid.uuid4().hex}")
    with pytest.raises(ServerError, match=r"json\.toggle"):
        await driver.execute(Command(("JSON.TOGGLE", "doc", "$")))


async def test_an_embedded_server_keeps_its_data_and_is_shared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAPYER_SERVER_PYTHON", server_python())
    url = f"embedded://{tmp_path}/data"
    first, second = open_driver(url), open_driver(url)
    await first.execute(Command(("JSON.SET", "doc", "$", '{"n":1}')))
    assert await second.execute(Command(("JSON.GET", "doc", "$"))) == b'[{"n":1}]'
    await first.aclose()
    assert await second.execute(Command(("JSON.SET", "doc", "$.n", "2"))) == b"OK"
    await second.aclose()
    third = open_driver(url)
    assert await third.execute(Command(("JSON.GET", "doc", "$"))) == b'[{"n":2}]'
    await third.aclose()


async def test_an_embedded_server_in_a_deep_folder_has_its_socket_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAPYER_SERVER_PYTHON", server_python())
    driver = open_driver(f"embedded://{tmp_path}/{'deep/' * 30}data")
    assert await driver.execute(Command(("SET", "key", "value"))) == b"OK"
    await driver.aclose()


async def test_an_embedded_server_that_died_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAPYER_SERVER_PYTHON", server_python())
    driver = open_driver(f"embedded://{tmp_path}/data")
    await driver.execute(Command(("SET", "key", "value")))
    await driver.execute_many([Command(("CONFIG", "SET", "appendfsync", "always"))])
    await driver.execute(Command(("SET", "key", "kept")))
    with pytest.raises(OutcomeUnknownError):
        await driver.execute(Command(("SHUTDOWN", "NOSAVE")))
    assert await driver.execute(Command(("GET", "key"), repeatable=True)) == b"kept"
    await driver.aclose()
