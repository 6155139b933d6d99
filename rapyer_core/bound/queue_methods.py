"""Python's own methods on a queue beside a document, in a pipeline and outside of one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, overload

from pydantic_core import core_schema
from typing_extensions import Self

from ..schemas import NEUTRAL
from ..scopes import refuse_in_scope, take_over
from .queue_copies import QueueCopy
from .queues import PriorityQueueItem
from .special_operations import special_schema

if TYPE_CHECKING:
    from ..expressions import Expression

__all__ = ["BoundQueue"]

T = TypeVar("T")


class BoundQueue(QueueCopy[T], Sequence[PriorityQueueItem[T]], Generic[T]):
    """A queue beside a document. Its own methods change the local copy.

    It is read as a sequence of `PriorityQueueItem`, in the order in which they are served.
    """

    __slots__ = ()

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: Any) -> Expression[list[tuple[T, float]]]: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> Self: ...
        def __get__(self, instance: object | None, owner: Any) -> Any: ...
        def __set__(self, instance: Any, value: Sequence[tuple[T, float]]) -> None: ...

    # As a sequence

    @overload
    def __getitem__(self, index: int) -> PriorityQueueItem[T]: ...
    @overload
    def __getitem__(self, index: slice) -> list[PriorityQueueItem[T]]: ...
    def __getitem__(self, index: Any) -> Any:
        return self._in_order()[index]  # pyright: ignore[reportUnknownVariableType]  # by an index of any kind

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[PriorityQueueItem[T]]:
        return iter(list(self._in_order()))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (BoundQueue, list)):
            return False
        return self._in_order() == _plain_items(other)  # pyright: ignore[reportUnknownArgumentType]  # of any items

    __hash__: ClassVar[None]  # type: ignore[assignment]  # as of a list
    if not TYPE_CHECKING:
        __hash__ = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._in_order()!r})"

    def clone(self) -> list[PriorityQueueItem[T]]:
        """Return the items, without a place."""
        return list(self)

    copy = clone

    def __reduce_ex__(self, protocol: Any) -> Any:
        return list, (list(self),)

    def __deepcopy__(self, memo: dict[int, Any]) -> list[PriorityQueueItem[T]]:
        from copy import deepcopy

        return [deepcopy(item, memo) for item in self]

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        values = getattr(source, "__args__", ())
        value = handler.generate_schema(values[0] if values else Any)
        pair = core_schema.tuple_schema([value, core_schema.float_schema()])
        item = core_schema.no_info_after_validator_function(_item, pair)
        items = core_schema.list_schema(item)
        schema = core_schema.no_info_before_validator_function(
            _listed,
            core_schema.no_info_after_validator_function(
                _in_order, items, metadata={NEUTRAL: True}
            ),
            serialization=core_schema.plain_serializer_function_ser_schema(
                list, return_schema=core_schema.list_schema(pair)
            ),
            metadata={NEUTRAL: True},
        )
        return special_schema(schema, "q")  # type: ignore[arg-type]  # a typed dict

    # Local changes

    def push(self, value: T, priority: float) -> Any:
        """Push a value; the lowest priority is served first."""
        if take_over(self, self.push_operation, value, priority):
            return
        self._push(self.rapyer_item(value, priority))

    def push_many(self, items: Iterable[tuple[T, float]]) -> Any:
        """Push items: pairs of a value and its priority."""
        given = list(items)
        if take_over(self, self.push_many_operation, given):
            return
        for item in [self.rapyer_item(*each) for each in given]:
            self._push(item)

    def pop(self) -> Any:
        """Remove the first item, and return its value; None where there is none."""
        refuse_in_scope(self, "pop", "use remove, or pop before the pipeline")
        items = self._in_order()
        if not items:
            return None
        self._remove_at(self._find(items[0].value, items[0].priority))
        return items[0].value

    def peek(self) -> Any:
        """Return the value of the first item; None where there is none."""
        items = self._in_order()
        return items[0].value if items else None

    def remove(self, value: T) -> Any:
        """Remove a value, the first of equal ones; return whether it was there."""
        if take_over(self, self.remove_operation, value):
            return None
        key = self._find(self.rapyer_values.checked(value, self))
        if key is not None:
            self._remove_at(key)
        return key is not None

    def clear(self) -> Any:
        """Remove every item."""
        if take_over(self, self.clear_operation):
            return
        for key in list(self._entries):
            self._remove_at(key)

    def items(self) -> Any:
        """Return the items, in the order in which they are served."""
        return list(self._in_order())

    def size(self) -> Any:
        """Return how many items there are."""
        return len(self._entries)


def _listed(value: Any) -> Any:
    return _plain_items(value) if isinstance(value, BoundQueue) else value  # pyright: ignore[reportUnknownArgumentType]  # of any items


def _plain_items(items: Iterable[Any]) -> list[Any]:
    return list(items)


def _in_order(items: list[PriorityQueueItem[Any]]) -> list[PriorityQueueItem[Any]]:
    return sorted(items, key=lambda item: item.priority)


def _item(pair: tuple[Any, float]) -> PriorityQueueItem[Any]:
    if math.isnan(pair[1]):
        raise ValueError("a priority is a number")
    return PriorityQueueItem(*pair)


BoundQueue.rapyer_plain = BoundQueue.rapyer_local = BoundQueue
