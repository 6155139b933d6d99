"""A field that cannot be read leaves the rest of its document readable, and is not overwritten."""

from __future__ import annotations

import copy
import json
import logging
import pickle
from collections.abc import Iterator
from types import ModuleType
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, ConfigDict, PrivateAttr, model_validator

from rapyer_async import (
    AtomicRedisModel,
    Field,
    Key,
    Pickled,
    RedisConfig,
    SafeLoad,
    aget,
    set_pickle_keys,
)
from rapyer_core.errors import (
    CorruptedModelError,
    InvalidValueError,
    KeyNotFound,
    NotLoadedError,
)

from .asking import ask, stored


class Tree:
    def __init__(self, height: int) -> None:
        self.height = height

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tree) and self.height == other.height

    __hash__ = None  # type: ignore[assignment]


class SafeLeaf(BaseModel):
    size: SafeLoad[int] = 0
    name: str = ""


class SafeBranch(AtomicRedisModel):
    length: SafeLoad[int] = 0
    name: str = ""
    leaf: SafeLeaf = SafeLeaf()


class SafeGarden(AtomicRedisModel):
    name: str = ""
    count: SafeLoad[int] = Field(1)
    plain: int = 0
    must: SafeLoad[int]
    tree: SafeLoad[Annotated[Tree, Pickled()]] = Field(Tree(1))
    sizes: SafeLoad[list[int]] = Field(default_factory=list)
    maybe: SafeLoad[int] | None = None
    branch: SafeBranch = SafeBranch()
    leaf: SafeLeaf | None = None
    branches: list[SafeBranch] = []
    by_name: dict[str, SafeLeaf] = {}
    whole: SafeLoad[SafeLeaf] = Field(SafeLeaf())
    _note: str = PrivateAttr("n")


class AllSafe(AtomicRedisModel):
    Meta = RedisConfig(safe_load_all=True)
    code: Key[str]
    number: int = 0
    inner: SafeBranch = SafeBranch()


class SafeChecked(AtomicRedisModel):
    low: SafeLoad[int] = Field(0)
    high: int = 1

    @model_validator(mode="after")
    def _in_order(self) -> SafeChecked:
        assert self.low is None or self.low <= self.high
        return self


class SafeStrict(AtomicRedisModel):
    model_config = ConfigDict(extra="forbid")
    number: SafeLoad[int] = Field(0)


class SafelyOpen(AtomicRedisModel):
    model_config = ConfigDict(extra="allow")
    number: SafeLoad[int] = Field(0)


class SafelyRevised(AtomicRedisModel):
    Meta = RedisConfig(optimistic=True)
    number: SafeLoad[int] = Field(0)
    name: str = ""


@pytest.fixture(autouse=True)
def _keys() -> Iterator[None]:
    set_pickle_keys("k" * 16)
    yield
    set_pickle_keys()


async def put(model: Any, path: str, value: Any) -> None:
    await ask(type(model), "JSON.SET", model.key, f"$.{path}", json.dumps(value))


async def broken() -> Any:
    """Return a garden of which three fields cannot be read, as it was before."""
    garden: Any = await SafeGarden(must=5, name="a", sizes=[1]).asave()
    await put(garden, "count", "many")
    await put(garden, "tree", "oak")
    await put(garden, "sizes", [1, "x"])
    return garden


async def test_the_rest_is_loaded(rapyer: ModuleType, caplog: pytest.LogCaptureFixture) -> None:
    garden = await broken()
    with caplog.at_level(logging.WARNING, logger="rapyer"):
        found: Any = await SafeGarden.aget(garden.key)
    assert (found.name, found.must, found.plain, found._note) == ("a", 5, 0, "n")
    assert (found.count, found.tree, found.sizes) == (None, None, None)
    failed = found.failed_fields
    assert {name: each.raw for name, each in failed.items()} == {
        "count": "many",
        "tree": "oak",
        "sizes": [1, "x"],
    }
    error = failed["count"].error
    assert isinstance(error, InvalidValueError) and "valid integer" in str(error)
    assert (error.key, error.model, error.field) == (garden.key, "SafeGarden", "count")
    assert (error.path, error.actual) == ('$["count"]', '"many"')
    logged = [record.getMessage() for record in caplog.records]
    assert len(logged) == 3 and {record.levelname for record in caplog.records} == {"WARNING"}
    for name in failed:
        assert any(f"{garden.key}: {name} could not be read" in line for line in logged)
    assert garden.failed_fields == {} and SafeGarden(must=1).failed_fields == {}


