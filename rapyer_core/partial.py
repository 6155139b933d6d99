"""Partial loads: some fields of a document, each read at its own place.

What was not asked for is not there: reading it raises, and nothing writes the model whole. A
field is validated by itself, so validators of the whole model do not run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias, TypeVar

from pydantic_core import to_json

from .actions import FETCHING
from .beside import Beside, beside_key, contents_text
from .documents.loading import corrupted
from .errors import UnsupportedArgumentValueError
from .instances import empty_at
from .keys import RapyerKey
from .model import DocumentModel
from .nesting import handle_at
from .operations import Operation
from .paths import ROOT, render
from .places import DocumentPlace
from .plans import ValuePlan
from .reserved import is_adoptable
from .revisions import REVISION_MEMBER
from .safe_loads import Source, log_failures, read_field

__all__ = ["check_names", "get_parts_operation", "partly_loaded"]

M = TypeVar("M", bound=DocumentModel)

_NOTHING: Any = object()

Way: TypeAlias = "tuple[str, ...]"
"""The names from the root to a field."""


def get_parts_operation(cls: type[M], key: RapyerKey, only: Sequence[str]) -> Operation:
    """Return what reads some fields of a document, each ``name`` or ``nested.name``.

    Raises:
        UnsupportedArgumentValueError: there is no such field.
    """
    plans = _without_inner([_way(cls, name) for name in only])
    may_be_none = sorted({way for plan in plans.values() for way in plan.may_be_none})
    beside = beside_key(cls, key).within(plans)
    apart = {field.way for field in beside.fields}
    ways = [way for way in plans if way not in apart]
    if cls.rapyer_settings().is_optimistic:
        ways.append((REVISION_MEMBER,))

    def settle(reply: list[Any]) -> M:
        reply, *contents = reply if beside.fields else (reply,)
        texts: dict[Way, Any] = dict(zip(ways, reply, strict=False))
        _add_contents(texts, beside, contents)
        nones = {
            way for way, is_none in zip(may_be_none, reply[len(ways) :], strict=True) if is_none
        }
        place = DocumentPlace(key, is_stored=True, is_partial=True)
        place.revision = int(texts.pop((REVISION_MEMBER,), None) or 0)
        model = empty_at(cls, place)
        problems: dict[str, str] = {}
        for way, text in texts.items():
            problems.update(_read(model, way, text, nones))
        if problems:
            raise corrupted(cls, key, problems)
        log_failures(model)
        return model

    # A field's name is an identifier, so each way has a path.
    paths: list[Any] = [len(ways), *map(render, ways), len(may_be_none), *map(render, may_be_none)]
    lifetime = cls.rapyer_lifetime(FETCHING)
    operation = Operation(
        "document_get_parts", key, ROOT, tuple(paths), settle, None, lifetime, is_read=True
    )
    return beside.framed(operation, reads=True)


def _add_contents(texts: dict[Way, Any], beside: Beside, contents: Sequence[Any]) -> None:
    """Add what is beside a document to the texts of its parts."""
    for way, text in texts.items():
        inner = [
            words
            for field, words in zip(beside.fields, contents, strict=True)
            if field.way[: len(way)] == way
        ]
        if text is not None and inner:
            texts[way] = beside.below(way).joined(text, inner)
    for field, words in zip(beside.fields, contents, strict=True):
        if not any(field.way[:depth] in texts for depth in range(1, len(field.way))):
            texts[field.way] = contents_text(field.letter, words)


def partly_loaded(cls: type[M], key: RapyerKey, stored: Any, only: Sequence[str]) -> M:
    """Return a model with some fields of a document, of which all is at hand as JSON data.

    Raises:
        CorruptedModelError: one of these fields does not validate.
    """
    asked = _without_inner([_way(cls, name) for name in only])
    place = DocumentPlace(key, is_stored=True, is_partial=True)
    place.revision = int(stored.get(REVISION_MEMBER, 0))
    model = empty_at(cls, place)
    problems: dict[str, str] = {}
    for way, each in asked.items():
        nones = {outer for outer in each.may_be_none if _member_at(stored, outer) is None}
        found = _member_at(stored, way)
        text = None if found is _NOTHING else to_json(found)
        problems.update(_read(model, way, text, nones))
    if problems:
        raise corrupted(cls, key, problems)
    log_failures(model)
    return model


def check_names(cls: type[DocumentModel], names: Sequence[str]) -> None:
    """Raise unless each name is that of a field that can be loaded by itself.

    Raises:
        UnsupportedArgumentValueError: it is not.
    """
    for name in names:
        _way(cls, name)


def _member_at(stored: Any, way: Way) -> Any:
    for name in way:
        if not isinstance(stored, dict) or name not in stored:
            return _NOTHING
        stored = stored[name]  # pyright: ignore[reportUnknownVariableType]  # JSON data
    return stored  # pyright: ignore[reportUnknownVariableType]  # JSON data


class _Asked:
    """A field that was asked for, and which of the models around it may be None."""

    def __init__(self, way: Way, may_be_none: list[Way]) -> None:
        self.way = way
        self.may_be_none = may_be_none


def _way(cls: type[DocumentModel], name: str) -> _Asked:
    way, may_be_none = tuple(name.split(".")), list[Way]()
    fields = {field: plan.value for field, plan in cls.rapyer_fields().items()}
    for depth, part in enumerate(way, 1):
        if part not in fields:
            raise UnsupportedArgumentValueError(
                f"{cls.__name__} has no field {name!r} that can be loaded by itself",
                model=cls.__name__,
                field=name,
                expected=f"one of {', '.join(fields)}" if fields else "a field without parts",
                actual=part,
            )
        if fields[part].is_nullable and depth < len(way):
            may_be_none.append(way[:depth])
        fields = _inner_fields(fields[part])
    return _Asked(way, may_be_none)


def _inner_fields(plan: ValuePlan) -> dict[str, ValuePlan]:
    """Return the fields of a nested model; none of a union's, which may be any of several."""
    models = [choice for choice in plan.choices if choice.kind == "model"]
    return models[0].fields if len(models) == 1 and is_adoptable(models[0].model) else {}


def _without_inner(asked: Iterable[_Asked]) -> dict[Way, _Asked]:
    """Return what was asked for by its way, without what a larger part brings along."""
    found = {each.way: each for each in asked}
    return {
        way: each
        for way, each in found.items()
        if not any(way[:depth] in found for depth in range(1, len(way)))
    }


def _read(model: DocumentModel, way: Way, text: bytes | None, nones: set[Way]) -> dict[str, str]:
    """Put the value of one field into a model; return what is wrong with it, by field."""
    holder: Any = model
    for depth, name in enumerate(way[:-1], 1):
        if way[:depth] in nones:
            holder.__dict__[name] = None
            return {}
        holder = _member(holder, name)
    cls = type(model)
    source = Source(cls, model.key, bool(cls.Meta.safe_load_all))
    return read_field(holder, way[-1], text, source, way)


def _member(holder: Any, name: str) -> Any:
    """Return the nested model of a partly loaded one, made empty when it is first wanted."""
    if name not in holder.__dict__:
        plan = holder.rapyer_fields()[name].value
        holder.__dict__[name] = handle_at(plan.handles["model"], holder, name, plan)
    return holder.__dict__[name]
