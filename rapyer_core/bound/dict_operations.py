"""Dicts in a document: any key that the annotation allows, each a member of a JSON object.

Here is what the server is asked to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ..errors import DictKeyError
from ..operations import Computation, Operation
from ..places import Route
from .base import Bound, is_done
from .containers import REQUIRED, ContainerOperations

if TYPE_CHECKING:
    from ..plans import ValuePlan

__all__ = ["DictOperations", "plain_dict"]

# The methods below the overrides here; of a bare `dict`, type checkers do not know the elements.
plain_dict: type[dict[Any, Any]] = dict


class DictOperations(ContainerOperations):
    """The operations on a dict, for a copy of it and for a handle alike."""

    __slots__ = ()
    rapyer_plain = dict

    @property
    def rapyer_members(self) -> ValuePlan:
        """The plan of the dict, which knows its keys' and its values'."""
        return self.rapyer_plan.choice("dict")

    def rapyer_follow(self, change: Callable[[dict[Any, Any]], Any]) -> None:
        """Make a change that the server made in the local copy, if there is one."""
        raise NotImplementedError

    def rapyer_change(
        self,
        route: Route,
        name: str,
        args: tuple[Any, ...],
        change: Callable[[dict[Any, Any]], Any],
    ) -> Operation | Computation:
        """Return the operation `name`; `change` does the same to a plain dict."""
        if not self.rapyer_members.is_plain:
            return self.rapyer_computed_change(route, change, name=name)

        def settle(_: Any) -> Any:
            self.rapyer_follow(change)
            return self

        def predict() -> Any:
            return settle(None)

        predicted = self.rapyer_predicted(predict)
        return self.rapyer_operation(route, name, args, settle, predicted, confirms=is_done)

    def set_item_operation(self, route: Route, key: Any, value: Any) -> Operation | Computation:
        """Set one member."""
        return self.update_operation(route, {key: value})

    def update_operation(
        self,
        route: Route,
        other: Mapping[Any, Any] | Iterable[tuple[Any, Any]] = (),
        /,
        **named: Any,
    ) -> Operation | Computation:
        """Set members, given as `dict.update` takes them."""
        checked = self.rapyer_checked_members(dict(other, **named))
        args: list[Any] = [len(checked)]
        for key, value in checked.items():
            args += (
                self.rapyer_members.name_text(key, self),
                self.rapyer_members.value.sent(value, self),
            )

        def change(own: dict[Any, Any]) -> None:
            # A pipeline makes the change twice, and what it did to the values in between is theirs.
            if own is this:
                checked.update(self.rapyer_placed(checked))
            self.rapyer_put(own, checked)

        this: Any = self
        return self.rapyer_change(route, "dict_put", tuple(args), change)

    def delete_operation(self, route: Route, key: Any) -> Operation | Computation:
        """Remove a member.

        Raises:
            DictKeyError: when it runs, there is none.
        """
        name = self.rapyer_checked_name(key)
        this: Any = self

        def change(own: dict[Any, Any]) -> None:
            if own is not this and name not in own:
                raise self.rapyer_no_key(key)
            plain_dict.pop(own, name, None)

        return self.rapyer_change(
            route, "dict_delete", (self.rapyer_members.name_text(name, self),), change
        )

    def pop_operation(
        self, route: Route, key: Any, default: Any = REQUIRED
    ) -> Operation | Computation:
        """Remove a member and return its value, or `default` where there is none."""
        name = self.rapyer_checked_name(key)

        def outcome(value: Any) -> Any:
            if value is REQUIRED:
                raise self.rapyer_no_key(key)
            return value

        if not self.rapyer_members.is_plain:
            return self.rapyer_computed_change(
                route,
                lambda own: outcome(own.pop(name, default)),
                name="dict_pop",
                has_result=True,
            )

        def settle(reply: list[Any]) -> Any:
            self.rapyer_follow(lambda own: plain_dict.pop(own, name, None))
            return outcome(self.rapyer_members.value.read(reply[1], self) if reply[0] else default)

        args = (self.rapyer_members.name_text(name, self),)
        return self.rapyer_operation(route, "dict_pop", args, settle)

    def popitem_operation(self, route: Route) -> Operation | Computation:
        """Remove the last member and return its key and value."""

        def from_copy(own: dict[Any, Any]) -> Any:
            if not own:
                raise self.rapyer_no_key("the last one")
            return plain_dict.popitem(own)

        if not self.rapyer_members.is_plain:
            return self.rapyer_computed_change(
                route, from_copy, name="dict_popitem", has_result=True
            )

        def settle(reply: list[Any]) -> tuple[Any, Any]:
            if not reply[0]:
                raise self.rapyer_no_key("the last one")
            key = self.rapyer_members.read_name(reply[1].decode(), self)
            self.rapyer_follow(lambda own: plain_dict.pop(own, key, None))
            return key, self.rapyer_members.value.read(reply[2], self)

        return self.rapyer_operation(route, "dict_popitem", self.rapyer_last_name(), settle)

    def setdefault_operation(
        self, route: Route, key: Any, default: Any = None
    ) -> Operation | Computation:
        """Return a member's value, after adding `default` where there was none."""
        ((name_of, value),) = self.rapyer_checked_members({key: default}).items()
        members = self.rapyer_members
        if not members.is_plain:
            return self.rapyer_computed_change(
                route,
                lambda own: own.setdefault(name_of, value),
                name="dict_setdefault",
                has_result=True,
            )

        predicted: list[Any] = []

        def settle(reply: list[Any]) -> Any:
            present = members.value.read(reply[1], self)
            if predicted and not members.value.is_scalar:
                # What was done to it in the pipeline since is of this object.
                present = _following(predicted[0], present)
            self.rapyer_follow(lambda own: self.rapyer_put(own, {name_of: present}))
            return self.rapyer_member(name_of, self.rapyer_held_member(name_of, present))

        def predict() -> Any:
            present = self.rapyer_held_member(name_of, value)
            self.rapyer_follow(lambda own: self.rapyer_put(own, {name_of: present}))
            predicted[:] = [self.rapyer_held_member(name_of, value)]
            return self.rapyer_member(name_of, predicted[0])

        args = (members.name_text(name_of, self), members.value.sent(value, self))
        return self.rapyer_operation(
            route, "dict_setdefault", args, settle, self.rapyer_predicted(predict)
        )

    def clear_operation(self, route: Route) -> Operation | Computation:
        """Remove every member."""
        if not self.rapyer_members.is_plain:
            return self.rapyer_computed_change(route, plain_dict.clear, name="dict_clear")

        def settle(_: Any) -> Any:
            return self.rapyer_accept({})

        predicted = self.rapyer_predicted(lambda: settle(None))
        return self.rapyer_operation(route, "dict_clear", (), settle, predicted, confirms=is_done)

    def length_operation(self, route: Route) -> Operation:
        """Count the members on the server."""
        return self.rapyer_operation(route, "dict_count", (), int, is_read=True)

    # Checking

    def rapyer_checked_name(self, key: Any) -> Any:
        """Return a key as the dict holds it."""
        return self.rapyer_members.name.checked(key, self)

    def rapyer_checked_members(self, members: Mapping[Any, Any]) -> dict[Any, Any]:
        """Return members as the dict holds them."""
        plan = self.rapyer_members
        return {
            plan.name.checked(key, self): plan.value.checked(value, self)
            for key, value in members.items()
        }

    def rapyer_put(self, own: dict[Any, Any], members: Mapping[Any, Any]) -> None:
        """Set members of a plain dict."""
        plain_dict.update(own, members)

    def rapyer_placed(self, members: Mapping[Any, Any]) -> Mapping[Any, Any]:
        """Return members as a local copy holds them."""
        return members

    def rapyer_member(self, key: Any, value: Any) -> Any:
        """Return a member's value as a read of the local copy would give it."""
        return value

    def rapyer_held_member(self, key: Any, default: Any) -> Any:
        """Return a member of the local copy, `default` where there is none."""
        return default

    def rapyer_last_name(self) -> tuple[str, str]:
        """Return whether the local copy has a last member, and the name it is stored under.

        RedisJSON keeps members in no order that lasts (a removal moves the last one to its place,
        seen on 2.8.3), so it is the copy that knows which was added last.
        """
        return "0", ""

    def rapyer_no_key(self, key: Any) -> DictKeyError:
        """Return the error for a key that is not there."""
        spot = self.where()
        return DictKeyError(
            f"{spot}: no member {key!r}; nothing was removed",
            expected=f"a member {key!r}",
            actual="nothing",
            **spot.about(),
        )


def _following(held: Any, value: Any) -> Any:
    """Return an object that was held before with a value's content, the value where it cannot."""
    if hasattr(held, "rapyer_absorb") and type(held) is type(value):
        held.rapyer_absorb(value)
        return held
    if isinstance(held, Bound) and isinstance(value, (list, dict)):
        return held.rapyer_accept(value)
    return value