async def test_every_way_to_load(rapyer: ModuleType) -> None:
    garden = await broken()
    names = {"count", "tree", "sizes"}
    ways = [
        await SafeGarden.aget(garden.key),
        *await SafeGarden.afind(garden.key),
        *await SafeGarden.afind(),
        await aget(garden.key),
        (await SafeGarden.aget_or_create(copy.deepcopy(garden))).value,
    ]
    for found in ways[:-1]:
        assert found.failed_fields.keys() == names and found.name == "a"
    assert ways[-1].failed_fields == {}  # which was created
    mine = await AllSafe(code="x").asave()
    await put(mine, "number", "y")
    result = await AllSafe.aget_or_create(AllSafe(code="x"))
    assert not result.created and result.value.failed_fields.keys() == {"number"}
    reloaded: Any = await garden.aload()
    assert reloaded is garden and garden.failed_fields.keys() == names and garden.count is None
    part: Any = await SafeGarden.aget(garden.key, only=["name", "count", "leaf", "branch.length"])
    assert part.failed_fields.keys() == {"count"} and part.count is None and part.name == "a"
    with pytest.raises(NotLoadedError):
        _ = part.tree


async def test_a_save_does_not_overwrite_it(rapyer: ModuleType) -> None:
    garden = await broken()
    found: Any = await SafeGarden.aget(garden.key)
    found.name = "b"
    found.branch.name = "c"
    await found.asave()
    await found.aupdate(plain=7)
    async with found.apipeline():
        found.plain += 1
    document = await stored(garden)
    assert (document["name"], document["plain"], document["branch"]["name"]) == ("b", 8, "c")
    assert (document["count"], document["tree"], document["sizes"]) == ("many", "oak", [1, "x"])
    assert found.failed_fields.keys() == {"count", "tree", "sizes"}


async def test_what_would_lose_it_is_an_error(rapyer: ModuleType) -> None:
    garden = await broken()
    found: Any = await SafeGarden.aget(garden.key)
    before = await stored(garden)
    for lose in (
        lambda: found.asave(force=True),
        lambda: found.asave(upsert=True),
        lambda: found.aduplicate(),
        lambda: found.aduplicate_many(2),
        lambda: SafeGarden.ainsert(found),
        lambda: copy.copy(found).asave(),
        lambda: copy.deepcopy(found).asave(),
        lambda: found.aapply(lambda garden: None),
    ):
        with pytest.raises(NotLoadedError, match="could not be read: count, tree, sizes") as caught:
            await lose()
        assert caught.value.field == "count"
    with pytest.raises(NotLoadedError, match="count"):
        found.redis_dump_json()
    assert await stored(garden) == before and len(await SafeGarden.afind_keys()) == 1


async def test_a_new_value_ends_it(rapyer: ModuleType) -> None:
    garden = await broken()
    found: Any = await SafeGarden.aget(garden.key)
    found.count = 3
    assert found.failed_fields.keys() == {"tree", "sizes"} and found.count == 3
    await found.asave()
    await found.aupdate(tree=Tree(4))
    assert found.failed_fields.keys() == {"sizes"}
    found.sizes = [2]
    await found.asave(force=True)
    again: Any = await SafeGarden.aget(garden.key)
    assert (again.count, again.tree, again.sizes) == (3, Tree(4), [2])
    assert again.failed_fields == {}
    assert await again.sizes.aappend(3) == [2, 3]


async def test_it_can_be_retried(rapyer: ModuleType) -> None:
    garden = await broken()
    found: Any = await SafeGarden.aget(garden.key)
    found.name = "local"
    assert (await found.aretry_failed()).keys() == {"count", "tree", "sizes"}
    await put(garden, "count", 8)
    await put(garden, "sizes", ["z"])
    await put(garden, "name", "elsewhere")
    still = await found.aretry_failed()
    assert {name: each.raw for name, each in still.items()} == {"tree": "oak", "sizes": ["z"]}
    assert (found.count, found.name, found.failed_fields) == (8, "local", still)
    await put(garden, "tree", (await stored(await SafeGarden(must=1).asave()))["tree"])
    await put(garden, "sizes", [4])
    assert await found.aretry_failed() == {}
    assert (found.count, found.tree, found.sizes) == (8, Tree(1), [4])
    await found.count.aincrease()
    await found.asave(force=True)
    assert (await SafeGarden.aget(garden.key)).name == "local"
    await found.adelete()
    with pytest.raises(KeyNotFound):
        await found.aretry_failed()


