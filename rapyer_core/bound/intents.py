"""In-place operators in a pipeline: `user.score += 1` is an increment, not a set.

The operator cannot know whether its result will be assigned back, so it does not change
anything: it returns a value that carries what was meant. The assignment, to the very place the
value came from, queues that; anywhere else the value is just the new value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..scopes import scope_and_route, take_over
from .containers import ContainerOperations
from .scalars import BoundScalar

__all__ = ["carries_intents", "queue_intents", "take_over_item"]


def carries_intents(value: Any, parent: Any, member: Any) -> bool:
    """Return whether a value carries what in-place operators on a place's own value meant."""
    return (
        isinstance(value, BoundScalar)
        and bool(value.rapyer_intents)
        and value.rapyer_parent is parent
        and value.rapyer_member == member
    )


def queue_intents(parent: Any, member: Any, value: Any) -> bool:
    """Queue the operators that a value carries, if a scope applies to its place; return whether.

    Something may have been queued since, which changed the places of a list's items.
    """
    current = value if value.rapyer_version is None else parent.rapyer_bound_at(member)
    scope, route = scope_and_route(current)
    if scope is None or route is None:
        return False
    cls, intents = type(route.root), value.rapyer_intents
    if len(intents) == 1:
        sign, operand = intents[0]
        scope.add(current.rapyer_step(route, sign, operand), cls)
    else:
        scope.add_all([current.rapyer_step(route, *intent) for intent in intents], cls)
    return True


def take_over_item(container: Any, member: Any, value: Any, build: Callable[..., Any]) -> bool:
    """Queue the assignment of an item or member, if a scope applies; return whether it did."""
    position = container.rapyer_member_at(member)
    if carries_intents(value, container, position):
        return queue_intents(container, position, value)
    is_container = isinstance(value, ContainerOperations)
    if is_container and value is container.rapyer_held_at(position, value):
        # An in-place operator, which was queued already: the whole would undo what others do.
        return True
    return take_over(container, build, member, value)
