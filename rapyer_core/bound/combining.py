"""Combining sets of several documents on the server, in one step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ..errors import CrossSlotError, WrongDatabaseError
from ..keys import slot_of, special_key
from ..operations import Operation
from ..places import Route
from .set_operations import SetOperations, plain_set

__all__ = ["combine_operation"]

# What the server calls a combination, and how local sets are added to it.
_COMBINED: dict[str, tuple[str, Callable[..., set[Any]]]] = {
    "|": ("SUNION", plain_set.union),
    "&": ("SINTER", plain_set.intersection),
    "-": ("SDIFF", plain_set.difference),
}


def combine_operation(
    own: SetOperations,
    route: Route,
    sign: str,
    others: Sequence[Iterable[Any]],
    in_cluster: bool,
) -> Operation:
    """Combine the set with others: ``|``, ``&`` or ``-``. Settles to a plain set.

    Sets on the server are combined there, in one step; to that the local ones are added.
    """
    command, combine = _COMBINED[sign]
    stored: list[tuple[SetOperations, Route]] = []
    local: list[Iterable[Any]] = []
    for other in others:
        place = other.rapyer_route() if isinstance(other, SetOperations) else None
        if isinstance(other, SetOperations) and place is not None:
            stored.append((other, place))
        else:
            local.append(other)
    _check_together(own, route, [place for _, place in stored], in_cluster)

    def settle(reply: list[bytes]) -> set[Any]:
        return combine(own.rapyer_read(reply), *map(set[Any], local))

    name = "set_combine"
    operation = own.rapyer_special_operation(route, name, (), settle, is_read=True)
    companions, lifetime = operation.companions, operation.lifetime
    keys = tuple(
        key
        for other, place in stored
        for key in (str(place.place.key), special_key(place.place.key, other.rapyer_way()))
    )
    seconds = "" if lifetime is None else lifetime
    return operation._replace(
        args=(command, seconds, len(companions)),
        companions=(*companions, *keys),
        # Its own keys only: the others' documents have lifetimes of their own.
        lifetime=None,
    )


def _check_together(
    own: SetOperations, route: Route, others: Sequence[Route], in_cluster: bool
) -> None:
    """Raise unless one step on the server can read the sets of all these documents."""
    cls, spot = type(route.root), own.where()
    source = cls.rapyer_settings().source
    for other in others:
        theirs = type(other.root).rapyer_settings().source
        if theirs is not source and (
            theirs is None or source is None or theirs.redis != source.redis
        ):
            raise WrongDatabaseError(
                f"{spot} and {other.place.key} are in different databases; read the members of "
                "each, and combine those",
                expected="sets of one database",
                actual=str(other.place.key),
                **spot.about(),
            )
        if in_cluster and slot_of(other.place.key) != slot_of(route.place.key):
            raise CrossSlotError(
                f"{spot} and {other.place.key} are in different slots of the cluster, which "
                "one step cannot read; read the members of each and combine those, or use "
                "keys with a common {hash tag}",
                expected="sets of one slot",
                actual=str(other.place.key),
                **spot.about(),
            )
