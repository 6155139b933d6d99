"""A pipeline is the same operations one by one, or, where one fails, nothing at all.

Operations are generated. Without a failure a pipeline must leave the document and the local model
as the same calls outside of one do; with a failing operation put in at each position it must leave
both as they were, to the last digit and with the same lifetime.
"""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rapyer_async import AtomicRedisModel, Field, RedisInt
from rapyer_core.errors import KeyNotFound, PipelineError, RapyerError

from .asking import ask, lifetime

law = settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

NAMES = ["a", "b", "c d", 'a"b', "a\\b", "\\", "'\"", ""]


class SheetPart(AtomicRedisModel):
    n: int = 1
    tags: list[str] = Field(default_factory=lambda: ["a"])
    counts: dict[str, int] = Field(default_factory=lambda: {"a": 1})


class Sheet(AtomicRedisModel):
    score: RedisInt = Field(10)
    limit: RedisInt = Field(100, le=100)
    full: int = Field(100, le=100)
    ratio: float = 5.087395686263243e-8
    name: str = "ab"
    nums: list[int] = Field(default_factory=lambda: [1, 2, 3])
    ratios: list[float] = Field(default_factory=lambda: [9903553410406.639, 1.5])
    grid: list[list[int]] = Field(default_factory=lambda: [[1], []])
    counts: dict[str, int] = Field(default_factory=lambda: {"a": 1, "a\\b": 2})
    shares: dict[str, float] = Field(default_factory=lambda: {"a": -8.824822072026888e-13})
    maps: dict[str, list[int]] = Field(default_factory=lambda: {"a": [1], "\\": [2]})
    part: SheetPart = Field(default_factory=SheetPart)
    parts: list[SheetPart] = Field(default_factory=lambda: [SheetPart(), SheetPart(n=2)])
    named: dict[str, SheetPart] = Field(default_factory=lambda: {"a": SheetPart()})


small = st.integers(-4, 4)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
names = st.sampled_from(NAMES)
ratios = st.floats(-1e6, 1e6)


def calls_on(way: list[Any], *calls: Any) -> st.SearchStrategy[tuple[Any, ...]]:
    """Calls as (way to the value, method, arguments)."""
    return st.one_of([st.tuples(st.just(way), st.just(name), args) for name, args in calls])


def args(*parts: Any) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.tuples(*parts)


def number_calls(way: list[Any], numbers: Any) -> Any:
    return calls_on(
        way,
        ("aincrease", args(numbers)),
        ("adecrease", args(numbers)),
        ("amul", args(numbers)),
        ("afloordiv", args(st.sampled_from([-3, 2, 7]))),
        ("amod", args(st.sampled_from([-3, 2, 7]))),
        ("apow", args(st.integers(0, 3))),
        ("aset", args(numbers)),
    )


def list_calls(way: list[Any], items: Any) -> Any:
    return calls_on(
        way,
        ("aappend", args(items)),
        ("aextend", args(st.lists(items, max_size=3))),
        ("ainsert", args(small, items)),
        ("aset_item", args(small, items)),
        ("aremove_range", args(small, small)),
        ("aclear", args()),
        ("aset", args(st.lists(items, max_size=3))),
    )


def dict_calls(way: list[Any], values: Any) -> Any:
    return calls_on(
        way,
        ("aset_item", args(names, values)),
        ("aupdate", args(st.dictionaries(names, values, max_size=3))),
        ("adel_item", args(names)),
        ("asetdefault", args(names, values)),
        ("aclear", args()),
        ("aset", args(st.dictionaries(names, values, max_size=3))),
    )


# As plain data: a model that was handed over would belong to the first document it was put into.
parts = st.fixed_dictionaries({"n": small, "tags": st.lists(words, max_size=2)})
operations = st.one_of(
    number_calls(["score"], small),
    number_calls(["limit"], small),
    number_calls(["ratio"], ratios),
    calls_on(["name"], ("aappend", args(words)), ("amul", args(small)), ("aset", args(words))),
    list_calls(["nums"], small),
    calls_on(["nums"], ("aremove", args(small))),
    list_calls(["ratios"], ratios),
    list_calls(["grid"], st.lists(small, max_size=2)),
    list_calls(["grid", 0], small),
    number_calls(["nums", 1], small),
    dict_calls(["counts"], small),
    dict_calls(["shares"], ratios),
    dict_calls(["maps"], st.lists(small, max_size=2)),
    list_calls(["maps", "a"], small),
    list_calls(["maps", "\\"], small),
    number_calls(["counts", "a"], small),
    number_calls(["counts", "a\\b"], small),
    number_calls(["part", "n"], small),
    list_calls(["part", "tags"], words),
    dict_calls(["part", "counts"], small),
    list_calls(["parts"], parts),
    number_calls(["parts", 1, "n"], small),
    list_calls(["parts", 0, "tags"], words),
    dict_calls(["named"], parts),
    number_calls(["named", "a", "n"], small),
    calls_on(
        [],
        ("aupdate", st.fixed_dictionaries({"name": words, "part": parts}).map(lambda v: (v,))),
        ("aset_ttl", args(st.integers(2000, 3000))),
        ("asave", args()),
    ),
)

