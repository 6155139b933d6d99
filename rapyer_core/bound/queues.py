"""Priority queues beside a document: the lowest priority is served first.

A value is in a queue once, and pushing it again gives it the new priority; `KeepEqual` keeps
equal ones apart. Values are compared by their stored text. What has the same priority is served in
the order of the texts, and where equal ones are kept apart in the order of the pushes.
"""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from typing_extensions import NamedTuple

from ..schemas import SPECIAL
from .special_operations import special_schema

__all__ = ["MARK", "KeepEqual", "PriorityQueueItem"]

T = TypeVar("T")


class PriorityQueueItem(NamedTuple, Generic[T]):
    """A value and its priority: a number, the lowest is served first."""

    value: T
    priority: float


class KeepEqual:
    """Keeps equal values of a queue apart: ``Annotated[RedisPriorityQueue[str], KeepEqual()]``."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "KeepEqual()"

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        schema = handler(source)
        if SPECIAL not in (schema.get("metadata") or {}):
            raise TypeError(f"KeepEqual() is for a RedisPriorityQueue, not for {source!r}")
        return special_schema(schema, "k")


# How many digits mark a member where equal values are kept apart (lua/lib/queue_member.lua).
MARK = 24
