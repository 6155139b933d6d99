"""The real server's database that tests use: emptied before each test, and never somebody's data.

A server that the tests started is emptied whole. On one that the user named, the database
must be empty when the run begins; it is claimed by a key, so that two runs cannot share it,
and what the tests leave in it is removed key by key.
"""

from __future__ import annotations

import uuid
from typing import Any

from tools.redis_server import URL_VARIABLE, RunningServer

__all__ = ["Database"]

_CLAIM = "rapyer-tests-are-running-here"


class Database:
    """Database 0 of a real server: search knows no other one."""

    def __init__(self, server: RunningServer) -> None:
        self._server = server
        self._client: Any = server.client()
        self._claim = uuid.uuid4().hex
        if not server.started:
            self._claim_database()

    def empty(self) -> None:
        """Remove every key and every index.

        The documents go first: to drop an index that has some corrupts the server's memory now and
        then, FLUSHALL included (docs/server-facts.md).
        """
        indexes = self._client.execute_command("FT._LIST")
        if indexes or not self._server.started:
            self._remove_keys()
        for index in indexes:
            self._client.execute_command("FT.DROPINDEX", index)
        if self._server.started:
            self._client.flushall()

    def _remove_keys(self) -> None:
        keys = [key for key in self._client.scan_iter(count=1000) if key != _CLAIM.encode()]
        for start in range(0, len(keys), 1000):
            self._client.delete(*keys[start : start + 1000])

    def close(self) -> None:
        """Leave a claimed database as it was found, and close the connection."""
        if not self._server.started:
            self.empty()
            self._client.delete(_CLAIM)
        self._client.close()

    def _claim_database(self) -> None:
        keys, indexes = self._client.dbsize(), self._client.execute_command("FT._LIST")
        if keys or indexes or not self._client.set(_CLAIM, self._claim, nx=True):
            self._client.close()
            raise RuntimeError(
                f"expected an empty database where {URL_VARIABLE} points to, which tests may fill "
                f"and empty; got one with {keys} keys and {len(indexes)} indexes"
            )
