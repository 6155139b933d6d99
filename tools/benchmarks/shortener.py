"""The URL shortener of `examples/`, beside the same program on rapyer 1.3.6.

That one clicks from 50 tasks: with more, its pool opens as many connections. Each plain click loads
the document, which grows: time grows with the square of the clicks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import Any

import anyio

from examples.url_shortener import WORLDS
from tools.benchmarks.measuring import Benchmark, Side, Target, on_asyncio
from tools.benchmarks.sides import peer_models

__all__ = ["shortener"]


def _ours(world: str, way: str, clicks: int) -> Callable[[str], float]:
    def run(url: str) -> float:
        found = WORLDS[world](url, way, clicks)
        _require_all(clicks, found.clicks, found.noted)
        return found.seconds

    return run


def _require_all(expected: int, clicks: int, noted: int) -> None:
    if not clicks == noted == expected:
        raise RuntimeError(f"expected {expected} clicks, got {clicks}, and {noted} noted")


def _peer(clicks: int) -> Callable[[str], float]:
    async def work(url: str) -> float:
        async with peer_models(url) as models:
            short = models.PeerURL(original_url="https://example.org", created_at=_now())
            await short.asave()
            tickets = iter(range(clicks))
            start = time.perf_counter()
            async with anyio.create_task_group() as tasks:
                for _ in range(50):
                    tasks.start_soon(_peer_clicks, models.PeerURL, short.key, tickets)
            seconds = time.perf_counter() - start
            found = await models.PeerURL.aget(short.key)
            _require_all(clicks, int(found.clicks), len(found.recent_clicks))
            return seconds

    return on_asyncio(work)


async def _peer_clicks(model: Any, key: str, tickets: Iterator[int]) -> None:
    for _ in tickets:
        url = await model.aget(key)
        await url.clicks.aincrease(1)
        await url.recent_clicks.aappend(_now())


def _now() -> datetime:
    return datetime.now(timezone.utc)


def shortener(clicks: int) -> Benchmark:
    """Return the benchmark for a number of clicks."""
    return Benchmark(
        "shortener",
        f"URL shortener, {clicks:,} concurrent clicks: load, count, append; or by a handle",
        [
            Side("asyncio, handle", _ours("asyncio", "handle", clicks), clicks),
            Side("asyncio, plain", _ours("asyncio", "plain", clicks), clicks),
            Side("rapyer 1.3.6", _peer(clicks), clicks),
        ],
        [
            Target("asyncio, handle", "rapyer 1.3.6", 10),
            Target("asyncio, plain", "rapyer 1.3.6", 10),
        ],
        unit="clicks per second",
        rounds=3,
    )
