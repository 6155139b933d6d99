"""Sets beside a document: what the server is asked to do.

Members are compared by their stored text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ..errors import MemberNotFoundError
from ..operations import Computation, Operation
from ..places import Route
from .containers import REQUIRED
from .special_operations import SpecialOperations

if TYPE_CHECKING:
    from ..commands import Argument
    from ..plans import ValuePlan

__all__ = ["SetOperations", "plain_set"]

# The methods below the overrides here; of a bare `set`, type checkers do not know the elements.
plain_set: type[set[Any]] = set


class SetOperations(SpecialOperations):
    """The operations on a set, for a copy of it and for a handle alike."""

    __slots__ = ()
    rapyer_plain = set
    rapyer_contents_type: ClassVar[type[Any]] = set
    rapyer_read_name = "set_members"
    rapyer_replace_name = "set_replace"
    rapyer_count_name = "set_size"

    @property
    def rapyer_members(self) -> ValuePlan:
        """The plan of the members."""
        return self.rapyer_plan.member

    def rapyer_checked_all(self, values: Iterable[Any]) -> list[Any]:
        """Return values as members."""
        if isinstance(values, (str, bytes)):
            values = (values,)  # refused as one member would be, instead of taken apart
        return [self.rapyer_members.checked(value, self) for value in values]

    def rapyer_words(self, contents: Iterable[Any]) -> list[Argument]:
        return [self.rapyer_members.text(value, self) for value in contents]

    def rapyer_read(self, words: Sequence[bytes]) -> set[Any]:
        members: set[Any] = self.rapyer_plan.read(b"[%b]" % b",".join(words), self)
        return members

    def rapyer_differences(
        self, seen: Sequence[bytes], words: Sequence[Argument]
    ) -> list[tuple[str, Sequence[Argument]]]:
        had, has = {text.decode() for text in seen}, set(words)
        return [("remove", list(had - has)), ("add", list(has - had))]

    def rapyer_follow(self, change: Callable[[set[Any]], Any], touched: Iterable[Any]) -> Any:
        """Make a change, which the server has made, in the local copy too."""
        raise NotImplementedError

    def rapyer_count(self) -> int:
        """Return how many members the local copy has."""
        return 0

    def rapyer_unstored(self, method: str, *args: Any, **named: Any) -> Any:
        before = self.rapyer_count()
        result = super().rapyer_unstored(method, *args, **named)
        # What Python's methods do not tell, the server's do.
        return self.rapyer_count() != before if method in ("add", "discard") else result

    def rapyer_change(
        self,
        route: Route,
        name: str,
        items: list[Any],
        change: Callable[[set[Any]], Any],
        result: Callable[[int], Any] | None = None,
    ) -> Operation | Computation:
        """Return the operation `name` on members, which `change` does to a plain set.

        `result` makes what the caller gets of the reply; the set itself without one. In a pipeline
        it is given what the local copy predicts.
        """
        texts = self.rapyer_words(items)
        predicted: list[int] = []
        if not self.rapyer_plan.is_plain:
            return self._computed(route, name, items, change, result)

        def settle(reply: int) -> Any:
            self.rapyer_follow(change, items)
            return self if result is None else result(reply)

        def predict() -> Any:
            before = self.rapyer_count()
            self.rapyer_follow(change, items)
            predicted[:] = [abs(self.rapyer_count() - before)]
            return self if result is None else result(predicted[0])

        def confirms(reply: int) -> bool:
            return result is None or predicted == [reply]

        args: tuple[Argument, ...] = (len(texts), *texts)
        return self.rapyer_special_operation(route, name, args, settle, predict, confirms=confirms)

    def _computed(
        self,
        route: Route,
        name: str,
        items: list[Any],
        change: Callable[[set[Any]], Any],
        result: Callable[[int], Any] | None,
    ) -> Computation:
        def told(members: set[Any]) -> Any:
            if name == "set_remove" and not members.issuperset(items):
                raise self._not_found(items)
            before = len(members)
            change(members)
            return None if result is None else result(abs(len(members) - before))

        return self.rapyer_computed_change(route, told, name=name, has_result=result is not None)

    def _not_found(self, items: Any) -> MemberNotFoundError:
        spot = self.where()
        return MemberNotFoundError(
            f"{spot}: expected {items!r}, found no such member; nothing was written",
            expected=items,
            actual="no such member",
            **spot.about(),
        )

    def add_operation(self, route: Route, value: Any) -> Operation | Computation:
        """Add a member; settles to whether it is new."""
        items = [self.rapyer_members.checked(value, self)]
        return self.rapyer_change(route, "set_add", items, _adding(items), bool)

    def add_many_operation(self, route: Route, values: Iterable[Any]) -> Operation | Computation:
        """Add members; settles to how many are new."""
        items = self.rapyer_checked_all(values)
        return self.rapyer_change(route, "set_add", items, _adding(items), int)

    def discard_operation(self, route: Route, value: Any) -> Operation | Computation:
        """Remove a member, if it is there; settles to whether it was."""
        items = [self.rapyer_members.checked(value, self)]
        return self.rapyer_change(route, "set_discard", items, _removing(items), bool)

    def discard_many_operation(
        self, route: Route, values: Iterable[Any]
    ) -> Operation | Computation:
        """Remove members that are there."""
        items = self.rapyer_checked_all(values)
        return self.rapyer_change(route, "set_discard", items, _removing(items))

    def remove_operation(self, route: Route, value: Any) -> Operation | Computation:
        """Remove a member.

        Raises:
            MemberNotFoundError: when it runs, it is not there.
        """
        items = [self.rapyer_members.checked(value, self)]
        return self.rapyer_change(route, "set_remove", items, _removing(items))

    def keep_operation(self, route: Route, values: Iterable[Any]) -> Operation | Computation:
        """Remove all but some members."""
        items = self.rapyer_checked_all(values)
        return self.rapyer_change(
            route, "set_keep", items, lambda own: plain_set.intersection_update(own, items)
        )

    def toggle_operation(self, route: Route, values: Iterable[Any]) -> Operation | Computation:
        """Remove those of some values that are members, and add the others."""
        items = self.rapyer_checked_all(values)
        return self.rapyer_change(
            route,
            "set_toggle",
            items,
            lambda own: plain_set.symmetric_difference_update(own, items),
        )

    def pop_operation(self, route: Route, default: Any = REQUIRED) -> Operation | Computation:
        """Remove any member and return it; `default` where there is none."""
        if not self.rapyer_plan.is_plain:

            def pop(members: set[Any]) -> Any:
                if not members and default is REQUIRED:
                    raise self._not_found("a member")
                return members.pop() if members else default

            return self.rapyer_computed_change(route, pop, name="set_pop", has_result=True)

        def settle(reply: list[bytes]) -> Any:
            if not reply:
                return default
            value = self.rapyer_members.read(reply[0], self)
            self.rapyer_follow(_removing([value]), [value])
            return value

        args = (int(default is not REQUIRED),)
        return self.rapyer_special_operation(route, "set_pop", args, settle)

    def contains_operation(self, route: Route, value: Any) -> Operation:
        """Ask whether the server has a member."""
        text = self.rapyer_members.text(self.rapyer_members.checked(value, self), self)
        return self.rapyer_special_operation(route, "set_has", (text,), bool, is_read=True)


def _adding(items: Iterable[Any]) -> Callable[[set[Any]], Any]:
    return lambda own: plain_set.update(own, items)


def _removing(items: Iterable[Any]) -> Callable[[set[Any]], Any]:
    return lambda own: plain_set.difference_update(own, items)
