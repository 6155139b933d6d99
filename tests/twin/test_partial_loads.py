"""Models of which only some fields were loaded: what reads as what it is, and what is written."""

from __future__ import annotations

from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel, Field

from rapyer_async import AtomicRedisModel, Key, RedisConfig, apipeline
from rapyer_core.errors import (
    CorruptedModelError,
    KeyNotFound,
    NotLoadedError,
    UnsupportedArgumentValueError,
)

from .asking import ask, lifetime, stored


class City(BaseModel):
    name: str = ""
    zip: str = ""


class PartAddress(AtomicRedisModel):
    street: str = ""
    city: City = City()
    lines: list[str] = []


class Cat(BaseModel):
    lives: int = 9


class Dog(BaseModel):
    barks: bool = True


class PartPerson(AtomicRedisModel):
    name: str = ""
    age: int = 0
    tags: list[str] = []
    scores: dict[str, int] = {}
    address: PartAddress = PartAddress()
    second: PartAddress | None = None
    flags: set[int] = set()
    wealth: Decimal = Decimal(0)
    pet: Cat | Dog | None = None


class PartSmall(AtomicRedisModel):
    name: str = ""
    city: City = City()


class PartCoded(AtomicRedisModel):
    code: Key[str]
    must: int
    may: int = 5
    made: list[int] = Field(default_factory=lambda: [1])


async def person(**values: Any) -> PartPerson:
    return await PartPerson(
        name="a",
        age=5,
        tags=["t"],
        scores={"x": 1},
        address=PartAddress(street="s", city=City(name="c", zip="z"), lines=["l"]),
        **values,
    ).asave()


async def test_what_was_asked_for_is_there(rapyer: ModuleType) -> None:
    whole = await person(wealth=Decimal("1.10"), flags={1})
    part = await PartPerson.aget(
        whole.key, only=("name", "tags", "flags", "wealth", "scores", "address.city.name")
    )
    assert part.key == whole.key and part.pk == whole.pk
    assert (part.name, part.tags, part.flags, part.scores) == ("a", ["t"], {1}, {"x": 1})
    assert part.wealth == Decimal("1.10") and part.address.city.name == "c"
    assert isinstance(part.tags, list) and isinstance(part, PartPerson)


async def test_reading_what_was_not_loaded_says_how_to_load_it(rapyer: ModuleType) -> None:
    whole = await person()
    part = await PartPerson.aget(whole.pk, only=("name", "address.city.name"))

    def read_age() -> Any:
        return part.age

    def read_street() -> Any:
        return part.address.street

    def read_zip() -> Any:
        return part.address.city.zip

    for read, field in ((read_age, "age"), (read_street, "street"), (read_zip, "zip")):
        with pytest.raises(NotLoadedError) as caught:
            read()
        assert caught.value.field == field and caught.value.key == whole.key
        assert "load" in str(caught.value) and field in str(caught.value)
    assert not isinstance(caught.value, AttributeError)


async def test_a_save_writes_what_changed_and_nothing_else(rapyer: ModuleType) -> None:
    whole = await person()
    part = await PartPerson.aget(whole.key, only=("name", "tags", "flags", "address.city.name"))
    theirs = await PartPerson.aget(whole.key)
    theirs.update(age=50, scores={"y": 2}, tags=["theirs"])
    theirs.address.street = theirs.address.city.zip = "theirs"
    await theirs.asave()
    part.name = "b"
    part.flags.add(7)
    part.address.city.name = "d"
    await part.asave()
    wanted = theirs.redis_dump() | {"name": "b", "flags": [7]}
    wanted["address"]["city"]["name"] = "d"
    assert await stored(whole) == wanted
    await part.asave()
    await part.asave(force=True)
    assert await stored(whole) == wanted


async def test_what_was_not_loaded_can_be_assigned(rapyer: ModuleType) -> None:
    whole = await person()
    part = await PartPerson.aget(whole.key, only=("name",))
    part.age = 9
    part.tags = ["x"]
    part.address = PartAddress(street="new")
    assert (part.age, part.tags, part.address.street) == (9, ["x"], "new")
    await part.asave()
    wanted = whole.redis_dump() | {"age": 9, "tags": ["x"]}
    wanted["address"] = PartAddress(street="new").redis_dump()
    assert await stored(whole) == wanted


async def test_a_nested_part_is_saved_alone(rapyer: ModuleType) -> None:
    whole = await person()
    part = await PartPerson.aget(whole.key, only=("address.street", "address.city.name"))
    part.address.street = "t"
    await part.address.asave()
    wanted = whole.redis_dump()
    wanted["address"]["street"] = "t"
    assert await stored(whole) == wanted
    part.address.city.name = "n"
    await part.address.city.asave()  # type: ignore[attr-defined]
    wanted["address"]["city"]["name"] = "n"
    assert await stored(whole) == wanted


