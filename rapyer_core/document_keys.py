"""The document that a key, a pk, a value of the field marked Key, or a model means to a class."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any

from .errors import BadDeleteActionError, InvalidValueError, UnsupportedArgumentTypeError
from .invalid import Where
from .keys import RapyerKey
from .modeling import is_ours, plan_of
from .paths import ROOT

if TYPE_CHECKING:
    from .model import DocumentModel

__all__ = ["pk_of", "whole_key"]


def whole_key(cls: type[DocumentModel], key: Any) -> RapyerKey:
    """Return the whole key for a whole key, a pk, a value of the Key field, or a model.

    Raises:
        UnsupportedArgumentTypeError: neither of these.
        BadDeleteActionError: a key or model of another class.
    """
    if not isinstance(key, str) or isinstance(key, enum.Enum):
        if is_ours(key):
            if type(key) is cls or (isinstance(key, cls) and not key.is_inner_model()):
                return key.key
            raise _other_class(cls, key.key, type(key))
        key = _checked_pk(cls, key)
    prefix = cls.class_key_initials()
    owner = cls.__rapyer_registry__.owner_of(key)
    if owner is not None and owner is not cls and owner.class_key_initials() != prefix:
        raise _other_class(cls, key, owner)
    if key.startswith(f"{prefix}:"):
        return RapyerKey(key)
    return RapyerKey(f"{prefix}:{key}")


def pk_of(cls: type[DocumentModel], value: Any) -> str:
    """Return the pk that a value of the field marked Key makes: its text as it is stored."""
    plan = plan_of(cls)
    place = Where(cls.__name__, None, ROOT)
    return plan.fields[str(plan.key_field)].value.key_text(value, place)


def _checked_pk(cls: type[DocumentModel], value: Any) -> str:
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


def _other_class(cls: type[DocumentModel], key: str, owner: type) -> BadDeleteActionError:
    """Return the error for a key that is one of another class."""
    return BadDeleteActionError(
        f"{key} is a document of {owner.__name__}, not of {cls.__name__}; nothing was done",
        key=key,
        model=cls.__name__,
        expected=f"a key of {cls.__name__}",
        actual=owner.__name__,
    )
