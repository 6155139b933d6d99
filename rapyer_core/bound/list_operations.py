"""Lists in a document: what the server is asked to do.

An operation tells the server how long the local copy is. Where the server's list had that
length, the copy makes the same change; where it did not, the reply brings the items from the
first doubtful one on. So a copy follows at the cost of what changed, not of the list's size.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeGuard

from ..errors import InvalidValueError, ItemNotFoundError, ListIndexError
from ..operations import Computation, Operation
from ..places import Route
from .base import is_done
from .capping import trim_after_insert, trim_start
from .containers import ContainerOperations

if TYPE_CHECKING:
    from ..plans import ValuePlan

__all__ = ["ListOperations", "plain_list"]

# The methods below the overrides here; of a bare `list`, type checkers do not know the elements.
plain_list: type[list[Any]] = list

# Kinds of items of which equal ones have one text, so that the server can find an item by it. Not
# floats (0.0 == -0.0), dicts (in any order), datetimes (in any zone) nor unions (1 == 1.0).
_ONE_TEXT = frozenset(
    ["int", "str", "bool", "bytes", "date", "uuid", "enum", "literal", "model", "reference"]
)


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
        def told(value: list[Any]) -> Any:
            try:
                return change(value)
            except IndexError as error:
                raise ListIndexError(f"{self.where()}: {error}", **self.where().about()) from error
            except ValueError as error:
                raise ItemNotFoundError(
                    f"{self.where()}: {error}", **self.where().about()
                ) from error

        return self.rapyer_computed_change(route, told, name=name, has_result=has_result)

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
