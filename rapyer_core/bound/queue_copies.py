"""The local copy of a queue: its items in order, and what was changed among them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from typing_extensions import Self

from ..errors import PathError
from ..places import InnerPlace
from .queue_operations import QueueOperations
from .queues import PriorityQueueItem
from .special import SpecialValue

if TYPE_CHECKING:
    from ..plans import ValuePlan

__all__ = ["QueueCopy"]


T = TypeVar("T")


class QueueCopy(QueueOperations, SpecialValue, Generic[T]):
    """A queue as it is known locally."""

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
        rapyer_is_whole: bool

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
            key = self._find(item.value)
            if key is not None:
                self._remove_at(key)
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

    def rapyer_noted(self) -> tuple[list[PriorityQueueItem[Any]], list[PriorityQueueItem[Any]]]:
        return self._removed, [self._entries[key] for key in self._added]

    def rapyer_clean(self) -> Callable[[], None]:
        added, removed, was_whole = self._added, self._removed, self.rapyer_is_whole
        self._added, self._removed, self.rapyer_is_whole = {}, [], False

        def restore() -> None:
            self.rapyer_is_whole |= was_whole
            self._added = {key: way for key, way in added.items() if key in self._entries}
            self._removed = [*removed, *self._removed]

        return restore

    def rapyer_compare(self, held: Any) -> None:
        items = list(self._in_order())
        if isinstance(held, QueueCopy):
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
