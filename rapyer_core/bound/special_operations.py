"""Sets and queues beside a document: what the server is asked to do with a key of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ..errors import PathError
from ..keys import special_key
from ..operations import Computation, Operation
from ..places import InnerPlace, Route, way_to
from ..schemas import SPECIAL
from .base import is_done
from .containers import ContainerOperations

if TYPE_CHECKING:
    from ..commands import Argument

__all__ = ["SpecialOperations", "special_schema"]


class SpecialOperations(ContainerOperations):
    """The operations on a special field, for a copy of it and for a handle alike.

    Its contents are a plain value; as words they are what the server keeps under the key.
    """

    __slots__ = ()

    rapyer_contents_type: ClassVar[type[Any]]
    """The plain type of the contents."""

    # What the program calls the operations on a whole field.
    rapyer_read_name: ClassVar[str]
    rapyer_replace_name: ClassVar[str]
    rapyer_count_name: ClassVar[str]

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

    @property
    def rapyer_letter(self) -> str:
        """How scripts know the field's kind."""
        return str(self.rapyer_plan.special)

    def rapyer_words(self, contents: Iterable[Any]) -> list[Argument]:
        """Return contents as words."""
        raise NotImplementedError

    def rapyer_read(self, words: Sequence[bytes]) -> Any:
        """Return the contents that words stand for."""
        raise NotImplementedError

    def rapyer_counted(self, words: Sequence[Argument]) -> tuple[Argument, ...]:
        """Return words as arguments of the operation that replaces the contents."""
        return len(words), *words

    def rapyer_differences(
        self, seen: Sequence[bytes], words: Sequence[Argument]
    ) -> list[tuple[str, Sequence[Argument]]]:
        """Return what makes the words that were seen others: verbs and their words."""
        raise NotImplementedError

    # An operation on the field's own key

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

    def _renewing(self, route: Route, operation: Operation, lifetime: int | None) -> Operation:
        """Return an operation that is a step of another one, with the lifetime of that one."""
        beside = () if lifetime is None else type(route.root).rapyer_companions(route.place.key)
        companions = tuple(dict.fromkeys((operation.companions[0], *beside)))
        return operation._replace(lifetime=lifetime, companions=companions)

    def _swap_operation(
        self, route: Route, changes: Sequence[tuple[str, Sequence[Argument]]]
    ) -> Operation:
        """Return what makes changes if the field has the words that were seen.

        It settles to whether it had.
        """
        operation = self.rapyer_special_operation(route, "document_present", (), bool)
        told: list[Argument] = ["", len(changes)]
        for verb, words in changes:
            told += ("a", 1, self.rapyer_letter, verb, len(words), *words)
        return operation._replace(special=tuple(told))

    def rapyer_computation(
        self,
        route: Route,
        function: Callable[[Any], Any],
        result: Callable[[], Any] | None = None,
        *,
        name: str = "value_swap",
    ) -> Computation:
        work = super().rapyer_computation(route, function, result, name=name)

        def swap(seen: list[bytes], words: list[Argument]) -> Operation:
            changes = [("seen", seen), *self.rapyer_differences(seen, words)]
            return self._renewing(route, self._swap_operation(route, changes), work.lifetime)

        # Reading is a part of the change, and no action of its own.
        reading = self._renewing(route, self._read_operation(route, list), None)
        return work._replace(reads=reading, swaps=swap)

    def rapyer_present(self, seen: list[bytes]) -> Any:
        return self.rapyer_read(seen)

    def rapyer_written(self, new: Any) -> list[Argument]:
        return self.rapyer_words(new)

    # What every special field can do

    def clear_operation(self, route: Route) -> Operation:
        """Remove all of the contents."""
        return self.set_operation(route, self.rapyer_contents_type())

    def set_operation(self, route: Route, value: Any) -> Operation:
        contents = self.rapyer_plan.checked(value, self)

        def settle(_: Any) -> Any:
            return self.rapyer_accept(contents)

        args = self.rapyer_counted(self.rapyer_words(contents))
        return self.rapyer_special_operation(
            route, self.rapyer_replace_name, args, settle, lambda: settle(None), confirms=is_done
        )

    def load_operation(self, route: Route) -> Operation:
        def settle(reply: list[bytes]) -> Any:
            return self.rapyer_accept(self.rapyer_read(reply))

        return self._read_operation(route, settle)

    def contents_operation(self, route: Route) -> Operation:
        """Read the contents; settles to a plain value, which the local copy is then too."""

        def settle(reply: list[bytes]) -> Any:
            contents = self.rapyer_read(reply)
            self.rapyer_accept(contents)
            return self.rapyer_contents_type(contents)

        return self._read_operation(route, settle)

    def _read_operation(self, route: Route, settle: Callable[[list[bytes]], Any]) -> Operation:
        return self.rapyer_special_operation(route, self.rapyer_read_name, (), settle, is_read=True)

    def size_operation(self, route: Route) -> Operation:
        """Count what the server has."""
        return self.rapyer_special_operation(route, self.rapyer_count_name, (), int, is_read=True)


def special_schema(schema: dict[str, Any], letter: str) -> dict[str, Any]:
    """Return a schema with the mark of a special field."""
    return {**schema, "metadata": {**(schema.get("metadata") or {}), SPECIAL: letter}}
