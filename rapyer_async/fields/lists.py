"""Lists."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Generic, SupportsIndex, TypeVar, overload

from typing_extensions import Self

from rapyer_core.bound.handles import HandleOfList
from rapyer_core.bound.list_operations import ListOperations
from rapyer_core.bound.lists import BoundList

from ..running import perform
from .values import ValueMethods

if TYPE_CHECKING:
    from datetime import datetime

    from .datetimes import RedisDatetime
    from .dicts import RedisDict
    from .numbers import RedisFloat, RedisInt
    from .texts import RedisStr
    from .values import RedisBool, RedisBytes

__all__ = ["ListHandle", "ListMethods", "RedisList"]

T = TypeVar("T")
E = TypeVar("E")
K = TypeVar("K")


class ListMethods(ValueMethods[list[T]], ListOperations, Generic[T]):
    """What a list can do on the server.

    Except where an item or a count is asked for, each returns the list itself, brought up to
    date: by the same change where the server's list was as long as the local copy, else by the
    server's items. Indices are Python's.
    """

    __slots__ = ()

    async def aappend(self, value: T) -> Self:
        """Append an item."""
        result: Self = await perform(self, "aappend", self.append_operation, value)
        return result

    async def aextend(self, values: Iterable[T]) -> Self:
        """Append the items of any iterable, in one step."""
        result: Self = await perform(self, "aextend", self.extend_operation, list(values))
        return result

    async def ainsert(self, index: int, value: T) -> Self:
        """Insert an item before an index; one past an end means that end."""
        result: Self = await perform(self, "ainsert", self.insert_operation, index, value)
        return result

    async def apop(self, index: int = -1) -> T:
        """Remove the item at an index, and return it.

        Raises:
            ListIndexError: there is none.
        """
        item: T = await perform(self, "apop", self.pop_operation, index)
        return item

    async def aremove(self, value: T) -> Self:
        """Remove the first item that equals a value.

        Raises:
            ItemNotFoundError: there is none.
        """
        result: Self = await perform(self, "aremove", self.remove_operation, value)
        return result

    async def aremove_range(self, start: int, stop: int) -> Self:
        """Remove the items of the slice ``[start:stop]``."""
        result: Self = await perform(
            self, "aremove_range", self.remove_range_operation, start, stop
        )
        return result

    async def aset_item(self, index: int, value: T) -> Self:
        """Replace the item at an index.

        Raises:
            ListIndexError: there is none.
        """
        result: Self = await perform(self, "aset_item", self.set_item_operation, index, value)
        return result

    async def aclear(self) -> Self:
        """Remove every item."""
        result: Self = await perform(self, "aclear", self.clear_operation)
        return result

    async def alength(self) -> int:
        """Return how many items the server has."""
        length: int = await perform(self, "alength", self.length_operation)
        return length


class RedisList(ListMethods[T], BoundList[T]):
    """A list in a document. Its plain methods and operators change the local copy."""

    __slots__ = ()

    if TYPE_CHECKING:
        # An item as a read gives it, with its place; one overload for each plain type.
        @overload
        def __getitem__(self: RedisList[int], index: SupportsIndex, /) -> RedisInt: ...
        @overload
        def __getitem__(self: RedisList[bool], index: SupportsIndex, /) -> RedisBool: ...
        @overload
        def __getitem__(self: RedisList[float], index: SupportsIndex, /) -> RedisFloat: ...
        @overload
        def __getitem__(self: RedisList[str], index: SupportsIndex, /) -> RedisStr: ...
        @overload
        def __getitem__(self: RedisList[bytes], index: SupportsIndex, /) -> RedisBytes: ...
        @overload
        def __getitem__(self: RedisList[datetime], index: SupportsIndex, /) -> RedisDatetime: ...
        @overload
        def __getitem__(self: RedisList[list[E]], index: SupportsIndex, /) -> RedisList[E]: ...
        @overload
        def __getitem__(
            self: RedisList[dict[K, E]], index: SupportsIndex, /
        ) -> RedisDict[K, E]: ...
        @overload
        def __getitem__(self, index: SupportsIndex, /) -> T: ...
        @overload
        def __getitem__(self, index: slice, /) -> list[T]: ...
        def __getitem__(self, index: Any, /) -> Any: ...  # pyright: ignore[reportIncompatibleMethodOverride]  # the last two are the base's; it does not look past the others


class ListHandle(ListMethods[Any], HandleOfList):
    """The place of a list."""

    __slots__ = ()
