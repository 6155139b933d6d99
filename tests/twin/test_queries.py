"""Queries: every terminal gives the same on a server with search and on one without."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from types import ModuleType
from typing import Annotated, Any

import pytest
from pydantic import BaseModel

from rapyer_async import (
    AtomicRedisModel,
    Avg,
    Count,
    CountDistinct,
    Distinct,
    Field,
    Index,
    Key,
    Max,
    Min,
    Query,
    RedisConfig,
    RedisInt,
    Sum,
    apipeline,
    change,
)
from rapyer_core.errors import (
    CorruptedModelError,
    InvalidValueError,
    KeyNotFound,
    ManyFoundError,
    NoneFoundError,
    NotLoadedError,
    PipelineError,
    UnsupportedArgumentTypeError,
    UnsupportedArgumentValueError,
    UnsupportedFieldError,
    UpdateAtomicModelError,
)

from .asking import ask, lifetime, stored


class Town(AtomicRedisModel):
    name: Index[str]
    people: int = 0


class Guest(AtomicRedisModel):
    code: Key[str]
    name: Index[str]
    age: Index[int | None] = Field(None)
    town: Town
    stars: RedisInt = Field(0)
    tags: Index[list[str]] = Field(default_factory=list)
    paid: Decimal = Decimal(0)
    born: date | None = None
    place: Annotated[list[float], Index(vector="flat", dimensions=2, metric="L2")] = [0.0, 0.0]


# What type checkers do not see: fields with options in their annotation.
fields: Any = Guest


class DayGuest(AtomicRedisModel):
    Meta = RedisConfig(ttl=500)
    name: Index[str]


class GuestOfHonour(AtomicRedisModel):
    """Its keys begin like those of the other class, whose index has both."""

    Meta = RedisConfig(key_prefix="Guest:honour")
    name: Index[str]
    age: Index[int] = Field(5)
    town: Town = Field(default_factory=lambda: Town(name="t"))
    place: Annotated[list[float], Index(vector="flat", dimensions=2, metric="L2")] = [9.9, 0.0]


class Short(BaseModel):
    name: str
    age: int | None


NAMES = ("Ann", "Bob", "Cid")


def guest(number: int) -> Guest:
    return Guest(
        code=f"{number:05}",
        name=NAMES[number % 3],
        age=None if number % 10 == 0 else number % 10,
        town=Town(name=f"t{number % 4}", people=number),
        paid=Decimal(number) / 10,
        tags=[f"g{number % 2}", "all"],
        place=[float(number), 0.0],
    )


async def guests(count: int) -> None:
    await Guest.ainsert(*map(guest, range(count)))


def codes(found: list[Guest]) -> list[int]:
    return [int(each.code) for each in found]


async def test_all_first_count_and_exists(rapyer: ModuleType) -> None:
    await guests(50)
    query = Guest.where(Guest.age > 7)
    assert sorted(codes(await query.aall())) == [n for n in range(50) if n % 10 > 7]
    assert await query.acount() == 10 and await query.aexists()
    first = await query.afirst()
    assert first is not None and first.age in (8, 9)
    assert await first.stars.aincrease(2) == 2
    nobody = Guest.where(Guest.age > 7, Guest.name == "nobody")
    assert await nobody.aall() == [] and await nobody.afirst() is None
    assert await nobody.acount() == 0 and not await nobody.aexists()
    assert await Guest.where().acount() == 50 == len(await Guest.where().aall())
    both = query.where((Guest.name == "Ann") | (fields.town.name == "t1"))
    wanted = [n for n in range(50) if n % 10 > 7 and (n % 3 == 0 or n % 4 == 1)]
    assert sorted(codes(await both.aall())) == wanted
    assert await query.acount() == 10  # a step makes another query


async def test_get_is_for_one(rapyer: ModuleType) -> None:
    await guests(12)
    one = await Guest.where(Guest.town.name == "t1", Guest.age == 5).aget()
    assert one.code == "00005"
    with pytest.raises(NoneFoundError) as none:
        await Guest.where(Guest.name == "nobody").aget()
    assert none.value.model == "Guest" and isinstance(none.value, KeyNotFound)
    with pytest.raises(ManyFoundError):
        await Guest.where(Guest.name == "Ann").aget()


async def test_sort_limit_and_offset(rapyer: ModuleType) -> None:
    await guests(30)
    everybody = Guest.where()
    up = codes(await everybody.sort(Guest.age).aall())
    # No age is last in both directions, and equal ones are in the order of keys.
    ages = sorted((n for n in range(30) if n % 10), key=lambda n: (n % 10, n))
    assert up == [*ages, 0, 10, 20]
    down = codes(await everybody.sort(-Guest.age, Guest.name).aall())
    falling = sorted((n for n in range(30) if n % 10), key=lambda n: (-(n % 10), n % 3, n))
    assert down == [*falling, 0, 10, 20]
    query = everybody.sort(-Guest.age, Guest.name)
    assert codes(await query.limit(4).aall()) == down[:4]
    assert codes(await query.limit(4).offset(25).aall()) == down[25:29]
    assert codes(await query.offset(28).aall()) == down[28:]
    assert await query.limit(4).offset(28).acount() == 2
    assert await query.limit(0).aall() == [] and not await query.limit(0).aexists()
    assert await query.offset(30).afirst() is None and not await query.offset(30).aexists()
    assert len({*codes(await everybody.limit(7).offset(3).aall())}) == 7
    assert [guest.age async for guest in query.limit(2)] == [9, 9]
    nested = codes(await everybody.sort(-fields.town.name).limit(1).aall())
    assert nested == [3]


async def test_what_cannot_be_asked(rapyer: ModuleType) -> None:
    with pytest.raises(UnsupportedFieldError):
        Guest.where().sort(Guest.stars)
    with pytest.raises(UnsupportedArgumentValueError):
        Guest.where().sort(Guest.tags)
    with pytest.raises(UnsupportedArgumentTypeError):
        Guest.where(True)
    with pytest.raises(UnsupportedArgumentValueError):
        Guest.where().limit(-1)
    with pytest.raises(UnsupportedArgumentValueError):
        Guest.where().only("nothing")
    with pytest.raises(UnsupportedArgumentTypeError):
        bool(Guest.where())
    with pytest.raises(UnsupportedArgumentValueError):
        await Guest.where().avalues()


async def test_iteration(rapyer: ModuleType) -> None:
    await guests(2_300)
    seen = [int(each.code) async for each in Guest.where(Guest.age > 5)]
    assert sorted(seen) == [n for n in range(2_300) if n % 10 > 5]
    in_order = [int(each.code) async for each in Guest.where(Guest.age > 8).sort(-Guest.name)]
    assert in_order == sorted((n for n in range(2_300) if n % 10 > 8), key=lambda n: (-(n % 3), n))
    async for _ in Guest.where(Guest.age > 5):
        break
    found = Guest.afind_iter(Guest.age > 8, Guest.name == "Ann")
    assert {int(each.code) async for each in found} == {
        n for n in range(2_300) if n % 10 > 8 and n % 3 == 0
    }


async def test_iteration_while_documents_are_written(rapyer: ModuleType) -> None:
    """What exists throughout and matches is seen once, whatever becomes of the others."""
    await guests(3_000)
    seen, kept = list[int](), set(range(0, 3_000, 3))
    async for each in Guest.where(Guest.name == "Ann"):
        seen.append(int(each.code))
        if len(seen) == 1:
            # Written anew, which gives them another place in the index; some match no more.
            await Guest.ainsert(*(guest(n) for n in range(0, 1_500, 3)))
            gone = [f"{n:05}" for n in range(1_500, 1_800, 3)]
            await Guest.adelete_many(*gone)
            changed = Guest.where(Guest.name == "Ann", Guest.town.name == "t3")
            assert (await changed.aupdate(name="Dan")).failed == 0
            await Guest.ainsert(*(guest(n) for n in range(5_001, 5_301, 3)))
    assert len(seen) == len(set(seen))
    stay = {n for n in kept if n % 4 != 3 and not 1_500 <= n < 1_800}
    assert stay <= set(seen)
    # The documents that were read before the changes may be there, and those that came new.
    early = set(seen) - stay
    assert all(n in kept or n > 5_000 for n in early)


async def test_pages(rapyer: ModuleType) -> None:
    await guests(47)
    for query in (
        Guest.where(Guest.name != "Bob").sort(-Guest.age, Guest.town.name),
        Guest.where(Guest.name != "Bob").sort(Guest.age),
        Guest.where(Guest.name != "Bob"),
    ):
        page = await query.apage(7)
        found, sizes = codes(page.items), [len(page.items)]
        while page.cursor is not None:
            page = await query.apage(7, after=page.cursor)
            found += codes(page.items)
            sizes.append(len(page.items))
        wanted = codes(await query.aall())
        assert len(wanted) == 31 and sizes == [7, 7, 7, 7, 3]
        assert found == wanted if "sort by" in str(query.explain()) else found == sorted(wanted)


async def test_a_page_begins_where_the_last_one_ended(rapyer: ModuleType) -> None:
    await guests(20)
    query = Guest.where(Guest.age >= 0).sort(Guest.age)
    page = await query.apage(6)
    assert page.cursor is not None
    await Guest.adelete_many(*(each for each in page.items))
    await Guest.ainsert(Guest(code="x", name="Eve", age=1, town=Town(name="t")))
    following = await query.apage(100, after=page.cursor)
    assert following.cursor is None
    assert codes(following.items) == [n + 10 * i for n in range(4, 10) for i in (0, 1)]
    for wrong in ("", "nonsense", page.cursor[:-4] + "abcd"):
        with pytest.raises(UnsupportedArgumentValueError):
            await query.apage(5, after=wrong)
    with pytest.raises(UnsupportedArgumentValueError):
        await Guest.where().sort(Guest.name).apage(5, after=page.cursor)
    with pytest.raises(UnsupportedArgumentValueError):
        await query.limit(4).apage(5)


async def test_parts_of_documents(rapyer: ModuleType) -> None:
    await guests(6)
    query = Guest.where(Guest.age > 3).sort(Guest.age)
    rows = await query.avalues("name", Guest.paid, Guest.town.people)
    assert rows == [
        {"name": "Bob", "paid": Decimal("0.4"), "town.people": 4},
        {"name": "Cid", "paid": Decimal("0.5"), "town.people": 5},
    ]
    part = (await query.only(Guest.name, "stars").aall())[0]
    assert part.name == "Bob" and await part.stars.aincrease(3) == 3
    with pytest.raises(NotLoadedError):
        _ = part.age
    shaped = await query.only(Short).aall()
    assert shaped == [Short(name="Bob", age=4), Short(name="Cid", age=5)]
    assert [each.age async for each in query.only(Short)] == [4, 5]

    class Other(BaseModel):
        height: int

    with pytest.raises(UnsupportedArgumentValueError):
        query.only(Other)


async def test_aggregates(rapyer: ModuleType) -> None:
    await guests(20)
    (row,) = await Guest.where().aaggregate(
        n=Count(),
        with_age=Count(Guest.age),
        oldest=Max(Guest.age),
        youngest=Min("age"),
        total=Sum(Guest.paid),
        mean=Avg(Guest.age),
        names=Distinct(Guest.name),
        towns=CountDistinct(Guest.town.name),
    )
    assert row == {
        "n": 20,
        "with_age": 18,
        "oldest": 9,
        "youngest": 1,
        "total": Decimal(19),
        "mean": 5.0,
        "names": ["Ann", "Bob", "Cid"],
        "towns": 4,
    }
    rows = await Guest.where(Guest.age > 5).aaggregate(Guest.name, n=Count(), most=Max("age"))
    by_name = {row["name"]: (row["n"], row["most"]) for row in rows}
    numbers = [n for n in range(20) if n % 10 > 5]
    assert by_name == {
        name: (
            sum(NAMES[n % 3] == name for n in numbers),
            max(n % 10 for n in numbers if NAMES[n % 3] == name),
        )
        for name in NAMES
    }
    assert await Guest.where(Guest.name == "nobody").aaggregate(n=Count(), s=Sum("age")) == [
        {"n": 0, "s": 0}
    ]
    assert await Guest.where(Guest.name == "nobody").aaggregate("name", n=Count()) == []
    with pytest.raises(UnsupportedArgumentTypeError):
        await Guest.where().aaggregate(n=3)  # type: ignore[arg-type]  # what is refused
    with pytest.raises(UnsupportedArgumentValueError):
        await Guest.where().aaggregate(n=Sum(Guest.name))


async def test_sums_are_exact(rapyer: ModuleType) -> None:
    await guests(2)
    for code, people in (("00000", 2**62), ("00001", 1)):
        await Guest.at(code).town.aupdate(people=people)
    (row,) = await Guest.where().aaggregate(s=Sum(Guest.town.people))
    assert row == {"s": 2**62 + 1}


async def test_updates(rapyer: ModuleType) -> None:
    await guests(30)
    done = await Guest.where(Guest.age > 4, Guest.name == "Ann").aupdate(
        stars=change.increase(5), tags=change.append("new"), name="Anna"
    )
    numbers = [n for n in range(30) if n % 10 > 4 and n % 3 == 0]
    assert (done.matched, done.changed, done.failed) == (len(numbers), len(numbers), 0)
    found = await Guest.where(Guest.name == "Anna").sort(Guest.age).aall()
    assert sorted(codes(found)) == numbers
    assert all(each.stars == 5 and each.tags[-1] == "new" for each in found)
    assert await Guest.where(Guest.tags.any_of(["new"])).acount() == len(numbers)
    twice = await Guest.where(Guest.name == "Anna").sort(-Guest.age).limit(2).aupdate(stars=7)
    assert twice.changed == 2 and await Guest.where(Guest.name == "Anna").acount() == len(numbers)
    all_of_them = await Guest.where().aupdate(stars=change.decrease(1))
    assert all_of_them.changed == 30


async def test_an_update_that_the_server_refuses(rapyer: ModuleType) -> None:
    await guests(4)
    await Guest.at("00002").stars.aset(2**63 - 1)
    before = await stored(await Guest.aget("00002"))
    done = await Guest.where(Guest.age >= 0).aupdate(name="Zoe", stars=change.increase(1))
    assert (done.matched, done.changed, done.failed) == (3, 2, 1)
    assert [*done.errors] == ["Guest:00002"] and "00002" in str(done.errors["Guest:00002"])
    assert await stored(await Guest.aget("00002")) == before
    assert await Guest.where(Guest.name == "Zoe").acount() == 2


async def test_updates_that_are_refused_before_anything_is_sent(rapyer: ModuleType) -> None:
    await guests(2)
    query = Guest.where(Guest.age >= 0)
    with pytest.raises(InvalidValueError):
        await query.aupdate(age="no number")
    with pytest.raises(UpdateAtomicModelError):
        await query.aupdate(code="other")
    with pytest.raises(UpdateAtomicModelError):
        await query.aupdate(height=3)
    with pytest.raises(UpdateAtomicModelError):
        await query.aupdate(name=change.increase(1))
    with pytest.raises(UnsupportedArgumentTypeError):
        await query.aupdate()
    async with apipeline():
        with pytest.raises(PipelineError):
            await query.aupdate(stars=1)
        with pytest.raises(PipelineError):
            await query.adelete()
    assert (await Guest.where().aaggregate(s=Sum("stars")))[0]["s"] == 0


async def test_deletes(rapyer: ModuleType) -> None:
    await guests(40)
    done = await Guest.where(Guest.age > 4).adelete()
    assert (done.matched, done.changed, done.failed) == (20, 20, 0)
    assert await Guest.where(Guest.age > 4).acount() == 0
    assert (await Guest.where().sort(Guest.age).limit(3).adelete()).changed == 3
    assert (await Guest.adelete_many(Guest.name == "Ann", Guest.age.is_null())).models_deleted == 2
    with pytest.raises(UnsupportedArgumentTypeError):
        await Guest.adelete_many("00001", Guest.age > 3)
    assert await Guest.where().acount() == 15 == len(await Guest.afind())


async def test_finds_take_conditions_and_keys(rapyer: ModuleType) -> None:
    await guests(30)
    assert sorted(codes(await Guest.afind(Guest.age > 8))) == [9, 19, 29]
    assert len(await Guest.afind(Guest.age > 4, max_results=4)) == 4
    assert codes(await Guest.afind("00019", "00003", "00009", Guest.age > 8)) == [19, 9]
    one = await Guest.afind_one(Guest.age > 8, Guest.name == "Cid")
    assert one is not None and one.code == "00029"
    assert await Guest.afind_one(Guest.name == "nobody") is None


async def test_corrupted_documents(rapyer: ModuleType) -> None:
    await guests(4)
    await ask(Guest, "JSON.SET", "Guest:00001", '$["stars"]', '"many"')
    query = Guest.where(Guest.age >= 0)
    with pytest.raises(CorruptedModelError) as caught:
        await query.aall()
    assert caught.value.key == "Guest:00001"
    assert sorted(codes(await query.skip_corrupted().aall())) == [2, 3]
    assert sorted([int(each.code) async for each in query.skip_corrupted()]) == [2, 3]
    assert await query.acount() == 3


async def test_nearest(rapyer: ModuleType) -> None:
    await guests(30)
    near = Guest.where(fields.place.knn(4, [9.9, 0.0]))
    assert codes(await near.aall()) == [10, 9, 11, 8]
    assert await near.acount() == 4 and await near.aexists()
    assert codes(await near.sort(Guest.name).limit(2).aall()) == [9, 10]
    assert [int(each.code) async for each in near] == [10, 9, 11, 8]
    among = Guest.where(fields.place.knn(2, [9.9, 0.0]), Guest.name == "Ann")
    assert codes(await among.aall()) == [9, 12]
    assert (await near.aupdate(stars=3)).changed == 4
    assert (await Guest.where().aaggregate(s=Sum("stars")))[0]["s"] == 12


async def test_a_read_renews_the_lifetime(rapyer: ModuleType) -> None:
    visitors = await DayGuest.ainsert(DayGuest(name="a"), DayGuest(name="b"))
    for each in visitors:
        await ask(DayGuest, "EXPIRE", each.key, 100)
    (found,) = await DayGuest.where(DayGuest.name == "a").aall()
    assert await lifetime(found) > 400
    assert await lifetime(visitors[1]) <= 100
    assert (await DayGuest.where(DayGuest.name == "b").aupdate(name="c")).changed == 1
    assert await lifetime(visitors[1]) > 400
    assert await DayGuest.where(DayGuest.name == "c").acount() == 1
    assert await DayGuest.where().acount() == 2


async def test_queries_say_what_they_are() -> None:
    query: Query[Guest] = Guest.where(Guest.age > 18).sort(-Guest.name).limit(3)
    plan = query.explain()
    assert plan.index is not None and plan.index.startswith("idx:Guest:v")
    assert 18 in plan.params.values() and "18" not in plan.query
    assert plan.is_exact and "sort by -name" in str(plan) and "take 3" in str(plan)
    assert not Guest.where(fields.town.name.like("*a_b*")).explain().is_exact


async def test_documents_of_a_class_whose_keys_begin_alike(rapyer: ModuleType) -> None:
    await guests(12)
    await GuestOfHonour.ainsert(*(GuestOfHonour(name="Ann") for _ in range(4)))
    query = Guest.where(Guest.name == "Ann")
    assert sorted(codes(await query.aall())) == [0, 3, 6, 9]
    assert await query.acount() == 4 and len(await query.limit(3).aall()) == 3
    assert sorted([int(each.code) async for each in query]) == [0, 3, 6, 9]
    assert codes(await Guest.where(fields.place.knn(2, [9.9, 0.0])).aall()) == [10, 9]
    assert (await query.aupdate(name="Zoe")).changed == 4
    assert await GuestOfHonour.where(GuestOfHonour.name == "Ann").acount() == 4
    assert (await Guest.where(Guest.age >= 0).adelete()).changed == 10
    assert await GuestOfHonour.where().acount() == 4


async def test_rows_of_corrupted_documents(rapyer: ModuleType) -> None:
    await guests(4)
    await ask(Guest, "JSON.SET", "Guest:00001", '$["stars"]', '"many"')
    query = Guest.where(Guest.age >= 0).sort(Guest.age)
    assert [row["name"] for row in await query.avalues("name")] == ["Bob", "Cid", "Ann"]
    with pytest.raises(CorruptedModelError):
        await query.avalues("stars")
    with pytest.raises(CorruptedModelError):
        await query.aaggregate(s=Sum("stars"))
    assert len(await query.skip_corrupted().avalues("stars")) == 2
    assert await query.skip_corrupted().aaggregate(n=Count("stars")) == [{"n": 2}]
