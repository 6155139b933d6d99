"""Sort keys: ``User.name`` ascending, ``-User.age`` descending."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import UnsupportedArgumentTypeError, UnsupportedArgumentValueError
from .schema import IndexedField

if TYPE_CHECKING:
    from ..expressions import Expression

__all__ = ["SortKey", "sort_key"]


class SortKey(NamedTuple):
    """A field to sort by."""

    field: IndexedField
    is_descending: bool = False


def sort_key(value: SortKey | Expression[Any]) -> SortKey:
    """Return a sort key as it is, and a field as the ascending one.

    Raises:
        UnsupportedFieldError: the field is not indexed.
        UnsupportedArgumentTypeError: it is neither.
        UnsupportedArgumentValueError: the field may have several values, or has no order.
    """
    from ..expressions import Expression

    if isinstance(value, SortKey):
        return value
    if not isinstance(value, Expression):  # pyright: ignore[reportUnnecessaryIsInstance]  # not every caller has a type checker
        raise UnsupportedArgumentTypeError(
            f"expected a field to sort by, such as User.name or -User.age, got {value!r}",
            expected="a field",
            actual=value,
        )
    field = value.rapyer_field()
    if field.is_many or field.kind.index_type in ("GEO", "VECTOR") or not field.mark.exact:
        raise UnsupportedArgumentValueError(
            f"{field.owner}.{field.name}: documents cannot be sorted by it; expected a field "
            "with one value that has an order",
            model=field.owner,
            field=field.name,
            expected="text, a number, a time or a bool",
            actual=field.kind.name,
        )
    return SortKey(field)
