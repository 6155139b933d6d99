"""How floats are written for RedisJSON, which reads one in ten long ones wrong.

The rule by which it reads them is held to the real server, and so is what is written for them.
"""

from __future__ import annotations

import json
import math
import random
import struct
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from pydantic_core import to_json

from rapyer_core.errors import RapyerSerializationError
from rapyer_core.floats import as_shown, as_stored
from rapyer_core.invalid import Where

HERE = Where("Model", None, "$")
COUNT = 4000

# No text of these comes out right.
HARD = 0.9377670675205441


@pytest.fixture
def server(server_url: str) -> Iterator[Any]:
    client: Any = redis.Redis.from_url(server_url)
    yield client
    client.close()


def random_floats(kind: str) -> list[float]:
    source = random.Random(kind)
    if kind == "unit":
        return [source.random() for _ in range(COUNT)]
    if kind == "money":
        return [round(source.uniform(-1e9, 1e9), 2) for _ in range(COUNT)]
    if kind == "large":
        return [source.uniform(-1e18, 1e18) for _ in range(COUNT)]
    if kind == "tiny":
        return [
            struct.unpack("<d", struct.pack("<Q", source.getrandbits(source.randrange(1, 53))))[0]
            for _ in range(COUNT)
        ]
    bits = (struct.pack("<Q", source.getrandbits(64)) for _ in range(2 * COUNT))
    values = (struct.unpack("<d", each)[0] for each in bits)
    return [value for value in values if math.isfinite(value)][:COUNT]


def written(key: str, value: float) -> list[tuple[Any, ...]]:
    """Return the commands that the program makes of a float's text."""
    text, _, rest = as_stored(repr(value), HERE.where).partition("\n")
    commands: list[tuple[Any, ...]] = [("JSON.SET", key, "$", text)]
    if rest:
        assert rest.startswith("0:") and rest.endswith(";") and rest.count(":") == 1
        commands.append(("JSON.NUMINCRBY", key, "$", rest[2:-1]))
    return commands


@pytest.mark.parametrize("kind", ["unit", "money", "large", "tiny", "any"])
def test_the_real_server_keeps_what_is_written(server: Any, kind: str) -> None:
    values, corrected = random_floats(kind), 0
    pipe = server.pipeline(transaction=False)
    for position, value in enumerate(values):
        commands = written(f"float:{position}", value)
        corrected += len(commands) > 1
        for command in commands:
            pipe.execute_command(*command)
    pipe.execute()
    keys = [f"float:{position}" for position in range(len(values))]
    kept = [json.loads(text)[0] for text in server.execute_command("JSON.MGET", *keys, "$")]
    assert kept == values
    # Nearly all numbers have a text of their own.
    assert corrected <= len(values) * 0.03


def test_the_real_server_reads_texts_of_floats_wrong(server: Any) -> None:
    """Once it does not, `floats` is not needed any more."""
    values = random_floats("unit")
    for position, value in enumerate(values):
        server.execute_command("JSON.SET", f"float:{position}", "$", repr(value))
    keys = [f"float:{position}" for position in range(len(values))]
    kept = [json.loads(text)[0] for text in server.execute_command("JSON.MGET", *keys, "$")]
    wrong = sum(one != other for one, other in zip(values, kept, strict=True))
    assert wrong > 0.05 * len(values)


@pytest.mark.parametrize("kind", ["unit", "money", "large", "tiny", "any"])
def test_another_parser_reads_the_same(kind: str) -> None:
    for value in random_floats(kind):
        text, _, rest = as_stored(repr(value), HERE.where).partition("\n")
        read = float(text) + (float(rest[2:-1]) if rest else 0.0)
        assert read == value


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"b":[true,null,"x"]}',
        '"a text, with 0.12345678901234567 and 1e5 in it"',
        '"\\\\\\"0.12345678901234567"',
        "12345678901234567890",
        "[1.5,2.25,-0.0,100000.001]",
        '{"0.9452706955539223":1}',
    ],
)
def test_other_texts_are_left_alone(text: str) -> None:
    assert as_stored(text, HERE.where) == text


def test_what_is_missing_is_told_by_path() -> None:
    text = json.dumps({"a": [1.0, HARD], "it's ü\n": HARD, "b": {"": HARD}}, ensure_ascii=False)
    stored, rest = as_stored(text, HERE.where).split("\n", 1)
    assert '["a"][1]' in rest and '["b"][""]' in rest
    kept = json.loads(stored)
    assert kept["a"][0] == 1.0 and kept["a"][1] != HARD


def test_a_name_without_a_path_is_refused() -> None:
    with pytest.raises(RapyerSerializationError) as caught:
        as_stored(json.dumps({"a\\b": HARD}), HERE.where)
    assert caught.value.actual == repr(HARD) and caught.value.path == "$"


def test_shown_texts_have_no_plus_sign(server: Any) -> None:
    for value in [1e16, 1e300, 1.5e-7, -2e22, 123456789.0, 0.1]:
        server.execute_command("JSON.SET", "shown", "$", json.dumps({"e+1": value}))
        shown = server.execute_command("JSON.GET", "shown", "$").decode()[1:-1]
        assert shown == as_shown(to_json({"e+1": value}).decode())
