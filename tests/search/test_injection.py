"""No value changes what a query asks: its text is the same for all, and so is what it finds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import ValidationError

import rapyer_sync
from rapyer_core.errors import RapyerError
from rapyer_core.search.compiling import compiled
from rapyer_core.search.conditions import Condition, KeyPrefix
from rapyer_core.search.limits import Limits
from rapyer_core.search.words import Fuzzy, Phrase, Prefix, tokens
from rapyer_sync import AtomicRedisModel, Field, GeoPoint, Index, RapyerKey

from .hostile import HOSTILE
from .questions import NO_LIMITS, Asked, lift_limits, put_limits_back


class Fruit(Enum):
    PEAR = "pear"


class Target(AtomicRedisModel):
    text: Annotated[str | None, Index()] = None
    loose: Annotated[str | None, Index(case_sensitive=False)] = None
    parted: Annotated[str | None, Index(separator=";")] = None
    words: Annotated[str | None, Index(text=True)] = None
    tags: Index[list[str]] = Field(default_factory=list)
    friend: Annotated[RapyerKey | None, Index()] = None
    number: Index[int] = Field(0)
    ratio: Index[float] = Field(0.0)
    price: Index[Decimal] = Field(Decimal(0))
    flag: Index[bool] = Field(False)
    moment: Index[datetime] = Field(datetime(2024, 1, 1))
    day: Index[date] = Field(date(2024, 1, 1))
    fruit: Index[Fruit] = Field(Fruit.PEAR)
    letter: Index[Literal["a"]] = Field("a")
    uuid: Index[UUID] = Field(UUID(int=1))
    point: Index[GeoPoint] = Field(GeoPoint(0, 0))
    vector: Annotated[list[float], Index(vector="flat", dimensions=2)] = [1.0, 2.0]  # noqa: RUF012


# To type checkers a plain annotation is a value.
_T: Any = Target

Asking = Callable[[str], Condition]

# Text that a value is part of as it is, whatever it holds.
WHOLE: dict[str, Asking] = {
    "==": lambda text: _T.text == text,
    "!=": lambda text: _T.text != text,
    "in": lambda text: _T.text.in_([text, "x"]),
    "not in": lambda text: _T.text.not_in([text]),
    "loose ==": lambda text: _T.loose == text,
    "contains of parts": lambda text: _T.parted.contains(text),
    "contains of a list": lambda text: _T.tags.contains(text),
    "any of": lambda text: _T.tags.any_of([text]),
    "all of": lambda text: _T.tags.all_of([text, "x"]),
    "any item ==": lambda text: _T.tags.any_item == text,
    "key ==": lambda text: _T.friend == text,
    "key prefix": lambda text: KeyPrefix("Target:", text),
}
# What becomes pieces.
PARTS: dict[str, Asking] = {
    "startswith": lambda text: _T.text.startswith(text),
    "endswith": lambda text: _T.text.endswith(text),
    "contains": lambda text: _T.text.contains(text),
    "like": lambda text: _T.text.like(text),
    "loose startswith": lambda text: _T.loose.startswith(text),
    "item like": lambda text: _T.tags.any_item.like(f"%{text}%"),
}
WORDS: dict[str, Asking] = {
    "matches": lambda text: _T.words.matches(text),
    "phrase": lambda text: _T.words.matches(Phrase(text)),
    "prefix": lambda text: _T.words.matches(Prefix(text)),
    "fuzzy": lambda text: _T.words.matches(Fuzzy(text)),
    "no words": lambda text: _T.words.matches(~Phrase(text)),
}
# Values of other types: a text is one of them, or it is refused.
TYPED: dict[str, Asking] = {
    f"{name} {sign}": asking
    for name in ("number", "ratio", "price", "flag", "moment", "day", "fruit", "letter", "uuid")
    for sign, asking in {
        "==": lambda text, name=name: getattr(_T, name) == text,
        "in": lambda text, name=name: getattr(_T, name).in_([text]),
        "<": lambda text, name=name: getattr(_T, name) < text,
        "between": lambda text, name=name: getattr(_T, name).between(text, text),
    }.items()
} | {
    "within": lambda text: _T.point.within(text, 5),
    "unit": lambda text: _T.point.within((0, 0), 5, text),
    "radius": lambda text: _T.point.within((0, 0), text),
    "in_box": lambda text: _T.point.in_box(text, 0, 1, 1),
    "knn": lambda text: _T.vector.knn(1, text),
    "k": lambda text: _T.vector.knn(text, [1, 2]),
}

# All that a query's text may consist of.
_SKELETON = re.compile(
    r"(?:\$p\d+|@[a-z_]+:|=>\{\$slop: 0; \$inorder: true\}|\{w'\*'\}|[-+]inf|km|\bm\b|=>\[KNN"
    r"|@vector|AS __rapyer_distance|\d|[](){}|*\[%\s-])*"
)


def _text_of(asking: Asking, text: str, limits: Limits | None) -> str | None:
    """Return the query's text, or None where the value is refused."""
    try:
        condition = asking(text)
    except RapyerError:
        return None
    query = compiled(condition, Target, limits)
    assert _SKELETON.fullmatch(query.text), query.text
    for name, value in query.params:
        assert re.fullmatch(r"p\d+", name) and isinstance(value, (str, int, float, bytes))
    return query.text


