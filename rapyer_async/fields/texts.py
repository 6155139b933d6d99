"""Strings."""

from __future__ import annotations

from typing_extensions import Self

from rapyer_core.bound.handles import HandleOfStr
from rapyer_core.bound.scalars import BoundStr
from rapyer_core.bound.texts import TextOperations

from ..running import perform
from .values import ValueMethods

__all__ = ["RedisStr", "StrHandle", "TextMethods"]


class TextMethods(ValueMethods[str], TextOperations):
    """What a str can do; each returns the new value, which the field has too."""

    __slots__ = ()

    async def aappend(self, suffix: str) -> Self:
        """Append to the string."""
        result: Self = await perform(self, "aappend", self.append_operation, suffix)
        return result

    async def amul(self, times: int) -> Self:
        """Repeat the string; 0 or less empties it.

        Raises:
            NumberRangeError: the result would exceed what the server stores (512 MiB).
        """
        result: Self = await perform(self, "amul", self.repeat_operation, times)
        return result


class RedisStr(TextMethods, BoundStr):
    """A str in a document."""


class StrHandle(TextMethods, HandleOfStr):
    """The place of a str."""

    __slots__ = ()
