"""Documents: made, saved, read, found, addressed by handles; generic ones; models as attributes."""

from __future__ import annotations

import dataclasses

from typing_extensions import assert_type

import rapyer_async as rapyer
from rapyer_async import (
    AtomicRedisModel,
    DeleteResult,
    GetOrCreateResult,
    RapyerKey,
    RedisInt,
    RedisList,
    RedisStr,
)

from .shop import Address, Box, NumberBox, User


async def documents(user: User) -> None:
    assert_type(user.key, RapyerKey)
    assert_type(user.pk, str)
    assert_type(await user.asave(), User)
    assert_type(await user.aload(), User)
    assert_type(await user.aupdate(score=1), User)
    assert_type(await user.adelete(), bool)
    assert_type(await User.aget("a"), User)
    assert_type(await User.aexists(user), bool)
    assert_type(await User.afind(), list[User])
    assert_type(await User.afind("a", "b", skip_missing=True), list[User])
    assert_type(await User.afind_one(), User | None)
    assert_type(await User.afind_keys(), list[RapyerKey])
    assert_type(await User.ainsert(user), list[User])
    assert_type(await User.adelete_many("a", user), DeleteResult)
    found = await User.aget_or_create(user)
    assert_type(found, GetOrCreateResult[User])
    assert_type(found.value.score, RedisInt)
    async for each in User.afind_iter():
        assert_type(each, User)


async def functions() -> None:
    assert_type(await rapyer.aget("User:a"), AtomicRedisModel)
    assert_type(await rapyer.afind("User:a"), list[AtomicRedisModel])
    assert_type(rapyer.find_redis_models(), list[type[AtomicRedisModel]])


async def handles() -> None:
    handle = User.at("a")
    assert_type(handle, User)
    assert_type(handle.score, RedisInt)
    assert_type(await handle.score.aincrease(), RedisInt)
    assert_type(handle.address.city, RedisStr)
    assert_type(await User.at("a").tags.aappend("x"), RedisList[str])
    assert_type(await User.at("a").tags[0].aappend("x"), RedisStr)


async def generics() -> None:
    box = Box[int](value=1, items=[2])
    assert_type(box.value, int)
    assert_type(box.items[0], RedisInt)
    assert_type(await Box[str].aget("a"), Box[str])
    numbers = NumberBox(value=1, items=[2])
    assert_type(numbers.value, int)
    assert_type(await numbers.items.apop(), int)
    assert_type(await NumberBox.at("a").total.aincrease(), RedisInt)
    assert_type(NumberBox.at("a"), NumberBox)


class Service:
    """Outside of models, a model is an attribute like any other."""

    current: User
    default = Address(city="Ulm")


@dataclasses.dataclass
class Order:
    user: User
    address: Address | None = None


def attributes(service: Service, order: Order) -> None:
    assert_type(service.current, User)
    assert_type(Service.default, Address)
    assert_type(Service.default.city, RedisStr)
    assert_type(order.user.score, RedisInt)
    assert_type(order.address, Address | None)
    Order(user=service.current, address=service.default)
