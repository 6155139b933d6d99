"""What can be told of many documents at once: counts, sums, averages, extremes, distinct values.

Computed in Python from the fields that are asked for, so that integers beyond 2^53 and decimals
stay exact, and a sum of floats does not depend on the order of documents. A value that is not
there is left out, as in SQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from rapyer_core.errors import UnsupportedArgumentTypeError, UnsupportedArgumentValueError
from rapyer_core.expressions import Expression

__all__ = [
    "Aggregate",
    "Avg",
    "Count",
    "CountDistinct",
    "Distinct",
    "Groups",
    "Max",
    "Min",
    "Sum",
    "field_name",
]


def field_name(field: Any) -> str:
    """Return the name of a field, given as an expression or by its name; parts are dotted.

    Raises:
        UnsupportedArgumentTypeError: it is neither.
    """
    if isinstance(field, Expression):
        return ".".join(part for part in field.rapyer_way if part is not None)
    if isinstance(field, str):
        return field
    raise UnsupportedArgumentTypeError(
        f"expected a field such as User.age or 'age', got {field!r}",
        expected="a field or its name",
        actual=field,
    )


class Aggregate:
    """What becomes of the values of one field in a group of documents."""

    def __init__(self, field: Any) -> None:
        self.field: str | None = field_name(field)

    def start(self) -> Any:
        """Return the state before any value."""
        return None

    def add(self, state: Any, value: Any) -> Any:
        """Return the state after a value."""
        raise NotImplementedError

    def result(self, state: Any) -> Any:
        """Return what the state came to."""
        return state

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.field or ''})"


class Count(Aggregate):
    """How many documents there are; with a field, how many have a value of it."""

    def __init__(self, field: Any = None) -> None:
        self.field: str | None = None if field is None else field_name(field)

    def start(self) -> int:
        return 0

    def add(self, state: int, value: Any) -> int:
        return state + 1


class Sum(Aggregate):
    """The sum of the values; 0 without any."""

    def start(self) -> tuple[Any, bool]:
        return 0, False

    def add(self, state: tuple[Any, bool], value: Any) -> tuple[Any, bool]:
        total, is_float = state
        self.check(value)
        if isinstance(value, float):
            # Exact until the end, so that the order of documents does not show.
            return total + Fraction(value), True
        if isinstance(value, Decimal):
            return total + Fraction(value), is_float
        return total + int(value), is_float

    def check(self, value: Any) -> None:
        """Raise unless a value is a number."""
        if not isinstance(value, (int, float, Decimal)) or value != value:
            raise UnsupportedArgumentValueError(
                f"{self!r}: expected numbers, found {value!r}", expected="a number", actual=value
            )

    def result(self, state: tuple[Any, bool]) -> Any:
        total, is_float = state
        if is_float:
            return float(total)
        return _decimal(total) if isinstance(total, Fraction) else total


class Avg(Sum):
    """The mean of the values: a Decimal of decimals, else a float; None without any."""

    def start(self) -> Any:
        return 0, False, False, 0

    def add(self, state: Any, value: Any) -> Any:
        total, is_float, is_decimal, count = state
        total, is_float = super().add((total, is_float), value)
        return total, is_float, is_decimal or isinstance(value, Decimal), count + 1

    def result(self, state: Any) -> Any:
        total, is_float, is_decimal, count = state
        if not count:
            return None
        mean = Fraction(total) / count
        return _decimal(mean) if is_decimal and not is_float else float(mean)


class Min(Aggregate):
    """The least of the values; None without any."""

    def add(self, state: Any, value: Any) -> Any:
        return value if state is None or value < state else state


class Max(Aggregate):
    """The greatest of the values; None without any."""

    def add(self, state: Any, value: Any) -> Any:
        return value if state is None or value > state else state


class Distinct(Aggregate):
    """The different values, as a list; in order where they have one."""

    def start(self) -> dict[Any, Any]:
        return {}

    def add(self, state: dict[Any, Any], value: Any) -> dict[Any, Any]:
        state.setdefault(hashable(value), value)
        return state

    def result(self, state: dict[Any, Any]) -> Any:
        try:
            return sorted(state.values())
        except TypeError:
            return list(state.values())


class CountDistinct(Distinct):
    """How many different values there are."""

    def result(self, state: dict[Any, Any]) -> int:
        return len(state)


class Groups:
    """Collects rows, one by one, into groups of equal values of some fields."""

    def __init__(self, by: Iterable[str], aggregates: Mapping[str, Aggregate]) -> None:
        self._by = tuple(by)
        self._aggregates = dict(aggregates)
        self._found: dict[Any, tuple[dict[str, Any], list[Any]]] = {}
        if not self._by:
            self._found[()] = ({}, self._start())

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that rows need."""
        wanted = (aggregate.field for aggregate in self._aggregates.values())
        return tuple(dict.fromkeys((*self._by, *(name for name in wanted if name is not None))))

    def add(self, row: Mapping[str, Any]) -> None:
        """Take a row in."""
        key = tuple(hashable(row[name]) for name in self._by)
        group = self._found.get(key)
        if group is None:
            group = ({name: row[name] for name in self._by}, self._start())
            self._found[key] = group
        states = group[1]
        for position, aggregate in enumerate(self._aggregates.values()):
            value = True if aggregate.field is None else row[aggregate.field]
            if value is not None:
                states[position] = aggregate.add(states[position], value)

    def results(self) -> list[dict[str, Any]]:
        """Return one row for each group: the values it is grouped by, and what was asked of it."""
        return [
            {
                **values,
                **{
                    name: aggregate.result(state)
                    for (name, aggregate), state in zip(
                        self._aggregates.items(), states, strict=True
                    )
                },
            }
            for values, states in self._found.values()
        ]

    def _start(self) -> list[Any]:
        return [aggregate.start() for aggregate in self._aggregates.values()]


def hashable(value: Any) -> Any:
    """Return what stands for a value in a dict: lists and the like cannot."""
    if isinstance(value, Mapping):
        return frozenset((name, hashable(inner)) for name, inner in value.items())  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  # what it holds is not known
    if isinstance(value, (list, tuple)):
        return tuple(map(hashable, value))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]  # as above
    if isinstance(value, (set, frozenset)):
        return frozenset(map(hashable, value))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]  # as above
    return value


def _decimal(number: Fraction) -> Decimal:
    return Decimal(number.numerator) / Decimal(number.denominator)
