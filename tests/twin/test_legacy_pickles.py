"""What rapyer 1.3.6 stored as unsigned pickles is read when a model says so, and only then."""

from __future__ import annotations

import base64
import dataclasses
import json
import pickle
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

import pytest
from pydantic import BaseModel

from rapyer_async import AtomicRedisModel, Pickled, RedisConfig, set_pickle_keys
from rapyer_core.errors import CorruptedModelError, InvalidValueError

from .asking import ask, stored


class Size(Enum):
    BIG = "big"


@dataclasses.dataclass
class Point:
    x: int = 0


class Pair(NamedTuple):
    left: int = 0


class Unknown:
    def __init__(self, inside: Any = None) -> None:
        self.inside = inside

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Unknown) and self.inside == other.inside

    __hash__ = None  # type: ignore[assignment]


class Secret:
    level = 1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret)

    __hash__ = None  # type: ignore[assignment]


class Inner(BaseModel):
    flag: bool = False
    name: str = ""


class LegacyOld(AtomicRedisModel):
    Meta = RedisConfig(legacy_pickles=True)
    flag: bool = False
    flags: list[bool] = []
    by_name: dict[str, bool] = {}
    maybe: bool | None = None
    maybes: list[int | None] = []
    blob: bytes = b""
    size: Size = Size.BIG
    ident: UUID = UUID(int=0)
    day: date = date(2000, 1, 1)
    span: timedelta = timedelta(0)
    price: Decimal = Decimal(0)
    point: Point = Point()
    pair: Pair = Pair()
    path: Path = Path()
    both: tuple[int, str] = (0, "")
    word: Literal["a", "b"] = "a"
    anything: Any = None
    name: str = ""
    inner: Inner = Inner()
    inners: list[Inner] = []
    pickled: Annotated[Unknown, Pickled()] = Unknown()


class LegacyCareful(AtomicRedisModel):
    flag: bool = False
    blob: bytes = b""


class LegacyListing(AtomicRedisModel):
    Meta = RedisConfig(legacy_pickles=[Secret])
    pickled: Annotated[Unknown, Pickled()]


def old(value: Any) -> str:
    """Return what rapyer 1.3.6 was seen to store for a value."""
    return base64.b64encode(pickle.dumps(value, 4)).decode()


@pytest.fixture(autouse=True)
def _keys() -> Iterator[None]:
    set_pickle_keys("k" * 16)
    yield
    set_pickle_keys()


# Left: what a run of rapyer 1.3.6 left on a server. Right: what it had been given.
DOCUMENT = {
    "flag": "gASILg==",
    "flags": ["gASILg=="],
    "by_name": {"a": "gASILg=="},
    "maybe": "gASILg==",
    "maybes": ["gAROLg=="],
    "blob": "gASVBQAAAAAAAABDAXiULg==",
    "ident": "gASVIAAAAAAAAACMBHV1aWSUjARVVUlElJOUKYGUfZSMA2ludJRLAXNiLg==",
    "day": "gASVIAAAAAAAAACMCGRhdGV0aW1llIwEZGF0ZZSTlEMEB+QBAZSFlFKULg==",
    "span": "gASVJAAAAAAAAACMCGRhdGV0aW1llIwJdGltZWRlbHRhlJOUSwFLAEsAh5RSlC4=",
    "price": "gASVIQAAAAAAAACMB2RlY2ltYWyUjAdEZWNpbWFslJOUjAMxLjWUhZRSlC4=",
    "path": "gASVJQAAAAAAAACMB3BhdGhsaWKUjAlQb3NpeFBhdGiUk5SMAS+UjAF4lIaUUpQu",
    "both": "gASVCQAAAAAAAABLAYwBYZSGlC4=",
    "word": "gASVBQAAAAAAAACMAWGULg==",
    "anything": "gASVCgAAAAAAAAB9lIwBYZRLAXMu",
}
GIVEN: dict[str, Any] = {
    "flag": True,
    "flags": [True],
    "by_name": {"a": True},
    "maybe": True,
    "maybes": [None],
    "blob": b"x",
    "ident": UUID(int=1),
    "day": date(2020, 1, 1),
    "span": timedelta(1),
    "price": Decimal("1.5"),
    "path": Path("/x"),
    "both": (1, "a"),
    "word": "a",
    "anything": {"a": 1},
}


async def put(key: str, document: dict[str, Any]) -> None:
    await ask(LegacyOld, "JSON.SET", key, "$", json.dumps(document))


async def test_documents_of_rapyer(rapyer: ModuleType) -> None:
    for name in GIVEN.keys() - {"path"}:  # which Python 3.13 has in another module
        assert DOCUMENT[name] == old(GIVEN[name]) or isinstance(GIVEN[name], (list, dict))
    await put("LegacyOld:a", DOCUMENT)
    found: Any = await LegacyOld.aget("a")
    assert {name: getattr(found, name) for name in GIVEN} == GIVEN
    for name in GIVEN:
        part = await LegacyOld.aget("a", only=[name])
        assert getattr(part, name) == GIVEN[name]
    assert await LegacyOld.afind() == [found]


