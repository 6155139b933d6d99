"""The operators of a field: each makes a condition, after its values were checked.

What a field can be asked depends on how it is indexed; what it cannot is an error that says what
would help.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NoReturn, TypeVar

from ..errors import (
    UnsupportedArgumentTypeError,
    UnsupportedArgumentValueError,
    UnsupportedIndexedFieldError,
)
from .conditions import (
    All,
    AnyOf,
    Condition,
    Element,
    In,
    Like,
    Matches,
    Nearest,
    Not,
    Present,
    Range,
    Within,
    WithinBox,
    checked,
    inner_parts,
)
from .geo import GeoPoint, box_of, circle_of
from .pattern import GAP, Pattern
from .schema import EACH, IndexedField, Way, index_schema, names_of
from .sorting import SortKey, sort_key
from .values import comparable, fragment, limit
from .vectors import query_vector
from .words import AllWords, AnyWords, NoWords, Raw, Words, words_of

__all__ = ["FieldOperators"]

T = TypeVar("T")


class FieldOperators(Generic[T]):
    """What can be asked of a field: that of `rapyer_owner` to which `rapyer_way` leads."""

    __slots__ = ()

    if TYPE_CHECKING:
        rapyer_owner: Any
        rapyer_way: Way

    # The field

    def rapyer_field(self) -> IndexedField:
        """Return how the field is indexed; of a list, how its items are.

        Raises:
            UnsupportedIndexedFieldError: it is not.
        """
        fields = index_schema(self.rapyer_owner).fields
        field = fields.get(self.rapyer_way) or fields.get((*self.rapyer_way, EACH))
        if field is None:
            name = ".".join(names_of(self.rapyer_way))
            raise UnsupportedIndexedFieldError(
                f"{self.rapyer_owner.__name__}.{name} is not indexed, so it cannot be asked about; "
                f"declare it as `{self.rapyer_way[-1]}: Index[…]`, or Annotated[…, Index(…)]",
                model=self.rapyer_owner.__name__,
                field=name,
                expected="an indexed field",
                actual="a field without an index",
            )
        return field

    def _one(self, method: str) -> IndexedField:
        """Return the field of single values, or raise."""
        field = self.rapyer_field()
        if field.way != self.rapyer_way or field.mark.separator is not None:
            raise _refused(field, method, "contains, any_of, all_of, or any_item", "several values")
        return field

    def _exact(self, method: str) -> IndexedField:
        field = self._one(method)
        if not field.mark.exact:
            raise _refused(field, method, "matches(…), or exact=True in its Index", "words only")
        if field.kind.index_type in ("GEO", "VECTOR"):
            raise _refused(field, method, "within, in_box or knn", f"a {field.kind.name}")
        return field

    def _ordered(self, method: str) -> IndexedField:
        field = self._exact(method)
        if not field.kind.is_ordered:
            raise _refused(
                field,
                method,
                "a number, a date or a time",
                f"{field.kind.name}, which the index keeps in no order",
            )
        return field

    def _textual(self, method: str) -> IndexedField:
        field = self._exact(method)
        if field.kind.name != "text":
            raise _refused(field, method, "a text", f"a field of {field.kind.name}")
        return field

    def _collection(self, method: str) -> IndexedField:
        field = self.rapyer_field()
        if not (field.way == (*self.rapyer_way, EACH) or field.mark.separator is not None):
            raise _refused(field, method, "a list or set, or a text with a separator", "one value")
        if not field.mark.exact:
            raise _refused(field, method, "matches(…), or exact=True in its Index", "words only")
        return field

    # Comparisons

    def __eq__(self, other: object) -> Condition:  # type: ignore[override]  # a condition, not a bool
        if isinstance(other, FieldOperators):
            raise UnsupportedArgumentTypeError(
                f"{self!r} == {other!r}: fields are compared with values, not with each other",
                expected="a value",
                actual=other,
            )
        if other is None:
            return self.is_null()
        field = self._exact("==")
        return In(field, (comparable(field, other),))

    def __ne__(self, other: object) -> Condition:  # type: ignore[override]  # as above
        return Not(self == other)

    def __hash__(self) -> int:
        # Each is itself and nothing else, as keys of dicts and in sets.
        return object.__hash__(self)

    def __lt__(self, other: T) -> Condition:
        field = self._ordered("<")
        return Range(field, None, limit(field, other), False, False)

    def __le__(self, other: T) -> Condition:
        field = self._ordered("<=")
        return Range(field, None, limit(field, other), False, True)

    def __gt__(self, other: T) -> Condition:
        field = self._ordered(">")
        return Range(field, limit(field, other), None, False, False)

    def __ge__(self, other: T) -> Condition:
        field = self._ordered(">=")
        return Range(field, limit(field, other), None, True, False)

    def between(self, low: T, high: T) -> Condition:
        """From `low` to `high`, both included."""
        field = self._ordered("between")
        return Range(field, limit(field, low), limit(field, high), True, True)

    def in_(self, values: Iterable[T | None]) -> Condition:
        """One of some values; None stands for no value. Of no values it holds nowhere."""
        field, found = self._exact("in_"), _listed(values)
        known = tuple(comparable(field, value) for value in found if value is not None)
        condition: Condition = In(field, known)
        return AnyOf((condition, self.is_null())) if None in found else condition

    def not_in(self, values: Iterable[T | None]) -> Condition:
        """None of some values; documents without a value are found too, unless None is one."""
        return Not(self.in_(values))

    def is_null(self) -> Condition:
        """There is no value: None, or nothing there; of a list, no item."""
        return Not(Present(self.rapyer_field()))

    def exists(self) -> Condition:
        """There is a value, which is not None; of a list, an item."""
        return Present(self.rapyer_field())

    # Texts

    def startswith(self, text: str) -> Condition:
        """The text begins so."""
        field = self._textual("startswith")
        return Like(field, Pattern((fragment(field, text),), GAP))

    def endswith(self, text: str) -> Condition:
        """The text ends so."""
        field = self._textual("endswith")
        return Like(field, Pattern(GAP, (fragment(field, text),)))

    def like(self, pattern: str) -> Condition:
        r"""The text has a pattern: ``%`` any text, ``_`` one character, ``\%`` a percent sign."""
        field = self._textual("like")
        return Like(field, Pattern.like(fragment(field, pattern)))

    def contains(self, value: Any) -> Condition:
        """A text contains a text; a list or set has an item."""
        field = self.rapyer_field()
        if field.way == self.rapyer_way and field.mark.separator is None:
            field = self._textual("contains")
            return Like(field, Pattern(GAP, (fragment(field, value),), GAP))
        field = self._collection("contains")
        return In(field, (comparable(field, value),))

    def matches(self, words: Words | str) -> Condition:
        """The text has words: all of a text's, or as a `Words` says. Needs ``Index(text=True)``."""
        return _worded(self._worded("matches"), words_of(words))

    def matches_raw(self, syntax: str) -> Condition:
        """The text matches a query in the server's own syntax, which is sent as it is.

        Never put what users typed into it: it can change what the query asks.
        """
        field = self._worded("matches_raw")
        return Matches(field, Raw(fragment(field, syntax)))

    def _worded(self, method: str) -> IndexedField:
        field = self.rapyer_field()
        if not field.mark.text:
            raise _refused(field, method, "Index(text=True)", "a field whose words are not indexed")
        return field

    # Lists and sets

    def any_of(self, values: Iterable[Any]) -> Condition:
        """The list or set has one of some items."""
        field = self._collection("any_of")
        return In(field, tuple(comparable(field, value) for value in _listed(values)))

    def all_of(self, values: Iterable[Any]) -> Condition:
        """The list or set has all of some items."""
        field = self._collection("all_of")
        return All(tuple(In(field, (comparable(field, value),)) for value in _listed(values)))

    def any(self, condition: Condition) -> Condition:
        """One element of the list, by itself, is as a condition on its fields says.

        ``User.orders.any((User.orders.name == "a") & (User.orders.count > 5))``: without `any`, one
        element might have the name and another one the count.
        """
        way = self.rapyer_way if self.rapyer_way[-1] is EACH else (*self.rapyer_way, EACH)
        check_inside(way, condition, repr(self))
        return checked(Element(way, condition))

    # Places and vectors

    def within(
        self, point: GeoPoint | tuple[float, float], radius: float, unit: str = "m"
    ) -> Condition:
        """The point is at most so far from (longitude, latitude); unit: m, km, mi or ft."""
        field = self._of_kind("point", "within")
        return Within(field, circle_of(point, radius, unit))

    def in_box(self, west: float, south: float, east: float, north: float) -> Condition:
        """The point is between two meridians and two parallels; a box over 180° has west > east."""
        return WithinBox(self._of_kind("point", "in_box"), box_of(west, south, east, north))

    def knn(self, k: int, vector: Iterable[float]) -> Condition:
        """The document is one of the `k` whose vectors are nearest to one, of those that the other
        conditions leave."""
        field = self._of_kind("vector", "knn")
        if isinstance(k, bool) or not isinstance(k, int) or k < 1:  # pyright: ignore[reportUnnecessaryIsInstance]  # not every caller has a type checker
            raise UnsupportedArgumentValueError(
                f"{field.owner}.{field.name}: knn finds a positive number of documents, not {k!r}",
                expected="a positive integer",
                actual=k,
            )
        return Nearest(field, k, query_vector(field, vector))

    def _of_kind(self, kind: str, method: str) -> IndexedField:
        field = self.rapyer_field()
        if field.kind.name != kind:
            raise _refused(field, method, f"a {kind}", f"a field of {field.kind.name}")
        return field

    # Sorting

    def __neg__(self) -> SortKey:
        return sort_key(self)._replace(is_descending=True)  # type: ignore[arg-type]  # the one subclass is the expression

    def __pos__(self) -> SortKey:
        return sort_key(self)  # type: ignore[arg-type]  # as above

    # What Python would do by itself, and wrongly

    def __bool__(self) -> bool:
        raise UnsupportedArgumentTypeError(
            f"{self!r} is a field of a class, not a value: compare it; join comparisons by & and |",
            expected="a comparison",
            actual=self,
        )

    def __contains__(self, value: object) -> NoReturn:
        raise UnsupportedArgumentTypeError(
            f"`in` has no condition as its result: write contains({value!r})",
            expected="contains(…)",
            actual=value,
        )

    __iter__: ClassVar[None] = None


