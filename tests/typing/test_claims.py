"""What the annotations say that a read gives is what a read gives."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

import rapyer_async
import rapyer_sync
from tests.typing.samples import accepted_special as special_async
from tests.typing.samples import shop as shop_async
from tests.typing.samples_sync import accepted_special as special_sync
from tests.typing.samples_sync import shop as shop_sync


@pytest.fixture(params=["async", "sync"])
def world(request: pytest.FixtureRequest) -> tuple[ModuleType, Any]:
    """A package, and the samples' models of it."""
    return {"async": (rapyer_async, shop_async), "sync": (rapyer_sync, shop_sync)}[request.param]


def test_a_field_is_of_its_annotated_type(world: tuple[ModuleType, Any]) -> None:
    rapyer, shop = world
    user = shop.User(
        login="a", name="Ann", level=1, tags=["x"], counts={"x": 1}, address={"city": "Ulm"}
    )
    reads = {
        user.name: rapyer.RedisStr,
        user.score: rapyer.RedisInt,
        user.level: rapyer.RedisInt,
        user.ratio: rapyer.RedisFloat,
        user.token: rapyer.RedisBytes,
        user.address.city: rapyer.RedisStr,
        user.tags[0]: rapyer.RedisStr,
        user.counts["x"]: rapyer.RedisInt,
    }
    assert {value: type(value) for value in reads} == reads
    assert [type(user.active), type(user.tags), type(user.counts), type(user.address)] == [
        rapyer.RedisBool,
        rapyer.RedisList,
        rapyer.RedisDict,
        shop.Address,
    ]
    assert [type(user.tags[0:1]), type(next(iter(user.tags)))] == [list, str]


def test_a_nullable_field_is_none_or_of_its_type(world: tuple[ModuleType, Any]) -> None:
    rapyer, shop = world
    empty = shop.Loose(slug="a")
    names = ("age", "nick", "tags", "sizes", "active", "address", "union", "second")
    assert [getattr(empty, name) for name in names] == [None] * len(names)
    full = shop.Loose(
        slug="a",
        age=1,
        nick="n",
        tags=["x"],
        sizes={"x": 1},
        active=True,
        address={"city": "Ulm"},
        union=1,
        second={"city": "Ulm"},
    )
    assert [type(getattr(full, name)) for name in names] == [
        rapyer.RedisInt,
        rapyer.RedisStr,
        rapyer.RedisList,
        rapyer.RedisDict,
        rapyer.RedisBool,
        shop.Address,
        rapyer.RedisInt,
        shop.Address,
    ]


def test_an_element_is_of_the_type_for_its_plain_type(world: tuple[ModuleType, Any]) -> None:
    rapyer, shop = world
    deep = shop.Deep(
        ints=[1],
        floats=[1.5],
        flags=[True],
        parts=[b"x"],
        homes=[{"city": "Ulm"}],
        rows=[[1]],
        items=[{"x": 1.5}],
        groups={1: ["x"]},
        tables={"x": {"y": 1}},
    )
    assert [
        type(deep.ints[0]),
        type(deep.floats[0]),
        type(deep.flags[0]),
        type(deep.parts[0]),
        type(deep.homes[0]),
        type(deep.rows[0]),
        type(deep.rows[0][0]),
        type(deep.items[0]),
        type(deep.groups[1]),
        type(deep.tables["x"]["y"]),
    ] == [
        rapyer.RedisInt,
        rapyer.RedisFloat,
        rapyer.RedisBool,
        rapyer.RedisBytes,
        shop.Address,
        rapyer.RedisList,
        rapyer.RedisInt,
        rapyer.RedisDict,
        rapyer.RedisList,
        rapyer.RedisInt,
    ]


def test_a_field_of_a_class_is_an_expression(world: tuple[ModuleType, Any]) -> None:
    rapyer, shop = world
    for expression in (shop.User.score, shop.User.tags, shop.User.address.city, shop.Loose.age):
        assert type(expression) is rapyer.Expression


@pytest.mark.parametrize("samples", [special_async, special_sync])
def test_special_fields_are_of_their_annotated_types(samples: ModuleType) -> None:
    rapyer = rapyer_async if samples is special_async else rapyer_sync
    special = samples.Special(
        tags={"a"},
        queue=[("a", 1.0)],
        shape=samples.Shape(),
        shapes=[samples.Shape()],
        names=["n"],
        owner="Owner:a",
    )
    reads: dict[str, Any] = {
        "tags": rapyer.RedisSet,
        "queue": rapyer.RedisPriorityQueue,
        "doubled": rapyer.RedisPriorityQueue,
        "recent": rapyer.RedisList,
        "part": samples.Part,
        "shape": samples.Shape,
        "shapes": rapyer.RedisList,
        "level": rapyer.RedisInt,
        "title": rapyer.RedisStr,
        "names": rapyer.RedisList,
        "sizes": rapyer.RedisDict,
        "odd": samples.Shape,
        "owner": rapyer.Reference,
        "listed": rapyer.RedisInt,
    }
    assert {name: type(getattr(special, name)) for name in reads} == reads
    assert type(special.part.tags) is rapyer.RedisSet and type(special.shapes[0]) is samples.Shape
    assert type(samples.Special.level) is rapyer.Expression
