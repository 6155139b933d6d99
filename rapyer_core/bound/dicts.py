"""Python's own methods on a dict in a document, in a pipeline and outside of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from typing_extensions import Self

from ..scopes import refuse_in_scope, take_over
from .containers import REQUIRED
from .dict_copies import DictCopy
from .dict_operations import plain_dict
from .intents import take_over_item

if TYPE_CHECKING:
    from ..expressions import Expression

__all__ = ["BoundDict"]

K = TypeVar("K")
V = TypeVar("V")


class BoundDict(DictCopy[K, V], Generic[K, V]):
    """A dict in a document. Its own methods change the local copy."""

    __slots__ = ()

    if TYPE_CHECKING:
        rapyer_has_changed: bool

        @overload
        def __get__(self, instance: None, owner: Any) -> Expression[dict[K, V]]: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> Self: ...
        def __get__(self, instance: object | None, owner: Any) -> Any: ...
        def __set__(self, instance: Any, value: dict[K, V]) -> None: ...

    # Local reading

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
