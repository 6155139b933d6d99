"""Documents by key: saved, read, changed, copied, deleted."""

from __future__ import annotations

import copy
import pickle
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from types import ModuleType
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import BaseModel

from rapyer_async import (
    AtomicRedisModel,
    Key,
    RapyerKey,
    RedisConfig,
    adelete_many,
    aexists,
    afind,
    afind_one,
    aget,
    aget_or_create,
    ainsert,
    find_redis_models,
)
from rapyer_async._seam import task_group
from rapyer_core.errors import (
    BadDeleteActionError,
    CorruptedModelError,
    InvalidValueError,
    KeyNotFound,
    RapyerError,
    RapyerModelDoesntExistError,
    UnsupportedArgumentTypeError,
    UpdateAtomicModelError,
)

from .asking import ask, stored


class Kind(Enum):
    BIG = "big"


class Address(BaseModel):
    city: str = ""


class Person(AtomicRedisModel):
    name: str = ""
    age: int = 0
    kind: Kind = Kind.BIG
    born: date = date(2000, 2, 29)
    seen: datetime = datetime(2024, 1, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=2)))
    naive: datetime = datetime(2024, 1, 2, 3, 4, 5)
    took: timedelta = timedelta(days=1, microseconds=5)
    price: Decimal = Decimal("10.10")
    id_: UUID = UUID(int=5)
    data: bytes = b"\x00\xff"
    pair: tuple[int, str] = (1, "x")
    bag: frozenset[int] = frozenset({1, 2})
    address: Address | None = None
    union: int | str | list[int] = 5


class Place(AtomicRedisModel):
    code: Key[str]
    name: str = ""


class Numbered(AtomicRedisModel):
    number: Key[int]


class Renamed(AtomicRedisModel):
    Meta = RedisConfig(key_prefix="other:name")
    name: str = ""


async def test_what_is_saved_is_read_back(rapyer: ModuleType) -> None:
    person = Person(name="a", address=Address(city="x"), union=[1])
    assert await person.asave() is person
    again = await Person.aget(person.key)
    assert again == person and again is not person
    assert again.seen.utcoffset() == timedelta(hours=2) and again.naive.tzinfo is None
    assert (await Person.aget(person.pk)) == person
    assert await stored(person) == person.redis_dump()


async def test_keys(rapyer: ModuleType) -> None:
    person, place = Person(), Place(code="a:b:c", name="x")
    assert person.key == f"Person:{person.pk}" and person.pk == person.pk
    assert isinstance(person.key, RapyerKey) and Person().pk != person.pk
    assert place.key == "Place:a:b:c" and place.pk == "a:b:c"
    assert Numbered(number=5).key == "Numbered:5" and Numbered(number=5).pk == "5"
    assert Renamed().key.startswith("other:name:") and Renamed.class_key_initials() == "other:name"
    place.code = "d"
    assert place.key == "Place:d"
    await place.asave()
    assert await Place.aget("d") == place == await Place.aget("Place:d")
    renamed = await Renamed(name="x").asave()
    assert (await Renamed.aget(renamed.pk)).name == "x" == (await Renamed.aget(renamed.key)).name


async def test_a_pk_with_colons(rapyer: ModuleType) -> None:
    for code in ("a:b", ":", "Place", "a:", ":a", "x y", "é", "*", "[a]", "{a}"):
        place = await Place(code=code, name=code).asave()
        assert (await Place.aget(place.key)).name == code
        assert (await Place.aget(code)).name == code and await Place.aexists(code)
    assert len(await Place.afind()) == 10
    assert (await Place.adelete_many("a:b", ":")).models_deleted == 2
    assert len(await Place.afind_keys()) == 8


async def test_absent_documents(rapyer: ModuleType) -> None:
    with pytest.raises(KeyNotFound) as caught:
        await Person.aget("nobody")
    assert caught.value.key == "Person:nobody"
    assert not await Person.aexists("nobody") and not await Person.adelete_by_key("nobody")
    person = await Person().asave()
    assert await Person.aexists(person) and await Person.aexists(person.key)
    assert await person.adelete() and not await person.adelete()
    assert not await Person.aexists(person)
    with pytest.raises(KeyNotFound):
        await Person.aget(person.key)
    with pytest.raises(KeyNotFound, match="never saved"):
        await Person().aload()


