"""What every field can do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from typing_extensions import Self

from rapyer_core.bound.base import Bound
from rapyer_core.bound.handles import Handle
from rapyer_core.bound.scalars import BoundBool, BoundBytes

from ..running import perform

__all__ = ["AnyHandle", "RedisBool", "RedisBytes", "ValueMethods"]

P = TypeVar("P")


class ValueMethods(Bound, Generic[P]):
    """Set, load and apply: for a value whose plain type is `P`."""

    __slots__ = ()

    async def aset(self, value: P) -> Self:
        """Replace the value on the server, and return the new one.

        Raises:
            InvalidValueError: it does not validate; nothing was sent.
            KeyNotFound: the document is not there.
            PathError: the document has no such place any more.
        """
        result: Self = await perform(self, "aset", self.set_operation, value)
        return result

    async def aload(self) -> Self:
        """Read the value anew, and return it."""
        result: Self = await perform(self, "aload", self.load_operation)
        return result

    async def aapply(self, function: Callable[[P], P]) -> Self:
        """Replace the value by what a function makes of it, atomically.

        The function may be called several times: it is applied anew whenever somebody else changed
        the value in between.

        Raises:
            ConflictError: somebody else did so each of `Meta.max_retries` times.
        """
        result: Self = await perform(self, "aapply", self.apply_operation, function)
        return result


class RedisBool(ValueMethods[bool], BoundBool):
    """A bool in a document."""


class RedisBytes(ValueMethods[bytes], BoundBytes):
    """Bytes in a document."""


class AnyHandle(ValueMethods[Any], Handle):
    """The place of a value of any type."""

    __slots__ = ()
