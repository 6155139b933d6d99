"""How a query is answered, told without asking anybody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rapyer_core.search.compiling import CompiledQuery
from rapyer_core.search.schema import index_schema

from .asked import Asked
from .commands import MOST_AT_ONCE
from .indexes import version_name

__all__ = ["Plan", "plan_of_query"]


@dataclass(frozen=True)
class Plan:
    """How a query is answered.

    index: the version of the index that is asked, None where the class declares none.
    query, params: what a server with search is asked. is_exact: whether that decides by itself;
    else each document that is found is compared in Python. steps: all of it, in words.
    """

    index: str | None
    query: str
    params: dict[str, Any]
    is_exact: bool
    steps: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(self.steps)


def plan_of_query(asked: Asked) -> Plan:
    """Return how a query is answered."""
    compiled, schema = asked.compiled(), index_schema(asked.cls)
    index = version_name(asked.cls.index_name(), schema.fingerprint) if schema else None
    steps = tuple(_steps(asked, compiled, index))
    return Plan(index, compiled.text, dict(compiled.params), compiled.is_exact, steps)


def _steps(asked: Asked, compiled: CompiledQuery, index: str | None) -> Iterator[str]:
    walk = f"read every document of {asked.cls.__name__} and compare it in Python"
    if index is None:
        yield f"no field of {asked.cls.__name__} is indexed: {walk}"
    else:
        yield f"ask {index}: {compiled.text}"
        for name, value in compiled.params:
            yield f"  where ${name} is {value!r}"
        yield f"  up to {MOST_AT_ONCE} documents in one answer, more by a cursor over their keys"
        yield f"without a search module, or in a cluster: {walk}"
        if not compiled.is_exact:
            yield "compare what is found in Python: the index tells it only roughly"
    if asked.sort:
        names = (f"{'-' * each.is_descending}{each.field.name}" for each in asked.sort)
        yield f"sort by {', '.join(names)}, then by key"
    if asked.is_sliced:
        yield f"leave out {asked.offset}, take {'all' if asked.limit is None else asked.limit}"
    if asked.fields:
        yield f"load {', '.join(asked.fields)}"
    if asked.shape is not None:
        yield f"load each as {asked.shape.__name__}"
