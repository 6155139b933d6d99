"""Indexed fields: what they are on an instance and on the class, and what their operators make."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from typing_extensions import assert_type

from rapyer_async import (
    AtomicRedisModel,
    Condition,
    Expression,
    Field,
    Fuzzy,
    GeoPoint,
    Index,
    Nullable,
    Phrase,
    Prefix,
    RedisDatetime,
    RedisInt,
    RedisList,
    RedisStr,
    SortKey,
    Words,
)


class Town(AtomicRedisModel):
    name: Index[str]


class Guest(AtomicRedisModel):
    name: Index[str]
    age: Index[int] = Field(0)
    about: Annotated[RedisStr, Index(text=True, stem=True)] = Field("")
    count: Annotated[RedisInt, Index()] = Field(0)
    nick: Annotated[Nullable[str], Index()] = Field(None)
    since: Index[datetime]
    paid: Index[Decimal] = Field(Decimal(0))
    tags: Index[list[str]] = Field(default_factory=list)
    scores: Annotated[RedisList[int], Index()] = Field(default_factory=list)
    place: Index[GeoPoint]
    shape: Annotated[RedisList[float], Index(vector="hnsw", dimensions=3)]
    town: Town


def instances(guest: Guest, town: Town, now: datetime) -> None:
    assert_type(guest.name, RedisStr)
    assert_type(guest.age, RedisInt)
    assert_type(guest.about, RedisStr)
    assert_type(guest.since, RedisDatetime)
    assert_type(guest.tags, RedisList[str])
    guest.name, guest.age, guest.since = "Ann", 5, now
    Guest(name="a", since=now, place=GeoPoint(1, 2), shape=[1.0, 2.0, 3.0], town=town)


def conditions(now: datetime) -> None:
    assert_type(Guest.age, Expression[int])
    assert_type(Guest.about, Expression[str])
    assert_type(Guest.age > 18, Condition)
    assert_type(Guest.age == 18, Condition)
    assert_type(Guest.age != None, Condition)  # noqa: E711
    assert_type(Guest.count.between(1, 5), Condition)
    assert_type((Guest.age > 18) & ~(Guest.name == "Ann") | Guest.nick.is_null(), Condition)
    assert_type(Guest.name.in_(["a", "b"]), Condition)
    assert_type(Guest.nick.in_(["a", None]), Condition)
    assert_type(Guest.since >= now, Condition)
    assert_type(Guest.paid < Decimal("1.5"), Condition)
    assert_type(Guest.town.name.startswith("B"), Condition)
    assert_type(Guest.tags.contains("a"), Condition)
    assert_type(Guest.tags.any_of(["a", "b"]), Condition)
    assert_type(Guest.scores.any_item > 5, Condition)
    assert_type(Guest.about.matches("red wine"), Condition)
    assert_type(Guest.about.matches(Phrase("red wine") | Prefix("win") & ~Fuzzy("rad")), Condition)
    assert_type("red" | Phrase("wine"), Words)
    assert_type(Guest.place.within((13.4, 52.5), 10, "km"), Condition)
    assert_type(Guest.shape.knn(5, [1.0, 2.0, 3.0]), Condition)
    assert_type(-Guest.age, SortKey)
