"""A write that was refused or lost leaves what is local as it was, and still to be saved."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

import rapyer_async
from rapyer_async import AtomicRedisModel
from rapyer_core.errors import KeyNotFound, OutcomeUnknownError, PathError, RapyerError
from tests.faults.proxy import running_proxy

from .asking import ask, stored


class FailingPart(AtomicRedisModel):
    name: str = ""
    tags: list[str] = []


class Failing(AtomicRedisModel):
    title: str = ""
    count: int = 0
    tags: list[str] = []
    counts: dict[str, int] = {}
    flags: set[int] = set()
    part: FailingPart = FailingPart()
    parts: list[FailingPart] = []
    anything: Any = None


async def save(model: Failing) -> None:
    await model.asave()


async def save_forced(model: Failing) -> None:
    await model.asave(force=True)


async def save_existing(model: Failing) -> None:
    await model.asave(only_existing=True)


async def save_part(model: Failing) -> None:
    await model.part.asave()


async def update(model: Failing) -> None:
    await model.aupdate(title="updated", tags=["updated"])


async def update_part(model: Failing) -> None:
    await model.part.aupdate(name="updated")


async def set_field(model: Failing) -> None:
    await model.title.aset("set")


async def increase(model: Failing) -> None:
    await model.count.aincrease()


async def append(model: Failing) -> None:
    await model.tags.aappend("appended")


async def clear(model: Failing) -> None:
    await model.tags.aclear()


async def put(model: Failing) -> None:
    await model.counts.aset_item("x", 5)


async def append_below(model: Failing) -> None:
    await model.parts[0].tags.aappend("appended")


async def apply_field(model: Failing) -> None:
    await model.count.aapply(lambda count: count + 1)


async def apply_whole(model: Failing) -> None:
    await model.aapply(retitle)


def retitle(model: Failing) -> None:
    model.title = "applied"


async def load(model: Failing) -> None:
    await model.aload()


async def lock(model: Failing) -> None:
    async with model.alock():
        assert model.title == "ours"


async def pipe(model: Failing) -> None:
    async with model.apipeline():
        model.title = "piped"
        model.count += 7
        model.tags.append("piped")
        model.part.name = "piped"
        await model.asave()
        await model.aupdate(title="piped again")


async def set_ttl(model: Failing) -> None:
    await model.aset_ttl(5)


WRITES: list[Callable[[Failing], Any]] = [
    save,
    save_forced,
    save_existing,
    save_part,
    update,
    update_part,
    set_field,
    increase,
    append,
    clear,
    put,
    append_below,
    apply_field,
    apply_whole,
    load,
    lock,
    pipe,
    set_ttl,
]


async def changed() -> tuple[Failing, str, dict[str, Any]]:
    """Return a model with local changes of every kind, its document's text, and what it holds."""
    model = await Failing(tags=["a"], counts={"a": 1}, parts=[FailingPart()]).asave()
    text = model.redis_dump_json()
    model.title = "ours"
    model.tags += ["ours"]
    model.counts["ours"] = 1
    model.flags.add(5)
    model.part.name = "ours"
    model.parts[0].name = "ours"
    model.anything = {"x": [1]}
    return model, text, model.redis_dump()


async def check_still_unsaved(model: Failing, text: str, held: dict[str, Any]) -> None:
    """Check that the model holds what it held, and that the next save writes what it held."""
    assert model.redis_dump() == held
    await ask(Failing, "JSON.SET", model.key, "$", text)
    await model.asave()
    assert await stored(model) == held


@pytest.mark.parametrize("write", WRITES)
async def test_the_document_is_gone(rapyer: ModuleType, write: Callable[[Failing], Any]) -> None:
    model, text, held = await changed()
    await ask(Failing, "DEL", model.key)
    with pytest.raises(KeyNotFound) as caught:
        await write(model)
    assert caught.value.key == model.key
    assert await stored(model) is None
    await check_still_unsaved(model, text, held)


@pytest.mark.parametrize(
    "write", [save, save_part, update_part, append, put, append_below, apply_field, pipe, load]
)
async def test_the_document_is_another_one(
    rapyer: ModuleType, write: Callable[[Failing], Any]
) -> None:
    model, text, held = await changed()
    await ask(Failing, "JSON.SET", model.key, "$", '{"tags":5,"counts":5,"count":"x"}')
    before = await stored(model)
    with pytest.raises(RapyerError):
        await write(model)
    assert await stored(model) == before
    await check_still_unsaved(model, text, held)


async def test_a_new_model_whose_save_failed_is_still_new(rapyer: ModuleType) -> None:
    first = await Failing().asave()
    await ask(Failing, "DEL", first.key)
    model = Failing(title="a")
    with pytest.raises(KeyNotFound):
        await model.asave(only_existing=True)
    # Python's own mutators of a model that was never saved are local.
    model.tags.extend(["local"])
    with pytest.raises(KeyNotFound, match="never saved"):
        await model.count.aincrease()
    await model.asave()
    assert await stored(model) == model.redis_dump()


async def test_a_part_of_a_save_that_has_no_place_any_more(rapyer: ModuleType) -> None:
    model, text, held = await changed()
    await ask(Failing, "JSON.DEL", model.key, "$.part")
    before = await stored(model)
    with pytest.raises(PathError):
        await model.asave()
    assert await stored(model) == before
    await check_still_unsaved(model, text, held)


LOST = [save, save_forced, save_part, update, set_field, increase, append, clear, put, lock, pipe]


@pytest.mark.parametrize("write", LOST)
async def test_the_reply_is_lost(server_url: str, write: Callable[[Failing], Any]) -> None:
    with running_proxy(server_url) as proxy:
        await rapyer_async.init_rapyer(proxy.url, indexes="lazy")
        try:
            model, text, held = await changed()
            unknown = 0
            for size in range(0, 1000, 3):
                proxy.cut_replies_after(size)
                try:
                    await write(model)
                except OutcomeUnknownError:
                    unknown += 1
                    await check_still_unsaved(model, text, held)
                    break
                model, text, held = await changed()
            assert unknown == 1
        finally:
            proxy.cut_replies_after(1_000_000_000)
            await rapyer_async.teardown_rapyer()


async def test_a_value_that_cannot_be_written_can_be_read(rapyer: ModuleType) -> None:
    model = await Failing().asave()
    for value in (object(), 2**70, {"a": 2**70}):
        model.anything = value
        assert model.anything == value
        with pytest.raises(RapyerError):
            await model.asave()
        assert model.anything == value
    model.anything = {"a": {1}}
    held = model.anything["a"]
    await model.asave()
    held.add(2)
    await model.asave()
    assert (await stored(model))["anything"] == {"a": [1, 2]}
