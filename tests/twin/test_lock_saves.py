"""What a document's lock refreshes, what it saves at its end, and when it must not."""

from __future__ import annotations

import logging
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel

from rapyer_async import AtomicRedisModel, alock_from_key, apipeline
from rapyer_async._seam import sleep, task_group
from rapyer_core.errors import (
    KeyNotFound,
    LockLostError,
    LockTimeoutError,
    PipelineError,
    RapyerError,
)

from .asking import ask, stored


class Part(BaseModel):
    name: str = ""
    count: int = 0


class OrderBox(AtomicRedisModel):
    label: str = ""
    size: int = 0
    tags: list[str] = []


class LockedOrder(AtomicRedisModel):
    total: int = 0
    note: str = ""
    tags: list[str] = []
    prices: dict[str, int] = {}
    part: Part = Part()
    box: OrderBox = OrderBox()
    boxes: list[OrderBox] = []
    flags: set[int] = set()


class LooseOrder(AtomicRedisModel, extra="allow"):
    name: str = ""


async def two(**values: Any) -> tuple[LockedOrder, LockedOrder]:
    """Return two clients' copies of one document."""
    order = await LockedOrder(**values).asave()
    return order, await LockedOrder.aget(order.key)


def lock_key(order: AtomicRedisModel) -> str:
    return f"__rapyer_lock__:{{{order.key}}}:default"


async def steal(order: LockedOrder) -> None:
    """Let the lease of a lock's holder end, and take the lock in another task."""

    async def take() -> None:
        async with LockedOrder.alock_from_key(order.key, save_at_end=False):
            pass

    await ask(LockedOrder, "HSET", lock_key(order), "until", "0")
    async with task_group() as group:
        group.start_soon(take)


async def test_the_same_object_is_yielded_and_refreshed(rapyer: ModuleType) -> None:
    ours, theirs = await two(boxes=[OrderBox()])
    tags, prices, part, box, first = ours.tags, ours.prices, ours.part, ours.box, ours.boxes[0]
    theirs.update(total=7, tags=["x"], prices={"a": 1}, flags={5})
    theirs.part.count, theirs.box.label, theirs.boxes[0].label = 5, "theirs", "theirs"
    await theirs.asave()
    async with ours.alock() as held:
        assert held is ours
        assert (ours.total, ours.tags, ours.prices, ours.flags) == (7, ["x"], {"a": 1}, {5})
        assert (ours.part.count, ours.box.label, ours.boxes[0].label) == (5, "theirs", "theirs")
        # What was read from the model before is still part of it.
        assert ours.tags is tags and ours.prices is prices and ours.box is box
        assert ours.part is part and (tags, prices, box.label) == (["x"], {"a": 1}, "theirs")
        assert first.size == 0


async def test_a_model_that_is_found_by_key(rapyer: ModuleType) -> None:
    order = await LockedOrder(total=1).asave()
    async with LockedOrder.alock_from_key(order.pk) as found:
        assert isinstance(found, LockedOrder) and found.key == order.key
        found.total += 1
    assert (await stored(order))["total"] == 2
    async with alock_from_key(order.key) as any_model:
        assert isinstance(any_model, LockedOrder)
        any_model.total += 1
    assert (await stored(order))["total"] == 3


def set_total(order: LockedOrder) -> None:
    order.total = 100


def append(order: LockedOrder) -> None:
    order.tags += ["ours"]


def set_tags(order: LockedOrder) -> None:
    order.tags = ["ours"]


def set_price(order: LockedOrder) -> None:
    order.prices["ours"] = 1


def rename_part(order: LockedOrder) -> None:
    order.part.name = "ours"


def set_part(order: LockedOrder) -> None:
    order.part = Part(name="ours")


def label_box(order: LockedOrder) -> None:
    order.box.label = "ours"


def tag_box(order: LockedOrder) -> None:
    order.box.tags += ["ours"]


