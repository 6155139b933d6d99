"""The local copy of a dict: how it follows the server, and holds values with places."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from typing_extensions import Self

from ..errors import PathError
from ..places import InnerPlace
from ..scopes import Scope
from .binding import bind, place
from .containers import LocalCopy
from .dict_operations import DictOperations, plain_dict

if TYPE_CHECKING:
    from ..plans import ValuePlan

__all__ = ["DictCopy"]

K = TypeVar("K")
V = TypeVar("V")


class DictCopy(DictOperations, LocalCopy, dict[K, V], Generic[K, V]):
    """A dict as it is known locally."""

    __slots__ = ("rapyer_has_changed", "rapyer_inner", "rapyer_plan")

    if TYPE_CHECKING:
        rapyer_has_changed: bool

    @classmethod
    def rapyer_bind(cls, raw: dict[K, V], parent: Any, member: Any, plan: ValuePlan) -> Self:
        """Return a copy with its place; values that have places themselves get theirs."""
        self = cls.__new__(cls)
        self.rapyer_inner = InnerPlace(parent, member)
        self.rapyer_plan = plan
        self.rapyer_has_changed = False
        self.rapyer_put(self, raw)
        return self

    # As a parent

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

    def rapyer_member(self, key: Any, value: Any) -> Any:
        return bind(value, self, key, self.rapyer_members.value)
