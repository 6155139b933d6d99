"""Priority queues, under a key of their own beside the document."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Generic, TypeVar

from typing_extensions import Self

from rapyer_core.bound.handles import HandleOfQueue
from rapyer_core.bound.queue_methods import BoundQueue
from rapyer_core.bound.queue_operations import QueueOperations
from rapyer_core.bound.queues import PriorityQueueItem

from ..running import perform
from .values import ValueMethods

__all__ = ["QueueHandle", "QueueMethods", "RedisPriorityQueue"]

T = TypeVar("T")


class QueueMethods(ValueMethods[list[PriorityQueueItem[T]]], QueueOperations, Generic[T]):
    """What a queue can do on the server. The local copy follows what is done through it.

    The lowest priority is served first. Each raises `KeyNotFound` where the document is not
    there.
    """

    __slots__ = ()

    async def apush(self, value: T, priority: float) -> Self:
        """Push a value, and return the queue.

        A value that is in the queue gets the new priority, unless equal ones are kept apart.
        """
        result: Self = await perform(self, "apush", self.push_operation, value, priority)
        return result

    async def apush_many(self, items: Iterable[tuple[T, float]]) -> Self:
        """Push items, or pairs of a value and its priority, in one step; return the queue."""
        result: Self = await perform(self, "apush_many", self.push_many_operation, items)
        return result

    async def apop(self) -> T | None:
        """Remove the item with the lowest priority, and return its value; None where none is."""
        value: T | None = await perform(self, "apop", self.pop_operation)
        return value

    async def apeek(self) -> T | None:
        """Return the value with the lowest priority, and leave it there; None where none is."""
        value: T | None = await perform(self, "apeek", self.peek_operation)
        return value

    async def aitems(self) -> list[PriorityQueueItem[T]]:
        """Return the items that the server has, in order; the local copy has them then, too."""
        items: list[PriorityQueueItem[T]] = await perform(self, "aitems", self.contents_operation)
        return items

    async def asize(self) -> int:
        """Return how many items the server has."""
        size: int = await perform(self, "asize", self.size_operation)
        return size

    async def aremove(self, value: T) -> bool:
        """Remove a value, the first of equal ones; return whether it was there."""
        was_there: bool = await perform(self, "aremove", self.remove_operation, value)
        return was_there

    async def aclear(self) -> Self:
        """Remove every item, and return the queue."""
        result: Self = await perform(self, "aclear", self.clear_operation)
        return result

    async def aset(self, value: Iterable[tuple[T, float]]) -> Self:
        """Replace all items, given as items or pairs; return the queue."""
        result: Self = await perform(self, "aset", self.set_operation, list(value))
        return result

    async def aapply(
        self, function: Callable[[list[PriorityQueueItem[T]]], Iterable[tuple[T, float]]]
    ) -> Self:
        """Replace all items by what a function makes of them, atomically; return the queue.

        The function may be called several times, as for any field.
        """
        result: Self = await perform(self, "aapply", self.apply_operation, function)
        return result

    async def adelete_special(self) -> Self:
        """Remove the field's key, which is to remove every item."""
        result: Self = await perform(self, "adelete_special", self.clear_operation)
        return result


class RedisPriorityQueue(QueueMethods[T], BoundQueue[T]):
    """A priority queue beside a document. Its plain methods change the local copy."""

    __slots__ = ()


class QueueHandle(QueueMethods[Any], HandleOfQueue):
    """The place of a queue."""

    __slots__ = ()

    rapyer_bound: ClassVar[type] = RedisPriorityQueue
