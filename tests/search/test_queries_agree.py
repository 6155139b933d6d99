"""The same queries on a server with search and on one without give the same, in the same order."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

import rapyer_sync
from rapyer_sync import (
    AtomicRedisModel,
    Count,
    Field,
    Index,
    Key,
    RedisInt,
    Sum,
    change,
    hits,
    sources,
)

NAMES = ("", "a", "A", "b b", "é", "ab", "10", "9")
STEPS = 60


class AgreedLedger(AtomicRedisModel):
    """One class, which is asked on one server after the other."""

    number: Key[int]
    name: Index[str]
    amount: Index[int | None] = Field(None)
    rate: Index[float | None] = Field(None)
    flag: Index[bool] = Field(False)
    hits: RedisInt = Field(0)


def ledger(chance: random.Random, number: int) -> AgreedLedger:
    return AgreedLedger(
        number=number,
        name=chance.choice(NAMES),
        amount=chance.choice([None, *range(-3, 4), 2**53, 2**53 + 1, 2**60]),
        rate=chance.choice([None, -1.5, 0.0, 0.1, 0.30000000000000004, 0.3, 1e300]),
        flag=chance.random() < 0.5,
    )


def query_of(chance: random.Random) -> Any:
    fields: Any = AgreedLedger
    conditions = [
        fields.amount >= chance.randint(-3, 3),
        fields.amount != 2**53,
        fields.rate < chance.choice([0.3, 0.1, 1e300]),
        fields.name.in_(chance.sample(NAMES, 3)),
        fields.name != chance.choice(NAMES),
        fields.flag == (chance.random() < 0.5),
        fields.amount.is_null(),
        fields.amount > 2**53,
    ]
    chosen = chance.sample(conditions, chance.randint(0, 2))
    query = AgreedLedger.where(*(each if chance.random() < 0.7 else ~each for each in chosen))
    sorts = [fields.name, fields.amount, fields.rate, fields.flag]
    keys = chance.sample(sorts, chance.randint(1, 3))
    return query.sort(*(key if chance.random() < 0.5 else -key for key in keys))


def answers(seed: int) -> list[Any]:
    """Ask what a seed says, and return all that was answered."""
    chance = random.Random(seed)
    AgreedLedger.insert(*(ledger(chance, number) for number in range(90)))
    told: list[Any] = []
    for _ in range(STEPS):
        query = query_of(chance)
        limit, offset = chance.randint(0, 20), chance.choice([0, 0, 3, 40])
        part = query.limit(limit).offset(offset)
        told.append([each.number for each in query.all()])
        told.append([each.number for each in part.all()])
        told.append((query.count(), part.count(), query.exists(), part.exists()))
        told.append([each.number for each in query])
        told.append(pages(query, chance.randint(1, 30)))
        told.append(part.values("name", "amount"))
        rows = query.aggregate(AgreedLedger.flag, n=Count(), total=Sum("amount"), rates=Sum("rate"))
        told.append(sorted(rows, key=lambda row: row["flag"]))
        if chance.random() < 0.2:
            done = part.update(hits=change.increase(1), amount=chance.choice([None, 7]))
            told.append((done.matched, done.changed, done.failed))
        if chance.random() < 0.05:
            told.append(part.delete().changed)
    told.append(sorted((each.number, each.hits, each.amount) for each in AgreedLedger.find()))
    return told


def pages(query: Any, size: int) -> list[list[int]]:
    found: list[list[int]] = []
    cursor = None
    while True:
        page = query.page(size, after=cursor)
        found.append([each.number for each in page.items])
        cursor = page.cursor
        if cursor is None:
            return found


@pytest.fixture(params=["one answer", "cursors"])
def _ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have the server answer at once, or in parts as it does where there is much."""
    if request.param == "cursors":
        monkeypatch.setattr(hits, "FEW", 5)
        monkeypatch.setattr(hits, "MOST_AT_ONCE", 12)
        monkeypatch.setattr(sources, "_AT_ONCE", 10)
    yield
    rapyer_sync.teardown_rapyer()


@pytest.mark.usefixtures("_ways")
@pytest.mark.parametrize("seed", range(5))
def test_queries_agree(server_url: str, seed: int) -> None:
    both = list[Any]()
    for url in (server_url, f"memory://{uuid.uuid4().hex}"):
        rapyer_sync.init_rapyer(url, indexes="lazy")
        both.append(answers(seed))
    for step, (by_index, by_walk) in enumerate(zip(*both, strict=True)):
        assert by_index == by_walk, step
