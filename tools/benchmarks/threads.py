"""The package without an event loop: threads that share it, and one alone."""

from __future__ import annotations

import time
from collections.abc import Callable

from rapyer_sync._seam import task_group
from tools.benchmarks.measuring import Benchmark, Side, Target
from tools.benchmarks.models import PlainUser, SyncUser, values
from tools.benchmarks.sides import bare, increase_command, ours_sync, redis_om_models

__all__ = ["BENCHMARKS"]

_TIMES, _FEW = 8_000, 3_000


def _in_threads(count: int, times: int, call: Callable[[], object]) -> float:
    def one() -> None:
        for _ in range(times // count):
            call()

    start = time.perf_counter()
    with task_group() as threads:  # raises what one of them raised
        for _ in range(count):
            threads.start_soon(one)
    return time.perf_counter() - start


def _ours_increase(count: int) -> Callable[[str], float]:
    def run(url: str) -> float:
        with ours_sync(url):
            user = SyncUser(**values()).save()
            user.score.increase(1)
            return _in_threads(count, _TIMES, lambda: user.score.increase(1))

    return run


def _bare_increase(count: int) -> Callable[[str], float]:
    def run(url: str) -> float:
        _, source, _, key, *args = increase_command(url)
        with bare(url) as client:
            script = client.register_script(source)
            script(keys=[key], args=args)
            return _in_threads(count, _TIMES, lambda: script(keys=[key], args=args))

    return run


def _ours_get(url: str) -> float:
    with ours_sync(url):
        key = SyncUser(**values()).save().key
        return _in_threads(1, _FEW, lambda: SyncUser.get(key))


def _bare_get(url: str) -> float:
    with bare(url) as client:
        client.execute_command("JSON.SET", "bare", "$", PlainUser(**values()).model_dump_json())
        ask = client.execute_command
        return _in_threads(
            1, _FEW, lambda: PlainUser.model_validate_json(ask("JSON.GET", "bare", "$")[1:-1])
        )


def _redis_om_get(url: str) -> float:
    model = redis_om_models(url)
    pk = model(**values()).save().pk
    return _in_threads(1, _FEW, lambda: model.get(pk))


def _ours_save(url: str) -> float:
    with ours_sync(url):
        users = iter([SyncUser(**values(number)) for number in range(_FEW)])
        return _in_threads(1, _FEW, lambda: next(users).save())


def _bare_save(url: str) -> float:
    with bare(url) as client:
        users = iter([PlainUser(**values(number)) for number in range(_FEW)])

        def save() -> None:
            user = next(users)
            client.execute_command("JSON.SET", f"bare:{user.score}", "$", user.model_dump_json())

        return _in_threads(1, _FEW, save)


def _redis_om_save(url: str) -> float:
    model = redis_om_models(url)
    users = iter([model(**values(number)) for number in range(_FEW)])
    return _in_threads(1, _FEW, lambda: next(users).save())


def _increase(count: int, least: float) -> Benchmark:
    return Benchmark(
        f"sync-increase-{count}",
        f"increase of one counter by {count} thread{'s' * (count > 1)}",
        [
            Side("sync", _ours_increase(count), _TIMES),
            Side("bare redis-py", _bare_increase(count), _TIMES),
        ],
        [Target("sync", "bare redis-py", least)],
    )


BENCHMARKS = [
    _increase(1, 1.15),
    _increase(8, 3),
    _increase(50, 3),
    Benchmark(
        "sync-get",
        "get, one thread (8 fields, one nested)",
        [
            Side("sync", _ours_get, _FEW),
            Side("bare redis-py", _bare_get, _FEW),
            Side("redis-om", _redis_om_get, _FEW),
        ],
        [Target("sync", "bare redis-py", 1), Target("sync", "redis-om", 2)],
    ),
    Benchmark(
        "sync-save",
        "save of new documents, one thread",
        [
            Side("sync", _ours_save, _FEW),
            Side("bare redis-py", _bare_save, _FEW),
            Side("redis-om", _redis_om_save, _FEW),
        ],
        [Target("sync", "bare redis-py", 1), Target("sync", "redis-om", 2)],
    ),
]
