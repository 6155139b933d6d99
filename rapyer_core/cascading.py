"""The way of a lifetime from a document to those that it refers to, level by level.

What a document refers to is read on the server in the step that gives it its lifetime, so a level
takes one round trip. A document that is met again is left alone, unless more levels are left from
there than before; so cycles end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic_core import from_json

from .cascades import CascadeResult, CascadeTTL
from .errors import KeyNotFound
from .keys import RapyerKey
from .operations import Operation
from .paths import ROOT
from .referring import references_in

if TYPE_CHECKING:
    from .commands import Argument
    from .model import DocumentModel
    from .plans import ValuePlan
    from .reference_plans import ReferencePlan

__all__ = ["Cascade", "Step", "cascade_of", "may_cascade"]

# What is done to the lifetime of the document that a step reads.
KEEP, SET, EXTEND = "keep", "set", "extend"


class Step(NamedTuple):
    """One document of a level. left: how many more levels may follow from here; None for all."""

    cls: type[DocumentModel]
    key: RapyerKey
    mode: str
    seconds: int
    left: int | None

    def operation(self) -> Operation:
        """Return what gives the document its lifetime, and reads what it refers to."""
        paths = [path for _, path in _referring(self.cls)] if self.left != 0 else []
        sets = [position for _, position in _referring_sets(self.cls)] if self.left != 0 else []
        read: tuple[Argument, ...] = (len(paths), *paths, len(sets), *sets)
        args = (self.mode, self.seconds, *read)
        beside = self.cls.rapyer_companions(self.key)
        return Operation("document_extend", self.key, ROOT, args, _as_it_is, companions=beside)


class _Edge(NamedTuple):
    """A reference that was found in a document."""

    plan: ReferencePlan
    key: str


class Cascade:
    """The cascade from one or more documents.

    otherwise: what holds for references of classes that say nothing of cascades; None to leave
    those alone.
    """

    def __init__(self, steps: Iterable[Step], otherwise: CascadeTTL | None) -> None:
        self._level: list[Step] = list(steps)
        self._otherwise = otherwise
        self._left: dict[str, int | None] = {step.key: step.left for step in self._level}
        self._counted: set[str] = set(self._left)
        self._refreshed = self._dangling = self._special = self._mismatched = 0
        self._missing: set[str] = set()

    def level(self) -> list[Step]:
        """Return the documents of the next level; none after the last."""
        return self._level

    def take(self, replies: Sequence[Any]) -> None:
        """Take what the steps of the level answered, in their order.

        Raises:
            KeyNotFound: the document whose lifetime was to be set is not there.
        """
        following: dict[str, Step] = {}
        for step, reply in zip(self._level, replies, strict=True):
            if step.mode == SET and not reply[0]:
                raise KeyNotFound(
                    f"{step.key}: no such {step.cls.__name__}",
                    key=step.key,
                    model=step.cls.__name__,
                    expected="a document",
                    actual="nothing",
                )
            self._count(step, reply)
            if reply[0]:
                for edge in _edges(step.cls, reply[2:]):
                    self._follow(step, edge, following)
        self._level = list(following.values())

    def result(self) -> CascadeResult:
        """Return what came of it."""
        return CascadeResult(
            refreshed=self._refreshed,
            dangling_children=self._dangling,
            dangling_special=self._special,
            mismatched_class=self._mismatched,
        )

    def _count(self, step: Step, reply: Any) -> None:
        if step.key in self._counted and step.mode == EXTEND:
            return  # it was met before, on a shorter way
        self._special += reply[1] if step.mode != KEEP else 0
        if step.mode == EXTEND:
            self._counted.add(step.key)
            self._refreshed += 1 if reply[0] else 0
            self._dangling += 0 if reply[0] else 1

    def _follow(self, step: Step, edge: _Edge, following: dict[str, Step]) -> None:
        rule = edge.plan.cascade or step.cls.Meta.cascade_ttl or self._otherwise
        if rule is None or not rule.enabled or rule.depth == 0 or step.left == 0:
            return
        cls = edge.plan.class_of(edge.key)
        if cls is None:
            if edge.key not in self._missing:
                self._missing.add(edge.key)
                self._mismatched += 1
            return
        left = _least(_less(step.left), _less(rule.depth))
        if edge.key in self._left and not _is_more(left, self._left[edge.key]):
            return
        self._left[edge.key] = left
        seconds = cls.Meta.ttl or step.seconds
        following[edge.key] = Step(cls, RapyerKey(edge.key), EXTEND, seconds, left)


def cascade_of(
    cls: type[DocumentModel],
    keys: Iterable[str],
    seconds: int,
    *,
    is_set: bool,
    otherwise: CascadeTTL | None = None,
) -> Cascade:
    """Return the cascade from documents of a class.

    seconds: the lifetime that they get, or got. is_set: whether it is still to be set.
    """
    mode, left = (SET if is_set else KEEP), otherwise.depth if otherwise is not None else None
    steps = [Step(cls, RapyerKey(key), mode, seconds, left) for key in dict.fromkeys(keys)]
    return Cascade(steps, otherwise)


def may_cascade(cls: type[DocumentModel]) -> bool:
    """Return whether the class says that lifetimes go on to what its documents refer to."""
    rule: CascadeTTL | None = cls.Meta.cascade_ttl
    values = [field.value for field in cls.rapyer_fields().values()]
    plans = [plan.reference for value in values for plan in references_in(value)]
    rules = [plan.cascade or rule for plan in plans if plan is not None]
    return any(rule is not None and rule.enabled for rule in rules)


def _as_it_is(reply: Any) -> Any:
    return reply


def _less(levels: int | None) -> int | None:
    return None if levels is None else levels - 1


def _least(one: int | None, other: int | None) -> int | None:
    return one if other is None else other if one is None else min(one, other)


def _is_more(one: int | None, other: int | None) -> bool:
    return other is not None and (one is None or one > other)


# What a stored document refers to


def _referring(cls: type[DocumentModel]) -> list[tuple[ValuePlan, str]]:
    """Return the plans and paths of the fields that are references, or hold some."""
    return [
        (field.value, field.path)
        for field in cls.rapyer_fields().values()
        if isinstance(field.path, str) and field.value.refers and not field.value.special
    ]


def _referring_sets(cls: type[DocumentModel]) -> list[tuple[ValuePlan, int]]:
    """Return the plans of the members of sets of references, and which of the keys beside it is."""
    fields = enumerate(cls.rapyer_special_fields(), 1)
    return [
        (field.value.item, position)
        for position, field in fields
        if field.value.refers and field.value.kind == "special-set"
    ]


def _edges(cls: type[DocumentModel], texts: Sequence[Any]) -> Iterator[_Edge]:
    """Yield the references in what a step read: texts of fields, and the members of sets."""
    fields, sets = _referring(cls), _referring_sets(cls)
    for (plan, _), text in zip(fields, texts, strict=False):
        if text:
            yield from _edges_in(plan, from_json(text))
    for (plan, _), members in zip(sets, texts[len(fields) :], strict=False):
        for member in members:
            yield from _edges_in(plan, from_json(member))


def _edges_in(plan: ValuePlan, value: Any) -> Iterator[_Edge]:
    """Yield the references in a stored value.

    It is read by its shape: a document of which a part would not validate keeps the others alive.
    """
    references = [choice.reference for choice in plan.choices if choice.reference is not None]
    if references and isinstance(value, str):
        fitting = (known for known in references if known.class_of(value) is not None)
        yield _Edge(next(fitting, references[0]), value)
    for choice in plan.choices:
        if choice.kind in ("list", "set", "frozenset") and isinstance(value, list):
            for item in value:  # pyright: ignore[reportUnknownVariableType]  # of any kind
                yield from _edges_in(choice.item, item)
        elif choice.kind == "tuple" and isinstance(value, list):
            # What comes after the parts is of the last one: ``tuple[Reference[A], ...]``.
            parts = chain(choice.parts, repeat(choice.parts[-1])) if choice.parts else ()
            for part, item in zip(parts, value, strict=False):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  # the same
                yield from _edges_in(part, item)
        elif choice.kind == "dict" and isinstance(value, dict):
            for item in value.values():  # pyright: ignore[reportUnknownVariableType]  # the same
                yield from _edges_in(choice.value, item)
        elif choice.kind == "model" and isinstance(value, dict):
            for name, inner in choice.fields.items():
                if name in value:
                    yield from _edges_in(inner, value[name])
