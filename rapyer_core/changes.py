"""What a save has to write: the fields that differ from what the server was known to have."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from .bound.dicts import BoundDict
from .bound.lists import BoundList
from .bound.special import SpecialValue
from .extras import changed_extra, forget_extra
from .modeling import is_ours
from .paths import LiftedPath, render

if TYPE_CHECKING:
    from .model import DocumentModel
    from .paths import Path, Segment
    from .plans import ValuePlan

__all__ = [
    "Changes",
    "changed_fields",
    "changed_texts",
    "changes_of",
    "forget_changes",
    "own_changes",
]


class Changes:
    """What happened to a model since its document was last known.

    assigned: fields that were assigned. handed_out: for values that may change without our
    seeing it, their text when they were first read; '' while the model was not stored. extra: the
    same for values that are no field's; has_all_extra: all of them were handed out at once.
    """

    __slots__ = ("assigned", "extra", "handed_out", "has_all_extra")

    def __init__(self) -> None:
        self.assigned: set[str] = set()
        self.handed_out: dict[str, str] = {}
        self.extra: dict[str, str] = {}
        self.has_all_extra: bool = False

    def noted(self, name: str) -> tuple[bool, str | None]:
        """Return what is noted of a field."""
        return name in self.assigned, self.handed_out.get(name)

    def note_again(self, name: str, earlier: tuple[bool, str | None]) -> None:
        """Note of a field what was noted earlier, and nothing else."""
        was_assigned, text = earlier
        self.assigned.discard(name)
        self.handed_out.pop(name, None)
        if was_assigned:
            self.assigned.add(name)
        if text is not None:
            self.handed_out[name] = text


def changes_of(model: DocumentModel) -> Changes | None:
    """Return what was noted for a model, None for nothing."""
    try:
        changes: Changes | None = model.rapyer_changes_slot(model)
    except AttributeError:
        # The next one to ask does not pay for an exception.
        object.__setattr__(model, "_rapyer_changes", None)
        return None
    return changes


def own_changes(model: DocumentModel) -> Changes:
    """Return what was noted for a model, to note more."""
    changes = changes_of(model)
    if changes is None:
        changes = Changes()
        object.__setattr__(model, "_rapyer_changes", changes)
    return changes


def changed_texts(model: DocumentModel, start: tuple[Segment, ...]) -> list[tuple[Path, str]]:
    """Return the path and the new text of everything that changed in a model.

    `start` is the way to the model. A value that has no path of its own is written with the
    nearest one around it that has.
    """
    found: list[tuple[Path, str]] = []
    for name, field in model.rapyer_fields().items():
        if name in model.__dict__:
            _collect(model, name, field, (*start, name), found)
    _collect_extra(model, start, found)
    return found


def changed_fields(model: DocumentModel) -> set[str]:
    """Return the names of the fields in which something changed."""
    changed: set[str] = set()
    for name, field in model.rapyer_fields().items():
        found: list[tuple[Path, str]] = []
        if name in model.__dict__:
            _collect(model, name, field, (name,), found)
        if found:
            changed.add(name)
    return changed


def _collect_extra(model: DocumentModel, start: tuple[Segment, ...], found: list[Any]) -> None:
    """Note changed values that are no field's."""
    for name, text in changed_extra(model, changes_of(model)).items():
        found.append((render((*start, name)), text))


def _collect(
    model: Any, name: str, field: Any, way: tuple[Segment, ...], found: list[tuple[Path, str]]
) -> None:
    if not field.is_stored:
        return
    value = model.__dict__[name]
    changes = changes_of(model)
    if changes is not None and name in changes.assigned:
        _write(value, field.value, model, way, found)
        return
    if changes is not None and name in changes.handed_out:
        if field.value.text(value, model.rapyer_spot()) != changes.handed_out[name]:
            _write(value, field.value, model, way, found)
        return
    _collect_value(value, field.value, model, way, found)


def _collect_value(
    value: Any, plan: Any, model: Any, way: tuple[Segment, ...], found: list[tuple[Path, str]]
) -> None:
    """Descend into a value whose own place was not assigned."""
    if isinstance(value, (BoundList, BoundDict)):
        inner: list[tuple[Path, str]] = []
        if not value.rapyer_has_changed:
            for segment, element, element_plan in _elements(value):
                _collect_value(element, element_plan, model, (*way, segment), inner)
        if value.rapyer_has_changed or any(isinstance(path, LiftedPath) for path, _ in inner):
            _write(value, plan, model, way, found)
        else:
            if inner and _is_list(value):
                # Items are written by position, which another client's insert would shift.
                found.append((render(way), f"#{len(value)}"))  # pyright: ignore[reportUnknownArgumentType]  # of any items
            found += inner
    elif is_ours(value):
        for name, field in value.rapyer_fields().items():
            if name in value.__dict__:
                _collect(value, name, field, (*way, name), found)
        _collect_extra(value, way, found)


def _is_list(value: Any) -> bool:
    return isinstance(value, BoundList)


def _elements(value: Any) -> list[tuple[Any, Any, ValuePlan]]:
    if _is_list(value):
        items: BoundList[Any] = value
        plan = items.rapyer_items
        return [] if plan.is_scalar else [(i, item, plan) for i, item in enumerate(items)]
    members: BoundDict[Any, Any] = value
    names, plan = members.rapyer_members, members.rapyer_members.value
    if plan.is_scalar:
        return []
    return [(names.name_text(key, members), item, plan) for key, item in members.items()]


def _write(value: Any, plan: Any, model: Any, way: tuple[Segment, ...], found: list[Any]) -> None:
    found.append((render(way), plan.sent(value, model.rapyer_spot())))


def forget_changes(model: DocumentModel) -> Callable[[], None]:
    """Note that the server has what the model and everything in it holds.

    Returns what takes that back, for a write that failed: it is noted when the write is sent, so
    that a change made while the reply is on its way counts as one.
    """
    undo: list[Callable[[], None]] = []
    _forget_model(model, undo)

    def restore() -> None:
        for step in undo:
            step()

    return restore


def _forget_model(model: DocumentModel, undo: list[Callable[[], None]]) -> None:
    changes = changes_of(model)
    if changes is not None:
        earlier, texts = set(changes.assigned), dict(changes.handed_out)
        undo.append(lambda: changes.assigned.update(earlier))
        undo.append(lambda: changes.handed_out.update(texts))
        changes.assigned.clear()
        extra = forget_extra(model, changes)
        undo.append(lambda: setattr(changes, "extra", extra))
        fields, spot = model.rapyer_fields(), model.rapyer_spot()
        for name in texts:
            changes.handed_out[name] = fields[name].value.text(model.__dict__[name], spot)
    for value in model.__dict__.values():
        if isinstance(value, (list, dict, BaseModel, SpecialValue)):
            _forget(value, undo)


def _forget(value: Any, undo: list[Callable[[], None]]) -> None:
    if isinstance(value, SpecialValue):
        undo.append(value.rapyer_clean())
    elif isinstance(value, (BoundList, BoundDict)):
        undo.append(value.rapyer_clean())
        for _, element, _ in _elements(value):
            _forget(element, undo)
    elif is_ours(value):
        _forget_model(value, undo)
