"""Queries: the results of each terminal, of projections and of loops."""

from __future__ import annotations

from typing import Any

import pydantic
from typing_extensions import assert_type

from rapyer_async import (
    AtomicRedisModel,
    ChangeResult,
    Count,
    DeleteResult,
    Field,
    Index,
    IndexInfo,
    IndexProgress,
    Page,
    Plan,
    Query,
    RedisInt,
    change,
)


class Customer(AtomicRedisModel):
    name: Index[str]
    age: Index[int]
    visits: RedisInt = Field(0)


class Badge(pydantic.BaseModel):
    name: str


async def terminals() -> None:
    query = Customer.where(Customer.age > 18, Customer.name == "Ann")
    assert_type(query, Query[Customer])
    assert_type(query.sort(-Customer.age, Customer.name).limit(3).offset(1), Query[Customer])
    assert_type(await query.aall(), list[Customer])
    assert_type(await query.afirst(), Customer | None)
    assert_type(await query.aget(), Customer)
    assert_type(await query.acount(), int)
    assert_type(await query.aexists(), bool)
    assert_type(await query.apage(10, after=None), Page[Customer])
    assert_type((await query.apage(10)).items, list[Customer])
    assert_type(await query.avalues("name", Customer.age), list[dict[str, Any]])
    assert_type(await query.aaggregate(Customer.name, n=Count()), list[dict[str, Any]])
    assert_type(await query.adelete(), ChangeResult)
    assert_type(await query.aupdate(visits=change.increase(1), name="Bob"), ChangeResult)
    assert_type(query.explain(), Plan)
    async for each in query:
        assert_type(each, Customer)


async def projections() -> None:
    query = Customer.where()
    assert_type(query.only(Badge), Query[Badge])
    assert_type(await query.only(Badge).aall(), list[Badge])
    assert_type(await query.only("name").aall(), list[Customer])
    assert_type(await query.only(Customer.name, Customer.age).afirst(), Customer | None)
    async for badge in query.only(Badge):
        assert_type(badge, Badge)


async def finds() -> None:
    assert_type(await Customer.afind(Customer.age > 3, max_results=4), list[Customer])
    assert_type(await Customer.afind_one(Customer.age > 3), Customer | None)
    assert_type(await Customer.adelete_many(Customer.age > 3), DeleteResult)
    async for each in Customer.afind_iter(Customer.age > 3):
        assert_type(each, Customer)


def told(progress: IndexProgress) -> None:
    assert_type(progress.indexed, float)


async def indexes() -> None:
    assert_type(await Customer.acreate_index(told), IndexInfo)
    assert_type(await Customer.adelete_index(), bool)
    assert_type(await Customer.aindex_info(), IndexInfo | None)
