"""Whole documents: read, saved, inserted and found."""

from __future__ import annotations

import gc
import time
from collections.abc import Awaitable, Callable

from tools.benchmarks.measuring import Benchmark, Measured, Side, Target, on_asyncio, on_trio
from tools.benchmarks.models import AsyncUser, IndexedUser, PlainUser, values
from tools.benchmarks.sides import (
    bare,
    bare_async,
    in_tasks,
    ours,
    peer_models,
    redis_om_models,
)

__all__ = ["BENCHMARKS"]

_MANY, _FEW, _DOCUMENTS = 10_000, 2_000, 10_000


def _ours_get(tasks: int, times: int) -> Measured:
    async def work(url: str) -> float:
        async with ours(url):
            key = (await AsyncUser(**values()).asave()).key
            await AsyncUser.aget(key)
            return await in_tasks(tasks, times, lambda: AsyncUser.aget(key))

    return work


def _peer_get(tasks: int, times: int) -> Measured:
    async def work(url: str) -> float:
        async with peer_models(url) as models:
            user = models.PeerUser(**values())
            await user.asave()
            return await in_tasks(tasks, times, lambda: models.PeerUser.aget(user.key))

    return work


async def _ours_save(url: str) -> float:
    async with ours(url):
        users = iter([AsyncUser(**values(number)) for number in range(_FEW)])
        return await in_tasks(1, _FEW, lambda: next(users).asave())


async def _peer_save(url: str) -> float:
    async with peer_models(url) as models:
        users = iter([models.PeerUser(**values(number)) for number in range(_FEW)])
        return await in_tasks(1, _FEW, lambda: next(users).asave())


def _start() -> float:
    """Return the time, once the garbage of what came before is gone: it is nobody's part."""
    gc.collect()
    return time.perf_counter()


async def _timed(call: Callable[[], Awaitable[object]]) -> float:
    start = _start()
    await call()
    return time.perf_counter() - start


async def _ours_insert(url: str) -> float:
    async with ours(url):
        users = [AsyncUser(**values(number)) for number in range(_DOCUMENTS)]
        return await _timed(lambda: AsyncUser.ainsert(*users))


async def _peer_insert(url: str) -> float:
    async with peer_models(url) as models:
        users = [models.PeerUser(**values(number)) for number in range(_DOCUMENTS)]
        return await _timed(lambda: models.PeerUser.ainsert(*users))


async def _bare_insert(url: str) -> float:
    async with bare_async(url) as client:
        users = [PlainUser(**values(number)) for number in range(_DOCUMENTS)]
        start = _start()
        async with client.pipeline(transaction=False) as pipe:
            for number, user in enumerate(users):
                pipe.execute_command("JSON.SET", f"bare:{number}", "$", user.model_dump_json())
            await pipe.execute()
        return time.perf_counter() - start


def _filled(url: str, prefix: str) -> None:
    """Write the documents in the plainest way: it is not what is measured."""
    with bare(url) as client:
        pipe = client.pipeline(transaction=False)
        for number in range(_DOCUMENTS):
            text = PlainUser(**values(number)).model_dump_json()
            pipe.execute_command("JSON.SET", f"{prefix}:{number}", "$", text)
        pipe.execute()


async def _ours_find(url: str) -> float:
    _filled(url, "AsyncUser")
    async with ours(url):
        await AsyncUser.afind("0")
        return await _timed(AsyncUser.afind)


async def _peer_find(url: str) -> float:
    async with peer_models(url) as models:
        # By itself: it stores dates in a form of its own.
        users = [models.PeerUser(**values(number)) for number in range(_DOCUMENTS)]
        await models.PeerUser.ainsert(*users)
        return await _timed(models.PeerUser.afind)


def _redis_om_find(url: str) -> float:
    model = redis_om_models(url)
    for number in range(_DOCUMENTS):
        model(**values(number)).save()
    start = _start()
    found = len(model.find().all(batch_size=1000))
    seconds = time.perf_counter() - start
    if found != _DOCUMENTS:
        raise RuntimeError(f"expected {_DOCUMENTS} documents, found {found}")
    return seconds


