"""The pk that a value of the field marked Key makes, and what names no document of a class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import BadDeleteActionError, InvalidValueError, UnsupportedArgumentTypeError
from .invalid import Where
from .modeling import plan_of
from .paths import ROOT

if TYPE_CHECKING:
    from .model import DocumentModel

__all__ = ["checked_pk", "other_class", "pk_of"]


def pk_of(cls: type[DocumentModel], value: Any) -> str:
    """Return the pk that a value of the field marked Key makes: its text as it is stored."""
    plan = plan_of(cls)
    place = Where(cls.__name__, None, ROOT)
    return plan.fields[str(plan.key_field)].value.key_text(value, place)


def checked_pk(cls: type[DocumentModel], value: Any) -> str:
    """Return the pk for a value of the Key field that is no str.

    Raises:
        UnsupportedArgumentTypeError: it is no such value.
    """
    field = plan_of(cls).key_field
    try:
        if field is not None:
            place = Where(cls.__name__, None, ROOT)
            return pk_of(cls, plan_of(cls).fields[field].value.checked(value, place))
    except InvalidValueError:
        pass
    raise UnsupportedArgumentTypeError(
        f"{cls.__name__}: expected a key or a pk, got {value!r}",
        model=cls.__name__,
        expected="str",
        actual=value,
    )


def other_class(cls: type[DocumentModel], key: str, owner: type) -> BadDeleteActionError:
    """Return the error for a key that is one of another class."""
    return BadDeleteActionError(
        f"{key} is a document of {owner.__name__}, not of {cls.__name__}; nothing was done",
        key=key,
        model=cls.__name__,
        expected=f"a key of {cls.__name__}",
        actual=owner.__name__,
    )
