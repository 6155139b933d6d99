"""What bound lists, bound dicts and handles have in common as parents of other values."""

from __future__ import annotations

from typing import Any

from .base import Bound

__all__ = ["ContainerOperations"]


class ContainerOperations(Bound):
    """A value that holds values with places of their own."""

    __slots__ = ()

    def rapyer_is_frozen(self, member: Any) -> bool:
        """Return False: only fields of models can be frozen."""
        return False
