"""A URL shortener that counts every click, however many visitors come at once.

    python examples/url_shortener.py                          all three worlds, in this process
    python examples/url_shortener.py --world trio --url redis://localhost

Each visitor loads the document, counts the click and notes its time. At the end there must be
as many as there were visitors: the command fails if one was lost. The same is then done a
second way, through a handle, which loads nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from typing import NamedTuple

import anyio
from pydantic import HttpUrl

import rapyer_async
import rapyer_sync

TARGET = HttpUrl("https://example.org/a/long/way/down")
THREADS = 50


# Without an event loop: threads.


class ShortURL(rapyer_sync.AtomicRedisModel):
    short_code: rapyer_sync.Key[str]
    original_url: HttpUrl
    created_at: datetime
    clicks: rapyer_sync.RedisInt = rapyer_sync.Field(0)  # an int with atomic operations
    recent_clicks: rapyer_sync.RedisList[datetime] = rapyer_sync.Field(default_factory=list)


def click(code: str) -> None:
    """Load, count, append."""
    url = ShortURL.get(code)
    url.clicks.increase()
    url.recent_clicks.append(now())


def click_by_handle(code: str) -> None:
    """The same without loading: what it costs does not grow with the document."""
    url = ShortURL.at(code)
    url.clicks.increase()
    url.recent_clicks.append(now())


def visit(redis_url: str, way: str, clicks: int) -> Result:
    """Have a pool of threads click, and look at what the server has then."""
    rapyer_sync.init_rapyer(redis_url)
    url = ShortURL(short_code=new_code(), original_url=TARGET, created_at=now())
    url.save()
    one_click = click if way == "plain" else click_by_handle
    start = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(one_click, [url.short_code] * clicks))
    seconds = time.perf_counter() - start
    url.load()
    result = Result(url.clicks, len(url.recent_clicks), seconds)
    url.delete()
    rapyer_sync.teardown_rapyer()
    return result


# With an event loop: a task for each click. Nothing here says which loop it is.


class AsyncShortURL(rapyer_async.AtomicRedisModel):
    Meta = rapyer_async.RedisConfig(key_prefix="ShortURL")  # the same documents

    short_code: rapyer_async.Key[str]
    original_url: HttpUrl
    created_at: datetime
    clicks: rapyer_async.RedisInt = rapyer_async.Field(0)
    recent_clicks: rapyer_async.RedisList[datetime] = rapyer_async.Field(default_factory=list)


async def aclick(code: str) -> None:
    """Load, count, append."""
    url = await AsyncShortURL.aget(code)
    await url.clicks.aincrease()
    await url.recent_clicks.aappend(now())


async def aclick_by_handle(code: str) -> None:
    """The same without loading."""
    url = AsyncShortURL.at(code)
    await url.clicks.aincrease()
    await url.recent_clicks.aappend(now())


async def avisit(redis_url: str, way: str, clicks: int) -> Result:
    """Have many tasks click at once, and look at what the server has then."""
    await rapyer_async.init_rapyer(redis_url)
    url = AsyncShortURL(short_code=new_code(), original_url=TARGET, created_at=now())
    await url.asave()
    one_click = aclick if way == "plain" else aclick_by_handle
    start = time.perf_counter()
    async with anyio.create_task_group() as tasks:
        for _ in range(clicks):
            tasks.start_soon(one_click, url.short_code)
    seconds = time.perf_counter() - start
    await url.aload()
    result = Result(url.clicks, len(url.recent_clicks), seconds)
    await url.adelete()
    await rapyer_async.teardown_rapyer()
    return result


# What both use.


class Result(NamedTuple):
    """What the server had at the end."""

    clicks: int
    noted: int
    seconds: float


def now() -> datetime:
    """Return the time with its zone."""
    return datetime.now(timezone.utc)


def new_code() -> str:
    """Return a code that nobody has."""
    return uuid.uuid4().hex[:8]


def visit_on_asyncio(redis_url: str, way: str, clicks: int) -> Result:
    """Run the visit on asyncio."""
    return asyncio.run(avisit(redis_url, way, clicks))


def visit_on_trio(redis_url: str, way: str, clicks: int) -> Result:
    """Run the visit on trio, which need not be installed for the other worlds."""
    import trio

    result: Result = trio.run(avisit, redis_url, way, clicks)
    return result


WORLDS: dict[str, Callable[[str, str, int], Result]] = {
    "asyncio": visit_on_asyncio,
    "trio": visit_on_trio,
    "sync": visit,
}
WAYS = ("plain", "handle")


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return how many runs lost a click, as its exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--world", choices=WORLDS, help="default: all three")
    parser.add_argument("--clicks", type=int, default=10_000, metavar="N")
    parser.add_argument("--url", default="memory://", help="default: memory://, in this process")
    options = parser.parse_args(arguments)
    # Each plain click loads thousands of times that are dropped at once. At Python's own threshold,
    # 700 objects, looking for garbage among them takes longer than all the rest.
    gc.set_threshold(50_000)
    driver = options.url.partition("://")[0]
    print(f"{'world':8} {'driver':8} {'way':7} {'clicks':>7} {'noted':>7}  exact  seconds")
    lost = 0
    for world in [options.world] if options.world else WORLDS:
        for way in WAYS:
            found = WORLDS[world](options.url, way, options.clicks)
            exact = found.clicks == found.noted == options.clicks
            lost += not exact
            print(
                f"{world:8} {driver:8} {way:7} {found.clicks:7} {found.noted:7}  "
                f"{'yes' if exact else 'LOST':5}  {found.seconds:7.2f}",
                flush=True,
            )
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
