"""Values that are no field's, of models with ``extra="allow"``: what of them a save has to write.

Their types are not known, so each is compared by its text: one that was handed out may have changed
in place. A name that is gone is removed from the document.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .dumping import extra_text

if TYPE_CHECKING:
    from .changes import Changes
    from .model import DocumentModel

__all__ = ["GONE", "changed_extra", "forget_extra", "hand_out_all_extra", "hand_out_extra"]

GONE = ""
"""Stands in a patch for the text of a member that is to be removed."""

_IMMUTABLE = (str, int, float, bytes, type(None))


def hand_out_extra(model: DocumentModel, changes: Changes, name: str) -> None:
    """Note the text of a value that is being handed out, unless it cannot change."""
    if not isinstance((model.__pydantic_extra__ or {})[name], _IMMUTABLE):
        _note(model, changes, name)


def hand_out_all_extra(model: DocumentModel, changes: Changes) -> None:
    """Note the texts of all values, of which any may be replaced now, and others added."""
    for name in model.__pydantic_extra__ or ():
        _note(model, changes, name)
    changes.has_all_extra = True


def _note(model: DocumentModel, changes: Changes, name: str) -> None:
    if name not in changes.extra:
        # What was assigned is written anyway.
        is_known = name not in changes.assigned and model.rapyer_route() is not None
        changes.extra[name] = extra_text(model, name) if is_known else GONE


def changed_extra(model: DocumentModel, changes: Changes | None) -> dict[str, str]:
    """Return the texts of the values that changed, and `GONE` for those that are gone."""
    values = model.__pydantic_extra__
    if changes is None or values is None:
        return {}
    noted = {name for name in changes.assigned if name not in type(model).__pydantic_fields__}
    if changes.has_all_extra:
        noted |= values.keys() - changes.extra.keys()
    changed: dict[str, str] = {}
    for name in sorted(noted | changes.extra.keys()):
        text = extra_text(model, name) if name in values else GONE
        if name in noted or text != changes.extra[name]:
            changed[name] = text
    return changed


def forget_extra(model: DocumentModel, changes: Changes) -> dict[str, str]:
    """Note that the server has the values as they are; return what was noted before."""
    values, earlier = model.__pydantic_extra__ or {}, dict(changes.extra)
    known = values if changes.has_all_extra else values.keys() & earlier.keys()
    changes.extra = {name: extra_text(model, name) for name in known}
    return earlier
