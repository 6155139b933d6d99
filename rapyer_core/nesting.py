"""Models inside others: each gets its place there, one of a plain class our methods too.

Our classes are those of our metaclass, which is that of the twin's model class, `base` here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .instances import empty
from .places import InnerPlace, is_held, set_place
from .reserved import is_adoptable
from .views import view, view_class

if TYPE_CHECKING:
    from .model import DocumentModel
    from .plans import ValuePlan

__all__ = ["attach", "empty_of", "handle_at"]


def attach(base: type[DocumentModel], raw: Any, parent: Any, member: Any) -> Any:
    """Return a nested model with its place.

    A model of a plain class gets our methods by a view on its data; one that is already part of
    something else is copied.
    """
    if not isinstance(type(raw), type(base)):  # pyright: ignore[reportUnknownArgumentType]  # type() of Any
        if not is_adoptable(type(raw)):
            return raw
        raw = view(base, raw)
    place = raw.rapyer_place()
    if isinstance(place, InnerPlace):
        if place.parent is parent:
            return raw
        if is_held(place, raw):
            raw = raw.model_copy()
    elif place is not None and place.is_stored:
        raw = raw.model_copy()
    set_place(raw, InnerPlace(parent, member))
    return raw


def handle_at(base: type[DocumentModel], parent: Any, member: Any, plan: ValuePlan) -> Any:
    """Return the handle of a nested model."""
    model = plan.choice("model").model
    is_ours = isinstance(model, type(base))
    if model is None or (not is_ours and not is_adoptable(model)):
        return base.__rapyer_handles__["any"].rapyer_bind_handle(parent, member, plan)
    handle: Any = empty(model if is_ours else view_class(base, model))
    set_place(handle, InnerPlace(parent, member))
    return handle


def empty_of(base: type[DocumentModel], model: type[Any]) -> DocumentModel | None:
    """Return an instance without data for a nested model's class; None if it cannot be ours."""
    if isinstance(model, type(base)):
        return empty(model)
    return empty(view_class(base, model)) if is_adoptable(model) else None
