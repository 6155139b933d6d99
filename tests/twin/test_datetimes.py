"""Datetimes on the server: kept as they are, and summed with timedeltas as Python sums them."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import datetime, timedelta, timezone
from types import ModuleType
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import Field as Bounds
from pydantic import ValidationError, field_validator

from rapyer_async import (
    AtomicRedisModel,
    Field,
    NaiveAs,
    Nullable,
    RedisDatetime,
    RedisDatetimeTimestamp,
    RedisDict,
    RedisList,
)
from rapyer_core.errors import (
    InvalidValueError,
    KeyNotFound,
    NotLoadedError,
    NumberRangeError,
    PathError,
    RapyerSerializationError,
)

from .asking import ask, stored

law = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

UTC = timezone.utc
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
BERLIN = ZoneInfo("Europe/Berlin")


class Meeting(AtomicRedisModel):
    starts: RedisDatetime = Field(datetime(2026, 1, 2, 3, 4, 5, 678901))
    created: RedisDatetimeTimestamp = Field(NEW_YEAR)
    ended: Nullable[datetime] = Field(None)
    closed: RedisDatetimeTimestamp | None = Field(None)
    local: Annotated[RedisDatetimeTimestamp, NaiveAs(BERLIN)] = Field(NEW_YEAR)
    breaks: RedisList[datetime] = Field(default_factory=list)
    seen: RedisDict[str, RedisDatetimeTimestamp] = Field(default_factory=dict)
    early: Annotated[datetime, Bounds(lt=datetime(2030, 1, 1))] = datetime(2026, 1, 1)
    whole: datetime = datetime(2026, 1, 1)
    either: RedisDatetimeTimestamp | str = Field("")
    by_time: dict[RedisDatetimeTimestamp, int] = Field(default_factory=dict)

    @field_validator("whole")
    @classmethod
    def must_be_a_day(cls, value: datetime) -> datetime:
        if value.hour or value.minute or value.second or value.microsecond:
            raise ValueError("must be a whole day")
        return value


DELTAS = st.one_of(
    st.timedeltas(),
    st.timedeltas(timedelta(days=-800_000), timedelta(days=800_000)),
    st.timedeltas(timedelta(seconds=-2), timedelta(seconds=2)),
)
ZONES = st.one_of(
    st.none(),
    st.just(UTC),
    st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
# Further from 1970 a double does not hold every microsecond.
NEAR = st.datetimes(datetime(1700, 1, 1), datetime(2240, 1, 1)).map(
    lambda moment: moment.replace(tzinfo=UTC)
)


def summed(moment: datetime, delta: timedelta) -> datetime | None:
    """Return Python's sum, None for one beyond its years."""
    try:
        return moment + delta
    except OverflowError:
        return None


@law
@given(moment=st.datetimes(), zone=ZONES, delta=DELTAS)
@example(moment=datetime(2024, 2, 28, 23, 59, 59, 999999), zone=None, delta=timedelta.resolution)
@example(moment=datetime(2023, 12, 31), zone=UTC, delta=timedelta(days=366))
@example(moment=datetime(2000, 3, 1), zone=UTC, delta=timedelta(microseconds=-1))
@example(moment=datetime(1900, 2, 28), zone=None, delta=timedelta(days=1))
@example(moment=datetime.min, zone=None, delta=timedelta(microseconds=-1))
@example(moment=datetime.min, zone=None, delta=datetime.max - datetime.min)
@example(moment=datetime.max, zone=None, delta=datetime.min - datetime.max)
@example(moment=datetime.max, zone=None, delta=timedelta(microseconds=1))
@example(moment=datetime(2026, 1, 1), zone=None, delta=timedelta.max)
@example(moment=datetime(2026, 1, 1), zone=None, delta=timedelta.min)
async def test_sums_are_pythons(
    rapyer: ModuleType, moment: datetime, zone: timezone | None, delta: timedelta
) -> None:
    moment = moment.replace(tzinfo=zone, fold=0)
    model = await Meeting(starts=moment).asave()
    expected = summed(moment, delta)
    if expected is None:
        with pytest.raises(NumberRangeError) as caught:
            await model.starts.aadd(delta)
        assert (caught.value.key, caught.value.path) == (model.key, '$["starts"]')
        expected = moment
    else:
        result = await model.starts.aadd(delta)
        assert type(result).__name__ == "RedisDatetime" and result == expected
    assert model.starts == expected and model.starts.utcoffset() == expected.utcoffset()
    again = await Meeting.aget(model.key)
    assert again.starts == expected and again.starts.utcoffset() == expected.utcoffset()
    assert again.starts.microsecond == expected.microsecond
    # The text is the one that a save writes.
    assert json.loads(again.redis_dump_json())["starts"] == (await stored(model))["starts"]
    await ask(Meeting, "DEL", model.key)