async def test_what_is_not_whole_is_never_written_whole(rapyer: ModuleType) -> None:
    whole = await person()
    small = await PartSmall(name="a", city=City(name="c", zip="z")).asave()
    before = await stored(whole), await stored(small)
    part = await PartPerson.aget(whole.key, only=("name", "address.street", "address.city.name"))
    # All of its own fields are there, but not all of a nested model's.
    nearly = await PartSmall.aget(small.key, only=("name", "city.name"))
    for write in (
        lambda: part.asave(only_new=True),
        lambda: part.asave(upsert=True),
        lambda: part.address.asave(force=True),
        lambda: part.address.city.asave(force=True),  # type: ignore[attr-defined]
        lambda: PartPerson.ainsert(part),
        lambda: PartPerson.aget_or_create(part),
        lambda: PartPerson.aupdate_or_create(part),
        lambda: part.aduplicate(),
        lambda: nearly.asave(upsert=True),
        lambda: nearly.asave(only_new=True),
        lambda: PartSmall.ainsert(nearly),
        lambda: nearly.aduplicate(),
    ):
        with pytest.raises(NotLoadedError):
            await write()
    other = await person()
    other.address = part.address
    with pytest.raises(NotLoadedError):
        await other.asave()
    with pytest.raises(NotLoadedError):
        await other.aupdate(address=part.address)
    assert (await stored(whole), await stored(small)) == before
    nearly.name = "b"
    await nearly.asave(force=True)
    assert (await stored(small)) == {"name": "b", "city": {"name": "c", "zip": "z"}}


async def test_a_vanished_document(rapyer: ModuleType) -> None:
    whole = await person()
    part = await PartPerson.aget(whole.key, only=("name",))
    await ask(PartPerson, "DEL", whole.key)
    part.name = "b"
    with pytest.raises(KeyNotFound):
        await part.asave()
    assert await stored(whole) is None
    with pytest.raises(KeyNotFound):
        await PartPerson.aget(whole.key, only=("name",))
    with pytest.raises(KeyNotFound):
        await PartPerson.aget(whole.key, only=())


async def test_loading_completes_it(rapyer: ModuleType) -> None:
    whole = await person()
    part = await PartPerson.aget(whole.key, only=("name", "address.city.name"))
    address, city = part.address, part.address.city
    part.name = "dropped"
    assert await part.aload() is part
    assert part == whole and part.age == 5 and part.name == "a"
    assert part.address is address and address.street == "s" and city.zip == "z"
    part.age = 6
    await part.asave(force=True)
    assert await stored(whole) == whole.redis_dump() | {"age": 6}


async def test_atomic_operations_on_what_was_loaded_and_what_was_not(rapyer: ModuleType) -> None:
    whole = await person()
    part = await PartPerson.aget(whole.key, only=("age", "tags", "address.lines"))
    assert await part.age.aincrease(2) == 7 == part.age
    await part.tags.aappend("u")
    await part.address.lines.aappend("m")
    assert part.tags == ["t", "u"] and part.address.lines == ["l", "m"]
    await part.aupdate(name="b", age=8)
    assert part.name == "b" and part.age == 8
    handle = PartPerson.at(part.key)
    assert await handle.scores.aset_item("y", 2) is not None
    await handle.address.city.name.aset("d")  # type: ignore[attr-defined]
    wanted = whole.redis_dump() | {"name": "b", "age": 8, "tags": ["t", "u"]}
    wanted["scores"] = {"x": 1, "y": 2}
    wanted["address"] |= {"lines": ["l", "m"], "city": {"name": "d", "zip": "z"}}
    assert await stored(whole) == wanted


async def test_in_a_pipeline(rapyer: ModuleType) -> None:
    whole = await person()
    part = await PartPerson.aget(whole.key, only=("age", "tags"))
    async with apipeline():
        part.age += 1
        part.tags.append("u")
        await part.aupdate(name="b")
    assert (part.age, part.tags, part.name) == (6, ["t", "u"], "b")
    assert await stored(whole) == whole.redis_dump() | {"age": 6, "tags": ["t", "u"], "name": "b"}
    with pytest.raises(ZeroDivisionError):
        async with part.apipeline():
            part.age = 100
            part.flags = {1}
            part.age //= 0
    assert part.age == 6
    with pytest.raises(NotLoadedError):
        part.flags.add(2)


