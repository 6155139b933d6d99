"""`Model.at`: operating on a document without loading it."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel, Field

from rapyer_async import AtomicRedisModel, Key
from rapyer_core.errors import (
    InvalidValueError,
    KeyNotFound,
    NotLoadedError,
    PathError,
    RapyerError,
    UpdateAtomicModelError,
)

from .asking import ask, stored


class Part(BaseModel):
    size: int = 0
    notes: list[str] = []


class Machine(AtomicRedisModel):
    code: Key[str]
    starts: int = 0
    label: str = ""
    level: float = 0.0
    logs: list[str] = []
    counts: dict[str, int] = {}
    part: Part = Part()
    parts: list[Part] = []
    grid: dict[str, list[Part]] = {}
    flags: set[int] = set()
    fixed: int = Field(0, frozen=True)
    maybe: int | None = None


async def machine(**values: Any) -> Machine:
    return await Machine(code="m", **values).asave()


async def test_every_kind_of_field(rapyer: ModuleType) -> None:
    model = await machine(parts=[Part(), Part()], grid={"a.b": [Part()]})
    handle: Any = Machine.at("m")
    assert await handle.starts.aincrease(5) == 5
    assert await handle.label.aappend("x") == "x"
    assert await handle.level.adiv(2) == 0
    await handle.logs.aextend(["a", "b"])
    assert await handle.logs.apop(0) == "a" and await handle.logs.alength() == 1
    await handle.counts.aset_item("k", 1)
    assert await handle.counts["k"].aincrease() == 2
    assert await handle.part.size.aincrease() == 1
    await handle.part.notes.aappend("n")
    await handle.parts[-1].size.aset(7)
    await handle.grid["a.b"][0].notes.aappend("deep")
    await handle.flags.aset({3})
    await handle.maybe.aset(4)
    assert await handle.maybe.aincrease() == 5
    document = await stored(model)
    assert document == {
        "code": "m",
        "starts": 5,
        "label": "x",
        "level": 0.0,
        "logs": ["b"],
        "counts": {"k": 2},
        "part": {"size": 1, "notes": ["n"]},
        "parts": [{"size": 0, "notes": []}, {"size": 7, "notes": []}],
        "grid": {"a.b": [{"size": 0, "notes": ["deep"]}]},
        "flags": [3],
        "fixed": 0,
        "maybe": 5,
    }
    await model.aload()
    assert model.redis_dump() == document


async def test_a_field_can_be_loaded(rapyer: ModuleType) -> None:
    await machine(starts=3, logs=["a"], part=Part(size=2))
    handle: Any = Machine.at("Machine:m")
    assert await handle.starts.aload() == 3
    logs = await handle.logs.aload()
    assert logs == ["a"]
    assert await handle.part.size.aload() == 2
    assert await handle.starts.aapply(lambda value: value * 5) == 15


async def test_what_an_operation_returns_can_be_operated_on(rapyer: ModuleType) -> None:
    model = await machine(logs=["a"])
    handle: Any = Machine.at("m")
    count = await handle.starts.aincrease()
    assert await count.aincrease() == 2
    logs = await handle.logs.aload()
    assert await logs.aappend("b") == ["a", "b"]
    assert (await stored(model))["logs"] == ["a", "b"]


async def test_a_handle_is_no_value(rapyer: ModuleType) -> None:
    await machine()
    handle: Any = Machine.at("m")
    for use in (
        lambda: handle.starts + 1,
        lambda: handle.starts == 0,
        lambda: int(handle.starts),
        lambda: f"{handle.label}",
        lambda: len(handle.logs),
        lambda: list(handle.logs),
        lambda: "k" in handle.counts,
        lambda: bool(handle.level),
        lambda: hash(handle.label),
        lambda: -handle.level,
    ):
        with pytest.raises(NotLoadedError) as caught:
            use()
        assert caught.value.key == "Machine:m"
    assert "not loaded" in repr(handle) and "not loaded" in repr(handle.starts)
    assert (handle.key, handle.pk) == ("Machine:m", "m")
    assert handle.parts[1].size.json_path == '$["parts"][1]["size"]'


async def test_values_are_checked(rapyer: ModuleType) -> None:
    model = await machine(parts=[Part()])
    before = await stored(model)
    handle: Any = Machine.at("m")
    with pytest.raises(InvalidValueError):
        await handle.starts.aset("no")
    with pytest.raises(InvalidValueError):
        await handle.parts.aappend({"size": "no"})
    with pytest.raises(InvalidValueError):
        await handle.aupdate(starts="no")
    with pytest.raises(UpdateAtomicModelError):
        await handle.fixed.aset(1)
    with pytest.raises(UpdateAtomicModelError):
        await handle.code.aset("n")
    with pytest.raises(PathError):
        await handle.parts[5].size.aincrease()
    with pytest.raises(PathError):
        await handle.counts["no"].aincrease()
    with pytest.raises(PathError):
        await handle.parts.aset_item(5, Part())
    with pytest.raises(AttributeError):
        _ = handle.nothing
    assert await stored(model) == before


async def test_no_document(rapyer: ModuleType) -> None:
    handle: Any = Machine.at("no")
    for call in (handle.starts.aincrease, handle.label.aload, handle.logs.apop, handle.aload):
        with pytest.raises(KeyNotFound) as caught:
            await call()
        assert caught.value.key == "Machine:no"
    with pytest.raises(KeyNotFound):
        await handle.starts.aset(1)
    with pytest.raises(KeyNotFound):
        await handle.aupdate(starts=1)
    assert not await handle.adelete()
    assert await ask(Machine, "EXISTS", "Machine:no") == 0


async def test_update_and_save_write_what_was_given(rapyer: ModuleType) -> None:
    model = await machine(starts=1, label="a")
    handle: Any = Machine.at("m")
    await handle.aupdate(starts=5)
    handle.label = "b"
    await handle.asave()
    document = await stored(model)
    assert (document["starts"], document["label"]) == (5, "b")
    await handle.part.aupdate(size=3)
    assert (await stored(model))["part"] == {"size": 3, "notes": []}


async def test_a_handle_is_never_written_whole(rapyer: ModuleType) -> None:
    """It knows little of the document, so what it would write is no document."""
    model = await machine(starts=1)
    before = await stored(model)
    handle: Any = Machine.at("m")
    handle.label = "b"
    for write in (
        handle.aduplicate,
        lambda: handle.asave(upsert=True),
        lambda: handle.asave(only_new=True),
        lambda: Machine.ainsert(handle),
        lambda: Machine.aget_or_create(Machine.at("new")),
        lambda: Machine.at("new").asave(upsert=True),
    ):
        with pytest.raises(RapyerError):
            await write()
    assert await stored(model) == before
    assert await Machine.afind_keys() == ["Machine:m"]


async def test_a_loaded_handle_is_a_model(rapyer: ModuleType) -> None:
    await machine(starts=1)
    handle = Machine.at("m")
    assert await handle.aload() is handle
    assert handle.starts == 1 and handle == await Machine.aget("m")
    handle.starts = 2
    await handle.asave()
    assert (await Machine.aget("m")).starts == 2


async def test_a_handle_can_delete(rapyer: ModuleType) -> None:
    model = await machine()
    assert await Machine.at("m").adelete()
    assert await stored(model) is None
