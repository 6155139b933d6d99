"""A real index over documents of one class, asked the way the library asks it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

import redis

from rapyer_core.search.compiling import CompiledQuery, compiled
from rapyer_core.search.conditions import Condition
from rapyer_core.search.evaluating import matches, nearest_of, parsed
from rapyer_core.search.limits import Limits
from rapyer_core.search.schema import index_schema

__all__ = ["NO_LIMITS", "Asked", "lift_limits", "put_limits_back"]

NO_LIMITS = Limits(expansions=2**31, least_prefix=1)
"""What `lift_limits` makes the server's limits."""

_client: Any = getattr(redis.Redis, "from_url")  # noqa: B009 - an attribute would be typed


class Asked:
    """Documents of a class on a server, with the class' index."""

    def __init__(self, url: str, cls: Any) -> None:
        self.client: Any = _client(url, protocol=2)
        self.cls = cls
        self.documents: dict[str, Any] = {}
        self.index = f"idx:{cls.class_key_initials()}"
        self.prefix = f"{cls.class_key_initials()}:"

    def put(self, models: Iterable[Any]) -> None:
        """Replace the documents, and index them."""
        if self.documents:
            self.client.execute_command("FT.DROPINDEX", self.index, "DD")
        self.client.execute_command(*index_schema(self.cls).create_args(self.index, self.prefix))
        self.cls.insert(*models)
        self.documents = self._stored()
        self._wait()

    def _stored(self) -> dict[str, Any]:
        keys = [key.decode() for key in self.client.scan_iter(match=f"{self.prefix}*", count=1000)]
        texts = self.client.execute_command("JSON.MGET", *keys, "$") if keys else []
        return {key: parsed(text)[0] for key, text in zip(keys, texts, strict=True)}

    def _wait(self) -> None:
        for _ in range(1_000):
            told = self.client.execute_command("FT.INFO", self.index)
            info: dict[bytes, Any] = dict(zip(told[::2], told[1::2], strict=True))
            count, failed = int(info[b"num_docs"]), int(info[b"hash_indexing_failures"])
            assert not failed, f"{failed} documents were left out of the index"
            if count == len(self.documents):
                return
            time.sleep(0.002)
        raise AssertionError(f"the index holds {count} of {len(self.documents)} documents")

    def found(self, query: CompiledQuery) -> list[str]:
        """Return the keys that the server finds for a query, before the residual."""
        args = (
            self.index,
            query.text,
            "NOCONTENT",
            "TIMEOUT",
            "0",
            "LIMIT",
            "0",
            "10000",
            *query.arguments(),
        )
        reply = self.client.execute_command("FT.SEARCH", *args)
        return [key.decode() for key in reply[1:]]

    def by_index(self, condition: Condition, limits: Limits | None = None) -> set[str]:
        """Return the keys of what is found by the index, and the residual where there is one."""
        query = compiled(condition, self.cls, limits)
        keys = self.found(query)
        assert len(keys) == len(set(keys))
        if query.residual is not None:
            documents = self.documents
            keys = [key for key in keys if matches(query.residual, documents[key], key)]
            if query.nearest is not None:
                found = [(key, documents[key]) for key in keys]
                keys = [key for key, _ in nearest_of(query.nearest, found)]
        return set(keys)

    def by_evaluator(self, condition: Condition) -> set[str]:
        """Return the keys of what is found without an index."""
        return {key for key, each in self.documents.items() if matches(condition, each, key)}

    def check(self, conditions: Sequence[Condition], limits: Limits | None = None) -> None:
        """Raise unless both find the same."""
        for condition in conditions:
            by_index, by_evaluator = self.by_index(condition, limits), self.by_evaluator(condition)
            if by_index != by_evaluator:
                query = compiled(condition, self.cls, limits)
                differing = by_index ^ by_evaluator
                raise AssertionError(
                    f"{condition!r}\n{query}\nonly by the index: {by_index - by_evaluator}\n"
                    f"only by the evaluator: {by_evaluator - by_index}\n"
                    f"{ {key: self.documents[key] for key in differing} }"
                )

    def close(self) -> None:
        """Drop the index and the connection."""
        if self.documents:
            self.client.execute_command("FT.DROPINDEX", self.index, "DD")
        self.client.close()


def lift_limits(client: Any) -> None:
    """Let prefixes and patterns stand for any number of terms."""
    client.execute_command("FT.CONFIG", "SET", "MAXPREFIXEXPANSIONS", str(2**31))
    client.execute_command("FT.CONFIG", "SET", "MINPREFIX", "1")


def put_limits_back(client: Any) -> None:
    """Make the server's limits what they are by default."""
    client.execute_command("FT.CONFIG", "SET", "MAXPREFIXEXPANSIONS", "200")
    client.execute_command("FT.CONFIG", "SET", "MINPREFIX", "2")
