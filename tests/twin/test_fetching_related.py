"""Related documents: one round trip for each level, each document once, cycles included."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel

from rapyer_async import (
    AtomicRedisModel,
    Field,
    Index,
    RedisConfig,
    RedisSet,
    Reference,
    afind,
    aget,
)
from rapyer_core.errors import DanglingReferenceError, UnsupportedArgumentValueError

from .asking import lifetime
from .counting import counted


class RelPublisher(AtomicRedisModel):
    name: str = ""
    best: Reference[RelBook] | None = None


class RelAuthor(AtomicRedisModel):
    name: str = ""
    publisher: Reference[RelPublisher] | None = None
    friends: list[Reference[RelAuthor]] = []


class RelBiography(AtomicRedisModel):
    about: Reference[RelAuthor]


class RelNotes(AtomicRedisModel):
    writer: Reference[RelAuthor] | None = None


class RelBook(AtomicRedisModel):
    title: str = ""
    author: Reference[RelAuthor]
    also: dict[str, list[Reference[RelAuthor]]] = {}
    notes: list[RelNotes] = []
    sequel: Reference[RelBook] | None = None


class RelOther(AtomicRedisModel):
    beside: RedisSet[Reference[RelAuthor]] = Field(default_factory=set)
    row: tuple[Reference[RelAuthor], ...] = ()
    fixed: tuple[int, Reference[RelAuthor]] | None = None
    anything: Any = None


class RelPet(AtomicRedisModel):
    name: str = ""


class RelDog(RelPet):
    kennel: Reference[RelPublisher] | None = None


class RelKeeper(AtomicRedisModel):
    pet: Reference[RelPet] | None = None


class RelTimed(AtomicRedisModel):
    Meta = RedisConfig(ttl=100)
    name: str = ""


class RelHolder(AtomicRedisModel):
    timed: list[Reference[RelTimed]] = []
    author: Reference[RelAuthor] | None = None


async def library(count: int) -> list[RelBook]:
    """Save books, of which each has its author, and all of these one publisher."""
    publisher = await RelPublisher(name="p").asave()
    authors = [RelAuthor(name=str(i), publisher=publisher) for i in range(count)]
    await RelAuthor.ainsert(*authors)
    books = [
        RelBook(title=str(i), author=author, also={"x": [author]}, notes=[RelNotes(writer=author)])
        for i, author in enumerate(authors)
    ]
    return await RelBook.ainsert(*books)


async def test_one_round_trip_for_each_level(rapyer: ModuleType) -> None:
    driver = counted()
    books = await library(20)
    driver.forget()
    found = await RelBook.afind(*[book.key for book in books], fetch=["author.publisher"])
    assert driver.trips == [["JSON.MGET"]] * 3
    assert [book.author.name for book in found] == [str(i) for i in range(20)]
    assert len({id(book.author.publisher.value) for book in found}) == 1
    driver.forget()
    book = await RelBook.aget(books[0].key, fetch=["author.publisher", "also", "notes.writer"])
    assert driver.trips == [["JSON.GET"], ["JSON.MGET"], ["JSON.MGET"]]
    assert book.also["x"][0].value is book.author.value
    assert book.notes[0].writer is not None
    assert book.notes[0].writer.value is book.author.value
    driver.forget()
    await book.afetch_related("author.publisher", "also")
    await book.author.afetch()
    assert driver.trips == []


async def test_depth(rapyer: ModuleType) -> None:
    driver = counted()
    key = (await library(1))[0].key
    for depth, trips in ((0, 0), (1, 1), (2, 2), (3, 2), (None, 2)):
        book = await RelBook.aget(key)
        driver.forget()
        assert await book.afetch_related(depth=depth) is book
        assert driver.trips == [["JSON.MGET"]] * trips
        assert book.author.is_resolved == (trips > 0)
        assert trips == 0 or book.author.publisher.is_resolved == (trips > 1)
    book = await RelBook.aget(key)
    await book.afetch_related()
    assert not book.author.publisher.is_resolved
    for wrong in (-1, True, "1"):
        with pytest.raises(UnsupportedArgumentValueError, match="depth"):
            await book.afetch_related(depth=wrong)


async def test_where_references_may_be(rapyer: ModuleType) -> None:
    authors = [await RelAuthor(name=str(i)).asave() for i in range(4)]
    first, second, third, fourth = (Reference(author.key) for author in authors)
    key = (await RelOther(beside={second}, row=(third, third), fixed=(1, first)).asave()).key
    other = await RelOther.aget(key)
    other.anything = fourth
    await other.afetch_related()
    assert {author.name for author in other.beside} == {"1"}
    assert [author.name for author in other.row] == ["2", "2"]
    assert other.anything.name == "3"
    assert other.fixed[1].name == "0"
    other = await RelOther.aget(key, fetch=["beside", "row.publisher"])
    assert {author.name for author in other.beside} == {"1"}
    assert other.row[0].value is other.row[1].value
    assert not other.fixed[1].is_resolved


async def test_many_documents_take_one_round_trip(rapyer: ModuleType) -> None:
    driver = counted()
    books = await library(600)
    driver.forget()
    found = await RelBook.afind(*[book.key for book in books], fetch=["author"])
    assert driver.trips[-1] == ["JSON.MGET"] * 2
    assert all(book.author.is_resolved for book in found)
    driver.forget()
    seen = 0
    async for book in RelBook.afind_iter(*[book.key for book in books], fetch=["author"]):
        assert book.author.is_resolved
        seen += 1
    assert seen == 600
    assert [len(trip) for trip in driver.trips if trip == ["JSON.MGET"] * len(trip)]
    assert len(driver.trips) <= 8


async def test_cycles_are_read_once(rapyer: ModuleType) -> None:
    driver = counted()
    book = (await library(1))[0]
    author = book.author.value
    author.friends = [Reference(author)]
    await author.asave()
    publisher = author.publisher.value
    publisher.best = book
    await publisher.asave()
    book.sequel = book
    await book.asave()
    driver.forget()
    loaded = await RelBook.aget(book.key)
    await loaded.afetch_related(depth=None)
    assert driver.trips == [["JSON.GET"], ["JSON.MGET"], ["JSON.MGET"]]
    assert loaded.sequel is not None
    assert loaded.sequel.value is loaded
    assert loaded.author.friends[0].value is loaded.author.value
    assert loaded.author.publisher.best.value is loaded
    again = await RelBook.aget(book.key, fetch=["sequel.sequel.sequel.author.publisher.best"])
    assert again.author.publisher.best.value is again


async def test_documents_without_references_need_no_trip(rapyer: ModuleType) -> None:
    driver = counted()
    publisher = await RelPublisher().asave()
    driver.forget()
    await publisher.afetch_related(depth=None)
    assert driver.trips == []
    assert await RelPublisher.afind(publisher.key, fetch=["best.author"]) == [publisher]
    assert driver.trips == [["JSON.MGET"]]


async def test_a_fetch_starts_lifetimes_anew_in_the_same_trip(rapyer: ModuleType) -> None:
    driver = counted()
    timed = [await RelTimed(name=str(i)).asave() for i in range(3)]
    author = await RelAuthor(name="a").asave()
    holder = await RelHolder(timed=timed, author=author).asave()
    for model in timed:
        await model.aset_ttl(10)
    await RelHolder.aget(holder.key, fetch=["timed"])  # which makes the script known
    for model in timed:
        await model.aset_ttl(10)
    driver.forget()
    found = await RelHolder.aget(holder.key, fetch=["timed", "author"])
    assert driver.trips == [["JSON.GET"], ["JSON.MGET", *["EVALSHA"] * 3]]
    assert [model.name for model in found.timed] == ["0", "1", "2"]
    assert found.author is not None
    assert found.author.name == "a"
    for model in timed:
        assert 90 < await lifetime(model) <= 100
    assert await lifetime(author) == -1


class RelIndexed(AtomicRedisModel):
    name: Index[str] = ""
    number: Index[int] = 0
    author: Index[Reference[RelAuthor]]
    publisher: Reference[RelPublisher] | None = None


class RelShape(BaseModel):
    name: str


async def test_queries_fetch(rapyer: ModuleType) -> None:
    driver = counted()
    publisher = await RelPublisher(name="p").asave()
    authors = [await RelAuthor(name=str(i), publisher=publisher).asave() for i in range(5)]
    for i, author in enumerate(authors):
        await RelIndexed(name="n", number=i, author=author).asave()
    query = RelIndexed.where(RelIndexed.name == "n").sort(-RelIndexed.number).wait_for_index()
    fetching = query.fetch("author.publisher", "publisher")
    await query.aall()
    driver.forget()
    await query.aall()
    trips = len(driver.trips)
    driver.forget()
    found = await fetching.aall()
    assert len(driver.trips) == trips + 2
    assert [model.author.name for model in found] == ["4", "3", "2", "1", "0"]
    assert {model.author.publisher.name for model in found} == {"p"}
    page = await fetching.apage(2)
    assert [model.author.name for model in page.items] == ["4", "3"]
    assert (await fetching.afirst()).author.name == "4"
    assert [model.author.name async for model in fetching.limit(3)] == ["4", "3", "2"]
    one = await RelIndexed.where(RelIndexed.author == authors[2]).fetch("author").aget()
    assert one.author.value == authors[2]
    part = await query.only("author").fetch("author").afirst()
    assert part.author.name == "4"
    for asked in (
        lambda: query.only(RelShape).fetch("author"),
        lambda: fetching.only(RelShape),
        lambda: query.fetch("nothing"),
    ):
        with pytest.raises(UnsupportedArgumentValueError):
            asked()


async def test_a_class_derived_from_the_one_that_is_named(rapyer: ModuleType) -> None:
    kennel = await RelPublisher(name="k").asave()
    dog = await RelDog(name="d", kennel=kennel).asave()
    owners = [RelKeeper(pet=dog), RelKeeper(pet=await RelPet(name="p").asave()), RelKeeper()]
    await RelKeeper.ainsert(*owners)
    keys = [owner.key for owner in owners]
    first, second, third = await RelKeeper.afind(*keys, fetch=["pet.kennel"])
    assert first.pet.kennel.name == "k"
    assert second.pet.name == "p"
    assert third.pet is None


async def test_names_that_lead_nowhere(rapyer: ModuleType) -> None:
    book = (await library(1))[0]
    for name, part in (
        ("title", "title"),
        ("nothing", "nothing"),
        ("author.name", "name"),
        ("author.nothing", "nothing"),
        ("notes", "notes"),
        ("notes.writer.title", "title"),
        ("", ""),
    ):
        with pytest.raises(UnsupportedArgumentValueError, match="cannot be fetched") as caught:
            await RelBook.aget(book.key, fetch=[name])
        assert caught.value.actual == part
        with pytest.raises(UnsupportedArgumentValueError):
            await book.afetch_related(name)
        with pytest.raises(UnsupportedArgumentValueError):
            await RelBook.afind(fetch=[name])


async def test_what_is_there_is_fetched_beside_what_is_not(rapyer: ModuleType) -> None:
    one, two = (await library(2)), await RelAuthor(name="gone").asave()
    book = one[0]
    book.sequel = one[1]
    book.also = {"x": [Reference(two)]}
    await book.asave()
    await two.adelete()
    loaded = await RelBook.aget(book.key)
    with pytest.raises(DanglingReferenceError) as caught:
        await loaded.afetch_related()
    assert caught.value.path == '$["also"]["x"][0]'
    assert loaded.author.is_resolved
    assert not loaded.also["x"][0].is_resolved


async def test_from_the_functions(rapyer: ModuleType) -> None:
    books = await library(2)
    found = await aget(books[0].key, fetch=["author"])
    assert isinstance(found, RelBook)
    assert found.author.name == "0"
    for model in await afind(*[book.key for book in books], fetch=["author.publisher"]):
        assert isinstance(model, RelBook)
        assert model.author.publisher.name == "p"
    everything = await RelBook.afind(fetch=["author"])
    assert sorted(book.author.name for book in everything) == ["0", "1"]
    one = await RelBook.afind_one(books[1].key, fetch=["author"])
    assert one is not None
    assert one.author.name == "1"
