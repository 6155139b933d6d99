"""What all-or-nothing costs: four operations in a pipeline, next to MULTI/EXEC of plain commands.

MULTI/EXEC keeps others out and undoes nothing: where one of its commands fails, the others stay.
Nor does it check what it changes: an increment wraps at 64 bits, or makes an integer a float.

What it costs is what a block takes next to the same block, of the same models, that is sent as
MULTI/EXEC and not as a script. Next to them stands what plain redis-py takes, without any models.
Two more look at the server alone, with the same bytes sent by a bare socket: by the clock, and by
the server's own count of the time that it was busy with them (`INFO commandstats`).
"""

from __future__ import annotations

import contextlib
import time
import unittest.mock
from collections.abc import Callable, Generator, Sequence
from typing import Any

import redis

import rapyer_async.pipelines
import rapyer_sync
import rapyer_sync.pipelines
from rapyer_core.batches import Batch
from rapyer_core.commands import Argument, Command
from rapyer_core.operations import Operation
from rapyer_core.paths import shortened
from tools.benchmarks.measuring import Benchmark, Side, Target, on_asyncio, on_trio
from tools.benchmarks.models import AsyncUser, SyncUser, values
from tools.benchmarks.sides import bare, bare_async, in_tasks, ours, ours_sync

__all__ = ["BENCHMARKS"]

_TIMES = 2_990
_TASKS = 50


def _commands(key: str) -> list[tuple[Argument, ...]]:
    return [
        ("JSON.NUMINCRBY", key, "$.score", 1),
        ("JSON.NUMINCRBY", key, "$.age", 1),
        ("JSON.NUMINCRBY", key, "$.rating", 0.5),
        ("JSON.SET", key, "$.name", '"somebody"'),
    ]


async def _ours(url: str) -> float:
    async with ours(url):
        user = await AsyncUser(**values()).asave()
        start = time.perf_counter()
        for _ in range(_TIMES):
            async with user.apipeline():
                user.score += 1
                user.age += 1
                user.rating += 0.5
                user.name = "somebody"
        return time.perf_counter() - start


def _ours_sync(url: str) -> float:
    with ours_sync(url):
        user = SyncUser(**values()).save()
        start = time.perf_counter()
        for _ in range(_TIMES):
            with user.pipeline():
                user.score += 1
                user.age += 1
                user.rating += 0.5
                user.name = "somebody"
        return time.perf_counter() - start


# The same models and driver, but MULTI/EXEC in place of the script.


def _plain(operation: Operation) -> Command:
    """Return the plain command for an operation of the block, without its checks."""
    path = shortened(str(operation.path))
    if operation.name == "value_put":
        return Command(("JSON.SET", operation.key, path, operation.args[1]))
    amount = operation.args[operation.name == "float_change"]
    return Command(("JSON.NUMINCRBY", operation.key, path, amount))


def _transaction(batch: Batch) -> list[Command]:
    return [Command(("MULTI",)), *map(_plain, batch.operations), Command(("EXEC",))]


def _as_of_script(replies: Sequence[Any]) -> list[Any]:
    """Return the reply of EXEC in the shape of the script's."""
    return [0, [reply[1:-1] if reply[:1] == b"[" else 1 for reply in replies[-1]]]


async def _sent_plainly(driver: Any, batch: Batch, is_once: bool) -> Any:
    return _as_of_script(await driver.execute_many(_transaction(batch)))


def _sent_plainly_sync(driver: Any, batch: Batch, is_once: bool) -> Any:
    return _as_of_script(driver.execute_many(_transaction(batch)))


async def _as_transaction(url: str) -> float:
    with unittest.mock.patch.object(rapyer_async.pipelines, "deliver", _sent_plainly):
        return await _ours(url)


def _as_transaction_sync(url: str) -> float:
    with unittest.mock.patch.object(rapyer_sync.pipelines, "deliver", _sent_plainly_sync):
        return _ours_sync(url)


async def _as_transaction_tasks(url: str) -> float:
    with unittest.mock.patch.object(rapyer_async.pipelines, "deliver", _sent_plainly):
        return await _ours_tasks(url)


async def _bare(url: str) -> float:
    async with bare_async(url) as client:
        with ours_sync(url):
            key = SyncUser(**values()).save().key
        start = time.perf_counter()
        for _ in range(_TIMES):
            transaction = client.pipeline(transaction=True)
            for words in _commands(key):
                transaction.execute_command(*words)
            await transaction.execute()
        return time.perf_counter() - start


def _bare_sync(url: str) -> float:
    with ours_sync(url):
        key = SyncUser(**values()).save().key
    with bare(url) as client:
        start = time.perf_counter()
        for _ in range(_TIMES):
            transaction = client.pipeline(transaction=True)
            for words in _commands(key):
                transaction.execute_command(*words)
            transaction.execute()
        return time.perf_counter() - start


async def _ours_tasks(url: str) -> float:
    async with ours(url):
        users = iter([await AsyncUser(**values()).asave() for _ in range(_TASKS)] * _TIMES)

        async def one() -> None:
            user = next(users)
            async with user.apipeline():
                user.score += 1
                user.age += 1
                user.rating += 0.5
                user.name = "somebody"

        return await in_tasks(_TASKS, _TIMES, one)


