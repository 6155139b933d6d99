"""Fields: read, assigned, changed on the server, named in a query."""

from __future__ import annotations

from typing_extensions import assert_type

from rapyer_async import (
    Expression,
    RedisBool,
    RedisBytes,
    RedisDict,
    RedisFloat,
    RedisInt,
    RedisList,
    RedisStr,
)

from .shop import Address, Deep, Loose, User


def constructors() -> None:
    address = Address(city="Ulm")
    User(login="a", name="Ann", level=1, address=address)
    User(
        login="a",
        name="Ann",
        score=1,
        level=1,
        ratio=1.5,
        active=False,
        token=b"t",
        tags=["x"],
        counts={"x": 1},
        address=address,
    )
    Loose(slug="a")
    Loose(
        slug="a",
        age=1,
        nick="n",
        tags=["x"],
        sizes={"x": 1},
        active=True,
        address=address,
        second=address,
        count=1,
        words=["w"],
    )
    Loose(slug="a", age=None, nick=None, tags=None, address=None, second=None, union=None)


def reads(user: User) -> None:
    assert_type(user.login, str)
    assert_type(user.name, RedisStr)
    assert_type(user.score, RedisInt)
    assert_type(user.level, RedisInt)
    assert_type(user.ratio, RedisFloat)
    assert_type(user.active, RedisBool)
    assert_type(user.token, RedisBytes)
    assert_type(user.tags, RedisList[str])
    assert_type(user.counts, RedisDict[str, int])
    assert_type(user.address, Address)
    assert_type(user.address.city, RedisStr)
    total: int = user.score + 1
    text: str = user.name.upper()
    plain: list[str] = user.tags
    members: dict[str, int] = user.counts
    assert total and text and plain and members


def expressions() -> None:
    assert_type(User.name, Expression[str])
    assert_type(User.score, Expression[int])
    assert_type(User.ratio, Expression[float])
    assert_type(User.active, Expression[bool])
    assert_type(User.token, Expression[bytes])
    assert_type(User.tags, Expression[list[str]])
    assert_type(User.counts, Expression[dict[str, int]])
    assert_type(User.address, type[Address])
    assert_type(User.address.city, Expression[str])
    assert_type(Loose.age, Expression[int])
    assert_type(Loose.tags, Expression[list[str]])
    assert_type(Loose.slug, Expression[str])


def assignments(user: User) -> None:
    user.name = "Bob"
    user.score = 3
    user.ratio = 2
    user.active = True
    user.token = b"t"
    user.tags = ["x"]
    user.counts = {"x": 1}
    user.address = Address(city="Ulm")
    user.address.city = "Ulm"
    user.score += 1
    user.score -= user.level
    user.name += "!"
    user.ratio /= 2
    user.tags += ["x"]
    user.tags[0] = "y"
    user.counts["x"] = 1
    user.counts |= {"y": 2}
    assert_type(user.score, RedisInt)
    assert_type(user.name, RedisStr)


def optional(user: Loose) -> None:
    assert_type(user.age, RedisInt | None)
    assert_type(user.nick, RedisStr | None)
    assert_type(user.tags, RedisList[str] | None)
    assert_type(user.sizes, RedisDict[str, int] | None)
    assert_type(user.active, RedisBool | None)
    assert_type(user.address, Address | None)
    assert_type(user.union, RedisInt | None)
    assert_type(user.second, Address | None)


def optional_assignments(user: Loose) -> None:
    user.age = 1
    user.nick = "n"
    user.tags = ["x"]
    user.address = Address(city="Ulm")
    user.second = Address(city="Ulm")
    user.second = None


def optional_to_none(user: Loose) -> None:
    user.age = None
    user.nick = None
    user.tags = None
    user.address = None


def plain(user: Loose) -> None:
    assert_type(user.count, int)
    assert_type(user.words, list[str])
    assert_type(user.note.text, str)
    user.count += 1
    user.words = ["x"]


async def scalar_methods(user: User) -> None:
    assert_type(await user.score.aincrease(), RedisInt)
    assert_type(await user.score.adecrease(2), RedisInt)
    assert_type(await user.ratio.aincrease(1.5), RedisFloat)
    assert_type(await user.ratio.amul(2), RedisFloat)
    assert_type(await user.name.aappend("x"), RedisStr)
    assert_type(await user.name.amul(2), RedisStr)
    assert_type(await user.active.aset(False), RedisBool)
    assert_type(await user.token.aload(), RedisBytes)
    assert_type(await user.score.aset(3), RedisInt)
    assert_type(await user.score.aapply(lambda score: score * 2 + 1), RedisInt)
    assert_type(await user.name.aapply(lambda name: name.upper()), RedisStr)


async def optional_methods(user: Loose) -> None:
    age, tags = user.age, user.tags
    if age is not None:
        assert_type(await age.aincrease(), RedisInt)
    if tags is not None:
        assert_type(await tags.aappend("x"), RedisList[str])


async def list_methods(user: User, deep: Deep) -> None:
    assert_type(await user.tags.aappend("x"), RedisList[str])
    assert_type(await user.tags.aextend(word for word in ("a", "b")), RedisList[str])
    assert_type(await user.tags.ainsert(0, "x"), RedisList[str])
    assert_type(await user.tags.aset_item(0, "x"), RedisList[str])
    assert_type(await user.tags.aremove("x"), RedisList[str])
    assert_type(await user.tags.apop(), str)
    assert_type(await user.tags.alength(), int)
    assert_type(await user.tags.aapply(lambda tags: sorted(tags)), RedisList[str])
    assert_type(await deep.homes.aappend(Address(city="Ulm")), RedisList[Address])
    assert_type(await deep.homes.apop(), Address)


async def dict_methods(user: User) -> None:
    assert_type(await user.counts.aset_item("x", 1), RedisDict[str, int])
    assert_type(await user.counts.aupdate({"x": 1}, y=2), RedisDict[str, int])
    assert_type(await user.counts.aupdate([("x", 1)]), RedisDict[str, int])
    assert_type(await user.counts.apop("x"), int)
    assert_type(await user.counts.apop("x", None), int | None)
    assert_type(await user.counts.apopitem(), tuple[str, int])
    assert_type(await user.counts.asetdefault("x", 1), int)
    assert_type(await user.counts.alength(), int)


async def elements(user: User, deep: Deep) -> None:
    assert_type(user.tags[0], RedisStr)
    assert_type(user.tags[0:1], list[str])
    assert_type(user.counts["x"], RedisInt)
    assert_type(deep.ints[0], RedisInt)
    assert_type(deep.floats[0], RedisFloat)
    assert_type(deep.flags[0], RedisBool)
    assert_type(deep.parts[0], RedisBytes)
    assert_type(deep.maybes[0], str | None)
    assert_type(deep.homes[0], Address)
    assert_type(deep.homes[0].number, RedisInt)
    assert_type(deep.rows[0], RedisList[int])
    assert_type(deep.rows[0][0], RedisInt)
    assert_type(deep.items[0], RedisDict[str, float])
    assert_type(deep.items[0]["x"], RedisFloat)
    assert_type(deep.by_name["x"].city, RedisStr)
    assert_type(deep.groups[1], RedisList[str])
    assert_type(deep.tables["x"]["y"], RedisInt)
    assert_type(await deep.rows[0][0].aincrease(), RedisInt)
    assert_type(await deep.groups[1].aappend("x"), RedisList[str])
    for tag in user.tags:
        assert_type(tag, str)