@law
@given(moment=NEAR, delta=DELTAS)
@example(moment=EPOCH, delta=timedelta(microseconds=-1))
@example(moment=EPOCH, delta=timedelta.resolution)
@example(moment=datetime(2241, 12, 31, tzinfo=UTC), delta=timedelta(days=10, microseconds=1))
@example(moment=NEW_YEAR, delta=datetime(9999, 12, 31, tzinfo=UTC) - NEW_YEAR)
@example(moment=NEW_YEAR, delta=datetime(1, 1, 1, tzinfo=UTC) - NEW_YEAR)
@example(moment=NEW_YEAR, delta=timedelta.max)
async def test_sums_of_timestamps_are_pythons(
    rapyer: ModuleType, moment: datetime, delta: timedelta
) -> None:
    model = await Meeting(created=moment).asave()
    expected = summed(moment, delta)
    try:
        Meeting(created=expected)
    except ValidationError:
        expected = None
    if expected is None:
        with pytest.raises(NumberRangeError):
            await model.created.aadd(delta)
        expected = moment
    else:
        result = await model.created.aadd(delta)
        assert type(result).__name__ == "RedisDatetimeTimestamp" and result == expected
    assert model.created == expected and model.created.tzinfo is UTC
    again = await Meeting.aget(model.key)
    assert again.created == expected and again.created.tzinfo is UTC
    number = (await stored(model))["created"]
    assert type(number) is float and number == (expected - EPOCH) / SECOND
    await ask(Meeting, "DEL", model.key)


@law
@given(moment=st.datetimes(), zone=ZONES, near=NEAR)
async def test_they_come_back_as_they_were(
    rapyer: ModuleType, moment: datetime, zone: timezone | None, near: datetime
) -> None:
    moment = moment.replace(tzinfo=zone, fold=0)
    model = await Meeting(starts=moment, created=near, ended=moment, breaks=[moment]).asave()
    await model.aupdate(closed=near, seen={"a": near}, by_time={near: 1})
    await model.breaks.aappend(moment)
    again = await Meeting.aget(model.key)
    assert again == model and again.by_time == {near: 1}
    for value in (again.starts, again.ended, again.breaks[0], again.breaks[1]):
        assert value == moment and value.utcoffset() == moment.utcoffset()
    assert again.created == again.closed == again.seen["a"] == near
    await ask(Meeting, "DEL", model.key)


async def test_in_pipelines(rapyer: ModuleType) -> None:
    model = await Meeting(ended=NEW_YEAR, breaks=[NEW_YEAR], seen={"a": NEW_YEAR}).asave()
    other = await Meeting.aget(model.key)
    await other.starts.aadd(timedelta(days=1))
    await other.created.aadd(timedelta(days=1))
    async with model.apipeline():
        model.starts += timedelta(days=31, microseconds=5)
        model.created -= timedelta(hours=25)
        model.breaks[0] += SECOND
        model.seen["a"] -= SECOND
        assert model.ended is not None
        assert await model.ended.aadd(SECOND) == NEW_YEAR + SECOND
        assert model.starts == datetime(2026, 2, 2, 3, 4, 5, 678906)
    # What the other client added counts.
    assert model.starts == datetime(2026, 2, 3, 3, 4, 5, 678906)
    assert model.created == NEW_YEAR - timedelta(hours=1)
    assert model.breaks == [NEW_YEAR + SECOND] and model.seen == {"a": NEW_YEAR - SECOND}
    assert await Meeting.aget(model.key) == model


async def test_a_pipeline_that_fails_changes_none(rapyer: ModuleType) -> None:
    model = await Meeting(ended=datetime.max).asave()
    with pytest.raises(NumberRangeError):
        async with model.apipeline():
            model.starts += timedelta(days=1)
            model.created += timedelta(days=1)
            assert model.ended is not None
            await model.ended.aadd(SECOND)
    assert model.starts == datetime(2026, 1, 2, 3, 4, 5, 678901)
    assert await Meeting.aget(model.key) == model == Meeting(ended=datetime.max)


