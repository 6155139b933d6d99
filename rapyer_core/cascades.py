"""What a document's lifetime does to those of the documents that it refers to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from .errors import (
    InvalidCascadeDepthError,
    UnsupportedArgumentTypeError,
    UnsupportedFieldError,
)
from .reference_plans import reference_plans_in

__all__ = ["CascadeResult", "CascadeTTL", "TTLCascadeMode", "checked_cascade"]


class TTLCascadeMode(Enum):
    """What a cascade does to a lifetime that is there."""

    EXTEND = "extend"
    """It is made longer, never shorter; what does not expire goes on not to."""


class CascadeTTL:
    """Whether starting a document's lifetime anew does the same for what it refers to.

    ``Annotated[Reference[Author], CascadeTTL(depth=1)]`` says it for one field, `Meta.cascade_ttl`
    for all references of a class that say nothing themselves.

    enabled: False leaves out what the field refers to. depth: how many levels of references are
    followed from here, None for as many as there are.

    Raises:
        InvalidCascadeDepthError: the depth is no number of levels.
        UnsupportedFieldError: a field is annotated with it that holds no reference.
    """

    __slots__ = ("depth", "enabled", "mode")

    def __init__(
        self,
        enabled: bool = True,
        depth: int | None = None,
        mode: TTLCascadeMode = TTLCascadeMode.EXTEND,
    ) -> None:
        if depth is not None and (isinstance(depth, bool) or not isinstance(depth, int)):  # pyright: ignore[reportUnnecessaryIsInstance]  # not every caller has a type checker
            raise _bad_depth(depth)
        if depth is not None and depth < 0:
            raise _bad_depth(depth)
        self.enabled: bool = enabled
        self.depth: int | None = depth
        self.mode: TTLCascadeMode = mode

    def __repr__(self) -> str:
        return f"CascadeTTL(enabled={self.enabled}, depth={self.depth})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CascadeTTL):
            return NotImplemented
        return (self.enabled, self.depth, self.mode) == (other.enabled, other.depth, other.mode)

    def __hash__(self) -> int:
        return hash((self.enabled, self.depth, self.mode))

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        schema = handler(source)
        plans = reference_plans_in(schema)
        if not plans:
            raise UnsupportedFieldError(
                f"{source}: CascadeTTL is for references; the lifetime of everything else in a "
                "document is the document's",
                expected="a reference, or a collection of references",
                actual=source,
            )
        for plan in plans:
            plan.cascade = self
        return schema


def checked_cascade(cascade: Any) -> CascadeTTL:
    """Return what a caller asked for as a rule; True follows everything.

    Raises:
        UnsupportedArgumentTypeError: it is neither.
    """
    if cascade is True:
        return CascadeTTL()
    if isinstance(cascade, CascadeTTL):
        return cascade
    raise UnsupportedArgumentTypeError(
        f"cascade must be a bool or a CascadeTTL, not {cascade!r}",
        expected="a bool or a CascadeTTL",
        actual=cascade,
    )


def _bad_depth(depth: Any) -> InvalidCascadeDepthError:
    return InvalidCascadeDepthError(
        f"CascadeTTL: depth must be None or a number of levels, got {depth!r}",
        expected="None or an integer of at least 0",
        actual=depth,
    )


@dataclass(frozen=True)
class CascadeResult:
    """What came of a cascade.

    refreshed: documents that are referred to and are there. dangling_children: keys that are
    referred to where there is no document. dangling_special: keys of special fields that do not
    exist, as those of empty ones do not. mismatched_class: keys of no class that is known, or of
    one that the field does not take; they were left alone.
    """

    refreshed: int
    dangling_children: int
    dangling_special: int
    mismatched_class: int = 0
