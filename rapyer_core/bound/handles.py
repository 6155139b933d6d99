"""Handles: places whose values were not loaded.

`Model.at(key)` gives one for a document, and its fields are handles too. They have every
operation of the bound value and cost nothing to make; using one as a plain value is an error
that says how to load it, since there is no value to use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NoReturn

from typing_extensions import Self

from ..errors import NotLoadedError
from ..nesting import handle_at
from ..places import InnerPlace
from .base import Bound
from .binding import bind
from .dict_operations import DictOperations
from .list_operations import ListOperations
from .moments import DatetimeOperations, TimestampOperations
from .numbers import FloatOperations, IntOperations
from .queue_operations import QueueOperations
from .queues import PriorityQueueItem
from .set_operations import SetOperations
from .texts import TextOperations

if TYPE_CHECKING:
    from ..plans import ValuePlan
    from ..scopes import Scope

__all__ = [
    "Handle",
    "HandleOfDatetime",
    "HandleOfDict",
    "HandleOfFloat",
    "HandleOfInt",
    "HandleOfList",
    "HandleOfQueue",
    "HandleOfSet",
    "HandleOfStr",
    "HandleOfTimestamp",
    "bind_handle",
    "handle_in",
]


class Handle(Bound):
    """A value's place, without the value."""

    __slots__ = ("rapyer_inner", "rapyer_plan")

    if TYPE_CHECKING:
        rapyer_inner: InnerPlace

    @classmethod
    def rapyer_bind_handle(cls, parent: Any, member: Any, plan: ValuePlan) -> Self:
        """Return the handle of a member."""
        self = cls.__new__(cls)
        self.rapyer_inner = InnerPlace(parent, member)
        self.rapyer_plan = plan
        return self

    def rapyer_place(self) -> InnerPlace:
        return self.rapyer_inner

    def rapyer_address(self) -> tuple[Any, Any, Any]:
        return self.rapyer_inner.parent, self.rapyer_inner.member, None

    def rapyer_remember(self, scope: Scope) -> None:
        pass

    def rapyer_held(self) -> Any:
        return self

    def rapyer_accept(self, value: Any) -> Any:
        # There is no local copy: the new value is given to the caller, with its place.
        return bind(value, self.rapyer_inner.parent, self.rapyer_inner.member, self.rapyer_plan)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.where()}, not loaded>"

    def __reduce_ex__(self, protocol: Any) -> Any:
        return handle_in, (self.rapyer_inner.parent, self.rapyer_inner.member)

    def rapyer_not_loaded(self, *_: Any, **__: Any) -> NoReturn:
        """Raise: there is no value."""
        spot = self.where()
        raise NotLoadedError(
            f"{spot}: the value was not loaded, only its place is known; load the field, "
            "or get the document, to use it as a value",
            **spot.about(),
        )

    if not TYPE_CHECKING:  # to which a handle is no more than any object
        __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = rapyer_not_loaded
        __bool__ = __int__ = __float__ = __index__ = __len__ = __iter__ = rapyer_not_loaded
        __contains__ = __str__ = __format__ = __bytes__ = rapyer_not_loaded
        __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = rapyer_not_loaded
        __truediv__ = __floordiv__ = __mod__ = __pow__ = __neg__ = rapyer_not_loaded
        __hash__ = rapyer_not_loaded


class HandleOfInt(IntOperations, Handle):
    """The place of an int."""

    __slots__ = ()


class HandleOfFloat(FloatOperations, Handle):
    """The place of a float."""

    __slots__ = ()


class HandleOfStr(TextOperations, Handle):
    """The place of a str."""

    __slots__ = ()


class HandleOfDatetime(DatetimeOperations, Handle):
    """The place of a datetime."""

    __slots__ = ()


class HandleOfTimestamp(TimestampOperations, Handle):
    """The place of a moment that is stored as a number."""

    __slots__ = ()


class _Parent(Handle):
    """A handle that has members of its own."""

    __slots__ = ()

    def __getitem__(self, member: Any) -> Any:
        raise NotImplementedError

    def rapyer_take(self, member: Any, value: Any, child: Any) -> Any:
        return value

    def rapyer_remember_member(self, scope: Scope, member: Any) -> None:
        pass

    def rapyer_held_at(self, member: Any, child: Any) -> Any:
        return self


class HandleOfList(ListOperations, _Parent):
    """The place of a list; an index gives the place of an item."""

    __slots__ = ()

    def rapyer_seen(self) -> str:
        return ""

    def rapyer_follow(self, reply: list[Any], change: Callable[[list[Any]], Any]) -> None:
        pass

    def rapyer_segment(self, member: Any, child: Any, must_match_server: bool) -> int:
        return int(member)

    def rapyer_checked(self, member: Any, value: Any, spot: Any) -> Any:
        return self.rapyer_items.checked(value, spot)

    def rapyer_put_mode(self) -> str:
        return "replace"

    def __getitem__(self, index: Any) -> Any:
        return bind_handle(self, self.rapyer_index(index), self.rapyer_items)


class HandleOfQueue(QueueOperations, Handle):
    """The place of a queue beside a document."""

    __slots__ = ()

    def rapyer_put(self, items: Iterable[PriorityQueueItem[Any]]) -> None:
        pass

    def rapyer_drop(self, item: PriorityQueueItem[Any]) -> bool:
        return False

    def rapyer_first_of(self, value: Any) -> None:
        return None


class HandleOfSet(SetOperations, Handle):
    """The place of a set beside a document."""

    __slots__ = ()

    def rapyer_follow(self, change: Callable[[set[Any]], Any], touched: Iterable[Any]) -> None:
        pass


class HandleOfDict(DictOperations, _Parent):
    """The place of a dict; a key gives the place of a member."""

    __slots__ = ()

    def rapyer_follow(self, change: Callable[[dict[Any, Any]], Any]) -> None:
        pass

    def rapyer_segment(self, member: Any, child: Any, must_match_server: bool) -> str:
        return self.rapyer_members.name_text(member, self)

    def rapyer_checked(self, member: Any, value: Any, spot: Any) -> Any:
        return self.rapyer_members.value.checked(value, spot)

    def rapyer_put_mode(self) -> str:
        return "create"

    def __getitem__(self, key: Any) -> Any:
        name = self.rapyer_checked_name(key)
        return bind_handle(self, name, self.rapyer_members.value)


def handle_in(parent: Any, member: Any) -> Any:
    """Return the handle of a member of a handle: how a pickled one is found again."""
    return parent[member] if isinstance(parent, _Parent) else getattr(parent, member)


def bind_handle(parent: Any, member: Any, plan: ValuePlan) -> Any:
    """Return the handle for a member, with the operations of its annotated type."""
    kind = next((choice.kind for choice in plan.choices if choice.kind != "none"), plan.kind)
    if kind == "model":
        return handle_at(plan.handles["model"], parent, member, plan)
    return plan.handles.get(kind, plan.handles["any"]).rapyer_bind_handle(parent, member, plan)
