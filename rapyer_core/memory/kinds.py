"""Which JSON kind a parsed value is, in words that type checkers follow."""

from __future__ import annotations

from typing import Any, TypeGuard

__all__ = ["is_list", "is_number", "is_object"]


def is_list(value: Any) -> TypeGuard[list[Any]]:
    return type(value) is list


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    return type(value) is dict


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether it is a number; Python's booleans are integers, JSON's are not."""
    return type(value) is int or type(value) is float
