"""References to other documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, overload

from typing_extensions import Self

from rapyer_core.bound.handles import Handle
from rapyer_core.bound.references import BoundReference

from ..clients import REGISTRY
from ..relations import fetch_target
from ..running import perform
from .values import ValueMethods

if TYPE_CHECKING:
    from rapyer_core.expressions import Expression

__all__ = ["ForeignKey", "Reference", "ReferenceHandle"]

M = TypeVar("M")


class Reference(ValueMethods[Any], BoundReference, Generic[M]):
    """A reference to another document, stored as that document's key.

    ``author: Reference[Author]`` takes an `Author`, its key or pk, or another reference, and holds
    the key. The document is read when it is fetched, and kept; then the attributes of the reference
    are the document's. Before that they raise `NotResolvedError`.

    ``Reference[A | B]`` takes documents of several classes, and ``Reference["Employee"]`` one that
    is defined later. A reference to a class takes documents of the classes derived from it.
    """

    __slots__ = ()

    rapyer_registry = REGISTRY
    rapyer_ways_to_fetch: ClassVar[tuple[str, str]] = ("afetch", "afetch_related")

    @property
    def value(self) -> M:
        """The document that is referred to.

        None where it is not there, of a reference that is marked `MissingAsNone`.

        Raises:
            NotResolvedError: it was not fetched.
        """
        target: M = self.rapyer_resolved()
        return target

    async def afetch(self) -> M:
        """Return the document that is referred to; it is read once, and kept.

        Raises:
            KeyNotFound: there is no such document; a `DanglingReferenceError`, naming both ends.
            CorruptedModelError: it does not validate.
            RapyerModelDoesntExistError: no class is known for its key.
        """
        target: M = await fetch_target(self)
        return target

    async def aunload(self) -> None:
        """Forget the document that was fetched; the next fetch reads it anew."""
        self.rapyer_unload()

    if TYPE_CHECKING:

        def __init__(self, target: M | str | Reference[M]) -> None: ...

        # What the document has is known to type checkers through `value` only.
        def __getattr__(self, name: str) -> Any: ...

        @overload
        def __get__(self, instance: None, owner: Any) -> Expression[str]: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> Self: ...
        def __get__(self, instance: object | None, owner: Any) -> Any: ...
        def __set__(self, instance: Any, value: M | str | Reference[M]) -> None: ...


ForeignKey = Reference


class ReferenceHandle(ValueMethods[Any], Handle):
    """The place of a reference."""

    __slots__ = ()

    async def afetch(self) -> Any:
        """Read the reference, and return the document that it refers to; None where it is None.

        Raises:
            KeyNotFound: one of the two documents is not there.
        """
        reference = await perform(self, "aload", self.load_operation)
        return None if reference is None else await reference.afetch()
