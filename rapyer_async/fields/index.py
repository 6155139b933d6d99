"""`Index[str]`: a field that can be asked about.

For a type checker it is one class of its own, so that it finds the expression on the class and
the bound value on an instance; `rapyer_core.search.marks` has what it is when the program runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from rapyer_core.expressions import Expression
from rapyer_core.search.marks import Index as _Index

if TYPE_CHECKING:
    from datetime import datetime

    from .datetimes import RedisDatetime
    from .dicts import RedisDict
    from .lists import RedisList
    from .numbers import RedisFloat, RedisInt
    from .texts import RedisStr
    from .values import RedisBool

__all__ = ["Index"]

P = TypeVar("P")
E = TypeVar("E")
K = TypeVar("K")

if TYPE_CHECKING:

    class Index(_Index, Generic[P]):
        """``name: Index[str]``, or with options ``name: Annotated[RedisStr, Index(text=True)]``."""

        @overload
        def __get__(self, instance: None, owner: Any) -> Expression[P]: ...
        @overload
        def __get__(self: Index[bool], instance: object, owner: Any) -> RedisBool: ...
        @overload
        def __get__(self: Index[int], instance: object, owner: Any) -> RedisInt: ...
        @overload
        def __get__(self: Index[float], instance: object, owner: Any) -> RedisFloat: ...
        @overload
        def __get__(self: Index[str], instance: object, owner: Any) -> RedisStr: ...
        @overload
        def __get__(self: Index[datetime], instance: object, owner: Any) -> RedisDatetime: ...
        @overload
        def __get__(self: Index[list[E]], instance: object, owner: Any) -> RedisList[E]: ...
        @overload
        def __get__(self: Index[dict[K, E]], instance: object, owner: Any) -> RedisDict[K, E]: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> P: ...
        def __get__(self, instance: object | None, owner: Any) -> Any: ...
        def __set__(self, instance: Any, value: P) -> None: ...

else:
    Index = _Index
