"""`Nullable[int]`: a field that may be None, and has the operations of its type when it is not.

`RedisInt | None` means the same when the program runs, and reads the same. But a type checker
looks for what a constructor takes at an annotation that is one class, not at a union, so it
would ask for a `RedisInt` there. For a type checker this is one class; otherwise it is
`typing.Optional`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from rapyer_core.expressions import Expression

if TYPE_CHECKING:
    from datetime import datetime

    from .datetimes import RedisDatetime
    from .dicts import RedisDict
    from .lists import RedisList
    from .numbers import RedisFloat, RedisInt
    from .references import Reference
    from .texts import RedisStr
    from .values import RedisBool, RedisBytes

__all__ = ["MayBeNone", "Nullable"]

P = TypeVar("P")
E = TypeVar("E")
K = TypeVar("K")
M = TypeVar("M")

if TYPE_CHECKING:

    class MayBeNone(Generic[P]):
        """What reading a field gives that may be None; `P` is the plain type."""

        @overload
        def __get__(self, instance: None, owner: Any) -> Expression[P]: ...
        @overload
        def __get__(self: MayBeNone[bool], instance: object, owner: Any) -> RedisBool | None: ...
        @overload
        def __get__(self: MayBeNone[int], instance: object, owner: Any) -> RedisInt | None: ...
        @overload
        def __get__(self: MayBeNone[float], instance: object, owner: Any) -> RedisFloat | None: ...
        @overload
        def __get__(self: MayBeNone[str], instance: object, owner: Any) -> RedisStr | None: ...
        @overload
        def __get__(self: MayBeNone[bytes], instance: object, owner: Any) -> RedisBytes | None: ...
        @overload
        def __get__(
            self: MayBeNone[datetime], instance: object, owner: Any
        ) -> RedisDatetime | None: ...
        @overload
        def __get__(
            self: MayBeNone[list[E]], instance: object, owner: Any
        ) -> RedisList[E] | None: ...
        @overload
        def __get__(
            self: MayBeNone[dict[K, E]], instance: object, owner: Any
        ) -> RedisDict[K, E] | None: ...
        @overload
        def __get__(
            self: MayBeNone[Reference[M]], instance: object, owner: Any
        ) -> Reference[M] | None: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> P | None: ...
        def __get__(self, instance: object | None, owner: Any) -> Any: ...

    class Nullable(MayBeNone[P]):
        """``nick: Nullable[str] = Field(None)``: the argument is the plain type."""

        def __set__(self, instance: Any, value: P | None) -> None: ...

else:
    MayBeNone = Nullable = P | None
