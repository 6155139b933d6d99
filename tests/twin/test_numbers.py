"""Numbers on the server: Python's results or an error, never a rounded integer."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from types import ModuleType
from typing import Annotated, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import Field, field_validator

from rapyer_async import AtomicRedisModel
from rapyer_core.errors import (
    InvalidValueError,
    KeyNotFound,
    NumberRangeError,
    PathError,
)

from .asking import ask, stored

law = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
    "%": operator.mod,
    "/": operator.truediv,
    "**": operator.pow,
}


class Numbers(AtomicRedisModel):
    count: int = 0
    level: float = 0.0
    small: Annotated[int, Field(ge=-10, lt=10)] = 0
    part: Annotated[float, Field(gt=0, le=1)] = 0.5
    even: int = 0
    maybe: int | None = None
    either: int | str = 0

    @field_validator("even")
    @classmethod
    def must_be_even(cls, value: int) -> int:
        if value % 2:
            raise ValueError("must be even")
        return value


async def change(value: Any, sign: str, operand: Any) -> Any:
    if sign == "+":
        return await value.aincrease(operand)
    if sign == "-":
        return await value.adecrease(operand)
    if sign == "*":
        return await value.amul(operand)
    if sign == "//":
        return await value.afloordiv(operand)
    if sign == "%":
        return await value.amod(operand)
    if sign == "/":
        return await value.adiv(operand)
    return await value.apow(operand)


def integers() -> st.SearchStrategy[int]:
    edges = [0, 1, -1, 2**53, 2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63), 10**15, 10**14 - 1]
    return st.one_of(st.integers(-20, 20), st.sampled_from(edges), st.integers(-(2**63), 2**63 - 1))


def expected_integer(sign: str, old: int, operand: int) -> int | None:
    """Return Python's result, None for one that is no integer of 64 bits."""
    if sign == "/" and old % operand:
        return None
    if sign == "**" and operand > 64 and abs(old) > 1:
        return None
    result: int = SIGNS["//" if sign == "/" else sign](old, operand)
    return result if -(2**63) <= result < 2**63 else None


@law
@given(old=integers(), operand=integers(), sign=st.sampled_from(sorted(SIGNS)))
@example(old=-(2**63), operand=-1, sign="//")
@example(old=-(2**63), operand=-1, sign="/")
@example(old=-7, operand=2, sign="//")
@example(old=-7, operand=2, sign="%")
@example(old=7, operand=-2, sign="%")
@example(old=2**53, operand=1, sign="+")
@example(old=2**63 - 1, operand=1, sign="+")
@example(old=-2, operand=63, sign="**")
@example(old=2, operand=63, sign="**")
@example(old=10, operand=18, sign="**")
@example(old=0, operand=0, sign="**")
@example(old=-1, operand=2**63 - 1, sign="**")
async def test_integers_are_pythons(rapyer: ModuleType, old: int, operand: int, sign: str) -> None:
    model = await Numbers(count=old).asave()
    if sign in ("/", "//", "%") and operand == 0:
        with pytest.raises(ZeroDivisionError):
            await change(model.count, sign, operand)
        expected: int | None = old
    elif sign == "**" and operand < 0:
        with pytest.raises(InvalidValueError):
            await change(model.count, sign, operand)
        expected = old
    else:
        expected = expected_integer(sign, old, operand)
        if expected is None:
            with pytest.raises(NumberRangeError) as caught:
                await change(model.count, sign, operand)
            assert (caught.value.key, caught.value.path) == (model.key, '$["count"]')
            expected = old
        else:
            result = await change(model.count, sign, operand)
            assert type(result).__name__ == "RedisInt" and int(result) == expected
    assert model.count == expected
    document = await stored(model)
    assert document["count"] == expected and type(document["count"]) is int
    await ask(Numbers, "DEL", model.key)


def same_float(one: float, other: float) -> bool:
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    return one == other and math.copysign(1, one) == math.copysign(1, other)


def floats() -> st.SearchStrategy[float]:
    edges = [0.0, -0.0, math.inf, -math.inf, math.nan, 0.1, 1e22, 1e-310, 2.0**53, 1.7e308, -0.5]
    return st.one_of(st.sampled_from(edges), st.floats(), st.integers(-9, 9).map(float))


def expected_float(sign: str, old: float, operand: float) -> float | None:
    """Return Python's result, None for one that is no float."""
    try:
        result = SIGNS[sign](old, operand)
    except (OverflowError, ZeroDivisionError):
        return None
    return result if isinstance(result, float) else None