async def test_names_that_are_asked_for_in_several_ways(rapyer: ModuleType) -> None:
    whole = await person()
    for only in (
        ("address", "address.city", "address.city.name", "address"),
        ("address.city.name", "address.city", "address"),
        ["address"],
    ):
        part = await PartPerson.aget(whole.key, only=only)
        assert part.address == whole.address and part.address.city.zip == "z"
    nothing = await PartPerson.aget(whole.key, only=())
    with pytest.raises(NotLoadedError):
        assert nothing.name
    nothing.age = 1
    await nothing.asave()
    assert await stored(whole) == whole.redis_dump() | {"age": 1}


@pytest.mark.parametrize(
    "name", ["nothing", "address.nothing", "name.x", "tags.0", "", "address.", "pet.lives"]
)
async def test_names_that_are_no_fields(rapyer: ModuleType, name: str) -> None:
    whole = await person()
    with pytest.raises(UnsupportedArgumentValueError) as caught:
        await PartPerson.aget(whole.key, only=("name", name))
    assert repr(name) in str(caught.value)


async def test_below_a_field_that_may_be_none(rapyer: ModuleType) -> None:
    without = await person()
    part = await PartPerson.aget(without.key, only=("name", "second.street", "second.city.name"))
    assert part.second is None and part.name == "a"
    await part.asave()
    await part.asave(force=True)
    assert await stored(without) == without.redis_dump()
    with_one = await person(second=PartAddress(street="2", city=City(name="d")))
    part = await PartPerson.aget(with_one.key, only=("second.street", "second.city.name", "pet"))
    assert part.second is not None and part.second.street == "2" and part.pet is None
    assert part.second.city.name == "d"
    with pytest.raises(NotLoadedError):
        assert part.second.lines
    part.second.street = "3"
    await part.asave()
    assert (await stored(with_one))["second"]["street"] == "3"


async def test_fields_that_the_document_was_written_without(rapyer: ModuleType) -> None:
    await ask(PartCoded, "JSON.SET", "PartCoded:x", "$", '{"code":"x"}')
    part = await PartCoded.aget("x", only=("may", "made"))
    assert (part.may, part.made) == (5, [1])
    with pytest.raises(CorruptedModelError) as caught:
        await PartCoded.aget("x", only=("must",))
    assert set(caught.value.fields) == {"must"} and caught.value.key == "PartCoded:x"
    part.may = 6
    await part.asave()
    assert await stored(part) == {"code": "x", "may": 6}


async def test_stored_values_that_do_not_validate(rapyer: ModuleType) -> None:
    await ask(PartCoded, "JSON.SET", "PartCoded:x", "$", '{"code":"x","must":"no","may":1}')
    assert (await PartCoded.aget("x", only=("may",))).may == 1
    with pytest.raises(CorruptedModelError) as caught:
        await PartCoded.aget("x", only=("may", "must"))
    assert set(caught.value.fields) == {"must"}
    whole = await person()
    await ask(PartPerson, "JSON.SET", whole.key, "$.address.city.name", "5")
    with pytest.raises(CorruptedModelError) as caught:
        await PartPerson.aget(whole.key, only=("address.city.name",))
    assert set(caught.value.fields) == {"address.city.name"}


async def test_the_key_field_needs_no_loading_to_name_the_document(rapyer: ModuleType) -> None:
    await PartCoded(code="x", must=1).asave()
    part = await PartCoded.aget("x", only=("must",))
    assert part.key == "PartCoded:x" and part.pk == "x"
    part.must = 2
    await part.asave()
    assert await stored(part) == {"code": "x", "must": 2, "may": 5, "made": [1]}


async def test_it_can_be_shown_and_compared(rapyer: ModuleType) -> None:
    whole = await person()
    part = await PartPerson.aget(whole.key, only=("name", "address.street"))
    assert "'a'" in repr(part) and "'a'" in str(part) and "'s'" in repr(part)
    assert part != whole
    assert part == await PartPerson.aget(whole.key, only=("name", "address.street"))


class PartRefreshed(AtomicRedisModel):
    Meta = RedisConfig(ttl=100)

    name: str = ""


class PartLasting(AtomicRedisModel):
    Meta = RedisConfig(ttl=100, refresh_ttl=False)

    name: str = ""


@pytest.mark.parametrize("model", [PartRefreshed, PartLasting])
async def test_a_partial_load_is_a_read_for_the_lifetime(
    rapyer: ModuleType, model: type[PartRefreshed]
) -> None:
    whole = await model().asave()
    await ask(model, "EXPIRE", whole.key, "50")
    await model.aget(whole.key, only=("name",))
    assert (await lifetime(whole) > 50) == (model is PartRefreshed)