# Each fails on the server, wherever it stands: nothing before it can prevent that.
FAILING: list[tuple[list[Any], str, tuple[Any, ...]]] = [
    (["full"], "aincrease", (1,)),
    (["full"], "amul", (2**63,)),
    (["counts"], "adel_item", ("none",)),
    (["nums"], "aremove", (77,)),
    (["nums"], "aset_item", (99, 1)),
    (["gone", "score"], "aincrease", (1,)),
    (["gone"], "aset_ttl", (100,)),
    (["gone"], "asave", ()),
]


async def call(model: Any, operation: tuple[Any, ...]) -> None:
    way, method, arguments = operation
    for part in way:
        model = getattr(model, part) if hasattr(model, str(part)) else model[part]
    if method == "aupdate" and not way:
        await model.aupdate(**arguments[0])
    else:
        await getattr(model, method)(*arguments)


async def text(model: Sheet) -> Any:
    """The document, with numbers as the digits that are stored."""
    found: Any = await ask(Sheet, "JSON.GET", model.key, "$")
    return json.loads(found, parse_float=str)


def held(model: Sheet) -> list[int]:
    values = [model.nums, model.grid, model.grid[0], model.counts, model.part, model.part.tags]
    return [id(value) for value in (*values, model.parts, model.parts[0], model.named["a"])]


@law
@given(made=st.lists(operations, max_size=6), is_whole=st.booleans())
async def test_a_pipeline_is_its_operations_one_by_one(
    rapyer: ModuleType, made: list[tuple[Any, ...]], is_whole: bool
) -> None:
    one, many = await Sheet().asave(), await Sheet().asave()
    refused: list[int] = []
    failed: RapyerError | None = None
    before = await text(many)
    try:
        async with many.apipeline(all_or_nothing=is_whole):
            for position, operation in enumerate(made):
                try:
                    await call(many, operation)
                except (PipelineError, LookupError, OverflowError):
                    # Where an item is cannot be known, or the local copy does not have it.
                    refused.append(position)
    except RapyerError as error:
        failed = error
    first: RapyerError | None = None
    for position, operation in enumerate(made):
        if position not in refused:
            try:
                await call(one, operation)
            except RapyerError as error:
                first = first or error
    assert type(failed) is type(first)
    if failed is not None and is_whole:
        assert await text(many) == before
    else:
        assert await text(many) == await text(one)
        assert many.redis_dump() == one.redis_dump()
        assert await lifetime(many) == pytest.approx(await lifetime(one), abs=2)
    # Nothing is left over to save, and nothing is thought to be saved that was not.
    stays = await text(many)
    await many.asave()
    assert await text(many) == stays


@law
@given(made=st.lists(operations, max_size=5), failing=st.sampled_from(FAILING))
async def test_a_failure_at_any_position_leaves_everything_as_it_was(
    rapyer: ModuleType, made: list[tuple[Any, ...]], failing: tuple[Any, ...]
) -> None:
    model, gone, neighbour = await Sheet().asave(), await Sheet().asave(), await Sheet().asave()
    await ask(Sheet, "DEL", gone.key)
    await ask(Sheet, "EXPIRE", model.key, 1000)
    model.name = "local"
    size = await ask(Sheet, "DBSIZE")
    before, local, ids = await text(model), model.redis_dump(), held(model)
    for position in range(len(made) + 1):
        with pytest.raises(RapyerError) as caught:
            async with rapyer.apipeline():
                for at, operation in enumerate([*made, None]):
                    if at == position:
                        way, method, arguments = failing
                        target = gone if way[:1] == ["gone"] else model
                        way = way[1:] if target is gone else way
                        await call(target, (way, method, arguments))
                    if operation is not None:
                        try:
                            await call(model, operation)
                        except (PipelineError, LookupError, OverflowError):
                            continue
                        await neighbour.score.aincrease()
        assert not isinstance(caught.value, PipelineError)
        assert await text(model) == before
        assert 990 < await lifetime(model) <= 1000
        assert model.redis_dump() == local and held(model) == ids
        assert (await text(neighbour))[0]["score"] == 10 == neighbour.score
        assert await ask(Sheet, "EXISTS", gone.key) == 0
        assert await ask(Sheet, "DBSIZE") == size
    # What was changed locally before is still to be saved, and nothing else.
    await ask(Sheet, "JSON.SET", model.key, "$.score", "77")
    await model.asave()
    assert await text(model) == [{**before[0], "score": 77, "name": "local"}]


@pytest.mark.parametrize("way", [["score"], ["ratio"], ["parts", 0, "n"]])
async def test_a_deleted_document_comes_back_to_the_last_digit(
    rapyer: ModuleType, way: list[Any]
) -> None:
    model, gone = await Sheet().asave(), await Sheet().asave()
    await ask(Sheet, "DEL", gone.key)
    await model.aset_ttl(1000)
    await call(model, (["ratios"], "aextend", ([-2.5380543983444494e-8, 0.1 + 0.2, 1e300],)))
    before = await text(model)
    with pytest.raises(KeyNotFound):
        async with rapyer.apipeline():
            await call(model, (way, "aset", (5,)))
            await model.adelete()
            await Sheet.at(gone.key).score.aincrease()
    assert await text(model) == before
    assert 990 < await lifetime(model) <= 1000
    assert await model.score.aincrease() == 11
    assert await ask(Sheet, "DBSIZE") == 1
