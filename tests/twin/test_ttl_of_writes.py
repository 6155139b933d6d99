"""No write extends or drops a lifetime unless that was configured; it is set in the same step."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from rapyer_async import AtomicRedisModel, Key, RedisConfig
from rapyer_core.errors import RapyerError

from .asking import ask, lifetime, stored


class TimedPart(AtomicRedisModel):
    name: str = ""


class Timed(AtomicRedisModel):
    """Without a lifetime of its own: what a document has is what somebody gave it."""

    code: Key[str]
    name: str = ""
    count: int = 0
    ratio: float = 0.0
    is_on: bool = False
    tags: list[str] = ["a", "b"]
    counts: dict[str, int] = {"a": 1}
    part: TimedPart = TimedPart()


class TimedKept(Timed):
    """With a lifetime from its creation on."""

    Meta = RedisConfig(ttl=100, refresh_ttl=False)


class TimedRefreshed(Timed):
    """With a lifetime that every use starts anew."""

    Meta = RedisConfig(ttl=100)


class TimedRevised(Timed):
    Meta = RedisConfig(ttl=100, refresh_ttl=False, optimistic=True)


async def save(model: Timed) -> None:
    model.name += "x"
    await model.asave()


async def save_unchanged(model: Timed) -> None:
    await model.asave()


async def save_forced(model: Timed) -> None:
    await model.asave(force=True)


async def save_upsert(model: Timed) -> None:
    model.name += "x"
    await model.asave(upsert=True)


async def save_part(model: Timed) -> None:
    model.part.name += "x"
    await model.part.asave()


async def insert(model: Timed) -> None:
    await type(model).ainsert(model)


async def update(model: Timed) -> None:
    await model.aupdate(name="y", count=5)


async def set_field(model: Timed) -> None:
    await model.name.aset("z")


async def increase(model: Timed) -> None:
    await model.count.aincrease()


async def divide(model: Timed) -> None:
    await model.ratio.aincrease(0.5)


async def append(model: Timed) -> None:
    await model.tags.aappend("c")


async def pop(model: Timed) -> None:
    await model.tags.apop()


async def put_item(model: Timed) -> None:
    await model.counts.aset_item("b", 2)


async def apply_field(model: Timed) -> None:
    await model.count.aapply(lambda count: count + 1)


async def apply_whole(model: Timed) -> None:
    await model.aapply(rename)


def rename(model: Timed) -> None:
    model.name += "!"


async def lock(model: Timed) -> None:
    async with model.alock() as held:
        held.name += "l"


async def pipe(model: Timed) -> None:
    async with model.apipeline():
        model.count += 1
        model.name = "p"
        model.tags.append("p")
        await model.asave()
        await model.aupdate(ratio=1.5)


async def write_or_make(model: Timed) -> None:
    await type(model).aupdate_or_create(type(model)(code=model.code, name="u"))


async def find_or_make(model: Timed) -> None:
    await type(model).aget_or_create(type(model)(code=model.code))


async def through_a_handle(model: Timed) -> None:
    await type(model).at(model.key).part.name.aset("h")
    await type(model).at(model.key).aupdate(name="h")


WRITES = [
    save,
    save_unchanged,
    save_forced,
    save_upsert,
    save_part,
    insert,
    update,
    set_field,
    increase,
    divide,
    append,
    pop,
    put_item,
    apply_field,
    apply_whole,
    lock,
    pipe,
    write_or_make,
    find_or_make,
    through_a_handle,
]


@pytest.mark.parametrize("write", WRITES)
async def test_writes_and_the_lifetime_of_what_is_there(
    rapyer: ModuleType, write: Callable[[Timed], Any]
) -> None:
    for cls in (Timed, TimedKept, TimedRevised, TimedRefreshed):
        model = await cls(code="a").asave()
        await ask(cls, "EXPIRE", model.key, "50")
        await write(model)
        left = await lifetime(model)
        if cls is TimedRefreshed:
            assert 50 < left <= 100
        else:
            assert 0 < left <= 50
        if cls is not TimedRefreshed:
            # Somebody made it last: a write does not make it expire.
            await ask(cls, "PERSIST", model.key)
            await write(model)
            assert await lifetime(model) == -1
        await ask(cls, "DEL", model.key)


async def make_by_save(model: Timed) -> None:
    await model.asave()


async def make_new(model: Timed) -> None:
    await model.asave(only_new=True)


async def make_by_insert(model: Timed) -> None:
    await type(model).ainsert(model)


async def make_or_get(model: Timed) -> None:
    await type(model).aget_or_create(model)


async def make_or_update(model: Timed) -> None:
    await type(model).aupdate_or_create(model)


async def make_in_a_pipeline(model: Timed) -> None:
    async with model.apipeline():
        await model.asave()


async def make_in_a_lock(model: Timed) -> None:
    async with model.alock():
        pass


async def make_again(model: Timed) -> None:
    await model.asave()
    await ask(type(model), "DEL", model.key)
    await model.asave(upsert=True)


MAKERS = [
    make_by_save,
    make_new,
    make_by_insert,
    make_or_get,
    make_or_update,
    make_in_a_pipeline,
    make_in_a_lock,
    make_again,
]


@pytest.mark.parametrize("make", MAKERS)
async def test_a_new_document_has_the_configured_lifetime(
    rapyer: ModuleType, make: Callable[[Timed], Any]
) -> None:
    for cls in (Timed, TimedKept, TimedRevised, TimedRefreshed):
        model = cls(code="a")
        await make(model)
        left = await lifetime(model)
        assert left == -1 if cls is Timed else 0 < left <= 100
        await ask(cls, "DEL", model.key)


async def test_a_refused_write_does_not_touch_the_lifetime(rapyer: ModuleType) -> None:
    for cls in (TimedKept, TimedRefreshed):
        model = await cls(code="a").asave()
        await ask(cls, "EXPIRE", model.key, "50")
        with pytest.raises(RapyerError):
            await cls(code="a").asave(only_new=True)
        with pytest.raises(RapyerError):
            await model.tags.aremove("nothing")
        with pytest.raises(RapyerError):
            async with model.apipeline():
                await model.aupdate(name="x")
                await cls(code="a").asave(only_new=True)
        assert 0 < await lifetime(model) <= 50
        await ask(cls, "DEL", model.key)


async def test_a_lifetime_of_its_own(rapyer: ModuleType) -> None:
    model = await Timed(code="a").asave()
    await model.aset_ttl(30)
    assert 0 < await lifetime(model) <= 30
    await ask(Timed, "DEL", model.key)
    with pytest.raises(RapyerError):
        await model.aset_ttl(30)
    assert await stored(model) is None