def set_box(order: LockedOrder) -> None:
    order.box = OrderBox(label="ours")


def label_first(order: LockedOrder) -> None:
    order.boxes[0].label = "ours"


def add_box(order: LockedOrder) -> None:
    order.boxes += [OrderBox(label="ours")]


def add_flag(order: LockedOrder) -> None:
    order.flags.add(5)


CHANGES: list[tuple[Callable[[LockedOrder], None], str]] = [
    (set_total, "total"),
    (append, "tags"),
    (set_tags, "tags"),
    (set_price, "prices"),
    (rename_part, "part"),
    (set_part, "part"),
    (label_box, "box"),
    (tag_box, "box"),
    (set_box, "box"),
    (label_first, "boxes"),
    (add_box, "boxes"),
    (add_flag, "flags"),
]


@pytest.mark.parametrize(("change", "field"), CHANGES)
async def test_what_was_changed_before_the_block_is_kept_and_saved(
    rapyer: ModuleType, change: Callable[[LockedOrder], None], field: str
) -> None:
    ours, theirs = await two(boxes=[OrderBox()])
    change(ours)
    wanted = ours.redis_dump()[field]
    theirs.note = "theirs"
    theirs.total += 1
    theirs.part.count = theirs.box.size = 9
    await theirs.asave()
    # Within a nested model, the fields that we did not change are refreshed too.
    if change in (rename_part, label_box, tag_box):
        wanted |= {"count": 9} if field == "part" else {"size": 9}
    async with ours.alock():
        assert ours.redis_dump()[field] == wanted
        assert ours.note == "theirs"
        if field != "total":
            assert ours.total == 1
    document = await stored(ours)
    assert document[field] == wanted
    assert document == ours.redis_dump()


async def test_only_what_changed_is_saved(rapyer: ModuleType) -> None:
    ours, theirs = await two(flags={1})
    assert ours.flags == {1}  # handed out, and not changed
    theirs.flags = {2}
    await theirs.asave()
    async with ours.alock():
        ours.note = "ours"
        # Who does not ask for the lock is not kept out.
        theirs.update(total=5, tags=["theirs"], flags={3})
        theirs.box.size = 5
        await theirs.asave()
    document = await stored(ours)
    assert (document["total"], document["tags"], document["note"]) == (5, ["theirs"], "ours")
    assert document["box"]["size"] == 5 and document["flags"] == [3]


async def test_extra_values_are_kept_and_refreshed(rapyer: ModuleType) -> None:
    ours = await LooseOrder(colour="red", size=1).asave()  # type: ignore[call-arg]
    theirs = await LooseOrder.aget(ours.key)
    theirs.size = 2  # type: ignore[attr-defined]
    await theirs.asave()
    ours.colour = "blue"  # type: ignore[attr-defined]
    ours.weight = 3  # type: ignore[attr-defined]
    async with ours.alock():
        assert ours.model_extra == {"colour": "blue", "size": 2, "weight": 3}
    assert await stored(ours) == {"name": "", "colour": "blue", "size": 2, "weight": 3}


async def test_without_a_save_at_the_end_changes_stay_local(rapyer: ModuleType) -> None:
    order = await LockedOrder().asave()
    async with order.alock(save_at_end=False):
        order.total = 5
        order.box.label = "x"
    assert (await stored(order))["total"] == 0
    assert order.total == 5
    await order.asave()
    document = await stored(order)
    assert document["total"] == 5 and document["box"]["label"] == "x"


async def test_saving_inside_the_block(rapyer: ModuleType) -> None:
    order = await LockedOrder().asave()
    async with order.alock(save_at_end=False):
        order.total = 5
        await order.asave()
        await order.tags.aappend("x")
    document = await stored(order)
    assert document["total"] == 5 and document["tags"] == ["x"]


