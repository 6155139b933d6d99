"""An error carries the key, the path and the model that it is about, whatever raised it."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from rapyer_async import AtomicRedisModel, Key, RedisConfig, apipeline
from rapyer_async.clients import driver_of
from rapyer_core.commands import Command
from rapyer_core.errors import (
    ConflictError,
    DictKeyError,
    DocumentExistsError,
    InvalidValueError,
    ItemNotFoundError,
    KeyNotFound,
    LimitExceededError,
    ListIndexError,
    NumberRangeError,
    OutcomeUnknownError,
    PathError,
    PipelineError,
    RapyerError,
    StaleModelError,
    UnsupportedArgumentValueError,
)
from rapyer_sync.drivers.opening import open_driver

from .asking import ask


class Part(AtomicRedisModel):
    number: int = 0


class Whole(AtomicRedisModel):
    code: Key[str]
    number: int = 0
    words: list[str] = []
    sizes: dict[str, int] = {}
    part: Part = Part()
    ratio: float = 0.0


class WhereCounted(AtomicRedisModel):
    Meta = RedisConfig(optimistic=True)
    code: Key[str]
    name: str = ""


class Prefixed(AtomicRedisModel):
    Meta = RedisConfig(key_prefix="other:prefix")
    code: Key[str]
    number: int = 0


def at(cls: Any, pk: str = "none") -> Any:
    return cls.at(pk)


CASES: list[tuple[type[RapyerError], str, Callable[[], Any]]] = [
    (KeyNotFound, "$", lambda: Whole.aget("none")),
    (KeyNotFound, "$", lambda: Whole.aget("none", only=["number"])),
    (KeyNotFound, "$", lambda: Whole.afind("none")),
    (KeyNotFound, "$", lambda: at(Whole).aload()),
    (KeyNotFound, "$", lambda: at(Whole).aupdate(number=1)),
    (KeyNotFound, "$", lambda: at(Whole).aset_ttl(5)),
    (KeyNotFound, "$", lambda: at(Whole).aapply(lambda model: model)),
    (KeyNotFound, "$", lambda: at(Whole).aretry_failed()),
    (KeyNotFound, '$["number"]', lambda: at(Whole).number.aincrease()),
    (KeyNotFound, '$["part"]["number"]', lambda: at(Whole).part.number.aset(1)),
    (KeyNotFound, '$["words"]', lambda: at(Whole).words.aappend("x")),
    (KeyNotFound, '$["sizes"]', lambda: at(Whole).sizes.alength()),
    (DocumentExistsError, "$", lambda: Whole(code="a").asave(only_new=True)),
    (ListIndexError, '$["words"]', lambda: at(Whole, "a").words.apop()),
    (ItemNotFoundError, '$["words"]', lambda: at(Whole, "a").words.aremove("x")),
    (DictKeyError, '$["sizes"]', lambda: at(Whole, "a").sizes.apop("x")),
    (NumberRangeError, '$["number"]', lambda: at(Whole, "a").number.aincrease(2**63 - 1)),
    (InvalidValueError, '$["number"]', lambda: at(Whole, "a").number.aset("x")),
    (PathError, '$["part"]["number"]', lambda: at(Whole, "b").part.number.aincrease()),
    (UnsupportedArgumentValueError, "$", lambda: at(Whole, "a").aset_ttl(-1)),
]


@pytest.fixture
async def documents(rapyer: ModuleType) -> None:
    await Whole(code="a", number=1).asave()
    await Whole(code="b").asave()
    await ask(Whole, "JSON.SET", "Whole:b", "$.part", '"text"')


@pytest.mark.parametrize(("kind", "path", "call"), CASES)
async def test_one_call(
    documents: None, kind: type[RapyerError], path: str, call: Callable[[], Any]
) -> None:
    with pytest.raises(kind) as caught:
        await call()
    error: RapyerError = caught.value
    assert error.key in ("Whole:none", "Whole:a", "Whole:b") and error.model == "Whole"
    assert error.path == path or (error.path is None and path == "$")
    assert error.expected is not None and error.actual is not None
    assert str(error.key) in str(error)


async def test_a_class_of_another_prefix(rapyer: ModuleType) -> None:
    with pytest.raises(KeyNotFound) as caught:
        await at(Prefixed).number.aincrease()
    assert (caught.value.key, caught.value.model) == ("other:prefix:none", "Prefixed")


async def test_in_a_pipeline(documents: None) -> None:
    with pytest.raises(KeyNotFound) as caught:
        async with apipeline():
            await at(Whole, "a").number.aincrease()
            await at(Prefixed).number.aincrease()
    assert (caught.value.key, caught.value.model) == ("other:prefix:none", "Prefixed")
    with pytest.raises(PipelineError) as refused:
        async with apipeline():
            await at(Whole, "a").words.apop()
    assert (refused.value.key, refused.value.model) == ("Whole:a", "Whole")
    assert refused.value.path == '$["words"]' and refused.value.expected is not None


async def test_a_revision(rapyer: ModuleType) -> None:
    old, new = await WhereCounted(code="a").asave(), await WhereCounted.aget("a")
    new.name = "new"
    await new.asave()
    old.name = "old"
    with pytest.raises(StaleModelError) as caught:
        await old.asave()
    assert (caught.value.key, caught.value.model) == ("WhereCounted:a", "WhereCounted")


async def test_a_conflict(documents: None, redis_url: str) -> None:
    # Of the other package, so that the function, which cannot wait, can change the document.
    other = open_driver(redis_url)
    seen: list[int] = []

    def collide(value: int) -> int:
        seen.append(value)
        other.execute(Command(("JSON.SET", "Whole:a", "$.number", 10 + len(seen))))
        return value

    Whole.Meta.max_retries = 2
    try:
        with pytest.raises(ConflictError) as caught:
            await at(Whole, "a").number.aapply(collide)
    finally:
        Whole.Meta.unset("max_retries")
        other.close()
    assert (caught.value.key, caught.value.model) == ("Whole:a", "Whole")
    assert caught.value.path == '$["number"]' and len(seen) == 2


@pytest.mark.parametrize("kind", [OutcomeUnknownError, LimitExceededError])
async def test_what_the_driver_raises(
    documents: None, monkeypatch: pytest.MonkeyPatch, kind: type[RapyerError]
) -> None:
    """A driver knows nothing of documents."""

    async def fail(command: Any) -> Any:
        raise kind("what the network did")

    monkeypatch.setattr(driver_of(Whole), "execute", fail)
    calls: list[tuple[Any, str]] = [
        (lambda: at(Whole, "a").number.aincrease(), '$["number"]'),
        (lambda: at(Whole, "a").aload(), "$"),
        (lambda: at(Whole, "a").words.aapply(sorted), '$["words"]'),
        (lambda: Whole(code="a").asave(), "$"),
    ]
    for call, path in calls:
        with pytest.raises(kind) as caught:
            await call()
        error: RapyerError = caught.value
        assert (error.key, error.path, error.model) == ("Whole:a", path, "Whole")
    monkeypatch.undo()
