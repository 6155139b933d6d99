"""Numbers beside what a document holds as text, by which the index knows its order.

A datetime, a date and a Decimal are stored as text, and an index knows no order of texts. So their
numbers stand in a member of the document that is no field. The program writes them itself, from
the texts, in the same script as whatever changed a text; classes without such a field pay nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from pydantic_core import from_json, to_json

from ..commands import Argument
from ..keys import RapyerKey
from ..operations import Operation
from ..paths import ROOT, member_segment
from .schema import EACH, SHADOW_MEMBER, IndexedField, index_schema

if TYPE_CHECKING:
    from ..model import DocumentModel
    from ..operations import Computation
    from ..scopes import Scope

__all__ = [
    "SHADOW_MARK",
    "Shadows",
    "backfill_operation",
    "refreshed",
    "shadows_of",
    "without_shadows",
]

W = TypeVar("W", bound="Operation | Computation")

SHADOW_MARK = f'"{SHADOW_MEMBER}":'.encode()

_REFRESH = "index_refresh"
# Operations on a document after which its texts are what they were, or gone.
_KEEPS_TEXTS = frozenset({"document_delete", "document_expire", _REFRESH})


class Shadows(NamedTuple):
    """A class' texts with numbers: what the program is told of them, and the paths of the fields
    that hold them.
    """

    arguments: tuple[Argument, ...]
    tops: tuple[str, ...]


def shadows_of(cls: type[DocumentModel]) -> Shadows | None:
    """Return a class' texts with numbers; None where it has none."""
    fields = index_schema(cls).shadows
    if not fields:
        return None
    told = (len(fields), *(part for field in fields for part in _told(field)))
    return Shadows(told, tuple({_top(field): None for field in fields}))


def _told(field: IndexedField) -> list[Argument]:
    steps = ["*" if step is EACH else f".{step}" for step in field.way[1:]]
    many = "many" if EACH in field.way else ""
    return [field.attribute, field.kind.name, many, _top(field), len(steps), *steps]


def _top(field: IndexedField) -> str:
    return f"{ROOT}{member_segment(str(field.way[0]))}"


def refreshed(cls: type[DocumentModel], work: W) -> W:
    """Return work on a document of a class so that it writes the numbers of what it changes."""
    told = cls.rapyer_settings().shadows
    if told is None or not isinstance(work, Operation) or work.is_read or work.refresh:
        return work
    if work.name in _KEEPS_TEXTS or not work.key.startswith(f"{cls.class_key_initials()}:"):
        return work
    path = work.path if isinstance(work.path, str) else work.path.outer
    if path == ROOT or any(path.startswith(top) for top in told.tops):
        return work._replace(refresh=told.arguments)
    return work


def backfill_operation(cls: type[DocumentModel], key: RapyerKey) -> Operation | None:
    """Return what writes the numbers into a document that was stored without them.

    None where a class has no texts with numbers.
    """
    told = shadows_of(cls)
    if told is None:
        return None
    return Operation(_REFRESH, key, ROOT, told.arguments, bool, _predict)


def _predict(scope: Scope) -> bool:
    """Predict for a pipeline that it is done; nothing local changes."""
    return True


def without_shadows(text: bytes) -> bytes:
    """Return a document's text without the numbers: a model may keep or forbid what is no field."""
    document = from_json(text)
    document.pop(SHADOW_MEMBER, None)
    return to_json(document)
