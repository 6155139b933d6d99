"""Conditions as queries of the server.

Every value goes into a parameter, so that the query's text depends on nothing but the condition's
form. The index may know less than was asked (numbers as doubles, long texts cut, no link between
the fields of one list element): each test therefore has a text that finds at least what was asked
and one that finds at most that. A negation takes the other one of its part. Where the two differ,
the query finds at least what was asked, and the whole condition is left over as `residual`: the
evaluator decides on each document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from ..errors import BadFilterError
from .conditions import (
    All,
    AnyOf,
    Condition,
    Element,
    In,
    KeyPrefix,
    Like,
    Matches,
    Nearest,
    Not,
    Present,
    Range,
    Within,
    WithinBox,
    all_of,
)
from .geo import enclosing_circle
from .limits import Limits
from .numbers import Bounds, bounds_of_range, bounds_of_value
from .schema import IndexedField, index_schema
from .vectors import packed
from .word_queries import is_sure, word_query

if TYPE_CHECKING:
    from ..model import DocumentModel

__all__ = ["DISTANCE", "CompiledQuery", "compiled", "split_nearest"]

Parameter: TypeAlias = str | int | float | bytes

DISTANCE = "__rapyer_distance"
"""The name under which a query by vector yields the distance."""

_ALL = "*"
_NONE = ""

# Metres by which a point read from a geohash of 52 bits may be off, and the share by which sums of
# sines may be. Source: https://redis.io/docs/latest/commands/geoadd/
_OFF_BY, _SHARE = 1.0, 1e-9


class CompiledQuery(NamedTuple):
    """A query for FT.SEARCH or FT.AGGREGATE with ``DIALECT 2``.

    `params`: what goes after PARAMS, without the count. `residual`: what the evaluator must still
    ask each document that is found; None where the query is exact. `nearest`: the documents are
    those nearest to a vector, and come with `DISTANCE`; with a residual the query's text is without
    it, and the evaluator picks them. `is_nothing`: no document can be found; nothing need be sent.
    """

    text: str
    params: tuple[tuple[str, Parameter], ...]
    residual: Condition | None
    is_exact: bool
    nearest: Nearest | None = None
    is_nothing: bool = False

    def arguments(self) -> tuple[Parameter, ...]:
        """Return the query's parameters and dialect, as they are sent."""
        flat = [part for pair in self.params for part in pair]
        told: tuple[Parameter, ...] = ("PARAMS", len(flat), *flat) if flat else ()
        return (*told, "DIALECT", 2)


def compiled(
    condition: Condition | None, cls: type[DocumentModel], limits: Limits | None = None
) -> CompiledQuery:
    """Return the query that finds what a condition asks; without one, every document.

    `limits`: what the server cuts short; where it may cut, the plan is wider.

    Raises:
        BadFilterError: the condition is on another class' fields, or knn stands
            where it means nothing.
    """
    nearest, filters = split_nearest(condition)
    compiling = _Compiling(cls, limits or Limits())
    text, residual = compiling.conjunction(() if filters is None else _conjunction(filters))
    if text == _NONE:
        return CompiledQuery(_nothing(cls), (), None, True, nearest, is_nothing=True)
    if nearest is not None and residual is None:
        blob = compiling.parameter(packed(nearest.vector, nearest.field.mark.bits))
        count = compiling.parameter(nearest.count)
        text = f"({text})=>[KNN {count} @{nearest.field.attribute} {blob} AS {DISTANCE}]"
    return CompiledQuery(text, tuple(compiling.params), residual, residual is None, nearest)


def split_nearest(condition: Condition | None) -> tuple[Nearest | None, Condition | None]:
    """Return the knn of a condition and what stands beside it.

    Raises:
        BadFilterError: knn stands twice, or below ``|``, ``~`` or any().
    """
    if condition is None:
        return None, None
    parts = list(_conjunction(condition))
    found = [part for part in parts if isinstance(part, Nearest)]
    others = tuple(part for part in parts if not isinstance(part, Nearest))
    if len(found) > 1 or any(map(_holds_nearest, others)):
        raise BadFilterError(
            "knn says which documents are nearest of those that the other conditions leave: it may "
            "stand once, alone or beside &, and not below |, ~ or any()",
            expected="one knn beside &",
            actual="another use of knn",
        )
    if not found:
        return None, condition
    return found[0], All(others) if others else None


def _conjunction(condition: Condition) -> Iterable[Condition]:
    if isinstance(condition, All):
        for part in condition.parts:
            yield from _conjunction(part)
    else:
        yield condition


def _holds_nearest(condition: Condition) -> bool:
    if isinstance(condition, (All, AnyOf)):
        return any(map(_holds_nearest, condition.parts))
    if isinstance(condition, (Not, Element)):
        return _holds_nearest(condition.part)
    return isinstance(condition, Nearest)


