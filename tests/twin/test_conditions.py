"""Conditions find the same on a server with an index and in the process without one."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from types import ModuleType
from typing import Annotated, Any

import pytest
from pydantic import BaseModel

from rapyer_async import (
    AtomicRedisModel,
    Field,
    GeoPoint,
    Index,
    Key,
    Phrase,
    RapyerKey,
    RedisDatetimeTimestamp,
    key_prefix,
)
from rapyer_core.errors import UnsupportedArgumentTypeError, UnsupportedFieldError

from .asking import ask

NOON = datetime(2024, 5, 1, 12, tzinfo=timezone.utc)


class Item(BaseModel):
    name: Index[str]
    count: Index[int] = Field(1)


class Sale(AtomicRedisModel):
    code: Key[str]
    total: Index[Decimal]
    placed: Index[datetime]
    stamp: Index[RedisDatetimeTimestamp]
    due: Annotated[date | None, Index()] = None
    note: Annotated[str | None, Index(text=True)] = None
    items: list[Item] = Field(default_factory=list)
    place: Annotated[GeoPoint | None, Index()] = None
    shape: Annotated[list[float], Index(vector="flat", dimensions=2)]
    buyer: Annotated[RapyerKey | None, Index()] = None
    plain: int = 0


# To type checkers a plain annotation is a value.
_S: Any = Sale


async def sales() -> None:
    await Sale.ainsert(
        *(
            Sale(
                code=f"{2020 + i // 4}-{i}",
                total=Decimal(i) / 10,
                placed=NOON + timedelta(hours=i),
                stamp=NOON + timedelta(microseconds=i),
                due=None if i % 2 else date(2024, 1, 1 + i),
                note=None if i % 3 else f"red wine {i}",
                items=[Item(name="a", count=i), Item(name="b", count=20 - i)],
                place=GeoPoint(i, 0),
                shape=[float(i), 1.0],
                buyer=None if i % 4 else RapyerKey(f"Buyer:{i}"),
            )
            for i in range(12)
        )
    )


async def found(*conditions: Any) -> list[int]:
    return sorted(int(sale.code.split("-")[1]) for sale in await Sale.afind(*conditions))


async def test_conditions(rapyer: ModuleType) -> None:
    await sales()
    tokyo = timezone(timedelta(hours=9))
    asked = [
        (_S.total >= Decimal("0.9"), [9, 10, 11]),
        (_S.total == Decimal("0.30"), [3]),
        (_S.placed < (NOON + timedelta(hours=2)).astimezone(tokyo), [0, 1]),
        (_S.stamp.between(NOON, NOON + timedelta(microseconds=2)), [0, 1, 2]),
        (_S.stamp == NOON + timedelta(microseconds=7), [7]),
        (_S.due == None, [1, 3, 5, 7, 9, 11]),  # noqa: E711
        (_S.due != date(2024, 1, 1), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
        (_S.due > date(2024, 1, 5), [6, 8, 10]),
        (_S.note.is_null() & (_S.total < 1), [1, 2, 4, 5, 7, 8]),
        (_S.note.matches(Phrase("red wine")) & ~_S.note.matches("6"), [0, 3, 9]),
        (_S.note == "red wine 3", [3]),
        (_S.note.contains("wine") & _S.note.like("%_"), [0, 3, 6, 9]),
        ((_S.items.name == "a") & (_S.items.count == 20), [0]),
        (_S.items.any((_S.items.name == "a") & (_S.items.count > 9)), [10, 11]),
        (_S.items.any((_S.items.name == "a") & (_S.items.count == 20)), []),
        (_S.place.within((5, 0), 120, "km"), [4, 5, 6]),
        (_S.place.in_box(9.5, -1, 20, 1), [10, 11]),
        (_S.shape.knn(2, [0.0, 1.0]), [0, 1]),
        ((_S.total > Decimal("0.5")) & _S.shape.knn(2, [6.0, 1.0]), [6, 7]),
        (_S.buyer == "Buyer:4", [4]),
        (_S.buyer.in_(["Buyer:4", "Buyer:8", "x"]), [4, 8]),
        (key_prefix(Sale, "2021-"), [4, 5, 6, 7]),
        (key_prefix(Sale, "2021-") & ~(_S.total > Decimal("0.4")), [4]),
    ]
    for condition, expected in asked:
        assert await found(condition) == expected, condition
        assert await Sale.where(condition).acount() == len(expected), condition


async def test_what_is_refused(rapyer: ModuleType) -> None:
    with pytest.raises(UnsupportedFieldError):
        await Sale.afind(_S.plain == 1)
    with pytest.raises(UnsupportedArgumentTypeError):
        key_prefix(Sale, 5)


async def test_documents_of_another_library(rapyer: ModuleType) -> None:
    """A document that was written without our program is found once it is written anew."""
    text = (
        '{"code":"x","total":"7","placed":"2030-01-01T00:00:00Z","stamp":0,"shape":[1,2],'
        '"due":null,"note":null,"items":[],"place":null,"buyer":null,"plain":0}'
    )
    await ask(Sale, "JSON.SET", "Sale:x", "$", text)
    await (await Sale.aget("x")).aupdate(total=Decimal(8))
    (one,) = await Sale.afind(_S.placed > NOON, _S.total == 8)
    assert one.key == "Sale:x"