async def test_operators_outside_of_pipelines_are_pythons(rapyer: ModuleType) -> None:
    model = await Meeting().asave()
    model.starts += timedelta(days=1)
    model.created -= timedelta(days=1)
    assert (await Meeting.aget(model.key)).starts.day == 2
    await model.asave()
    again = await Meeting.aget(model.key)
    assert again.starts.day == 3 and again.created == NEW_YEAR - timedelta(days=1)
    assert type(model.starts + SECOND) is datetime and type(SECOND + model.starts) is datetime
    assert model.starts - model.starts == timedelta(0)
    assert type(model.starts.replace(year=2000)) is datetime
    assert type(model.starts.astimezone(UTC)) is datetime


async def test_the_largest_timedeltas_are_beyond_all_years(rapyer: ModuleType) -> None:
    model = await Meeting().asave()
    for delta in (timedelta.max, timedelta.min):
        for change in (model.starts.aadd, model.starts.asub, model.created.asub):
            with pytest.raises(NumberRangeError):
                await change(delta)
        with pytest.raises(NumberRangeError):
            async with model.apipeline():
                model.starts -= delta
    assert await Meeting.aget(model.key) == model == Meeting()


async def test_handles(rapyer: ModuleType) -> None:
    model = await Meeting(seen={"a": NEW_YEAR}).asave()
    handle = Meeting.at(model.key)
    assert await handle.starts.aadd(timedelta(days=1)) == model.starts + timedelta(days=1)
    assert await handle.created.asub(SECOND) == NEW_YEAR - SECOND
    assert await handle.seen["a"].aadd(SECOND) == NEW_YEAR + SECOND
    async with handle.apipeline():
        await handle.created.aadd(SECOND)
    assert (await Meeting.aget(model.key)).created == NEW_YEAR
    with pytest.raises(NotLoadedError):
        str(handle.created)


async def test_validators_and_bounds_hold(rapyer: ModuleType) -> None:
    model = await Meeting(either=NEW_YEAR).asave()
    assert await model.early.aadd(timedelta(days=1)) == datetime(2026, 1, 2)
    for value, delta in ((model.early, timedelta(days=4000)), (model.whole, SECOND)):
        with pytest.raises(InvalidValueError):
            await value.aadd(delta)
    with pytest.raises(NumberRangeError):
        await model.whole.aadd(timedelta.max)
    assert await model.whole.asub(timedelta(days=1)) == datetime(2025, 12, 31)
    assert await model.either.aadd(SECOND) == NEW_YEAR + SECOND
    assert (await stored(model))["either"] == (NEW_YEAR + SECOND - EPOCH) / SECOND


@pytest.mark.parametrize("operand", [1, 1.5, "1", None, datetime(2026, 1, 1)])
async def test_what_is_no_timedelta_is_refused(rapyer: ModuleType, operand: Any) -> None:
    model = await Meeting().asave()
    for change in (model.starts.aadd, model.created.asub):
        with pytest.raises(InvalidValueError):
            await change(operand)
    with pytest.raises(InvalidValueError):
        async with model.apipeline():
            model.starts += operand
    with pytest.raises(InvalidValueError):
        async with model.apipeline():
            model.starts *= 2


async def test_what_is_not_there_is_an_error(rapyer: ModuleType) -> None:
    with pytest.raises(KeyNotFound):
        await Meeting().starts.aadd(SECOND)
    model = await Meeting().asave()
    await ask(Meeting, "JSON.SET", model.key, '$["starts"]', '"tomorrow"')
    await ask(Meeting, "JSON.SET", model.key, '$["created"]', "null")
    for value in (model.starts, model.created):
        with pytest.raises(PathError) as caught:
            await value.aadd(SECOND)
        assert caught.value.path is not None
    await ask(Meeting, "DEL", model.key)
    with pytest.raises(KeyNotFound):
        await model.starts.aadd(SECOND)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"2026-01-01T00:00:00.5+00:00"', "2026-01-01T00:00:01.500000+00:00"),
        ('"2026-01-01 00:00"', "2026-01-01T00:00:01"),
        ('"2026-01-01T00:00:00.123456789Z"', "2026-01-01T00:00:01.123456Z"),
        ('"2026-01-01T00:00+05:30"', "2026-01-01T00:00:01+05:30"),
    ],
)
async def test_texts_that_others_wrote(rapyer: ModuleType, text: str, expected: str) -> None:
    model = await Meeting().asave()
    await ask(Meeting, "JSON.SET", model.key, '$["starts"]', text)
    await Meeting.at(model.key).starts.aadd(SECOND)
    assert (await stored(model))["starts"] == expected


