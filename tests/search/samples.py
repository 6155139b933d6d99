"""A class with a field of every kind that can be indexed, and what is generated for it."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

from hypothesis import strategies as st
from pydantic import BaseModel, Field

from rapyer_core.search.words import Phrase, tokens
from rapyer_sync import (
    AtomicRedisModel,
    Fuzzy,
    GeoPoint,
    Index,
    Prefix,
    RapyerKey,
    RedisDatetimeTimestamp,
    Reference,
)
from rapyer_sync import Field as Default

__all__ = ["Colour", "Everything", "Part", "conditions", "models"]


class Colour(Enum):
    RED = "red"
    GREEN = "Green |{}*"
    NONE = ""


class Level(Enum):
    LOW = 1
    HIGH = 2


class Part(BaseModel):
    name: Index[str]
    count: Index[int] = Default(0)
    day: Annotated[date | None, Index()] = None
    marks: Index[list[int]] = Default(default_factory=list)


class Place(BaseModel):
    city: Annotated[str | None, Index()] = None
    at: Annotated[GeoPoint | None, Index()] = None


class Everything(AtomicRedisModel):
    text: Index[str] = Default("")
    nick: Annotated[str | None, Index()] = None
    loose: Annotated[str | None, Index(case_sensitive=False)] = None
    parts_of: Annotated[str | None, Index(separator=";")] = None
    words: Annotated[str | None, Index(text=True)] = None
    whole: Index[int] = Default(0)
    age: Annotated[int | None, Index()] = None
    ratio: Annotated[float | None, Index()] = None
    price: Annotated[Decimal | None, Index()] = None
    short: Annotated[Decimal | None, Field(max_digits=8, decimal_places=3), Index()] = None
    flag: Annotated[bool | None, Index()] = None
    moment: Annotated[datetime | None, Index()] = None
    stamp: Annotated[RedisDatetimeTimestamp | None, Index()] = None
    day: Annotated[date | None, Index()] = None
    colour: Annotated[Colour | None, Index()] = None
    level: Annotated[Level | None, Index()] = None
    letter: Annotated[Literal["a", "b"] | None, Index()] = None
    number: Annotated[UUID | None, Index()] = None
    friend: Annotated[RapyerKey | None, Index()] = None
    like_me: Annotated[Reference[Any] | None, Index()] = None
    tags: Annotated[list[str] | None, Index()] = None
    loose_ends: Annotated[list[str | None], Index()] = Field(default_factory=list)
    scores: Index[set[int]] = Default(default_factory=set)
    moments: Index[list[datetime]] = Default(default_factory=list)
    prices: Annotated[dict[str, Decimal], Index(keys=("eur", "a b"))] = Field(default_factory=dict)
    place: Place | None = None
    parts: list[Part] = Field(default_factory=list)


# Texts

_HARD = [
    "",
    " ",
    "a",
    "A",
    "b",
    "ab",
    "aB",
    "abc",
    "ä",
    "Ä",
    "the",
    "a b",
    "a  b",
    " a",
    "a ",
    "a-b",
    "a|b",
    "a,b",
    "{a}",
    "@text:{a}",
    "*",
    "a*",
    "%",
    "a_c",
    "\\",
    "\\a",
    '"',
    "'",
    "$p0",
    "-a",
    "~a",
    "null",
    "NaN",
    "inf",
    "🐍",
    "e\u0301",
    "é",
    "\n",
    "\t",
    "a;b",
    "İ",
    "ß",
    "true",
    "x" * 5000,
    "x" * 5001,
    "x" * 4096,
]
_free: Any = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)
texts = st.sampled_from(_HARD) | st.text("ab", max_size=3) | _free
_words = st.sampled_from(
    ["red", "Red", "wine", "the", "of", "a", "redwine", "rad", "x1", "a_b", "É", "é", "a\\-b"]
)
_between = st.sampled_from([" ", "-", ",", "\n", "\\", "\t", "\xa0", ". ", "'", "|", "\x01"])
sentences: Any = st.lists(st.tuples(_words, _between).map("".join), max_size=5).map(
    "".join
) | st.lists(_words, max_size=5).map(" ".join)
_some_words = sentences.filter(lambda text: bool(tokens(text)))

# Numbers

_near = st.sampled_from(
    [0, 1, -1, 2, 3, 2**53, 2**53 + 1, 2**53 - 1, -(2**53) - 1, 2**62, 2**63 - 1]
)
integers = _near | st.integers(-3, 3) | st.integers(-(2**63), 2**63 - 1)
floats = (
    st.sampled_from([0.0, -0.0, 0.1, 1.0, 1.5, -1.5, 1e308, 5e-324])
    | st.integers(-3, 3).map(float)
    | st.floats(allow_nan=False, allow_infinity=False)
)
decimals = (
    st.sampled_from(
        [Decimal(text) for text in ("0", "0.1", "0.10", "1E+3", "1000", "-1.5", "1E+400")]
    )
    | st.decimals(allow_nan=False, allow_infinity=False, min_value=-5, max_value=5, places=2)
    | st.decimals(allow_nan=False, allow_infinity=False)
)
shorts = st.decimals(min_value=-5, max_value=5, places=3, allow_nan=False, allow_infinity=False)
_zones = st.sampled_from(
    [None, timezone.utc, timezone(timedelta(hours=2)), timezone(-timedelta(hours=9, minutes=30))]
)
moments = st.builds(
    lambda moment, zone: moment.replace(tzinfo=zone),
    st.sampled_from([datetime(2024, 1, 1), datetime(2024, 1, 1, 2), datetime(2023, 12, 31, 14, 30)])
    | st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31)),
    _zones,
)
_close: Any = st.integers(-3, 3).map(
    lambda micros: datetime(2024, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=micros)
)
_aware = st.sampled_from([timezone.utc, timezone(timedelta(hours=2))])
stamps: Any = _close | st.datetimes(datetime(1800, 1, 1), datetime(2160, 1, 1), timezones=_aware)
days = st.sampled_from([date(2024, 2, 28), date(2024, 2, 29), date(1, 1, 1)]) | st.dates()
points = st.builds(
    GeoPoint,
    st.sampled_from([0.0, 1.0, 179.9, -179.9, 13.4]) | st.floats(-180, 180),
    st.sampled_from([0.0, 1.0, 85.0, -85.0, 52.5]) | st.floats(-85, 85),
)
numbers = st.sampled_from([UUID(int=1), UUID(int=0xABCDEF)]) | st.uuids()
keys = st.sampled_from(["Person:1", "Person:{a}|b", "x"]).map(RapyerKey)

own_keys = st.sampled_from(["Everything:1", "Everything:{a}|b", "Everything:"])


def _maybe(values: Any) -> Any:
    return st.none() | values


_parts = st.builds(
    Part,
    name=texts,
    count=st.integers(-3, 3),
    day=_maybe(days),
    marks=st.lists(st.integers(-2, 2), max_size=2),
)
_places = st.builds(Place, city=_maybe(texts), at=_maybe(points))

_FIELDS: dict[str, Any] = {
    "text": texts,
    "nick": _maybe(texts),
    "loose": _maybe(texts),
    "parts_of": _maybe(texts | st.lists(texts, max_size=3).map(";".join)),
    "words": _maybe(sentences),
    "whole": integers,
    "age": _maybe(st.integers(-3, 3)),
    "ratio": _maybe(floats),
    "price": _maybe(decimals),
    "short": _maybe(shorts),
    "flag": _maybe(st.booleans()),
    "moment": _maybe(moments),
    "stamp": _maybe(stamps),
    "day": _maybe(days),
    "colour": _maybe(st.sampled_from(Colour)),
    "level": _maybe(st.sampled_from(Level)),
    "letter": st.sampled_from(["a", "b", None]),
    "number": _maybe(numbers),
    "friend": _maybe(keys),
    "like_me": _maybe(own_keys),
    "tags": _maybe(st.lists(texts, max_size=3)),
    "loose_ends": st.lists(_maybe(texts), max_size=3),
    "scores": st.sets(integers, max_size=3),
    "moments": st.lists(moments, max_size=3),
    "prices": st.dictionaries(st.sampled_from(["eur", "a b", "other"]), decimals, max_size=2),
    "place": _maybe(_places),
    "parts": st.lists(_parts, max_size=3),
}

models = st.lists(st.builds(Everything, **_FIELDS), min_size=1, max_size=12)

# Conditions


def _compared(field: Any, values: Any) -> Any:
    return st.one_of(
        values.map(lambda value: field == value),
        values.map(lambda value: field != value),
        st.lists(_maybe(values), max_size=3).map(field.in_),
        st.lists(_maybe(values), max_size=3).map(field.not_in),
        st.sampled_from([field.is_null(), field.exists()]),
    )


def _ordered(field: Any, values: Any) -> Any:
    return st.one_of(
        _compared(field, values),
        values.map(lambda value: field < value),
        values.map(lambda value: field <= value),
        values.map(lambda value: field > value),
        values.map(lambda value: field >= value),
        st.tuples(values, values).map(lambda ends: field.between(*ends)),
    )


def _textual(field: Any, values: Any = texts) -> Any:
    return st.one_of(
        _compared(field, values),
        texts.map(field.startswith),
        texts.map(field.endswith),
        texts.map(field.contains),
        st.lists(texts | st.sampled_from(["%", "_"]), max_size=4)
        .map("".join)
        .filter(lambda text: not (len(text) - len(text.rstrip("\\"))) % 2)
        .map(field.like),
    )


def _many(field: Any, values: Any) -> Any:
    return st.one_of(
        values.map(field.contains),
        st.lists(values, max_size=3).map(field.any_of),
        st.lists(values, max_size=3).map(field.all_of),
        st.sampled_from([field.is_null(), field.exists()]),
    )


# As any class: type checkers see plain annotations as values.
_E: Any = Everything
_asked_words = st.one_of(
    _some_words,
    _words.map(Prefix),
    _words.map(Fuzzy),
    st.tuples(_words, _words).map(lambda pair: Phrase(*pair)),
    st.tuples(_words, _words).map(lambda pair: Phrase(pair[0]) & ~Phrase(pair[1])),
    st.tuples(_words, _words).map(lambda pair: Phrase(pair[0]) | Phrase(pair[1])),
)
_radius = st.sampled_from([0.5, 10, 1_000, 111_000, 1e6, 1e7, 2.1e7])
_boxes = st.tuples(
    st.floats(-180, 180), st.floats(-85, 85), st.floats(-180, 180), st.floats(-85, 85)
)

_part = _E.parts
_of_parts = st.one_of(
    _textual(_part.name),
    _ordered(_part.count, st.integers(-3, 3)),
    _ordered(_part.day, days),
    _many(_part.marks, st.integers(-2, 2)),
)


def _joined(leaves: Any) -> Any:
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.tuples(inner, inner).map(lambda pair: pair[0] & pair[1]),
            st.tuples(inner, inner).map(lambda pair: pair[0] | pair[1]),
            inner.map(lambda part: ~part),
        ),
        max_leaves=5,
    )


leaves = st.one_of(
    _textual(_E.text),
    _textual(_E.nick),
    _textual(_E.loose),
    _many(_E.parts_of, texts),
    _textual(_E.words, sentences),
    _asked_words.map(_E.words.matches),
    _ordered(_E.whole, integers),
    _ordered(_E.age, st.integers(-3, 3)),
    _ordered(_E.ratio, floats),
    _ordered(_E.price, decimals),
    _ordered(_E.short, shorts),
    _compared(_E.flag, st.booleans()),
    _ordered(_E.moment, moments),
    _ordered(_E.stamp, stamps),
    _ordered(_E.day, days),
    _compared(_E.colour, st.sampled_from(Colour)),
    _ordered(_E.level, st.sampled_from(Level)),
    _compared(_E.letter, st.sampled_from(["a", "b"])),
    _compared(_E.number, numbers),
    _compared(_E.friend, keys),
    _compared(_E.like_me, own_keys),
    _many(_E.tags, texts),
    _textual(_E.tags.any_item),
    _many(_E.loose_ends, texts),
    _many(_E.scores, integers),
    _ordered(_E.scores.any_item, integers),
    _ordered(_E.moments.any_item, moments),
    _ordered(_E.prices["eur"], decimals),
    _ordered(_E.prices["a b"], decimals),
    _textual(_E.place.city),
    st.builds(_E.place.at.within, points, _radius),
    _boxes.map(
        lambda box: _E.place.at.in_box(box[0], min(box[1], box[3]), box[2], max(box[1], box[3]))
    ),
    st.sampled_from([_E.place.at.is_null(), _E.place.at.exists()]),
    _of_parts,
    _joined(_of_parts).map(_part.any),
)

conditions = st.lists(_joined(leaves), min_size=1, max_size=8)
