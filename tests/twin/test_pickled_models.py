"""Models pickle as the same document, and are copied as new ones."""

from __future__ import annotations

import copy
import pickle
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, PrivateAttr

from rapyer_async import AtomicRedisModel, Key, RedisConfig
from rapyer_core.changes import changed_texts
from rapyer_core.errors import KeyNotFound, NotLoadedError, StaleModelError
from rapyer_core.places import became_stored

from .asking import ask, stored


class Room(BaseModel):
    name: str = ""
    chairs: int = 0
    tags: set[str] = set()


class PickledFloor(AtomicRedisModel):
    level: int = 0
    notes: list[str] = []
    rooms: list[Room] = []


class PickledHouse(AtomicRedisModel):
    name: str = ""
    count: int = 0
    words: list[str] = []
    marks: set[int] = set()
    hall: Room = Room()
    ground: PickledFloor = PickledFloor()
    floors: list[PickledFloor] = []
    by_name: dict[str, PickledFloor] = {}
    _secret: str = PrivateAttr("s")


class PickledStreet(AtomicRedisModel):
    code: Key[str]
    name: str = ""


class RevisedAndPickled(AtomicRedisModel):
    Meta = RedisConfig(optimistic=True)
    name: str = ""


def revived(value: Any, protocol: int = pickle.HIGHEST_PROTOCOL) -> Any:
    return pickle.loads(pickle.dumps(value, protocol))


NAMES = st.text(max_size=3)
ROOMS = st.builds(Room, name=NAMES, chairs=st.integers(0, 5), tags=st.sets(NAMES, max_size=2))
FLOORS = st.builds(
    PickledFloor,
    level=st.integers(0, 5),
    notes=st.lists(NAMES, max_size=2),
    rooms=st.lists(ROOMS, max_size=2),
)
HOUSES = st.builds(
    PickledHouse,
    name=NAMES,
    words=st.lists(NAMES, max_size=2),
    marks=st.sets(st.integers(0, 5), max_size=2),
    hall=ROOMS,
    ground=FLOORS,
    floors=st.lists(FLOORS, max_size=2),
    by_name=st.dictionaries(NAMES, FLOORS, max_size=2),
)


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(HOUSES, st.sets(st.sampled_from(sorted(PickledHouse.model_fields))), st.booleans())
def test_any_model_is_revived_and_copied(house: Any, read: set[str], is_stored: bool) -> None:
    """Whatever of it was read before, so that it has a place, and whether it was saved or not."""
    if is_stored:
        became_stored(house)
    for name in read:
        getattr(house, name)
    other = revived(house)
    assert other == house and type(other) is type(house)
    assert (other.key, other.rapyer_route() is None) == (house.key, not is_stored)
    assert changed_texts(other, ()) == [] or not is_stored
    for new in (copy.copy(house), copy.deepcopy(house)):
        assert new == house and type(new) is type(house)
        assert new.key != house.key and new.rapyer_route() is None
    other.floors += [PickledFloor(level=9)]
    assert len(house.floors) + 1 == len(revived(other).floors)
    changed = {path for path, _ in changed_texts(revived(other), ())}
    assert changed == {'$["floors"]'} or not is_stored


async def test_a_pickle_is_the_same_document(rapyer: ModuleType) -> None:
    house: Any = await PickledHouse(name="a", floors=[PickledFloor(level=1)], words=["x"]).asave()
    house._secret = "t"
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        other = revived(house, protocol)
        assert other == house and other.key == house.key and type(other) is PickledHouse
        assert other._secret == "t"
    assert await other.count.aincrease(2) == 2
    assert await other.floors[0].level.aincrease() == 2
    await other.words.aappend("y")
    await house.aload()
    assert (house.count, house.floors[0].level, house.words) == (2, 2, ["x", "y"])
    # What was read before is revived with its place too.
    assert await revived(house).hall.chairs.aincrease(3) == 3
    assert await revived(house).by_name.aset_item("b", PickledFloor(level=7)) == {
        "b": PickledFloor(level=7)
    }
    assert (await stored(house))["by_name"]["b"]["level"] == 7


async def test_a_pickle_saves_what_was_changed_before(rapyer: ModuleType) -> None:
    house: Any = await PickledHouse(name="a", floors=[PickledFloor(level=1)], rooms=[]).asave()
    await PickledHouse.at(house.key).count.aincrease(5)
    house.name = "b"
    house.words += ["x"]
    house.marks.add(1)
    house.hall.chairs = 4
    house.hall.tags.add("t")
    house.ground.notes += ["n"]
    house.floors[0].rooms += [Room(name="r")]
    await revived(revived(house)).asave()
    document = await stored(house)
    assert (document["name"], document["words"], document["marks"]) == ("b", ["x"], [1])
    assert document["hall"] == {"name": "", "chairs": 4, "tags": ["t"]}
    assert document["ground"]["notes"] == ["n"]
    assert document["floors"][0]["rooms"][0]["name"] == "r"
    assert document["count"] == 5


