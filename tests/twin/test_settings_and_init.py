"""Clients and settings: found when used, inherited, and errors that say which thing is missing."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from types import ModuleType
from typing import Any
from uuid import uuid4

import pytest

from rapyer_async import AtomicRedisModel, Key, RedisConfig, init_rapyer, teardown_rapyer
from rapyer_async._seam import sleep
from rapyer_core.errors import (
    AuthenticationFailedError,
    ConnectionFailedError,
    KeyNotFound,
    NotInitializedError,
    PathError,
    ServerLacksFeatureError,
    UnsupportedArgumentValueError,
)
from tests.bare_server import bare_server
from tools.redis_server import running_server

from .asking import ask, lifetime, stored


class Plain(AtomicRedisModel):
    code: Key[str] = "x"
    count: int = 0
    tags: list[str] = []
    data: dict[str, int] = {}


class Mortal(AtomicRedisModel):
    Meta = RedisConfig(ttl=1000)
    code: Key[str] = "x"
    count: int = 0
    tags: list[str] = []
    data: dict[str, int] = {}


class Fading(Mortal):
    Meta = RedisConfig(refresh_ttl=False)


@pytest.fixture
async def nothing() -> AsyncIterator[None]:
    """A package that was not initialised."""
    await teardown_rapyer()
    yield
    await teardown_rapyer()


def memory() -> str:
    return f"memory://{uuid4().hex}"


async def test_use_before_init(nothing: None) -> None:
    for call in (Plain().asave, lambda: Plain.aget("x"), Plain.afind, Plain.afind_keys):
        with pytest.raises(NotInitializedError, match="init_rapyer") as caught:
            await call()
        assert caught.value.model == "Plain"
    with pytest.raises(NotInitializedError):
        await Plain.at("x").count.aincrease()


async def test_init_takes_one_server(nothing: None) -> None:
    with pytest.raises(UnsupportedArgumentValueError):
        await init_rapyer()
    with pytest.raises(UnsupportedArgumentValueError):
        await init_rapyer(memory(), redis_url=memory())
    await init_rapyer(redis_url=memory())
    await Plain().asave()


async def test_models_defined_later_use_the_default(nothing: None) -> None:
    await init_rapyer(memory())

    class DefinedLater(AtomicRedisModel):
        name: str = ""

    later = await DefinedLater(name="a").asave()
    assert await DefinedLater.aget(later.key) == later


async def test_teardown_and_init_again(nothing: None) -> None:
    first, second = memory(), memory()
    await init_rapyer(first)
    await Plain(code="a").asave()
    await init_rapyer(second)
    assert not await Plain.aexists("a")
    await init_rapyer(first)
    assert await Plain.aexists("a")
    await teardown_rapyer()
    await teardown_rapyer()
    with pytest.raises(NotInitializedError):
        await Plain.aexists("a")


async def test_a_model_can_be_bound_elsewhere(nothing: None) -> None:
    await init_rapyer(memory())
    model = await Plain(code="a").asave()
    elsewhere = memory()
    try:
        Plain.Meta.redis = elsewhere
        assert not await Plain.aexists("a") and await Mortal.afind() == []
        with pytest.raises(KeyNotFound):
            await model.count.aincrease()
        await Plain(code="b").asave()
        Plain.Meta.unset("redis")
        assert await Plain.aexists("a") and not await Plain.aexists("b")
        Plain.Meta.redis = elsewhere
        assert await Plain.aexists("b")
    finally:
        Plain.Meta.unset("redis")


async def test_settings_are_inherited_and_overridden(nothing: None) -> None:
    class Base(AtomicRedisModel):
        Meta = RedisConfig(ttl=50, key_prefix="base-of-all")

    class Middle(Base):
        pass

    class Leaf(Middle):
        Meta = RedisConfig(refresh_ttl=False)

    class Other(AtomicRedisModel):
        class Meta:
            ttl = 7

    assert (Leaf.Meta.ttl, Leaf.Meta.refresh_ttl) == (50, False)
    assert (Middle.Meta.ttl, Middle.Meta.refresh_ttl) == (50, True)
    assert Middle.class_key_initials() == "Middle" and Base.class_key_initials() == "base-of-all"
    assert Other.Meta.ttl == 7  # type: ignore[comparison-overlap]
    Base.Meta.ttl = 60
    assert Leaf.Meta.ttl == 60
    Leaf.Meta = RedisConfig(ttl=5)
    assert (Leaf.Meta.ttl, Middle.Meta.ttl) == (5, 60)
    Leaf.Meta = RedisConfig()
    assert Leaf.Meta.ttl == 60
    base = memory()
    Base.Meta.redis = base
    await Middle().asave()
    assert len(await Middle.afind()) == 1
    with pytest.raises(NotInitializedError):
        await Other().asave()


async def test_wrong_settings() -> None:
    with pytest.raises(TypeError, match="no setting 'tll'"):
        RedisConfig(tll=5)
    for value in (0, -1, 1.5, "5", True):
        with pytest.raises(ValueError, match="positive integer"):
            RedisConfig(ttl=value)
    with pytest.raises(AttributeError):
        _ = RedisConfig().nothing


async def test_ttl_of_init_is_the_default(nothing: None) -> None:
    await init_rapyer(memory(), ttl=77)
    plain, mortal = await Plain().asave(), await Mortal().asave()
    assert await lifetime(plain) == 77 and await lifetime(mortal) == 1000


async def test_no_write_touches_a_lifetime_that_is_not_ours(rapyer: ModuleType) -> None:
    model = await Plain().asave()
    assert await lifetime(model) == -1
    await ask(Plain, "EXPIRE", model.key, 500)
    await every_operation(model)
    await Plain.ainsert(model)
    await model.asave(force=True)
    assert 490 < await lifetime(model) <= 500


async def every_operation(model: Any) -> None:
    """Read and write a document in every way there is."""
    model.count = 5
    await model.asave()
    await model.aload()
    await type(model).aget(model.key)
    await type(model).afind(model.key)
    await type(model).afind()
    await type(model).aexists(model.key)
    await type(model).aget_or_create(model)
    await model.aupdate(count=6)
    await model.count.aincrease()
    await model.count.aset(5)
    await model.count.aload()
    await model.count.aapply(lambda value: value + 1)
    await model.tags.aextend(["a", "b", "c"])
    await model.tags.apop()
    await model.tags.alength()
    await model.tags.aclear()
    await model.data.aupdate({"a": 1, "\\": 2})
    await model.data["\\"].aincrease()
    await model.data.apop("a")
    await model.data.aclear()


async def test_a_lifetime_is_set_with_the_first_save(rapyer: ModuleType) -> None:
    for model in (
        await Mortal(code="a").asave(),
        (await Mortal.ainsert(Mortal(code="b")))[0],
        (await Mortal.aget_or_create(Mortal(code="c"))).value,
        await Fading(code="a").asave(),
        (await Fading.aget_or_create(Fading(code="b"))).value,
    ):
        assert 990 < await lifetime(model) <= 1000


OPERATIONS: dict[str, Any] = {
    "save": lambda model: model.asave(),
    "load": lambda model: model.aload(),
    "get": lambda model: type(model).aget(model.key),
    "find": lambda model: type(model).afind(model.key),
    "find_all": lambda model: type(model).afind(),
    "get_or_create": lambda model: type(model).aget_or_create(model),
    "update": lambda model: model.aupdate(count=6),
    "increase": lambda model: model.count.aincrease(),
    "set": lambda model: model.count.aset(5),
    "load_field": lambda model: model.count.aload(),
    "apply": lambda model: model.count.aapply(lambda value: value + 1),
    "append": lambda model: model.tags.aappend("x"),
    "length": lambda model: model.tags.alength(),
    "awkward_member": lambda model: model.data["\\"].aincrease(),
}


@pytest.mark.parametrize("name", OPERATIONS)
async def test_operations_start_a_lifetime_anew(rapyer: ModuleType, name: str) -> None:
    model = await Mortal(data={"\\": 1}).asave()
    await ask(Mortal, "EXPIRE", model.key, 500)
    await OPERATIONS[name](model)
    assert 990 < await lifetime(model) <= 1000


@pytest.mark.parametrize("name", OPERATIONS)
async def test_operations_leave_a_lifetime_alone(rapyer: ModuleType, name: str) -> None:
    model = await Fading(data={"\\": 1}).asave()
    await ask(Fading, "EXPIRE", model.key, 500)
    await OPERATIONS[name](model)
    assert 490 < await lifetime(model) <= 500


async def test_a_failing_operation_leaves_a_lifetime_alone(rapyer: ModuleType) -> None:
    model = await Mortal().asave()
    await ask(Mortal, "EXPIRE", model.key, 500)
    await ask(Mortal, "JSON.SET", model.key, '$["count"]', '"no"')
    for call in (model.count.aincrease, model.tags.apop, lambda: model.tags.aremove("x")):
        with pytest.raises(PathError):
            await call()
        assert 490 < await lifetime(model) <= 500


async def test_documents_expire(rapyer: ModuleType) -> None:
    model = await Mortal().asave()
    await ask(Mortal, "PEXPIRE", model.key, 1)
    await sleep(0.05)
    assert await stored(model) is None
    with pytest.raises(KeyNotFound):
        await Mortal.aget(model.key)
    with pytest.raises(KeyNotFound):
        await model.asave()


async def test_an_unreachable_server(nothing: None) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(ConnectionFailedError, match=str(port)):
            await init_rapyer(f"redis://127.0.0.1:{port}")
    with pytest.raises(NotInitializedError):
        await Plain().asave()


async def test_a_wrong_password(nothing: None) -> None:
    with running_server(password="right") as server:
        for url in (server.url.replace(":right@", ""), server.url.replace("right", "wr0ng")):
            with pytest.raises(AuthenticationFailedError) as caught:
                await init_rapyer(url)
            assert "wr0ng" not in str(caught.value)
        await init_rapyer(server.url)
        await Plain().asave()
        await teardown_rapyer()


async def test_a_server_without_json(nothing: None) -> None:
    with bare_server() as url:
        with pytest.raises(ServerLacksFeatureError, match="RedisJSON"):
            await init_rapyer(url)
        Plain.Meta.redis = url
        try:
            for call in (Plain().asave, lambda: Plain.aget("x"), lambda: Plain.afind("x")):
                with pytest.raises(ServerLacksFeatureError, match="RedisJSON"):
                    await call()
        finally:
            await teardown_rapyer()
            Plain.Meta.unset("redis")
