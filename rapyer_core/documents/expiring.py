"""Setting the lifetime of a document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..bound.base import is_done
from ..errors import UnsupportedArgumentValueError
from ..model import DocumentModel
from ..operations import Operation
from ..paths import ROOT
from ..places import class_of, stored_route

if TYPE_CHECKING:
    from ..scopes import Scope

__all__ = ["expire_operation", "refresh_ttl_operation"]


def expire_operation(model: DocumentModel, seconds: int) -> Operation:
    """Return what sets the lifetime of a model's document."""
    route = stored_route(model, "set_ttl")
    if isinstance(seconds, bool) or not isinstance(seconds, int) or seconds < 1:  # pyright: ignore[reportUnnecessaryIsInstance]  # not every caller has a type checker
        raise UnsupportedArgumentValueError(
            f"{route.place.key}: a lifetime is a positive number of seconds, not {seconds!r}",
            key=route.place.key,
            model=type(route.root).__name__,
            expected="a positive integer",
            actual=seconds,
        )

    def settle(_: Any) -> None:
        """Nothing local changes."""

    args = (seconds,)

    def predict(scope: Scope) -> None:
        """Nothing local changes."""

    key = route.place.key
    beside = type(route.root).rapyer_companions(key)
    return Operation(
        "document_expire", key, ROOT, args, settle, predict, confirms=is_done, companions=beside
    )


def refresh_ttl_operation(model: DocumentModel) -> Operation | None:
    """Return what starts the lifetime of a model's document anew; None where it has no end."""
    seconds = class_of(model).rapyer_settings().lifetimes.ttl
    if seconds is None:
        return None
    return expire_operation(model, seconds)._replace(lifetime=seconds)