async def test_a_pickle_writes_nothing_that_did_not_change(rapyer: ModuleType) -> None:
    house: Any = await PickledHouse(words=["x"], marks={1}, hall=Room(tags={"t"})).asave()
    assert (house.words, house.marks, house.hall.tags) == (["x"], {1}, {"t"})
    other = revived(house)
    await ask(PickledHouse, "JSON.SET", house.key, "$", '{"name": "elsewhere"}')
    await other.asave()
    assert await stored(house) == {"name": "elsewhere"}


async def test_a_pickle_of_a_model_that_was_never_saved(rapyer: ModuleType) -> None:
    house = PickledHouse(name="a")
    other: Any = revived(house)
    assert other.key == house.key
    with pytest.raises(KeyNotFound):
        await other.count.aincrease()
    await other.asave()
    assert (await PickledHouse.aget(house.key)).name == "a"
    assert revived(PickledStreet(code="x")).key == "PickledStreet:x"


async def test_pickles_of_parts(rapyer: ModuleType) -> None:
    house: Any = await PickledHouse(hall=Room(name="h"), floors=[PickledFloor(level=1)]).asave()
    room, floor = revived(house.hall), revived(house.floors[0])
    assert isinstance(room, Room) and room == Room(name="h") and room.chairs == 0
    assert type(floor) is PickledFloor and floor.level == 1
    assert not room.is_inner_model() and not floor.is_inner_model()
    assert revived([house, house.hall])[0].hall == room


async def test_pickles_of_handles(rapyer: ModuleType) -> None:
    house: Any = await PickledHouse(
        floors=[PickledFloor(level=1)], by_name={"a": PickledFloor()}
    ).asave()
    handle: Any = PickledHouse.at(house.key)
    for place in (handle, copy.copy(handle), copy.deepcopy(handle), revived(handle)):
        assert place.key == house.key
        with pytest.raises(NotLoadedError):
            str(place.name)
    await revived(handle).count.aincrease()
    await revived(handle.count).aincrease()
    await revived(handle.floors[0].level).aincrease(2)
    await revived(handle.by_name["a"]).level.aset(9)
    await revived(handle.ground).level.aset(8)
    await copy.copy(handle.ground.level).aincrease()
    document = await stored(house)
    assert (document["count"], document["floors"][0]["level"]) == (2, 3)
    assert (document["by_name"]["a"]["level"], document["ground"]["level"]) == (9, 9)


async def test_a_pickle_of_what_was_loaded_in_part(rapyer: ModuleType) -> None:
    house = await PickledHouse(name="a", count=3).asave()
    part: Any = await PickledHouse.aget(house.key, only=["name"])
    part.name = "b"
    other = revived(part)
    with pytest.raises(NotLoadedError):
        _ = other.count
    await other.asave()
    assert (await stored(house))["name"] == "b" and (await stored(house))["count"] == 3


async def test_a_copy_of_what_was_loaded_in_part_cannot_be_a_document(rapyer: ModuleType) -> None:
    house = await PickledHouse(name="a", count=3).asave()
    part = await PickledHouse.aget(house.key, only=["name"])
    for other in (copy.copy(part), copy.deepcopy(part), part.model_copy()):
        assert other.name == "a" and other.key != house.key
        with pytest.raises(NotLoadedError, match="not loaded"):
            _ = other.count
        with pytest.raises(NotLoadedError, match="not loaded"):
            await other.asave()


async def test_copies_of_changed_models(rapyer: ModuleType) -> None:
    house: Any = await PickledHouse(name="a", words=["x"], hall=Room(name="h")).asave()
    house.hall.chairs = 1
    house.words += ["y"]
    deep, shallow = copy.deepcopy(house), copy.copy(house)
    deep.words += ["z"]
    deep.hall.name = "other"
    assert (house.words, house.hall.name) == (["x", "y"], "h")
    await deep.asave()
    await shallow.asave()
    assert (await stored(deep))["words"] == ["x", "y", "z"]
    assert (await stored(shallow))["words"] == ["x", "y"]
    assert (await stored(shallow))["hall"]["chairs"] == 1
    assert (await stored(house))["words"] == ["x"]


async def test_a_pickle_keeps_the_revision(rapyer: ModuleType) -> None:
    model = await RevisedAndPickled(name="a").asave()
    old = pickle.dumps(model)
    model.name = "b"
    await model.asave()
    stale: Any = pickle.loads(old)
    stale.name = "c"
    with pytest.raises(StaleModelError):
        await stale.asave()
    current = revived(model)
    current.name = "d"
    await current.asave()
    assert (await RevisedAndPickled.aget(model.key)).name == "d"
