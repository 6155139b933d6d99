"""Nested models of plain pydantic classes: our methods beside their own, on the same data.

A field annotated with a plain `BaseModel` subclass holds instances of that class. What a read
hands out is a view: an instance of a class derived from both, which shares the data.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel

if TYPE_CHECKING:
    from .model import DocumentModel

__all__ = ["is_alike", "shown_as", "view", "view_class"]

D = TypeVar("D", bound="DocumentModel")

_views: dict[type, weakref.WeakKeyDictionary[type, type[DocumentModel]]] = {}


def view_class(base: type[DocumentModel], plain: type[BaseModel]) -> type[DocumentModel]:
    """Return the class of views on a plain class, made once for each of the two packages."""
    known = _views.setdefault(base, weakref.WeakKeyDictionary())
    cls = known.get(plain)
    if cls is None:
        namespace = {
            "__module__": plain.__module__,
            "__qualname__": f"Redis{plain.__qualname__}",
            "__doc__": plain.__doc__,
            "__eq__": _equals(plain),
            "__hash__": plain.__hash__,
            "__rapyer_view__": (base, plain),
        }
        make: Any = type(base)
        known[plain] = make(
            f"Redis{plain.__name__}", (base, plain), namespace, rapyer_register=False
        )
        return known[plain]
    return cls


def view(base: type[DocumentModel], raw: BaseModel) -> DocumentModel:
    """Return a view on an instance."""
    return shown_as(view_class(base, type(raw)), raw)


def shown_as(cls: type[D], raw: BaseModel) -> D:
    """Return an instance of a class of views that shares a plain instance's data."""
    instance = cls.__new__(cls)
    for name in (
        "__dict__",
        "__pydantic_fields_set__",
        "__pydantic_extra__",
        "__pydantic_private__",
    ):
        object.__setattr__(instance, name, getattr(raw, name))
    return instance


def is_alike(held: Any, raw: Any) -> bool:
    """Return whether a model holds the fields of another's class: it is one, or a view of one."""
    return type(held) is type(raw) or (
        isinstance(held, type(raw)) and type(held).__name__ == f"Redis{type(raw).__name__}"
    )


def _equals(plain: type[BaseModel]) -> Any:
    def __eq__(self: Any, other: Any) -> bool:
        if not isinstance(other, plain):
            return NotImplemented
        return bool(self.__dict__ == other.__dict__)

    return __eq__
