"""Get-or-create and update-or-create: many at once make one document, and lose nothing of it."""

from __future__ import annotations

from types import ModuleType

import pytest
from pydantic import Field

from rapyer_async import AtomicRedisModel, GetOrCreateStatus, Key
from rapyer_async._seam import task_group
from rapyer_core.errors import (
    CorruptedModelError,
    PipelineError,
    RapyerSerializationError,
    UnsupportedArgumentValueError,
)

from .asking import ask, stored


class Slot(AtomicRedisModel):
    code: Key[str]
    owner: str = ""
    visits: int = 0
    tags: list[str] = []
    hidden: str = Field("", exclude=True)
    anything: object = None


class OpenSlot(AtomicRedisModel, extra="allow"):
    code: Key[str]
    owner: str = ""


async def test_it_is_created_once_and_then_found(rapyer: ModuleType) -> None:
    first = Slot(code="a", owner="first")
    made = await Slot.aget_or_create(first)
    assert made.status is GetOrCreateStatus.CREATED and made.value is first
    found = await Slot.aget_or_create(Slot(code="a", owner="second"))
    assert found.status is GetOrCreateStatus.FOUND and found.value.owner == "first"
    assert (await rapyer.aget_or_create(Slot(code="a"))).status is GetOrCreateStatus.FOUND
    assert (await rapyer.aget_or_create(Slot(code="b"))).status is GetOrCreateStatus.CREATED
    # Both are stored models now: what is changed in them is what is saved.
    await made.value.visits.aincrease()
    found.value.owner = "third"
    await found.value.asave()
    await made.value.asave()
    assert (await stored(first))["owner"] == "third" and (await stored(first))["visits"] == 1


async def test_of_fifty_at_once_one_creates(rapyer: ModuleType) -> None:
    created: list[str] = []
    owners: set[str] = set()

    async def find_or_make(number: int) -> None:
        result = await Slot.aget_or_create(Slot(code="a", owner=f"{number}"))
        if result.status is GetOrCreateStatus.CREATED:
            created.append(result.value.owner)
        await result.value.visits.aincrease()
        owners.add(str(result.value.owner))

    async with task_group() as group:
        for number in range(50):
            group.start_soon(find_or_make, number)
    assert len(created) == 1 and owners == set(created)
    assert (await Slot.aget("a")).visits == 50
    assert await Slot.afind_keys() == ["Slot:a"]


async def test_of_fifty_at_once_one_creates_and_the_others_update(rapyer: ModuleType) -> None:
    statuses: list[GetOrCreateStatus] = []

    async def write_or_make(number: int) -> None:
        model = Slot(code="a", owner=f"{number}")
        result = await Slot.aupdate_or_create(model, only=("owner",))
        statuses.append(result.status)
        assert result.value.owner == f"{number}"
        await result.value.visits.aincrease()

    async with task_group() as group:
        for number in range(50):
            group.start_soon(write_or_make, number)
    assert statuses.count(GetOrCreateStatus.CREATED) == 1 and len(statuses) == 50
    assert (await Slot.aget("a")).visits == 50


async def test_an_update_writes_what_was_set_and_not_the_defaults(rapyer: ModuleType) -> None:
    slot = await Slot(code="a", owner="x", visits=5, tags=["t"]).asave()
    result = await Slot.aupdate_or_create(Slot(code="a", owner="y"))
    assert result.status is GetOrCreateStatus.FOUND
    assert (result.value.owner, result.value.visits, result.value.tags) == ("y", 5, ["t"])
    assert await stored(slot) == result.value.redis_dump()
    setting = Slot(code="a", visits=0)
    setting.tags = []
    await Slot.aupdate_or_create(setting)
    document = await stored(slot)
    assert (document["owner"], document["visits"], document["tags"]) == ("y", 0, [])


async def test_the_fields_to_write_can_be_named(rapyer: ModuleType) -> None:
    slot = await Slot(code="a", owner="x", visits=5).asave()
    given = Slot(code="a", owner="y", visits=6, tags=["t"])
    await Slot.aupdate_or_create(given, only=("visits", "tags"))
    document = await stored(slot)
    assert (document["owner"], document["visits"], document["tags"]) == ("x", 6, ["t"])
    await Slot.aupdate_or_create(given, only=())
    assert await stored(slot) == document
    for name in ("nothing", "tags.0", ""):
        with pytest.raises(UnsupportedArgumentValueError) as caught:
            await Slot.aupdate_or_create(given, only=("owner", name))
        assert caught.value.actual == name
    assert await stored(slot) == document


async def test_created_whole_whatever_is_named(rapyer: ModuleType) -> None:
    given = Slot(code="a", owner="y", visits=6, hidden="h")
    result = await Slot.aupdate_or_create(given, only=("visits",))
    assert result.status is GetOrCreateStatus.CREATED and result.value is given
    assert await stored(given) == given.redis_dump()
    assert "hidden" not in await stored(given)
    await Slot.aupdate_or_create(Slot(code="a", hidden="i"))
    assert "hidden" not in await stored(given)


async def test_extra_values_are_written_too(rapyer: ModuleType) -> None:
    await OpenSlot(code="a", colour="red", size=1).asave()  # type: ignore[call-arg]
    given = OpenSlot(code="a", colour="blue", new=[1])  # type: ignore[call-arg]
    result = await OpenSlot.aupdate_or_create(given)
    assert result.value.model_extra == {"colour": "blue", "size": 1, "new": [1]}
    wanted = {"code": "a", "owner": "", "colour": "blue", "size": 1, "new": [1]}
    assert await stored(given) == wanted


async def test_what_cannot_be_written_is_not_created(rapyer: ModuleType) -> None:
    for create in (Slot.aget_or_create, Slot.aupdate_or_create):
        given = Slot(code="a", anything=object())
        with pytest.raises(RapyerSerializationError):
            await create(given)
        assert await stored(given) is None


async def test_a_document_that_does_not_validate(rapyer: ModuleType) -> None:
    await ask(Slot, "JSON.SET", "Slot:a", "$", '{"code":"a","visits":"many"}')
    for create in (Slot.aget_or_create, Slot.aupdate_or_create):
        given = Slot(code="a", owner="x")
        with pytest.raises(CorruptedModelError) as caught:
            await create(given)
        assert set(caught.value.fields) == {"visits"}


async def test_in_a_pipeline_it_is_refused(rapyer: ModuleType) -> None:
    slot = Slot(code="a")
    async with rapyer.apipeline():
        for create in (Slot.aget_or_create, Slot.aupdate_or_create):
            with pytest.raises(PipelineError):
                await create(slot)
    assert await stored(slot) is None
