"""What sets and queues have in common: values under a key of their own beside the document.

The local copy follows the operations that are made through it. It does not follow other clients':
to bring the server's members along with every change of one would cost what the field exists to
avoid. It is read with the document, and anew by a load.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ..keys import special_key
from ..operations import Operation
from ..places import InnerPlace, Route, way_to
from ..schemas import SPECIAL
from ..scopes import Scope
from .containers import ContainerOperations

if TYPE_CHECKING:
    from ..commands import Argument

__all__ = ["UNKNOWN", "SpecialOperations", "SpecialValue", "chosen", "special_schema"]


class SpecialOperations(ContainerOperations):
    """The operations on a special field, for a copy of it and for a handle alike."""

    __slots__ = ()

    if TYPE_CHECKING:

        def rapyer_place(self) -> InnerPlace: ...

    @property
    def special_key(self) -> str:
        """The key that holds the field on the server."""
        return special_key(self.key, self.rapyer_way())

    @classmethod
    def special_field_key(cls, model_key: str, field_path: str) -> str:
        """Return the key that holds a special field of a document: ``tags``, ``profile.tags``."""
        return special_key(model_key, field_path.lstrip("."))

    def rapyer_way(self) -> str:
        """Return the end of the field's key: the names from the root to it."""
        return ".".join(map(str, way_to(self)))

    def rapyer_special_operation(
        self,
        route: Route,
        name: str,
        args: tuple[Argument, ...],
        settle: Callable[[Any], Any],
        predict: Callable[[], Any] | None = None,
        *,
        is_read: bool = False,
        confirms: Callable[[Any], bool] | None = None,
    ) -> Operation:
        """Return an operation on the field's own key, which is the first of its companions."""
        operation = self.rapyer_operation(
            route, name, args, settle, predict, is_read=is_read, confirms=confirms
        )
        own = special_key(route.place.key, self.rapyer_way())
        beside = dict.fromkeys((own, *operation.companions))
        return operation._replace(companions=tuple(beside))

    def rapyer_swap_operation(
        self, route: Route, letter: str, changes: Sequence[tuple[str, Sequence[Argument]]]
    ) -> Operation:
        """Return what makes changes if the field has the words that were seen.

        It settles to whether it had.
        """
        operation = self.rapyer_special_operation(route, "document_present", (), bool)
        told: list[Argument] = ["", len(changes)]
        for verb, words in changes:
            told += ("a", 1, letter, verb, len(words), *words)
        return operation._replace(special=tuple(told))


UNKNOWN: Any = object()
"""What an assignment takes the place of where the field was not loaded, or could not be read."""


class SpecialValue(SpecialOperations):
    """A local copy of a special field. It notes what is changed in it, for a save to write.

    `rapyer_is_whole`: it is written whole, since it was assigned to a field of unknown value.
    """

    __slots__ = ()

    if TYPE_CHECKING:
        rapyer_is_whole: bool

    def rapyer_change_words(self) -> list[tuple[str, list[Argument]]]:
        """Return what a save has to write: verbs of ``lua/lib/frame.lua`` and their words."""
        raise NotImplementedError

    def rapyer_refreshed(self, value: Any) -> Any:
        """Make what the server has the local value, but for what was changed locally."""
        raise NotImplementedError

    def rapyer_clean(self) -> Callable[[], None]:
        """Note that the server has what was changed here; return what takes that back."""
        raise NotImplementedError

    def rapyer_snapshot(self) -> Callable[[], None]:
        """Return what makes the present local value the local value again."""
        raise NotImplementedError

    def rapyer_remember(self, scope: Scope) -> None:
        super().rapyer_remember(scope)
        scope.remember(self, None, self.rapyer_snapshot)


def chosen(verb: str, words: Iterable[Argument]) -> list[tuple[str, list[Argument]]]:
    """Return a change as a save writes it; none where there is nothing to write."""
    known = list(words)
    return [(verb, known)] if known else []


def special_schema(schema: dict[str, Any], letter: str) -> dict[str, Any]:
    """Return a schema with the mark of a special field."""
    return {**schema, "metadata": {**(schema.get("metadata") or {}), SPECIAL: letter}}
