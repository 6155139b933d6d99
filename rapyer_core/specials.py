"""Special fields: values under keys of their own beside the document, in its slot.

A set or a queue of a million members must not be read and written with every change of one, so
it is no part of the document's JSON. Its key is made of the document's and of the way to the
field, so that every step on the document can name it: one that makes, deletes, expires or reads
the document does the same to what is beside it. A field inside a list or a dict has no such way.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from .errors import UnsupportedFieldError
from .keys import special_key
from .plans import ValuePlan
from .reserved import is_adoptable
from .schemas import SchemaPart, contains_special

__all__ = ["SpecialField", "special_fields_of", "special_keys", "ways_of"]


class SpecialField(NamedTuple):
    """A special field of a class or of a model nested in it; `way` leads there from the root."""

    way: tuple[str, ...]
    value: ValuePlan

    @property
    def letter(self) -> str:
        """How scripts know its kind."""
        return str(self.value.special)

    @property
    def path(self) -> str:
        """The end of its key."""
        return ".".join(self.way)


def special_keys(fields: tuple[SpecialField, ...], key: str) -> tuple[str, ...]:
    """Return the keys of special fields beside the document of a key."""
    return tuple(special_key(key, field.path) for field in fields)


def ways_of(fields: tuple[SpecialField, ...]) -> dict[str, Any] | None:
    """Return what a document's text leaves out, as pydantic takes it; None for nothing."""
    ways: dict[str, Any] = {}
    for field in fields:
        inner = ways
        for name in field.way[:-1]:
            inner = inner.setdefault(name, {})
        inner[field.way[-1]] = True
    return ways or None


def special_fields_of(
    model: str, part: SchemaPart, plans: dict[str, ValuePlan]
) -> tuple[SpecialField, ...]:
    """Return the special fields of a class and of the models nested in it.

    Raises:
        UnsupportedFieldError: one has no fixed key: it may be None, or is inside a collection, a
            union or a model that contains itself.
    """
    if not contains_special(part):
        return ()
    return tuple(
        found for name, plan in plans.items() for found in _below(model, plan, (name,), ())
    )


def _below(
    model: str, plan: ValuePlan, way: tuple[str, ...], around: tuple[Any, ...]
) -> Iterator[SpecialField]:
    if plan.special:
        if plan.is_nullable:
            raise _refused(model, way, "it may be None; an empty one says the same")
        if plan.item.contains_special:
            raise _refused(model, way, "this one is inside another")
        yield SpecialField(way, plan)
    elif not plan.contains_special:
        return
    elif plan.kind != "model" or plan.is_root_model:
        raise _refused(model, way, "it is inside a collection or a union, and has no key there")
    elif not is_adoptable(plan.model):
        raise _refused(model, way, "its model has a field of a reserved name")
    elif plan.model in around:
        raise _refused(model, way, "it is inside a model that contains itself")
    else:
        for name, inner in plan.fields.items():
            yield from _below(model, inner, (*way, name), (*around, plan.model))


def _refused(model: str, way: tuple[str, ...], why: str) -> UnsupportedFieldError:
    field = ".".join(way)
    return UnsupportedFieldError(
        f"{model}.{field}: a special field (RedisSet, RedisPriorityQueue) has a key of its own, "
        f"so it must be a field of the document or of a model nested in it; {why}",
        model=model,
        field=field,
        expected="a field of the document or of a nested model",
        actual=why,
    )
