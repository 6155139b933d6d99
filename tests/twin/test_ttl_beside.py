"""Keys beside a document have its lifetime: set, started anew, and taken on with it."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Annotated, Any

import pytest
from pydantic import BaseModel

from rapyer_async import (
    ActionGroup,
    AtomicRedisModel,
    Capped,
    CascadeResult,
    CascadeTTL,
    Field,
    Key,
    RedisConfig,
    RedisPriorityQueue,
    RedisSet,
    Reference,
    apipeline,
)

from .asking import ask
from .counting import counted


class BesidePart(BaseModel):
    marks: RedisSet[str] = Field(default_factory=set)


class BesideDocument(AtomicRedisModel):
    code: Key[str]
    count: int = 0
    odd: list[int] = []
    tags: RedisSet[str] = Field(default_factory=set)
    part: BesidePart = Field(default_factory=BesidePart)
    empty: RedisSet[int] = Field(default_factory=set)
    queue: RedisPriorityQueue[str] = Field(default_factory=list)
    last: Annotated[list[int], Capped(2)] = [1, 2]


class BesideRefreshed(BesideDocument):
    Meta = RedisConfig(ttl=100)


class BesideKept(BesideDocument):
    Meta = RedisConfig(ttl=100, refresh_ttl=False)


class BesideHolder(AtomicRedisModel):
    Meta = RedisConfig(ttl=300)
    document: Annotated[Reference[BesideDocument], CascadeTTL()]
    own: RedisSet[str] = Field(default_factory=set)


async def lifetimes(model: AtomicRedisModel) -> set[int]:
    """Return the lifetimes of a document and of what is beside it, up to the tens; -1 for none."""
    pattern = f"__rapyer_special__:{{{model.key}}}:*"
    keys = [model.key, *await ask(type(model), "KEYS", pattern)]
    left = [await ask(type(model), "TTL", key) for key in keys]
    return {-(-seconds // 10) * 10 if seconds > 0 else seconds for seconds in left}


async def made(cls: type[BesideDocument]) -> BesideDocument:
    """Return a model whose document was given half of its lifetime."""
    await ask(cls, "FLUSHDB")
    model = await cls(code="a", tags={"x", "y"}, part=BesidePart(marks={"m"})).asave()
    await model.aset_ttl(50)
    assert await lifetimes(model) == {50}
    return model


async def save(model: BesideDocument) -> None:
    model.count += 1
    model.tags.add("z")
    await model.asave()


async def force(model: BesideDocument) -> None:
    await model.asave(force=True)
    await type(model).ainsert(model)


async def increase(model: BesideDocument) -> None:
    await model.count.aincrease()


async def add(model: BesideDocument) -> None:
    await model.tags.aadd("z")


async def begin(model: BesideDocument) -> None:
    await model.empty.aadd(1)


async def remove(model: BesideDocument) -> None:
    await model.tags.aremove("x")


async def ask_for_members(model: BesideDocument) -> None:
    await model.tags.amembers()
    await model.part.marks.acontains("m")


async def push(model: BesideDocument) -> None:
    await model.queue.apush("a", 1)
    await model.queue.apush_many([("b", 2), ("c", 3)])


async def work(model: BesideDocument) -> None:
    await model.queue.apush_many([("a", 1), ("b", 2), ("c", 3)])
    assert await model.queue.apop() == "a"
    await model.queue.aremove("b")


async def use_up(model: BesideDocument) -> None:
    """The key is gone with its last member, and is made anew with the document's lifetime."""
    await model.tags.aclear()
    await model.tags.aadd("n")
    await model.queue.apush("a", 1)
    await model.queue.aclear()
    await model.queue.apush("a", 1)


async def look_at_queue(model: BesideDocument) -> None:
    await model.queue.apush("a", 1)
    await model.queue.apeek()
    await model.queue.aitems()
    await model.queue.asize()


async def append_capped(model: BesideDocument) -> None:
    await model.last.aappend(3)
    await model.last.ainsert(0, 4)


async def get(model: BesideDocument) -> None:
    await type(model).aget(model.key)


async def get_part(model: BesideDocument) -> None:
    await type(model).aget(model.key, only=["count"])


async def find(model: BesideDocument) -> None:
    assert len(await type(model).afind()) == 1


