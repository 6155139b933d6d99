"""Many documents: found by keys or all of a class, complete, and in constant memory."""

from __future__ import annotations

import logging
import tracemalloc
from types import ModuleType

import pytest

from rapyer_async import AtomicRedisModel, Key, RedisConfig, init_rapyer, teardown_rapyer
from rapyer_core.errors import CorruptedModelError, KeyNotFound

from .asking import ask


class Item(AtomicRedisModel):
    number: Key[int]
    text: str = ""


class ItemToo(AtomicRedisModel):
    """Its prefix begins with that of another class."""

    Meta = RedisConfig(key_prefix="Item:too")
    name: str = ""


class Odd(AtomicRedisModel):
    Meta = RedisConfig(key_prefix="odd*[a]?")
    name: str = ""


async def items(count: int) -> list[Item]:
    return await Item.ainsert(*(Item(number=i) for i in range(count)))


async def test_all_of_a_class(rapyer: ModuleType) -> None:
    assert await Item.afind() == [] and await Item.afind_one() is None
    await items(1_234)
    found = await Item.afind()
    assert sorted(int(item.number) for item in found) == list(range(1_234))
    assert sorted(await Item.afind_keys()) == sorted(f"Item:{i}" for i in range(1_234))
    assert await found[0].text.aappend("x") == "x"


async def test_other_classes_keys_are_not_found(rapyer: ModuleType) -> None:
    await items(3)
    await ItemToo.ainsert(ItemToo(), ItemToo())
    await Odd.ainsert(Odd(), Odd(), Odd())
    await ask(Item, "JSON.SET", "odd_a_x:1", "$", "{}")
    await ask(Item, "SET", "Item:text", "no document")
    await ask(Item, "JSON.SET", "xItem:1", "$", "{}")
    assert len(await Item.afind()) == 3 == len(await Item.afind_keys())
    assert len(await ItemToo.afind()) == 2
    assert len(await Odd.afind()) == 3


async def test_by_keys_in_their_order(rapyer: ModuleType) -> None:
    await items(3)
    found = await Item.afind("2", "Item:0", "2")
    assert [item.number for item in found] == [2, 0, 2]
    with pytest.raises(KeyNotFound) as caught:
        await Item.afind("1", "7")
    assert caught.value.key == "Item:7"
    assert [item.number for item in await Item.afind("7", "1", skip_missing=True)] == [1]
    one = await Item.afind_one("7", "2", "1")
    assert one is not None and one.number == 2
    assert await Item.afind_one("7") is None


@pytest.mark.parametrize("most", [0, 1, 499, 500, 501, 700])
async def test_max_results(rapyer: ModuleType, most: int) -> None:
    await items(600)
    wanted = min(most, 600)
    found = await Item.afind(max_results=most)
    assert len({item.key for item in found}) == len(found) == wanted
    assert len(set(await Item.afind_keys(max_results=most))) == wanted
    few = await Item.afind("1", "2", "3", max_results=most)
    assert [item.number for item in few] == [1, 2, 3][:most]


async def test_corrupted_documents(rapyer: ModuleType, caplog: pytest.LogCaptureFixture) -> None:
    await items(3)
    await ask(Item, "JSON.SET", "Item:1", '$["text"]', "5")
    for keys in ((), ("0", "1", "2")):
        with pytest.raises(CorruptedModelError) as caught:
            await Item.afind(*keys)
        assert caught.value.key == "Item:1" and set(caught.value.fields) == {"text"}
        with caplog.at_level(logging.WARNING, "rapyer"):
            found = await Item.afind(*keys, skip_corrupted=True)
        assert sorted(int(item.number) for item in found) == [0, 2]
    assert sum("Item:1" in record.getMessage() for record in caplog.records) == 2


async def test_iteration(rapyer: ModuleType) -> None:
    await items(1_100)
    seen = [item.number async for item in Item.afind_iter()]
    assert sorted(map(int, seen)) == list(range(1_100))
    few = [item.number async for item in Item.afind_iter("5", "no", "3", skip_missing=True)]
    assert few == [5, 3]
    with pytest.raises(KeyNotFound):
        async for _ in Item.afind_iter("5", "no"):
            pass


async def test_iteration_while_documents_go(rapyer: ModuleType) -> None:
    await items(1_100)
    count = 0
    async for item in Item.afind_iter():
        if count == 0:
            await Item.adelete_many(*(str(i) for i in range(0, 1_100, 2)))
        count += item.number % 2
    assert count == 550


async def test_iteration_needs_constant_memory(server_url: str) -> None:
    # A real server, since the memory of the in-process one would be counted too.
    await init_rapyer(server_url, indexes="lazy")
    text, count, peak = "x" * 2_000, 0, 0
    for start in range(0, 4_000, 500):
        await Item.ainsert(*(Item(number=i, text=text) for i in range(start, start + 500)))
    tracemalloc.start()
    try:
        async for item in Item.afind_iter():
            count += len(item.text) == 2_000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        await teardown_rapyer()
    assert count == 4_000
    # All of them are 8 MB of text; a batch is 500, and its texts and models are alive together.
    assert peak < 6_000_000