@law
@given(old=floats(), operand=floats(), sign=st.sampled_from(sorted(SIGNS)))
@example(old=-0.0, operand=1.0, sign="//")
@example(old=0.0, operand=-1.0, sign="%")
@example(old=0.0, operand=1.0, sign="%")
@example(old=-0.0, operand=0.0, sign="+")
@example(old=-0.0, operand=-0.0, sign="+")
@example(old=0.0, operand=-1.0, sign="*")
@example(old=-5.5, operand=2.0, sign="%")
@example(old=-5.5, operand=2.0, sign="//")
@example(old=5.5, operand=math.inf, sign="//")
@example(old=-5.5, operand=math.inf, sign="%")
@example(old=math.inf, operand=2.0, sign="//")
@example(old=2.0, operand=-0.5, sign="**")
@example(old=-8.0, operand=0.5, sign="**")
@example(old=0.0, operand=-1.0, sign="**")
@example(old=10.0, operand=400.0, sign="**")
@example(old=math.nan, operand=0.0, sign="**")
@example(old=1.0, operand=math.nan, sign="**")
@example(old=1e308, operand=10.0, sign="*")
@example(old=0.1, operand=0.2, sign="+")
@example(old=1e22, operand=1.0, sign="+")
@example(old=5e-324, operand=3.0, sign="/")
async def test_floats_are_pythons(
    rapyer: ModuleType, old: float, operand: float, sign: str
) -> None:
    model = await Numbers(level=old).asave()
    before = float(await model.level.aload())
    assert same_float(before, old)
    expected = expected_float(sign, before, operand)
    if expected is None:
        with pytest.raises((NumberRangeError, ZeroDivisionError)):
            await change(model.level, sign, operand)
        expected = before
    else:
        result = await change(model.level, sign, operand)
        assert type(result).__name__ == "RedisFloat" and same_float(result, model.level)
    assert same_float(model.level, expected)
    again = await Numbers.aget(model.key)
    assert same_float(again.level, model.level)
    await ask(Numbers, "DEL", model.key)


@pytest.mark.parametrize("operand", [1.5, 1.0, True, "1", None])
async def test_an_int_field_takes_no_other_operand(rapyer: ModuleType, operand: Any) -> None:
    model = await Numbers(count=7).asave()
    for sign in SIGNS:
        with pytest.raises(InvalidValueError):
            await change(model.count, sign, operand)
    assert model.count == 7 and (await stored(model))["count"] == 7


@pytest.mark.parametrize("operand", [True, "1", None, 1j])
async def test_a_float_field_takes_numbers_only(rapyer: ModuleType, operand: Any) -> None:
    model = await Numbers(level=7).asave()
    for sign in SIGNS:
        with pytest.raises(InvalidValueError):
            await change(model.level, sign, operand)
    assert model.level == 7 and (await stored(model))["level"] == 7


async def test_an_int_operand_leaves_a_float_a_float(rapyer: ModuleType) -> None:
    model = await Numbers(level=1.5).asave()
    assert await model.level.aincrease(1) == 2.5
    assert type((await stored(model))["level"]) is float


async def test_defaults_are_one(rapyer: ModuleType) -> None:
    model = await Numbers().asave()
    assert await model.count.aincrease() == 1
    assert await model.count.adecrease() == 0
    assert await model.count.adecrease() == -1


@pytest.mark.parametrize(
    ("start", "sign", "operand", "allowed"),
    [(8, "+", 1, True), (9, "+", 1, False), (-9, "-", 1, True), (-10, "-", 1, False)],
)
async def test_the_bounds_of_an_int_hold_on_the_server(
    rapyer: ModuleType, start: int, sign: str, operand: int, allowed: bool
) -> None:
    model = await Numbers(small=start).asave()
    if allowed:
        assert await change(model.small, sign, operand) == SIGNS[sign](start, operand)
    else:
        with pytest.raises(NumberRangeError):
            await change(model.small, sign, operand)
    expected = SIGNS[sign](start, operand) if allowed else start
    assert model.small == expected == (await stored(model))["small"]


@pytest.mark.parametrize(
    ("factor", "allowed"), [(2.0, True), (2.0000001, False), (0.0, False), (1e-300, True)]
)
async def test_the_bounds_of_a_float_hold_on_the_server(
    rapyer: ModuleType, factor: float, allowed: bool
) -> None:
    model = await Numbers(part=0.5).asave()
    if allowed:
        assert await model.part.amul(factor) == 0.5 * factor
    else:
        with pytest.raises(NumberRangeError):
            await model.part.amul(factor)
    assert model.part == (0.5 * factor if allowed else 0.5) == (await stored(model))["part"]


