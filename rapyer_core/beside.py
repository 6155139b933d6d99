"""What is written and read beside a document in the same step: the words of a frame.

A frame goes around an operation on the document (``lua/lib/frame.lua``). A save of a stored model
gives it what was added and removed; whatever writes a model whole replaces.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

from pydantic_core import from_json, to_json

from .bound.queues import MARK
from .bound.special import SpecialValue
from .changes import changes_of
from .places import root_of, way_to
from .specials import SpecialField, special_keys

if TYPE_CHECKING:
    from .commands import Argument
    from .invalid import Spot
    from .keys import RapyerKey
    from .model import DocumentModel
    from .operations import Operation
    from .plans import ValuePlan

__all__ = [
    "ALWAYS",
    "Beside",
    "Change",
    "beside_key",
    "beside_model",
    "contents_text",
    "words_of",
]

ALWAYS, CREATED, PRESENT = "a", "c", "p"
"""When a change is made: always, where the operation makes the document, where it was there."""


# Priorities that are no JSON numbers, as pydantic reads them.
_NUMBERS = {b"inf": b'"Infinity"', b"-inf": b'"-Infinity"'}


class Change(NamedTuple):
    """What is done to one special field: see ``lua/lib/frame.lua``."""

    condition: str
    position: int
    letter: str
    verb: str
    words: Sequence[Argument]

    def told(self) -> tuple[Argument, ...]:
        """Return it as words of the frame."""
        return (*self[:4], len(self.words), *self.words)


class Beside(NamedTuple):
    """The special fields of a document, or of a model in it; ways start at that model."""

    root: type[DocumentModel]
    key: RapyerKey
    fields: tuple[SpecialField, ...]
    keys: tuple[str, ...]

    def framed(
        self, operation: Operation, *, reads: bool = False, changes: Iterable[Change] = ()
    ) -> Operation:
        """Return an operation with what is done beside it; itself where there is nothing beside."""
        if not self.root.rapyer_special_fields():
            return operation
        reads = reads and bool(self.fields)
        told = [change.told() for change in changes]
        keys = self.keys if told or reads else ()
        if operation.lifetime is not None:
            keys = tuple(dict.fromkeys((*keys, *self.root.rapyer_companions(self.key))))
        special: tuple[Argument, ...] = ()
        if told or reads:
            letters = "".join(field.letter for field in self.fields) if reads else ""
            special = (letters, len(told), *(word for change in told for word in change))
        return operation._replace(companions=keys, special=special)

    def below(self, way: tuple[Any, ...]) -> Beside:
        """Return what is beside the part of the document at a way."""
        depth = len(way)
        inner = [
            (field._replace(way=field.way[depth:]), key)
            for field, key in zip(self.fields, self.keys, strict=True)
            if field.way[:depth] == way
        ]
        return self._of(inner)

    def within(self, ways: Iterable[tuple[str, ...]]) -> Beside:
        """Return what is beside the parts of the document at some ways."""
        wanted = set(ways)
        inner = [
            (field, key)
            for field, key in zip(self.fields, self.keys, strict=True)
            if any(field.way[:depth] in wanted for depth in range(1, len(field.way) + 1))
        ]
        return self._of(inner)

    def _of(self, inner: Sequence[tuple[SpecialField, str]]) -> Beside:
        fields, keys = tuple(field for field, _ in inner), tuple(key for _, key in inner)
        return self._replace(fields=fields, keys=keys)

    # Writing

    def replacing(
        self,
        model: DocumentModel,
        condition: str = ALWAYS,
        is_meant: Callable[[str], bool] = lambda name: True,
    ) -> list[Change]:
        """Return what makes fields what a model holds.

        `is_meant` tells of which of the model's own fields, by name.
        """
        return [
            _replacing(condition, position, field, _value_in(model, field.way), model)
            for position, field in enumerate(self.fields, 1)
            if is_meant(field.way[0])
        ]

    def replacing_by(self, values: dict[str, Any], model: DocumentModel) -> list[Change]:
        """Return what makes fields what they are in values, by the names of a model's fields."""
        return [
            _replacing(
                ALWAYS, position, field, _value_in(values[field.way[0]], field.way[1:]), model
            )
            for position, field in enumerate(self.fields, 1)
            if field.way[0] in values
        ]

    def swapping(self, contents: Sequence[Any], new: Sequence[Change]) -> list[Change]:
        """Return what makes changes if the fields still have the contents that were read."""
        seen = [
            Change(ALWAYS, position, field.letter, "seen", words)
            for position, (field, words) in enumerate(zip(self.fields, contents, strict=True), 1)
        ]
        changed = (
            part
            for change, words in zip(new, contents, strict=True)
            for part in _differences(change, words)
        )
        return [*seen, *changed]

    def saving(self, model: DocumentModel, condition: str = ALWAYS) -> list[Change]:
        """Return what a save has to write: what was added and removed in a model."""
        return [
            Change(condition, position, field.letter, verb, words)
            for position, field in enumerate(self.fields, 1)
            for verb, words in _changes_at(model, field)
        ]

    # Reading

    def joined(self, text: bytes, contents: Sequence[Any]) -> bytes:
        """Return a model's text with the contents of its special fields in their places."""
        if not self.fields or not text.startswith(b"{"):
            return text
        texts = [
            contents_text(field.letter, words)
            for field, words in zip(self.fields, contents, strict=True)
        ]
        if all(len(field.way) == 1 for field in self.fields):
            members = b",".join(
                b"%b:%b" % (to_json(field.way[0]), own)
                for field, own in zip(self.fields, texts, strict=True)
            )
            return b"%b%b%b}" % (text[:-1], b"" if text == b"{}" else b",", members)
        document = from_json(text)
        for field, own in zip(self.fields, texts, strict=True):
            holder = _member_in(document, field.way[:-1])
            if holder is not None:
                holder[field.way[-1]] = from_json(own)
        return to_json(document)


