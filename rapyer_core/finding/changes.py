"""Changes to documents that are not loaded: what they write, and what it is based on.

Each document is changed in one step of the program, which first compares the fields that the
condition is about with what they were when it was decided that the document matches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pydantic_core import from_json

from rapyer_core.batches import Batch
from rapyer_core.commands import Reply
from rapyer_core.document_keys import whole_key
from rapyer_core.documents.deleting import delete_operation
from rapyer_core.documents.updating import update_write
from rapyer_core.errors import (
    ConflictError,
    KeyNotFound,
    RapyerError,
    ServerError,
    UnsupportedArgumentTypeError,
    UpdateAtomicModelError,
)
from rapyer_core.keys import RapyerKey
from rapyer_core.model import DocumentModel
from rapyer_core.operations import Operation
from rapyer_core.paths import ROOT, render
from rapyer_core.replies import explained
from rapyer_core.search.conditions import All, AnyOf, Condition, Element, Not, Test
from rapyer_core.search.shadows import refreshed
from rapyer_core.validating import check_fields

__all__ = [
    "Change",
    "ChangeResult",
    "Examined",
    "Tally",
    "Update",
    "add",
    "append",
    "clear",
    "decrease",
    "deletions",
    "discard",
    "divide",
    "examination",
    "examined",
    "extend",
    "increase",
    "is_changed_since",
    "is_gone",
    "members_of",
    "multiply",
    "outcome",
    "remove",
    "remove_item",
    "set_item",
    "step",
]

# How many errors a result keeps; all are counted.
_KEPT_ERRORS = 100


class Change(NamedTuple):
    """What becomes of a field, computed on the server from what is there."""

    name: str
    method: str
    args: tuple[Any, ...]

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(map(repr, self.args))})"


def increase(amount: Any = 1) -> Change:
    """Add to a number."""
    return Change("increase", "number_operation", ("+", amount))


def decrease(amount: Any = 1) -> Change:
    """Subtract from a number."""
    return Change("decrease", "decrease_operation", (amount,))


def multiply(factor: Any) -> Change:
    """Multiply a number."""
    return Change("multiply", "number_operation", ("*", factor))


def divide(divisor: Any) -> Change:
    """Divide a number; an int only where that leaves an int."""
    return Change("divide", "number_operation", ("/", divisor))


def append(value: Any) -> Change:
    """Add an item at the end of a list, or text at the end of a text."""
    return Change("append", "append_operation", (value,))


def extend(values: Any) -> Change:
    """Add items at the end of a list."""
    return Change("extend", "extend_operation", (values,))


def remove(value: Any) -> Change:
    """Remove such a value from a list or a set; a document without one counts as failed."""
    return Change("remove", "remove_operation", (value,))


def add(value: Any) -> Change:
    """Add a value to a set."""
    return Change("add", "add_operation", (value,))


def discard(value: Any) -> Change:
    """Take a value out of a set, if it is there."""
    return Change("discard", "discard_operation", (value,))


def clear() -> Change:
    """Take everything out of a list, a dict or a set."""
    return Change("clear", "clear_operation", ())


def set_item(key: Any, value: Any) -> Change:
    """Set the value of a key of a dict, or of an index of a list."""
    return Change("set_item", "set_item_operation", (key, value))


def remove_item(key: Any) -> Change:
    """Remove a key of a dict, or the item at an index of a list."""
    return Change("remove_item", "delete_operation", (key,))


@dataclass(frozen=True)
class ChangeResult:
    """What became of the documents that a change was for.

    matched: documents that were as the condition says. changed: those that were written or deleted.
    failed: those that were not, since the server refused the change, or somebody else changed them
    again and again. errors: why, by key; of the first hundred.
    """

    matched: int
    changed: int
    failed: int
    errors: dict[str, RapyerError] = field(default_factory=dict[str, RapyerError])


class Tally:
    """Counts what becomes of documents."""

    def __init__(self) -> None:
        self._changed = 0
        self._failed = 0
        self._errors: dict[str, RapyerError] = {}

    def changed(self) -> None:
        """Count a document that was changed."""
        self._changed += 1

    def failed(self, key: str, error: RapyerError) -> None:
        """Count a document that matched and was left as it is."""
        self._failed += 1
        if len(self._errors) < _KEPT_ERRORS:
            self._errors[key] = error

    def result(self) -> ChangeResult:
        """Return what was counted."""
        matched = self._changed + self._failed
        return ChangeResult(matched, self._changed, self._failed, self._errors)


def members_of(condition: Condition | None) -> tuple[str, ...]:
    """Return the members of a document that a condition is about."""
    return () if condition is None else tuple(sorted(set(_members(condition))))


def _members(condition: Condition) -> Iterator[str]:
    if isinstance(condition, (All, AnyOf)):
        for part in condition.parts:
            yield from _members(part)
    elif isinstance(condition, Not):
        yield from _members(condition.part)
    elif isinstance(condition, Element):
        yield str(condition.way[0])
    elif isinstance(condition, Test):
        yield str(condition.field.way[0])


class Examined(NamedTuple):
    """The members of a document that a condition is about, as texts; '' for none there."""

    key: RapyerKey
    members: tuple[str, ...]
    texts: tuple[bytes, ...]

    def stored(self) -> dict[str, Any]:
        """Return them as a document's data."""
        pairs = zip(self.members, self.texts, strict=True)
        return {name: from_json(text) for name, text in pairs if text}


