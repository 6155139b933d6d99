"""What the tests of handed-over clients share. Waiting clients know one event loop only."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.proxy import Proxy, running_proxy
from tools.redis_server import RunningServer, running_cluster, running_server


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def cluster() -> Iterator[list[RunningServer]]:
    """Three primaries."""
    with running_cluster(3) as servers:
        yield servers


@pytest.fixture
def empty_cluster(cluster: list[RunningServer]) -> list[RunningServer]:
    for server in cluster:
        server.client().flushall()
    return cluster


@pytest.fixture
def proxy(server_url: str) -> Iterator[Proxy]:
    with running_proxy(server_url) as proxy:
        yield proxy


@pytest.fixture(scope="session")
def locked_server() -> Iterator[RunningServer]:
    """A server that requires a password."""
    with running_server(password="right") as server:
        yield server
