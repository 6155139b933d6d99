"""`SafeLoad[int]`: a field that may fail to load without its document.

Where it could not be read it is None, which is why a type checker sees one that may be; a value
that is assigned must be one of the type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from rapyer_core.safe_marks import SafeLoadMarker

from .nullable import MayBeNone

__all__ = ["SafeLoad"]

P = TypeVar("P")

if TYPE_CHECKING:

    class SafeLoad(MayBeNone[P]):
        """``level: SafeLoad[int] = Field(0)``: the argument is the plain type."""

        # None is no value of the field's.
        def __set__(self, instance: Any, value: P) -> None: ...

else:
    SafeLoad = Annotated[P, SafeLoadMarker()]
