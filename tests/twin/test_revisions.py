"""`Meta.optimistic`: a save that is based on an old revision raises and writes nothing."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from rapyer_async import AtomicRedisModel, Key, RedisConfig, apipeline
from rapyer_async._seam import task_group
from rapyer_core.errors import DocumentExistsError, KeyNotFound, StaleModelError

from .asking import ask, stored

MEMBER = "__rapyer_revision__"


class PlanInner(AtomicRedisModel):
    name: str = ""
    tags: list[str] = []


class RevisedPlan(AtomicRedisModel):
    Meta = RedisConfig(optimistic=True)

    title: str = ""
    steps: int = 0
    tags: list[str] = []
    inner: PlanInner = PlanInner()


class StrictPlan(AtomicRedisModel, extra="forbid"):
    Meta = RedisConfig(optimistic=True)

    code: Key[str]
    title: str = ""


class LoosePlan(AtomicRedisModel, extra="allow"):
    Meta = RedisConfig(optimistic=True)

    title: str = ""


class BarePlan(AtomicRedisModel, extra="forbid"):
    """A document without fields."""

    Meta = RedisConfig(optimistic=True)


async def two(**values: Any) -> tuple[RevisedPlan, RevisedPlan]:
    """Return two clients' copies of one document."""
    plan = await RevisedPlan(**values).asave()
    return plan, await RevisedPlan.aget(plan.key)


async def revision(model: AtomicRedisModel) -> int:
    document = await stored(model)
    number: int = document[MEMBER]
    return number


async def test_a_save_that_is_based_on_an_old_revision_writes_nothing(rapyer: ModuleType) -> None:
    ours, theirs = await two(title="a")
    theirs.title = "theirs"
    await theirs.asave()
    before = await stored(ours)
    ours.tags = ["ours"]
    ours.inner.name = "ours"
    for options in ({}, {"only_existing": True}, {"upsert": True}):
        with pytest.raises(StaleModelError) as caught:
            await ours.asave(**options)
        assert caught.value.key == ours.key
        assert caught.value.expected == "revision 1" and caught.value.actual == "revision 2"
    assert await stored(ours) == before
    # What is local is as it was, and is written once the model is up to date.
    assert ours.tags == ["ours"] and ours.inner.name == "ours" and ours.title == "a"
    async with ours.alock():
        pass
    document = await stored(ours)
    assert (document["title"], document["tags"]) == ("theirs", ["ours"])
    assert document["inner"]["name"] == "ours" and document[MEMBER] == 3


async def save_inner(plan: RevisedPlan) -> None:
    plan.inner.name += "x"
    await plan.inner.asave()


async def save(plan: RevisedPlan) -> None:
    plan.title += "x"
    await plan.asave()


async def save_unchanged(plan: RevisedPlan) -> None:
    await plan.asave()


async def save_forced(plan: RevisedPlan) -> None:
    await plan.asave(force=True)


async def update(plan: RevisedPlan) -> None:
    await plan.aupdate(steps=plan.steps + 1)


async def update_inner(plan: RevisedPlan) -> None:
    await plan.inner.aupdate(name="y")


async def insert(plan: RevisedPlan) -> None:
    await RevisedPlan.ainsert(plan)


async def apply(plan: RevisedPlan) -> None:
    await plan.aapply(step)


def step(plan: RevisedPlan) -> None:
    plan.steps += 1


async def lock(plan: RevisedPlan) -> None:
    async with plan.alock() as held:
        held.title += "l"


async def pipe(plan: RevisedPlan) -> None:
    async with plan.apipeline():
        await plan.aupdate(title="p")
        await plan.asave()
        await plan.inner.aupdate(name="p")


WRITES = [
    save_inner,
    save,
    save_unchanged,
    save_forced,
    update,
    update_inner,
    insert,
    apply,
    lock,
    pipe,
]


@pytest.mark.parametrize("write", WRITES)
async def test_every_save_and_update_counts_and_is_followed(
    rapyer: ModuleType, write: Callable[[RevisedPlan], Any]
) -> None:
    ours, theirs = await two()
    for _ in range(3):
        before = await revision(ours)
        await write(ours)
        assert await revision(ours) > before
    # Our own copy goes on, others are stale.
    theirs.steps = 50
    with pytest.raises(StaleModelError):
        await theirs.asave()
    ours.steps = 60
    await ours.asave()
    assert (await stored(ours))["steps"] == 60
    await theirs.aload()
    theirs.steps = 70
    await theirs.asave()
    assert (await stored(ours))["steps"] == 70


