"""Making a plain value a bound one, chosen by the value's type and the field's plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from ..nesting import attach
from .references import BoundReference

if TYPE_CHECKING:
    from ..plans import ValuePlan

__all__ = ["bind", "place"]


def bind(raw: Any, parent: Any, member: Any, plan: ValuePlan) -> Any:
    """Return `raw` with its place, or `raw` itself where its type has no operations.

    A list, dict or model that already has another place is copied: one object cannot be in two
    documents.
    """
    bound = plan.bindings.get(type(raw)) if plan.is_bindable else None  # pyright: ignore[reportUnknownArgumentType]  # type() of Any
    if bound is not None:
        if type(raw) is int and plan.kind == "float":
            # A default is not validated: `ratio: float = 0` holds an int until it is loaded.
            return plan.bindings[float].rapyer_bind(float(raw), parent, member, plan)
        return bound.rapyer_bind(raw, parent, member, plan)
    if raw is None:
        return raw
    if plan.kind == "reference" or isinstance(raw, BoundReference):
        return plan.bindings[BoundReference].rapyer_bind(raw, parent, member, plan)
    if hasattr(raw, "rapyer_inner"):
        if raw.rapyer_inner.parent is parent:
            return raw
        return raw.rapyer_bind(raw.copy(), parent, member, plan)
    if plan.special:
        return plan.handles[plan.kind].rapyer_bound.rapyer_bind(raw, parent, member, plan)
    if hasattr(raw, "rapyer_parent"):
        # A scalar read from elsewhere, where the annotation (Any) does not make a plain one of it.
        return bind(raw.rapyer_value(), parent, member, plan)
    if isinstance(raw, BaseModel) and plan.holds_models:
        return attach(plan.bindings[BaseModel], raw, parent, member)
    return raw


def place(raw: Any, parent: Any, member: Any, plan: ValuePlan) -> Any:
    """Return what a collection keeps: scalars plain, everything else with its place."""
    if isinstance(raw, (list, dict, BaseModel, BoundReference)):
        return bind(raw, parent, member, plan)
    return raw
