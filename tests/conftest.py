"""Where tests find a server. Without one they fail: none is ever skipped.

`redis_url` runs a test on the in-process server and on a real one; `server_url` is a real
one. Both give an empty database.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.database import Database
from tools.redis_server import RunningServer, running_server


@pytest.fixture(scope="session")
def real_server() -> Iterator[RunningServer]:
    """A real server with JSON and search: the one RAPYER_TEST_REDIS_URL names, or our own."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def server_url(real_server: RunningServer) -> str:
    """The real server's URL. Each test that asks for it finds the database empty."""
    return real_server.url


@pytest.fixture(scope="session")
def database(real_server: RunningServer) -> Iterator[Database]:
    """The database of the real server that tests fill and empty."""
    database = Database(real_server)
    yield database
    database.close()


@pytest.fixture(autouse=True)
def _empty_database(request: pytest.FixtureRequest) -> None:
    # By name, since only tests that use the real server should start it.
    if "server_url" in request.fixturenames:
        request.getfixturevalue("database").empty()


@pytest.fixture(params=["memory", "real"])
def redis_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty server, in the process and real."""
    if request.param == "memory":
        return f"memory://{uuid.uuid4().hex}"
    request.getfixturevalue("database").empty()
    url: str = request.getfixturevalue("server_url")
    return url


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how much was interleaved: a run that interleaved nothing would pass as well."""
    totals: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", None) == "teardown":
                for name, counts in report.user_properties:
                    if name == "interleaved":
                        totals.update(counts)
    if totals:
        told = ", ".join(f"{count} {name}" for name, count in sorted(totals.items()))
        terminalreporter.write_line(f"interleaved on one document: {told}")
