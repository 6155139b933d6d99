"""What an indexed field refuses, and that it has all operations of its type all the same."""

from __future__ import annotations

from types import ModuleType

import pytest

from rapyer_async import AtomicRedisModel, Field, Index
from rapyer_core.errors import InvalidValueError, NumberRangeError, RapyerError


class Held(AtomicRedisModel):
    text: Index[str] = Field("a")
    ratio: Index[float] = Field(1.5)
    count: Index[int] = Field(0)
    tags: Index[list[str]] = Field(default_factory=list)


async def test_operations(rapyer: ModuleType) -> None:
    held = await Held().asave()
    assert await held.text.aappend("b") == "ab"
    assert await held.ratio.aincrease(1) == 2.5
    assert await held.count.aincrease(5) == 5
    await held.tags.aappend("x")
    async with held.apipeline():
        held.text += "c"
        held.ratio *= 2
        held.count += 1
        held.tags += ["y"]
    again = await Held.aget(held.key)
    assert (again.text, again.ratio, again.count, again.tags) == ("abc", 5.0, 6, ["x", "y"])


async def test_null_characters(rapyer: ModuleType) -> None:
    held = await Held().asave()
    for refused in (
        lambda: held.text.aappend("\0"),
        lambda: held.text.aset("a\0"),
        lambda: held.tags.aappend("\0"),
        lambda: held.aupdate(text="\0"),
    ):
        with pytest.raises(InvalidValueError):
            await refused()
    assert (await Held.aget(held.key)).text == "a"


async def test_numbers_that_are_no_numbers(rapyer: ModuleType) -> None:
    held = await Held(ratio=1e308).asave()
    with pytest.raises(NumberRangeError):
        await held.ratio.amul(1e10)
    with pytest.raises(RapyerError):
        await held.ratio.aset(float("nan"))
    with pytest.raises(RapyerError):
        async with held.apipeline():
            held.ratio *= -1e10
    assert (await Held.aget(held.key)).ratio == 1e308
    assert len(await Held.afind(Held.ratio > 1e307)) == 1
