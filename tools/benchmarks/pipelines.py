"""What all-or-nothing costs: four operations in a pipeline, next to MULTI/EXEC of plain commands.

MULTI/EXEC keeps others out and undoes nothing: where one of its commands fails, the others stay.
"""

from __future__ import annotations

import time

from rapyer_async.clients import driver_of
from rapyer_core.commands import Argument, Command
from tools.benchmarks.measuring import Benchmark, Side, Target, on_asyncio, on_trio
from tools.benchmarks.models import AsyncUser, SyncUser, values
from tools.benchmarks.sides import bare, bare_async, ours, ours_sync

__all__ = ["BENCHMARKS"]

_TIMES = 3_000


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


async def _native(url: str) -> float:
    """The same driver, without models, a script or anything to undo."""
    async with ours(url):
        user = await AsyncUser(**values()).asave()
        driver, commands = driver_of(AsyncUser), _commands(user.key)
        start = time.perf_counter()
        for _ in range(_TIMES):
            words = [("MULTI",), *commands, ("EXEC",)]
            await driver.execute_many([Command(each) for each in words])
        return time.perf_counter() - start


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
            Side("MULTI, native driver", on_asyncio(_native), _TIMES),
            Side("MULTI, redis-py asyncio", on_asyncio(_bare), _TIMES),
            Side("MULTI, redis-py", _bare_sync, _TIMES),
        ],
        [
            Target("asyncio", "MULTI, redis-py asyncio", _LEAST),
            Target("asyncio", "MULTI, native driver", _LEAST),
            Target("sync", "MULTI, redis-py", _LEAST),
        ],
    ),
]
