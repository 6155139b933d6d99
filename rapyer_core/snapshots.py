"""A field as it was: a pipeline that is not applied restores it, and what was noted of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .changes import changes_of, own_changes

if TYPE_CHECKING:
    from .model import DocumentModel

__all__ = ["field_snapshot"]

_ABSENT: Any = object()


def field_snapshot(model: DocumentModel, member: Any) -> Callable[[], None]:
    """Return what makes a field of a model again what it is now."""
    held = model.__dict__.get(member, _ABSENT)
    changes = changes_of(model)
    earlier = (False, None) if changes is None else changes.noted(member)

    def restore() -> None:
        if held is _ABSENT:
            vars(model).pop(member, None)
        else:
            model.__dict__[member] = held  # pyright: ignore[reportIndexIssue]  # it takes __dict__ for type's (its issue 11548)
        own_changes(model).note_again(member, earlier)

    return restore
