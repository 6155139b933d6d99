"""Priority queues beside a document: the lowest priority is served first.

A value is in a queue once, and pushing it again gives it the new priority; `KeepEqual` keeps
equal ones apart. Values are compared by their stored text. What has the same priority is served in
the order of the texts, and where equal ones are kept apart in the order of the pushes.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, overload

from pydantic_core import core_schema
from typing_extensions import NamedTuple, Self

from ..errors import InvalidValueError, PathError
from ..operations import Computation, Operation
from ..places import InnerPlace, Route
from ..schemas import NEUTRAL, SPECIAL
from ..scopes import refuse_in_scope, take_over
from .base import is_done
from .special import UNKNOWN, SpecialOperations, SpecialValue, chosen, special_schema

if TYPE_CHECKING:
    from ..commands import Argument
    from ..expressions import Expression
    from ..plans import ValuePlan

__all__ = ["MARK", "BoundQueue", "KeepEqual", "PriorityQueueItem", "QueueOperations"]

T = TypeVar("T")


class PriorityQueueItem(NamedTuple, Generic[T]):
    """A value and its priority: a number, the lowest is served first."""

    value: T
    priority: float


class KeepEqual:
    """Keeps equal values of a queue apart: ``Annotated[RedisPriorityQueue[str], KeepEqual()]``."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "KeepEqual()"

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        schema = handler(source)
        if SPECIAL not in (schema.get("metadata") or {}):
            raise TypeError(f"KeepEqual() is for a RedisPriorityQueue, not for {source!r}")
        return special_schema(schema, "k")


# How many digits mark a member where equal values are kept apart (lua/lib/queue_member.lua).
MARK = 24


