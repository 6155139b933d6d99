"""Lists in a document: what the server is asked to do, and how the local copy follows.

An operation tells the server how long the local copy is. Where the server's list had that
length, the copy makes the same change; where it did not, the reply brings the items from the
first doubtful one on. So a copy follows at the cost of what changed, not of the list's size.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, TypeGuard, TypeVar, overload

from typing_extensions import Self, SupportsIndex

from ..errors import (
    InvalidValueError,
    ItemNotFoundError,
    ListIndexError,
    PathError,
    PipelineError,
    UnsavedChangesError,
)
from ..operations import Computation, Operation
from ..places import InnerPlace, Route
from ..scopes import Scope, refuse_in_scope, take_over
from .base import is_done
from .binding import bind, place
from .capping import trim_after_insert, trim_start
from .containers import ContainerOperations
from .intents import take_over_item
from .scalars import QUEUED, BoundScalar

if TYPE_CHECKING:
    from ..expressions import Expression
    from ..plans import ValuePlan

__all__ = ["BoundList", "ListOperations"]

T = TypeVar("T")

# The methods below the overrides here; of a bare `list`, type checkers do not know the elements.
plain_list: type[list[Any]] = list

# Kinds of items of which equal ones have one text, so that the server can find an item by it. Not
# floats (0.0 == -0.0), dicts (in any order), datetimes (in any zone) nor unions (1 == 1.0).
_ONE_TEXT = frozenset(
    ["int", "str", "bool", "bytes", "date", "uuid", "enum", "literal", "model", "reference"]
)


# How many leading items are, in a pipeline, on the server where the copy has them: all that there
# are, since nothing was changed; or also those that come, since the whole list was set.
UNCHANGED = sys.maxsize
KNOWN = sys.maxsize + 1


class ListOperations(ContainerOperations):
    """The operations on a list, for a copy of it and for a handle alike."""

    __slots__ = ()
    rapyer_plain = list

    @property
    def rapyer_items(self) -> ValuePlan:
        """The plan of the items."""
        return self.rapyer_plan.choice("list").item

    @property
    def rapyer_cap(self) -> int | None:
        """How many items a capped list keeps."""
        return self.rapyer_plan.choice("list").cap

    def rapyer_first(self) -> str:
        """Return the text of the local copy's first item, '' where there is none."""
        return ""

    def rapyer_seen(self) -> str:
        """Return what the server compares the local copy by, '' when there is none."""
        raise NotImplementedError

    def rapyer_follow(self, reply: list[Any], change: Callable[[list[Any]], Any]) -> None:
        """Bring the local copy up to date: by `change` if it was in step, else by the reply."""
        raise NotImplementedError

    def rapyer_change(
        self,
        route: Route,
        name: str,
        args: tuple[Any, ...],
        change: Callable[[list[Any]], Any],
        result: Callable[[Any], Any] | None = None,
        replay: Callable[[list[Any], Any], Any] | None = None,
        kept: int = sys.maxsize,
    ) -> Operation | Computation:
        """Return the operation `name`.

        `change` does the same to a plain list; `result` makes what the caller gets of the reply's
        first part, or of what `change` returned where the value is computed here. `replay` does to
        a list what the server did, told by the reply's first part; `change` where there is none.
        `kept`: how many leading items stay where they are on the server, whatever its list is.
        """
        if not self.rapyer_plan.choice("list").is_plain:
            return self._computed(name, route, change, result is not None)

        def settle(reply: list[Any]) -> Any:
            same = change if replay is None else _told(replay, reply[0])
            self.rapyer_follow(reply, same)
            return self if result is None else result(reply[0])

        def predict() -> Any:
            # The local list may lack what the server's has: then there is nothing to predict.
            with suppress(IndexError, ValueError):
                self.rapyer_follow([None, None], change)
                is_predicted.append(replay is None)
            self.rapyer_doubt(kept)
            return self

        def confirms(reply: list[Any]) -> bool:
            return len(reply) == 2 and is_predicted == [True]

        is_predicted: list[bool] = []

        # A call for its reply cannot be predicted: the item popped is the server's.
        predicted = self.rapyer_predicted(predict) if result is None else None
        args = (self.rapyer_seen(), *args)
        if name.startswith("capped_"):
            args = (self.rapyer_cap, self.rapyer_first(), *args)
        return self.rapyer_operation(route, name, args, settle, predicted, confirms=confirms)

    def _computed(
        self, name: str, route: Route, change: Callable[[list[Any]], Any], has_result: bool = False
    ) -> Computation:
        results: list[Any] = []

        def function(value: list[Any]) -> list[Any]:
            try:
                results[:] = [change(value)]
            except IndexError as error:
                raise ListIndexError(f"{self.where()}: {error}", **self.where().about()) from error
            except ValueError as error:
                raise ItemNotFoundError(
                    f"{self.where()}: {error}", **self.where().about()
                ) from error
            return value

        return self.rapyer_computation(
            route, function, (lambda: results[0]) if has_result else None, name=name
        )

    def append_operation(self, route: Route, value: Any) -> Operation | Computation:
        """Append one item."""
        return self.extend_operation(route, (value,))

    def extend_operation(self, route: Route, values: Iterable[Any]) -> Operation | Computation:
        """Append items."""
        cap = self.rapyer_cap
        items = [self.rapyer_items.checked(value, self) for value in values]
        texts = [self.rapyer_items.sent(item, self) for item in items]

        def change(own: list[Any]) -> None:
            # A pipeline makes the change twice, and what it did to the items in between is theirs.
            items[:] = self.rapyer_bound(items)
            plain_list.extend(own, items)
            trim_start(own, cap)

        args = (len(texts), *texts)
        if cap is not None:
            return self.rapyer_change(route, "capped_append", args, change, kept=0)
        kept = self.rapyer_count()
        return self.rapyer_change(route, "list_append", args, change, kept=kept)

    def insert_operation(self, route: Route, index: Any, value: Any) -> Operation | Computation:
        """Insert an item before an index; one past an end means that end."""
        position, cap = self.rapyer_index(index), self.rapyer_cap
        items = [self.rapyer_items.checked(value, self)]

        def change(own: list[Any]) -> None:
            items[:] = self.rapyer_bound(items)
            plain_list.insert(own, position, items[0])
            trim_after_insert(own, position, cap)

        args = (position, self.rapyer_items.sent(items[0], self))
        if cap is not None:
            return self.rapyer_change(route, "capped_insert", args, change, kept=0)
        kept = min(max(0, position), self.rapyer_count())
        return self.rapyer_change(route, "list_insert", args, change, kept=kept)

    def pop_operation(
        self, route: Route, index: Any = -1, *, keeps_item: bool = True
    ) -> Operation | Computation:
        """Remove the item at an index and return it; the list itself where it is not kept."""
        position = self.rapyer_index(index)

        def item_of(text: bytes) -> Any:
            return self.rapyer_items.read(text, self)

        return self.rapyer_change(
            route,
            "list_pop",
            (position,),
            lambda own: plain_list.pop(own, position),
            item_of if keeps_item else None,
            kept=max(0, position),
        )

    def remove_operation(self, route: Route, value: Any) -> Operation | Computation:
        """Remove the first item that equals a value.

        Raises:
            ItemNotFoundError: when it runs, there is none.
        """
        item = self.rapyer_items.checked(value, self)

        def change(own: list[Any]) -> None:
            plain_list.remove(own, item)

        def replay(own: list[Any], position: int) -> None:
            # By position: a copy of the same length need not hold an equal item there.
            plain_list.__delitem__(own, slice(position, position + 1))

        if self.rapyer_items.kind not in _ONE_TEXT:
            return self._computed("list_remove", route, change)
        args = (self.rapyer_items.shown(item, self),)
        return self.rapyer_change(route, "list_remove", args, change, replay=replay, kept=0)

    def remove_range_operation(
        self, route: Route, start: Any, stop: Any
    ) -> Operation | Computation:
        """Remove the items of the slice ``[start:stop]``."""
        first, last = self.rapyer_index(start), self.rapyer_index(stop)

        def change(own: list[Any]) -> None:
            plain_list.__delitem__(own, slice(first, last))

        kept = max(0, first)
        return self.rapyer_change(route, "list_remove_range", (first, last), change, kept=kept)

    def delete_operation(self, route: Route, index: Any) -> Operation | Computation:
        """Remove the item at an index, or those of a slice without a step."""
        if not _is_slice(index):
            return self.pop_operation(route, index, keeps_item=False)
        if index.step not in (None, 1):
            raise InvalidValueError(
                f"{self.where()}: a slice with a step cannot be removed in one step on the server",
                expected="a slice without a step",
                actual=index,
                **self.where().about(),
            )
        start = 0 if index.start is None else index.start
        stop = sys.maxsize if index.stop is None else index.stop
        return self.remove_range_operation(route, start, stop)

    def set_item_operation(self, route: Route, index: Any, value: Any) -> Operation | Computation:
        """Replace the item at an index."""
        position = self.rapyer_index(index)
        items = [self.rapyer_items.checked(value, self)]

        def change(own: list[Any]) -> None:
            items[:] = self.rapyer_bound(items)
            plain_list.__setitem__(own, position, items[0])

        args = (position, self.rapyer_items.sent(items[0], self))
        kept = sys.maxsize if position >= 0 else max(0, position + self.rapyer_count())
        return self.rapyer_change(route, "list_set_item", args, change, kept=kept)

    def clear_operation(self, route: Route) -> Operation | Computation:
        """Remove every item."""
        if not self.rapyer_plan.choice("list").is_plain:
            return self._computed("list_clear", route, plain_list.clear)

        def settle(_: Any) -> Any:
            return self.rapyer_accept([])

        return self.rapyer_operation(
            route,
            "list_clear",
            (),
            settle,
            self.rapyer_predicted(lambda: settle(None), is_whole=True),
            confirms=is_done,
        )

    def length_operation(self, route: Route) -> Operation:
        """Count the items on the server."""
        return self.rapyer_operation(route, "list_count", (), int, is_read=True)

    def rapyer_bound(self, items: list[Any]) -> list[Any]:
        """Return items as a local copy holds them."""
        return items

    def rapyer_count(self) -> int:
        """Return how many items the local copy has."""
        return 0

    def rapyer_doubt(self, kept: int) -> None:
        """Note, in a pipeline, that only the first `kept` items are where the copy has them."""

    def rapyer_index(self, index: Any) -> int:
        """Return an index as an int, or raise."""
        if isinstance(index, int) and not isinstance(index, bool):
            return int(index)
        spot = self.where()
        raise InvalidValueError(
            f"{spot}: expected an integer index, got {index!r}",
            expected="an integer index",
            actual=index,
            **spot.about(),
        )