async def _bare_tasks(url: str) -> float:
    async with bare_async(url) as client:
        with ours_sync(url):
            keys = iter([SyncUser(**values()).save().key for _ in range(_TASKS)] * _TIMES)

        async def one() -> None:
            transaction = client.pipeline(transaction=True)
            for words in _commands(next(keys)):
                transaction.execute_command(*words)
            await transaction.execute()

        return await in_tasks(_TASKS, _TIMES, one)


# The server's part: prepared bytes, sent again and again.


def _pipeline_words(url: str) -> list[tuple[Argument, ...]]:
    """Run the pipeline once, so that the server knows its script; return the command it sends."""
    with ours_sync(url):
        user = SyncUser(**values()).save()
        with user.pipeline():
            user.score += 1
            user.age += 1
            user.rating += 0.5
            user.name = "somebody"
            scope = rapyer_sync.current_scope()
            assert scope is not None
            command = Batch(list(scope.operations), True).by_sha()
    return [command.args]


def _transaction_words(url: str) -> list[tuple[Argument, ...]]:
    with ours_sync(url):
        key = SyncUser(**values()).save().key
    return [("MULTI",), *_commands(key), ("EXEC",)]


Words = Callable[[str], list[tuple[Argument, ...]]]


@contextlib.contextmanager
def _connection(url: str) -> Generator[Any]:
    client: Any = redis.Redis.from_url(url)
    connection = client.connection_pool.make_connection()
    connection.connect()
    yield connection
    connection.disconnect()
    client.close()


def _raw(words: Words) -> Callable[[str], float]:
    def run(url: str) -> float:
        sent = words(url)
        with _connection(url) as connection:
            packed = b"".join(connection.pack_commands(sent))
            start = time.perf_counter()
            for _ in range(_TIMES):
                connection.send_packed_command([packed])
                for _ in sent:
                    connection.read_response()
            return time.perf_counter() - start

    return run


def _busy(words: Words) -> Callable[[str], float]:
    """Return what does the same, and returns how long the server says that it took."""
    run = _raw(words)

    def counted(url: str) -> float:
        with bare(url) as client:
            client.config_resetstat()
            run(url)
            counts = client.info("commandstats")
        names = ("cmdstat_evalsha", "cmdstat_multi", "cmdstat_exec")
        # One pipeline is run beforehand: one in thousands.
        spent: int = sum(counts[name]["usec"] for name in names if name in counts)
        return spent / 1e6

    return counted


# A pipeline may cost at most 1.3 times what MULTI/EXEC of the same commands does.
_LEAST = 1 / 1.3

BENCHMARKS = [
    Benchmark(
        "pipeline-4",
        "four operations, all or nothing, next to MULTI/EXEC, one after the other",
        [
            Side("asyncio", on_asyncio(_ours), _TIMES),
            Side("trio", on_trio(_ours), _TIMES),
            Side("sync", _ours_sync, _TIMES),
            Side("asyncio, by MULTI", on_asyncio(_as_transaction), _TIMES),
            Side("trio, by MULTI", on_trio(_as_transaction), _TIMES),
            Side("sync, by MULTI", _as_transaction_sync, _TIMES),
            Side("redis-py asyncio", on_asyncio(_bare), _TIMES),
            Side("redis-py", _bare_sync, _TIMES),
        ],
        [
            Target("asyncio", "asyncio, by MULTI", _LEAST),
            Target("trio", "trio, by MULTI", _LEAST),
            Target("sync", "sync, by MULTI", _LEAST),
            Target("asyncio", "redis-py asyncio", _LEAST),
            Target("sync", "redis-py", _LEAST),
        ],
    ),
    Benchmark(
        "pipeline-4-tasks",
        f"the same by {_TASKS} tasks, a document each",
        [
            Side("asyncio", on_asyncio(_ours_tasks), _TIMES),
            Side("trio", on_trio(_ours_tasks), _TIMES),
            Side("asyncio, by MULTI", on_asyncio(_as_transaction_tasks), _TIMES),
            Side("trio, by MULTI", on_trio(_as_transaction_tasks), _TIMES),
            Side("redis-py asyncio", on_asyncio(_bare_tasks), _TIMES),
        ],
        [
            Target("asyncio", "asyncio, by MULTI", _LEAST),
            Target("trio", "trio, by MULTI", _LEAST),
            Target("asyncio", "redis-py asyncio", _LEAST),
        ],
    ),
    Benchmark(
        "pipeline-4-raw",
        "the same bytes by a bare socket, one after the other",
        [
            Side("script", _raw(_pipeline_words), _TIMES),
            Side("MULTI", _raw(_transaction_words), _TIMES),
        ],
        [Target("script", "MULTI", _LEAST)],
    ),
    Benchmark(
        "pipeline-4-server",
        "the same, per second that the server was busy with them",
        [
            Side("script", _busy(_pipeline_words), _TIMES),
            Side("MULTI", _busy(_transaction_words), _TIMES),
        ],
        [Target("script", "MULTI", _LEAST)],
        unit="per second of the server's",
    ),
]