async def test_a_key_that_is_there_again(rapyer: ModuleType) -> None:
    garden = await SafeGarden(must=1, tree=Tree(9)).asave()
    set_pickle_keys()
    found: Any = await SafeGarden.aget(garden.key)
    assert found.tree is None and "pickle_keys" in str(found.failed_fields["tree"].error)
    set_pickle_keys("k" * 16)
    assert await found.aretry_failed() == {} and found.tree == Tree(9)


async def test_nested_models(rapyer: ModuleType) -> None:
    garden: Any = await SafeGarden(
        must=1,
        leaf=SafeLeaf(size=1),
        branches=[SafeBranch(length=1), SafeBranch(length=2, leaf=SafeLeaf(size=3))],
        by_name={"a": SafeLeaf(size=4)},
    ).asave()
    for path in (
        "branch.length",
        "leaf.size",
        "branches[1].leaf.size",
        "by_name.a.size",
        "whole.size",
    ):
        await put(garden, path, "?")
    found: Any = await SafeGarden.aget(garden.key)
    ways = {
        "branch.length",
        "leaf.size",
        "branches.1.leaf.size",
        "by_name.a.size",
        "whole.size",
    }
    assert found.failed_fields.keys() == ways
    assert found.branch.failed_fields.keys() == {"length"} and found.branch.length is None
    assert found.branches[0].length == 1 and found.branches[1].leaf.size is None
    assert isinstance(found.leaf, SafeLeaf) and found.leaf.size is None
    assert found.failed_fields.keys() == ways  # having been read, they are the same
    assert found.failed_fields["branches.1.leaf.size"].error.path == (
        '$["branches"][1]["leaf"]["size"]'
    )
    found.branch.name = "b"
    found.branches[1].leaf.name = "l"
    found.by_name["a"].name = "n"
    await found.asave()
    await found.branches[1].name.aset("server")
    document = await stored(garden)
    assert document["branch"]["name"] == "b" and document["branch"]["length"] == "?"
    assert document["branches"][1]["leaf"] == {"size": "?", "name": "l"}
    assert document["branches"][1]["name"] == "server"
    assert document["by_name"]["a"] == {"size": "?", "name": "n"}
    for change in (
        lambda model: setattr(model, "branches", [*model.branches][1:]),
        lambda model: setattr(model, "branch", copy.copy(model.branch)),
        lambda model: model.by_name.__setitem__("b", model.by_name["a"]),
    ):
        changed: Any = await SafeGarden.aget(garden.key)
        change(changed)
        with pytest.raises(NotLoadedError, match="could not be read"):
            await changed.asave()
    assert await stored(garden) == document


async def test_nested_models_are_retried(rapyer: ModuleType) -> None:
    garden: Any = await SafeGarden(
        must=1, branches=[SafeBranch()], by_name={"a": SafeLeaf()}
    ).asave()
    for path in ("branch.length", "branches[0].leaf.size", "by_name.a.size"):
        await put(garden, path, "?")
    found: Any = await SafeGarden.aget(garden.key)
    _ = found.branches[0].leaf
    await put(garden, "branch.length", 6)
    assert (await found.branch.aretry_failed()) == {} and found.branch.length == 6
    await put(garden, "branches[0].leaf.size", 7)
    assert (await found.aretry_failed()).keys() == {"by_name.a.size"}
    await put(garden, "by_name.a.size", 8)
    assert await found.aretry_failed() == {}
    assert (found.branches[0].leaf.size, found.by_name["a"].size) == (7, 8)
    assert await found.branches[0].leaf.size.aincrease() == 8
    await found.asave(force=True)


async def test_a_nested_model_is_loaded_anew(rapyer: ModuleType) -> None:
    garden: Any = await SafeGarden(must=1).asave()
    await put(garden, "branch.length", "?")
    await garden.branch.aload()
    assert garden.failed_fields.keys() == {"branch.length"}
    with pytest.raises(NotLoadedError):
        await garden.asave(force=True)
    await put(garden, "branch.length", 2)
    await garden.aload()
    assert garden.failed_fields == {} and garden.branch.length == 2