def _nothing(cls: type[DocumentModel]) -> str:
    """Return a query that finds nothing, for whoever sends one all the same."""
    for field in index_schema(cls).fields.values():
        if field.kind.index_type == "NUMERIC":
            return f"(@{field.attribute}:[0 0] -@{field.attribute}:[0 0])"
        if field.kind.index_type == "TAG" and field.mark.exact:
            return f"(@{field.attribute}:{{a}} -@{field.attribute}:{{a}})"
    return _NONE


class _Compiling:
    """One run: the parameters so far, and whether the texts so far say exactly what was asked."""

    def __init__(self, cls: type[DocumentModel], limits: Limits) -> None:
        self._cls = cls
        self._fields = index_schema(cls).fields
        self.limits = limits
        # An index with words from lists knows no order of words (seen on RediSearch 2.10.5).
        self.keeps_order = not any(
            field.mark.text and field.is_many for field in self._fields.values()
        )
        self.params: list[tuple[str, Parameter]] = []
        self.is_exact = True

    def conjunction(self, parts: Iterable[Condition]) -> tuple[str, Condition | None]:
        """Return the text of several conditions, and those of them that it does not decide."""
        texts: list[str] = []
        undecided: list[Condition] = []
        for part in parts:
            self.is_exact = True
            texts.append(self.text(part, wide=True))
            if not self.is_exact:
                undecided.append(part)
        return _joined(" ", texts), all_of(tuple(undecided)) if undecided else None

    def parameter(self, value: Parameter) -> str:
        """Return how a query refers to a value."""
        name = f"p{len(self.params)}"
        self.params.append((name, value))
        return f"${name}"

    def text(self, condition: Condition, *, wide: bool, negated: bool = False) -> str:
        """Return a text that finds at least (`wide`) or at most what a condition asks.

        `negated`: what its negation asks.

        Negations are moved down to the tests: the server loses documents where one stands in
        another (``(-(-(a))) a`` finds nothing on RediSearch 2.10.5).
        """
        if isinstance(condition, Not):
            return self.text(condition.part, wide=wide, negated=not negated)
        if isinstance(condition, (All, AnyOf)):
            sign = " " if isinstance(condition, All) is not negated else "|"
            parts = [self.text(part, wide=wide, negated=negated) for part in condition.parts]
            return _joined(sign, parts)
        if negated:
            return _negated(self._leaf(condition, not wide))
        return self._leaf(condition, wide)

    def _leaf(self, condition: Condition, wide: bool) -> str:
        if isinstance(condition, Element):
            # The elements' fields are not linked in the index. The part alone is looked at without
            # its negations, since what one element lacks another may have.
            self.is_exact = False
            return self._of_any_element(condition.part) if wide else _NONE
        if isinstance(condition, KeyPrefix):
            return self.unsure(_ALL, _NONE, wide)
        return self._test(condition, wide)

    def _is_own(self, field: IndexedField) -> bool:
        """Return whether a field is the class', or is as it was in the class that it comes from."""
        own = self._fields.get(field.way)
        if own is None or own[2:4] != field[2:4] or own.attribute != field.attribute:
            return False
        return field.owner in {base.__qualname__ for base in self._cls.__mro__}

    def unsure(self, at_least: str, at_most: str, wide: bool) -> str:
        """Return one of two texts, and note that they differ."""
        self.is_exact = False
        return at_least if wide else at_most

    def _of_any_element(self, condition: Condition) -> str:
        if isinstance(condition, All):
            return _joined(" ", [self._of_any_element(part) for part in condition.parts])
        if isinstance(condition, AnyOf):
            return _joined("|", [self._of_any_element(part) for part in condition.parts])
        if isinstance(condition, Not):
            return _ALL
        return self.text(condition, wide=True)

    def _test(self, condition: Any, wide: bool) -> str:
        field: IndexedField = condition.field
        if not self._is_own(field):
            raise BadFilterError(
                f"{field.owner}.{field.name} is no field of {self._cls.__name__}, which is asked",
                model=self._cls.__name__,
                field=field.name,
                expected=f"a field of {self._cls.__name__}",
                actual=f"{field.owner}.{field.name}",
            )
        return _TESTS[type(condition)](self, condition, wide)


def _joined(sign: str, parts: list[str]) -> str:
    neutral, absorbing = (_ALL, _NONE) if sign == " " else (_NONE, _ALL)
    if absorbing in parts:
        return absorbing
    others = [part for part in parts if part != neutral]
    if len(others) < 2:
        return others[0] if others else neutral
    return f"({sign.join(others)})"


def _negated(text: str) -> str:
    return {_ALL: _NONE, _NONE: _ALL}.get(text, f"(-{text})")


# Tests