async def _ours_find_by(url: str) -> float:
    _filled(url, "IndexedUser")
    async with ours(url):
        query = IndexedUser.where(IndexedUser.age == values()["age"])
        await query.wait_for_index().acount()
        return await _timed(query.aall)


def _redis_om_find_by(url: str) -> float:
    model = redis_om_models(url)
    for number in range(_DOCUMENTS):
        model(**values(number)).save()
    start = _start()
    found = len(model.find(model.age == values()["age"]).all(batch_size=1000))
    seconds = time.perf_counter() - start
    if found != _DOCUMENTS:
        raise RuntimeError(f"expected {_DOCUMENTS} documents, found {found}")
    return seconds


async def _bare_find(url: str) -> float:
    _filled(url, "bare")
    async with bare_async(url) as client:
        start = _start()
        keys = [key async for key in client.scan_iter("bare:*", count=1000)]
        texts = await client.execute_command("JSON.MGET", *keys, "$")
        found = [PlainUser.model_validate_json(text[1:-1]) for text in texts]
        seconds = time.perf_counter() - start
        assert len(found) == _DOCUMENTS
        return seconds


def _get(name: str, what: str, tasks: int, times: int, least: float) -> Benchmark:
    peer_times = times // 5 if tasks > 1 else times
    return Benchmark(
        name,
        what,
        [
            Side("asyncio", on_asyncio(_ours_get(tasks, times)), times),
            Side("trio", on_trio(_ours_get(tasks, times)), times),
            Side("rapyer 1.3.6", on_asyncio(_peer_get(tasks, peer_times)), peer_times),
        ],
        [Target("asyncio", "rapyer 1.3.6", least)],
    )


BENCHMARKS = [
    _get("get-50", "aget by 50 concurrent tasks (8 fields, one nested)", 50, _MANY, 8),
    _get("get-1", "aget, one after the other", 1, _FEW, 2.6),
    Benchmark(
        "save-new",
        "asave of new documents, one after the other",
        [
            Side("asyncio", on_asyncio(_ours_save), _FEW),
            Side("trio", on_trio(_ours_save), _FEW),
            Side("rapyer 1.3.6", on_asyncio(_peer_save), _FEW),
        ],
        [Target("asyncio", "rapyer 1.3.6", 3.5)],
    ),
    Benchmark(
        "insert",
        "ainsert of 10,000 documents",
        [
            Side("asyncio", on_asyncio(_ours_insert), _DOCUMENTS),
            Side("trio", on_trio(_ours_insert), _DOCUMENTS),
            Side("rapyer 1.3.6", on_asyncio(_peer_insert), _DOCUMENTS),
            Side("bare pipeline", on_asyncio(_bare_insert), _DOCUMENTS),
        ],
        [Target("asyncio", "rapyer 1.3.6", 3), Target("asyncio", "bare pipeline", 0.7)],
    ),
    Benchmark(
        "find",
        "afind() of all of 10,000 documents",
        [
            Side("asyncio", on_asyncio(_ours_find), _DOCUMENTS),
            Side("trio", on_trio(_ours_find), _DOCUMENTS),
            Side("rapyer 1.3.6", on_asyncio(_peer_find), _DOCUMENTS),
            Side("redis-om", _redis_om_find, _DOCUMENTS),
            Side("bare redis-py", on_asyncio(_bare_find), _DOCUMENTS),
        ],
        [
            Target("asyncio", "rapyer 1.3.6", 12),
            Target("asyncio", "redis-om", 3),
            Target("asyncio", "bare redis-py", 0.6),
        ],
        rounds=3,
    ),
    Benchmark(
        "find-by",
        "10,000 documents found by an indexed number",
        [
            Side("asyncio", on_asyncio(_ours_find_by), _DOCUMENTS),
            Side("trio", on_trio(_ours_find_by), _DOCUMENTS),
            Side("redis-om", _redis_om_find_by, _DOCUMENTS),
        ],
        [Target("asyncio", "redis-om", 3)],
        rounds=3,
    ),
]