async def load(model: BesideDocument) -> None:
    await model.aload()


async def load_field(model: BesideDocument) -> None:
    await model.count.aload()
    await model.odd.alength()


async def apply(model: BesideDocument) -> None:
    await model.count.aapply(lambda count: count + 1)
    await model.aapply(lambda held: held)


async def make_or_get(model: BesideDocument) -> None:
    await type(model).aget_or_create(type(model)(code="a"))


async def make_or_update(model: BesideDocument) -> None:
    await type(model).aupdate_or_create(type(model)(code="a", count=5))


async def update(model: BesideDocument) -> None:
    await model.aupdate(count=5, tags={"q"})


async def lock(model: BesideDocument) -> None:
    async with model.alock() as held:
        held.count += 1


async def pipe(model: BesideDocument) -> None:
    async with apipeline():
        model.count += 1
        await model.tags.aadd("p")


async def handle(model: BesideDocument) -> None:
    await type(model).at(model.key).count.aincrease()


ACTS: list[Callable[[BesideDocument], Any]] = [
    *(save, force, increase, add, begin, remove, ask_for_members, get, get_part, find, load),
    *(push, work, use_up, look_at_queue, append_capped, load_field, apply, make_or_get),
    *(make_or_update, update, lock, pipe, handle),
]


@pytest.mark.parametrize("act", ACTS)
async def test_every_operation_keeps_lifetimes_together(
    rapyer: ModuleType, act: Callable[[BesideDocument], Any]
) -> None:
    for cls, expected in ((BesideDocument, 50), (BesideKept, 50), (BesideRefreshed, 100)):
        model = await made(cls)
        await act(model)
        assert await lifetimes(model) == {expected}, cls
    model = await made(BesideDocument)
    for key in await ask(BesideDocument, "KEYS", "*"):
        await ask(BesideDocument, "PERSIST", key)
    await act(model)
    assert await lifetimes(model) == {-1}


async def test_setting_and_refreshing(rapyer: ModuleType) -> None:
    driver = counted()
    model = await made(BesideRefreshed)
    await model.refresh_ttl()
    assert await lifetimes(model) == {100}
    await model.aset_ttl(70)
    assert await lifetimes(model) == {70}
    result = await model.aset_ttl(60, cascade=True)
    # Of the four keys beside it, those of the empty set and queue do not exist.
    assert result == CascadeResult(refreshed=0, dangling_children=0, dangling_special=2)
    assert await lifetimes(model) == {60}
    driver.forget()
    await model.refresh_ttl()
    await model.aset_ttl(70)
    await model.aset_ttl(60, cascade=True)
    assert [len(trip) for trip in driver.trips] == [1, 1, 1]
    BesideRefreshed.Meta.refresh_ttl = ActionGroup.READ
    try:
        await model.count.aincrease()
        assert await lifetimes(model) == {60}
        await model.tags.asize()
        assert await lifetimes(model) == {100}
    finally:
        BesideRefreshed.Meta.refresh_ttl = True


async def test_a_cascade_reaches_what_is_beside(rapyer: ModuleType) -> None:
    model = await made(BesideDocument)
    holder = await BesideHolder(document=model, own={"o"}).asave()
    # A save of the holder took its lifetime on.
    assert await lifetimes(model) == {300}
    await model.aset_ttl(50)
    await holder.own.aadd("p")
    assert await lifetimes(model) == await lifetimes(holder) == {300}
    await model.aset_ttl(50)
    result = await holder.aset_ttl(200, cascade=True)
    assert result == CascadeResult(refreshed=1, dangling_children=0, dangling_special=2)
    assert await lifetimes(model) == await lifetimes(holder) == {200}
    await model.aset_ttl(1000)
    await holder.aset_ttl(200, cascade=True)
    assert await lifetimes(model) == {1000}


async def test_a_fetched_document_has_what_is_beside_it(rapyer: ModuleType) -> None:
    for cls in (BesideDocument, BesideRefreshed):
        model = await made(cls)
        holder = await BesideHolder(document=Reference(model.key), own={"o"}).asave()
        loaded = await BesideHolder.aget(holder.key, fetch=["document"])
        document = loaded.document.value
        assert document.tags == {"x", "y"}
        assert document.part.marks == {"m"}
        assert loaded.own == {"o"}