async def test_updates_and_inner_saves_are_checked_too(rapyer: ModuleType) -> None:
    ours, theirs = await two()
    await theirs.aupdate(title="theirs")
    before = await stored(ours)
    for write in (save_inner, update, update_inner, save_unchanged, pipe):
        with pytest.raises(StaleModelError):
            await write(ours)
    assert await stored(ours) == before


async def test_atomic_operations_are_based_on_no_revision(rapyer: ModuleType) -> None:
    ours, theirs = await two()
    await theirs.aupdate(title="theirs")
    await ours.steps.aincrease(5)
    await ours.tags.aappend("ours")
    document = await stored(ours)
    assert (document["steps"], document["tags"], document[MEMBER]) == (5, ["ours"], 2)
    theirs.title = "again"
    await theirs.asave()
    document = await stored(ours)
    assert (document["title"], document["steps"]) == ("again", 5)


async def test_force_writes_over_a_later_revision_and_goes_on_from_it(rapyer: ModuleType) -> None:
    ours, theirs = await two()
    for title in "bcd":
        theirs.title = title
        await theirs.asave()
    ours.title = "forced"
    await ours.asave(force=True)
    assert (await stored(ours))["title"] == "forced"
    assert await revision(ours) == 5
    ours.title = "again"
    await ours.asave()
    with pytest.raises(StaleModelError):
        await theirs.asave()
    assert (await stored(ours))["title"] == "again"


async def test_a_vanished_document(rapyer: ModuleType) -> None:
    ours, _ = await two(title="a")
    for _ in range(3):
        await ours.asave()
    await ask(RevisedPlan, "DEL", ours.key)
    with pytest.raises(KeyNotFound):
        await ours.asave()
    assert await stored(ours) is None
    await ours.asave(upsert=True)
    assert (await stored(ours))["title"] == "a"
    ours.title = "b"
    await ours.asave()
    assert (await stored(ours))["title"] == "b"


async def test_a_new_model_does_not_replace_a_document(rapyer: ModuleType) -> None:
    await StrictPlan(code="x", title="first").asave()
    second = StrictPlan(code="x", title="second")
    with pytest.raises(StaleModelError):
        await second.asave()
    with pytest.raises(DocumentExistsError):
        await second.asave(only_new=True)
    assert (await stored(second))["title"] == "first"
    with pytest.raises(KeyNotFound):
        await StrictPlan(code="y").asave(only_existing=True)
    fresh = await StrictPlan(code="z").asave(only_new=True)
    fresh.title = "b"
    await fresh.asave()
    assert await stored(fresh) == {"code": "z", "title": "b", MEMBER: 2}


async def test_the_revision_is_no_field(rapyer: ModuleType) -> None:
    strict = await StrictPlan(code="x", title="a").asave()
    assert (await stored(strict))[MEMBER] == 1
    assert await StrictPlan.aget("x") == strict
    assert await StrictPlan.afind() == [strict]
    assert await rapyer.aget("StrictPlan:x") == strict
    assert strict.redis_dump() == {"code": "x", "title": "a"}
    loose = await LoosePlan(title="a", size=1).asave()  # type: ignore[call-arg]
    again = await LoosePlan.aget(loose.key)
    assert again.model_extra == {"size": 1}
    await again.asave(force=True)
    assert await stored(loose) == {"title": "a", "size": 1, MEMBER: 2}
    bare = await BarePlan().asave()
    assert await BarePlan.aget(bare.key) == bare


async def test_documents_from_before_there_were_revisions(rapyer: ModuleType) -> None:
    key = "StrictPlan:x"
    await ask(StrictPlan, "JSON.SET", key, "$", '{"code":"x","title":"old"}')
    ours, theirs = await StrictPlan.aget(key), await StrictPlan.aget(key)
    theirs.title = "theirs"
    await theirs.asave()
    ours.title = "ours"
    with pytest.raises(StaleModelError):
        await ours.asave()
    assert await stored(ours) == {"code": "x", "title": "theirs", MEMBER: 1}


