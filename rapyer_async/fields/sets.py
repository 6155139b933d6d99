"""Sets, under a key of their own beside the document."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Generic, TypeVar, overload

from typing_extensions import Self

from rapyer_core.bound.combining import combine_operation
from rapyer_core.bound.containers import REQUIRED
from rapyer_core.bound.handles import HandleOfSet
from rapyer_core.bound.set_operations import SetOperations
from rapyer_core.bound.sets import BoundSet
from rapyer_core.operations import Operation
from rapyer_core.places import Route

from ..clients import driver_of
from ..running import perform
from .values import ValueMethods

__all__ = ["RedisSet", "SetHandle", "SetMethods"]

T = TypeVar("T")
D = TypeVar("D")


class SetMethods(ValueMethods[set[T]], SetOperations, Generic[T]):
    """What a set can do on the server. The local copy follows what is done through it.

    Members are compared by their stored text. Each raises `KeyNotFound` where the document is
    not there.
    """

    __slots__ = ()

    async def aadd(self, value: T) -> bool:
        """Add a member; return whether it is new."""
        is_new: bool = await perform(self, "aadd", self.add_operation, value)
        return is_new

    async def aadd_many(self, values: Iterable[T]) -> int:
        """Add the members of any iterable, in one step; return how many are new."""
        new: int = await perform(self, "aadd_many", self.add_many_operation, values)
        return new

    async def adiscard(self, value: T) -> bool:
        """Remove a member; return whether it was there."""
        was_there: bool = await perform(self, "adiscard", self.discard_operation, value)
        return was_there

    async def aremove(self, value: T) -> Self:
        """Remove a member, and return the set.

        Raises:
            MemberNotFoundError: it is not there.
        """
        result: Self = await perform(self, "aremove", self.remove_operation, value)
        return result

    @overload
    async def apop(self) -> T: ...
    @overload
    async def apop(self, default: D) -> T | D: ...
    async def apop(self, default: Any = REQUIRED) -> Any:
        """Remove any member, and return it, or `default` where the set is empty.

        Raises:
            MemberNotFoundError: it is empty, and there is no default.
        """
        return await perform(self, "apop", self.pop_operation, default)

    async def aclear(self) -> Self:
        """Remove every member, and return the set."""
        result: Self = await perform(self, "aclear", self.clear_operation)
        return result

    async def adelete_special(self) -> Self:
        """Remove the field's key, which is to remove every member."""
        result: Self = await perform(self, "adelete_special", self.clear_operation)
        return result

    async def acontains(self, value: T) -> bool:
        """Return whether the server has a member."""
        is_there: bool = await perform(self, "acontains", self.contains_operation, value)
        return is_there

    async def amembers(self) -> set[T]:
        """Return the members that the server has; the local copy has them then, too."""
        members: set[T] = await perform(self, "amembers", self.contents_operation)
        return members

    async def aunion(self, *others: Iterable[T]) -> set[T]:
        """Return the members of this set or any other, as a plain set.

        Other sets of stored documents, of any class, are read on the server in the same step.

        Raises:
            KeyNotFound: the document of one is not there.
            CrossSlotError: in a cluster, they are in several slots.
            WrongDatabaseError: one is in another database.
        """
        return await self._combined("aunion", "|", others)

    async def aintersect(self, *others: Iterable[Any]) -> set[T]:
        """Return the members that all other sets have, too; as for a union."""
        return await self._combined("aintersect", "&", others)

    async def adifference(self, *others: Iterable[Any]) -> set[T]:
        """Return the members that no other set has; as for a union."""
        return await self._combined("adifference", "-", others)

    async def _combined(self, method: str, sign: str, others: tuple[Iterable[Any], ...]) -> set[T]:
        def build(route: Route, *others: Iterable[Any]) -> Operation:
            in_cluster = driver_of(type(route.root)).is_cluster
            return combine_operation(self, route, sign, others, in_cluster)

        members: set[T] = await perform(self, method, build, *others)
        return members

    async def asize(self) -> int:
        """Return how many members the server has."""
        size: int = await perform(self, "asize", self.size_operation)
        return size


class RedisSet(SetMethods[T], BoundSet[T]):
    """A set beside a document. Its plain methods and operators change the local copy."""

    __slots__ = ()


class SetHandle(SetMethods[Any], HandleOfSet):
    """The place of a set."""

    __slots__ = ()

    rapyer_bound: ClassVar[type] = RedisSet
