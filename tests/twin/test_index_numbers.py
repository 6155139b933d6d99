"""Numbers beside texts: kept by every step that changes a text, seen by nobody but the index."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from types import ModuleType
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, ConfigDict

from rapyer_async import AtomicRedisModel, Field, Index, RapyerKey, RedisConfig
from rapyer_core.errors import RapyerError
from rapyer_core.search.evaluating import values_of
from rapyer_core.search.schema import SHADOW_MEMBER, index_schema
from rapyer_core.search.shadows import backfill_operation

from .asking import ask

MOMENT = datetime(2024, 2, 29, 12, 30, 15, 123456, tzinfo=timezone(timedelta(hours=2)))
MICROSECONDS = 1709202615123456


class Visit(BaseModel):
    day: Index[date]
    note: str = ""


class DatedGuest(AtomicRedisModel):
    name: Index[str] = ""
    since: Index[datetime]
    paid: Annotated[Decimal | None, Index()] = None
    visits: list[Visit] = []
    seen: Annotated[dict[str, datetime], Index(keys=("web", "a b"))] = {}
    odd: dict[str, int] = {}
    count: int = 0


class StrictGuest(AtomicRedisModel):
    model_config = ConfigDict(extra="forbid")
    since: Index[datetime]


class OpenGuest(AtomicRedisModel):
    model_config = ConfigDict(extra="allow")
    since: Index[datetime]


class PlainGuest(AtomicRedisModel):
    name: Index[str] = ""


async def numbers(key: str) -> Any:
    text = await ask(DatedGuest, "JSON.GET", key, f'$["{SHADOW_MEMBER}"]')
    found = json.loads(text)
    return found[0] if found else None


async def test_a_whole_document(rapyer: ModuleType) -> None:
    guest = await DatedGuest(since=MOMENT, paid=Decimal("1.50")).asave()
    assert await numbers(guest.key) == {"since": MICROSECONDS, "paid": 1.5, "visits_day": []}
    assert (await DatedGuest.aget(guest.key)).since == MOMENT
    await DatedGuest.ainsert(*(DatedGuest(since=MOMENT) for _ in range(3)))
    for other in await DatedGuest.afind_keys():
        assert (await numbers(other))["since"] == MICROSECONDS
    plain = await PlainGuest().asave()
    assert await numbers(plain.key) is None


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(1970, 1, 1), 0),
        (datetime(1969, 12, 31, 23, 59, 59, 999999), -1),
        (datetime(1, 1, 1), -62135596800000000),
        (datetime(9999, 12, 31, 23, 59, 59, 999999), 253402300800000000),
        (datetime(2000, 3, 1, tzinfo=timezone.utc), 951868800000000),
        (datetime(2000, 3, 1, tzinfo=timezone(-timedelta(hours=9, minutes=30))), 951903000000000),
        (MOMENT, MICROSECONDS),
    ],
)
async def test_moments(rapyer: ModuleType, moment: datetime, expected: int) -> None:
    guest = await DatedGuest(since=moment).asave()
    assert (await numbers(guest.key))["since"] == expected


async def test_days_and_decimals(rapyer: ModuleType) -> None:
    days = [date(1, 1, 1), date(1970, 1, 1), date(2000, 2, 29), date(9999, 12, 31)]
    guest = await DatedGuest(since=MOMENT, visits=[Visit(day=day) for day in days]).asave()
    assert (await numbers(guest.key))["visits_day"] == [day.toordinal() for day in days]
    for text in ("0.1", "-12345678901234567890.5", "1E+5", "1E-400", "123456789012345678"):
        await guest.aupdate(paid=Decimal(text))
        assert (await numbers(guest.key))["paid"] == float(text)
    await guest.aupdate(paid=Decimal("1E+400"))
    assert (await numbers(guest.key))["paid"] == 1.7976931348623157e308
    await guest.aupdate(paid=None)
    assert "paid" not in await numbers(guest.key)


async def test_every_way_to_change_a_text(rapyer: ModuleType) -> None:
    guest = await DatedGuest(since=MOMENT).asave()
    guest.since = datetime(1970, 1, 1)
    await guest.asave()
    assert (await numbers(guest.key))["since"] == 0
    await guest.aupdate(since=MOMENT, count=5)
    assert (await numbers(guest.key))["since"] == MICROSECONDS
    await guest.visits.aappend(Visit(day=date(2000, 1, 1)))
    assert (await numbers(guest.key))["visits_day"] == [date(2000, 1, 1).toordinal()]
    guest.visits[0].day = date(2001, 1, 1)
    await guest.asave()
    assert (await numbers(guest.key))["visits_day"] == [date(2001, 1, 1).toordinal()]
    await guest.seen.aset_item("a b", datetime(1970, 1, 1))
    await guest.seen.aset_item("other", datetime(1970, 1, 1))
    assert (await numbers(guest.key))["seen_a_b"] == 0

    def later(model: DatedGuest) -> None:
        model.since = datetime(1970, 1, 2)

    await guest.aapply(later)
    assert (await numbers(guest.key))["since"] == 86_400_000_000
    await guest.visits.aclear()
    assert (await numbers(guest.key))["visits_day"] == []
    async with guest.alock():
        guest.since = datetime(1970, 1, 1)
    assert (await numbers(guest.key))["since"] == 0
    await guest.aset_ttl(100)
    await guest.adelete()
    assert not await DatedGuest.aexists(guest.key)
    found = await DatedGuest.aget_or_create(DatedGuest(since=MOMENT))
    assert (await numbers(found.value.key))["since"] == MICROSECONDS


async def test_a_name_without_a_path(rapyer: ModuleType) -> None:
    guest = await DatedGuest(since=MOMENT, odd={"a\\b": 1}).asave()
    await guest.odd.aupdate({"a\\b": 2})
    assert (await DatedGuest.aget(guest.key)).odd == {"a\\b": 2}
    assert (await numbers(guest.key))["since"] == MICROSECONDS


async def test_in_a_pipeline(rapyer: ModuleType) -> None:
    one, two = await DatedGuest.ainsert(DatedGuest(since=MOMENT), DatedGuest(since=MOMENT))
    async with rapyer.apipeline():
        one.since = datetime(1970, 1, 1)
        await one.asave()
        await two.aupdate(since=datetime(1970, 1, 2))
        await two.visits.aappend(Visit(day=date(2000, 1, 1)))
        assert (await numbers(one.key))["since"] == MICROSECONDS
    assert (await numbers(one.key))["since"] == 0
    assert await numbers(two.key) == {
        "since": 86_400_000_000,
        "visits_day": [date(2000, 1, 1).toordinal()],
    }


async def test_a_pipeline_that_fails(rapyer: ModuleType) -> None:
    one, two = await DatedGuest.ainsert(DatedGuest(since=MOMENT), DatedGuest(since=MOMENT))
    await ask(DatedGuest, "JSON.SET", two.key, '$["visits"]', "5")
    with pytest.raises(RapyerError):
        async with rapyer.apipeline():
            await one.aupdate(since=datetime(1970, 1, 1))
            await two.visits.aappend(Visit(day=date(2000, 1, 1)))
    assert (await numbers(one.key))["since"] == MICROSECONDS
    assert (await DatedGuest.aget(one.key)).since == MOMENT
    with pytest.raises(RapyerError):
        async with rapyer.apipeline(all_or_nothing=False):
            await one.aupdate(since=datetime(1970, 1, 1))
            await two.visits.aappend(Visit(day=date(2000, 1, 1)))
    assert (await numbers(one.key))["since"] == 0


@pytest.mark.parametrize("cls", [StrictGuest, OpenGuest])
async def test_loads_do_not_see_it(rapyer: ModuleType, cls: Any) -> None:
    guest = await cls(since=MOMENT).asave()
    assert (await numbers(guest.key))["since"] == MICROSECONDS
    loaded = await cls.aget(guest.key)
    assert loaded.model_dump() == {"since": MOMENT}
    (found,) = await cls.afind()
    assert found.model_dump() == {"since": MOMENT}
    found.since = datetime(1970, 1, 1)
    await found.asave()
    await loaded.aload()
    assert loaded.since == datetime(1970, 1, 1)


async def test_documents_that_were_stored_without(rapyer: ModuleType) -> None:
    await ask(DatedGuest, "JSON.SET", "DatedGuest:old", "$", '{"since": "1970-01-01T00:00:01"}')
    guest = await DatedGuest.aget("old")
    assert guest.since == datetime(1970, 1, 1, 0, 0, 1) and await numbers("DatedGuest:old") is None
    backfill = backfill_operation(DatedGuest, RapyerKey("DatedGuest:old"))
    assert backfill is not None and backfill_operation(PlainGuest, RapyerKey("x")) is None
    async with rapyer.apipeline():
        rapyer.current_scope().add(backfill, DatedGuest)
    assert await numbers("DatedGuest:old") == {"since": 1_000_000, "visits_day": []}


class Diary(AtomicRedisModel):
    """Every shape in which a text with a number can stand."""

    moment: Index[datetime] = Field(MOMENT)
    moments: Index[list[datetime]] = Field(default_factory=list)
    prices: Annotated[dict[str, Decimal], Index(keys=("a", "b"))] = Field(default_factory=dict)
    visits: list[Visit] = Field(default_factory=list)
    visit: Visit | None = None
    stays: dict[str, list[int]] = Field(default_factory=dict)


class StrictDiary(Diary):
    Meta = RedisConfig(optimistic=True, ttl=1_000)


class OnceDiary(Diary):
    Meta = RedisConfig(exactly_once=True)


def expected(cls: Any, document: Any) -> dict[str, Any]:
    """Return the numbers that a document should have beside its texts."""
    numbers: dict[str, Any] = {}
    for field in index_schema(cls).shadows:
        found = values_of(field, document)
        values = [number if type(number) is int else float(number) for number in found]
        if field.is_many:
            numbers[field.attribute] = values
        elif values:
            numbers[field.attribute] = values[0]
    return numbers


_D = [datetime(2020, 1, 1 + i, tzinfo=timezone.utc) for i in range(9)]

# Each changes a diary on the server in one way.
STEPS: list[Any] = [
    lambda diary: diary.moments.aappend(_D[0]),
    lambda diary: diary.moments.aextend(_D[1:6]),
    lambda diary: diary.moments.ainsert(1, _D[7]),
    lambda diary: diary.moments.aset_item(0, _D[8]),
    lambda diary: diary.moments.aremove_range(1, 3),
    lambda diary: diary.moments.apop(),
    lambda diary: diary.moments.apop(0),
    lambda diary: diary.moments.aremove(_D[4]),
    lambda diary: diary.prices.aset_item("a", Decimal("1.5")),
    lambda diary: diary.prices.aupdate(b=Decimal(2), c=Decimal(3)),
    lambda diary: diary.prices.asetdefault("a", Decimal(9)),
    lambda diary: diary.prices.adel_item("a"),
    lambda diary: diary.prices.apop("b"),
    lambda diary: diary.visits.aappend(Visit(day=date(2020, 1, 1))),
    lambda diary: diary.visits.aappend(Visit(day=date(2021, 1, 1))),
    lambda diary: diary.visits[1].aupdate(day=date(2022, 2, 2)),
    lambda diary: diary.visits[0].note.aappend("x"),
    lambda diary: diary.visits.apop(0),
    lambda diary: diary.moment.aset(_D[3]),
    lambda diary: diary.moment.aadd(timedelta(days=1, microseconds=1)),
    lambda diary: diary.moment.aapply(lambda moment: moment + timedelta(hours=1)),
    lambda diary: diary.aupdate(visit=Visit(day=date(1999, 9, 9)), moment=_D[2]),
    lambda diary: diary.visit.aupdate(day=date(2000, 1, 1)),
    lambda diary: diary.aupdate(visit=None),
    lambda diary: diary.asave(force=True),
    lambda diary: diary.moments.aclear(),
    lambda diary: diary.prices.aclear(),
    lambda diary: type(diary).aupdate_or_create(diary, ["moment"]),
    lambda diary: diary.aload(),
]  # fmt: skip


@pytest.mark.parametrize("cls", [Diary, StrictDiary, OnceDiary])
async def test_after_every_step(rapyer: ModuleType, cls: Any) -> None:
    diary = await cls().asave()
    for count, step in enumerate(STEPS):
        await step(diary)
        document = json.loads(await ask(cls, "JSON.GET", diary.key, "$"))[0]
        assert document[SHADOW_MEMBER] == expected(cls, document), count


async def test_operators_in_a_pipeline(rapyer: ModuleType) -> None:
    diary = await Diary().asave()
    async with diary.apipeline():
        diary.moment += timedelta(days=1)
        diary.moments += _D[:2]
        diary.prices["a"] = Decimal(5)
        diary.visits = [Visit(day=date(2020, 1, 1))]
    document = json.loads(await ask(Diary, "JSON.GET", diary.key, "$"))[0]
    assert document[SHADOW_MEMBER] == expected(Diary, document)
    assert document[SHADOW_MEMBER]["moments"] and document[SHADOW_MEMBER]["prices_a"] == 5
