"""What `rapyer` 1.3.6 stored as pickles, read as if it had been stored as JSON.

It stores each value that is no text, number, datetime, list, dict or model as the base64 of a
pickle that nobody signed: bools, bytes, enums, UUIDs, decimals, dates, tuples, dataclasses, what is
annotated `Any`; in lists and dicts each element by itself. (Seen in documents that it wrote.)

Since whoever can write to the server may have made such a pickle, it is read only where
`Meta.legacy_pickles` says so, and may name nothing but plain types, the classes of the field's own
annotation, and those that the setting lists. What was read is written as we do at the next save.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import pickle
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from .errors import InvalidValueError
from .invalid import Spot, Where
from .paths import ROOT
from .pickling import HARMLESS, allowed_names, find_allowed, loads
from .schemas import is_object, is_series

if TYPE_CHECKING:
    from .model import DocumentModel
    from .plans import ValuePlan

__all__ = ["LEGACY_MARK", "modern_document", "modern_text"]

# The start of every string that holds such a pickle: its protocol is 4, and base64 of the bytes 80
# and 04 starts so.
_START = "gA"
LEGACY_MARK = b'"gA'


def modern_document(cls: type[DocumentModel], text: bytes, key: str) -> bytes:
    """Return a document's text with our JSON in place of pickles.

    Raises:
        InvalidValueError: a pickle cannot be read, or is not what the field takes.
    """
    members: Any = json.loads(text)
    fields = cls.rapyer_fields()

    def modern_member(name: str, member: Any) -> Any:
        try:
            return _modern(member, fields[name].value, Where(cls.__name__, key, ROOT))
        except InvalidValueError as error:
            error.field = name
            raise

    modern = {
        name: modern_member(name, member) if name in fields else member
        for name, member in members.items()
    }
    return json.dumps(modern, ensure_ascii=False).encode()


def modern_text(plan: ValuePlan, text: bytes | str, spot: Spot) -> str:
    """Return the text of one value with our JSON in place of pickles.

    Raises:
        InvalidValueError: as for a document.
    """
    return json.dumps(_modern(json.loads(text), plan, spot), ensure_ascii=False)


def _modern(value: Any, plan: ValuePlan, spot: Spot) -> Any:
    if isinstance(value, str):
        return _read(value, plan, spot) if _may_be_pickle(value, plan) else value
    if is_series(value):
        items = plan.choice("list")
        is_known = items.kind in ("list", "any")
        return [_modern(each, items.item, spot) for each in value] if is_known else value
    if is_object(value):
        plans = ((name, each, _member(plan, name)) for name, each in value.items())
        return {
            name: each if member is None else _modern(each, member, spot)
            for name, each, member in plans
        }
    return value


def _member(plan: ValuePlan, name: str) -> ValuePlan | None:
    """Return the plan of a member of an object; None where none was pickled by itself."""
    models = [choice for choice in plan.choices if name in choice.fields]
    if models:
        return models[0].fields[name]
    members = plan.choice("dict")
    return members.value if members.kind in ("dict", "any") else None


def _may_be_pickle(value: str, plan: ValuePlan) -> bool:
    # Where there may be a text, it was stored as one.
    return value.startswith(_START) and all(choice.kind != "str" for choice in plan.choices)


def _read(value: str, plan: ValuePlan, spot: Spot) -> Any:
    try:
        body = base64.b64decode(value, validate=True)
    except binascii.Error:
        return value
    if not body.startswith(b"\x80") or not body.endswith(b"."):
        return value
    try:
        found = loads(lambda raw: _unpickled(raw, _allowed(plan)), body)
    except ValueError as error:
        where = spot.where()
        raise InvalidValueError(
            f"{where}: what rapyer 1.3.6 stored there cannot be read: {error}",
            expected=str(error),
            actual=value,
            **where.about(),
        ) from error
    return json.loads(plan.text(plan.checked(found, spot), spot))


def _allowed(plan: ValuePlan) -> frozenset[str]:
    setting = None if plan.owner is None else plan.owner.Meta.legacy_pickles
    listed = () if setting is True or not setting else setting
    return HARMLESS | allowed_names(listed) | allowed_names(_classes(plan))


def _classes(plan: ValuePlan) -> Iterator[type[Any]]:
    """Yield the classes that an annotation names, but for those of definitions it refers to."""
    pending: list[Any] = [plan.part.schema]
    while pending:
        part = pending.pop()
        if is_object(part):
            # A named tuple's class is what is called with its fields.
            named = (part.get("cls"), part.get("function"))
            yield from (each for each in named if isinstance(each, type))
            pending += [each for key, each in part.items() if key not in ("cls", "metadata")]
        elif is_series(part):
            pending += part


def _unpickled(body: bytes, allowed: frozenset[str]) -> Any:
    """Return what a pickle holds, which names what is allowed and leaves classes as they are.

    The unpickler that is written in C cannot be told the latter.
    """
    reader: Any = getattr(pickle, "_Unpickler")(io.BytesIO(body))  # noqa: B009  # typeshed's lacks most
    find_any: Callable[[str, str], Any] = reader.find_class
    build_any: Callable[[Any], None] = reader.dispatch[pickle.BUILD[0]]

    def find(module: str, name: str) -> Any:
        return find_allowed(module, name, allowed, find_any)

    def build(reader: Any) -> None:
        # Below the state is what gets it. A class' attributes are code that others run.
        if isinstance(reader.stack[-2], type):
            raise pickle.UnpicklingError("it would change a class")
        build_any(reader)

    reader.find_class = find
    reader.dispatch = {**reader.dispatch, pickle.BUILD[0]: build}
    return reader.load()
