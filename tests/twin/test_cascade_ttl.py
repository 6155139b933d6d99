"""Lifetimes that go on to what a document refers to: which way, how deep, and what is told."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from types import ModuleType
from typing import Annotated, Any

import pytest
from pydantic import BaseModel

from rapyer_async import (
    ActionGroup,
    AtomicRedisModel,
    CascadeResult,
    CascadeTTL,
    Field,
    Index,
    RedisConfig,
    RedisInt,
    RedisSet,
    Reference,
    TTLCascadeMode,
    apipeline,
    change,
    init_rapyer,
)
from rapyer_async.clients import REGISTRY
from rapyer_core.errors import (
    InvalidCascadeDepthError,
    KeyNotFound,
    PipelineError,
    ServerError,
    UnsupportedArgumentTypeError,
    UnsupportedArgumentValueError,
    UnsupportedFieldError,
)

from .asking import ask, lifetime
from .counting import counted


class CasLeaf(AtomicRedisModel):
    """Without a lifetime of its own: it gets its holder's."""

    name: str = ""


class CasNote(BaseModel):
    about: Reference[CasLeaf]
    text: str = ""


class CasShelf(BaseModel):
    beside: RedisSet[Annotated[Reference[CasLeaf], CascadeTTL()]] = Field(default_factory=set)


class CasMiddle(AtomicRedisModel):
    Meta = RedisConfig(ttl=200)
    leaf: Annotated[Reference[CasLeaf] | None, CascadeTTL()] = None
    back: Annotated[Reference[CasRoot] | None, CascadeTTL()] = None


class CasRoot(AtomicRedisModel):
    Meta = RedisConfig(ttl=300)
    count: int = 0
    one: Annotated[Reference[CasMiddle] | None, CascadeTTL()] = None
    flat: Annotated[Reference[CasMiddle] | None, CascadeTTL(depth=1)] = None
    zero: Annotated[Reference[CasMiddle] | None, CascadeTTL(depth=0)] = None
    off: Annotated[Reference[CasMiddle] | None, CascadeTTL(enabled=False)] = None
    silent: Reference[CasMiddle] | None = None
    many: Annotated[list[Reference[CasLeaf]], CascadeTTL()] = []
    named: dict[str, Annotated[Reference[CasLeaf], CascadeTTL()]] = {}
    notes: list[CasNote] = []
    pair: Annotated[tuple[Reference[CasLeaf], int] | None, CascadeTTL()] = None
    either: Annotated[Reference[CasLeaf] | Reference[CasMiddle] | None, CascadeTTL()] = None
    row: Annotated[tuple[Reference[CasLeaf], ...], CascadeTTL()] = ()
    anything: Any = None


class CasBeside(AtomicRedisModel):
    Meta = RedisConfig(ttl=300)
    count: int = 0
    beside: RedisSet[Annotated[Reference[CasLeaf], CascadeTTL()]] = Field(default_factory=set)
    silent: RedisSet[Reference[CasLeaf]] = Field(default_factory=set)
    shelf: CasShelf | None = None


class CasGlobal(AtomicRedisModel):
    """Says it for all of its references."""

    Meta = RedisConfig(ttl=300, cascade_ttl=CascadeTTL(depth=2))
    name: str = ""
    other: Reference[CasGlobal] | None = None
    off: Annotated[Reference[CasLeaf] | None, CascadeTTL(enabled=False)] = None
    notes: list[CasNote] = []


class CasDerived(CasGlobal):
    pass


class CasIndexed(AtomicRedisModel):
    Meta = RedisConfig(ttl=300)
    code: Index[str] = ""
    count: RedisInt = Field(0)
    leaf: Annotated[Reference[CasLeaf] | None, CascadeTTL()] = None


class CasSilent(AtomicRedisModel):
    """Says nothing."""

    Meta = RedisConfig(ttl=300)
    leaf: Reference[CasLeaf] | None = None
    other: Reference[CasSilent] | None = None
    off: Annotated[Reference[CasLeaf] | None, CascadeTTL(enabled=False)] = None


async def dying(model: Any) -> Any:
    """Save a model, and give it ten seconds."""
    await model.asave()
    await fade(model)
    return model


