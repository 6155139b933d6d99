"""Where a value is: its document, and the way there from the root.

A model, list or dict knows its parent and its member there, and the way up is walked when a
path is needed. So a path is right after a list changed, and nothing is kept up to date for
values that nobody asks about.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from .errors import KeyNotFound, PathError
from .invalid import Where
from .keys import RapyerKey
from .paths import Path, Segment, display, render

if TYPE_CHECKING:
    from .model import DocumentModel

__all__ = [
    "Container",
    "DocumentPlace",
    "InnerPlace",
    "Route",
    "became_stored",
    "became_unstored",
    "class_of",
    "is_held",
    "keep_place",
    "never_saved",
    "root_of",
    "route",
    "set_place",
    "stored_route",
    "was_replaced",
    "way_to",
    "where",
]


class DocumentPlace:
    """The root of a document.

    `is_stored`: the document was saved or loaded, so it can be operated on.
    `is_handle`: made by `Model.at`: nothing is loaded, fields are places only. `is_partial`:
    only some fields were loaded. `revision`: that of the loaded document, None where it is not
    known or not kept.
    """

    __slots__ = ("is_handle", "is_partial", "is_stored", "key", "revision")

    def __init__(
        self, key: RapyerKey, is_stored: bool, *, is_handle: bool = False, is_partial: bool = False
    ) -> None:
        self.key: RapyerKey = key
        self.is_stored: bool = is_stored
        self.is_handle: bool = is_handle
        self.is_partial: bool = is_partial
        self.revision: int | None = None

    def keep_revision(self) -> Callable[[], None]:
        """Return what makes the present revision the revision again."""
        revision = self.revision

        def restore() -> None:
            self.revision = revision

        return restore


class InnerPlace:
    """A value inside another: a field of a model, an item of a list, a value of a dict."""

    __slots__ = ("member", "parent")

    def __init__(self, parent: Container, member: Any) -> None:
        self.parent: Container = parent
        self.member: Any = member


class Container(Protocol):
    """What can hold values that have a place."""

    def rapyer_place(self) -> DocumentPlace | InnerPlace | None:
        """Return where it is itself; None for a model that was neither saved nor read from one."""
        ...

    def rapyer_segment(self, member: Any, child: Any, must_match_server: bool) -> Segment:
        """Return how a member is addressed below it.

        `child` is the value that claims to be there (None: any); when it was moved or taken out
        since, its present place is told, or `DetachedError` raised. With `must_match_server`
        a position that the server does not know yet is an error.
        """
        ...


class Route(NamedTuple):
    """A document and a path in it."""

    root: DocumentModel
    place: DocumentPlace
    path: Path


def set_place(model: DocumentModel, place: DocumentPlace | InnerPlace | str) -> None:
    """Note where a model is; a text is the key that it was loaded from."""
    object.__setattr__(model, "_rapyer_place", place)


def became_stored(model: DocumentModel) -> None:
    """Note that a model's document is on the server."""
    place = model.rapyer_place()
    if not isinstance(place, InnerPlace) and (place is None or not place.is_stored):
        set_place(model, DocumentPlace(model.key, is_stored=True))


def became_unstored(model: DocumentModel) -> None:
    """Note that a model's document is gone: a later save writes a new one."""
    set_place(model, DocumentPlace(model.key, is_stored=False))


def keep_place(model: DocumentModel) -> Callable[[], None]:
    """Return what makes a model's present place its place again."""
    place = model.rapyer_place()

    def restore() -> None:
        if place is not None:
            set_place(model, place)

    return restore


def is_held(place: InnerPlace, child: Any) -> bool:
    """Return whether a value is still part of what its place names."""
    try:
        place.parent.rapyer_segment(place.member, child, False)
    except PathError:
        return False
    return True


def root_of(container: Any) -> DocumentModel:
    """Return the model at the root of the document that a container is part of."""
    while isinstance(place := container.rapyer_place(), InnerPlace):
        container = place.parent
    root: DocumentModel = container
    return root


def class_of(model: DocumentModel) -> type[DocumentModel]:
    """Return the class whose settings hold for a model: that of its document's root."""
    return type(root_of(model))


def _climb(
    parent: Any, member: Any, child: Any, must_match_server: bool
) -> tuple[Any, list[Segment]]:
    segments: list[Segment] = []
    while True:
        segments.append(parent.rapyer_segment(member, child, must_match_server))
        place = parent.rapyer_place()
        if not isinstance(place, InnerPlace):
            segments.reverse()
            return parent, segments
        parent, member, child = place.parent, place.member, parent


def way_to(value: Any) -> tuple[Segment, ...]:
    """Return the segments from the root of its document to a model, list or dict."""
    place = value.rapyer_place()
    if not isinstance(place, InnerPlace):
        return ()
    return tuple(_climb(place.parent, place.member, value, must_match_server=True)[1])


def route(parent: Any, member: Any, child: Any) -> Route | None:
    """Return the way to a value for an operation on the server; None if it is not stored there.

    Raises:
        UnsavedChangesError: a list on the way was rearranged locally.
        PathError: the value is no longer part of its document.
    """
    root, segments = _climb(parent, member, child, must_match_server=True)
    place = root.rapyer_place()
    if place is None or not place.is_stored:
        return None
    return Route(root, place, render(tuple(segments)))


def stored_route(model: DocumentModel, method: str) -> Route:
    """Return the way to a model for an operation on the server.

    Raises:
        KeyNotFound: it was never saved nor loaded.
    """
    route = model.rapyer_route()
    if route is None:
        raise never_saved(model.rapyer_spot(), method)
    return route


def where(parent: Any, member: Any, child: Any) -> Where:
    """Return where a value is, for messages and for its public paths."""
    root, segments = _climb(parent, member, child, must_match_server=False)
    place = root.rapyer_place()
    return Where(
        type(root).__name__, place.key if place else None, display(render(tuple(segments)))
    )


def was_replaced(spot: Where, member: Any) -> PathError:
    """Return the error for a value that was read from a member which now holds another one."""
    return PathError(
        f"{spot}: the value read from {member} was replaced since; read it again",
        expected="a value that the model still holds",
        actual=member,
        **spot.about(),
    )


def never_saved(spot: Where, method: str) -> KeyNotFound:
    """Return the error for an operation on a document that is not on the server."""
    return KeyNotFound(
        f"{spot.model} {spot.path}: {method} works on the server, but this model was never saved "
        "nor loaded; save it first",
        **spot.about(),
    )
