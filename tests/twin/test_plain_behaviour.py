"""A value that was read from a model behaves as the plain one, whatever is done with it."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter

from rapyer_async import (
    AtomicRedisModel,
    Field,
    RedisDatetime,
    RedisDatetimeTimestamp,
    RedisSet,
)

JSON_KEYS = (str, int, float, bool)


class Plainly(AtomicRedisModel):
    text: str = ""
    number: int = 0
    ratio: float = 0.0
    flag: bool = False
    blob: bytes = b""
    words: list[str] = []
    counts: dict[str, int] = {}
    tags: RedisSet[str] = Field(default_factory=set)
    starts: RedisDatetime = Field(datetime(2026, 1, 1))
    created: RedisDatetimeTimestamp = Field(datetime(2026, 1, 1, tzinfo=timezone.utc))
    anything: Any = None


class Receiver(BaseModel):
    number: int
    flag: bool
    blob: bytes
    words: list[str]
    anything: Any


patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

TEXTS = st.text(max_size=8)
NUMBERS = st.integers(-(2**63), 2**63 - 1)
FIELDS: dict[str, Any] = {
    "text": TEXTS,
    "number": NUMBERS,
    "ratio": st.floats(allow_nan=False),
    "flag": st.booleans(),
    "blob": st.binary(max_size=8),
    "words": st.lists(TEXTS, max_size=4),
    "counts": st.dictionaries(TEXTS, NUMBERS, max_size=4),
    "tags": st.sets(TEXTS, max_size=1),  # of more the order is anybody's
    "starts": st.datetimes(timezones=st.none() | st.just(timezone.utc)),
    # Of the years of which a double holds microseconds; a number has no fold.
    "created": st.datetimes(
        datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(timezone.utc)
    ).map(lambda moment: moment.replace(fold=0)),
}
READS: Any = st.sampled_from(sorted(FIELDS)).flatmap(
    lambda name: FIELDS[name].map(lambda plain: (name, plain))
)


def read(name: str, plain: Any) -> Any:
    """Return a value as reading a field gives it."""
    return getattr(Plainly(**{name: plain}), name)


def shown(value: Any) -> list[str]:
    return [str(value), repr(value), f"{value}", f"{value!r}", ascii(value)]


@patient
@given(READS)
def test_it_is_of_the_plain_type_and_equal(case: tuple[str, Any]) -> None:
    value, plain = read(*case), case[1]
    assert isinstance(value, type(plain)) and type(value) is not type(plain)
    assert value == plain and plain == value and (value != plain) is False
    assert bool(value) is bool(plain)
    assert shown(value) == shown(plain)


@patient
@given(READS)
def test_its_hash_is_the_plain_one(case: tuple[str, Any]) -> None:
    value, plain = read(*case), case[1]
    if isinstance(plain, (list, dict, set)):
        with pytest.raises(TypeError):
            hash(value)
        return
    assert hash(value) == hash(plain)
    assert value in {plain} and plain in {value} and {plain: 1}[value] == 1
    assert len({value, plain}) == 1


@patient
@given(READS)
def test_pickles_and_copies_are_plain(case: tuple[str, Any]) -> None:
    value, plain = read(*case), case[1]
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        # Old protocols drop a datetime's fold.
        expected = pickle.loads(pickle.dumps(plain, protocol))
        same(pickle.loads(pickle.dumps(value, protocol)), expected)
    for made in (copy.copy(value), copy.deepcopy(value), copy.deepcopy([value])[0]):
        same(made, plain)


def same(made: Any, plain: Any) -> None:
    assert type(made) is type(plain) and made == plain and shown(made) == shown(plain)


@patient
@given(READS)
def test_json_is_the_plain_one(case: tuple[str, Any]) -> None:
    value, plain = read(*case), case[1]
    if isinstance(plain, (bytes, datetime, set)):
        with pytest.raises(TypeError):
            json.dumps(value)
        return
    if isinstance(plain, bool):
        return  # see test_what_a_bool_cannot_be
    assert json.dumps(value) == json.dumps(plain)
    assert json.dumps([value], indent=1) == json.dumps([plain], indent=1)
    if isinstance(plain, JSON_KEYS):
        assert json.dumps({value: 1}) == json.dumps({plain: 1})


@patient
@given(READS)
def test_pydantic_takes_it_for_the_plain_one(case: tuple[str, Any]) -> None:
    value, plain = read(*case), case[1]
    assert TypeAdapter(type(plain)).validate_python(value) == plain
    holder = TypeAdapter(dict[str, Any])
    if not isinstance(plain, bytes):
        assert holder.dump_json({"x": value}) == holder.dump_json({"x": plain})
    if case[0] != "blob":
        model = Plainly(anything=[value], **{case[0]: value})
        assert model.redis_dump() == Plainly(anything=[plain], **{case[0]: plain}).redis_dump()


@patient
@given(st.text(max_size=8), st.binary(max_size=8), st.lists(TEXTS), st.slices(8))
def test_slices_are_plain(text: str, blob: bytes, words: list[str], part: slice) -> None:
    model = Plainly(text=text, blob=blob, words=words)
    for value, plain in ((model.text, text), (model.blob, blob), (model.words, words)):
        assert value[part] == plain[part] and type(value[part]) is type(plain)  # type: ignore[index]
    assert list(model.words) == words and [type(word) for word in model.words] == [str] * len(words)


@patient
@given(NUMBERS, st.sampled_from([">30", "<30", "^30", "+d", "x", "e", "030", ","]))
def test_formats_of_numbers(number: int, spec: str) -> None:
    model = Plainly(number=number, ratio=float(number), flag=bool(number))
    assert f"{model.number:{spec}}" == f"{number:{spec}}"
    assert f"{model.flag:{spec}}" == f"{bool(number):{spec}}"
    if spec not in ("+d", "x"):
        assert f"{model.ratio:{spec}}" == f"{float(number):{spec}}"


def kind_of(value: Any) -> str:
    match value:
        case bool():
            return "bool"
        case 7:
            return "seven"
        case int(number):
            return f"int {number}"
        case float(ratio):
            return f"float {ratio}"
        case "literal":
            return "literal"
        case str(text):
            return f"str {text}"
        case bytes(blob):
            return f"bytes {blob!r}"
        case [first, *_]:
            return f"list {first}"
        case {"a": member}:
            return f"dict {member}"
        case datetime(year=year):
            return f"datetime {year}"
        case set():
            return "set"
        case _:
            return "other"


def test_match() -> None:
    for name, plain in (
        ("flag", True),
        ("number", 7),
        ("number", 8),
        ("ratio", 1.5),
        ("text", "literal"),
        ("text", "x"),
        ("blob", b"x"),
        ("words", ["x", "y"]),
        ("counts", {"a": 1}),
        ("words", []),
        ("starts", datetime(2026, 1, 2)),
        ("created", datetime(2026, 1, 2, tzinfo=timezone.utc)),
        ("tags", {"x"}),
    ):
        assert kind_of(read(name, plain)) == kind_of(plain)


def test_sorting_and_sets() -> None:
    models = [Plainly(number=n, text=str(n), flag=n > 1) for n in (3, 1, 2)]
    assert sorted(model.number for model in models) == [1, 2, 3]
    assert {model.text for model in models} == {"1", "2", "3"}
    assert sum(model.flag for model in models) == 2
    assert max(model.number for model in models) == 3


def test_what_a_bool_is() -> None:
    yes, no = Plainly(flag=True).flag, Plainly(flag=False).flag
    assert isinstance(yes, bool) and yes.__class__ is bool
    assert (yes and "x", no or "x", not yes, yes == 1, ["a", "b"][yes]) == (
        "x",
        "x",
        False,
        True,
        "b",
    )
    assert [str(yes), repr(no), f"{yes:>6}"] == ["True", "False", f"{True:>6}"]
    for made in (yes & no, yes | no, yes ^ yes, yes & True):
        assert type(made) is bool
    assert (yes & no, yes | no, yes ^ yes, yes & 3) == (False, True, False, 1)


def test_what_a_bool_cannot_be() -> None:
    """Nobody can subclass bool; docs/fields.md says what follows."""
    yes: Any = Plainly(flag=True).flag
    assert type(yes) is not bool and yes is not True
    assert json.dumps(yes) == "1" and json.dumps(bool(yes)) == "true"
    assert kind_of(yes) == "bool"
    match yes:
        case True:
            pytest.fail("compares by identity")
        case _:
            pass


def test_a_bool_is_stored_as_one_wherever_it_goes() -> None:
    yes = Plainly(flag=True).flag
    model = Plainly(anything=yes)
    assert model.redis_dump_json().endswith('"anything":true}')
    model.anything = {"x": [yes]}
    assert model.redis_dump()["anything"] == {"x": [True]}
    received = Receiver(number=yes, flag=yes, blob=b"", words=[], anything=yes)
    assert received.flag is True and received.model_dump_json().endswith('"anything":true}')
