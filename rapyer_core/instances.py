"""Instances that are made without being validated: what pydantic keeps of each is set here."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from .places import DocumentPlace, set_place

if TYPE_CHECKING:
    from .model import DocumentModel

__all__ = ["empty", "empty_at", "scratch_of"]

D = TypeVar("D", bound="DocumentModel")


def empty(cls: type[D]) -> D:
    """Return an instance without data."""
    instance = cls.__new__(cls)
    object.__setattr__(instance, "__dict__", {})
    object.__setattr__(instance, "__pydantic_fields_set__", set())
    object.__setattr__(instance, "__pydantic_extra__", None)
    object.__setattr__(instance, "__pydantic_private__", None)
    return instance


def empty_at(cls: type[D], place: DocumentPlace) -> D:
    """Return an instance without data, of the document at a place."""
    instance = empty(cls)
    set_place(instance, place)
    return instance


def scratch_of(model: D) -> D:
    """Return an instance with a model's data, to whose fields values can be assigned on trial."""
    scratch = model.__class__.__new__(model.__class__)
    object.__setattr__(scratch, "__dict__", dict(model.__dict__))
    object.__setattr__(scratch, "__pydantic_fields_set__", set(model.__pydantic_fields_set__))
    object.__setattr__(scratch, "__pydantic_extra__", model.__pydantic_extra__)
    object.__setattr__(scratch, "__pydantic_private__", model.__pydantic_private__)
    return scratch
