"""Sets beside a document: what the server is asked to do, and how the local copy follows.

Members are compared by their stored text. A save writes the members that were added and removed
here, and leaves those of others alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from typing_extensions import Self

from ..errors import CrossSlotError, MemberNotFoundError, WrongDatabaseError
from ..keys import slot_of, special_key
from ..operations import Computation, Operation
from ..places import InnerPlace, Route
from ..scopes import refuse_in_scope, take_over
from .base import is_done
from .special import UNKNOWN, SpecialOperations, SpecialValue, chosen, special_schema

if TYPE_CHECKING:
    from ..commands import Argument
    from ..expressions import Expression
    from ..plans import ValuePlan

__all__ = ["REQUIRED", "BoundSet", "SetOperations"]

T = TypeVar("T")

REQUIRED: Any = object()
"""Stands for a default that was not given."""

# The methods below the overrides here; of a bare `set`, type checkers do not know the elements.
plain_set: type[set[Any]] = set


class SetOperations(SpecialOperations):
    """The operations on a set, for a copy of it and for a handle alike."""

    __slots__ = ()
    rapyer_plain = set

    @property
    def rapyer_members(self) -> ValuePlan:
        """The plan of the members."""
        return self.rapyer_plan.member

    def rapyer_checked_all(self, values: Iterable[Any]) -> list[Any]:
        """Return values as members."""
        if isinstance(values, (str, bytes)):
            values = (values,)  # refused as one member would be, instead of taken apart
        return [self.rapyer_members.checked(value, self) for value in values]

    def rapyer_texts(self, values: Iterable[Any]) -> list[str]:
        """Return the texts of members."""
        return [self.rapyer_members.text(value, self) for value in values]

    def rapyer_read(self, texts: Iterable[bytes]) -> set[Any]:
        """Return the members that stored texts stand for."""
        members: set[Any] = self.rapyer_plan.read(b"[%b]" % b",".join(texts), self)
        return members

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
        texts = self.rapyer_texts(items)
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
        counts = [0]

        def function(members: set[Any]) -> set[Any]:
            if name == "set_remove" and not members.issuperset(items):
                raise self._not_found(items)
            before = len(members)
            change(members)
            counts[:] = [abs(len(members) - before)]
            return members

        if result is None:
            return self.rapyer_computed(route, function, None)
        tell = result
        return self.rapyer_computed(route, function, lambda: tell(counts[0]))

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

    def clear_operation(self, route: Route) -> Operation:
        """Remove every member."""
        return self._replacing(route, self.rapyer_plan.checked(set[Any](), self))

    def set_operation(self, route: Route, value: Any) -> Operation:
        return self._replacing(route, self.rapyer_plan.checked(value, self))

    def _replacing(self, route: Route, members: set[Any]) -> Operation:
        texts = self.rapyer_texts(members)

        def settle(_: Any) -> Any:
            return self.rapyer_accept(members)

        args: tuple[Argument, ...] = (len(texts), *texts)
        return self.rapyer_special_operation(
            route, "set_replace", args, settle, lambda: settle(None), confirms=is_done
        )

    def pop_operation(self, route: Route, default: Any = REQUIRED) -> Operation | Computation:
        """Remove any member and return it; `default` where there is none."""
        if not self.rapyer_plan.is_plain:
            popped: list[Any] = []

            def function(members: set[Any]) -> set[Any]:
                if not members and default is REQUIRED:
                    raise self._not_found("a member")
                popped[:] = [members.pop() if members else default]
                return members

            return self.rapyer_computed(route, function, lambda: popped[0])

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

    def size_operation(self, route: Route) -> Operation:
        """Count the members on the server."""
        return self.rapyer_special_operation(route, "set_size", (), int, is_read=True)

    def load_operation(self, route: Route) -> Operation:
        def settle(reply: list[bytes]) -> Any:
            return self.rapyer_accept(self.rapyer_read(reply))

        return self.rapyer_special_operation(route, "set_members", (), settle, is_read=True)

    def apply_operation(self, route: Route, function: Callable[[Any], Any]) -> Computation:
        def change(seen: list[bytes]) -> tuple[Any, Callable[[], Any]]:
            given = self.rapyer_read(seen)
            new = self.rapyer_plan.checked(function(given), self)
            return self.rapyer_texts(new), lambda: self.rapyer_accept(new)

        def swap(seen: list[bytes], texts: list[str]) -> Operation:
            had, has = {text.decode() for text in seen}, set(texts)
            changes: list[tuple[str, Sequence[Argument]]] = [
                ("seen", seen),
                ("remove", list(had - has)),
                ("add", list(has - had)),
            ]
            return self.rapyer_swap_operation(route, "s", changes)

        self.rapyer_check_writable()
        reading = self.rapyer_special_operation(route, "set_members", (), list, is_read=True)
        lifetime = route.root.rapyer_lifetime()
        return Computation(route, change, lifetime, reads=reading, swaps=swap)

    def members_operation(self, route: Route) -> Operation:
        """Read the members; settles to a plain set, which the local copy is then too."""

        def settle(reply: list[bytes]) -> set[Any]:
            members = self.rapyer_read(reply)
            self.rapyer_accept(members)
            return set(members)

        return self.rapyer_special_operation(route, "set_members", (), settle, is_read=True)

    def combine_operation(
        self, route: Route, sign: str, others: Sequence[Iterable[Any]], in_cluster: bool
    ) -> Operation:
        """Combine the set with others: ``|``, ``&`` or ``-``. Settles to a plain set.

        Sets on the server are combined there, in one step; to that the local ones are added.
        """
        command, combine = _COMBINED[sign]
        stored: list[tuple[SetOperations, Route]] = []
        local: list[Iterable[Any]] = []
        for other in others:
            place = other.rapyer_route() if isinstance(other, SetOperations) else None
            if isinstance(other, SetOperations) and place is not None:
                stored.append((other, place))
            else:
                local.append(other)
        self._check_together(route, [place for _, place in stored], in_cluster)

        def settle(reply: list[bytes]) -> set[Any]:
            return combine(self.rapyer_read(reply), *map(set[Any], local))

        name = "set_combine"
        operation = self.rapyer_special_operation(route, name, (), settle, is_read=True)
        own, lifetime = operation.companions, operation.lifetime
        keys = tuple(
            key
            for other, place in stored
            for key in (str(place.place.key), special_key(place.place.key, other.rapyer_way()))
        )
        seconds = "" if lifetime is None else lifetime
        return operation._replace(
            args=(command, seconds, len(own)),
            companions=(*own, *keys),
            # Its own keys only: the others' documents have lifetimes of their own.
            lifetime=None,
        )

    def _check_together(self, route: Route, others: Sequence[Route], in_cluster: bool) -> None:
        """Raise unless one step on the server can read the sets of all these documents."""
        cls, spot = type(route.root), self.where()
        source = cls.rapyer_settings().source
        for other in others:
            theirs = type(other.root).rapyer_settings().source
            if theirs is not source and (
                theirs is None or source is None or theirs.redis != source.redis
            ):
                raise WrongDatabaseError(
                    f"{spot} and {other.place.key} are in different databases; read the members of "
                    "each, and combine those",
                    expected="sets of one database",
                    actual=str(other.place.key),
                    **spot.about(),
                )
            if in_cluster and slot_of(other.place.key) != slot_of(route.place.key):
                raise CrossSlotError(
                    f"{spot} and {other.place.key} are in different slots of the cluster, which "
                    "one step cannot read; read the members of each and combine those, or use "
                    "keys with a common {hash tag}",
                    expected="sets of one slot",
                    actual=str(other.place.key),
                    **spot.about(),
                )


# What the server calls a combination, and how local sets are added to it.
_COMBINED: dict[str, tuple[str, Callable[..., set[Any]]]] = {
    "|": ("SUNION", plain_set.union),
    "&": ("SINTER", plain_set.intersection),
    "-": ("SDIFF", plain_set.difference),
}


def _adding(items: Iterable[Any]) -> Callable[[set[Any]], Any]:
    return lambda own: plain_set.update(own, items)


def _removing(items: Iterable[Any]) -> Callable[[set[Any]], Any]:
    return lambda own: plain_set.difference_update(own, items)


class BoundSet(SetOperations, SpecialValue, set[T], Generic[T]):
    """A set beside a document. Its own methods change the local copy; operators make plain sets."""

    __slots__ = ("rapyer_added", "rapyer_inner", "rapyer_is_whole", "rapyer_plan", "rapyer_removed")

    if TYPE_CHECKING:
        rapyer_inner: InnerPlace
        rapyer_is_whole: bool
        rapyer_added: set[Any]
        rapyer_removed: set[Any]

        @overload
        def __get__(self, instance: None, owner: Any) -> Expression[set[T]]: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> Self: ...
        def __get__(self, instance: object | None, owner: Any) -> Any: ...
        def __set__(self, instance: Any, value: set[T]) -> None: ...

    @classmethod
    def rapyer_bind(cls, raw: Iterable[T], parent: Any, member: Any, plan: ValuePlan) -> Self:
        """Return a copy with its place."""
        self = cls.__new__(cls)
        self.rapyer_inner = InnerPlace(parent, member)
        self.rapyer_plan = plan
        self.rapyer_added, self.rapyer_removed = set[Any](), set[Any]()
        self.rapyer_is_whole = False
        plain_set.update(self, raw)
        return self

    def rapyer_place(self) -> InnerPlace:
        return self.rapyer_inner

    def rapyer_address(self) -> tuple[Any, Any, Any]:
        return self.rapyer_inner.parent, self.rapyer_inner.member, self

    # Following the server

    def rapyer_follow(self, change: Callable[[set[Any]], Any], touched: Iterable[Any]) -> Any:
        change(self)
        for value in touched:
            self.rapyer_added.discard(value)
            self.rapyer_removed.discard(value)

    def rapyer_count(self) -> int:
        return len(self)

    def rapyer_accept(self, value: Any) -> Any:
        if value is not self:
            members = list[Any](value)
            plain_set.clear(self)
            plain_set.update(self, members)
        self.rapyer_clean()
        return self

    def rapyer_refreshed(self, value: Any) -> Any:
        if self.rapyer_is_whole:
            return self
        plain_set.clear(self)
        plain_set.update(self, value)
        plain_set.difference_update(self, self.rapyer_removed)
        plain_set.update(self, self.rapyer_added)
        return self

    def rapyer_snapshot(self) -> Callable[[], None]:
        members = set[Any](self)
        added, removed = set(self.rapyer_added), set(self.rapyer_removed)
        was_whole = self.rapyer_is_whole

        def restore() -> None:
            self.rapyer_is_whole = was_whole
            plain_set.clear(self)
            plain_set.update(self, members)
            self.rapyer_added, self.rapyer_removed = set(added), set(removed)

        return restore

    # What a save writes

    def rapyer_change_words(self) -> list[tuple[str, list[Argument]]]:
        if self.rapyer_is_whole:
            return [("replace", list(self.rapyer_texts(self)))]
        removed = self.rapyer_texts(self.rapyer_removed)
        added = self.rapyer_texts(self.rapyer_added)
        return [*chosen("remove", removed), *chosen("add", added)]

    def rapyer_clean(self) -> Callable[[], None]:
        added, removed, was_whole = self.rapyer_added, self.rapyer_removed, self.rapyer_is_whole
        self.rapyer_added, self.rapyer_removed = set[Any](), set[Any]()
        self.rapyer_is_whole = False

        def restore() -> None:
            self.rapyer_is_whole |= was_whole
            # What was changed since is newer.
            self.rapyer_added |= added - self.rapyer_removed
            self.rapyer_removed |= removed - self.rapyer_added

        return restore

    def rapyer_assigned_over(self, held: Any) -> Self:
        """Note what changed against the value that an assignment took the place of."""
        self.rapyer_is_whole = held is UNKNOWN or getattr(held, "rapyer_is_whole", False)
        if self.rapyer_is_whole:
            known = set[Any]()
        elif isinstance(held, BoundSet):
            known = (set[Any](held) | held.rapyer_removed) - held.rapyer_added  # pyright: ignore[reportUnknownArgumentType]  # of any members
        else:
            known = set[Any](held or ())
        self.rapyer_added = set[Any](self) - known
        self.rapyer_removed = known - self
        return self

    # Local changes

    def _note(self, value: Any, undone: set[Any], done: set[Any]) -> None:
        """Note a local change, which may only take an earlier one back."""
        if value in undone:
            undone.discard(value)
        else:
            done.add(value)

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
