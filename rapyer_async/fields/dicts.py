"""Dicts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from typing_extensions import Self

from rapyer_core.bound.containers import REQUIRED
from rapyer_core.bound.dict_operations import DictOperations
from rapyer_core.bound.dicts import BoundDict
from rapyer_core.bound.handles import HandleOfDict

from ..running import perform
from .values import ValueMethods

if TYPE_CHECKING:
    from datetime import datetime

    from .datetimes import RedisDatetime
    from .lists import RedisList
    from .numbers import RedisFloat, RedisInt
    from .texts import RedisStr
    from .values import RedisBool, RedisBytes

__all__ = ["DictHandle", "DictMethods", "RedisDict"]

K = TypeVar("K")
V = TypeVar("V")
D = TypeVar("D")
E = TypeVar("E")
L = TypeVar("L")


class DictMethods(ValueMethods[dict[K, V]], DictOperations, Generic[K, V]):
    """What a dict can do on the server.

    Except where a member or a count is asked for, each returns the dict itself, with the same
    change made in the local copy.
    """

    __slots__ = ()

    async def aset_item(self, key: K, value: V) -> Self:
        """Set a member."""
        result: Self = await perform(self, "aset_item", self.set_item_operation, key, value)
        return result

    async def aupdate(
        self, other: Mapping[K, V] | Iterable[tuple[K, V]] = (), /, **named: V
    ) -> Self:
        """Set members, given as `dict.update` takes them, in one step."""
        result: Self = await perform(self, "aupdate", self.update_operation, other, **named)
        return result

    async def adel_item(self, key: K) -> Self:
        """Remove a member.

        Raises:
            DictKeyError: there is none.
        """
        result: Self = await perform(self, "adel_item", self.delete_operation, key)
        return result

    @overload
    async def apop(self, key: K, /) -> V: ...
    @overload
    async def apop(self, key: K, default: D, /) -> V | D: ...
    async def apop(self, key: Any, default: Any = REQUIRED, /) -> Any:
        """Remove a member, and return its value, or `default` where there is none.

        Raises:
            DictKeyError: there is none, and no default.
        """
        return await perform(self, "apop", self.pop_operation, key, default)

    async def apopitem(self) -> tuple[K, V]:
        """Remove the last member, and return its key and value.

        Raises:
            DictKeyError: the dict is empty.
        """
        item: tuple[K, V] = await perform(self, "apopitem", self.popitem_operation)
        return item

    async def asetdefault(self, key: K, default: V | None = None, /) -> V:
        """Return a member's value, after adding `default` where there was none."""
        value: V = await perform(self, "asetdefault", self.setdefault_operation, key, default)
        return value

    async def aclear(self) -> Self:
        """Remove every member."""
        result: Self = await perform(self, "aclear", self.clear_operation)
        return result

    async def alength(self) -> int:
        """Return how many members the server has."""
        length: int = await perform(self, "alength", self.length_operation)
        return length


class RedisDict(DictMethods[K, V], BoundDict[K, V]):
    """A dict in a document. Its plain methods and operators change the local copy."""

    __slots__ = ()

    if TYPE_CHECKING:
        # A value as a read gives it, with its place; one overload for each plain type.
        @overload
        def __getitem__(self: RedisDict[K, int], key: K, /) -> RedisInt: ...
        @overload
        def __getitem__(self: RedisDict[K, bool], key: K, /) -> RedisBool: ...
        @overload
        def __getitem__(self: RedisDict[K, float], key: K, /) -> RedisFloat: ...
        @overload
        def __getitem__(self: RedisDict[K, str], key: K, /) -> RedisStr: ...
        @overload
        def __getitem__(self: RedisDict[K, bytes], key: K, /) -> RedisBytes: ...
        @overload
        def __getitem__(self: RedisDict[K, datetime], key: K, /) -> RedisDatetime: ...
        @overload
        def __getitem__(self: RedisDict[K, list[E]], key: K, /) -> RedisList[E]: ...
        @overload
        def __getitem__(self: RedisDict[K, dict[L, E]], key: K, /) -> RedisDict[L, E]: ...
        @overload
        def __getitem__(self, key: K, /) -> V: ...
        def __getitem__(self, key: Any, /) -> Any: ...


class DictHandle(DictMethods[Any, Any], HandleOfDict):
    """The place of a dict."""

    __slots__ = ()
