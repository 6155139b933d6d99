"""Types and values of them, generated; and when two values are the same.

Each type is drawn with a strategy for its values, so that models are made of types that nobody
thought of together.
"""

from __future__ import annotations

import dataclasses
import enum
import ipaddress
import itertools
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal, NamedTuple, Union
from uuid import UUID

from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, HttpUrl, RootModel, create_model
from typing_extensions import TypedDict

__all__ = ["EXAMPLES", "FIELDS", "ROWS", "Case", "Shape", "cases", "plain_form", "shapes"]

EXAMPLES = 15
"""How many models are made in each world, unless RAPYER_ROUND_TRIPS says another number."""

FIELDS = 4
"""How many fields a generated model has at most."""


class Shape(NamedTuple):
    """A type and its values. `is_key`: a dict may have them for keys."""

    annotation: Any
    values: st.SearchStrategy[Any]
    is_key: bool = True


class Suit(enum.Enum):
    HEARTS = "hearts"
    SPADES = "spades"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Corner(enum.Enum):
    LEFT = (0, 1)
    RIGHT = (1, 1)


class Point(NamedTuple):
    x: int
    at: date


@dataclasses.dataclass(frozen=True)
class Price:
    amount: Decimal
    data: bytes = b""


class Size(TypedDict, total=False):
    width: float
    made: datetime


class Cat(BaseModel):
    model_config = ConfigDict(frozen=True)

    kind: Literal["cat"] = "cat"
    born: date | None = None


class Dog(BaseModel):
    model_config = ConfigDict(frozen=True, populate_by_name=True)

    kind: Literal["dog"] = "dog"
    weight: float = Field(0.0, alias="mass")