async def test_nothing_is_saved_when_the_body_fails(rapyer: ModuleType) -> None:
    order = await LockedOrder(total=1).asave()
    with pytest.raises(ZeroDivisionError):
        async with order.alock():
            order.total = 5
            order.box.label = f"{1 // 0}"
    assert (await stored(order))["total"] == 1
    assert order.total == 5
    async with order.alock():
        assert order.total == 5
    assert (await stored(order))["total"] == 5


async def test_an_inner_models_lock_saves_the_document(rapyer: ModuleType) -> None:
    order = await LockedOrder().asave()
    async with order.box.alock() as box:
        assert box is order.box
        box.label = "x"
        order.total = 5
    document = await stored(order)
    assert document["box"]["label"] == "x" and document["total"] == 5


async def test_a_model_that_was_never_saved(rapyer: ModuleType) -> None:
    order = LockedOrder(total=1)
    async with order.alock() as held:
        assert held is order and await stored(order) is None
        order.note = "x"
    assert await stored(order) == order.redis_dump()


async def test_a_handle_is_loaded(rapyer: ModuleType) -> None:
    order = await LockedOrder(total=1, note="x").asave()
    handle = LockedOrder.at(order.key)
    async with handle.alock() as held:
        assert held is handle and held.total == 1
        held.total += 1
    document = await stored(order)
    assert document["total"] == 2 and document["note"] == "x"


async def test_a_partly_loaded_model_is_loaded(rapyer: ModuleType) -> None:
    order = await LockedOrder(total=1, note="x", box=OrderBox(label="l", size=3)).asave()
    part = await LockedOrder.aget(order.key, only=("total", "box.label"))
    part.total = 5
    async with part.alock() as held:
        assert held is part and (held.total, held.note, held.box.size) == (5, "x", 3)
        held.box.size += 1
    document = await stored(order)
    assert (document["total"], document["note"], document["box"]["size"]) == (5, "x", 4)


async def test_a_stolen_lock_is_told_and_nothing_is_written(rapyer: ModuleType) -> None:
    order = await LockedOrder(tags=["a"]).asave()
    before = await stored(order)
    lock = order.alock()
    with pytest.raises(LockLostError) as caught:
        async with lock:
            order.total = 5
            order.tags += ["b"]
            order.box.label = "x"
            order.flags.add(1)
            await steal(order)
    assert caught.value.key == lock_key(order)
    assert await stored(order) == before
    assert (order.total, order.tags, order.box.label, order.flags) == (5, ["a", "b"], "x", {1})
    await order.asave()
    document = await stored(order)
    assert (document["total"], document["tags"], document["flags"]) == (5, ["a", "b"], [1])
    assert document["box"]["label"] == "x"


async def test_a_lock_whose_key_was_deleted_is_lost(rapyer: ModuleType) -> None:
    order = await LockedOrder().asave()
    with pytest.raises(LockLostError, match="nobody"):
        async with order.alock():
            order.total = 5
            await ask(LockedOrder, "DEL", lock_key(order))
    assert (await stored(order))["total"] == 0


async def test_a_lost_lock_is_told_also_without_changes(rapyer: ModuleType) -> None:
    order = await LockedOrder().asave()
    with pytest.raises(LockLostError):
        async with order.alock():
            await steal(order)


async def test_the_one_who_lost_the_lock_does_not_release_its_new_holder(
    rapyer: ModuleType,
) -> None:
    order = await LockedOrder().asave()
    log: list[str] = []

    async def hold() -> None:
        async with LockedOrder.alock_from_key(order.key, save_at_end=False):
            log.append("held")
            await sleep(0.3)
            log.append("done")

    async def attempt() -> None:
        with pytest.raises(LockTimeoutError):
            async with LockedOrder.alock_from_key(order.key, wait=0):
                raise AssertionError("two holders")
        log.append("refused")

    async with task_group() as group:
        with pytest.raises(LockLostError):
            async with order.alock():
                await ask(LockedOrder, "HSET", lock_key(order), "until", "0")
                group.start_soon(hold)
                while not log:
                    await sleep(0.005)
        group.start_soon(attempt)
    assert log == ["held", "refused", "done"]


