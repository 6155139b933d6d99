"""Which fields may fail without their document: `SafeLoad` marks them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, get_args, get_origin

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

__all__ = ["SafeLoadMarker", "is_marked_safe"]


class SafeLoadMarker:
    """Marks a field that may fail without its document."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "SafeLoadMarker()"


def is_marked_safe(info: FieldInfo) -> bool:
    """Return whether a field is marked: itself, or as one side of a union with None."""
    parts = (info.annotation, *get_args(info.annotation))
    nested = [mark for part in parts if get_origin(part) is Annotated for mark in get_args(part)]
    return any(isinstance(mark, SafeLoadMarker) for mark in (*info.metadata, *nested))
