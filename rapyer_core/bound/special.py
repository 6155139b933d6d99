"""What sets and queues have in common: values under a key of their own beside the document.

The local copy follows the operations that are made through it. It does not follow other clients':
to bring the server's members along with every change of one would cost what the field exists to
avoid. It is read with the document, and anew by a load.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import PathError
from ..keys import special_key
from ..operations import Computation, Operation
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
        predicted = None if predict is None else self.rapyer_predicted(predict)
        operation = self.rapyer_operation(
            route, name, args, settle, predicted, is_read=is_read, confirms=confirms
        )
        own = special_key(route.place.key, self.rapyer_way())
        self._check_known(route)
        beside = dict.fromkeys((own, *operation.companions))
        return operation._replace(companions=tuple(beside))

    def _check_known(self, route: Route) -> None:
        """Raise where the class does not know of the field, so that its key would be left behind.

        A value may have more fields than the annotation of the field that holds it.
        """
        way = way_to(self)
        if not any(field.way == way for field in type(route.root).rapyer_special_fields()):
            spot = self.where()
            raise PathError(
                f"{spot}: the annotations of {type(route.root).__name__} do not lead to this "
                f"{type(self).__name__}, so it has no key of its own",
                expected="a special field of the class",
                actual=".".join(map(str, way)),
                **spot.about(),
            )

    def rapyer_computed(
        self, route: Route, function: Callable[[Any], Any], result: Callable[[], Any] | None
    ) -> Computation:
        """Return a change computed in Python, for a field with constraints or validators.

        `result`, called when it was written, gives what the caller gets; the value without one.
        """
        work = self.apply_operation(route, function)

        def change(seen: Any) -> tuple[Any, Callable[[], Any]]:
            new, settle = work.change(seen)

            def settled() -> Any:
                bound = settle()
                return bound if result is None else result()

            return new, settled

        return work._replace(change=change)

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
