"""Random graphs of documents: what is fetched, and whose lifetimes follow, is what a walk gives."""

from __future__ import annotations

import random
from types import ModuleType

import pytest

from rapyer_async import (
    AtomicRedisModel,
    CascadeResult,
    CascadeTTL,
    Key,
    RedisConfig,
    Reference,
)

from .asking import ask
from .counting import counted


class GraphNode(AtomicRedisModel):
    name: Key[str]
    next: Reference[GraphNode] | None = None
    others: list[Reference[GraphNode]] = []
    named: dict[str, Reference[GraphNode]] = {}


class GraphTimed(AtomicRedisModel):
    Meta = RedisConfig(ttl=300, refresh_ttl=False)
    name: Key[str]
    next: Reference[GraphTimed] | None = None
    others: list[Reference[GraphTimed]] = []


Graph = dict[str, list[str]]


def graph_of(seed: int) -> Graph:
    """Return who refers to whom; there are cycles, nodes that nobody refers to, and ends."""
    chance = random.Random(seed)
    names = [str(i) for i in range(chance.randint(1, 12))]
    density = chance.choice((0.5, 1.0, 2.0))
    return {
        name: [chance.choice(names) for _ in range(round(chance.random() * 2 * density))]
        for name in names
    }


def levels_of(graph: Graph, start: str) -> list[set[str]]:
    """Return the nodes that are first met at each level, the start at level 0."""
    levels, met = [{start}], {start}
    while levels[-1]:
        found = {name for node in levels[-1] for name in graph[node]} - met
        met |= found
        levels.append(found)
    return levels[:-1]


def node_of(name: str, refers: list[str]) -> GraphNode:
    first, *rest = refers or [None]
    half = len(rest) // 2
    return GraphNode(
        name=name,
        next=first,
        others=rest[:half],
        named={str(i): other for i, other in enumerate(rest[half:])},
    )


@pytest.mark.parametrize("seed", range(25))
async def test_what_is_fetched(rapyer: ModuleType, seed: int) -> None:
    graph = graph_of(seed)
    await GraphNode.ainsert(*[node_of(name, refers) for name, refers in graph.items()])
    levels, driver = levels_of(graph, "0"), counted()
    for depth in (None, *range(len(levels) + 2)):
        root = await GraphNode.aget("0")
        driver.forget()
        await root.afetch_related(depth=depth)
        reached = levels if depth is None else levels[: depth + 1]
        # One trip for each level that brings something new; the root is at hand.
        assert driver.trips == [["JSON.MGET"]] * (len(reached) - 1)
        found: dict[str, GraphNode] = {"0": root}
        todo = [root]
        while todo:
            node = todo.pop()
            references = [*node.others, *node.named.values()]
            references += [] if node.next is None else [node.next]
            keys = [f"GraphNode:{name}" for name in graph[str(node.name)]]
            assert sorted(each.target_key for each in references) == sorted(keys)
            for reference in references:
                if reference.is_resolved:
                    target = reference.value
                    if target.name not in found:
                        todo.append(target)
                    # Every way to a document leads to the same instance.
                    assert found.setdefault(str(target.name), target) is target
        assert set(found) == set().union(*reached)


@pytest.mark.parametrize("seed", range(25))
async def test_whose_lifetimes_follow(rapyer: ModuleType, seed: int) -> None:
    graph = graph_of(seed)
    nodes = [
        GraphTimed(name=name, next=refers[0] if refers else None, others=refers[1:])
        for name, refers in graph.items()
    ]
    await GraphTimed.ainsert(*nodes)
    levels, driver = levels_of(graph, "0"), counted()
    root = await GraphTimed.aget("0")
    await root.aset_ttl(300, cascade=True)  # which makes the script known
    for depth in (None, *range(len(levels) + 1)):
        for node in nodes:
            await ask(GraphTimed, "EXPIRE", node.key, "10")
        driver.forget()
        result = await root.aset_ttl(900, cascade=CascadeTTL(depth=depth))
        reached = levels if depth is None else levels[: depth + 1]
        assert result == CascadeResult(
            refreshed=sum(map(len, reached[1:])), dangling_children=0, dangling_special=0
        )
        assert [len(trip) for trip in driver.trips] == [len(level) for level in reached]
        left = {node.name: await ask(GraphTimed, "TTL", node.key) for node in nodes}
        renewed = {name for name, seconds in left.items() if seconds > 10}
        assert renewed == set().union(*reached)
        assert left["0"] > 800
