"""Fields as questions: what is declared, what can be asked, and what is refused."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Generic, Literal, TypeVar, cast

import pytest
from pydantic import BaseModel, StringConstraints, ValidationError

from rapyer_core.errors import (
    InvalidValueError,
    RapyerError,
    UnsupportedArgumentTypeError,
    UnsupportedArgumentValueError,
    UnsupportedFieldError,
)
from rapyer_core.search.compiling import compiled
from rapyer_core.search.conditions import Condition, KeyPrefix, all_of
from rapyer_core.search.evaluating import matches
from rapyer_core.search.schema import index_schema
from rapyer_core.search.sorting import SortKey, sort_key
from rapyer_core.search.words import Fuzzy, Phrase, Prefix, Term, tokens
from rapyer_sync import (
    AtomicRedisModel,
    Field,
    GeoPoint,
    Index,
    RapyerKey,
    RedisSet,
    isolated_models,
)

T = TypeVar("T")


@pytest.fixture(autouse=True)
def prefixes_are_free() -> Iterator[None]:
    """Models that a test defines have the names that they like."""
    with isolated_models():
        yield


class Mixed(Enum):
    ONE = 1
    TWO = "two"


class Street(BaseModel):
    name: Index[str]
    number: int = 0
    like: Index[bool] = Field(False)


class Line(BaseModel):
    name: Index[str]
    count: Index[int]


class Resident(AtomicRedisModel):
    name: Index[str] = Field("")
    age: Annotated[int | None, Index()] = None
    height: Index[float] = Field(1.5)
    born: Annotated[date | None, Index()] = None
    seen: Annotated[datetime | None, Index()] = None
    about: Annotated[str, Index(text=True, exact=False)] = ""
    home: Street | None = None
    lines: list[Line] = Field(default_factory=list)
    tags: Index[list[str]] = Field(default_factory=list)
    rates: Annotated[dict[str, float], Index(keys=("a", "exists"))] = Field(default_factory=dict)
    spot: Annotated[GeoPoint | None, Index()] = None
    friend: Annotated[RapyerKey | None, Index()] = None
    plain: int = 0
    flag: Index[bool] = Field(False)


class Stranger(AtomicRedisModel):
    age: Index[int] = Field(0)


# As to a type checker that sees plain annotations.
R: Any = Resident
_MAKE: Any = type(AtomicRedisModel)


def text(condition: Condition) -> str:
    return compiled(condition, Resident).text


# Declaring


@pytest.mark.parametrize(
    ("annotation", "actual"),
    [
        (Index[bytes], "bytes"),
        (Index[time], "time"),
        (Index[timedelta], "timedelta"),
        (Index[object], "any"),
        (Index[Mixed], "enum"),
        (Index[Literal["a", 1]], "literal"),
        (Index[int | str], "union"),
        (Index[dict[str, int]], "a dict"),
        (Index[list[list[int]]], "a list of lists"),
        (Index[complex], "complex"),
        (Annotated[int, Index(text=True)], "int"),
        (Annotated[list[str], Index(separator=";")], "a list"),
        (Annotated[list[str], Index(vector="flat", dimensions=2)], "list"),
        (Annotated[dict[str, int], Index(keys=("a\\b",))], "the key 'a\\\\b'"),
        (Index[int] | str, "union with Index inside"),
        (dict[str, Index[int]], "dict with Index inside"),
        (Annotated[RedisSet[str], Index()], "kept outside of the document"),
        (Annotated[int, Index(), Field(exclude=True)], "kept outside of the document"),
    ],
)
def test_what_cannot_be_indexed_fails_by_name(annotation: Any, actual: str) -> None:
    with isolated_models(), pytest.raises(UnsupportedFieldError) as caught:
        _MAKE(
            "Refused",
            (AtomicRedisModel,),
            {"__annotations__": {"wrong": annotation}, "__module__": __name__},
        )
    assert caught.value.field == "wrong" and caught.value.model == "Refused"
    assert caught.value.actual == actual


def test_a_model_without_indexed_fields_is_refused_where_it_is_marked() -> None:
    class Bare(BaseModel):
        number: int

    with isolated_models(), pytest.raises(UnsupportedFieldError, match="none of whose fields"):

        class Holder(AtomicRedisModel):
            bare: Index[Bare]


@pytest.mark.parametrize(
    "options",
    [
        {"exact": False},
        {"stem": True},
        {"weight": 2.0},
        {"phonetic": "dm:xx", "text": True},
        {"separator": "ab"},
        {"separator": "a"},
        {"separator": ";", "text": True},
        {"weight": 0, "text": True},
        {"vector": "tree", "dimensions": 2},
        {"vector": "flat"},
        {"vector": "flat", "dimensions": 0},
        {"dimensions": 3},
        {"vector": "flat", "dimensions": 3, "m": 4},
        {"vector": "flat", "dimensions": 3, "bits": 16},
        {"vector": "flat", "dimensions": 3, "metric": "cosine"},
    ],
)
def test_options_that_do_not_go_together(options: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedArgumentValueError):
        Index(**options)


def test_the_index_that_is_declared() -> None:
    class Shop(AtomicRedisModel):
        name: Annotated[str, Index(text=True, stem=True, weight=2.5, phonetic="dm:en")]
        code: Annotated[str, Index(case_sensitive=False, separator="|")]
        place: Index[GeoPoint]
        price: Index[Decimal]
        lines: list[Line] = Field(default_factory=list)
        shape: Annotated[
            list[float],
            Index(vector="hnsw", dimensions=3, bits=64, metric="L2", m=4, ef_construction=5),
        ]
        inner: Shop | None = None

    args = " ".join(index_schema(Shop).create_args("idx:Shop", "Shop:"))
    assert args == (
        "FT.CREATE idx:Shop ON JSON PREFIX 1 Shop: STOPWORDS 0 SCHEMA "
        '$["name"] AS name__words TEXT WEIGHT 2.5 PHONETIC dm:en INDEXEMPTY '
        '$["inner"]["name"] AS inner_name__words TEXT WEIGHT 2.5 PHONETIC dm:en INDEXEMPTY '
        '$["name"] AS name TAG CASESENSITIVE INDEXEMPTY '
        '$["code"] AS code TAG SEPARATOR | INDEXEMPTY '
        '$["place"] AS place GEO '
        '$["__rapyer_index__"]["price"] AS price NUMERIC '
        '$["lines"][*]["name"] AS lines_name TAG CASESENSITIVE INDEXEMPTY '
        '$["lines"][*]["count"] AS lines_count NUMERIC '
        '$["shape"] AS shape VECTOR HNSW 10 TYPE FLOAT64 DIM 3 DISTANCE_METRIC L2 M 4 '
        "EF_CONSTRUCTION 5 "
        '$["inner"]["name"] AS inner_name TAG CASESENSITIVE INDEXEMPTY '
        '$["inner"]["code"] AS inner_code TAG SEPARATOR | INDEXEMPTY '
        '$["inner"]["place"] AS inner_place GEO '
        '$["__rapyer_index__"]["inner_price"] AS inner_price NUMERIC '
        '$["inner"]["lines"][*]["name"] AS inner_lines_name TAG CASESENSITIVE INDEXEMPTY '
        '$["inner"]["lines"][*]["count"] AS inner_lines_count NUMERIC '
        '$["inner"]["shape"] AS inner_shape VECTOR HNSW 10 TYPE FLOAT64 DIM 3 DISTANCE_METRIC L2 '
        "M 4 EF_CONSTRUCTION 5"
    )


def test_the_fingerprint_follows_what_is_declared() -> None:
    def declared(annotation: Any) -> str:
        with isolated_models():
            cls = _MAKE(
                "Printed",
                (AtomicRedisModel,),
                {"__annotations__": {"x": annotation, "y": int}, "__module__": __name__},
            )
            return index_schema(cls).fingerprint

    assert declared(Index[int]) == declared(Annotated[int, Index()]) == declared(Index[float])
    prints = {declared(kind) for kind in (int, Index[int], Index[str], Index[list[int]])}
    assert len(prints) == 4
    with isolated_models():
        assert not index_schema(_MAKE("None_", (AtomicRedisModel,), {"__module__": __name__}))


def test_names_in_the_index_are_unique_and_plain() -> None:
    class Named(AtomicRedisModel):
        a_b: Index[int] = Field(0)
        a: Annotated[dict[str, int], Index(keys=("b", "ü", "$p0", "b c"))]

    names = [field.attribute for field in index_schema(Named).fields.values()]
    assert names == ["a_b", "a_b_2", "a__", "a__p0", "a_b_c"]


def test_a_generic_class_is_indexed_with_its_arguments() -> None:
    class Box(AtomicRedisModel, Generic[T]):
        item: Index[T]

    assert [field.name for field in index_schema(Box[int]).fields.values()] == ["item"]


def test_constraints_beside_the_mark_are_kept() -> None:
    class Narrow(AtomicRedisModel):
        one: Annotated[str, StringConstraints(max_length=3), Index()] = ""
        two: Annotated[str, Index(), StringConstraints(pattern="^a")] = "a"

    with pytest.raises(ValidationError):
        Narrow(one="abcd")
    with pytest.raises(ValidationError):
        Narrow(two="b")
    with pytest.raises(ValidationError):
        Narrow(one="\0")
    assert Narrow(one="abc", two="ab").two == "ab"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_float_that_no_index_holds_is_refused(value: float) -> None:
    with pytest.raises(ValidationError):
        Resident(height=value)
    with pytest.raises(InvalidValueError):
        R.height == value  # noqa: B015


# Asking


def test_a_condition_is_not_a_truth_value() -> None:
    one = R.age > 1
    refused: Any
    for refused in (
        lambda: bool(one),
        lambda: one and one,
        lambda: one or one,
        lambda: not one,
        lambda: 1 < R.age < 5,
        lambda: bool(R.age),
        lambda: R.age and one,
        lambda: "a" in R.tags,
        lambda: one & True,
        lambda: one | (5 > 3),
        lambda: R.age == R.height,
        lambda: all_of((one, True)),
        lambda: list(R.tags),
    ):
        with pytest.raises(TypeError):
            refused()


def test_expressions_are_themselves_and_can_be_kept() -> None:
    assert Resident.age is Resident.age and R.home.name is R.home.name
    known = {Resident.age: 1, Resident.height: 2}
    assert known[Resident.age] == 1 and len({R.age, R.height, R.age}) == 2
    assert copy.copy(R.age) is copy.deepcopy(R.age) is R.age
    one = R.age > 1
    assert copy.deepcopy(one) is one
    assert R.lines.name.json_path == '$["lines"][*]["name"]'
    assert R.home.name.field_name == "name" and repr(R.age) == '<Resident $["age"]>'
    with pytest.raises(AttributeError):
        R.home.nothing  # noqa: B018
    with pytest.raises(KeyError):
        R.home["nothing"]
    with pytest.raises(AttributeError):
        R.age.any_item  # noqa: B018


def test_subclasses_ask_about_their_own() -> None:
    class Elder(Resident):
        years: Index[int] = Field(80)

    elder: Any = Elder
    assert compiled((elder.age > 1) & (elder.years > 2), Elder).is_exact
    assert compiled(R.age > 1, Elder).text == "(@age:[($p0 +inf])"
    with pytest.raises(UnsupportedArgumentValueError):
        compiled(elder.age > 1, Resident)
    with pytest.raises(UnsupportedArgumentValueError):
        compiled(R.flag == True, Stranger)  # noqa: E712
    with pytest.raises(UnsupportedArgumentValueError):
        compiled(Stranger.age > 1, Resident)


def test_a_field_without_an_index_says_how_to_add_one() -> None:
    for ask in (lambda: R.plain == 1, lambda: R.home.number > 1, lambda: R.rates["b"] > 1):
        with pytest.raises(UnsupportedFieldError, match=r"Index\["):
            ask()


@pytest.mark.parametrize(
    "ask",
    [
        lambda: R.age == "old",
        lambda: R.age > "old",
        lambda: R.age.between(1, "x"),
        lambda: R.age.in_([1, "x"]),
        lambda: R.age.in_("12"),
        lambda: R.age.in_(5),
        lambda: R.age > None,
        lambda: R.name == 5,
        lambda: R.name.startswith(5),
        lambda: R.name.like("a\\"),
        lambda: R.name > "a",
        lambda: R.age.startswith("1"),
        lambda: R.age.contains("1"),
        lambda: R.age.matches("1"),
        lambda: R.name.matches("a"),
        lambda: R.about == "a",
        lambda: R.about.matches(""),
        lambda: R.about.matches("--"),
        lambda: R.about.matches(5),
        lambda: R.tags == "a",
        lambda: R.tags == ["a"],
        lambda: R.name.any_of(["a"]),
        lambda: R.tags.any_of("a"),
        lambda: R.seen > "yesterday",
        lambda: R.spot == (1, 2),
        lambda: R.spot.within((1, 2), -1),
        lambda: R.spot.within((1, 2), 1, "lightyears"),
        lambda: R.spot.within((1, 99), 1),
        lambda: R.spot.in_box(0, 5, 1, 1),
        lambda: R.name.within((1, 2), 1),
        lambda: R.name.knn(1, [1]),
        lambda: R.lines.any(R.age > 1),
        lambda: R.lines.any(KeyPrefix("a", "b")),
        lambda: -R.tags,
        lambda: sort_key(R.lines.name),
        lambda: sort_key(R.spot),
        lambda: sort_key(cast("Any", "name")),
        lambda: -R.plain,
        lambda: Fuzzy("a", 4),
        lambda: Prefix("a b"),
        lambda: Phrase(""),
    ],
)
def test_what_cannot_be_asked_raises(ask: Any) -> None:
    with pytest.raises(RapyerError) as caught:
        ask()
    assert caught.value.expected is not None


def test_sort_keys() -> None:
    assert -R.age == SortKey(R.age.rapyer_field(), True)
    assert +R.age == sort_key(R.age) == sort_key(+R.age)
    assert not sort_key(R.name).is_descending


def test_none_and_in() -> None:
    assert text(R.age == None) == text(R.age.is_null()) == "(-(@age:[-inf +inf]))"  # noqa: E711
    assert text(R.age != None) == text(R.age.exists()) == "(@age:[-inf +inf])"  # noqa: E711
    assert compiled(R.age.in_([]), Resident).is_nothing
    assert text(R.age.not_in([])) == "*"
    assert text(R.age.in_([None])) == "(-(@age:[-inf +inf]))"


def test_limits_may_be_beyond_the_field() -> None:
    class Bounded(AtomicRedisModel):
        age: Annotated[int, Index(), Field(ge=0)] = 0

    asked: Any = Bounded
    assert compiled(asked.age > -1, Bounded).params == (("p0", -1),)
    assert compiled(asked.age > 1.5, Bounded).params == (("p0", 1.5),)
    with pytest.raises(InvalidValueError):
        asked.age == -1  # noqa: B015


def test_dates_and_times_of_another_zone_are_the_same_moment() -> None:
    utc = datetime(2024, 1, 1, 12, tzinfo=timezone.utc)
    there = utc.astimezone(timezone(timedelta(hours=5)))
    naive = utc.replace(tzinfo=None)
    params = {compiled(R.seen == moment, Resident).params for moment in (utc, there, naive)}
    assert len(params) == 1
    assert matches(R.seen == there, Resident(seen=utc))
    assert not matches(R.seen > there, Resident(seen=utc))


def test_elements_of_a_list_are_asked_one_by_one() -> None:
    lines = [Line(name="a", count=1), Line(name="b", count=5)]
    one = Resident(lines=lines)
    apart = (R.lines.name == "a") & (R.lines.count > 3)
    assert matches(apart, one)
    assert not matches(R.lines.any(apart), one)
    assert matches(R.lines.any((R.lines.name == "b") & (R.lines.count > 3)), one)
    assert matches(R.lines.any(~(R.lines.name == "a")), one)
    assert not matches(~(R.lines.name == "a"), one)
    query = compiled(R.lines.any(apart) & (R.age > 1), Resident)
    assert not query.is_exact and "@age" in query.text and "@lines_name" in query.text
    assert compiled(~R.lines.any(apart), Resident).text == "*"


def test_a_field_may_have_the_name_of_an_operator() -> None:
    assert text(R.home["like"] == True) == "(@home_like:{$p0})"  # noqa: E712
    assert text(R.rates["exists"] > 1) == "(@rates_exists:[($p0 +inf])"


def test_negations_stand_on_tests_only() -> None:
    a, b = R.name == "a", R.age > 1
    assert text(~(a & ~b)) == "((-(@name:{$p0}))|(@age:[($p1 +inf]))"
    assert text(~~a) == text(a)


def test_a_long_chain_is_flat_and_a_deep_nest_is_refused() -> None:
    chain = R.age != 0
    for age in range(1, 2_000):
        chain = chain & (R.age != age)
    assert chain.depth == 3 and matches(chain, Resident(age=5_000))
    assert compiled(chain, Resident).is_exact
    nest = R.age > 1
    with pytest.raises(UnsupportedArgumentValueError, match="nested"):
        for age in range(200):
            nest = (nest & (R.age != age)) | (R.name == "a")


@pytest.mark.parametrize("value", [None, 0, 1, 2])
def test_de_morgan(value: int | None) -> None:
    one = Resident(age=value, name="a")
    a, b = R.age > 1, R.name == "a"
    assert matches(~(a & b), one) == matches(~a | ~b, one)
    assert matches(~(a | b), one) == matches(~a & ~b, one)
    assert matches(~a, one) is not matches(a, one)


def test_a_model_stands_for_its_key() -> None:
    friend = Resident()
    assert matches(R.friend == friend, Resident(friend=friend.key))
    assert matches(R.friend.startswith("Resident:"), Resident(friend=friend.key))


def test_keys() -> None:
    prefix = KeyPrefix("Resident:", "20")
    assert matches(prefix, b"{}", "Resident:2024") and not matches(prefix, b"{}", "Resident:1920")


@pytest.mark.parametrize(
    ("asked", "found", "missed"),
    [
        ("%", ["", "a", "a\nb"], []),
        ("", [""], ["a"]),
        ("a%", ["a", "ab"], ["ba", ""]),
        ("%a", ["a", "ba"], ["ab"]),
        ("%a%b%", ["ab", "xaxbx"], ["ba", "a"]),
        ("a_c", ["abc", "a\nc"], ["ac", "abbc"]),
        ("_", ["a", "🐍"], ["", "ab"]),
        ("a%a", ["aa", "aba"], ["a"]),
        ("ab%ba", ["abba", "abxba"], ["aba"]),
        ("%a_c%", ["xabcx"], ["ac"]),
        ("\\%\\_\\\\", ["%_\\"], ["a"]),
        ("a\\b", ["a\\b"], ["ab"]),
        ("%%a%%", ["a", "bab"], ["b"]),
    ],
)
def test_patterns(asked: str, found: list[str], missed: list[str]) -> None:
    for name in found:
        assert matches(R.name.like(asked), Resident(name=name)), name
    for name in missed:
        assert not matches(R.name.like(asked), Resident(name=name)), name


def test_no_pattern_takes_long() -> None:
    long = Resident(name="a" * 20_000)
    assert not matches(R.name.like("%a" * 50 + "b"), long)
    assert matches(R.name.like("%a" * 50 + "%"), long)


def test_words() -> None:
    assert tokens("The red-wine, it's GOOD_1\nyes") == (
        "the",
        "red",
        "wine",
        "it",
        "s",
        "good_1yes",
    )
    assert tokens("a\\-b \\\\ c\\d É") == ("a-b", "\\", "cd", "É")
    one = Resident(about="red wine of the house")
    asked: Any
    for asked in ("wine RED", Phrase("red wine"), Prefix("hou"), Fuzzy("wime"), "of", "the"):
        assert matches(R.about.matches(asked), one), asked
    for asked in ("wines", Phrase("wine red"), Prefix("ous"), Fuzzy("whale"), ~Term("red")):
        assert not matches(R.about.matches(asked), one), asked
    assert matches(R.about.matches("beer" | Phrase("red wine") & ~Term("white")), one)
    with pytest.raises(UnsupportedArgumentTypeError):
        bool(Term("a"))
    with pytest.raises(UnsupportedArgumentValueError, match="search module"):
        matches(R.about.matches_raw("red|blue"), one)
    assert "(red|blue)" in text(R.about.matches_raw("red|blue"))


def test_knn_stands_by_itself() -> None:
    class Shaped(AtomicRedisModel):
        shape: Annotated[list[float], Index(vector="flat", dimensions=2)]
        age: Index[int] = Field(0)

    shaped: Any = Shaped
    near = shaped.shape.knn(3, [1, 2])
    query = compiled((shaped.age > 1) & near, Shaped)
    assert query.text == "((@age:[($p0 +inf]))=>[KNN $p2 @shape $p1 AS __rapyer_distance]"
    assert compiled(near, Shaped).text.startswith("(*)=>[KNN")
    for wrong in (~near, near | (shaped.age > 1), near & near, ~(near & (shaped.age > 1))):
        with pytest.raises(UnsupportedArgumentValueError):
            compiled(wrong, Shaped)
    for vector in ([1], [1, 2, 3], [1, float("nan")], [1e39, 1], "ab", 5):
        with pytest.raises(InvalidValueError):
            shaped.shape.knn(1, vector)
    for count in (0, -1, 1.5, True, "1"):
        with pytest.raises(UnsupportedArgumentValueError):
            shaped.shape.knn(count, [1, 2])
    with pytest.raises(ValidationError):
        Shaped(shape=[1.0])


def test_points() -> None:
    assert Resident.model_validate({"spot": (1, 2)}).spot == GeoPoint(1, 2)
    assert Resident.model_validate({"spot": {"longitude": 1, "latitude": 2}}).spot == GeoPoint(1, 2)
    assert Resident(spot=GeoPoint(1, 2)).redis_dump()["spot"] == "1.0,2.0"
    for wrong in ((181, 0), (0, 86), (1,), "1", "a,b", (float("nan"), 0), 5):
        with pytest.raises(ValidationError):
            Resident.model_validate({"spot": wrong})
    berlin = Resident(spot=GeoPoint(13.405, 52.52))
    assert matches(R.spot.within((13.4, 52.5), 3, "km"), berlin)
    assert not matches(R.spot.within((13.4, 52.5), 2, "km"), berlin)
    assert matches(R.spot.in_box(13, 52, 14, 53), berlin)
    assert not matches(R.spot.in_box(14, 52, 13, 53), berlin)
    fiji = Resident(spot=GeoPoint(-179.5, -17))
    assert matches(R.spot.in_box(177, -20, -178, -15), fiji)


def test_errors_pickle() -> None:
    with pytest.raises(UnsupportedFieldError) as caught:
        R.plain == 1  # noqa: B015
    assert pickle.loads(pickle.dumps(caught.value)).field == "plain"
