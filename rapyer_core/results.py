"""What calls on many documents answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Generic, TypeVar

__all__ = ["DeleteResult", "GetOrCreateResult", "GetOrCreateStatus", "RapyerDeleteResult"]

M = TypeVar("M")


class GetOrCreateStatus(str, Enum):
    """Whether the document was there."""

    CREATED = "created"
    FOUND = "found"


@dataclass(frozen=True)
class GetOrCreateResult(Generic[M]):
    """The model at the key, and whether this call created it."""

    value: M
    status: GetOrCreateStatus

    @property
    def created(self) -> bool:
        """Whether this call created the document."""
        return self.status is GetOrCreateStatus.CREATED


@dataclass(frozen=True)
class DeleteResult:
    """models_deleted: documents that were there. keys_deleted: keys of all kinds removed."""

    models_deleted: int
    keys_deleted: int
    was_committed: bool = True


@dataclass(frozen=True)
class RapyerDeleteResult(DeleteResult):
    """The same over several classes. by_model: class to how many of its documents were deleted."""

    by_model: dict[type[Any], int] = field(default_factory=dict[type[Any], int])
