"""Replacing a document by what a function makes of it, unless somebody changed it in between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ..beside import beside_model
from ..document_keys import pk_of
from ..errors import UnsupportedArgumentTypeError
from ..floats import as_stored
from ..model import DocumentModel
from ..modeling import plan_of
from ..operations import Computation, Operation, read_operation, swap_operation
from ..paths import ROOT
from ..places import became_unstored, stored_route
from ..revisions import split_revision, with_revision
from ..views import is_alike, shown_as
from .key_field import check_same_key
from .loading import loaded, whole_text
from .optimistic import follow_revision

__all__ = ["apply_computation"]

M = TypeVar("M", bound=DocumentModel)


def apply_computation(model: M, function: Callable[[M], Any]) -> Computation:
    """Return what replaces a document by what a function makes of it.

    The function gets the model as it is stored, and changes it or returns another one. What it
    gets counts as never saved, so that it is changed locally in both packages.
    """
    route, cls = stored_route(model, "apply"), type(model)
    is_document = route.path == ROOT
    counts = is_document and cls.rapyer_settings().is_optimistic
    key_field = plan_of(cls).key_field if is_document else None

    beside = beside_model(model)

    def change(seen: Any) -> tuple[Any, Callable[[], Any]]:
        text = seen[0] if beside.fields else seen
        given = loaded(cls, route.place.key, whole_text(beside, seen))
        became_unstored(given)
        pk = None if key_field is None else pk_of(cls, given.__dict__[key_field])
        returned = function(given)
        new = given if returned is None else _same_kind(given, returned)
        if key_field is not None and pk is not None:
            check_same_key(new, key_field, pk)
        revision = split_revision(text)[1] + 1 if counts else 0

        def settle() -> M:
            model.rapyer_absorb(new)
            follow_revision(model, revision)
            return model

        new_text = new.redis_dump_json()
        text_to_write = with_revision(new_text, revision) if counts else new_text
        new_text = as_stored(text_to_write, route.root.rapyer_spot)
        return (new_text, beside.replacing(new)) if beside.fields else new_text, settle

    lifetime = route.root.rapyer_lifetime()
    if not beside.fields:
        return Computation(route, change, lifetime)

    def swap(seen: Any, new: Any) -> Operation:
        (text, *contents), (new_text, changes) = seen, new
        operation = swap_operation(route, text, new_text, lifetime)
        return beside.framed(operation, changes=beside.swapping(contents, changes))

    reading = beside.framed(read_operation(route, list[Any]), reads=True)
    return Computation(route, change, lifetime, reads=reading, swaps=swap)


def _same_kind(given: M, returned: Any) -> M:
    """Return a model as one of another's class; it may be an instance of the plain one."""
    if not is_alike(given, returned):
        spot = given.rapyer_spot()
        raise UnsupportedArgumentTypeError(
            f"{spot}: the function must return None or a {type(given).__name__}, not {returned!r}",
            expected=type(given).__name__,
            actual=type(returned).__name__,
            **spot.about(),
        )
    return returned if type(returned) is type(given) else shown_as(type(given), returned)
