"""The models that the samples use: each field type, as users declare it."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

import pydantic

from rapyer_async import (
    AtomicRedisModel,
    Field,
    Key,
    Nullable,
    RedisBool,
    RedisBytes,
    RedisDict,
    RedisFloat,
    RedisInt,
    RedisList,
    RedisStr,
)

T = TypeVar("T")


class Address(AtomicRedisModel):
    city: RedisStr
    number: RedisInt = Field(0)


class Note(pydantic.BaseModel):
    text: str = ""


class User(AtomicRedisModel):
    login: Key[str]
    name: RedisStr
    score: RedisInt = Field(0)
    level: Annotated[RedisInt, pydantic.Field(ge=0)]
    ratio: RedisFloat = Field(default=0.5)
    active: RedisBool = Field(True)
    token: RedisBytes = Field(b"")
    tags: RedisList[str] = Field(default_factory=list)
    counts: RedisDict[str, int] = Field(default_factory=dict)
    address: Address


class Loose(AtomicRedisModel):
    """Fields that may be None, and plain annotations."""

    slug: Key[RedisStr]
    age: Nullable[int] = Field(None)
    nick: Nullable[str] = Field(None)
    tags: Nullable[list[str]] = Field(None)
    sizes: Nullable[dict[str, int]] = Field(None)
    active: Nullable[bool] = Field(None)
    address: Nullable[Address] = Field(None)
    union: RedisInt | None = None
    second: Address | None = None
    count: int = 0
    words: list[str] = []  # noqa: RUF012  # pydantic copies it for each instance
    note: Note = Note()


class Deep(AtomicRedisModel):
    """Collections of each element type."""

    ints: RedisList[int] = Field(default_factory=list)
    floats: RedisList[float] = Field(default_factory=list)
    flags: RedisList[bool] = Field(default_factory=list)
    parts: RedisList[bytes] = Field(default_factory=list)
    maybes: RedisList[str | None] = Field(default_factory=list)
    homes: RedisList[Address] = Field(default_factory=list)
    rows: RedisList[list[int]] = Field(default_factory=list)
    items: RedisList[dict[str, float]] = Field(default_factory=list)
    by_name: RedisDict[str, Address] = Field(default_factory=dict)
    groups: RedisDict[int, list[str]] = Field(default_factory=dict)
    tables: RedisDict[str, dict[str, int]] = Field(default_factory=dict)


class Box(AtomicRedisModel, Generic[T]):
    value: T
    items: RedisList[T] = Field(default_factory=list)


class NumberBox(Box[int]):
    total: RedisInt = Field(0)
