"""Which kind of index fits a type, told from pydantic's core schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .kinds import KINDS, Kind

if TYPE_CHECKING:
    from ..plans import ValuePlan

__all__ = ["item_plan", "kind_of"]

_LISTS = frozenset({"list", "set", "frozenset", "generator"})

_KINDS = {
    "str": "text",
    "uuid": "text",
    "url": "text",
    "bool": "bool",
    "int": "integer",
    "float": "float",
    "decimal": "decimal",
    "datetime": "datetime",
    "date": "date",
    "timestamp": "timestamp",
    "reference": "text",
    "point": "point",
}

# Kinds of the values that an Enum or a Literal consists of.
_VALUES: dict[type, str] = {str: "text", bool: "bool", int: "integer", float: "float"}


def kind_of(plan: ValuePlan) -> Kind | None:
    """Return the kind of a plan's values; None where they have none in common."""
    inner = plan.part.layers()[-1]
    if plan.kind in ("enum", "literal"):
        return _kind_of_values(plan.kind, inner)
    if plan.kind == "union":
        kinds = {kind_of(choice) for choice in plan.choices if choice.kind != "none"}
        return kinds.pop() if len(kinds) == 1 else None
    name = _KINDS.get(plan.kind)
    return None if name is None else KINDS[name]


def _kind_of_values(kind: str, schema: dict[str, Any]) -> Kind | None:
    members = schema["members"] if kind == "enum" else schema["expected"]
    values: list[Any] = [getattr(member, "value", member) for member in members]
    types: set[type[Any]] = {type(value) for value in values if value is not None}
    if len(types) != 1:
        return None
    name = _VALUES.get(types.pop())
    if name == "text" and any("\0" in value for value in values if value is not None):
        return None
    return None if name is None else KINDS[name]


def item_plan(plan: ValuePlan) -> ValuePlan | None:
    """Return the plan of the items of a list, a set, or a tuple of any length."""
    if plan.kind in _LISTS:
        return plan.item
    inner = plan.part.layers()[-1]
    if plan.kind == "tuple" and len(inner["items_schema"]) == 1 and "variadic_item_index" in inner:
        return plan.within(inner["items_schema"][0])
    return None
