"""How each side is put in front of a server, for the time of a block."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import anyio
import redis
import redis.asyncio

import rapyer_async
import rapyer_sync
from rapyer_core.commands import Argument
from rapyer_core.operations import Operation
from tools.benchmarks.measuring import peer
from tools.benchmarks.models import SyncUser, values

__all__ = [
    "bare",
    "bare_async",
    "in_tasks",
    "increase_command",
    "ours",
    "ours_sync",
    "peer_models",
    "redis_om_models",
]


@asynccontextmanager
async def ours(url: str) -> AsyncIterator[None]:
    """Our package for event loops."""
    await rapyer_async.init_rapyer(url)
    yield
    await rapyer_async.teardown_rapyer()


@contextmanager
def ours_sync(url: str) -> Iterator[None]:
    """Our package without an event loop."""
    rapyer_sync.init_rapyer(url)
    yield
    rapyer_sync.teardown_rapyer()


def increase_command(url: str) -> tuple[Argument, ...]:
    """Save a document and return the words that add 1 to its score: EVAL, our script, and so on.

    Everybody who is compared with us for the way to the server runs the same script there.
    """
    with ours_sync(url):
        score = SyncUser(**values()).save().score
        route = score.rapyer_route()
        assert route is not None
        operation = score.number_operation(route, "+", 1)
        assert isinstance(operation, Operation)
        return operation.by_source().args


@asynccontextmanager
async def peer_models(url: str) -> AsyncIterator[Any]:
    """rapyer 1.3.6; gives the module with its models.

    It is handed a client with room for all tasks: with the one that it makes itself, 50 tasks
    fail, as its pool has fewer connections and does not wait for one.
    """
    models = peer("tools.benchmarks.peer_rapyer")
    client: Any = redis.asyncio.Redis.from_url(url, decode_responses=True, max_connections=100)
    await models.rapyer.init_rapyer(redis=client)
    yield models
    await models.rapyer.teardown_rapyer()


def redis_om_models(url: str) -> Any:
    """redis-om, with its index made; returns its model."""
    os.environ["REDIS_OM_URL"] = url
    models = peer("tools.benchmarks.peer_redis_om")
    models.redis_om.Migrator().run()
    return models.OmUser


@asynccontextmanager
async def bare_async(url: str) -> AsyncIterator[Any]:
    """redis-py's client for asyncio."""
    client: Any = redis.asyncio.Redis.from_url(url)
    yield client
    await client.aclose()


@contextmanager
def bare(url: str) -> Iterator[Any]:
    """redis-py's blocking client."""
    client: Any = redis.Redis.from_url(url)
    yield client
    client.close()


async def in_tasks(count: int, times: int, call: Callable[[], Awaitable[object]]) -> float:
    """Have `count` tasks call `times` times in all; return the seconds."""

    async def one() -> None:
        for _ in range(times // count):
            await call()

    start = time.perf_counter()
    if count == 1:
        await one()
    else:
        async with anyio.create_task_group() as tasks:
            for _ in range(count):
                tasks.start_soon(one)
    return time.perf_counter() - start