async def test_a_lease_that_ended_while_nobody_came_is_no_loss(rapyer: ModuleType) -> None:
    order = await LockedOrder().asave()
    async with order.alock():
        order.total = 5
        await ask(LockedOrder, "HSET", lock_key(order), "until", "0")
    assert (await stored(order))["total"] == 5


async def test_a_renewal_notices_the_loss(
    rapyer: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    order = await LockedOrder().asave()
    lock = order.alock(lease=0.15)
    with caplog.at_level(logging.WARNING, "rapyer"), pytest.raises(LockLostError):
        async with lock:
            assert not lock.is_lost
            await ask(LockedOrder, "HSET", lock_key(order), "id", "thief", "until", "9" * 16)
            await sleep(0.3)
            assert lock.is_lost
    assert lock_key(order) in caplog.text and "lost" in caplog.text


async def test_a_lost_lock_does_not_mask_the_bodys_error(rapyer: ModuleType) -> None:
    order = await LockedOrder().asave()
    with pytest.raises(ZeroDivisionError):
        async with order.alock():
            await steal(order)
            order.total = 1 // 0


async def test_no_warning_after_an_ordinary_block(
    rapyer: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    order = await LockedOrder().asave()
    with caplog.at_level(logging.WARNING, "rapyer"):
        for _ in range(30):
            async with order.alock(lease=0.01):
                await sleep(0.005)
        await sleep(0.05)
    assert not caplog.records


async def test_a_document_that_vanished_in_the_block_is_not_written_again(
    rapyer: ModuleType,
) -> None:
    order = await LockedOrder().asave()
    for change in (set_total, len):
        with pytest.raises(KeyNotFound) as caught:
            async with order.alock():
                if change is set_total:
                    order.total = 5
                await ask(LockedOrder, "DEL", order.key)
        assert caught.value.key == order.key
        assert await stored(order) is None
        await order.asave(upsert=True)
        assert order.total == (await stored(order))["total"]


async def test_a_pipeline_inside_a_lock(rapyer: ModuleType) -> None:
    order = await LockedOrder(tags=["a"]).asave()
    async with order.alock():
        order.note = "before"
        async with order.apipeline():
            order.total += 5
            order.tags.append("b")
            assert (await stored(order))["total"] == 0
        assert (await stored(order))["total"] == 5
        order.box.label = "after"
    document = await stored(order)
    assert (document["total"], document["tags"]) == (5, ["a", "b"])
    assert (document["note"], document["box"]["label"]) == ("before", "after")


async def test_a_failed_pipeline_inside_a_lock(rapyer: ModuleType) -> None:
    order = await LockedOrder().asave()
    with pytest.raises(RapyerError):
        async with order.alock():
            order.note = "local"
            async with order.apipeline():
                order.total += 5
                await LockedOrder.at("missing").tags.aappend("x")
    assert (await stored(order))["total"] == 0 and (await stored(order))["note"] == ""
    assert order.total == 0 and order.note == "local"


async def test_a_lock_inside_a_pipeline_is_refused(rapyer: ModuleType) -> None:
    # It would be given back before the pipeline writes what its block did.
    order = await LockedOrder().asave()
    async with apipeline():
        order.total += 1
        for lock in (order.alock(), LockedOrder.alock_from_key(order.key), rapyer.alock_name("x")):
            with pytest.raises(PipelineError) as caught:
                async with lock:
                    raise AssertionError("entered")
            assert caught.value.key == lock.key
    assert (await stored(order))["total"] == 1
    async with order.alock():
        pass


async def test_a_lock_keeps_the_documents_lifetime(rapyer: ModuleType) -> None:
    order = await LockedOrder().asave()
    await order.aset_ttl(100)
    async with order.alock():
        order.total = 1
    assert 0 < await ask(LockedOrder, "TTL", order.key) <= 100