class QueueOperations(SpecialOperations):
    """The operations on a queue, for a copy of it and for a handle alike."""

    __slots__ = ()

    @property
    def rapyer_values(self) -> ValuePlan:
        """The plan of the values."""
        return self.rapyer_plan.member

    @property
    def rapyer_letter(self) -> str:
        """How scripts know whether equal values are kept apart."""
        return str(self.rapyer_plan.special)

    def rapyer_item(self, value: Any, priority: Any) -> PriorityQueueItem[Any]:
        """Return an item, checked.

        Raises:
            InvalidValueError: the value does not validate, or the priority is no number.
        """
        checked = self.rapyer_values.checked(value, self)
        is_number = isinstance(priority, (int, float)) and not isinstance(priority, bool)
        if not is_number or math.isnan(priority):
            spot = self.where()
            raise InvalidValueError(
                f"{spot}: a priority is a number, not {priority!r}",
                expected="a number",
                actual=priority,
                **spot.about(),
            )
        return PriorityQueueItem(checked, float(priority))

    def rapyer_pair(self, item: PriorityQueueItem[Any]) -> tuple[str, str]:
        """Return an item as scripts take it: its priority and its text."""
        return repr(item.priority), self.rapyer_values.text(item.value, self)

    def rapyer_read_item(self, member: bytes, priority: bytes) -> PriorityQueueItem[Any]:
        """Return the item that the server has as a member with a priority."""
        text = member[MARK:] if self.rapyer_letter == "k" else member
        return PriorityQueueItem(self.rapyer_values.read(text, self), float(priority))

    def rapyer_read_items(self, reply: Sequence[bytes]) -> list[PriorityQueueItem[Any]]:
        """Return the items of a whole queue, as the server lists them."""
        return [
            self.rapyer_read_item(member, priority)
            for member, priority in zip(reply[::2], reply[1::2], strict=True)
        ]

    # What the local copy does

    def rapyer_put(self, items: Iterable[PriorityQueueItem[Any]]) -> None:
        """Note items that the server has now."""
        raise NotImplementedError

    def rapyer_drop(self, item: PriorityQueueItem[Any]) -> bool:
        """Note an item that the server does not have now; return whether it was here."""
        raise NotImplementedError

    def rapyer_first_of(self, value: Any) -> PriorityQueueItem[Any] | None:
        """Return the first item of a value that is here."""
        raise NotImplementedError

    # Operations

    def push_operation(self, route: Route, value: Any, priority: Any) -> Operation | Computation:
        """Push a value."""
        return self.push_many_operation(route, [(value, priority)])

    def push_many_operation(
        self, route: Route, items: Iterable[PriorityQueueItem[Any] | tuple[Any, float]]
    ) -> Operation | Computation:
        """Push items."""
        pushed = [self.rapyer_item(*item) for item in items]
        words = [word for item in pushed for word in self.rapyer_pair(item)]
        if not self.rapyer_plan.is_plain:
            return self.rapyer_computed(route, lambda items: self._with_pushed(items, pushed), None)

        def settle(_: Any) -> Any:
            self.rapyer_put(pushed)
            return self

        args: tuple[Argument, ...] = (self.rapyer_letter, len(words), *words)
        return self.rapyer_special_operation(
            route, "queue_push", args, settle, lambda: settle(None), confirms=is_done
        )

    def _with_pushed(
        self, items: list[PriorityQueueItem[Any]], pushed: list[PriorityQueueItem[Any]]
    ) -> list[PriorityQueueItem[Any]]:
        if self.rapyer_letter == "k":
            return [*items, *pushed]
        new = {self.rapyer_pair(item)[1] for item in pushed}
        return [*(item for item in items if self.rapyer_pair(item)[1] not in new), *pushed]

    def pop_operation(self, route: Route) -> Operation | Computation:
        """Remove the first item and return its value; None where there is none."""
        if not self.rapyer_plan.is_plain:
            popped: list[Any] = []

            def function(items: list[PriorityQueueItem[Any]]) -> list[PriorityQueueItem[Any]]:
                popped[:] = [items[0].value if items else None]
                return items[1:]

            return self.rapyer_computed(route, function, lambda: popped[0])

        def settle(reply: list[bytes]) -> Any:
            if not reply:
                return None
            item = self.rapyer_read_item(reply[0], reply[1])
            self.rapyer_drop(item)
            return item.value

        return self.rapyer_special_operation(route, "queue_pop", (), settle)

    def peek_operation(self, route: Route) -> Operation:
        """Return the value of the first item; None where there is none."""

        def settle(reply: list[bytes]) -> Any:
            return self.rapyer_read_item(reply[0], reply[1]).value if reply else None

        return self.rapyer_special_operation(route, "queue_peek", (), settle, is_read=True)

    def remove_operation(self, route: Route, value: Any) -> Operation | Computation:
        """Remove a value, the first of equal ones; settles to whether it was there."""
        checked = self.rapyer_values.checked(value, self)
        text = self.rapyer_values.text(checked, self)
        predicted: list[bool] = []
        if not self.rapyer_plan.is_plain:

            def function(items: list[PriorityQueueItem[Any]]) -> list[PriorityQueueItem[Any]]:
                texts = [self.rapyer_pair(item)[1] for item in items]
                predicted[:] = [text in texts]
                if text in texts:
                    del items[texts.index(text)]
                return items

            return self.rapyer_computed(route, function, lambda: predicted[0])

        def settle(reply: list[bytes]) -> bool:
            if not reply:
                return False
            self.rapyer_drop(PriorityQueueItem(checked, float(reply[0])))
            return True

        def predict() -> bool:
            item = self.rapyer_first_of(checked)
            predicted[:] = [item is not None and self.rapyer_drop(item)]
            return predicted[0]

        return self.rapyer_special_operation(
            route, "queue_remove", (self.rapyer_letter, text), settle, predict
        )

    def clear_operation(self, route: Route) -> Operation:
        """Remove every item."""
        return self._replacing(route, self.rapyer_plan.checked([], self))

    def set_operation(self, route: Route, value: Any) -> Operation:
        return self._replacing(route, self.rapyer_plan.checked(value, self))

    def _replacing(self, route: Route, items: list[PriorityQueueItem[Any]]) -> Operation:
        words = [word for item in items for word in self.rapyer_pair(item)]

        def settle(_: Any) -> Any:
            return self.rapyer_accept(items)

        args: tuple[Argument, ...] = (self.rapyer_letter, len(words), *words)
        return self.rapyer_special_operation(
            route, "queue_replace", args, settle, lambda: settle(None), confirms=is_done
        )

    def size_operation(self, route: Route) -> Operation:
        """Count the items on the server."""
        return self.rapyer_special_operation(route, "queue_size", (), int, is_read=True)

    def load_operation(self, route: Route) -> Operation:
        def settle(reply: list[bytes]) -> Any:
            return self.rapyer_accept(self.rapyer_read_items(reply))

        return self.rapyer_special_operation(route, "queue_items", (), settle, is_read=True)

    def items_operation(self, route: Route) -> Operation:
        """Read the items, in order; the local copy has them then, too."""

        def settle(reply: list[bytes]) -> list[PriorityQueueItem[Any]]:
            items = self.rapyer_read_items(reply)
            self.rapyer_accept(items)
            return list(items)

        return self.rapyer_special_operation(route, "queue_items", (), settle, is_read=True)

    def apply_operation(self, route: Route, function: Callable[[Any], Any]) -> Computation:
        def change(seen: list[bytes]) -> tuple[Any, Callable[[], Any]]:
            given = self.rapyer_read_items(seen)
            new = self.rapyer_plan.checked(function(given), self)
            words = [word for item in new for word in self.rapyer_pair(item)]
            return words, lambda: self.rapyer_accept(new)

        def swap(seen: list[bytes], words: list[str]) -> Operation:
            changes: list[tuple[str, Sequence[Argument]]] = [("seen", seen), ("replace", words)]
            return self.rapyer_swap_operation(route, self.rapyer_letter, changes)

        self.rapyer_check_writable()
        reading = self.rapyer_special_operation(route, "queue_items", (), list, is_read=True)
        lifetime = route.root.rapyer_lifetime()
        return Computation(route, change, lifetime, reads=reading, swaps=swap)


