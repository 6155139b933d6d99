"""What a pipeline undoes on the server: all of it, or what failed alone, however that fails.

The operations are those that a model sends, put together here, so that each can stand before and
behind an error of the server itself: a value nested too deep, a key that holds no document, or
numbers for the index that cannot be read.
"""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any

import pytest

from rapyer_async import AtomicRedisModel
from rapyer_async.clients import driver_of
from rapyer_core.batches import Batch
from rapyer_core.errors import ServerError
from rapyer_core.operations import Operation
from rapyer_core.paths import LiftedPath, Path

from .asking import ask, lifetime, stored


class Logbook(AtomicRedisModel):
    n: int = 7
    huge: int = 2**62
    ratio: float = 0.1 + 0.2
    tiny: float = -2.5380543983444494e-8
    name: str = "ab"
    day: str = "2024-02-29T12:30:15Z"
    moment: float = 1709202615.123456
    odd: dict[str, int] = {"a\\b": 1}
    items: list[int] = [1, 2]


MORE = 0.05000000000000004
DEEP = "[" * 300 + "]" * 300
LIFTED = LiftedPath("$.odd", (("a\\b", "$"),))
# A name, a path, the arguments, and the reply where nothing fails.
VALUES: list[tuple[str, Path, tuple[str, ...], Any]] = [
    ("integer_add", "$.n", ("5", "", ""), b"12"),
    ("integer_add", "$.n", ("999999999", "", ""), b"1000000006"),
    ("integer_add", "$.n", ("123456789012", "", ""), b"123456789019"),
    ("integer_add", "$.huge", ("-9", "", ""), b"4611686018427387895"),
    ("integer_add", LIFTED, ("5", "", ""), b"6"),
    ("integer_multiply", "$.n", ("-3", "", ""), b"-21"),
    ("integer_divide", "$.n", ("1", "", ""), b"7"),
    ("integer_floordiv", "$.n", ("-2", "", ""), b"-4"),
    ("integer_mod", "$.n", ("-4", "", ""), b"-1"),
    ("integer_power", "$.n", ("2", "", ""), b"49"),
    ("float_change", "$.ratio", ("*", "2.0", "", ""), b"0.60000000000000009"),
    ("float_change", "$.tiny", ("+", "1.5", "", ""), b"1.4999999746194561"),
    ("float_change", "$.moment", ("%", "-1e3", "", "<2000"), b"-384.87654399871826"),
    ("datetime_add", "$.day", ("86400", "5"), b'"2024-03-01T12:30:15.000005Z"'),
    ("timestamp_add", "$.moment", ("1", "7"), b"1709202616.1234629"),
    ("text_append", "$.name", ('"c"',), b'"abc"'),
    ("text_repeat", "$.name", ("2", "100"), b'"abab"'),
    ("value_swap", "$.n", ("7", "9"), 1),
    ("value_swap", "$.n", ("8", "9"), 0),
    ("value_swap", "$.ratio", ("0.30000000000000004", "30000000000000004e-17"), 1),
    ("value_put", "$.name", ("create", '"x"'), 1),
    ("value_put", "$.fresh", ("create", '{"a":[1]}'), 1),
    ("value_put", "$.tiny", ("replace", "0.5\n0:1e-17;"), 1),
    ("value_put", "$.tiny", ("create", "0.5\n0:1e-17;"), 1),
    ("list_append", "$.items", ("-1", "0", "1", "5"), None),
]


def operation(name: str, key: str, path: Path, args: tuple[str, ...], **more: Any) -> Operation:
    return Operation(name, key, path, args, str, **more)


async def ran(operations: list[Operation], is_whole: bool) -> Any:
    return await driver_of(Logbook).execute(Batch(operations, is_whole).by_source())


async def text(model: Logbook) -> Any:
    """The document, with numbers as the digits that are stored."""
    found: Any = await ask(Logbook, "JSON.GET", model.key, "$")
    return json.loads(found, parse_float=str)


def is_failure(reply: Any, code: bytes) -> bool:
    return type(reply) is list and reply[:2] == [b"!", code]


cases = pytest.mark.parametrize(("name", "path", "args", "expected"), VALUES)