async def test_all_fields_of_a_model(rapyer: ModuleType) -> None:
    model: Any = await AllSafe(code="x").asave()
    for path in ("number", "inner.name", "inner.leaf.name"):
        await put(model, path, [])
    found: Any = await AllSafe.aget("x")
    assert found.failed_fields.keys() == {"number", "inner.name", "inner.leaf.name"}
    assert found.code == "x" and found.inner.length == 0
    await ask(AllSafe, "JSON.DEL", model.key, "$.code")
    bare: Any = await AllSafe.aget("x")
    assert (bare.code, bare.pk, bare.key) == (None, "x", "AllSafe:x")
    assert bare.failed_fields["code"].raw is None
    AtomicRedisModel.Meta.safe_load_all = True
    try:
        checked = await SafeChecked().asave()
        await put(checked, "high", "?")
        assert (await SafeChecked.aget(checked.key)).failed_fields.keys() == {"high"}
    finally:
        AtomicRedisModel.Meta.unset("safe_load_all")
    with pytest.raises(CorruptedModelError):
        await SafeChecked.aget(checked.key)


async def test_what_is_not_safe_fails_the_document(rapyer: ModuleType) -> None:
    garden = await broken()
    await put(garden, "plain", "?")
    with pytest.raises(CorruptedModelError) as caught:
        await SafeGarden.aget(garden.key)
    assert "plain" in caught.value.fields
    with pytest.raises(CorruptedModelError):
        await SafeGarden.aget(garden.key, only=["plain", "count"])
    await put(garden, "plain", 1)
    await put(garden, "leaf", {"size": "?", "name": 5})
    with pytest.raises(CorruptedModelError, match=r"leaf\.name"):
        await SafeGarden.aget(garden.key)
    await put(garden, "leaf", None)
    await put(garden, "whole", {"size": "?", "name": 5})
    assert (await SafeGarden.aget(garden.key)).failed_fields["whole"].raw == {
        "size": "?",
        "name": 5,
    }


async def test_the_model_as_a_whole(rapyer: ModuleType) -> None:
    checked = await SafeChecked(low=0, high=1).asave()
    await put(checked, "low", 2)
    with pytest.raises(CorruptedModelError):
        await SafeChecked.aget(checked.key)
    await put(checked, "low", "?")
    assert (await SafeChecked.aget(checked.key)).failed_fields.keys() == {"low"}


async def test_members_that_are_no_fields(rapyer: ModuleType) -> None:
    strict, free, revised = (
        await SafeStrict().asave(),
        await SafelyOpen().asave(),
        await SafelyRevised().asave(),
    )
    for model in (strict, free, revised):
        await put(model, "number", "?")
    assert (await SafeStrict.aget(strict.key)).failed_fields.keys() == {"number"}
    await put(strict, "other", 1)
    with pytest.raises(CorruptedModelError, match="Extra inputs"):
        await SafeStrict.aget(strict.key)
    await put(free, "other", [1])
    found: Any = await SafelyOpen.aget(free.key)
    assert found.other == [1] and found.failed_fields.keys() == {"number"}
    counted: Any = await SafelyRevised.aget(revised.key)
    counted.name = "x"
    await counted.asave()
    await counted.aupdate(name="y")
    assert (await stored(revised))["number"] == "?"


async def test_pickles_and_copies(rapyer: ModuleType) -> None:
    found: Any = await SafeGarden.aget((await broken()).key)
    found.name = "changed"
    for other in (pickle.loads(pickle.dumps(found)), copy.copy(found), copy.deepcopy(found)):
        assert other.count is None and other.failed_fields.keys() == found.failed_fields.keys()
        assert other.failed_fields["tree"].raw == "oak"
    revived: Any = pickle.loads(pickle.dumps(found))
    await revived.asave()
    assert (await stored(found))["name"] == "changed" and (await stored(found))["tree"] == "oak"


async def test_under_a_lock(rapyer: ModuleType) -> None:
    garden = await broken()
    found: Any = await SafeGarden.aget(garden.key)
    found.count = 4
    async with found.alock() as held:
        assert held.failed_fields.keys() == {"tree", "sizes"} and held.count == 4
        held.name = "locked"
    document = await stored(garden)
    assert (document["count"], document["name"], document["tree"]) == (4, "locked", "oak")
