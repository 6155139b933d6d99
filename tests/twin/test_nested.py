"""Nested models at any depth have every operation, at the right place."""

from __future__ import annotations

from types import ModuleType
from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from rapyer_async import AtomicRedisModel
from rapyer_core.errors import PathError, UpdateAtomicModelError

from .asking import stored


class City(BaseModel):
    name: str = ""
    people: int = 0
    streets: list[str] = []


class Land(AtomicRedisModel):
    capital: City = City()
    cities: list[City] = []
    by_name: dict[str, list[City]] = {}
    motto: str = ""


class World(AtomicRedisModel):
    land: Land = Land()
    lands: dict[str, Land] = {}
    maybe: City | None = None
    inside: World | None = None
    others: list[World] = []
    matrix: list[list[list[int]]] = []
    any_: Any = None


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog"] = "dog"
    tricks: list[str] = []


class Zoo(AtomicRedisModel):
    star: Cat | Dog = Field(Cat(), discriminator="kind")
    pets: list[Cat | Dog] = []


class Clashing(BaseModel):
    key: str = ""
    aload: int = 0


class Rigid(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    size: int = 0


class Holder(AtomicRedisModel):
    clashing: Clashing = Clashing()
    rigid: Rigid = Rigid()


async def test_deep_operations(rapyer: ModuleType) -> None:
    world: Any = await World(
        lands={"a.b": Land(cities=[City(), City()], by_name={"'\"": [City()]})},
        others=[World(lands={"x": Land()})],
        matrix=[[[1]], [[2], [3, 4]]],
    ).asave()
    assert await world.land.capital.people.aincrease(5) == 5
    await world.lands["a.b"].cities[1].streets.aappend("s")
    await world.lands["a.b"].by_name["'\""][0].streets.aextend(["t", "u"])
    assert await world.lands["a.b"].by_name["'\""][0].people.aincrease(2) == 2
    assert await world.others[0].lands["x"].capital.name.aset("deep") == "deep"
    assert await world.matrix[1][1][-1].amul(10) == 40
    assert await world.matrix[1][1].apop(0) == 3
    document = await stored(world)
    assert document["land"]["capital"]["people"] == 5
    land = document["lands"]["a.b"]
    assert land["cities"][1]["streets"] == ["s"]
    assert land["by_name"]["'\""] == [{"name": "", "people": 2, "streets": ["t", "u"]}]
    assert document["others"][0]["lands"]["x"]["capital"]["name"] == "deep"
    assert document["matrix"] == [[[1]], [[2], [40]]]
    assert (await World.aget(world.key)) == world and world.redis_dump() == document


async def test_places(rapyer: ModuleType) -> None:
    world: Any = await World(lands={"a": Land(cities=[City()])}).asave()
    city = world.lands["a"].cities[0]
    assert city.key == world.key and city.is_inner_model() and not world.is_inner_model()
    assert city.json_path == '$["lands"]["a"]["cities"][0]'
    assert city.people.json_path == '$["lands"]["a"]["cities"][0]["people"]'
    assert city.people.field_path == '["lands"]["a"]["cities"][0]["people"]'
    assert (city.people.field_name, world.lands.field_name) == ("people", "lands")
    assert world.json_path == "$" and isinstance(city, City)


async def test_a_plain_model_keeps_its_own(rapyer: ModuleType) -> None:
    world: Any = await World(maybe=City(name="x")).asave()
    assert world.maybe == City(name="x") and isinstance(world.maybe, City)
    assert world.model_dump()["maybe"] == {"name": "x", "people": 0, "streets": []}
    await world.maybe.people.aincrease()
    await world.aupdate(maybe=None)
    assert world.maybe is None and (await stored(world))["maybe"] is None
    with pytest.raises(PathError):
        await World.at(world.key).maybe.people.aincrease()  # type: ignore[union-attr]


async def test_local_and_server_changes_of_what_is_around(rapyer: ModuleType) -> None:
    world: Any = await World(others=[World(), World(), World()]).asave()
    last = world.others[2].land
    await world.others.apop(0)
    await last.motto.aset("moved")
    assert [w["land"]["motto"] for w in (await stored(world))["others"]] == ["", "moved"]
    world.others = world.others[1:]
    await world.asave()
    await world.others[0].land.motto.aappend("!")
    assert [w["land"]["motto"] for w in (await stored(world))["others"]] == ["moved!"]


async def test_a_value_of_another_document_is_copied(rapyer: ModuleType) -> None:
    one: Any = await World(matrix=[[[1]]], lands={"a": Land(motto="one")}).asave()
    other: Any = await World().asave()
    other.matrix = one.matrix
    other.lands["a"] = one.lands["a"]
    other.any_ = {"count": one.matrix[0][0][0], "motto": one.lands["a"].motto}
    await other.asave()
    await other.matrix[0][0].aappend(2)
    await other.lands["a"].motto.aset("other")
    await other.any_["count"].aincrease(5)
    await other.any_["motto"].aappend("!")
    assert one.matrix == [[[1]]] and one.lands["a"].motto == "one"
    document, another = await stored(one), await stored(other)
    assert document["matrix"] == [[[1]]] and document["lands"]["a"]["motto"] == "one"
    assert another["matrix"] == [[[1, 2]]] and another["lands"]["a"]["motto"] == "other"
    assert another["any_"] == {"count": 6, "motto": "one!"}


async def test_bound_values_are_stored_plain(rapyer: ModuleType) -> None:
    one: Any = await World(matrix=[[[1]]], land=Land(motto="x")).asave()
    city = City(name=one.land.motto, people=one.matrix[0][0][0], streets=[one.land.motto])
    assert type(city.__dict__["people"]) is int
    world: Any = World(land=Land(motto=one.land.motto), any_=one.matrix)
    assert type(world.land.__dict__["motto"]) is str
    await world.asave()
    assert (await stored(world))["any_"] == [[[1]]]


async def test_replacing_and_updating_nested_models(rapyer: ModuleType) -> None:
    world: Any = await World(land=Land(motto="a")).asave()
    old = world.land
    await world.aupdate(land=Land(motto="b"))
    with pytest.raises(PathError, match="read it again"):
        await old.motto.aset("lost")
    await world.land.aupdate(motto="c", capital=City(people=1))
    assert (await stored(world))["land"]["capital"]["people"] == 1
    await World.at(world.key).land.motto.aset("d")
    land = world.land
    assert await land.aload() is land and land.motto == "d" == world.land.motto
    assert land.capital.people == 1


async def test_unions_of_models(rapyer: ModuleType) -> None:
    zoo: Any = await Zoo(star=Dog(), pets=[Cat(), Dog()]).asave()
    await zoo.star.tricks.aappend("sit")
    assert await zoo.pets[0].lives.adecrease() == 8
    await zoo.pets[1].tricks.aappend("roll")
    await zoo.pets.aappend(Cat(lives=1))
    again = await Zoo.aget(zoo.key)
    assert again == zoo
    assert again.pets == [Cat(lives=8), Dog(tricks=["roll"]), Cat(lives=1)]


async def test_any_values_have_the_operations_of_what_they_are(rapyer: ModuleType) -> None:
    world: Any = await World(any_={"a": [1, "x", {"b": 2.5}], "n": None}).asave()
    assert await world.any_["a"][0].aincrease() == 2
    assert await world.any_["a"][1].aappend("y") == "xy"
    assert await world.any_["a"][2]["b"].amul(2) == 5.0
    await world.any_["a"].aappend({"c": []})
    await world.any_["a"][3]["c"].aappend(None)
    await world.any_.aset_item("z", True)
    assert (await stored(world))["any_"] == {
        "a": [2, "xy", {"b": 5.0}, {"c": [None]}],
        "n": None,
        "z": True,
    }
    assert (await stored(world))["any_"] == world.any_


async def test_models_whose_names_clash_stay_plain(rapyer: ModuleType) -> None:
    holder = await Holder(clashing=Clashing(key="k", aload=3)).asave()
    assert (holder.clashing.key, holder.clashing.aload) == ("k", 3)
    holder.clashing.aload = 4
    await holder.asave()
    assert (await Holder.aget(holder.key)).clashing == Clashing(key="k", aload=4)


async def test_frozen_models(rapyer: ModuleType) -> None:
    holder: Any = await Holder(rigid=Rigid(size=1)).asave()
    with pytest.raises(UpdateAtomicModelError):
        await holder.rigid.size.aincrease()
    with pytest.raises(UpdateAtomicModelError):
        await holder.rigid.aupdate(size=2)
    await holder.aupdate(rigid=Rigid(size=2))
    assert (await stored(holder))["rigid"] == {"size": 2} and holder.rigid.size == 2
