"""Integers of any size."""

from __future__ import annotations

from typing_extensions import assert_type

from rapyer_async import AtomicRedisModel, BigInt, Expression, Field, RedisInt


class Total(AtomicRedisModel):
    count: BigInt = Field(0)


async def accepted() -> None:
    total = Total(count=10**30)
    total.count = 5
    assert_type(total.count, RedisInt)
    assert_type(Total.count, Expression[int])
    assert_type(await total.count.aincrease(10**40), RedisInt)
