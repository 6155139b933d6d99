"""Conditions on keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import UnsupportedArgumentTypeError
from .conditions import Condition, KeyPrefix

if TYPE_CHECKING:
    from ..model import DocumentModel

__all__ = ["key_prefix"]


def key_prefix(model: type[DocumentModel], prefix: Any) -> Condition:
    """The document's pk begins so: ``key_prefix(Order, "2024-")``.

    An index knows no keys: documents are compared one by one, over what other conditions leave.

    Raises:
        UnsupportedArgumentTypeError: the prefix is no text.
    """
    if not isinstance(prefix, str):
        raise UnsupportedArgumentTypeError(
            f"{model.__name__}: expected the beginning of a pk, got {prefix!r}",
            model=model.__name__,
            expected="str",
            actual=prefix,
        )
    return KeyPrefix(f"{model.class_key_initials()}:", prefix)