async def test_load_updates_the_instance(rapyer: ModuleType) -> None:
    person = await Person(name="a", address=Address(city="x")).asave()
    other = await Person.aget(person.key)
    address = other.address
    await person.aupdate(name="b", address=Address(city="y"))
    other.age = 99
    assert await other.aload() is other
    assert other == person and other.name == "b" and other.age == 0
    assert other.address is address and address is not None and address.city == "y"
    await ask(Person, "DEL", person.key)
    with pytest.raises(KeyNotFound):
        await other.aload()
    assert other.name == "b"


async def test_update_is_all_or_nothing(rapyer: ModuleType) -> None:
    person = await Person(name="a", age=1).asave()
    assert await person.aupdate(name="b", age="2") is person
    assert (person.name, person.age) == ("b", 2)
    before = await stored(person)
    with pytest.raises(InvalidValueError):
        await person.aupdate(name="c", age="no")
    with pytest.raises(UpdateAtomicModelError, match="not a field"):
        await person.aupdate(name="c", nothing=1)
    await ask(Person, "JSON.DEL", person.key, '$["age"]')
    await person.aupdate(age=7)
    assert await stored(person) == {**before, "age": 7}
    assert (person.name, person.age) == ("b", 7)


async def test_local_update(rapyer: ModuleType) -> None:
    person = Person(name="a")
    with pytest.raises(InvalidValueError):
        update_locally(person, name="b", age="no")
    assert person.name == "a"
    update_locally(person, name="b", age="3")
    assert (person.name, person.age) == ("b", 3)


def update_locally(model: Any, **values: Any) -> None:
    """Change a model that was never saved: local in both packages."""
    model.update(**values)


async def test_keys_of_other_classes_are_refused(rapyer: ModuleType) -> None:
    person, place = await Person().asave(), await Place(code="x").asave()
    renamed = await Renamed().asave()
    with pytest.raises(BadDeleteActionError):
        await Person.aget(place.key)
    for other in (place.key, renamed.key, place):
        for call in (Person.adelete_by_key, Person.adelete_many, Person.aexists):
            with pytest.raises(BadDeleteActionError) as caught:
                await call(other)
            assert caught.value.model == "Person"
    with pytest.raises(BadDeleteActionError):
        await Person.adelete_many(person, person.key, place)
    with pytest.raises(BadDeleteActionError):
        Person.at(place.key)
    with pytest.raises(UnsupportedArgumentTypeError):
        await Person.aget(5)  # type: ignore[arg-type]
    with pytest.raises(UnsupportedArgumentTypeError):
        await Person.ainsert(place)  # type: ignore[arg-type]
    for model in (person, place, renamed):
        assert await stored(model) is not None


async def test_part_of_a_document_is_not_deleted_alone(rapyer: ModuleType) -> None:
    person = await Person(address=Address()).asave()
    address: Any = person.address
    assert address.is_inner_model() and address.key == person.key
    with pytest.raises(BadDeleteActionError):
        await address.adelete()
    assert await stored(person) is not None


async def test_insert_and_delete_many(rapyer: ModuleType) -> None:
    people = [Person(age=i) for i in range(1_203)]
    assert await Person.ainsert(*people) == people
    assert await Person.ainsert() == []
    assert (await Person.aget(people[700].key)).age == 700
    await people[3].age.aincrease(10)
    assert people[3].age == 13
    result = await Person.adelete_many(*people[:600], *(p.key for p in people[500:1_100]), "no")
    assert result.models_deleted == 1_100 == result.keys_deleted and result.was_committed
    assert len(await Person.afind_keys()) == 103
    assert (await Person.adelete_many()).models_deleted == 0


async def test_a_deleted_model_can_be_saved_anew(rapyer: ModuleType) -> None:
    person = await Person(name="a").asave()
    await person.adelete()
    with pytest.raises(KeyNotFound):
        await person.age.aincrease()
    await person.asave()
    assert (await Person.aget(person.key)).name == "a"


async def test_duplicates(rapyer: ModuleType) -> None:
    person = await Person(name="a", address=Address(city="x")).asave()
    twin = await person.aduplicate()
    assert twin.key != person.key and twin.name == "a"
    await twin.aupdate(name="b", address=Address(city="y"))
    assert (await stored(person))["name"] == "a" == person.name
    assert person.address == Address(city="x")
    many = await person.aduplicate_many(3)
    assert len({model.key for model in (person, twin, *many)}) == 5
    assert len(await Person.afind()) == 5
    with pytest.raises(UnsupportedArgumentTypeError, match="model_copy"):
        await Place(code="x").aduplicate()


