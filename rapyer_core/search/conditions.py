"""Conditions: what a query asks, as a tree. Two readers follow it: the compiler and the evaluator.

A condition is true or false of a document, never unknown: a test of a value that is not there is
false, so its negation is true. That is why De Morgan's laws hold, and why ``age != 5`` finds the
documents without an age too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from typing_extensions import Self

from ..errors import UnsupportedArgumentTypeError, UnsupportedArgumentValueError
from .pattern import Pattern
from .schema import IndexedField, Way
from .words import Words

__all__ = [
    "All",
    "AnyOf",
    "Box",
    "Circle",
    "Condition",
    "Element",
    "In",
    "KeyPrefix",
    "Like",
    "Matches",
    "Nearest",
    "Not",
    "Present",
    "Range",
    "Within",
    "WithinBox",
    "all_of",
]


@dataclass(frozen=True, eq=False)
class Condition:
    """What documents must be like: ``(User.age > 18) & ~(User.name == "Ann")``.

    Made by comparing fields, joined by ``&``, ``|`` and ``~``. `and`, `or` and `not` ask for one
    truth value, which a condition does not have, so they raise.
    """

    def __and__(self, other: Condition) -> Condition:
        return checked(All((*_parts(self, All), *_parts(_condition(other, "&"), All))))

    def __or__(self, other: Condition) -> Condition:
        return checked(AnyOf((*_parts(self, AnyOf), *_parts(_condition(other, "|"), AnyOf))))

    def __invert__(self) -> Condition:
        return checked(Not(self))

    def __deepcopy__(self, memo: object) -> Self:
        return self  # nothing of it changes

    @cached_property
    def depth(self) -> int:
        """How many conditions stand in each other here."""
        return 1 + max((part.depth for part in inner_parts(self)), default=0)

    def __bool__(self) -> bool:
        raise UnsupportedArgumentTypeError(
            "a condition is neither true nor false by itself: join conditions by & and |, negate "
            "them by ~, each in parentheses; write between(1, 5) for 1 < field < 5",
            expected="&, | or ~",
            actual="and, or, not, if, or a chained comparison",
        )


# Readers of conditions call themselves for each level; so do the server's.
_DEEPEST = 100


def checked(condition: Condition) -> Condition:
    """Return a condition.

    Raises:
        UnsupportedArgumentValueError: it is nested too deeply to be read.
    """
    if condition.depth > _DEEPEST:
        raise UnsupportedArgumentValueError(
            f"conditions are nested more than {_DEEPEST} deep; a chain of & or of | is not nested",
            expected=f"at most {_DEEPEST} levels",
            actual=condition.depth,
        )
    return condition


def inner_parts(condition: Condition) -> tuple[Condition, ...]:
    """Return the conditions that one is made of."""
    if isinstance(condition, (All, AnyOf)):
        return condition.parts
    return (condition.part,) if isinstance(condition, (Not, Element)) else ()


def _parts(condition: Condition, kind: type[All | AnyOf]) -> tuple[Condition, ...]:
    """Return what a condition joins in one way, so that a chain of a thousand is flat."""
    return condition.parts if isinstance(condition, kind) else (condition,)


def _condition(value: Any, sign: str) -> Condition:
    if isinstance(value, Condition):
        return value
    raise UnsupportedArgumentTypeError(
        f"expected a condition on each side of {sign}, got {value!r}; comparisons need "
        f"parentheses: (User.a == 1) {sign} (User.b == 2)",
        expected="a condition",
        actual=value,
    )


def all_of(conditions: tuple[Any, ...]) -> Condition:
    """Return the condition that all of some hold.

    Raises:
        UnsupportedArgumentTypeError: one of them is no condition.
    """
    for condition in conditions:
        if not isinstance(condition, Condition):
            raise UnsupportedArgumentTypeError(
                f"expected a condition, such as User.age > 18, got {condition!r}",
                expected="a condition",
                actual=condition,
            )
    return conditions[0] if len(conditions) == 1 else All(conditions)


@dataclass(frozen=True, eq=False)
class All(Condition):
    """All parts hold; of no parts, that is so."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, eq=False)
class AnyOf(Condition):
    """One part holds; of no parts, that is not so."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, eq=False)
class Not(Condition):
    """The part does not hold."""

    part: Condition


@dataclass(frozen=True, eq=False)
class Element(Condition):
    """One element of a list, by itself, is as the part says."""

    way: Way
    part: Condition


@dataclass(frozen=True, eq=False)
class KeyPrefix(Condition):
    """The document's pk begins so. `start`: what the keys of the class begin with."""

    start: str
    prefix: str

    def fits(self, key: str) -> bool:
        """Return whether a key is such a one."""
        return key.startswith(self.start + self.prefix)


@dataclass(frozen=True, eq=False)
class Test(Condition):
    """A test of a field: some value of it, which is there, passes."""

    field: IndexedField


@dataclass(frozen=True, eq=False)
class Present(Test):
    """The field has a value."""


@dataclass(frozen=True, eq=False)
class In(Test):
    """It is one of these comparable values."""

    values: tuple[Any, ...]

    @cached_property
    def members(self) -> frozenset[Any]:
        """The values, to look one up."""
        return frozenset(self.values)


@dataclass(frozen=True, eq=False)
class Range(Test):
    """It lies between two comparable values; None for no limit."""

    low: Any
    high: Any
    with_low: bool
    with_high: bool


@dataclass(frozen=True, eq=False)
class Like(Test):
    """Its text has a pattern."""

    pattern: Pattern


@dataclass(frozen=True, eq=False)
class Matches(Test):
    """Its words are as asked."""

    words: Words


class Circle(NamedTuple):
    """Everything within so many metres of a point."""

    longitude: float
    latitude: float
    metres: float


class Box(NamedTuple):
    """Everything between two meridians and two parallels; `west` may be east of `east`."""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True, eq=False)
class Within(Test):
    """The point lies in a circle."""

    circle: Circle


@dataclass(frozen=True, eq=False)
class WithinBox(Test):
    """The point lies in a box."""

    box: Box


@dataclass(frozen=True, eq=False)
class Nearest(Test):
    """The document is one of the `count` whose vectors are nearest, among those that the other
    conditions leave. Not a property of one document, so it stands alone or beside an ``&``."""

    count: int
    vector: tuple[float, ...]
