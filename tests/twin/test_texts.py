"""Strings, bytes and bools on the server."""

from __future__ import annotations

from types import ModuleType
from typing import Annotated, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import Field

from rapyer_async import AtomicRedisModel
from rapyer_core.errors import (
    InvalidValueError,
    KeyNotFound,
    NumberRangeError,
    PathError,
)

from .asking import ask, stored

law = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

# Surrogates are no text: neither UTF-8 nor JSON can carry them.
anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


class Texts(AtomicRedisModel):
    name: str = ""
    short: Annotated[str, Field(max_length=5)] = ""
    data: bytes = b""
    flag: bool = False


@law
@given(start=anything, suffix=anything, times=st.integers(-2, 4))
@example(start='a"b', suffix="\\", times=2)
@example(start="\x00", suffix="\x00\x1f\x7f", times=3)
@example(start="é", suffix="\u2028🎉", times=2)
@example(start="[]", suffix="", times=1)
async def test_append_and_repeat_are_pythons(
    rapyer: ModuleType, start: str, suffix: str, times: int
) -> None:
    model = await Texts(name=start).asave()
    assert await model.name.aappend(suffix) == start + suffix == model.name
    expected = (start + suffix) * times
    assert await model.name.amul(times) == expected == model.name
    assert (await Texts.aget(model.key)).name == expected
    assert (await stored(model))["name"] == expected
    await ask(Texts, "DEL", model.key)


async def test_two_clients_append(rapyer: ModuleType) -> None:
    model = await Texts(name="a").asave()
    await Texts.at(model.key).name.aappend("b")
    assert await model.name.aappend("c") == "abc" == model.name


@pytest.mark.parametrize("suffix", [1, None, b"x", ["x"]])
async def test_only_text_is_appended(rapyer: ModuleType, suffix: Any) -> None:
    model = await Texts(name="a").asave()
    with pytest.raises(InvalidValueError):
        await model.name.aappend(suffix)
    assert model.name == "a" == (await stored(model))["name"]


@pytest.mark.parametrize("times", ["2", 1.0, None, True])
async def test_only_an_integer_repeats(rapyer: ModuleType, times: Any) -> None:
    model = await Texts(name="a").asave()
    with pytest.raises(InvalidValueError):
        await model.name.amul(times)
    assert model.name == "a" == (await stored(model))["name"]


async def test_a_constraint_holds_against_the_servers_value(rapyer: ModuleType) -> None:
    model = await Texts(short="abc").asave()
    assert await model.short.aappend("d") == "abcd"
    await Texts.at(model.key).short.aappend("e")
    with pytest.raises(InvalidValueError):
        await model.short.aappend("f")
    assert model.short == "abcd" and (await stored(model))["short"] == "abcde"


async def test_a_text_too_large_for_the_server(rapyer: ModuleType) -> None:
    model = await Texts(name="abcd").asave()
    with pytest.raises(NumberRangeError, match="bytes"):
        await model.name.amul(2**28)
    assert model.name == "abcd" == (await stored(model))["name"]


async def test_another_type_there_is_an_error(rapyer: ModuleType) -> None:
    model = await Texts(name="a").asave()
    await ask(Texts, "JSON.SET", model.key, '$["name"]', "5")
    for call in (model.name.aappend, Texts.at(model.key).name.aappend):
        with pytest.raises(PathError) as caught:
            await call("b")
        assert (caught.value.expected, caught.value.actual) == ("string", "integer")
    with pytest.raises(PathError):
        await model.name.amul(2)
    assert model.name == "a"


async def test_never_saved_is_an_error(rapyer: ModuleType) -> None:
    model = Texts(name="a")
    with pytest.raises(KeyNotFound, match="never saved"):
        await model.name.aappend("b")
    with pytest.raises(KeyNotFound, match="never saved"):
        await model.flag.aset(True)  # type: ignore[attr-defined]
    assert model.name == "a"


@law
@given(data=st.binary(max_size=40))
@example(data=bytes(range(256)))
async def test_any_bytes_are_kept(rapyer: ModuleType, data: bytes) -> None:
    model = await Texts(data=data).asave()
    assert (await Texts.aget(model.key)).data == data
    turned = data[::-1]
    assert await model.data.aset(turned) == turned == model.data  # type: ignore[attr-defined]
    assert await model.data.aload() == turned  # type: ignore[attr-defined]
    await ask(Texts, "DEL", model.key)


async def test_a_bool_is_a_bool(rapyer: ModuleType) -> None:
    model = await Texts(flag=True).asave()
    assert isinstance(model.flag, bool) and repr(model.flag) == "True" == f"{model.flag}"
    assert await model.flag.aset(False) == False  # type: ignore[attr-defined]  # noqa: E712
    assert not model.flag and (await stored(model))["flag"] is False
    await Texts.at(model.key).flag.aset("yes")  # type: ignore[attr-defined]
    assert await model.flag.aload()  # type: ignore[attr-defined]
    assert model.model_dump()["flag"] is True


async def test_apply_is_atomic(rapyer: ModuleType) -> None:
    model = await Texts(name="a").asave()
    seen: list[str] = []

    def change(value: str) -> str:
        seen.append(value)
        return value.upper() + "!"

    await Texts.at(model.key).name.aappend("b")
    assert await model.name.aapply(change) == "AB!" == model.name
    assert seen == ["ab"]
    with pytest.raises(InvalidValueError):
        await model.name.aapply(lambda value: 5)
    assert (await stored(model))["name"] == "AB!"


@pytest.mark.parametrize("value", ["x" * 100_000, "\x00", "\ud7ff\ue000", "</script>", "\\u0041"])
async def test_set_and_load(rapyer: ModuleType, value: str) -> None:
    model = await Texts().asave()
    assert await model.name.aset(value) == value
    assert await Texts.at(model.key).name.aload() == value
    assert (await stored(model))["name"] == value