class Days(RootModel[list[date]]):
    pass


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
# Names without a path of their own are left to the tests of dicts.
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\\\"' "), max_size=8)
ZONES = st.one_of(
    st.none(),
    st.just(timezone.utc),
    st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
DATETIMES = st.builds(lambda moment, zone: moment.replace(tzinfo=zone), st.datetimes(), ZONES)
DECIMALS = st.decimals(allow_nan=False, allow_infinity=False)

_LEAVES = [
    Shape(str, TEXTS),
    Shape(int, st.integers(-(2**63), 2**63 - 1)),
    Shape(float, st.floats(), is_key=False),
    Shape(bool, st.booleans()),
    Shape(bytes, st.binary(max_size=8)),
    Shape(date, st.dates()),
    Shape(datetime, DATETIMES),
    Shape(time, st.times(timezones=st.sampled_from([timezone.utc, None]))),
    Shape(timedelta, st.timedeltas()),
    Shape(Decimal, DECIMALS, is_key=False),
    Shape(UUID, st.uuids()),
    Shape(Suit, st.sampled_from(Suit)),
    Shape(Level, st.sampled_from(Level)),
    Shape(Corner, st.sampled_from(Corner)),
    Shape(Literal["a", 1, True, Suit.SPADES], st.sampled_from(["a", Suit.SPADES])),
    Shape(PurePosixPath, NAMES.map(PurePosixPath)),
    Shape(ipaddress.IPv4Address, st.ip_addresses(v=4)),
    Shape(ipaddress.IPv6Address, st.ip_addresses(v=6)),
    Shape(HttpUrl, st.sampled_from(["http://a.b/", "https://x.y/z?q=1#f"]).map(HttpUrl)),
    Shape(Annotated[int, Field(gt=0, lt=100)], st.integers(1, 99)),
    Shape(Annotated[str, Field(pattern="^[a-z]*$")], st.text("abc", max_size=4)),
    Shape(Point, st.builds(Point, st.integers(-9, 9), st.dates())),
    Shape(Price, st.builds(Price, DECIMALS, st.binary(max_size=4)), is_key=False),
    Shape(
        Size, st.fixed_dictionaries({}, optional={"width": st.floats(), "made": DATETIMES}), False
    ),
    Shape(Cat, st.builds(Cat, born=st.none() | st.dates()), is_key=False),
    Shape(Days, st.builds(Days, st.lists(st.dates(), max_size=2)), is_key=False),
    Shape(
        Annotated[Cat | Dog, Field(discriminator="kind")],
        st.one_of(st.builds(Cat), st.builds(Dog, weight=st.floats(allow_nan=False))),
        is_key=False,
    ),
]

_numbers = itertools.count()


# A type checker takes these for types only where their arguments are written out.
LIST: Any = list
TUPLE: Any = tuple
SET: Any = set
FROZENSET: Any = frozenset
DICT: Any = dict
UNION: Any = Union


def _composed(inner: st.SearchStrategy[Shape]) -> st.SearchStrategy[Shape]:
    return st.one_of(
        inner.map(lambda one: Shape(LIST[one.annotation], st.lists(one.values, max_size=3), False)),
        inner.map(
            lambda one: Shape(
                TUPLE[one.annotation, ...],
                st.lists(one.values, max_size=3).map(tuple),
                one.is_key,
            )
        ),
        st.tuples(inner, inner).map(
            lambda two: Shape(
                TUPLE[two[0].annotation, two[1].annotation],
                st.tuples(two[0].values, two[1].values),
                all(one.is_key for one in two),
            )
        ),
        _keys(inner).map(
            lambda one: Shape(SET[one.annotation], st.sets(one.values, max_size=3), False)
        ),
        _keys(inner).map(
            lambda one: Shape(
                FROZENSET[one.annotation], st.frozensets(one.values, max_size=3), False
            )
        ),
        inner.map(lambda one: Shape(DICT[str, one.annotation], _dicts(NAMES, one.values), False)),
        st.tuples(_keys(inner), inner).map(
            lambda two: Shape(
                DICT[two[0].annotation, two[1].annotation],
                _dicts(two[0].values, two[1].values),
                False,
            )
        ),
        inner.map(lambda one: Shape(one.annotation | None, st.none() | one.values, one.is_key)),
        st.tuples(inner, inner).map(
            lambda two: Shape(
                UNION[two[0].annotation, two[1].annotation],
                st.one_of(two[0].values, two[1].values),
                all(one.is_key for one in two),
            )
        ),
        st.lists(inner, min_size=1, max_size=2).map(_model_of),
    )


def _keys(inner: st.SearchStrategy[Shape]) -> st.SearchStrategy[Shape]:
    return inner.filter(lambda one: one.is_key)


def _dicts(
    names: st.SearchStrategy[Any], values: st.SearchStrategy[Any]
) -> st.SearchStrategy[dict[Any, Any]]:
    return st.dictionaries(names, values, max_size=3)


def _model_of(parts: list[Shape]) -> Shape:
    fields: dict[str, Any] = {f"part{i}": (one.annotation, ...) for i, one in enumerate(parts)}
    model: Any = create_model(f"Part{next(_numbers)}", **fields)
    values = {f"part{i}": one.values for i, one in enumerate(parts)}
    return Shape(model, st.fixed_dictionaries(values).map(lambda given: model(**given)), False)


def shapes() -> st.SearchStrategy[Shape]:
    """Return a strategy of types, most of them with others inside."""
    return st.recursive(st.sampled_from(_LEAVES), _composed, max_leaves=4)


class Case(NamedTuple):
    """Types of fields, and `ROWS` values of each."""

    parts: list[Shape]
    rows: list[list[Any]]


ROWS = 6


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw types of fields and values of them."""
    parts = draw(st.lists(shapes(), min_size=1, max_size=FIELDS))
    return Case(parts, [[draw(part.values) for part in parts] for _ in range(ROWS)])


def plain_form(value: Any) -> Any:
    """Return what two values have in common when they are the same: types as well as contents."""
    kind = getattr(value, "rapyer_plain", None) or type(value)
    if isinstance(value, RootModel):
        return type(value).__name__, plain_form(value.root)
    if isinstance(value, BaseModel):
        # A nested model of a plain class is read as a view of it.
        name = type(value).__name__.removeprefix("Redis")
        held = {**vars(value), **(value.__pydantic_extra__ or {})}
        fields = {key: plain_form(part) for key, part in held.items()}
        return name, sorted(fields.items())
    if dataclasses.is_dataclass(value):
        return kind.__name__, [plain_form(part) for part in vars(value).values()]
    if isinstance(value, dict):
        # An object on a server has no order that lasts.
        pairs = [(plain_form(key), plain_form(part)) for key, part in value.items()]
        return "dict", sorted(pairs, key=repr)
    if isinstance(value, (set, frozenset)):
        return kind.__name__, sorted((plain_form(part) for part in value), key=repr)
    if isinstance(value, (list, tuple)):
        return "list" if isinstance(value, list) else kind.__name__, [*map(plain_form, value)]
    if isinstance(value, (datetime, time)):
        return kind.__name__, value.replace(tzinfo=None).isoformat(), value.utcoffset()
    return kind.__name__, repr(value)
