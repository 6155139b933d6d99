"""Bound scalars: the plain value, and where it was read.

One is made per read and never kept, so it is immutable in the way of its plain type: an
operation returns a new one, and the field has the new value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, overload

from pydantic_core import SchemaSerializer, core_schema
from typing_extensions import Self

from ..errors import PathError
from ..places import DocumentPlace, Route, route
from .base import Bound
from .inplace import InplaceOperators, Intent, RefusedOperators
from .numbers import FloatOperations, IntOperations
from .texts import TextOperations

if TYPE_CHECKING:
    from ..expressions import Expression
    from ..scopes import Scope

__all__ = ["QUEUED", "BoundBool", "BoundBytes", "BoundFloat", "BoundInt", "BoundScalar", "BoundStr"]


# The version of an item while a queued operation holds it: its position was checked then, and
# holds when the reply is settled, since replies are settled in the order of the queue.
QUEUED = -1


class BoundScalar(Bound):
    """A scalar with a place. Equality, hash, formatting and pickling are the plain value's."""

    if TYPE_CHECKING:
        rapyer_parent: Any
        rapyer_member: Any

        # That of the plain type, which stands behind this class in the order of bases.
        def __new__(cls, value: Any = ..., /) -> Self: ...

    rapyer_make: ClassVar[Callable[..., Any]]
    """Makes an instance of a class from the plain value, without another call where it can be."""

    # Of an item, the version of its list when it was read.
    rapyer_version: int | None = None

    # What in-place operators in a pipeline meant (see `intents`).
    rapyer_intents: tuple[Intent, ...] = ()

    @classmethod
    def rapyer_bind(cls, raw: Any, parent: Any, member: Any, plan: Any) -> Self:
        """Return the value with its place."""
        self: Self = cls.rapyer_make(cls, raw)
        self.rapyer_parent = parent
        self.rapyer_member = member
        self.rapyer_plan = plan
        return self

    def rapyer_route(self) -> Route | None:
        try:
            parent = self.rapyer_parent
        except AttributeError:
            parent = self.rapyer_address()[0]  # which says what is wrong
        place = parent.rapyer_place()
        if type(place) is DocumentPlace:  # what most calls ask for: a field of a document itself
            path = parent.rapyer_fields()[self.rapyer_member].path
            return Route(parent, place, path) if place.is_stored else None
        return route(parent, self.rapyer_member, self)

    def rapyer_check_writable(self) -> None:
        if self.rapyer_parent.rapyer_is_frozen(self.rapyer_member):
            super().rapyer_check_writable()

    def rapyer_value(self) -> Any:
        """Return the plain value."""
        return self.rapyer_plain(self)

    def rapyer_accept(self, value: Any) -> Any:
        return self.rapyer_parent.rapyer_take(self.rapyer_member, value, self)

    def rapyer_address(self) -> tuple[Any, Any, Any]:
        try:
            return self.rapyer_parent, self.rapyer_member, self
        except AttributeError:
            raise PathError(
                f"{type(self).__name__}({self!r}) was not read from a model, so it has no place",
                expected="a value read from a model's field",
                actual=self,
            ) from None

    # The same as the base's, without another call.

    def rapyer_remember(self, scope: Scope) -> None:
        version = self.rapyer_version
        if version is not None and version != QUEUED:
            self.rapyer_version = QUEUED
            scope.when_over(lambda: setattr(self, "rapyer_version", version))
        self.rapyer_parent.rapyer_remember_member(scope, self.rapyer_member)

    def rapyer_held(self) -> Any:
        return self.rapyer_parent.rapyer_held_at(self.rapyer_member, self)

    def __reduce_ex__(self, protocol: Any) -> Any:
        # A copy or a pickle is the plain value: a place means nothing without its model.
        return self.rapyer_plain, (self.rapyer_plain(self),)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        return handler.generate_schema(cls.rapyer_plain)


class BoundInt(InplaceOperators, IntOperations, BoundScalar, int):
    """An int in a document."""

    rapyer_plain: ClassVar[type] = int
    rapyer_make: ClassVar[Callable[..., Any]] = int.__new__

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: Any) -> Expression[int]: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> Self: ...
        def __get__(self, instance: object | None, owner: Any) -> Any: ...
        def __set__(self, instance: Any, value: int) -> None: ...


class BoundFloat(InplaceOperators, FloatOperations, BoundScalar, float):
    """A float in a document."""

    rapyer_plain: ClassVar[type] = float
    rapyer_make: ClassVar[Callable[..., Any]] = float.__new__

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: Any) -> Expression[float]: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> Self: ...
        def __get__(self, instance: object | None, owner: Any) -> Any: ...
        def __set__(self, instance: Any, value: float) -> None: ...


class BoundBool(RefusedOperators, BoundScalar, int):
    """A bool in a document. Python lets nobody subclass bool, so it is an int that shows as one."""

    rapyer_plain = bool
    rapyer_make: ClassVar[Callable[..., Any]] = int.__new__

    # Where nothing is annotated (Any, a dump of a dict), pydantic goes by the value's type.
    __pydantic_serializer__: ClassVar[SchemaSerializer] = SchemaSerializer(
        core_schema.any_schema(serialization=core_schema.plain_serializer_function_ser_schema(bool))
    )

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: Any) -> Expression[bool]: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> Self: ...
        def __get__(self, instance: object | None, owner: Any) -> Any: ...
        def __set__(self, instance: Any, value: bool) -> None: ...
    else:

        @property
        def __class__(self) -> type[bool]:
            # isinstance asks this too, so the value passes for a bool where one is asked for.
            return bool

    def __repr__(self) -> str:
        return repr(bool(self))

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(bool(self), spec)

    # Of two bools bool's own operators make a bool, of a bool and an int an int.

    def __and__(self, other: Any, /) -> Any:
        return bool(self) & _unbound(other)

    def __or__(self, other: Any, /) -> Any:
        return bool(self) | _unbound(other)

    def __xor__(self, other: Any, /) -> Any:
        return bool(self) ^ _unbound(other)


def _unbound(operand: Any) -> Any:
    return bool(operand) if isinstance(operand, bool) else operand


class BoundStr(InplaceOperators, TextOperations, BoundScalar, str):
    """A str in a document."""

    rapyer_plain: ClassVar[type] = str
    rapyer_make: ClassVar[Callable[..., Any]] = str.__new__

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: Any) -> Expression[str]: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> Self: ...
        def __get__(self, instance: object | None, owner: Any) -> Any: ...
        def __set__(self, instance: Any, value: str) -> None: ...


class BoundBytes(RefusedOperators, BoundScalar, bytes):
    """Bytes in a document, stored as base64."""

    rapyer_plain = bytes
    rapyer_make: ClassVar[Callable[..., Any]] = bytes.__new__

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: Any) -> Expression[bytes]: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> Self: ...
        def __get__(self, instance: object | None, owner: Any) -> Any: ...
        def __set__(self, instance: Any, value: bytes) -> None: ...