class BoundQueue(QueueOperations, SpecialValue, Sequence[PriorityQueueItem[T]], Generic[T]):
    """A queue beside a document. Its own methods change the local copy.

    It is read as a sequence of `PriorityQueueItem`, in the order in which they are served.
    """

    __slots__ = (
        "_added",
        "_entries",
        "_next",
        "_removed",
        "_sorted",
        "rapyer_inner",
        "rapyer_is_whole",
        "rapyer_plan",
    )

    if TYPE_CHECKING:
        rapyer_inner: InnerPlace
        rapyer_is_whole: bool

        @overload
        def __get__(self, instance: None, owner: Any) -> Expression[list[tuple[T, float]]]: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> Self: ...
        def __get__(self, instance: object | None, owner: Any) -> Any: ...
        def __set__(self, instance: Any, value: Sequence[tuple[T, float]]) -> None: ...

    def __init__(self, items: Iterable[tuple[T, float]] = ()) -> None:
        # What is here, by text, or where equal values are kept apart (or nothing is known of the
        # values yet) by the order of the pushes.
        self._entries: dict[Any, PriorityQueueItem[Any]] = {}
        self._sorted: list[PriorityQueueItem[Any]] | None = None
        self._next = 0
        # What a save is to write; of those that were added, whether they took another's place.
        self._added: dict[Any, bool] = {}
        self._removed: list[PriorityQueueItem[Any]] = []
        self.rapyer_is_whole = False
        for item in items:
            self._enter(PriorityQueueItem(*item))

    @classmethod
    def rapyer_bind(cls, raw: Iterable[Any], parent: Any, member: Any, plan: ValuePlan) -> Self:
        """Return a copy with its place."""
        self = cls()
        self.rapyer_inner = InnerPlace(parent, member)
        self.rapyer_plan = plan
        for item in raw:
            self._enter(PriorityQueueItem(*item))
        return self

    def rapyer_place(self) -> InnerPlace:
        return self.rapyer_inner

    def rapyer_address(self) -> tuple[Any, Any, Any]:
        if not hasattr(self, "rapyer_inner"):
            raise PathError(
                f"{self!r} was not read from a model, so it has no place",
                expected="a value read from a model's field",
                actual=self,
            )
        return self.rapyer_inner.parent, self.rapyer_inner.member, self

    # Entries

    def _entry_key(self, value: Any) -> Any:
        """Return where an item of a value is to be among the entries."""
        if hasattr(self, "rapyer_plan") and self.rapyer_letter == "q":
            return self.rapyer_values.text(value, self)
        self._next += 1
        return self._next

    def _enter(self, item: PriorityQueueItem[Any]) -> Any:
        key = self._entry_key(item.value)
        self._entries[key] = item
        self._sorted = None
        return key

    def _take_out(self, key: Any) -> PriorityQueueItem[Any]:
        self._sorted = None
        return self._entries.pop(key)

    def _find(self, value: Any, priority: float | None = None) -> Any:
        """Return where the first item of a value is, of a priority if one is given; else None."""
        if self.rapyer_letter == "q":
            text = self.rapyer_values.text(value, self)
            return text if text in self._entries else None
        text = self.rapyer_values.text(value, self)
        found = [
            (item.priority, key)
            for key, item in self._entries.items()
            if (priority is None or item.priority == priority)
            and self.rapyer_values.text(item.value, self) == text
        ]
        return min(found)[1] if found else None

    def _in_order(self) -> list[PriorityQueueItem[Any]]:
        if self._sorted is None:
            pairs = sorted(self._entries.items(), key=lambda pair: (pair[1].priority, pair[0]))
            self._sorted = [item for _, item in pairs]
        return self._sorted

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

    # Following the server

    def rapyer_put(self, items: Iterable[PriorityQueueItem[Any]]) -> None:
        for item in items:
            self._added.pop(self._enter(item), None)

    def rapyer_drop(self, item: PriorityQueueItem[Any]) -> bool:
        key = self._find(item.value, item.priority)
        if key is None:
            return False
        self._take_out(key)
        self._added.pop(key, None)
        return True

    def rapyer_first_of(self, value: Any) -> PriorityQueueItem[Any] | None:
        key = self._find(value)
        return None if key is None else self._entries[key]

    def rapyer_accept(self, value: Any) -> Any:
        items = list(value)
        self._entries.clear()
        self._sorted = None
        for item in items:
            self._enter(PriorityQueueItem(*item))
        self.rapyer_clean()
        return self

    def rapyer_refreshed(self, value: Any) -> Any:
        if self.rapyer_is_whole:
            return self
        added = [self._entries[key] for key in self._added]
        removed = list(self._removed)
        self.rapyer_accept(value)
        for item in removed:
            self.remove(item.value)
        for item in added:
            self._push(item)
        return self

    def rapyer_snapshot(self) -> Callable[[], None]:
        entries, added, removed = dict(self._entries), dict(self._added), list(self._removed)
        was_whole = self.rapyer_is_whole

        def restore() -> None:
            self.rapyer_is_whole = was_whole
            self._entries, self._sorted = dict(entries), None
            self._added, self._removed = dict(added), list(removed)

        return restore

    # What a save writes

    def rapyer_change_words(self) -> list[tuple[str, list[Argument]]]:
        if self.rapyer_is_whole:
            return [("replace", [word for item in self for word in self.rapyer_pair(item)])]
        added = [self._entries[key] for key in self._added]
        removed = [word for item in self._removed for word in self.rapyer_pair(item)]
        pushed = [word for item in added for word in self.rapyer_pair(item)]
        return [*chosen("remove", removed), *chosen("add", pushed)]

    def rapyer_clean(self) -> Callable[[], None]:
        added, removed, was_whole = self._added, self._removed, self.rapyer_is_whole
        self._added, self._removed, self.rapyer_is_whole = {}, [], False

        def restore() -> None:
            self.rapyer_is_whole |= was_whole
            self._added = {key: way for key, way in added.items() if key in self._entries}
            self._removed = [*removed, *self._removed]

        return restore

    def rapyer_assigned_over(self, held: Any) -> Self:
        """Note what changed against the value that an assignment took the place of."""
        items = list(self)
        self.rapyer_is_whole = held is UNKNOWN or getattr(held, "rapyer_is_whole", False)
        if self.rapyer_is_whole:
            return self
        if isinstance(held, BoundQueue):
            self._entries, self._added = dict(held._entries), dict(held._added)
            self._removed, self._next = list(held._removed), held._next
        else:
            self.rapyer_accept(held or ())
        self._sorted = None
        wanted = Counter(self.rapyer_pair(item) for item in items)
        for key, item in list(self._entries.items()):
            pair = self.rapyer_pair(item)
            if wanted[pair]:
                wanted[pair] -= 1
            else:
                self._remove_at(key)
        for item in items:
            pair = self.rapyer_pair(item)
            if wanted[pair]:
                wanted[pair] -= 1
                self._push(item)
        return self

    # Local changes

    def _push(self, item: PriorityQueueItem[Any]) -> None:
        before = len(self._entries)
        key = self._enter(item)
        took_place = len(self._entries) == before and self._added.get(key, True)
        self._added[key] = took_place

    def _remove_at(self, key: Any) -> None:
        item = self._take_out(key)
        # What is new here is not on the server, unless it took the place of an equal value.
        if self._added.pop(key, True):
            self._removed.append(item)

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