def _worded(field: IndexedField, words: Words) -> Condition:
    if isinstance(words, AllWords):
        return All(tuple(_worded(field, part) for part in words.parts))
    if isinstance(words, AnyWords):
        return AnyOf(tuple(_worded(field, part) for part in words.parts))
    if isinstance(words, NoWords):
        return Not(_worded(field, words.part))
    return Matches(field, words)


def check_inside(way: Way, condition: Condition, place: str) -> None:
    """Raise unless a condition asks about the elements of one list alone."""
    from .conditions import KeyPrefix, Test

    parts = inner_parts(condition)
    if isinstance(condition, (All, AnyOf, Not, Element)):
        pass
    elif isinstance(condition, (Nearest, KeyPrefix)) or not isinstance(condition, Test):
        raise _stray(place, condition)
    elif condition.field.way[: len(way)] != way:
        raise _stray(place, f"{condition.field.owner}.{condition.field.name}")
    for part in parts:
        check_inside(way, part, place)


def _stray(place: str, actual: Any) -> UnsupportedArgumentValueError:
    return UnsupportedArgumentValueError(
        f"any() of {place} takes a condition on fields of its elements, not {actual}",
        expected="a condition on fields of the list's elements",
        actual=actual,
    )


def _listed(values: Any) -> list[Any]:
    if isinstance(values, (str, bytes)) or not hasattr(values, "__iter__"):
        raise UnsupportedArgumentTypeError(
            f"expected several values, got {values!r}",
            expected="a list, set or tuple",
            actual=values,
        )
    return list(values)


def _refused(
    field: IndexedField, method: str, expected: str, actual: str
) -> UnsupportedIndexedFieldError:
    return UnsupportedIndexedFieldError(
        f"{field.owner}.{field.name}: {method} needs {expected}; it is {actual}",
        model=field.owner,
        field=field.name,
        expected=expected,
        actual=actual,
    )
