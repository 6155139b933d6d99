"""A program of several tasks on one document, and what must be true of the document afterwards.

Every effect carries an id that is nowhere else, and is written in the same step as what it stands
for. So what was lost or came twice is seen whatever the order was: the sequential model is the set
of ids that were acknowledged.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from rapyer_async import AtomicRedisModel, Field, RedisDict, RedisInt, RedisList, RedisStr
from rapyer_async._seam import checkpoint
from rapyer_async.clients import driver_of
from rapyer_core.commands import Command
from rapyer_core.errors import NumberRangeError

__all__ = ["STEPS", "Ledger", "Player", "check", "checked_at_any_time", "programs"]

TASKS = 4


class Ledger(AtomicRedisModel):
    """`first`, `second` and `marks` change together only."""

    first: RedisInt = Field(0)
    second: RedisInt = Field(0)
    marks: RedisDict[str, int] = Field(default_factory=dict)
    plain: RedisInt = Field(0)
    applied: RedisInt = Field(0)
    guarded: RedisInt = Field(0)
    full: RedisInt = Field(100, le=100)
    log: RedisList[str] = Field(default_factory=list)
    spot0: RedisStr = Field("")
    spot1: RedisStr = Field("")
    spot2: RedisStr = Field("")
    spot3: RedisStr = Field("")


_ids = itertools.count()


class Player:
    """One task's part: what it did, as far as it knows.

    turns: who made a step, in order, shared by all. `done`: ids of effects that were acknowledged.
    `undone`: those that failed. `unknown`: those that may have run or not.
    """

    def __init__(self, key: str, number: int, turns: list[int], name: str = "") -> None:
        self.key = key
        self.number = number
        self.turns = turns
        self.name = name
        self.done: dict[str, int] = {}
        self.undone: list[str] = []
        self.unknown: dict[str, int] = {}
        self.plain = self.applied = self.guarded = 0
        self.logged: list[str] = []
        self.spot = ""
        self.own: Ledger | None = None

    def new_id(self) -> str:
        """Return an id that is nowhere else."""
        return f"{self.name}{self.number}-{next(_ids)}"

    async def ledger(self) -> Ledger:
        """Return this task's own copy of the document."""
        if self.own is None:
            self.own = await Ledger.aget(self.key)
        return self.own

    async def play(self, steps: list[tuple[str, int]]) -> None:
        """Make steps, one after the other."""
        for name, amount in steps:
            self.turns.append(self.number)
            await STEPS[name](self, amount)


async def increase(player: Player, amount: int) -> None:
    await (await player.ledger()).plain.aincrease(amount)
    player.plain += amount


async def append(player: Player, amount: int) -> None:
    mark = player.new_id()
    await (await player.ledger()).log.aappend(mark)
    player.logged.append(mark)


async def apply(player: Player, amount: int) -> None:
    await (await player.ledger()).applied.aapply(lambda value: value + amount)
    player.applied += amount


async def queue(player: Player, ledger: Ledger, mark: str, amount: int) -> None:
    """Queue one effect in the pipeline around this."""
    ledger.first += amount
    await checkpoint()
    ledger.marks[mark] = amount
    await checkpoint()
    ledger.log.append(mark)
    await ledger.second.aincrease(amount)


async def pipeline(player: Player, amount: int) -> None:
    ledger, mark = await player.ledger(), player.new_id()
    async with ledger.apipeline():
        await queue(player, ledger, mark, amount)
    player.done[mark] = amount
    player.logged.append(mark)


async def nested(player: Player, amount: int) -> None:
    ledger, outer, inner = await player.ledger(), player.new_id(), player.new_id()
    async with ledger.apipeline():
        await queue(player, ledger, outer, amount)
        async with ledger.apipeline():
            await queue(player, ledger, inner, amount)
        player.done[inner] = amount
        player.logged.append(inner)
    player.done[outer] = amount
    player.logged.append(outer)


async def failing(player: Player, amount: int) -> None:
    """A pipeline of which the server refuses an operation, somewhere in it."""
    ledger, mark = await player.ledger(), player.new_id()
    shown = ledger.redis_dump()
    try:
        async with ledger.apipeline():
            if amount % 3 == 0:
                ledger.full += 1
            await queue(player, ledger, mark, amount)
            if amount % 3 == 1:
                ledger.log.clear()
            if amount % 3 != 0:
                ledger.full += 1
    except NumberRangeError:
        player.undone.append(mark)
    assert ledger.redis_dump() == shown
    assert mark in player.undone


async def raising(player: Player, amount: int) -> None:
    """A pipeline whose block raises."""
    ledger, mark = await player.ledger(), player.new_id()
    shown = ledger.redis_dump()
    try:
        async with ledger.apipeline():
            await queue(player, ledger, mark, amount)
            raise ZeroDivisionError
    except ZeroDivisionError:
        player.undone.append(mark)
    assert ledger.redis_dump() == shown


async def save(player: Player, amount: int) -> None:
    """A save of what only this task changes; it must leave what the others did."""
    ledger = await player.ledger()
    player.spot = player.new_id()
    setattr(ledger, f"spot{player.number}", player.spot)
    await checkpoint()
    await ledger.asave()


async def reload(player: Player, amount: int) -> None:
    await (await player.ledger()).aload()


async def lock(player: Player, amount: int) -> None:
    """Read, compute, write: safe only because of the lock."""
    async with Ledger.alock_from_key(player.key) as ledger:
        before = ledger.guarded
        await checkpoint()
        ledger.guarded = before + amount
    player.guarded += amount


STEPS: dict[str, Callable[[Player, int], Any]] = {
    "increase": increase,
    "append": append,
    "apply": apply,
    "pipeline": pipeline,
    "nested": nested,
    "failing": failing,
    "raising": raising,
    "save": save,
    "reload": reload,
    "lock": lock,
}

steps = st.tuples(st.sampled_from(sorted(STEPS)), st.integers(1, 9))
programs = st.lists(st.lists(steps, max_size=12), min_size=2, max_size=TASKS)


async def snapshot(key: str) -> Any:
    """The document as it is, past the models."""
    text: Any = await driver_of(Ledger).execute(Command(("JSON.GET", key, "$")))
    return json.loads(text)[0]


async def checked_at_any_time(key: str, times: int) -> None:
    """Look at the document while others work: what changes together is never seen half done."""
    for _ in range(times):
        document = await snapshot(key)
        assert document["first"] == document["second"] == sum(document["marks"].values())
        await checkpoint()


async def check(key: str, players: list[Player]) -> None:
    """Compare the document with what the tasks know: nothing is lost, nothing came twice."""
    document = await snapshot(key)
    marks: RedisDict[str, int] = document["marks"]
    done = {mark: amount for player in players for mark, amount in player.done.items()}
    unknown = {mark: amount for player in players for mark, amount in player.unknown.items()}
    assert {mark: amount for mark, amount in marks.items() if mark not in unknown} == done
    assert all(unknown[mark] == marks[mark] for mark in marks if mark in unknown)
    assert document["first"] == document["second"] == sum(marks.values())
    logged = Counter(mark for player in players for mark in player.logged)
    logged.update(mark for mark in marks if mark in unknown)
    assert Counter(document["log"]) == logged
    assert document["plain"] == sum(player.plain for player in players)
    assert document["applied"] == sum(player.applied for player in players)
    assert document["guarded"] == sum(player.guarded for player in players)
    assert document["full"] == 100
    for player in players:
        if player.spot:
            assert document[f"spot{player.number}"] == player.spot
        if player.own is not None:
            await player.own.aload()
            assert player.own.redis_dump() == document