@cases
@pytest.mark.parametrize("is_whole", [True, False])
async def test_an_operation_answers_the_same_alone_first_and_last(
    rapyer: ModuleType, name: str, path: Path, args: tuple[str, ...], expected: Any, is_whole: bool
) -> None:
    for before, behind in ((0, 0), (0, 1), (1, 0), (1, 1)):
        model, alone = await Logbook().asave(), await Logbook().asave()
        made = operation(name, alone.key, path, args)
        reply = await driver_of(Logbook).execute(made.by_source())
        if expected is not None:
            assert reply == expected
        around = operation("value_put", model.key, "$.around", ("create", "1"))
        batch = [around] * before + [operation(name, model.key, path, args)] + [around] * behind
        assert await ran(batch, is_whole) == [0, [1] * before + [reply] + [1] * behind]
        found = (await text(model))[0]
        assert found.pop("around", None) == (1 if before or behind else None)
        assert [found] == await text(alone)


@cases
@pytest.mark.parametrize("lasts", [None, 1000])
async def test_an_error_of_the_server_takes_back_what_ran_before(
    rapyer: ModuleType,
    name: str,
    path: Path,
    args: tuple[str, ...],
    expected: Any,
    lasts: int | None,
) -> None:
    model = await Logbook().asave()
    before = await text(model)
    made = operation(name, model.key, path, args, lifetime=lasts)
    deep = operation("value_put", model.key, "$.name", ("create", DEEP))
    for batch in ([made, deep], [made, made, deep, made], [deep, made]):
        failed, reply = await ran(batch, is_whole=True)
        assert failed == batch.index(deep) + 1
        assert is_failure(reply, b"server") and reply[2:4] == [model.key.encode(), b"$.name"]
        assert await text(model) == before
        assert await lifetime(model) == -1
    size = await ask(Logbook, "DBSIZE")
    assert size == 1, "no copy is left"


@cases
async def test_one_that_fails_alone_leaves_the_others(
    rapyer: ModuleType, name: str, path: Path, args: tuple[str, ...], expected: Any
) -> None:
    model, alone = await Logbook().asave(), await Logbook().asave()
    reply = await driver_of(Logbook).execute(operation(name, alone.key, path, args).by_source())
    made = operation(name, model.key, path, args)
    deep = operation("value_put", model.key, "$.name", ("create", DEEP))
    lacking = operation("value_put", model.key, "$.no.such", ("create", "1"))
    done, replies = await ran([deep, lacking, made, lacking, deep], is_whole=False)
    assert done == 0 and replies[2] == reply
    assert is_failure(replies[0], b"server") and is_failure(replies[4], b"server")
    assert is_failure(replies[1], b"no-path") and is_failure(replies[3], b"no-path")
    assert await text(model) == await text(alone)


@pytest.mark.parametrize("is_whole", [True, False])
@pytest.mark.parametrize("position", [0, 1, 2])
@pytest.mark.parametrize(
    ("kind", "code"), [("nothing", b"no-key"), ("text", b"server"), ("list", b"no-path")]
)
@pytest.mark.parametrize("how", ["create", "replace"])
async def test_a_key_that_holds_no_such_document(
    rapyer: ModuleType, is_whole: bool, position: int, kind: str, code: bytes, how: str
) -> None:
    model = await Logbook().asave()
    before = await text(model)
    other = model.key + "2"
    if kind == "text":
        await ask(Logbook, "SET", other, "text")
    elif kind == "list":
        await ask(Logbook, "JSON.SET", other, "$", "[1]")
    batch = [operation("integer_add", model.key, "$.n", ("1", "", ""))] * 2
    batch.insert(position, operation("value_put", other, "$.name.x", (how, '"x"')))
    failed, reply = await ran(batch, is_whole)
    if is_whole:
        assert failed == position + 1
        assert await text(model) == before
    else:
        assert failed == 0 and (await stored(model))["n"] == 9
        reply = reply[position]
    assert is_failure(reply, code)
    assert await ask(Logbook, "EXISTS", other) == (kind != "nothing")


def refresh_of(path: str) -> tuple[str | int, ...]:
    """What the index is told of one date at a path."""
    return (1, "day", "date", "", path, 0)