def _in(compiling: _Compiling, condition: In, wide: bool) -> str:
    field = condition.field
    if field.kind.is_ordered:
        found = [bounds_of_value(field, value) for value in condition.values]
        return _joined("|", [_bounded(compiling, field, each, wide) for each in found])
    values = [_tag(value) for value in condition.values]
    # The index may cut a longer tag: it is another one's too then, or not found at all.
    sure = [value for value in values if len(value.encode()) < compiling.limits.tag]
    if len(sure) < len(values):
        compiling.is_exact = False
        if wide and field.mark.separator is not None:
            return _ALL
    kept = values if wide else sure
    if not kept:
        return _NONE
    names = "|".join(compiling.parameter(_escaped(value)) for value in kept)
    return f"(@{field.attribute}:{{{names}}})"


def _tag(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _escaped(text: str) -> str:
    """Return a tag as a parameter: the server drops a backslash before punctuation even there (seen
    on RediSearch 2.10.5)."""
    return text.replace("\\", "\\\\")


def _range(compiling: _Compiling, condition: Range, wide: bool) -> str:
    return _bounded(compiling, condition.field, bounds_of_range(condition), wide)


def _bounded(compiling: _Compiling, field: IndexedField, bounds: Bounds, wide: bool) -> str:
    if not bounds.is_exact:
        compiling.is_exact = False
    found = bounds.widest if wide else bounds.narrowest
    if found is None:
        return _NONE
    low = _end(compiling, found.low, "-inf", found.with_low)
    high = _end(compiling, found.high, "+inf", found.with_high)
    return f"(@{field.attribute}:[{low} {high}])"


def _end(compiling: _Compiling, number: Any, without: str, is_included: bool) -> str:
    if number is None:
        return without
    return ("" if is_included else "(") + compiling.parameter(number)


def _present(compiling: _Compiling, condition: Present, wide: bool) -> str:
    field = condition.field
    if field.kind.index_type == "NUMERIC":
        return f"(@{field.attribute}:[-inf +inf])"
    if field.kind.name == "bool":
        return f"(@{field.attribute}:{{true|false}})"
    if field.kind.name == "point":
        # Half of the earth's circumference, and no point is further away than that.
        return f"(@{field.attribute}:[0 0 20100 km])"
    if field.kind.name == "text" and field.mark.exact:
        every = f"(@{field.attribute}:{{w'*'}})"
        if compiling.limits.is_unlimited:
            return every
        return compiling.unsure(_ALL, every, wide)
    return compiling.unsure(_ALL, _NONE, wide)


def _like(compiling: _Compiling, condition: Like, wide: bool) -> str:
    field, pattern = condition.field, condition.pattern
    if pattern.fixed is not None:
        return _in(compiling, In(field, (pattern.fixed,)), wide)
    pieces = [("", pattern.head, "*"), ("*", pattern.tail, "")]
    pieces += [("*", piece, "*") for piece in pattern.middles]
    asked = [piece for piece in pieces if piece[1]]
    limits = compiling.limits
    usable = [piece for piece in asked if limits.expands(piece[1])]
    if not pattern.is_simple or len(usable) < len(asked) or not limits.is_unlimited:
        compiling.is_exact = False
        # Which of many terms a cut expansion takes is not known, so it says nothing in either way.
        if not wide:
            return _NONE
        usable = usable if limits.is_unlimited else []
    found = [
        f"(@{field.attribute}:{{{before}{compiling.parameter(_escaped(piece))}{after}}})"
        for before, piece, after in usable
    ]
    return _joined(" ", found)


def _matches(compiling: _Compiling, condition: Matches, wide: bool) -> str:
    if not is_sure(condition, compiling.limits, compiling.keeps_order):
        compiling.is_exact = False
        if not wide:
            return _NONE
    is_ordered = compiling.keeps_order
    return word_query(condition, compiling.parameter, compiling.limits, is_ordered) or _ALL


def _within(compiling: _Compiling, condition: Within, wide: bool) -> str:
    compiling.is_exact = False
    longitude, latitude, metres = condition.circle
    margin = _OFF_BY + metres * _SHARE
    radius = metres + margin if wide else metres - margin
    return _circle(compiling, condition.field, longitude, latitude, radius) if radius > 0 else _NONE


def _within_box(compiling: _Compiling, condition: WithinBox, wide: bool) -> str:
    compiling.is_exact = False
    if not wide:
        return _NONE
    circle = enclosing_circle(condition.box)
    if circle is None:
        return _ALL
    longitude, latitude, metres = circle
    return _circle(compiling, condition.field, longitude, latitude, metres * (1 + _SHARE) + _OFF_BY)


def _circle(
    compiling: _Compiling, field: IndexedField, longitude: float, latitude: float, metres: float
) -> str:
    x, y, radius = (compiling.parameter(number) for number in (longitude, latitude, metres))
    return f"(@{field.attribute}:[{x} {y} {radius} m])"


_TESTS: dict[type[Condition], Callable[[_Compiling, Any, bool], str]] = {
    In: _in,
    Range: _range,
    Present: _present,
    Like: _like,
    Matches: _matches,
    Within: _within,
    WithinBox: _within_box,
}