async def test_bounds_hold_against_the_servers_value(rapyer: ModuleType) -> None:
    model = await Numbers(small=0).asave()
    await Numbers.at(model.key).small.aset(9)
    with pytest.raises(NumberRangeError):
        await model.small.aincrease(1)
    assert model.small == 0 and (await stored(model))["small"] == 9


async def test_a_validators_word_is_final(rapyer: ModuleType) -> None:
    model = await Numbers(even=2).asave()
    assert await model.even.aincrease(2) == 4
    with pytest.raises(InvalidValueError, match="must be even"):
        await model.even.aincrease(1)
    with pytest.raises(InvalidValueError, match="must be even"):
        await model.even.aset(3)
    assert model.even == 4 == (await stored(model))["even"]


async def test_set_replaces_and_validates(rapyer: ModuleType) -> None:
    model = await Numbers(count=1).asave()
    assert await model.count.aset("12") == 12
    assert model.count == 12 and type(model.__dict__["count"]) is int
    with pytest.raises(InvalidValueError) as caught:
        await model.count.aset("twelve")
    assert caught.value.path == '$["count"]' and caught.value.actual == "twelve"
    assert model.count == 12 == (await stored(model))["count"]


async def test_an_optional_number(rapyer: ModuleType) -> None:
    model = await Numbers(maybe=2).asave()
    assert model.maybe is not None
    assert await model.maybe.aincrease(3) == 5  # type: ignore[attr-defined]
    assert await model.maybe.aset(None) is None  # type: ignore[attr-defined]
    assert model.maybe is None and (await stored(model))["maybe"] is None
    with pytest.raises(PathError) as caught:
        await Numbers.at(model.key).maybe.aincrease(1)  # type: ignore[union-attr]
    assert (caught.value.expected, caught.value.actual) == ("integer", "null")


async def test_a_union_of_number_and_text(rapyer: ModuleType) -> None:
    model = await Numbers(either=2).asave()
    assert await model.either.aincrease(3) == 5  # type: ignore[union-attr]
    assert await model.either.aset("five") == "five"  # type: ignore[union-attr]
    assert await model.either.aappend("!") == "five!"  # type: ignore[union-attr]
    assert (await stored(model))["either"] == "five!" == model.either


async def test_never_saved_is_an_error(rapyer: ModuleType) -> None:
    model = Numbers()
    with pytest.raises(KeyNotFound, match="never saved"):
        await model.count.aincrease(1)
    assert model.count == 0


async def test_a_document_that_vanished_is_an_error(rapyer: ModuleType) -> None:
    model = await Numbers(count=3).asave()
    await ask(Numbers, "DEL", model.key)
    for sign in SIGNS:
        with pytest.raises(KeyNotFound):
            await change(model.count, sign, 2)
        with pytest.raises(KeyNotFound):
            await change(model.level, sign, 2)
    with pytest.raises(KeyNotFound):
        await model.count.aset(1)
    with pytest.raises(KeyNotFound):
        await model.count.aload()
    assert model.count == 3 and await stored(model) is None


async def test_another_type_there_is_an_error(rapyer: ModuleType) -> None:
    model = await Numbers(count=3).asave()
    await ask(Numbers, "JSON.SET", model.key, '$["count"]', '"three"')
    for sign in SIGNS:
        with pytest.raises(PathError) as caught:
            await change(model.count, sign, 2)
        assert (caught.value.expected, caught.value.actual) == ("integer", "string")
    await ask(Numbers, "JSON.SET", model.key, '$["count"]', "3.5")
    with pytest.raises(PathError):
        await model.count.aincrease(1)
    await ask(Numbers, "JSON.DEL", model.key, '$["count"]')
    with pytest.raises(PathError, match="found nothing"):
        await model.count.aincrease(1)
    assert model.count == 3


async def test_load_brings_the_servers_value(rapyer: ModuleType) -> None:
    model = await Numbers(count=3).asave()
    await Numbers.at(model.key).count.aincrease(2**53)
    assert model.count == 3
    assert await model.count.aload() == 2**53 + 3 == model.count


class Ratios(AtomicRedisModel):
    ratio: float = 0  # an int, since pydantic does not validate defaults


async def test_a_float_field_whose_default_is_an_int_is_a_float(rapyer: ModuleType) -> None:
    model = await Ratios().asave()
    assert isinstance(model.ratio, float)
    assert await model.ratio.aincrease(0.5) == 0.5  # type: ignore[attr-defined]
    assert (await Ratios.aget(model.key)).ratio == 0.5
