"""How large pipelines may be, and what happens to those that are larger."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

import pytest

from rapyer_async import AtomicRedisModel, Field, RedisConfig, RedisInt, RedisList, RedisStr
from rapyer_core.errors import KeyNotFound, LimitExceededError, NumberRangeError

from .asking import stored


class Bounded(AtomicRedisModel):
    Meta = RedisConfig(max_pipeline_operations=5, max_pipeline_bytes=1000)

    count: RedisInt = Field(0)
    full: RedisInt = Field(100, le=100)
    text: RedisStr = Field("")
    items: RedisList[str] = Field(default_factory=list)


@pytest.fixture
def _many_at_once() -> Iterator[None]:
    """A limit that one test changes."""
    yield
    Bounded.Meta.max_pipeline_operations = 5
    Bounded.Meta.max_pipeline_bytes = 1000


async def test_a_full_pipeline_refuses_more(rapyer: ModuleType) -> None:
    model = await Bounded().asave()
    async with model.apipeline():
        for _ in range(5):
            model.count += 1
        for change in (model.count.aincrease, model.asave):
            with pytest.raises(LimitExceededError, match="5 operations") as caught:
                await change()
        assert caught.value.key == model.key and "6 operations" in str(caught.value.actual)
        with pytest.raises(LimitExceededError):
            model.count += 1
        with pytest.raises(LimitExceededError):
            model.items.append("x")
        assert model.count == 5 and model.items == []
    assert await stored(model) == model.redis_dump()
    assert model.count == 5


async def test_a_full_pipeline_of_bytes_refuses_more(rapyer: ModuleType) -> None:
    model = await Bounded().asave()
    async with model.apipeline():
        model.text = "x" * 900
        with pytest.raises(LimitExceededError, match="1000 bytes"):
            await model.items.aappend("y" * 200)
        await model.items.aappend("y" * 20)
    assert model.text == "x" * 900 and model.items == ["y" * 20]
    assert await stored(model) == model.redis_dump()


async def test_an_insert_is_queued_whole_or_not_at_all(rapyer: ModuleType) -> None:
    model = await Bounded().asave()
    drafts = [Bounded() for _ in range(5)]
    async with model.apipeline():
        model.count += 1
        with pytest.raises(LimitExceededError):
            await Bounded.ainsert(*drafts)
        with pytest.raises(LimitExceededError):
            await Bounded.adelete_many(*[f"Bounded:{n}" for n in range(5)])
        with pytest.raises(KeyNotFound, match="never saved"):
            await drafts[0].count.aincrease()
        await Bounded.ainsert(*drafts[:2])
        drafts[0].count += 7
    assert [await stored(draft) is not None for draft in drafts] == [
        True,
        True,
        False,
        False,
        False,
    ]
    assert (await stored(drafts[0]))["count"] == 7 == drafts[0].count
    assert (await stored(model))["count"] == 1


async def test_a_large_pipeline_is_sent_in_parts_where_that_is_allowed(rapyer: ModuleType) -> None:
    model = await Bounded().asave()
    async with model.apipeline(all_or_nothing=False):
        for n in range(23):
            model.count += 1
            if n % 7 == 0:
                model.items.append(str(n))
    assert await stored(model) == model.redis_dump()
    assert model.count == 23 and model.items == ["0", "7", "14", "21"]


async def test_parts_are_bounded_in_bytes_too(rapyer: ModuleType) -> None:
    model = await Bounded().asave()
    async with model.apipeline(ignore_redis_error=True):
        for _ in range(4):
            model.text += "x" * 600
    assert model.text == "x" * 2400 == (await stored(model))["text"]


async def test_a_failure_in_one_part_leaves_the_others(rapyer: ModuleType) -> None:
    model = await Bounded().asave()
    with pytest.raises(NumberRangeError):
        async with model.apipeline(all_or_nothing=False):
            for n in range(12):
                model.count += 1
                if n == 6:
                    model.full += 1
    assert model.count == 12 == (await stored(model))["count"]


@pytest.mark.usefixtures("_many_at_once")
async def test_thousands_of_operations_are_one_step(rapyer: ModuleType) -> None:
    Bounded.Meta.max_pipeline_operations = 10_000
    Bounded.Meta.max_pipeline_bytes = 10_000_000
    model = await Bounded().asave()
    with pytest.raises(NumberRangeError):
        async with model.apipeline():
            for _ in range(1_999):
                await model.count.aincrease()
            await model.full.aincrease()
    assert model.count == 0 == (await stored(model))["count"]
    async with model.apipeline():
        for _ in range(2_000):
            await model.count.aincrease()
    assert model.count == 2_000 == (await stored(model))["count"]


async def test_the_limits_are_those_of_the_model(rapyer: ModuleType) -> None:
    model = await Bounded().asave()
    async with rapyer.apipeline():
        for _ in range(6):
            model.count += 1
    assert (await stored(model))["count"] == 6
