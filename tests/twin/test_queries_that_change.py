"""Changes by a condition while others change the same documents: made once, or not at all."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from rapyer_async import (
    AtomicRedisModel,
    Field,
    Index,
    RedisConfig,
    RedisDict,
    RedisFloat,
    RedisInt,
    RedisList,
    RedisSet,
    RedisStr,
    Sum,
    change,
    changing,
)
from rapyer_async._seam import task_group
from rapyer_core.errors import ConflictError
from rapyer_core.finding import changes
from rapyer_core.finding.asked import Asked, condition_of
from rapyer_core.finding.changes import ChangeResult, Tally, Update
from rapyer_core.keys import RapyerKey

from .asking import ask, stored


class QueueTask(AtomicRedisModel):
    state: Index[str] = Field("new")
    owner: Index[str] = Field("")
    moves: RedisInt = Field(0)
    count: RedisInt = Field(0)


class RevisedTask(AtomicRedisModel):
    Meta = RedisConfig(optimistic=True)
    state: Index[str] = Field("new")


class OnceTask(AtomicRedisModel):
    Meta = RedisConfig(exactly_once=True)
    state: Index[str] = Field("new")
    moves: RedisInt = Field(0)


class ChangedBag(AtomicRedisModel):
    size: Index[int] = Field(0)
    ratio: RedisFloat = Field(0.5)
    text: RedisStr = Field("a")
    items: RedisList[str] = Field(default_factory=list)
    counts: RedisDict[str, int] = Field(default_factory=dict)
    marks: RedisSet[str] = Field(default_factory=set)


@pytest.mark.parametrize(
    ("name", "how", "expected"),
    [
        ("size", change.increase(3), 5),
        ("size", change.decrease(3), -1),
        ("size", change.multiply(4), 8),
        ("size", change.divide(2), 1),
        ("ratio", change.increase(0.25), 0.75),
        ("text", change.append("b"), "ab"),
        ("items", change.append("z"), ["x", "y", "z"]),
        ("items", change.extend(["z", "x"]), ["x", "y", "z", "x"]),
        ("items", change.remove("x"), ["y"]),
        ("items", change.set_item(0, "n"), ["n", "y"]),
        ("items", change.remove_item(1), ["x"]),
        ("items", change.clear(), []),
        ("counts", change.set_item("k", 7), {"a": 1, "k": 7}),
        ("counts", change.remove_item("a"), {}),
        ("marks", change.add("n"), {"m", "n"}),
        ("marks", change.discard("m"), set()),
        ("marks", change.clear(), set()),
    ],
)
async def test_each_change(rapyer: ModuleType, name: str, how: Any, expected: Any) -> None:
    await ChangedBag.ainsert(
        *(ChangedBag(size=2, items=["x", "y"], counts={"a": 1}, marks={"m"}) for _ in range(3)),
        ChangedBag(size=9, items=["x", "y"], counts={"a": 1}, marks={"m"}),
    )
    done = await ChangedBag.where(ChangedBag.size == 2).aupdate(**{name: how})
    assert (done.changed, done.failed) == (3, 0)
    values = [row[name] for row in await ChangedBag.where().avalues(name)]
    assert values.count(expected) == 3 and len(values) == 4


async def test_several_take_the_same_documents(rapyer: ModuleType) -> None:
    await QueueTask.ainsert(*(QueueTask() for _ in range(120)))
    results: list[ChangeResult] = []

    async def take(who: str) -> None:
        query = QueueTask.where(QueueTask.state == "new")
        results.append(await query.aupdate(state="taken", owner=who, moves=change.increase(1)))

    async with task_group() as tasks:
        for who in ("a", "b", "c", "d"):
            tasks.start_soon(take, who)
    assert sum(result.changed for result in results) == 120
    assert all(result.failed == 0 for result in results)
    assert await QueueTask.where(QueueTask.state == "taken").acount() == 120
    tasks_found = await QueueTask.afind()
    assert {each.moves for each in tasks_found} == {1}
    owners = await QueueTask.where().aaggregate(QueueTask.owner, n=Sum("moves"))
    assert sum(row["n"] for row in owners) == 120


async def test_increments_are_not_lost(rapyer: ModuleType) -> None:
    await QueueTask.ainsert(*(QueueTask(owner="x") for _ in range(30)))

    async def count() -> None:
        done = await QueueTask.where(QueueTask.owner == "x").aupdate(count=change.increase(1))
        assert done.changed == 30

    async with task_group() as tasks:
        for _ in range(6):
            tasks.start_soon(count)
    assert (await QueueTask.where().aaggregate(s=Sum("count"))) == [{"s": 180}]


async def test_what_changed_since_it_was_examined(rapyer: ModuleType) -> None:
    """The step compares what the condition is about: then the document is examined anew."""
    kept, left, gone = await QueueTask.ainsert(QueueTask(), QueueTask(), QueueTask())
    asked = Asked(QueueTask, condition_of([QueueTask.state == "new"]))
    update = Update(QueueTask, {"owner": "me"})
    keys = [kept.key, left.key, gone.key]
    examined = await changing._matching(asked, keys)
    assert [each.key for each in examined] == keys
    await ask(QueueTask, "JSON.SET", left.key, "$.state", '"old"')
    await gone.adelete()
    await kept.count.aincrease(1)  # the condition is not about it
    steps = [(each.key, changes.step(each, update.operations(each.key))) for each in examined]
    tally = Tally()
    again: list[RapyerKey] = await changing._settle(asked, steps, tally, is_last=False)
    assert again == [left.key]
    result = tally.result()
    assert (result.matched, result.changed, result.failed) == (1, 1, 0)
    assert (await stored(kept))["owner"] == "me" and (await stored(left))["owner"] == ""
    assert await changing._matching(asked, again) == []
    await changing._settle(asked, steps[1:2], tally, is_last=True)
    assert isinstance(tally.result().errors[left.key], ConflictError)


async def test_an_update_counts_revisions_up(rapyer: ModuleType) -> None:
    (model,) = await RevisedTask.ainsert(RevisedTask())
    assert (await RevisedTask.where(RevisedTask.state == "new").aupdate(state="old")).changed == 1
    assert (await stored(model))["__rapyer_revision__"] == 2
    assert (await RevisedTask.where().aupdate(state="older")).changed == 1
    assert (await stored(model))["__rapyer_revision__"] == 3


async def test_exactly_once(rapyer: ModuleType) -> None:
    await OnceTask.ainsert(*(OnceTask() for _ in range(5)))
    done = await OnceTask.where(OnceTask.state == "new").aupdate(
        state="old", moves=change.increase(2)
    )
    assert done.changed == 5
    assert [each.moves for each in await OnceTask.afind()] == [2] * 5
    assert (await OnceTask.where(OnceTask.state == "old").adelete()).changed == 5


@pytest.mark.parametrize("most", [1, 3])
async def test_changes_of_a_part(rapyer: ModuleType, most: int) -> None:
    await QueueTask.ainsert(*(QueueTask(owner=f"o{i}") for i in range(6)))
    query = QueueTask.where(QueueTask.state == "new").sort(-QueueTask.owner).limit(most)
    assert (await query.aupdate(state="old")).changed == most
    found = await QueueTask.where(QueueTask.state == "old").sort(-QueueTask.owner).avalues("owner")
    assert [row["owner"] for row in found] == [f"o{5 - i}" for i in range(most)]
