"""A client that a sentinel gave is a client like others."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
import redis
import redis.asyncio
import redis.asyncio.sentinel
import redis.sentinel

import rapyer_async.drivers.opening
import rapyer_sync.drivers.opening
from rapyer_core.commands import Command
from tools.redis_server import available_programs, running_server


@pytest.fixture(scope="module")
def sentinel_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a sentinel that watches one server under the name `mine`."""
    folder = tmp_path_factory.mktemp("sentinel")
    with running_server(own=True) as server, running_server(own=True) as probe:
        port = probe.port
        probe.stop()
        settings = f"port {port}\nbind 127.0.0.1\nsentinel monitor mine 127.0.0.1 {server.port} 1\n"
        (folder / "sentinel.conf").write_text(settings)
        process = _start(folder)
        try:
            _wait_for(port)
            yield port
        finally:
            process.terminate()
            process.wait(10)


def _start(folder: Path) -> subprocess.Popen[bytes]:
    program = next(available_programs())
    return subprocess.Popen(
        [program.binary, str(folder / "sentinel.conf"), "--sentinel"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        cwd=folder,
    )


def _wait_for(port: int) -> None:
    pause = threading.Event()
    for _ in range(500):
        with suppress(redis.ConnectionError), closing(redis.Redis(port=port)) as client:
            client.ping()
            return
        pause.wait(0.01)
    raise AssertionError("the sentinel does not answer")


def test_a_blocking_client_of_a_sentinel(sentinel_port: int) -> None:
    make: Any = redis.sentinel.Sentinel
    sentinel = make([("127.0.0.1", sentinel_port)])
    client: Any = sentinel.master_for("mine", decode_responses=True)
    driver = rapyer_sync.drivers.opening.open_driver(client)
    assert driver.execute(Command(("SET", "text", "é"))) == b"OK"
    assert driver.execute_many([Command(("GET", "text"))]) == ["é".encode()]
    client.close()
    for each in sentinel.sentinels:
        each.close()


async def test_a_waiting_client_of_a_sentinel(sentinel_port: int) -> None:
    make: Any = redis.asyncio.sentinel.Sentinel
    sentinel = make([("127.0.0.1", sentinel_port)])
    client: Any = sentinel.master_for("mine", decode_responses=True)
    driver = rapyer_async.drivers.opening.open_driver(client)
    assert await driver.execute(Command(("SET", "text", "é"))) == b"OK"
    assert await driver.execute_many([Command(("GET", "text"))]) == ["é".encode()]
    await client.aclose()
    for each in sentinel.sentinels:
        await each.aclose()