async def test_timestamps_that_others_wrote(rapyer: ModuleType) -> None:
    model = await Meeting().asave()
    await ask(Meeting, "JSON.SET", model.key, '$["created"]', "1704067200")
    again = await Meeting.aget(model.key)
    assert again.created == datetime(2024, 1, 1, tzinfo=UTC)
    await again.created.aadd(timedelta(microseconds=1))
    assert (await stored(model))["created"] == 1704067200.000001


async def test_a_timestamp_is_a_moment(rapyer: ModuleType) -> None:
    there = datetime(2026, 1, 1, 1, tzinfo=timezone(SECOND * 3600))
    model = await Meeting(created=there).asave()
    assert model.created == NEW_YEAR and model.created.tzinfo is UTC
    naive = datetime(2026, 7, 1, 2)
    with pytest.raises(ValidationError, match="NaiveAs"):
        Meeting(created=naive)
    with pytest.raises(InvalidValueError, match="NaiveAs"):
        await model.created.aset(naive)
    assert await model.local.aset(naive) == datetime(2026, 7, 1, tzinfo=UTC)
    assert await model.local.aadd(SECOND) == datetime(2026, 7, 1, 0, 0, 1, tzinfo=UTC)
    with pytest.raises(ValidationError, match="microsecond"):
        Meeting(created=datetime.max.replace(tzinfo=UTC))
    assert (await Meeting.aget(model.key)).created == NEW_YEAR


async def test_a_named_zone_is_stored_as_its_offset(rapyer: ModuleType) -> None:
    winter = datetime(2026, 3, 28, 12, tzinfo=BERLIN)
    model = await Meeting(starts=winter).asave()
    async with model.apipeline():
        model.starts += timedelta(days=1)
        assert model.starts.utcoffset() == timedelta(hours=1)
    assert model.starts == datetime(2026, 3, 29, 12, tzinfo=timezone(timedelta(hours=1)))
    assert await Meeting.aget(model.key) == model


async def test_seconds_of_an_offset_are_not_lost(rapyer: ModuleType) -> None:
    odd = datetime(1890, 1, 1, tzinfo=BERLIN)  # local mean time: 53 minutes and 28 seconds
    model = await Meeting(created=odd).asave()
    assert (await Meeting.aget(model.key)).created == odd
    for values in ({"starts": odd}, {"breaks": [odd]}, {"ended": odd}):
        with pytest.raises(RapyerSerializationError, match="0:53:28"):
            await Meeting(**values).asave()
        with pytest.raises(RapyerSerializationError, match="0:53:28"):
            await model.aupdate(**values)
    assert await Meeting.aget(model.key) == Meeting(created=odd)


async def test_a_read_value_is_a_plain_one(rapyer: ModuleType) -> None:
    model = await Meeting(starts=datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)).asave()
    plain = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert isinstance(model.starts, datetime) and model.starts == plain
    assert hash(model.starts) == hash(plain) and repr(model.starts) == repr(plain)
    assert f"{model.starts:%d.%m.%Y}" == "02.01.2026" and str(model.starts) == str(plain)
    copies = [copy.copy(model.starts), copy.deepcopy(model.starts)]
    copies.append(pickle.loads(pickle.dumps(model.starts)))
    assert [(type(each), each) for each in copies] == [(datetime, plain)] * 3
    model.ended = model.starts
    model.breaks.append(model.starts)
    await model.asave()
    assert await Meeting.aget(model.key) == model
    assert model.ended is not None and model.ended.field_name == "ended"


async def test_apply(rapyer: ModuleType) -> None:
    model = await Meeting().asave()
    assert await model.created.aapply(lambda moment: moment.replace(year=2000)) == datetime(
        2000, 1, 1, tzinfo=UTC
    )
    assert (await stored(model))["created"] == 946684800.0
