"""Queues beside a document: what the server is asked to do."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ..errors import InvalidValueError
from ..operations import Computation, Operation
from ..places import Route
from .base import is_done
from .queues import MARK, PriorityQueueItem
from .special_operations import SpecialOperations

if TYPE_CHECKING:
    from ..commands import Argument
    from ..plans import ValuePlan

__all__ = ["QueueOperations"]


class QueueOperations(SpecialOperations):
    """The operations on a queue, for a copy of it and for a handle alike."""

    __slots__ = ()

    rapyer_contents_type: ClassVar[type[Any]] = list
    rapyer_read_name = "queue_items"
    rapyer_replace_name = "queue_replace"
    rapyer_count_name = "queue_size"

    @property
    def rapyer_values(self) -> ValuePlan:
        """The plan of the values."""
        return self.rapyer_plan.member

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

    def rapyer_read_item(self, member: bytes, priority: bytes) -> PriorityQueueItem[Any]:
        """Return the item that the server has as a member with a priority."""
        text = member[MARK:] if self.rapyer_letter == "k" else member
        return PriorityQueueItem(self.rapyer_values.read(text, self), float(priority))

    def rapyer_words(self, contents: Iterable[PriorityQueueItem[Any]]) -> list[Argument]:
        return [
            word
            for value, priority in contents
            for word in (repr(priority), self.rapyer_values.text(value, self))
        ]

    def rapyer_pair(self, item: PriorityQueueItem[Any]) -> tuple[Argument, ...]:
        """Return an item as words: its priority and its text."""
        return tuple(self.rapyer_words([item]))

    def rapyer_read(self, words: Sequence[bytes]) -> list[PriorityQueueItem[Any]]:
        return [
            self.rapyer_read_item(member, priority)
            for member, priority in zip(words[::2], words[1::2], strict=True)
        ]

    def rapyer_counted(self, words: Sequence[Argument]) -> tuple[Argument, ...]:
        return self.rapyer_letter, len(words), *words

    def rapyer_differences(
        self, seen: Sequence[bytes], words: Sequence[Argument]
    ) -> list[tuple[str, Sequence[Argument]]]:
        return [("replace", words)]

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
        words = self.rapyer_words(pushed)
        if not self.rapyer_plan.is_plain:
            return self.rapyer_computed_change(
                route, lambda items: self._push_into(items, pushed), name="queue_push"
            )

        def settle(_: Any) -> Any:
            self.rapyer_put(pushed)
            return self

        args: tuple[Argument, ...] = (self.rapyer_letter, len(words), *words)
        return self.rapyer_special_operation(
            route, "queue_push", args, settle, lambda: settle(None), confirms=is_done
        )

    def _push_into(
        self, items: list[PriorityQueueItem[Any]], pushed: list[PriorityQueueItem[Any]]
    ) -> None:
        if self.rapyer_letter != "k":
            new = {self.rapyer_pair(item)[1] for item in pushed}
            items[:] = [item for item in items if self.rapyer_pair(item)[1] not in new]
        items += pushed

    def pop_operation(self, route: Route) -> Operation | Computation:
        """Remove the first item and return its value; None where there is none."""
        if not self.rapyer_plan.is_plain:
            return self.rapyer_computed_change(
                route,
                lambda items: items.pop(0).value if items else None,
                name="queue_pop",
                has_result=True,
            )

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
        if not self.rapyer_plan.is_plain:

            def remove(items: list[PriorityQueueItem[Any]]) -> bool:
                texts = [self.rapyer_pair(item)[1] for item in items]
                if text in texts:
                    del items[texts.index(text)]
                return text in texts

            return self.rapyer_computed_change(route, remove, name="queue_remove", has_result=True)

        def settle(reply: list[bytes]) -> bool:
            if not reply:
                return False
            self.rapyer_drop(PriorityQueueItem(checked, float(reply[0])))
            return True

        def predict() -> bool:
            item = self.rapyer_first_of(checked)
            return item is not None and self.rapyer_drop(item)

        return self.rapyer_special_operation(
            route, "queue_remove", (self.rapyer_letter, text), settle, predict
        )