async def test_what_was_read_is_written_as_json(rapyer: ModuleType) -> None:
    await put("LegacyOld:a", DOCUMENT)
    found: Any = await LegacyOld.aget("a")
    found.flag = False
    await found.asave()
    document: Any = await stored(found)
    assert document["flag"] is False and document["maybe"] == "gASILg=="
    await found.asave(force=True)
    assert await stored(found) == found.redis_dump()
    assert "gASILg==" not in json.dumps(await stored(found))


async def test_classes_of_the_annotation(rapyer: ModuleType) -> None:
    given = {
        "size": Size.BIG,
        "point": Point(3),
        "pair": Pair(4),
        "pickled": Unknown(),
    }
    document: dict[str, Any] = {name: old(value) for name, value in given.items()}
    document["inner"] = {"flag": old(True), "name": "gASILg=="}
    document["inners"] = [{"flag": old(True)}]
    await put("LegacyOld:a", document)
    found: Any = await LegacyOld.aget("a")
    assert {name: getattr(found, name) for name in given} == given
    assert found.inner == Inner(flag=True, name="gASILg==")
    assert found.inners == [Inner(flag=True)]
    await found.asave(force=True)
    assert (await stored(found))["pickled"].startswith("rapyer-pickle:1:")


async def test_operations_on_values_that_are_pickled_yet(rapyer: ModuleType) -> None:
    await put("LegacyOld:a", {"flags": [old(True), old(False)], "flag": old(True)})
    handle: Any = LegacyOld.at("a")
    assert await handle.flags.apop() is False
    assert await handle.flag.aapply(lambda flag: not flag) == False  # noqa: E712  # it is no bool
    assert (await ask(LegacyOld, "JSON.GET", "LegacyOld:a", "$.flag")) == b"[false]"


async def test_texts_are_what_they_are(rapyer: ModuleType) -> None:
    for text in ("gASILg==", "gA", "gAAA", "gA!", old(3)):
        model = await LegacyOld(name=text, inner=Inner(name=text)).asave()
        found = await LegacyOld.aget(model.key)
        assert found.name == text and found.inner.name == text
    model = await LegacyOld(anything=["gA", "gA!", "gAAA"]).asave()
    assert (await LegacyOld.aget(model.key)).anything == ["gA", "gA!", "gAAA"]


async def test_nothing_is_read_unless_told_to(rapyer: ModuleType) -> None:
    await put("LegacyCareful:a", {"flag": old(True)})
    with pytest.raises(CorruptedModelError, match="flag"):
        await LegacyCareful.aget("a")
    await put("LegacyCareful:a", {"blob": old(b"x")})
    assert (await LegacyCareful.aget("a")).blob == pickle.dumps(b"x", 4)


class Attack:
    sprung = 0

    def __reduce__(self) -> Any:
        return attack, ()


def attack() -> bool:
    Attack.sprung += 1
    return True


# Sets an attribute of a class that may be named.
CHANGES_CLASS = b"\x80\x04c" + f"{__name__}\nSecret\n".encode() + b"N}\x8c\x05levelKcs\x86b."


async def test_what_a_pickle_may_name(rapyer: ModuleType) -> None:
    for value in (Attack(), [Attack()], {"x": Unknown(Attack())}, print, Secret()):
        for field in ("flag", "anything", "pickled"):
            await put("LegacyOld:a", {field: old(value)})
            with pytest.raises(CorruptedModelError, match="is not allowed in it") as caught:
                await LegacyOld.aget("a")
            assert caught.value.fields.keys() == {field} and caught.value.key == "LegacyOld:a"
            with pytest.raises(CorruptedModelError, match="is not allowed in it"):
                await LegacyOld.aget("a", only=[field])
    assert Attack.sprung == 0
    await put("LegacyOld:a", {"flag": old(Attack())})
    with pytest.raises(InvalidValueError, match="attack is not allowed in it") as refused:
        await LegacyOld.at("a").flag.aload()  # type: ignore[attr-defined]
    assert refused.value.path == '$["flag"]'


async def test_what_the_setting_lists(rapyer: ModuleType) -> None:
    await put("LegacyListing:a", {"pickled": old(Unknown(Secret()))})
    assert (await LegacyListing.aget("a")).pickled == Unknown(Secret())
    body = base64.b64encode(CHANGES_CLASS).decode()
    await put("LegacyListing:a", {"pickled": body})
    with pytest.raises(CorruptedModelError, match="it would change a class"):
        await LegacyListing.aget("a")
    assert Secret.level == 1


async def test_what_is_broken(rapyer: ModuleType) -> None:
    for body in (b"\x80\x04K.", b"\x80\x04.", b"\x80\x04(((.", b"\x80\x04\x8c\xffx."):
        await put("LegacyOld:a", {"flag": base64.b64encode(body).decode()})
        with pytest.raises(CorruptedModelError, match="flag: the pickle cannot be read"):
            await LegacyOld.aget("a")
    await put("LegacyOld:a", {"flag": old("text")})
    with pytest.raises(CorruptedModelError, match="valid boolean"):
        await LegacyOld.aget("a")
