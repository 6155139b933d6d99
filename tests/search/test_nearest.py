"""Nearest vectors: the index and the evaluator find the same ones, alone and beside a filter."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Annotated, Any

import pytest

import rapyer_sync
from rapyer_core.search.compiling import DISTANCE, compiled
from rapyer_core.search.evaluating import matches, nearest_of, selected
from rapyer_core.search.vectors import vector_distance
from rapyer_sync import AtomicRedisModel, Field, Index

from .questions import Asked

COUNT = 60


class Shape(AtomicRedisModel):
    age: Index[int] = Field(0)
    name: Annotated[str | None, Index()] = None
    l2: Annotated[list[float], Index(vector="flat", dimensions=3, metric="L2")]
    ip: Annotated[list[float], Index(vector="flat", dimensions=3, metric="IP", bits=64)]
    cosine: Annotated[list[float], Index(vector="flat", dimensions=3)]
    l2_hnsw: Annotated[
        list[float],
        Index(vector="hnsw", dimensions=3, metric="L2", bits=64, m=16, ef_runtime=100),
    ]
    cosine_hnsw: Annotated[list[float] | None, Index(vector="hnsw", dimensions=3)] = None


# To type checkers a plain annotation is a value.
_S: Any = Shape
FIELDS = ["l2", "ip", "cosine", "l2_hnsw", "cosine_hnsw"]


@pytest.fixture
def asked(server_url: str) -> Iterator[Asked]:
    rapyer_sync.init_rapyer(server_url)
    asked, chance = Asked(server_url, Shape), random.Random(7)
    shapes: list[Any] = []
    for age in range(COUNT):
        vector = [chance.uniform(-1, 1) for _ in range(3)]
        rare = vector if age % 2 else None
        name = f"n{age % 3}"
        shapes.append(
            Shape(
                age=age, name=name, l2=vector, ip=vector, cosine=vector, l2_hnsw=vector,
                cosine_hnsw=rare,
            )
        )  # fmt: skip
    asked.put(shapes)
    yield asked
    asked.close()
    rapyer_sync.teardown_rapyer()


@pytest.mark.parametrize("name", FIELDS)
def test_both_find_the_same(asked: Asked, name: str) -> None:
    field = getattr(_S, name)
    chance = random.Random(11)
    for count in (1, 5, COUNT, 2 * COUNT):
        near = field.knn(count, [chance.uniform(-1, 1) for _ in range(3)])
        for condition in (
            near,
            (_S.age > 30) & near,
            near & ~(_S.name == "n1"),
            # The index does not decide this one, so that the evaluator picks the nearest.
            near & _S.name.startswith("n"),
        ):
            found = {key for key, _ in selected(condition, asked.documents.items())}
            assert asked.by_index(condition) == found
            assert len(found) <= count


def test_the_server_tells_the_same_distance(asked: Asked) -> None:
    for name in FIELDS:
        field = getattr(_S, name)
        vector = [0.1, -0.2, 0.7]
        query = compiled(field.knn(COUNT, vector), Shape)
        args = ("RETURN", "1", DISTANCE, "LIMIT", "0", "100", *query.arguments())
        reply = asked.client.execute_command("FT.SEARCH", asked.index, query.text, *args)
        told = dict(zip(reply[1::2], reply[2::2], strict=True))
        assert told
        for key, fields in told.items():
            held = asked.documents[key.decode()][name]
            metric = field.rapyer_field().mark.metric
            assert float(fields[1]) == pytest.approx(
                vector_distance(metric, vector, held), abs=1e-5
            )


def test_nearest_come_first(asked: Asked) -> None:
    near = _S.l2.knn(10, [0, 0, 0])
    found = nearest_of(near, asked.documents.items())
    away = [vector_distance("L2", (0, 0, 0), each["l2"]) for _, each in found]
    assert away == sorted(away) and len(away) == 10


def test_whether_there_is_a_vector(asked: Asked) -> None:
    asked.check([_S.cosine_hnsw.is_null(), _S.cosine_hnsw.exists() & (_S.age > 5)])
    without = [key for key, each in asked.documents.items() if each["cosine_hnsw"] is None]
    assert asked.by_index(_S.cosine_hnsw.is_null()) == set(without)
    assert matches(_S.cosine_hnsw.is_null(), asked.documents[without[0]])