def _is_slice(index: Any) -> TypeGuard[slice[Any, Any, Any]]:
    return isinstance(index, slice)


def _told(replay: Callable[[list[Any], Any], Any], outcome: Any) -> Callable[[list[Any]], Any]:
    return lambda own: replay(own, outcome)


class BoundList(ListOperations, list[T], Generic[T]):
    """A list in a document. Its own methods change the local copy; slices are plain lists."""

    __slots__ = (
        "rapyer_has_changed",
        "rapyer_inner",
        "rapyer_is_rearranged",
        "rapyer_plan",
        "rapyer_sure",
        "rapyer_version",
    )

    if TYPE_CHECKING:
        rapyer_inner: InnerPlace
        rapyer_has_changed: bool
        rapyer_is_rearranged: bool
        rapyer_sure: int
        rapyer_version: int

        @overload
        def __get__(self, instance: None, owner: Any) -> Expression[list[T]]: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> Self: ...
        def __get__(self, instance: object | None, owner: Any) -> Any: ...
        def __set__(self, instance: Any, value: list[T]) -> None: ...

    @classmethod
    def rapyer_bind(cls, raw: list[T], parent: Any, member: Any, plan: ValuePlan) -> Self:
        """Return a copy with its place; elements that have places themselves get theirs."""
        self = cls.__new__(cls)
        self.rapyer_inner = InnerPlace(parent, member)
        self.rapyer_plan = plan
        self.rapyer_version = 0
        self.rapyer_has_changed = self.rapyer_is_rearranged = False
        self.rapyer_sure = UNCHANGED
        plain_list.extend(self, self.rapyer_bound(raw))
        return self

    # Its place

    def rapyer_place(self) -> InnerPlace:
        return self.rapyer_inner

    def rapyer_address(self) -> tuple[Any, Any, Any]:
        return self.rapyer_inner.parent, self.rapyer_inner.member, self

    # As a parent

    def rapyer_segment(self, member: Any, child: Any, must_match_server: bool) -> int:
        if must_match_server and self.rapyer_is_rearranged:
            spot = self.where()
            raise UnsavedChangesError(
                f"{spot}: the list was rearranged locally, so its items are elsewhere on the "
                "server; save it first, or use the methods that change the server",
                **spot.about(),
            )
        position = self._position_of(member, child)
        if must_match_server and position >= self.rapyer_sure:
            spot = self.where()
            raise PipelineError(
                f"{spot}: where item {position} is on the server is known when the pipeline has "
                "run, since the list was changed in it; change the item before that, or afterwards",
                expected=f"one of the first {self.rapyer_sure} items",
                actual=f"index {position}",
                **spot.about(),
            )
        return position

    def _position_of(self, member: Any, child: Any) -> int:
        if isinstance(child, BoundScalar):
            if child.rapyer_version in (self.rapyer_version, QUEUED):
                return int(member)
        elif member < len(self) and plain_list.__getitem__(self, member) is child:
            return int(member)
        else:
            items: Iterable[Any] = self
            for position, item in enumerate(items):
                if item is child:
                    child.rapyer_place().member = position
                    return position
        spot = self.where()
        raise PathError(
            f"{spot}: the list changed since the item at {member} was read; read it again",
            expected="an item that is still in the list",
            actual=f"index {member}",
            **spot.about(),
        )

    def rapyer_take(self, member: Any, value: Any, child: Any) -> Any:
        position = self.rapyer_segment(member, child, False)
        plain_list.__setitem__(self, position, self.rapyer_bound([value])[0])
        return self[position]

    def rapyer_checked(self, member: Any, value: Any, spot: Any) -> Any:
        return self.rapyer_items.checked(value, spot)

    def rapyer_put_mode(self) -> str:
        return "replace"

    def rapyer_bound(self, items: list[Any]) -> list[Any]:
        if self.rapyer_items.is_scalar:
            return items
        plan, start = self.rapyer_items, len(self)
        return [place(item, self, start + i, plan) for i, item in enumerate(items)]

    # In a pipeline

    def rapyer_remember(self, scope: Scope) -> None:
        super().rapyer_remember(scope)
        if scope.remember(self, None, self._snapshot):
            scope.when_over(self.rapyer_be_sure)

    def rapyer_be_sure(self) -> None:
        """Take the copy's positions for the server's again: the pipeline is over."""
        self.rapyer_sure = UNCHANGED

    def rapyer_remember_member(self, scope: Scope, member: Any) -> None:
        self.rapyer_remember(scope)

    def rapyer_held_at(self, member: Any, child: Any) -> Any:
        return plain_list.__getitem__(self, self.rapyer_segment(member, child, False))

    def rapyer_bound_at(self, member: Any) -> Any:
        position: int = member
        return self[position]

    def _snapshot(self) -> Callable[[], None]:
        items, sure = list(self), self.rapyer_sure
        flags = (self.rapyer_has_changed, self.rapyer_is_rearranged)

        def restore() -> None:
            plain_list.__setitem__(self, slice(None), items)
            self.rapyer_version += 1
            self.rapyer_sure = sure
            self.rapyer_has_changed, self.rapyer_is_rearranged = flags

        return restore

    def rapyer_member_at(self, index: Any) -> Any:
        if isinstance(index, int) and -len(self) <= index < 0:
            return index + len(self)
        return index

    # Following the server

    def rapyer_seen(self) -> str:
        # As with scalars, the server's value takes the place of one that was changed locally:
        # a mixture of both would be a list that never was anywhere.
        if self.rapyer_has_changed:
            return "-1"
        if not self or not (self.rapyer_items.is_scalar or self.rapyer_cap):
            return str(len(self))
        return f"{len(self)} {self.rapyer_items.shown(plain_list.__getitem__(self, -1), self)}"

    def rapyer_first(self) -> str:
        return self.rapyer_items.shown(plain_list.__getitem__(self, 0), self) if self else ""

    def rapyer_follow(self, reply: list[Any], change: Callable[[list[Any]], Any]) -> None:
        self.rapyer_version += 1
        if len(reply) == 2:
            change(self)
            return
        start, text = reply[2], reply[3]
        if start == 0:
            self.rapyer_clean()
        tail = self.rapyer_plan.choice("list").read(text, self)
        plain_list.__delitem__(self, slice(start, None))
        plain_list.extend(self, self.rapyer_bound(tail))

    def rapyer_accept(self, value: Any) -> Any:
        if not isinstance(value, list):
            return super().rapyer_accept(value)
        self.rapyer_version += 1
        plain_list.clear(self)
        plain_list.extend(self, self.rapyer_bound(value))  # pyright: ignore[reportUnknownArgumentType]  # of any items
        self.rapyer_sure = UNCHANGED
        self.rapyer_clean()
        return self

    def rapyer_count(self) -> int:
        return len(self)

    def rapyer_doubt(self, kept: int) -> None:
        if self.rapyer_sure != KNOWN:
            # A copy that was changed locally is replaced whole by the reply: none of it is sure.
            self.rapyer_sure = 0 if self.rapyer_has_changed else min(self.rapyer_sure, kept)

    def rapyer_know(self, scope: Scope) -> None:
        self.rapyer_sure = KNOWN
        scope.when_over(self.rapyer_be_sure)

    def rapyer_clean(self) -> Callable[[], None]:
        """Note that the local copy is the server's; return what takes that back."""
        earlier = (self.rapyer_has_changed, self.rapyer_is_rearranged)
        self.rapyer_has_changed = self.rapyer_is_rearranged = False

        def restore() -> None:
            self.rapyer_has_changed |= earlier[0]
            self.rapyer_is_rearranged |= earlier[1]

        return restore

    def rapyer_touch(self, rearranged: bool) -> None:
        """Note that the local copy is not the server's any more."""
        self.rapyer_has_changed = True
        if rearranged:
            self.rapyer_version += 1
            self.rapyer_is_rearranged = True

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
