"""Models go to other processes and come back: pickled, whatever way the process is started."""

from __future__ import annotations

import multiprocessing
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import anyio
import pytest

import rapyer_async
import rapyer_sync

from .sent_models import Part, SentAsync, SentSync, change_async, change_sync

MARKS = {"a", "b", "c", "d", "e", "f"}
WAYS = ("spawn", "forkserver", "fork")


def there(way: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """Return what a function returns in another process."""
    context: Any = multiprocessing.get_context(way)
    with warnings.catch_warnings():
        # Other tests have left threads behind, which a fork warns of since Python 3.12.
        warnings.simplefilter("ignore", DeprecationWarning)
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            return pool.submit(function, *arguments).result(60)


def check(model: Any, returned: Any) -> None:
    for each in (model, returned):
        assert (each.name, each.count, each.words) == ("changed", 6, ["here", "there"])
        assert each.part == Part(name="p", count=2)
    assert returned.key == model.key and type(returned) is type(model)


@pytest.mark.parametrize("way", WAYS)
def test_a_sync_model(way: str, server_url: str) -> None:
    rapyer_sync.init_rapyer(server_url, indexes="lazy")
    model: Any = SentSync(
        name="a", count=1, words=["here"], part=Part(name="p"), marks=MARKS
    ).save()
    assert (model.part.name, model.marks) == ("p", MARKS)
    model.name = "changed"
    returned = there(way, change_sync, server_url, model)
    check(model.load(), returned)
    assert returned.count.increase() == 7
    rapyer_sync.teardown_rapyer()


@pytest.mark.parametrize("way", WAYS)
def test_an_async_model(way: str, server_url: str) -> None:
    async def send() -> None:
        await rapyer_async.init_rapyer(server_url, indexes="lazy")
        model: Any = await SentAsync(
            name="a", count=1, words=["here"], part=Part(name="p"), marks=MARKS
        ).asave()
        assert (model.part.name, model.marks) == ("p", MARKS)
        model.name = "changed"
        returned = await anyio.to_thread.run_sync(there, way, change_async, server_url, model)
        check(await model.aload(), returned)
        assert await returned.count.aincrease() == 7
        await rapyer_async.teardown_rapyer()

    anyio.run(send)
