"""Where references are in a value, as far as its plan tells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .plans import ValuePlan

__all__ = ["elements_of", "references_in"]

# How deep a plan is searched: a recursive annotation has no end.
_DEEPEST = 8

_OF_ITEMS = frozenset(["list", "set", "frozenset", "special-set"])


def elements_of(plan: ValuePlan) -> Iterable[ValuePlan]:
    """Return the plans of what a collection holds; none for a value that is no collection."""
    if plan.kind in _OF_ITEMS:
        return (plan.item,)
    if plan.kind == "dict":
        return (plan.value,)
    return plan.parts if plan.kind == "tuple" else ()


def references_in(plan: ValuePlan, around: tuple[Any, ...] = ()) -> Iterator[ValuePlan]:
    """Yield the plans of the references that values of a plan are or hold, and those of any value.

    `around`: the classes of the models around the value, since one may hold itself.
    """
    if len(around) > _DEEPEST:
        return
    for choice in plan.choices:
        if choice.kind in ("reference", "any"):
            yield choice
        inner = choice.fields.values() if choice.kind == "model" else elements_of(choice)
        if choice.model is None or choice.model not in around:
            for each in inner:
                yield from references_in(each, (*around, choice.model))