async def fade(*models: Any) -> None:
    """Give documents ten seconds."""
    for model in models:
        await ask(type(model), "EXPIRE", model.key, "10")


async def seconds_of(*models: Any) -> list[int]:
    """Return the lifetimes, up to the tens."""
    return [-(-(await lifetime(model)) // 10) * 10 for model in models]


async def test_every_way_to_a_reference(rapyer: ModuleType) -> None:
    leaves = [await dying(CasLeaf(name=str(i))) for i in range(9)]
    middles = [await dying(CasMiddle(leaf=leaves[0])) for _ in range(5)]
    one, flat, zero, off, silent = middles
    root = await CasRoot(
        one=one,
        flat=flat,
        zero=zero,
        off=off,
        silent=silent,
        many=[leaves[1]],
        named={"x": leaves[2]},
        notes=[CasNote(about=leaves[3])],
        pair=(leaves[4], 1),
        either=leaves[5],
        row=(leaves[6], leaves[7]),
        anything=leaves[8].key,
    ).asave()
    await fade(*middles, *leaves)
    await CasRoot.aget(root.key)
    # Its own lifetime where the class has one, the holder's where it has none.
    assert await seconds_of(root, one, flat) == [300, 200, 200]
    assert await seconds_of(zero, off, silent) == [10, 10, 10]
    # Reached through `one`, whose own lifetime a leaf without one gets; the notes say nothing.
    assert await seconds_of(*leaves[:6]) == [200, 300, 300, 10, 300, 300]
    # Of any type, so a text is no reference.
    assert await seconds_of(*leaves[6:]) == [300, 300, 10]
    await fade(*middles, *leaves)
    result = await root.aset_ttl(300, cascade=True)
    # What was said of a field holds here too; of the middles `silent` is followed as well.
    assert result == CascadeResult(refreshed=11, dangling_children=0, dangling_special=0)
    assert await seconds_of(zero, off, silent) == [10, 10, 200]
    assert await seconds_of(*leaves) == [200, *[300] * 7, 10]


async def test_sets_of_references(rapyer: ModuleType) -> None:
    leaves = [await dying(CasLeaf(name=str(i))) for i in range(4)]
    one, two, three, other = (Reference(leaf.key) for leaf in leaves)
    root = CasBeside(beside={one, two}, silent={other}, shelf=CasShelf(beside={three}))
    await root.asave()
    await fade(*leaves)
    await root.count.aincrease()
    assert await seconds_of(*leaves) == [300, 300, 300, 10]
    await root.beside.aremove(one)
    await fade(*leaves)
    await root.beside.aadd(other)
    assert await seconds_of(*leaves) == [10, 300, 300, 300]


async def test_depth_of_a_field(rapyer: ModuleType) -> None:
    leaf = await dying(CasLeaf())
    middle = await dying(CasMiddle(leaf=leaf))
    root = await CasRoot(flat=middle).asave()
    await fade(middle, leaf)
    await root.count.aincrease()
    assert await seconds_of(middle, leaf) == [200, 10]
    root.one = middle
    await root.asave()
    assert await seconds_of(middle, leaf) == [200, 200]


async def test_depth_of_a_class(rapyer: ModuleType) -> None:
    for cls in (CasGlobal, CasDerived):
        chain = [await dying(CasGlobal(name="end"))]
        for _ in range(3):
            chain.append(await dying(CasGlobal(other=chain[-1])))
        leaf, noted = await dying(CasLeaf()), await dying(CasLeaf())
        root = await dying(cls(other=chain[-1], off=leaf, notes=[CasNote(about=noted)]))
        await fade(*chain, leaf, noted)
        await root.aload()
        assert await seconds_of(*reversed(chain)) == [300, 300, 10, 10]
        assert await seconds_of(root, leaf, noted) == [300, 10, 300]


async def test_what_takes_a_lifetime_on(rapyer: ModuleType) -> None:
    leaf = await CasLeaf().asave()
    root = await CasRoot(many=[leaf]).asave()
    keys = {root.key}

    async def in_a_pipeline() -> None:
        async with apipeline():
            root.count += 1

    async def in_a_loose_pipeline() -> None:
        async with apipeline(all_or_nothing=False):
            root.count += 1

    async def in_a_lock() -> None:
        async with root.alock():
            root.count += 1

    for act in (
        lambda: root.count.aincrease(),
        lambda: root.count.aapply(lambda count: count + 1),
        lambda: root.aapply(lambda held: held),
        lambda: root.asave(force=True),
        lambda: root.aload(),
        lambda: root.refresh_ttl(),
        lambda: root.aupdate(count=5),
        lambda: CasRoot.aget(root.key),
        lambda: CasRoot.aget(root.key, only=["count"]),
        lambda: CasRoot.afind(*keys),
        lambda: CasRoot.afind(),
        lambda: CasRoot.ainsert(root),
        lambda: CasRoot.at(root.key).count.aincrease(),
        lambda: Reference(root.key).afetch(),
        in_a_pipeline,
        in_a_loose_pipeline,
        in_a_lock,
    ):
        await dying(leaf)
        await act()
        assert await seconds_of(leaf) == [300]
    await dying(leaf)
    with pytest.raises(ValueError, match="undone"):
        async with apipeline():
            root.count += 1
            raise ValueError("undone")
    assert await seconds_of(leaf) == [10]


async def test_queries_take_lifetimes_on(rapyer: ModuleType) -> None:
    leaf, other = await dying(CasLeaf()), await dying(CasLeaf())
    await CasIndexed(code="b", leaf=other).asave()
    root = await CasIndexed(code="a", leaf=leaf).asave()
    query = CasIndexed.where(CasIndexed.code == "a").wait_for_index()
    assert await query.acount() == 1

    async def go_through() -> None:
        async for model in query:
            assert model.key == root.key

    for act in (
        lambda: CasIndexed.afind(CasIndexed.code == "a"),
        query.aall,
        query.afirst,
        query.aget,
        go_through,
        lambda: query.apage(5),
        lambda: query.avalues("code"),
        lambda: query.aupdate(count=5),
        lambda: query.aupdate(count=change.increase(1)),
    ):
        await fade(root, leaf, other)
        await act()
        assert await seconds_of(root, leaf, other) == [300, 300, 10]
    for look in (query.acount, query.aexists):
        await fade(root, leaf)
        await look()
        assert await seconds_of(root, leaf) == [10, 10]


async def test_no_lifetime_becomes_shorter(rapyer: ModuleType) -> None:
    long, endless = await CasLeaf().asave(), await CasLeaf().asave()
    await long.aset_ttl(5000)
    root = await CasRoot(many=[long, endless]).asave()
    await root.aload()
    assert await seconds_of(long) == [5000]
    assert await lifetime(endless) == -1
    result = await root.aset_ttl(60, cascade=True)
    assert result == CascadeResult(refreshed=2, dangling_children=0, dangling_special=0)
    # The document itself gets what it was given, shorter or not.
    assert await seconds_of(root, long) == [60, 5000]


async def test_setting_with_a_cascade(rapyer: ModuleType) -> None:
    leaf, off, far = [await dying(CasLeaf()) for _ in range(3)]
    other = await dying(CasSilent(leaf=far))
    root = await dying(CasSilent(leaf=leaf, off=off, other=other))
    assert await root.aset_ttl(500) is None
    assert await seconds_of(root, leaf, off, other, far) == [500, 10, 10, 10, 10]
    result = await root.aset_ttl(600, cascade=CascadeTTL(depth=1))
    assert result == CascadeResult(refreshed=2, dangling_children=0, dangling_special=0)
    assert await seconds_of(root, leaf, off, other, far) == [600, 600, 10, 300, 10]
    result = await root.aset_ttl(700, cascade=True)
    assert result == CascadeResult(refreshed=3, dangling_children=0, dangling_special=0)
    assert await seconds_of(root, leaf, off, other, far) == [700, 700, 10, 300, 300]


async def test_what_does_not_start_anew_is_not_taken_on(rapyer: ModuleType) -> None:
    leaf = await dying(CasLeaf())
    root = await CasBeside(beside={Reference(leaf.key)}).asave()
    holder = Reference(root.key)
    for setting, seconds in ((False, 10), (ActionGroup.READ, 10), (ActionGroup.FETCH, 300)):
        CasBeside.Meta.refresh_ttl = setting
        try:
            await fade(leaf)
            await holder.aunload()
            await holder.afetch()
            await root.count.aincrease()
            await root.asave(force=True)
            async with apipeline():
                root.count += 1
            assert await seconds_of(leaf) == [seconds]
        finally:
            CasBeside.Meta.refresh_ttl = True


async def test_cycles_end(rapyer: ModuleType) -> None:
    driver = counted()
    root = await dying(CasRoot())
    middle = await dying(CasMiddle(back=root))
    root.one = middle
    await root.asave()
    await dying(middle)
    await root.aset_ttl(400, cascade=True)
    driver.forget()
    result = await root.aset_ttl(500, cascade=True)
    assert result == CascadeResult(refreshed=1, dangling_children=0, dangling_special=0)
    assert driver.trips == [["EVALSHA"], ["EVALSHA"]]
    assert await seconds_of(root, middle) == [500, 200]


async def test_one_round_trip_for_each_level(rapyer: ModuleType) -> None:
    driver = counted()
    leaves = [await dying(CasLeaf()) for _ in range(10)]
    middles = [await dying(CasMiddle(leaf=leaf)) for leaf in leaves]
    root = await dying(CasRoot(many=leaves, one=middles[0], flat=middles[1]))
    await root.aset_ttl(400, cascade=True)
    driver.forget()
    await root.aset_ttl(400, cascade=True)
    # The leaf below `one` was reached before, on the shorter way.
    assert driver.trips == [["EVALSHA"], ["EVALSHA"] * 12]
    driver.forget()
    await CasLeaf.aget(leaves[0].key)
    assert driver.trips == [["JSON.GET"]]


async def test_what_is_not_there_is_told(rapyer: ModuleType, caplog: Any) -> None:
    gone = await CasLeaf().asave()
    await gone.adelete()
    there = await dying(CasLeaf())
    root = await CasRoot(many=[gone, there]).asave()
    await ask(CasRoot, "JSON.SET", root.key, "$.one", '"CasLeaf:wrong"')
    await ask(CasRoot, "JSON.SET", root.key, "$.flat", '"Nobody:1"')
    result = await root.aset_ttl(400, cascade=True)
    assert result == CascadeResult(
        refreshed=1, dangling_children=1, dangling_special=0, mismatched_class=2
    )
    assert await seconds_of(there) == [400]
    # Where it happens by itself, nothing is said and nothing fails.
    await dying(there)
    with caplog.at_level(logging.WARNING, logger="rapyer"):
        await root.count.aincrease()
    assert caplog.records == []
    assert await seconds_of(there) == [300]


async def test_a_cascade_that_fails_does_not_fail_what_was_done(
    rapyer: ModuleType, caplog: Any
) -> None:
    middle = await CasMiddle().asave()
    root = await CasRoot(one=middle).asave()
    await ask(CasRoot, "DEL", middle.key)
    await ask(CasRoot, "SET", middle.key, "no document")
    with caplog.at_level(logging.WARNING, logger="rapyer"):
        assert await root.count.aincrease() == 1
        async with apipeline():
            root.count += 1
    assert [root.key in record.getMessage() for record in caplog.records] == [True, True]
    assert middle.key in caplog.text
    with pytest.raises(ServerError):
        await root.aset_ttl(50, cascade=True)
    await ask(CasRoot, "DEL", root.key)
    with pytest.raises(KeyNotFound):
        await root.aset_ttl(50, cascade=True)


async def test_what_a_cascade_takes(rapyer: ModuleType) -> None:
    root = await CasRoot().asave()
    for wrong in (1, None, "yes"):
        with pytest.raises(UnsupportedArgumentTypeError):
            await root.aset_ttl(50, cascade=wrong)
    for wrong_seconds in (0, -1, True, 1.5):
        with pytest.raises(UnsupportedArgumentValueError):
            await root.aset_ttl(wrong_seconds, cascade=True)
    with pytest.raises(KeyNotFound):
        await CasRoot().aset_ttl(50, cascade=True)
    with pytest.raises(PipelineError, match="cascade"):
        async with apipeline():
            await root.aset_ttl(50, cascade=True)


def test_what_can_be_declared() -> None:
    for depth in (-1, True, 1.5, "1"):
        with pytest.raises(InvalidCascadeDepthError):
            CascadeTTL(depth=depth)
    with pytest.raises(UnsupportedArgumentTypeError):
        RedisConfig(cascade_ttl=True)
    assert CascadeTTL(depth=1) == CascadeTTL(True, 1, TTLCascadeMode.EXTEND)
    assert CascadeTTL(depth=1) != CascadeTTL()
    with REGISTRY.isolated(), pytest.raises(UnsupportedFieldError, match="references"):

        class NoReference(AtomicRedisModel):
            n: Annotated[int, CascadeTTL()] = 0


@pytest.fixture
def own_registry() -> Iterator[None]:
    with REGISTRY.isolated():
        yield


async def test_the_default_of_all_classes(
    rapyer: ModuleType, redis_url: str, own_registry: None
) -> None:
    class Leaf(AtomicRedisModel):
        n: int = 0

    class Holder(AtomicRedisModel):
        Meta = RedisConfig(ttl=300)
        leaf: Reference[Leaf] | None = None

    class Refusing(Holder):
        Meta = RedisConfig(cascade_ttl=CascadeTTL(enabled=False))

    leaf = await dying(Leaf())
    for cls in (Holder, Refusing):
        await (await cls(leaf=leaf).asave()).aload()
    assert await seconds_of(leaf) == [10]
    await init_rapyer(redis_url, cascade_ttl=CascadeTTL())
    await (await Refusing(leaf=leaf).asave()).aload()
    assert await seconds_of(leaf) == [10]
    await (await Holder(leaf=leaf).asave()).aload()
    assert await seconds_of(leaf) == [300]
    with pytest.raises(UnsupportedArgumentTypeError):
        await init_rapyer(redis_url, cascade_ttl=1)


async def test_exactly_once(rapyer: ModuleType, own_registry: None) -> None:
    class Leaf(AtomicRedisModel):
        n: int = 0

    class Holder(AtomicRedisModel):
        Meta = RedisConfig(ttl=300, exactly_once=True, cascade_ttl=CascadeTTL())
        n: int = 0
        leaf: Reference[Leaf]
        other: Reference[Holder] | None = None

    leaf = await dying(Leaf())
    other = await dying(Holder(leaf=leaf))
    holder = await Holder(leaf=leaf, other=other).asave()
    for act in (
        lambda: holder.n.aincrease(),
        lambda: holder.asave(force=True),
        lambda: Holder.ainsert(holder),
        lambda: Holder.aget(holder.key),
        lambda: Holder.afind(holder.key),
        lambda: holder.n.aapply(lambda n: n + 1),
        lambda: holder.refresh_ttl(),
        lambda: holder.aset_ttl(300, cascade=True),
    ):
        await fade(leaf, other)
        await act()
        assert await seconds_of(holder, leaf, other) == [300, 300, 300]


async def test_a_model_that_holds_itself_can_be_searched(
    rapyer: ModuleType, own_registry: None
) -> None:
    class Leaf(AtomicRedisModel):
        n: int = 0

    class Tree(BaseModel):
        left: Tree | None = None
        right: Tree | None = None
        more: list[Tree] = []
        by_name: dict[str, Tree] = {}
        leaf: Annotated[Reference[Leaf] | None, CascadeTTL()] = None

    class Wood(AtomicRedisModel):
        Meta = RedisConfig(ttl=300)
        tree: Tree

    leaf, other = await dying(Leaf()), await dying(Leaf())
    tree = Tree(leaf=leaf, left=Tree(more=[Tree(leaf=other)]))
    wood = await Wood(tree=tree).asave()
    await wood.aload()
    assert await seconds_of(leaf, other) == [300, 300]
    loaded = await wood.afetch_related()
    assert loaded.tree.left.more[0].leaf.is_resolved
