"""Reading a document of which some fields cannot be read: `SafeLoad`, `Meta.safe_load_all`.

It is tried where a document does not validate as a whole. Then each field is read by itself, so
the validators of the whole model do not run, as with partial loads. What fails and is marked, or is
in a model whose settings say so for all fields, is noted as failed; the nearest such field around
what fails counts. Anything else that fails still fails the document.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from .errors import InvalidValueError
from .failures import FailedField, failures_in, has_failures, note_failure
from .instances import empty_at
from .invalid import Where, problems_of
from .modeling import plan_of
from .nesting import empty_of
from .paths import display, render
from .places import DocumentPlace
from .schemas import is_object, is_series
from .stored_texts import prepared

if TYPE_CHECKING:
    from .keys import RapyerKey
    from .model import DocumentModel
    from .plans import ValuePlan

__all__ = [
    "Source",
    "log_failures",
    "read_each",
    "read_field",
    "safely_loaded",
]

M = TypeVar("M", bound="DocumentModel")

log: logging.Logger = logging.getLogger("rapyer")

_FAILED: Any = object()


class Source(NamedTuple):
    """The document that is read: `all_safe` if any field of it may fail."""

    cls: type[DocumentModel]
    key: RapyerKey
    all_safe: bool

    def at(self, way: tuple[Any, ...]) -> Where:
        """Return a place in it, for messages."""
        return Where(self.cls.__name__, self.key, display(render(way)))


def safely_loaded(cls: type[M], key: RapyerKey, text: bytes) -> M | None:
    """Return the model of a document that did not validate; None unless what failed may fail."""
    model, problems = _read(text, Source(cls, key, bool(cls.Meta.safe_load_all)))
    # Without a failure it was the whole that did not validate.
    return None if problems or not has_failures(model) else model


def read_each(cls: type[M], key: RapyerKey, text: bytes) -> M:
    """Return the model of a document in which any field may have failed."""
    model: M = _read(text, Source(cls, key, True))[0]
    return model


def _read(text: bytes, source: Source) -> tuple[Any, dict[str, str]]:
    place = DocumentPlace(source.key, is_stored=True, is_partial=True)
    model = empty_at(source.cls, place)
    text, place.revision = prepared(text, plan_of(source.cls), source.cls.rapyer_settings())
    members = json.loads(text)
    if not is_object(members):
        return model, {"": "Input should be an object"}
    return model, _fill(model, members, source, ())


def _fill(
    holder: Any, members: dict[str, Any], source: Source, way: tuple[Any, ...]
) -> dict[str, str]:
    """Put what is stored of a model into an empty one; return what is wrong with it, by field."""
    problems: dict[str, str] = {}
    for name in holder.rapyer_fields():
        text = json.dumps(members[name], ensure_ascii=False) if name in members else None
        problems.update(read_field(holder, name, text, source, (*way, name)))
    unknown = {name: value for name, value in members.items() if name not in holder.rapyer_fields()}
    policy = holder.model_config.get("extra")
    if policy == "forbid":
        problems.update((_name((*way, name)), "Extra inputs are not permitted") for name in unknown)
    object.__setattr__(holder, "__pydantic_extra__", unknown if policy == "allow" else None)
    object.__setattr__(holder, "__pydantic_fields_set__", holder.__dict__.keys() & members.keys())
    object.__setattr__(holder, "__pydantic_private__", _private(holder))
    return problems


def _private(holder: Any) -> dict[str, Any] | None:
    attributes: dict[str, Any] = holder.__private_attributes__
    made = {name: attribute.get_default() for name, attribute in attributes.items()}
    if not attributes:
        return None
    return {name: value for name, value in made.items() if value is not PydanticUndefined}


def read_field(
    holder: Any, name: str, text: bytes | str | None, source: Source, way: tuple[Any, ...]
) -> dict[str, str]:
    """Put a field's value into a model, or note that it failed; return what is wrong, by field.

    text: what is stored; None for nothing, which a default stands for.
    """
    field, info = holder.rapyer_fields()[name], holder.__class__.__pydantic_fields__[name]
    try:
        if text is not None:
            holder.__dict__[name] = field.value.read(text, source.at(way))
            return {}
        if not info.is_required():
            made = info.get_default(call_default_factory=True, validated_data=holder.__dict__)
            holder.__dict__[name] = made
            return {}
        where = source.at(way)
        raise InvalidValueError(
            f"{where}: Field required", expected="Field required", **where.about()
        )
    except InvalidValueError as error:
        raw = None if text is None else json.loads(text)
        value = _in_parts(field.value, raw, source, way)
        # Without a failure inside it was the whole that did not validate.
        if value is not _FAILED and has_failures(value):
            holder.__dict__[name] = value
            return {}
        if not (source.all_safe or field.is_safe or holder.Meta.safe_load_all):
            return problems_of(error, way)
        error.field = _name(way)
        note_failure(holder, name, FailedField(raw, error))
        return {}


def _in_parts(plan: ValuePlan, raw: Any, source: Source, way: tuple[Any, ...]) -> Any:
    """Return a value that did not validate as a whole, read in parts of which models may fail."""
    if is_series(raw):
        items = plan.choice("list")
        if items.kind != "list":
            return _FAILED
        read = [_part(items.item, each, source, (*way, i)) for i, each in enumerate(raw)]
        return _FAILED if _has_failed(read) else read
    if not is_object(raw):
        return _FAILED
    models = [choice.model for choice in plan.choices if choice.model is not None]
    if len(models) == 1:
        return _model(plan, models[0], raw, source, way)
    members = plan.choice("dict")
    if members.kind != "dict":
        return _FAILED
    values = {name: _part(members.value, each, source, (*way, name)) for name, each in raw.items()}
    if _has_failed(values.values()):
        return _FAILED
    return {members.read_name(name, source.at(way)): value for name, value in values.items()}


def _has_failed(values: Iterable[Any]) -> bool:
    return any(value is _FAILED for value in values)


def _part(plan: ValuePlan, raw: Any, source: Source, way: tuple[Any, ...]) -> Any:
    try:
        return plan.read(json.dumps(raw, ensure_ascii=False), source.at(way))
    except InvalidValueError:
        return _in_parts(plan, raw, source, way)


def _model(
    plan: ValuePlan, cls: type[Any], raw: dict[str, Any], source: Source, way: tuple[Any, ...]
) -> Any:
    """Return a nested model, some of whose fields failed; what fails in it must be safe."""
    holder = empty_of(plan.bindings[BaseModel], cls)
    if holder is None or _fill(holder, raw, source, way):
        return _FAILED
    return holder


def _name(way: tuple[Any, ...]) -> str:
    return ".".join(str(part) for part in way)


def log_failures(model: DocumentModel) -> None:
    """Say on the log which fields of a model could not be read."""
    for name, failure in failures_in(model):
        log.warning("%s: %s could not be read: %s", model.key, name, failure.error)
