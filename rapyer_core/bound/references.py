"""References in a document: the key of another document, and that document once it was fetched.

The key of a reference never changes: another target is another reference. What was fetched stands
beside the key and is never written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import Self

from ..errors import (
    DanglingReferenceError,
    InvalidValueError,
    NotResolvedError,
    PathError,
    RapyerModelDoesntExistError,
)
from ..invalid import Where
from ..keys import RapyerKey
from ..places import InnerPlace, Route, where
from ..reference_plans import ReferencePlan, target_classes
from .base import Bound

if TYPE_CHECKING:
    from ..model import DocumentModel
    from ..plans import ValuePlan
    from ..registry import Registry

__all__ = ["UNRESOLVED", "BoundReference"]

UNRESOLVED: Any = type("Unresolved", (), {"__slots__": ()})()
"""What stands for the target of a reference that was not fetched."""


class BoundReference(Bound):
    """A reference, with its place where it was read from a model."""

    __slots__ = ("rapyer_inner", "rapyer_plan", "rapyer_rule", "rapyer_target", "rapyer_target_key")

    rapyer_registry: ClassVar[Registry[Any]]
    rapyer_ways_to_fetch: ClassVar[tuple[str, str]]
    """The names of the methods that fetch a target: the reference's and its model's."""

    if TYPE_CHECKING:
        rapyer_inner: InnerPlace | None
        rapyer_rule: ReferencePlan
        rapyer_target: Any
        rapyer_target_key: RapyerKey

    def __init__(self, target: Any) -> None:
        rule = ReferencePlan((), type(self), self.rapyer_registry)
        made = _made(rule, target, Where(type(self).__name__, None, ""))
        self._rapyer_set(made.rapyer_target_key, rule, made.rapyer_target)

    @classmethod
    def rapyer_made(cls, key: RapyerKey, rule: ReferencePlan, target: Any = UNRESOLVED) -> Self:
        """Return a reference that has no place yet."""
        self = cls.__new__(cls)
        self._rapyer_set(key, rule, target)
        return self

    def _rapyer_set(self, key: RapyerKey, rule: ReferencePlan, target: Any) -> None:
        put = object.__setattr__
        put(self, "rapyer_target_key", key)
        put(self, "rapyer_rule", rule)
        put(self, "rapyer_target", target)
        put(self, "rapyer_inner", None)

    @classmethod
    def rapyer_bind(cls, raw: Any, parent: Any, member: Any, plan: ValuePlan) -> Any:
        """Return a reference with its place; one that has another place is copied."""
        if not isinstance(raw, BoundReference):
            # A default is not validated: it may be a model or a key.
            rule = plan.reference
            if rule is None:
                return raw
            raw = _made(rule, raw, where(parent, member, None))
        inner = raw.rapyer_inner
        if inner is not None and inner.parent is parent:
            return raw
        self = cls.rapyer_made(raw.rapyer_target_key, raw.rapyer_rule, raw.rapyer_target)
        object.__setattr__(self, "rapyer_inner", InnerPlace(parent, member))
        object.__setattr__(self, "rapyer_plan", plan)
        return self

    # Its place

    def rapyer_place(self) -> InnerPlace | None:
        """Return where the reference is; None for one that was not read from a model."""
        return self.rapyer_inner

    def rapyer_address(self) -> tuple[Any, Any, Any]:
        if self.rapyer_inner is None:
            raise PathError(
                f"{self!r} was not read from a model, so it has no place",
                expected="a reference read from a model's field",
                actual=self,
            )
        return self.rapyer_inner.parent, self.rapyer_inner.member, self

    def rapyer_route(self) -> Route | None:
        return None if self.rapyer_inner is None else super().rapyer_route()

    @property
    def key(self) -> Any:
        """The key of the document that holds the reference; without a place, its target's."""
        return self.rapyer_target_key if self.rapyer_inner is None else super().key

    # Its target

    @property
    def target_key(self) -> RapyerKey:
        """The key of the document that is referred to."""
        return self.rapyer_target_key

    @property
    def is_resolved(self) -> bool:
        """Whether the target was fetched, or was given as a model."""
        return self.rapyer_target is not UNRESOLVED

    def rapyer_resolved(self) -> Any:
        """Return the target.

        Raises:
            NotResolvedError: it was not fetched.
        """
        if self.rapyer_target is UNRESOLVED:
            raise self._unresolved("its value")
        return self.rapyer_target

    def rapyer_resolve(self, target: Any) -> None:
        """Note the target; None for one that is not there."""
        object.__setattr__(self, "rapyer_target", target)

    def rapyer_unload(self) -> None:
        """Forget the target."""
        object.__setattr__(self, "rapyer_target", UNRESOLVED)

    def rapyer_target_class(self) -> type[DocumentModel]:
        """Return the class of the target.

        Raises:
            RapyerModelDoesntExistError: no class that the field takes has the key's prefix.
        """
        cls = self.rapyer_rule.class_of(self.rapyer_target_key)
        if cls is not None:
            return cls
        spot = self._rapyer_spot()
        raise RapyerModelDoesntExistError(
            f"{spot} refers to {self.rapyer_target_key}: no model class with its prefix that the "
            "field takes is defined",
            key=self.rapyer_target_key,
            path=spot.path,
            model=spot.model,
            expected=f"a key of {self.rapyer_rule.described()}",
            actual=self.rapyer_target_key,
        )

    def rapyer_dangling(self) -> DanglingReferenceError:
        """Return the error for a target that is not there."""
        spot = self._rapyer_spot()
        return DanglingReferenceError(
            f"{spot} refers to {self.rapyer_target_key}, where there is no document",
            holder=spot.key,
            key=self.rapyer_target_key,
            path=spot.path,
            model=spot.model,
            field=self._field(),
            expected=f"a document of {self.rapyer_rule.described()}",
            actual="nothing",
        )

    def _field(self) -> str | None:
        """Return the name of the model's field that the reference is, or is in."""
        inner = self.rapyer_inner
        while inner is not None and not hasattr(inner.parent, "rapyer_fields"):
            parent: Any = inner.parent
            inner = parent.rapyer_place()
        return None if inner is None else str(inner.member)

    def _rapyer_spot(self) -> Where:
        try:
            return self.where()
        except PathError:
            # It was replaced in its model, or never had a place: it still says what it refers to.
            return Where(type(self).__name__, None, repr(self))

    def _unresolved(self, wanted: str) -> NotResolvedError:
        spot = self._rapyer_spot()
        of_reference, of_model = self.rapyer_ways_to_fetch
        return NotResolvedError(
            f"{spot} refers to {self.rapyer_target_key}, which was not fetched, so {wanted} is not "
            f"known; call {of_reference}() of the reference, or {of_model}() of the model, first",
            key=spot.key,
            path=spot.path,
            model=spot.model,
            expected="a reference that was fetched",
            actual=self.rapyer_target_key,
        )

    if not TYPE_CHECKING:  # to which the twins' classes say what there is

        def __getattr__(self, name: str) -> Any:
            return getattr(self._rapyer_target_for(name), name)

        def __setattr__(self, name: str, value: Any) -> None:
            if hasattr(type(self), name):
                raise AttributeError(f"{name} of a reference cannot be set; assign the field")
            setattr(self._rapyer_target_for(name), name, value)

    def _rapyer_target_for(self, name: str) -> Any:
        if name.startswith(("_", "rapyer_")):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        target = object.__getattribute__(self, "rapyer_target")
        if target is UNRESOLVED:
            raise self._unresolved(f"its {name}")
        if target is None:
            raise self.rapyer_dangling()
        return target

    # As a value

    def __eq__(self, other: object) -> bool:
        if isinstance(other, BoundReference):
            return self.rapyer_target_key == other.rapyer_target_key
        if isinstance(other, str):
            return str(self.rapyer_target_key) == str(other)
        if hasattr(other, "rapyer_fields"):
            model: Any = other
            return not model.is_inner_model() and self.rapyer_target_key == model.key
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self.rapyer_target_key)

    def __str__(self) -> str:
        return str(self.rapyer_target_key)

    def __repr__(self) -> str:
        state = "unresolved" if self.rapyer_target is UNRESOLVED else "resolved"
        return f"{type(self).__name__}({str(self.rapyer_target_key)!r}, {state})"

    def copy(self) -> Self:
        """Return a reference to the same target, without a place."""
        return self.rapyer_made(self.rapyer_target_key, self.rapyer_rule, self.rapyer_target)

    def __copy__(self) -> Self:
        return self.copy()

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        # The target is another document, which a copy of this one refers to as well.
        return self.copy()

    def __reduce_ex__(self, protocol: Any) -> Any:
        # Where it is unpickled the target may be another by now, so the key is what travels.
        return _revived, (type(self), str(self.rapyer_target_key))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        return ReferencePlan(target_classes(source), cls, cls.rapyer_registry).schema()


def _made(rule: ReferencePlan, value: Any, spot: Where) -> BoundReference:
    """Return the reference that a value stands for, which pydantic did not check.

    Raises:
        InvalidValueError: it stands for none.
    """
    try:
        reference: BoundReference = rule.made(value)
    except ValueError as error:
        raise InvalidValueError(
            f"{str(spot).strip()}: {error}", expected=rule.described(), actual=value, **spot.about()
        ) from error
    return reference


def _revived(cls: type[BoundReference], key: str) -> BoundReference:
    return cls.rapyer_made(RapyerKey(key), ReferencePlan((), cls, cls.rapyer_registry))
