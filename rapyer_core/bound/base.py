"""What every value with a place in a document has: its route, its plan, its local copy.

A bound value is the plain value and more: it knows where it is, so that an operation on it
can be sent. It is made when a field is read; the model itself holds plain data.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from ..errors import UpdateAtomicModelError
from ..invalid import Where
from ..operations import Computation, Operation, read_operation
from ..places import Route, never_saved, root_of, route, where
from ..scopes import is_any_open

if TYPE_CHECKING:
    from ..plans import ValuePlan
    from ..scopes import Scope

__all__ = ["Bound", "is_done", "kept_value"]


class Bound:
    """A value that knows its place."""

    __slots__ = ()

    rapyer_plain: ClassVar[type] = object
    """The plain type whose own methods stay local while the document is not stored."""

    rapyer_local: ClassVar[type] = object
    """The class whose methods change the local copy only."""

    if TYPE_CHECKING:
        rapyer_plan: ValuePlan

    def rapyer_address(self) -> tuple[Any, Any, Any]:
        """Return the parent, the member there, and the value that claims to be it."""
        raise NotImplementedError

    # Paths

    def where(self) -> Where:
        """Return where the value is, for messages."""
        return where(*self.rapyer_address())

    @property
    def key(self) -> Any:
        """The key of the document that the value is part of."""
        return root_of(self.rapyer_address()[0]).key

    @property
    def json_path(self) -> str:
        """The JSON path of the value in its document."""
        return self.where().path

    @property
    def field_path(self) -> str:
        """The JSON path without its root."""
        return self.json_path[1:]

    @property
    def field_name(self) -> str:
        """The value's own name: the last part of its path."""
        return str(self.rapyer_address()[1])

    # Operations

    def rapyer_route(self) -> Route | None:
        """Return the way to the value on the server; None while its document is not there."""
        return route(*self.rapyer_address())

    def rapyer_unstored(self, method: str, *args: Any, **named: Any) -> Any:
        """Do what a method does while the document is not on the server.

        A method of the plain type changes the local value, as Python's users expect; any other
        name works on the server, so there is nothing that it could do.
        """
        if not hasattr(self.rapyer_plain, method):
            raise never_saved(self.where(), method)
        result = getattr(self.rapyer_local, method)(self, *args, **named)
        return self if result is None else result

    def rapyer_operation(
        self,
        route: Route,
        name: str,
        args: tuple[Any, ...],
        settle: Callable[[Any], Any],
        predict: Callable[[Scope], Any] | None = None,
        *,
        is_read: bool = False,
        confirms: Callable[[Any], bool] | None = None,
    ) -> Operation:
        """Return an operation of the program on this value; `predict` as `rapyer_predicted`'s."""
        if not is_read:
            self.rapyer_check_writable()
        root, place, path = route
        key, lifetime = place.key, type(root).rapyer_settings().lifetimes[name]
        beside = () if lifetime is None else type(root).rapyer_companions(key)
        operation = Operation(name, key, path, args, settle, predict, lifetime, is_read, confirms)
        return operation._replace(companions=beside) if beside else operation

    def rapyer_predicted(
        self, predict: Callable[[], Any], *, is_whole: bool = False
    ) -> Callable[[Scope], Any] | None:
        """Return what makes an operation's effect on the local value in a scope, and notes how to
        take it back; None where no scope is open.

        `predict` makes it as far as that can be told before the reply. `is_whole`: afterwards the
        value is all known, whatever it was on the server.
        """
        if not is_any_open():
            return None

        def queued(scope: Scope) -> Any:
            self.rapyer_remember(scope)
            bound = predict()
            if is_whole and isinstance(bound, Bound):
                bound.rapyer_know(scope)
            return bound

        return queued

    def rapyer_know(self, scope: Scope) -> None:
        """Note that the value was set whole in a scope."""

    def rapyer_remember(self, scope: Scope) -> None:
        """Note in a scope how to restore the local value."""
        parent, member, _ = self.rapyer_address()
        parent.rapyer_remember_member(scope, member)

    def rapyer_held(self) -> Any:
        """Return the plain local value as it is now; `self` may have been read before a change."""
        parent, member, child = self.rapyer_address()
        return parent.rapyer_held_at(member, child)

    def rapyer_computation(
        self,
        route: Route,
        function: Callable[[Any], Any],
        result: Callable[[], Any] | None = None,
        *,
        name: str = "value_swap",
    ) -> Computation:
        """Return a change computed from the value's present state.

        `function` gets the value, validated, and returns the new one; `result`, called when it was
        written, gives what the caller gets instead of the new value. `name`: the operation that it
        stands for.
        """
        self.rapyer_check_writable()

        def change(seen: Any) -> tuple[Any, Callable[[], Any]]:
            new = self.rapyer_plan.checked(function(self.rapyer_present(seen)), self)

            def settle() -> Any:
                bound = self.rapyer_accept(new)
                return bound if result is None else result()

            return self.rapyer_written(new), settle

        return Computation(route, change, route.root.rapyer_lifetime(name))

    def rapyer_present(self, seen: Any) -> Any:
        """Return the value that a computation has read."""
        return self.rapyer_plan.read(seen, self)

    def rapyer_written(self, new: Any) -> Any:
        """Return what a computation writes for a new value."""
        return self.rapyer_plan.sent(new, self)

    def rapyer_check_writable(self) -> None:
        """Raise if the field must not change."""
        parent, member, _ = self.rapyer_address()
        if parent.rapyer_is_frozen(member):
            spot = self.where()
            raise UpdateAtomicModelError(f"{spot}: the field is frozen", **spot.about())

    def rapyer_accept(self, value: Any) -> Any:
        """Make a value that the server now has the local one, and return it bound."""
        parent, member, child = self.rapyer_address()
        return parent.rapyer_take(member, value, child)

    # What every field can do

    def set_operation(self, route: Route, value: Any) -> Operation:
        """Replace the value."""
        parent, member, _ = self.rapyer_address()
        checked = parent.rapyer_checked(member, value, self)
        mode = parent.rapyer_put_mode()
        args = (mode, self.rapyer_plan.sent(checked, self))
        kept = [checked]

        def settle(_: Any) -> Any:
            # A pipeline makes the change twice, and what it did to the new value in between is of
            # the value that the first time gave a place.
            bound = self.rapyer_accept(kept[0])
            kept[0] = kept_value(bound, kept[0], self)
            return bound

        return self.rapyer_operation(
            route,
            "value_put",
            args,
            settle,
            self.rapyer_predicted(lambda: settle(None), is_whole=True),
            confirms=is_done,
        )

    def load_operation(self, route: Route) -> Operation:
        """Read the value anew."""

        def settle(text: bytes) -> Any:
            return self.rapyer_accept(self.rapyer_plan.read(text, self))

        return read_operation(route, settle, route.root.rapyer_lifetime("value_get"))

    def apply_operation(self, route: Route, function: Callable[[Any], Any]) -> Computation:
        """Replace the value by what a function makes of it."""
        return self.rapyer_computation(route, function)


def is_done(_: Any) -> bool:
    """Return True: an operation that succeeds does on the server what was predicted."""
    return True


def kept_value(bound: Any, value: Any, place: Any) -> Any:
    """Return what stands for a value once it was bound: what is in it then has a place."""
    if bound is place:
        return bound.copy()
    return bound if hasattr(bound, "rapyer_place") else value
