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
from .inplace import Intent
from .scalars import BoundScalar

__all__ = ["intents_of", "queue_intents", "take_over_item"]


def intents_of(value: Any, parent: Any, member: Any) -> tuple[Intent, ...]:
    """Return what in-place operators on a place's value meant, if the value is from that place."""
    if not isinstance(value, BoundScalar):
        return ()
    intents = value.rapyer_intents
    if intents and value.rapyer_parent is parent and value.rapyer_member == member:
        return intents
    return ()


def queue_intents(parent: Any, member: Any, intents: tuple[Intent, ...]) -> bool:
    """Queue operators on a place, if a scope applies there; return whether it did."""
    first = intents[0]
    if first.is_fresh():
        if len(intents) == 1:
            first.scope.add(first.work, first.model)
        else:
            first.scope.add_all([intent.work for intent in intents], first.model)
        return True
    # Something was queued since, which may have changed where the place is.
    current = parent.rapyer_bound_at(member)
    scope, route = scope_and_route(current)
    if scope is None or route is None:
        return False
    works = [current.inplace_operation(route, each.sign, each.operand) for each in intents]
    scope.add_all(works, type(route.root))
    return True


def take_over_item(container: Any, member: Any, value: Any, build: Callable[..., Any]) -> bool:
    """Queue the assignment of an item or member, if a scope applies; return whether it did."""
    position = container.rapyer_member_at(member)
    intents = intents_of(value, container, position)
    if intents:
        return queue_intents(container, position, intents)
    is_container = isinstance(value, ContainerOperations)
    if is_container and value is container.rapyer_held_at(position, value):
        # An in-place operator, which was queued already: the whole would undo what others do.
        return True
    return take_over(container, build, member, value)