@cases
async def test_numbers_for_the_index_that_fail_take_everything_back(
    rapyer: ModuleType, name: str, path: Path, args: tuple[str, ...], expected: Any
) -> None:
    model, other = await Logbook().asave(), await Logbook(day="2024-02-29").asave()
    before, first = await text(model), await text(other)
    batch = [
        operation("value_put", other.key, "$.n", ("create", "1"), refresh=refresh_of("$.day")),
        operation(name, model.key, path, args, refresh=refresh_of("$.day[")),
    ]
    failed, reply = await ran(batch, is_whole=True)
    assert failed == 2
    assert is_failure(reply, b"server") and reply[2:4] == [model.key.encode(), b"$"]
    assert await text(model) == before and await text(other) == first
    assert await ask(Logbook, "DBSIZE") == 2


async def test_numbers_for_the_index_that_fail_leave_what_ran_for_itself(
    rapyer: ModuleType,
) -> None:
    model = await Logbook().asave()
    batch = [
        operation("integer_add", model.key, "$.n", ("1", "", ""), refresh=refresh_of("$.day[")),
        operation("value_put", model.key, "$.no.such", ("create", "1")),
    ]
    with pytest.raises(ServerError):
        await ran(batch, is_whole=False)
    assert (await stored(model))["n"] == 8


async def test_a_batch_of_every_kind_makes_what_it_calls(rapyer: ModuleType) -> None:
    """More kinds of operations than a script of their own is made for."""
    model, one = await Logbook().asave(), await Logbook().asave()
    made = {name: (path, args) for name, path, args, _ in VALUES}
    assert len(made) > 8
    batch = [operation(name, model.key, *how) for name, how in made.items()]
    singles = [operation(name, one.key, *how) for name, how in made.items()]
    replies = [await driver_of(Logbook).execute(each.by_source()) for each in singles]
    assert await ran(batch, is_whole=True) == [0, replies]
    lifted = operation("integer_add", model.key, LIFTED, ("1", "", ""))
    done, replies = await ran([*batch, lifted], is_whole=False)
    assert done == 0 and replies[-1] == b"12"
    before = await text(model)
    deep = operation("value_put", model.key, "$.name", ("create", DEEP))
    failed, reply = await ran([lifted, *batch, deep], is_whole=True)
    assert failed == len(batch) + 2 and is_failure(reply, b"server")
    assert await text(model) == before


@pytest.mark.parametrize("is_whole", [True, False])
@pytest.mark.parametrize("field", ["ratio", "tiny", "moment"])
@pytest.mark.parametrize("how", ["create", "replace"])
async def test_one_that_fails_half_way_is_undone_alone_too(
    rapyer: ModuleType, is_whole: bool, field: str, how: str
) -> None:
    """A number that is written in two steps, of which the second fails."""
    model = await Logbook().asave()
    before = await text(model)
    fine = operation("value_put", model.key, f"$.{field}", (how, f"0.25\n0:{MORE};"))
    broken = operation("value_put", model.key, f"$.{field}", (how, "0.5\n0:x;"))
    failed, reply = await ran([broken], is_whole)
    assert is_failure(reply if is_whole else reply[0], b"server")
    assert await text(model) == before
    failed, reply = await ran([fine, broken], is_whole)
    if is_whole:
        assert failed == 2 and is_failure(reply, b"server")
        assert await text(model) == before
    else:
        assert failed == 0 and reply[0] == 1 and is_failure(reply[1], b"server")
        assert (await stored(model))[field] == 0.25 + MORE
        assert await ran([broken, fine], is_whole) == [0, [reply[1], 1]]
    assert await ask(Logbook, "DBSIZE") == 1


async def test_what_was_read_before_a_change_is_no_note_of_what_follows(rapyer: ModuleType) -> None:
    model = await Logbook().asave()
    await ask(Logbook, "JSON.SET", model.key, "$", '{"n":7}')
    read = operation("value_get", model.key, "$", ())
    change = operation("integer_add", model.key, "$.n", ("1", "", ""))
    broken = operation("document_put", model.key, "$", ("any", '{"n":1}\n2:.nx;', ""))
    _, replies = await ran([read, change, broken], is_whole=False)
    assert replies[1] == b"8" and is_failure(replies[2], b"server")
    assert (await stored(model))["n"] == 8