def beside_key(cls: type[DocumentModel], key: RapyerKey) -> Beside:
    """Return what is beside the document of a key."""
    fields = cls.rapyer_special_fields()
    return Beside(cls, key, fields, special_keys(fields, key) if fields else ())


def beside_model(model: DocumentModel) -> Beside:
    """Return what is beside a model, which may be part of a document."""
    root = root_of(model)
    whole = beside_key(type(root), root.key)
    if root is model or not whole.fields:
        return whole
    return whole.below(way_to(model))


def words_of(plan: ValuePlan, value: Any, spot: Spot) -> list[Argument]:
    """Return the words for the whole value of a special field; none for no value."""
    members = plan.member
    if plan.special == "s":
        return [members.text(member, spot) for member in value or ()]
    return [
        word
        for item, priority in value or ()
        for word in (repr(float(priority)), members.text(item, spot))
    ]


def _replacing(
    condition: str, position: int, field: SpecialField, value: Any, model: DocumentModel
) -> Change:
    words = words_of(field.value, value, model.rapyer_spot())
    return Change(condition, position, field.letter, "replace", words)


def _value_in(value: Any, way: tuple[str, ...]) -> Any:
    """Return what is at a way in a value; None where a model on the way is None."""
    for name in way:
        value = None if value is None else value.__dict__.get(name)
    return value


def _member_in(document: Any, way: tuple[str, ...]) -> dict[str, Any] | None:
    """Return the object at a way in a parsed document, None where there is none."""
    holder: Any = document
    for name in way:
        holder = holder.get(name) if _is_object(holder) else None
    return holder if _is_object(holder) else None


def _is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _differences(change: Change, had: Sequence[bytes]) -> list[Change]:
    """Return what makes a whole value of one that the server has; nothing where it is the same."""
    if change.letter == "s":
        before, after = {text.decode() for text in had}, set(change.words)
        parts: list[tuple[str, list[Argument]]] = [
            ("remove", list(before - after)),
            ("add", list(after - before)),
        ]
        return [change._replace(verb=verb, words=words) for verb, words in parts if words]
    start = MARK if change.letter == "k" else 0
    items = zip(had[::2], had[1::2], strict=True)
    known = [word for item, priority in items for word in (float(priority), item[start:].decode())]
    wanted = [
        float(word) if position % 2 == 0 else word for position, word in enumerate(change.words)
    ]
    return [] if known == wanted else [change]


def _changes_at(model: DocumentModel, field: SpecialField) -> Iterable[tuple[str, list[Argument]]]:
    """Return the verbs and words for what changed in a special field below a model."""
    holder: Any = model
    for name in field.way[:-1]:
        changes = changes_of(holder) if hasattr(holder, "rapyer_fields") else None
        if changes is not None and name in changes.assigned:
            value = _value_in(model, field.way)
            return [("replace", words_of(field.value, value, model.rapyer_spot()))]
        holder = holder.__dict__.get(name)
        if holder is None:
            return ()
    value = holder.__dict__.get(field.way[-1])
    return value.rapyer_change_words() if isinstance(value, SpecialValue) else ()


def contents_text(letter: str, words: Sequence[bytes]) -> bytes:
    """Return the JSON text of a special field's contents, as the server lists them."""
    if letter == "s":
        return b"[%b]" % b",".join(words)
    start = MARK if letter == "k" else 0
    return b"[%b]" % b",".join(
        b"[%b,%b]" % (member[start:], _NUMBERS.get(priority, priority))
        for member, priority in zip(words[::2], words[1::2], strict=True)
    )