async def test_copies_are_new_documents(rapyer: ModuleType) -> None:
    person = await Person(name="a", union=[1]).asave()
    for other in (person.model_copy(), person.model_copy(deep=True), copy.deepcopy(person)):
        assert other == person and other.pk != person.pk
        with pytest.raises(KeyNotFound):
            await other.age.aincrease()
        await other.asave()
        await other.age.aincrease()
        assert (await stored(other))["age"] == 1 and (await stored(person))["age"] == 0
    revived: Person = pickle.loads(pickle.dumps(person))
    assert revived == person and revived.name == "a"


async def test_get_or_create(rapyer: ModuleType) -> None:
    first = await Place.aget_or_create(Place(code="x", name="first"))
    assert first.created and first.value.name == "first"
    await first.value.name.aappend("!")
    second = await Place.aget_or_create(Place(code="x", name="second"))
    assert not second.created and second.value.name == "first!"
    second.value.name = "third"
    await second.value.asave()
    assert (await stored(second.value))["name"] == "third"


async def test_get_or_create_is_atomic(rapyer: ModuleType) -> None:
    created: list[str] = []

    async def create(name: str) -> None:
        result = await Place.aget_or_create(Place(code="x", name=name))
        if result.created:
            created.append(name)

    async with task_group() as group:
        for name in "abcdefgh":
            group.start_soon(create, name)
    assert len(created) == 1 and (await Place.aget("x")).name == created[0]


async def test_corrupted_documents(rapyer: ModuleType) -> None:
    person = await Person(name="a").asave()
    await ask(Person, "JSON.SET", person.key, '$["age"]', '"old"')
    await ask(Person, "JSON.SET", person.key, '$["address"]', '{"city": 5}')
    with pytest.raises(CorruptedModelError) as caught:
        await Person.aget(person.key)
    assert caught.value.key == person.key and caught.value.model == "Person"
    assert set(caught.value.fields) == {"age", "address.city"}
    with pytest.raises(CorruptedModelError):
        await person.aload()
    assert person.age == 0 and person.name == "a"
    with pytest.raises(CorruptedModelError):
        await Person.aget_or_create(person)
    for text in ("[]", "5", '"x"', "null", "{}"):
        await ask(Place, "JSON.SET", "Place:x", "$", text)
        with pytest.raises(CorruptedModelError) as caught:
            await Place.aget("x")
        assert caught.value.key == "Place:x"


async def test_a_key_that_holds_no_document(rapyer: ModuleType) -> None:
    await ask(Place, "SET", "Place:x", "text")
    for call in (Place.aget, Place.afind):
        with pytest.raises(RapyerError) as caught:
            await call("x")
        assert caught.value.key == "Place:x"
    with pytest.raises(RapyerError):
        await Place(code="x").asave()
    with pytest.raises(RapyerError):
        await Place.at("x").name.aappend("y")
    assert await ask(Place, "GET", "Place:x") == b"text"


async def test_module_functions(rapyer: ModuleType) -> None:
    person, place = Person(name="a"), Place(code="x")
    assert await ainsert(person, place) == [person, place]
    assert await aget(person.key) == person and await aget(place.key) == place
    assert await afind(place.key, person.key) == [place, person]
    assert await afind(place.key, "Person:no", skip_missing=True) == [place]
    with pytest.raises(KeyNotFound):
        await afind(place.key, "Person:no")
    assert await afind_one(place.key) == place and await afind_one("Place:no") is None
    assert await aexists(person.key) and await aexists(place) and not await aexists("Place:no")
    for call in (aget, afind, afind_one, aexists, adelete_many):
        with pytest.raises(RapyerModelDoesntExistError, match="Nobody"):
            await call("Nobody:1")
    with pytest.raises(RapyerModelDoesntExistError):
        await adelete_many(person, "Nobody:1")
    assert await aexists(person)
    assert not (await aget_or_create(person)).created
    result = await adelete_many(person.key, place, "Place:no")
    assert result.models_deleted == 2 and result.by_model == {Person: 1, Place: 1}
    assert {Person, Place, Numbered, Renamed} <= set(find_redis_models())


async def test_any_pk_that_is_text(rapyer: ModuleType) -> None:
    code = str(uuid4())
    await Place(code=code).asave()
    assert (await Place.aget(RapyerKey(f"Place:{code}"))).pk == code
