"""Python's own methods on a list in a document, in a pipeline and outside of one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from typing_extensions import Self, SupportsIndex

from ..scopes import refuse_in_scope, take_over
from .binding import bind
from .capping import trim_after_insert, trim_start
from .intents import take_over_item
from .list_copies import ListCopy
from .list_operations import plain_list
from .scalars import BoundScalar

if TYPE_CHECKING:
    from ..expressions import Expression

__all__ = ["BoundList"]

T = TypeVar("T")


class BoundList(ListCopy[T], Generic[T]):
    """A list in a document. Its own methods change the local copy; slices are plain lists."""

    __slots__ = ()

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: Any) -> Expression[list[T]]: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> Self: ...
        def __get__(self, instance: object | None, owner: Any) -> Any: ...
        def __set__(self, instance: Any, value: list[T]) -> None: ...

    # Local reading

    @overload
    def __getitem__(self, index: SupportsIndex, /) -> T: ...
    @overload
    def __getitem__(self, index: slice, /) -> list[T]: ...
    def __getitem__(self, index: Any, /) -> Any:
        found = plain_list.__getitem__(self, index)
        if isinstance(index, slice):
            return found
        position = index.__index__()
        if position < 0:
            position += len(self)
        bound = bind(found, self, position, self.rapyer_items)
        if isinstance(bound, BoundScalar):
            bound.rapyer_version = self.rapyer_version
        return bound

    def copy(self) -> list[T]:
        return list(self)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return list, (list(self),)

    def __deepcopy__(self, memo: dict[int, Any]) -> list[T]:
        from copy import deepcopy

        return [deepcopy(item, memo) for item in self]

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        items = getattr(source, "__args__", ())
        plain: Any = list
        return handler.generate_schema(plain[items[0]] if items else plain)

    # Local changes

    def rapyer_added(self) -> None:
        """Note that items were put at the end, where a capped list may have too many now."""
        count = len(self)
        trim_start(self, self.rapyer_cap)
        self.rapyer_touch(rearranged=len(self) < count)

    def rapyer_one(self, value: Any) -> Any:
        """Return a value as an item, checked and with its place."""
        return self.rapyer_bound([self.rapyer_items.checked(value, self)])[0]

    def append(self, value: T, /) -> None:
        if take_over(self, self.append_operation, value):
            return
        plain_list.append(self, self.rapyer_one(value))
        self.rapyer_added()

    def extend(self, values: Iterable[T], /) -> None:
        values = list(values)
        if take_over(self, self.extend_operation, values):
            return
        plain_list.extend(self, [self.rapyer_one(value) for value in values])
        self.rapyer_added()

    def insert(self, index: SupportsIndex, value: T, /) -> None:
        if take_over(self, self.insert_operation, index, value):
            return
        plain_list.insert(self, index, self.rapyer_one(value))
        trim_after_insert(self, index.__index__(), self.rapyer_cap)
        self.rapyer_touch(rearranged=True)

    def pop(self, index: SupportsIndex = -1, /) -> T:
        refuse_in_scope(self, "pop", "use `del` or remove, or pop before the pipeline")
        item: T = plain_list.pop(self, index)
        self.rapyer_touch(rearranged=True)
        return item

    def remove(self, value: T, /) -> None:
        if take_over(self, self.remove_operation, value):
            return
        plain_list.remove(self, value)
        self.rapyer_touch(rearranged=True)

    def clear(self) -> None:
        if take_over(self, self.clear_operation):
            return
        plain_list.clear(self)
        self.rapyer_touch(rearranged=True)

    def sort(self, **options: Any) -> None:
        refuse_in_scope(self, "sort", "assign the sorted list")
        plain_list.sort(self, **options)
        self.rapyer_touch(rearranged=True)

    def reverse(self) -> None:
        refuse_in_scope(self, "reverse", "assign the reversed list")
        plain_list.reverse(self)
        self.rapyer_touch(rearranged=True)

    def __setitem__(self, index: Any, value: Any, /) -> None:
        if isinstance(index, slice):
            refuse_in_scope(self, "assignment to a slice", "assign the whole list")
            items = [self.rapyer_one(item) for item in value]
            plain_list.__setitem__(self, index, items)  # pyright: ignore[reportUnknownArgumentType]  # a slice of any kind
            trim_start(self, self.rapyer_cap)
            self.rapyer_touch(rearranged=True)
            return
        if take_over_item(self, index, value, self.set_item_operation):
            return
        plain_list.__setitem__(self, index, self.rapyer_one(value))
        self.rapyer_touch(rearranged=False)

    def __delitem__(self, index: SupportsIndex | slice, /) -> None:
        if take_over(self, self.delete_operation, index):
            return
        plain_list.__delitem__(self, index)
        self.rapyer_touch(rearranged=True)

    def __iadd__(self, values: Iterable[T], /) -> Self:  # type: ignore[override,misc]  # as list's, which differs from its __add__ too
        BoundList.extend(self, values)  # pyright: ignore[reportUnknownMemberType]  # the class is named bare
        return self

    def __imul__(self, times: SupportsIndex, /) -> Self:
        refuse_in_scope(self, "*=", "assign the repeated list")
        repeated = list(self) * times.__index__()
        plain_list.__setitem__(self, slice(None), [self.rapyer_one(item) for item in repeated])
        trim_start(self, self.rapyer_cap)
        self.rapyer_touch(rearranged=True)
        return self


BoundList.rapyer_local = BoundList