def examination(key: RapyerKey, members: tuple[str, ...]) -> Operation:
    """Return what reads the members of a document that a condition is about."""
    paths: list[Any] = [len(members), *(render((name,)) for name in members), 0]

    def settle(reply: list[Any]) -> Examined:
        texts = (*reply, *(None for _ in members))[: len(members)]
        return Examined(key, members, tuple(text or b"" for text in texts))

    return Operation("document_get_parts", key, ROOT, tuple(paths), settle, is_read=True)


def examined(operation: Operation, reply: Reply | ServerError) -> Examined | None:
    """Return what was read of a document; None where it is not there any more."""
    try:
        if isinstance(reply, ServerError):
            raise explained(reply, operation.key, ROOT)
        found: Examined = operation.finish(reply)
    except KeyNotFound:
        return None
    return found


def step(examined: Examined, operations: Sequence[Operation]) -> Batch:
    """Return what changes one document, if what the condition is about is still the same."""
    args: list[Any] = [len(examined.members)]
    for name, text in zip(examined.members, examined.texts, strict=True):
        args += (render((name,)), text)
    expect = Operation("document_expect", examined.key, ROOT, tuple(args), bool)
    return Batch((expect, *operations), True)


def outcome(batch: Batch, reply: Reply | ServerError) -> RapyerError | None:
    """Return why a document was not changed, None where it was."""
    try:
        if isinstance(reply, ServerError):
            raise explained(reply, batch.operations[0].key, ROOT)
        batch.results(reply)
    except RapyerError as error:
        return error
    return None


def is_gone(error: RapyerError) -> bool:
    """Whether a document was deleted before it could be changed, so that it matches no more."""
    return isinstance(error, KeyNotFound)


def is_changed_since(error: RapyerError) -> bool:
    """Whether a document was changed since it was examined, so that it is to be examined anew."""
    return isinstance(error, ConflictError)


def deletions(cls: type[DocumentModel], key: RapyerKey) -> list[Operation]:
    """Return what deletes a document of a class."""
    return [delete_operation(cls, key)]


class Update:
    """What is written to each document: plain values, and changes computed on the server.

    Raises:
        InvalidValueError: a value does not validate; nothing was sent.
        UpdateAtomicModelError: a name is not a field, or the field must not change, or cannot so.
    """

    def __init__(self, cls: type[DocumentModel], values: Mapping[str, Any]) -> None:
        self._cls = cls
        self._changes = {name: v for name, v in values.items() if isinstance(v, Change)}
        self._values = {name: v for name, v in values.items() if name not in self._changes}
        if not values:
            raise UnsupportedArgumentTypeError(
                f"{cls.__name__}: an update needs values, such as update(name='Ann')",
                model=cls.__name__,
                expected="values of fields",
                actual="none",
            )
        self.operations(whole_key(cls, "x"))

    def operations(self, key: RapyerKey) -> list[Operation]:
        """Return what is written to the document of a key."""
        model = self._cls.at(key)
        check_fields(model, self._changes)
        changes = [self._operation(model, name, each) for name, each in self._changes.items()]
        if self._values:
            changes.insert(0, update_write(model, dict(self._values)))
        return [refreshed(self._cls, change) for change in changes]

    def _operation(self, model: DocumentModel, name: str, change: Change) -> Operation:
        handle = getattr(model, name)
        build = getattr(handle, change.method, None)
        work = None if build is None else build(handle.rapyer_route(), *change.args)
        if not isinstance(work, Operation):
            spot = model.rapyer_spot()
            why = (
                "its values do not have that change"
                if build is None
                else "it has validators of its own, which run in Python"
            )
            raise UpdateAtomicModelError(
                f"{self._cls.__name__}.{name} cannot be changed by {change!r} on the server: "
                f"{why}; nothing was changed",
                field=name,
                **{**spot.about(), "key": None},
            )
        return work