def test_there_are_enough() -> None:
    assert len(HOSTILE) >= 500


@pytest.mark.parametrize("limits", [None, NO_LIMITS])
@pytest.mark.parametrize("name", [*WHOLE, *PARTS, *WORDS, *TYPED])
def test_no_value_is_in_a_query(name: str, limits: Limits | None) -> None:
    asking = (WHOLE | PARTS | WORDS | TYPED)[name]
    shapes = {text: _text_of(asking, text, limits) for text in HOSTILE}
    if name not in WHOLE:
        return  # the pieces and words of a text make its form, and those are parameters
    # A tag that the index cuts is asked about in another way.
    found = {shape for text, shape in shapes.items() if len(text.encode()) < Limits().tag}
    assert len(found - {None}) == 1
    refused = [text for text, shape in shapes.items() if shape is None]
    assert all("\0" in text for text in refused), refused


def test_words_have_a_form_by_their_number() -> None:
    forms: dict[int, set[str | None]] = {}
    for text in HOSTILE:
        try:
            count = len(set(tokens(text)))
        except RapyerError:
            continue
        if count == len(tokens(text)):
            forms.setdefault(count, set()).add(_text_of(WORDS["matches"], text, None))
    assert forms.pop(0) == {None}
    assert forms and all(len(form) == 1 for form in forms.values())


@pytest.fixture
def asked(server_url: str) -> Iterator[Asked]:
    rapyer_sync.init_rapyer(server_url)
    asked = Asked(server_url, Target)
    models: list[Any] = []
    for text in HOSTILE:
        if "\0" not in text:
            key = RapyerKey(text)
            models.append(
                Target(text=text, loose=text, parted=text, words=text, tags=[text], friend=key)
            )
    asked.put([*models, Target()])
    yield asked
    asked.close()
    rapyer_sync.teardown_rapyer()


@pytest.mark.parametrize("name", [*WHOLE, *PARTS, *WORDS])
def test_what_is_found(asked: Asked, name: str) -> None:
    asking = (WHOLE | PARTS | WORDS)[name]
    conditions: list[Condition] = []
    # The server takes long to look for a long text in others.
    for text in HOSTILE if name not in PARTS else [text for text in HOSTILE if len(text) < 200]:
        try:
            conditions.append(asking(text))
        except RapyerError:
            continue
    assert conditions
    asked.check(conditions)
    if name in PARTS:
        lift_limits(asked.client)
        try:
            asked.check(conditions, NO_LIMITS)
        finally:
            put_limits_back(asked.client)
    if name == "==":
        # A text finds itself and nothing else.
        assert all(len(asked.by_index(condition)) == 1 for condition in conditions)


def test_a_null_character_is_refused_on_every_way_in() -> None:
    for make in (
        lambda: Target(text="a\0b"),
        lambda: Target(tags=["a\0b"]),
        lambda: Target(words="\0"),
        lambda: _T.text == "\0",
        lambda: _T.words.matches("a\0b"),
        lambda: _T.text.like("%\0"),
    ):
        with pytest.raises((RapyerError, ValidationError)):
            make()
