"""Python's own methods on a set beside a document, in a pipeline and outside of one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from typing_extensions import Self

from ..scopes import refuse_in_scope, take_over
from .set_copies import SetCopy
from .set_operations import plain_set
from .special_operations import special_schema

if TYPE_CHECKING:
    from ..expressions import Expression

__all__ = ["BoundSet"]

T = TypeVar("T")


class BoundSet(SetCopy[T], Generic[T]):
    """A set beside a document. Its own methods change the local copy; operators make plain sets."""

    __slots__ = ()

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: Any) -> Expression[set[T]]: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> Self: ...
        def __get__(self, instance: object | None, owner: Any) -> Any: ...
        def __set__(self, instance: Any, value: set[T]) -> None: ...

    # As a value

    def copy(self) -> set[T]:
        return set(self)

    clone = copy

    def __repr__(self) -> str:
        # A set's own says the class of one that is derived from it.
        return repr(set(self))

    def __reduce_ex__(self, protocol: Any) -> Any:
        return set, (list(self),)

    def __deepcopy__(self, memo: dict[int, Any]) -> set[T]:
        from copy import deepcopy

        return {deepcopy(value, memo) for value in self}

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        members = getattr(source, "__args__", ())
        plain: Any = set
        return special_schema(handler.generate_schema(plain[members[0]] if members else plain), "s")

    # Local changes

    def add(self, value: T, /) -> Any:
        if take_over(self, self.add_operation, value):
            return
        member = self.rapyer_members.checked(value, self)
        if member not in self:
            plain_set.add(self, member)
            self._note(member, self.rapyer_removed, self.rapyer_added)

    def discard(self, value: Any, /) -> Any:
        if take_over(self, self.discard_operation, value):
            return
        if value in self:
            plain_set.discard(self, value)
            self._note(value, self.rapyer_added, self.rapyer_removed)

    def remove(self, value: T, /) -> Any:
        if take_over(self, self.remove_operation, value):
            return
        plain_set.remove(self, value)
        self._note(value, self.rapyer_added, self.rapyer_removed)

    def pop(self) -> Any:
        refuse_in_scope(self, "pop", "use discard, or pop before the pipeline")
        value = plain_set.pop(self)
        self._note(value, self.rapyer_added, self.rapyer_removed)
        return value

    def clear(self) -> Any:
        if take_over(self, self.clear_operation):
            return
        for value in set[Any](self):
            BoundSet.discard(self, value)  # pyright: ignore[reportUnknownMemberType]  # the class is named bare

    def update(self, *others: Iterable[T]) -> None:
        values = [value for other in others for value in other]
        if take_over(self, self.add_many_operation, values):
            return
        for value in values:
            BoundSet.add(self, value)  # pyright: ignore[reportUnknownMemberType]  # see `clear`

    def difference_update(self, *others: Iterable[Any]) -> None:
        values = [value for other in others for value in other]
        if take_over(self, self.discard_many_operation, values):
            return
        for value in values:
            BoundSet.discard(self, value)  # pyright: ignore[reportUnknownMemberType]  # see `clear`

    def intersection_update(self, *others: Iterable[Any]) -> None:
        if not others:
            return
        first, *rest = map(set[Any], others)
        common = first.intersection(*rest)
        if take_over(self, self.keep_operation, common):
            return
        for value in set[Any](self) - common:
            BoundSet.discard(self, value)  # pyright: ignore[reportUnknownMemberType]  # see `clear`

    def symmetric_difference_update(self, other: Iterable[T], /) -> None:
        values = set[Any](other)
        if take_over(self, self.toggle_operation, values):
            return
        removed = values & self
        for value in values - removed:
            BoundSet.add(self, value)  # pyright: ignore[reportUnknownMemberType]  # see `clear`
        for value in removed:
            BoundSet.discard(self, value)  # pyright: ignore[reportUnknownMemberType]  # see `clear`

    if not TYPE_CHECKING:  # to which these are set's own

        def __ior__(self, other: Any) -> Any:
            return self._inplace(BoundSet.update, other)

        def __iand__(self, other: Any) -> Any:
            return self._inplace(BoundSet.intersection_update, other)

        def __isub__(self, other: Any) -> Any:
            return self._inplace(BoundSet.difference_update, other)

        def __ixor__(self, other: Any) -> Any:
            return self._inplace(BoundSet.symmetric_difference_update, other)

        def _inplace(self, method: Callable[..., Any], other: Any) -> Any:
            if not isinstance(other, AbstractSet):
                return NotImplemented
            method(self, set(other))
            return self


BoundSet.rapyer_local = BoundSet
