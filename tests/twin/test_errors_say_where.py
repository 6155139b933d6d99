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


class ErringPart(AtomicRedisModel):
    number: int = 0


class ErringWhole(AtomicRedisModel):
    code: Key[str]
    number: int = 0
    words: list[str] = []
    sizes: dict[str, int] = {}
    part: ErringPart = ErringPart()
    ratio: float = 0.0


class ErringCounted(AtomicRedisModel):
    Meta = RedisConfig(optimistic=True)
    code: Key[str]
    name: str = ""


class ErringPrefixed(AtomicRedisModel):
    Meta = RedisConfig(key_prefix="other:prefix")
    code: Key[str]
    number: int = 0


def at(cls: Any, pk: str = "none") -> Any:
    return cls.at(pk)


CASES: list[tuple[type[RapyerError], str, Callable[[], Any]]] = [
    (KeyNotFound, "$", lambda: ErringWhole.aget("none")),
    (KeyNotFound, "$", lambda: ErringWhole.aget("none", only=["number"])),
    (KeyNotFound, "$", lambda: ErringWhole.afind("none")),
    (KeyNotFound, "$", lambda: at(ErringWhole).aload()),
    (KeyNotFound, "$", lambda: at(ErringWhole).aupdate(number=1)),
    (KeyNotFound, "$", lambda: at(ErringWhole).aset_ttl(5)),
    (KeyNotFound, "$", lambda: at(ErringWhole).aapply(lambda model: model)),
    (KeyNotFound, "$", lambda: at(ErringWhole).aretry_failed()),
    (KeyNotFound, '$["number"]', lambda: at(ErringWhole).number.aincrease()),
    (KeyNotFound, '$["part"]["number"]', lambda: at(ErringWhole).part.number.aset(1)),
    (KeyNotFound, '$["words"]', lambda: at(ErringWhole).words.aappend("x")),
    (KeyNotFound, '$["sizes"]', lambda: at(ErringWhole).sizes.alength()),
    (DocumentExistsError, "$", lambda: ErringWhole(code="a").asave(only_new=True)),
    (ListIndexError, '$["words"]', lambda: at(ErringWhole, "a").words.apop()),
    (ItemNotFoundError, '$["words"]', lambda: at(ErringWhole, "a").words.aremove("x")),
    (DictKeyError, '$["sizes"]', lambda: at(ErringWhole, "a").sizes.apop("x")),
    (NumberRangeError, '$["number"]', lambda: at(ErringWhole, "a").number.aincrease(2**63 - 1)),
    (InvalidValueError, '$["number"]', lambda: at(ErringWhole, "a").number.aset("x")),
    (PathError, '$["part"]["number"]', lambda: at(ErringWhole, "b").part.number.aincrease()),
    (UnsupportedArgumentValueError, "$", lambda: at(ErringWhole, "a").aset_ttl(-1)),
]


@pytest.fixture
async def documents(rapyer: ModuleType) -> None:
    await ErringWhole(code="a", number=1).asave()
    await ErringWhole(code="b").asave()
    await ask(ErringWhole, "JSON.SET", "ErringWhole:b", "$.part", '"text"')


@pytest.mark.parametrize(("kind", "path", "call"), CASES)
async def test_one_call(
    documents: None, kind: type[RapyerError], path: str, call: Callable[[], Any]
) -> None:
    with pytest.raises(kind) as caught:
        await call()
    error: RapyerError = caught.value
    assert (
        error.key in ("ErringWhole:none", "ErringWhole:a", "ErringWhole:b")
        and error.model == "ErringWhole"
    )
    assert error.path == path or (error.path is None and path == "$")
    assert error.expected is not None and error.actual is not None
    assert str(error.key) in str(error)


async def test_a_class_of_another_prefix(rapyer: ModuleType) -> None:
    with pytest.raises(KeyNotFound) as caught:
        await at(ErringPrefixed).number.aincrease()
    assert (caught.value.key, caught.value.model) == ("other:prefix:none", "ErringPrefixed")


async def test_in_a_pipeline(documents: None) -> None:
    with pytest.raises(KeyNotFound) as caught:
        async with apipeline():
            await at(ErringWhole, "a").number.aincrease()
            await at(ErringPrefixed).number.aincrease()
    assert (caught.value.key, caught.value.model) == ("other:prefix:none", "ErringPrefixed")
    with pytest.raises(PipelineError) as refused:
        async with apipeline():
            await at(ErringWhole, "a").words.apop()
    assert (refused.value.key, refused.value.model) == ("ErringWhole:a", "ErringWhole")
    assert refused.value.path == '$["words"]' and refused.value.expected is not None


async def test_a_revision(rapyer: ModuleType) -> None:
    old, new = await ErringCounted(code="a").asave(), await ErringCounted.aget("a")
    new.name = "new"
    await new.asave()
    old.name = "old"
    with pytest.raises(StaleModelError) as caught:
        await old.asave()
    assert (caught.value.key, caught.value.model) == ("ErringCounted:a", "ErringCounted")


async def test_a_conflict(documents: None, redis_url: str) -> None:
    # Of the other package, so that the function, which cannot wait, can change the document.
    other = open_driver(redis_url)
    seen: list[int] = []

    def collide(value: int) -> int:
        seen.append(value)
        other.execute(Command(("JSON.SET", "ErringWhole:a", "$.number", 10 + len(seen))))
        return value

    ErringWhole.Meta.max_retries = 2
    try:
        with pytest.raises(ConflictError) as caught:
            await at(ErringWhole, "a").number.aapply(collide)
    finally:
        ErringWhole.Meta.unset("max_retries")
        other.close()
    assert (caught.value.key, caught.value.model) == ("ErringWhole:a", "ErringWhole")
    assert caught.value.path == '$["number"]' and len(seen) == 2


@pytest.mark.parametrize("kind", [OutcomeUnknownError, LimitExceededError])
async def test_what_the_driver_raises(
    documents: None, monkeypatch: pytest.MonkeyPatch, kind: type[RapyerError]
) -> None:
    """A driver knows nothing of documents."""

    async def fail(command: Any) -> Any:
        raise kind("what the network did")

    monkeypatch.setattr(driver_of(ErringWhole), "execute", fail)
    calls: list[tuple[Any, str]] = [
        (lambda: at(ErringWhole, "a").number.aincrease(), '$["number"]'),
        (lambda: at(ErringWhole, "a").aload(), "$"),
        (lambda: at(ErringWhole, "a").words.aapply(sorted), '$["words"]'),
        (lambda: ErringWhole(code="a").asave(), "$"),
    ]
    for call, path in calls:
        with pytest.raises(kind) as caught:
            await call()
        error: RapyerError = caught.value
        assert (error.key, error.path, error.model) == ("ErringWhole:a", path, "ErringWhole")
    monkeypatch.undo()
