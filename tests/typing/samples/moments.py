"""Datetimes: read, assigned, changed on the server."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Annotated

from typing_extensions import assert_type

from rapyer_async import (
    AtomicRedisModel,
    Expression,
    Field,
    NaiveAs,
    Nullable,
    RedisDatetime,
    RedisDatetimeTimestamp,
    RedisDict,
    RedisList,
)

NOW = datetime(2026, 1, 2, tzinfo=timezone.utc)


class Meeting(AtomicRedisModel):
    starts: RedisDatetime
    created: RedisDatetimeTimestamp = Field(NOW)
    local: Annotated[RedisDatetimeTimestamp, NaiveAs(timezone.utc)] = Field(NOW)
    ended: Nullable[datetime] = Field(None)
    breaks: RedisList[datetime] = Field(default_factory=list)
    named: RedisDict[str, datetime] = Field(default_factory=dict)


async def accepted() -> None:
    meeting = Meeting(starts=NOW, created=NOW)
    meeting.starts = NOW
    meeting.starts += timedelta(days=1)
    assert_type(meeting.starts, RedisDatetime)
    assert_type(meeting.created, RedisDatetimeTimestamp)
    assert_type(meeting.local, RedisDatetimeTimestamp)
    assert_type(await meeting.starts.aadd(timedelta(days=1)), RedisDatetime)
    assert_type(await meeting.created.asub(timedelta(days=1)), RedisDatetimeTimestamp)
    assert_type(Meeting.starts, Expression[datetime])
    assert_type(Meeting.at("a").created, RedisDatetimeTimestamp)
    assert_type(meeting.ended, RedisDatetime | None)
    assert_type(meeting.breaks[0], RedisDatetime)
    assert_type(meeting.named["a"], RedisDatetime)
    assert_type(meeting.starts.year, int)
    assert_type(meeting.starts < NOW, bool)
