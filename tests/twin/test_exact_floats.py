"""Floats come back as they were, from every place that they can be written to."""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from rapyer_async import AtomicRedisModel
from rapyer_core.errors import NumberRangeError, RapyerSerializationError

from .asking import ask, stored

law = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

# RedisJSON reads no text as these; see rapyer_core/floats.py.
HARD = [0.9377670675205441, 949.7030055703123, 0.0009230591741782611, -58.898721529831164]
FLOATS = st.one_of(
    st.sampled_from([*HARD, 1e16, 1e300, 5e-324, -0.0, 1e22, 0.1 + 0.2]),
    st.floats(),
    st.floats(0, 1),
)


class Measured(AtomicRedisModel):
    level: float = 0.0
    levels: list[float] = []
    rows: list[list[float]] = []
    named: dict[str, float] = {}
    anything: Any = None
    maybe: float | str | None = None


def same(one: Any, other: Any) -> bool:
    """Return whether values are equal, nan equal to nan, and 0.0 not to -0.0."""
    return repr(one) == repr(other)


@law
@given(one=FLOATS, other=FLOATS)
@example(one=HARD[0], other=HARD[1])
@example(one=HARD[2], other=HARD[0])
async def test_every_write_keeps_them(rapyer: ModuleType, one: float, other: float) -> None:
    model = Measured(level=one, levels=[one, other], rows=[[other]], named={"a": one})
    await model.asave()
    await model.aupdate(level=other, named={"b": other})
    await model.level.aset(one)
    await model.levels.aappend(other)
    await model.levels.aextend([one, 1.0, other])
    await model.levels.ainsert(1, one)
    await model.levels.aset_item(0, other)
    await model.rows.aappend([one, other])
    await model.rows[0].ainsert(0, one)
    await model.named.aset_item("c", one)
    await model.named.aupdate({"d": other, "it's": one, "e": 0.5})
    assert same(await model.named.asetdefault("f", other), other)
    await model.named["a" if "a" in model.named else "b"].aapply(lambda _: one)
    expected = {
        "level": one,
        "levels": [other, one, other, other, one, 1.0, other],
        "rows": [[one, other], [one, other]],
        "named": {"b": one, "c": one, "d": other, "it's": one, "e": 0.5, "f": other},
    }
    again = await Measured.aget(model.key)
    for name, value in expected.items():
        assert same(getattr(again, name), value), name
        assert same(getattr(model, name), value), name
    await model.aapply(lambda held: setattr(held, "level", other))
    assert same((await Measured.aget(model.key)).level, other)
    await ask(Measured, "DEL", model.key)


@law
@given(one=FLOATS, other=FLOATS)
@example(one=HARD[0], other=HARD[1])
async def test_pipelines_and_their_rollbacks_keep_them(
    rapyer: ModuleType, one: float, other: float
) -> None:
    model = await Measured(level=one, levels=[one], named={"a": other}).asave()
    async with model.apipeline():
        model.levels.append(other)
        model.named["b"] = one
        model.level = other
    assert same((await Measured.aget(model.key)).levels, [one, other])
    with pytest.raises(RuntimeError):
        async with model.apipeline():
            await model.level.aset(0.25)
            raise RuntimeError
    handle = Measured.at(model.key)
    with pytest.raises(NumberRangeError):
        async with model.apipeline():
            await handle.level.aset(one)
            await handle.levels.aappend(one)
            await handle.named.aset_item("a", 7.25)
            await handle.level.aset(0.0)
            await handle.level.apow(-1.0)
    again = await Measured.aget(model.key)
    assert same(again.level, other) and same(again.levels, [one, other])
    assert same(again.named, {"a": other, "b": one})
    await ask(Measured, "DEL", model.key)


@pytest.mark.parametrize("value", HARD)
async def test_they_stay_numbers_on_the_server(rapyer: ModuleType, value: float) -> None:
    model = await Measured(level=value, anything={"x": [value]}, maybe=value).asave()
    document = await stored(model)
    assert document["level"] == value and document["maybe"] == value
    again = await Measured.aget(model.key)
    assert again.anything == {"x": [value]} and type(again.maybe) is type(model.maybe)
    fresh = Measured(level=value)
    await Measured.aget_or_create(fresh)
    assert (await stored(fresh))["level"] == value


async def test_arithmetic_is_pythons_where_no_text_is_exact(rapyer: ModuleType) -> None:
    for value in HARD:
        model = await Measured(level=0.0).asave()
        assert await model.level.aincrease(value) == value
        assert (await stored(model))["level"] == value
        assert await model.level.aincrease(0.0) == value
        assert await model.level.amul(3.0) == value * 3.0
        assert (await Measured.aget(model.key)).level == value * 3.0


async def test_neighbours_of_names_without_a_path(rapyer: ModuleType) -> None:
    named = {"back\\slash": 0.1 + 0.2, " blank": 2 / 3, "plain": 0.9452706955539223}
    model = await Measured(named=named).asave()
    await model.named.aset_item("back\\slash", 1 / 3)
    await model.named[" blank"].aincrease(1 / 7)
    await model.named.adel_item("back\\slash")
    expected = {" blank": 2 / 3 + 1 / 7, "plain": 0.9452706955539223}
    assert (await Measured.aget(model.key)).named == expected


async def test_what_cannot_be_exact_is_refused(rapyer: ModuleType) -> None:
    with pytest.raises(RapyerSerializationError):
        await Measured(named={"back\\slash": HARD[0]}).asave()
    model = await Measured(named={"back\\slash": 1.0, "plain": 2.0}).asave()
    with pytest.raises(NumberRangeError):
        await model.named.aupdate({"plain": 3.0, "back\\slash": HARD[0]})
    with pytest.raises(NumberRangeError):
        await model.named["back\\slash"].aset(HARD[0])
    with pytest.raises(NumberRangeError):
        await model.named.asetdefault(" x", HARD[0])
    assert (await Measured.aget(model.key)).named == {"back\\slash": 1.0, "plain": 2.0}


async def test_a_list_of_long_floats_is_removed_from(rapyer: ModuleType) -> None:
    values = [1e300, HARD[0], 0.9452706955539223, math.inf]
    model = await Measured(levels=values).asave()
    for value in values:
        await model.levels.aremove(value)
    assert (await stored(model))["levels"] == []
