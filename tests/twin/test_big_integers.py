"""Integers beyond 64 bits: refused where a field does not ask for them, exact where it does."""

from __future__ import annotations

import operator
from types import ModuleType
from typing import Annotated, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import Field as Bounds
from pydantic import ValidationError

from rapyer_async import AtomicRedisModel, Big, BigInt, Field
from rapyer_core.errors import InvalidValueError, NumberRangeError, PipelineError

from .asking import ask, stored

law = settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


class BigLedger(AtomicRedisModel):
    total: BigInt = Field(0)
    least: Annotated[int, Big(), Bounds(ge=0)] = 0
    maybe: BigInt | None = Field(None)
    items: list[Annotated[int, Big()]] = []
    named: dict[str, Annotated[int, Big()]] = {}
    keyed: dict[Annotated[int, Big()], int] = {}
    either: Annotated[int, Big()] | str = 0
    small: int = 0


SIGNS: dict[str, Any] = {
    "aincrease": operator.add,
    "adecrease": operator.sub,
    "amul": operator.mul,
    "afloordiv": operator.floordiv,
    "amod": operator.mod,
}


async def change(value: Any, name: str, operand: int) -> Any:
    if name == "aincrease":
        return await value.aincrease(operand)
    if name == "adecrease":
        return await value.adecrease(operand)
    if name == "amul":
        return await value.amul(operand)
    if name == "afloordiv":
        return await value.afloordiv(operand)
    return await value.amod(operand)


@law
@given(old=st.integers(), operand=st.integers(), name=st.sampled_from(sorted(SIGNS)))
async def test_arithmetic_is_pythons(rapyer: ModuleType, old: int, operand: int, name: str) -> None:
    old, operand = old * 10**25, operand * 10**12 or 1
    model = await BigLedger(total=old, items=[old]).asave()
    expected = SIGNS[name](old, operand)
    for value in (model.total, BigLedger.at(model.key).items[0]):
        result = await change(value, name, operand)
        assert result == expected and type(result).__name__ == "RedisInt"
    again = await BigLedger.aget(model.key)
    assert again.total == expected and again.items == [expected]
    assert (await stored(model))["total"] == str(expected)
    await ask(BigLedger, "DEL", model.key)


async def test_every_place(rapyer: ModuleType) -> None:
    big = 2**200
    model = BigLedger(
        total=big, maybe=-big, items=[big], named={"a": big}, keyed={big: 1}, either=big
    )
    await model.asave()
    again = await BigLedger.aget(model.key)
    assert again == model and type(again.either) is not str
    await again.items.aappend(big + 1)
    await again.named.aset_item("b", big)
    await again.keyed.aset_item(-big, 2)
    assert again.maybe is not None
    await again.maybe.aincrease(1)
    async with again.apipeline():
        again.items[0] = big + 1
        with pytest.raises(PipelineError):
            again.items[1] += 1
    loaded = await BigLedger.aget(model.key)
    assert loaded.items == [big + 1, big + 1] and loaded.named == {"a": big, "b": big}
    assert loaded.keyed == {big: 1, -big: 2} and loaded.maybe == 1 - big
    await again.aupdate(either=str(big))
    assert type((await BigLedger.aget(model.key)).either) is not int


async def test_a_division_that_leaves_a_rest(rapyer: ModuleType) -> None:
    big = 3 * 10**40
    model = await BigLedger(total=big).asave()
    assert await model.total.adiv(3) == 10**40
    with pytest.raises(NumberRangeError):
        await model.total.adiv(7)
    with pytest.raises(ZeroDivisionError):
        await model.total.amod(0)
    assert await model.total.apow(3) == 10**120
    assert (await BigLedger.aget(model.key)).total == 10**120


async def test_bounds_hold(rapyer: ModuleType) -> None:
    model = await BigLedger(least=10**30).asave()
    with pytest.raises(InvalidValueError):
        await model.least.adecrease(10**31)
    with pytest.raises(InvalidValueError):
        await model.total.aincrease(1.5)
    with pytest.raises(ValidationError):
        BigLedger(total="a")
    assert (await BigLedger.aget(model.key)).least == 10**30


async def test_other_fields_have_64_bits(rapyer: ModuleType) -> None:
    model = await BigLedger(small=2**63 - 1).asave()
    for refused in (lambda: model.small.aset(2**64), lambda: model.aupdate(small=-(2**63) - 1)):
        with pytest.raises(NumberRangeError):
            await refused()
    with pytest.raises(NumberRangeError):
        await model.small.aincrease(1)
    with pytest.raises(NumberRangeError):
        await BigLedger(small=2**70).asave()
    assert (await stored(model))["small"] == 2**63 - 1
    assert (await BigLedger.aget(model.key)).small == model.small