async def test_documents_outlive_the_setting(rapyer: ModuleType) -> None:
    strict = await StrictPlan(code="x").asave()
    StrictPlan.Meta.optimistic = False
    try:
        again = await StrictPlan.aget("x")
        again.title = "a"
        await again.asave()
        assert (await StrictPlan.afind())[0].title == "a"
    finally:
        StrictPlan.Meta.optimistic = True
    with pytest.raises(StaleModelError):
        # What was loaded while nobody counted is based on nothing that could be compared.
        await ask(StrictPlan, "JSON.SET", strict.key, f'$["{MEMBER}"]', "7")
        await strict.asave()


@pytest.mark.parametrize("find", ["find", "iter", "keys", "one", "module"])
async def test_found_models_know_their_revisions(rapyer: ModuleType, find: str) -> None:
    ours, theirs = await two()
    if find == "find":
        found = (await RevisedPlan.afind())[0]
    elif find == "keys":
        found = (await RevisedPlan.afind(ours.key))[0]
    elif find == "iter":
        (found,) = [plan async for plan in RevisedPlan.afind_iter()]
    elif find == "one":
        one = await RevisedPlan.afind_one()
        assert one is not None
        found = one
    else:
        found = (await rapyer.afind(ours.key))[0]
    found.title = "found"
    await found.asave()
    theirs.title = "theirs"
    with pytest.raises(StaleModelError):
        await theirs.asave()
    await ours.aload()
    ours.title = "ours"
    await ours.asave()
    found.steps = 5
    with pytest.raises(StaleModelError):
        await found.asave()


async def test_a_partly_loaded_model_knows_its_revision(rapyer: ModuleType) -> None:
    ours, theirs = await two(title="a")
    part = await RevisedPlan.aget(ours.key, only=("title",))
    part.title = "part"
    await part.asave()
    assert await revision(ours) == 2
    theirs.title = "theirs"
    with pytest.raises(StaleModelError):
        await theirs.asave()
    await theirs.aload()
    await theirs.asave()
    await (await RevisedPlan.aget(ours.key, only=("steps",))).asave()
    part.title = "again"
    with pytest.raises(StaleModelError):
        await part.asave()
    assert (await stored(ours))["title"] == "part"


async def test_created_models_know_their_revision(rapyer: ModuleType) -> None:
    for number, create in enumerate((StrictPlan.aget_or_create, StrictPlan.aupdate_or_create)):
        code = f"c{number}"
        made = (await create(StrictPlan(code=code, title="a"))).value
        other = (await create(StrictPlan(code=code, title="a"))).value
        await other.aload()
        other.title = "other"
        await other.asave()
        made.title = "made"
        with pytest.raises(StaleModelError):
            await made.asave()
        assert (await stored(made))["title"] == "other"


async def test_an_update_or_create_counts(rapyer: ModuleType) -> None:
    ours = await StrictPlan(code="x").asave()
    result = await StrictPlan.aupdate_or_create(StrictPlan(code="x", title="u"))
    assert result.value.title == "u" and await revision(ours) == 2
    result.value.title = "v"
    await result.value.asave()
    with pytest.raises(StaleModelError):
        await ours.asave()


async def test_several_models_in_one_pipeline_all_or_nothing(rapyer: ModuleType) -> None:
    one, one_too = await two()
    other = await RevisedPlan().asave()
    await one_too.aupdate(title="theirs")
    before = await stored(one), await stored(other)
    with pytest.raises(StaleModelError):
        async with apipeline():
            await other.aupdate(title="ours")
            await other.aupdate(steps=1)
            await one.aupdate(title="ours")
    assert (await stored(one), await stored(other)) == before
    assert (one.title, other.title, other.steps) == ("", "", 0)
    await other.aupdate(title="ours")
    assert await revision(other) == 2


async def test_of_many_writers_at_once_one_wins_each_revision(rapyer: ModuleType) -> None:
    plan = await RevisedPlan().asave()
    won: list[int] = []
    lost: list[int] = []

    async def write(number: int) -> None:
        for _ in range(10):
            mine = await RevisedPlan.aget(plan.key)
            mine.steps = int(mine.steps) + 1
            try:
                await mine.asave()
                won.append(number)
            except StaleModelError:
                lost.append(number)

    async with task_group() as group:
        for number in range(5):
            group.start_soon(write, number)
    assert len(won) + len(lost) == 50
    document = await stored(plan)
    assert document["steps"] == len(won) == document[MEMBER] - 1
