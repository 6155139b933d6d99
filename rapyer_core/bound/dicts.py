"""Dicts in a document: any key that the annotation allows, each a member of a JSON object."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from typing_extensions import Self

from ..errors import DictKeyError, PathError
from ..operations import Computation, Operation
from ..places import InnerPlace, Route
from ..scopes import Scope, refuse_in_scope, take_over
from .base import Bound, is_done
from .binding import bind, place
from .containers import ContainerOperations
from .intents import take_over_item

if TYPE_CHECKING:
    from ..expressions import Expression
    from ..plans import ValuePlan

__all__ = ["REQUIRED", "BoundDict", "DictOperations"]

K = TypeVar("K")
V = TypeVar("V")

# The methods below the overrides here; of a bare `dict`, type checkers do not know the elements.
plain_dict: type[dict[Any, Any]] = dict


class _Required:
    """Stands for a default that was not given."""

    def __repr__(self) -> str:
        return "<no default>"


REQUIRED: Any = _Required()


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
            return self._computed(name, route, change)

        def settle(_: Any) -> Any:
            self.rapyer_follow(change)
            return self

        def predict() -> Any:
            return settle(None)

        predicted = self.rapyer_predicted(predict)
        return self.rapyer_operation(route, name, args, settle, predicted, confirms=is_done)

    def _computed(
        self,
        name: str,
        route: Route,
        change: Callable[[dict[Any, Any]], Any],
        has_result: bool = False,
    ) -> Computation:
        results: list[Any] = []

        def function(value: dict[Any, Any]) -> dict[Any, Any]:
            results[:] = [change(value)]
            return value

        return self.rapyer_computation(
            route, function, (lambda: results[0]) if has_result else None, name=name
        )

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
            return self._computed(
                "dict_pop", route, lambda own: outcome(own.pop(name, default)), has_result=True
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
            return self._computed("dict_popitem", route, from_copy, has_result=True)

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
            return self._computed(
                "dict_setdefault",
                route,
                lambda own: own.setdefault(name_of, value),
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
            return self._computed("dict_clear", route, plain_dict.clear)

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


class BoundDict(DictOperations, dict[K, V], Generic[K, V]):
    """A dict in a document. Its own methods change the local copy."""

    __slots__ = ("rapyer_has_changed", "rapyer_inner", "rapyer_plan")

    if TYPE_CHECKING:
        rapyer_inner: InnerPlace
        rapyer_has_changed: bool

        @overload
        def __get__(self, instance: None, owner: Any) -> Expression[dict[K, V]]: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> Self: ...
        def __get__(self, instance: object | None, owner: Any) -> Any: ...
        def __set__(self, instance: Any, value: dict[K, V]) -> None: ...

    @classmethod
    def rapyer_bind(cls, raw: dict[K, V], parent: Any, member: Any, plan: ValuePlan) -> Self:
        """Return a copy with its place; values that have places themselves get theirs."""
        self = cls.__new__(cls)
        self.rapyer_inner = InnerPlace(parent, member)
        self.rapyer_plan = plan
        self.rapyer_has_changed = False
        self.rapyer_put(self, raw)
        return self

    # Its place, and as a parent

    def rapyer_place(self) -> InnerPlace:
        return self.rapyer_inner

    def rapyer_address(self) -> tuple[Any, Any, Any]:
        return self.rapyer_inner.parent, self.rapyer_inner.member, self

    def rapyer_segment(self, member: Any, child: Any, must_match_server: bool) -> str:
        if hasattr(child, "rapyer_place") and plain_dict.get(self, member) is not child:
            spot = self.where()
            raise PathError(
                f"{spot}: the value read at {member!r} is not there any more; read it again",
                expected="a value that is still in the dict",
                actual=member,
                **spot.about(),
            )
        return self.rapyer_members.name_text(member, self)

    def rapyer_take(self, member: Any, value: Any, child: Any) -> Any:
        self.rapyer_put(self, {member: value})
        return self[member]

    def rapyer_checked(self, member: Any, value: Any, spot: Any) -> Any:
        return self.rapyer_members.value.checked(value, spot)

    def rapyer_put_mode(self) -> str:
        return "create"

    def rapyer_put(self, own: dict[Any, Any], members: Mapping[Any, Any]) -> None:
        plain_dict.update(own, self.rapyer_placed(members) if own is self else members)

    def rapyer_placed(self, members: Mapping[Any, Any]) -> Mapping[Any, Any]:
        plan = self.rapyer_members.value
        if plan.is_scalar:
            return members
        return {key: place(value, self, key, plan) for key, value in members.items()}

    def rapyer_held_member(self, key: Any, default: Any) -> Any:
        return plain_dict.get(self, key, default)

    def rapyer_last_name(self) -> tuple[str, str]:
        return (
            ("1", self.rapyer_members.name_text(next(reversed(self)), self)) if self else ("0", "")
        )

    # In a pipeline

    def rapyer_remember(self, scope: Scope) -> None:
        super().rapyer_remember(scope)
        scope.remember(self, None, self._snapshot)

    def rapyer_remember_member(self, scope: Scope, member: Any) -> None:
        self.rapyer_remember(scope)

    def rapyer_held_at(self, member: Any, child: Any) -> Any:
        return plain_dict.get(self, member)

    def rapyer_bound_at(self, member: Any) -> Any:
        return self[member]

    def _snapshot(self) -> Callable[[], None]:
        members, has_changed = dict(self), self.rapyer_has_changed

        def restore() -> None:
            plain_dict.clear(self)
            plain_dict.update(self, members)
            self.rapyer_has_changed = has_changed

        return restore

    def rapyer_member_at(self, key: Any) -> Any:
        return key

    # Following the server

    def rapyer_follow(self, change: Callable[[dict[Any, Any]], Any]) -> None:
        change(self)

    def rapyer_accept(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return super().rapyer_accept(value)
        plain_dict.clear(self)
        self.rapyer_put(self, value)  # pyright: ignore[reportUnknownArgumentType]  # of any members
        self.rapyer_clean()
        return self

    def rapyer_clean(self) -> Callable[[], None]:
        """Note that the local copy is the server's; return what takes that back."""
        earlier = self.rapyer_has_changed
        self.rapyer_has_changed = False

        def restore() -> None:
            self.rapyer_has_changed |= earlier

        return restore

    # Local reading

    def rapyer_member(self, key: Any, value: Any) -> Any:
        return bind(value, self, key, self.rapyer_members.value)

    def __getitem__(self, key: K, /) -> V:
        bound: V = self.rapyer_member(key, plain_dict.__getitem__(self, key))
        return bound

    def get(self, key: K, default: Any = None, /) -> Any:
        if key not in self:
            return default
        return self[key]

    def copy(self) -> dict[K, V]:
        return dict(self)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return dict, (dict(self),)

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[K, V]:
        from copy import deepcopy

        return {key: deepcopy(value, memo) for key, value in plain_dict.items(self)}

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        arguments = getattr(source, "__args__", ())
        plain: Any = dict
        return handler.generate_schema(plain[arguments] if arguments else plain)

    # Local changes

    def __setitem__(self, key: K, value: V, /) -> None:
        if take_over_item(self, key, value, self.set_item_operation):
            return
        BoundDict.update(self, {key: value})  # pyright: ignore[reportUnknownMemberType]  # the class is named bare

    def __delitem__(self, key: K, /) -> None:
        if take_over(self, self.delete_operation, key):
            return
        plain_dict.__delitem__(self, key)
        self.rapyer_has_changed = True

    def update(self, other: Any = (), /, **named: Any) -> None:
        other = dict(other, **named)
        if take_over(self, self.update_operation, other):
            return
        checked = self.rapyer_checked_members(other)
        self.rapyer_put(self, checked)
        self.rapyer_has_changed = True

    def __ior__(self, other: Any, /) -> Self:  # type: ignore[override,misc]  # typeshed's overloads differ in the key type only
        BoundDict.update(self, other)  # pyright: ignore[reportUnknownMemberType]  # the class is named bare
        return self

    def setdefault(self, key: K, default: Any = None, /) -> Any:
        if take_over(self, self.setdefault_operation, key, default):
            return self[key]
        if key not in self:
            BoundDict.update(self, {key: default})  # pyright: ignore[reportUnknownMemberType]  # the class is named bare
        return self[key]

    def pop(self, key: K, default: Any = REQUIRED, /) -> Any:
        refuse_in_scope(self, "pop", "use `del`, or pop before the pipeline")
        value = (
            plain_dict.pop(self, key) if default is REQUIRED else plain_dict.pop(self, key, default)
        )
        self.rapyer_has_changed = True
        return value

    def popitem(self) -> tuple[K, V]:
        refuse_in_scope(self, "popitem", "pop before the pipeline")
        item = plain_dict.popitem(self)
        self.rapyer_has_changed = True
        return item

    def clear(self) -> None:
        if take_over(self, self.clear_operation):
            return
        plain_dict.clear(self)
        self.rapyer_has_changed = True


BoundDict.rapyer_local = BoundDict
