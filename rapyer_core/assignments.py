"""Changes of a model's fields in a pipeline: an assignment is queued as what it means.

A set, a dataclass or another value that is no bound one changes in place without our seeing it.
Such a value is watched from the first read in the pipeline on: what was changed in place stands
for no operation, so the end of the block refuses it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .bound.base import Bound
from .bound.intents import carries_intents, queue_intents
from .changes import changes_of
from .errors import PipelineError
from .modeling import plan_of
from .scopes import scope_and_route, take_over

if TYPE_CHECKING:
    from .model import DocumentModel
    from .modeling import FieldPlan
    from .scopes import Scope

__all__ = ["assign_in_scope", "is_watched", "watch_in_scope"]


class _Field(Bound):
    """A field as a place, whatever its value is: also one whose type has no bound class."""

    __slots__ = ("_model", "_name", "rapyer_plan")

    def __init__(self, model: DocumentModel, name: str) -> None:
        self._model = model
        self._name = name
        self.rapyer_plan = model.rapyer_fields()[name].value

    def rapyer_address(self) -> tuple[Any, Any, Any]:
        return self._model, self._name, None

    # The same as the base's, without another call.

    def rapyer_accept(self, value: Any) -> Any:
        return self._model.rapyer_take(self._name, value, None)

    def rapyer_remember(self, scope: Scope) -> None:
        self._model.rapyer_remember_member(scope, self._name)


def assign_in_scope(model: DocumentModel, name: str, value: Any) -> bool:
    """Queue an assignment, if a scope applies to the model; return whether it did."""
    if carries_intents(value, model, name):
        return queue_intents(model, name, value)
    field = _Field(model, name)
    is_alone = not field.rapyer_plan.contains_special
    if is_alone and (not plan_of(type(model)).has_model_validators or model.rapyer_is_handle()):
        return take_over(field, field.set_operation, value)
    scope, route = scope_and_route(field)
    if scope is None or route is None:
        return False
    from .documents.updating import update_write  # which imports the model

    scope.add(update_write(model, {name: value}), type(route.root))
    return True


class _WatchedField:
    """A field's value as it was when it was first read in a scope."""

    def __init__(self, model: DocumentModel, field: FieldPlan, raw: Any, is_original: bool) -> None:
        self._is_original = is_original
        self._model = model
        self._field = field
        self._text = field.value.text(raw, model.rapyer_spot())

    def _present(self) -> str:
        value = self._model.__dict__.get(self._field.name)
        return self._field.value.text(value, self._model.rapyer_spot())

    def check(self) -> None:
        present, changes = self._present(), changes_of(self._model)
        # What was assigned or saved in the pipeline counts as known.
        known = None if changes is None else changes.handed_out.get(self._field.name)
        if present not in (self._text, known):
            spot = self._model.rapyer_spot()
            raise PipelineError(
                f"{spot}: {self._field.name} was changed in place in a pipeline, where that is no "
                "operation; nothing was sent. Assign a new value, or save the model",
                field=self._field.name,
                expected=self._text,
                actual=present,
                **spot.about(),
            )

    def restore(self) -> None:
        if self._is_original and self._present() != self._text:
            value = self._field.value.read(self._text, self._model.rapyer_spot())
            self._model.__dict__[self._field.name] = value  # pyright: ignore[reportIndexIssue]  # it takes __dict__ for type's (its issue 11548)


def watch_in_scope(model: DocumentModel, field: FieldPlan, raw: Any) -> None:
    """Watch a value that is being handed out, if a scope applies to the model."""
    scope, route = scope_and_route(model)
    if scope is not None and route is not None:
        scope.watch(
            model, field.name, lambda is_original: _WatchedField(model, field, raw, is_original)
        )


def is_watched(model: DocumentModel, name: str) -> bool:
    """Return whether a scope watches the value that a field holds."""
    if model.rapyer_fields()[name].value.is_immutable:
        return False
    scope, route = scope_and_route(model)
    return scope is not None and route is not None and scope.is_watching(model, name)
