"""The in-process server is held to a real one: the same commands, the same replies and documents.

Commands are generated. Errors are compared by their first word, except those of paths, whose
texts differ. Two differences are deliberate (`json_commands` says why) and are generated away: text
after a JSON value, and the order of members after one was deleted.
"""

from __future__ import annotations

import json
import socket
import uuid
from collections.abc import Iterator
from typing import Any

import hiredis
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from rapyer_core.errors import ServerError
from rapyer_core.memory import memory_server
from tools.redis_server import running_server

Words = tuple[Any, ...]


class RealServer:
    """A blocking connection that gives errors with their whole text, which redis-py shortens."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), 10)
        self._reader = hiredis.Reader()

    def __call__(self, *words: Any) -> Any:
        self._socket.sendall(hiredis.pack_command(words))
        while (reply := self._reader.gets()) is False:
            self._reader.feed(self._socket.recv(65536))
        return reply

    def close(self) -> None:
        self._socket.close()


class MemoryConnection:
    def __init__(self) -> None:
        self._server = memory_server(f"differential-{uuid.uuid4()}")

    def __call__(self, *words: Any) -> Any:
        return self._server.run([words])[0]


@pytest.fixture(scope="module")
def real() -> Iterator[RealServer]:
    with running_server(own=True) as server:
        connection = RealServer(server.port)
        yield connection
        connection.close()


@pytest.fixture(scope="module")
def memory() -> MemoryConnection:
    return MemoryConnection()


def plain(reply: Any) -> Any:
    """Make two servers' replies comparable."""
    if isinstance(reply, (ServerError, hiredis.ReplyError)):
        return "error", str(reply).split(" ", 1)[0]
    return [plain(item) for item in reply] if isinstance(reply, list) else reply


def document(reply: Any) -> Any:
    """Read a document, with its numbers as they are written and its members in any order."""
    if not isinstance(reply, bytes):
        return plain(reply)
    return json.loads(reply, parse_int=lambda text: ("int", text), parse_float=lambda text: text)


NAMES = st.sampled_from(["a", "b", "c", "a.b", "*", "$", "", "x y", "ü", 'q"q', "it's", "]"])
INTEGERS = st.one_of(
    st.integers(-5, 5),
    st.integers(-(2**63), 2**63 - 1),
    st.sampled_from([2**53, 2**53 + 1, 2**63 - 1, -(2**63), 2**63, 2**64 - 1, 2**64, -(2**63) - 1]),
)
# RedisJSON 2.8.3 reads a double of 17 digits up to one unit in the last place wrong (one in ten
# of random ones), the in-process server exactly: so only those that both read alike.
DOUBLES = st.one_of(
    st.integers(-(10**12), 10**12).map(lambda thousandths: thousandths / 1000),
    st.sampled_from([0.0, -0.0, 1e16, 1e22, 1.5e-5, 1e-7, 7.0, 0.1, 123456.75]),
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    INTEGERS,
    DOUBLES,
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=8,
)
TEXTS = VALUES.map(json.dumps)
INDEXES = st.integers(-6, 6)


def quoted(name: str) -> str:
    return f'["{name}"]' if '"' not in name else f"['{name}']"


STEPS = st.one_of(NAMES.map(quoted), INDEXES.map(lambda index: f"[{index}]"))
SLICES = st.tuples(INDEXES, INDEXES).map(lambda bounds: f"[{bounds[0]}:{bounds[1]}]")
PLAIN_PATHS = st.lists(STEPS, max_size=3).map(lambda steps: "$" + "".join(steps))
PATHS = st.one_of(PLAIN_PATHS, st.builds(str.__add__, PLAIN_PATHS, SLICES))
KEYS = st.sampled_from(["doc", "doc", "doc", "doc", "other", "missing", "text"])
NUMBERS = st.one_of(
    INTEGERS.map(str),
    DOUBLES.map(repr),
    st.sampled_from(["1e400", "-0", "2.0", "1e2", '"a"', "NaN", "[1]", "null", "bad", ""]),
)
BAD_TEXTS = st.sampled_from(["bad", "", "[1,", '{"a"}', '"\\ud800"', "NaN", "01", "1e999", "'a'"])
ANY_TEXTS = st.one_of(TEXTS, TEXTS, TEXTS, BAD_TEXTS)
CONDITIONS = st.sampled_from([(), (), (), ("NX",), ("XX",), ("nx",), ("FOO",), ("NX", "XX")])


def command(*parts: Any) -> st.SearchStrategy[Words]:
    strategies = [st.just(part) if isinstance(part, str) else part for part in parts]
    return st.tuples(*strategies)


@st.composite
def conditional_set(draw: st.DrawFn) -> Words:
    return ("JSON.SET", draw(KEYS), draw(PATHS), draw(ANY_TEXTS), *draw(CONDITIONS))


@st.composite
def with_texts(draw: st.DrawFn, name: str) -> Words:
    index = (str(draw(INDEXES)),) if name == "JSON.ARRINSERT" else ()
    texts = draw(st.lists(ANY_TEXTS, min_size=1, max_size=3))
    return (name, draw(KEYS), draw(PATHS), *index, *texts)


@st.composite
def with_optional_integers(draw: st.DrawFn, name: str, most: int, *before: Any) -> Words:
    bounds = draw(st.lists(st.one_of(INDEXES.map(str), st.just("x")), max_size=most))
    return (name, draw(KEYS), draw(PATHS), *(draw(part) for part in before), *bounds)


@st.composite
def many_sets(draw: st.DrawFn) -> Words:
    # Each key once: what a real server makes of one that it is also to create in the same command
    # follows no rule that can be told, and the program never does it.
    triple = st.tuples(KEYS, PLAIN_PATHS, ANY_TEXTS)
    triples = draw(st.lists(triple, min_size=1, max_size=3, unique_by=lambda words: words[0]))
    return ("JSON.MSET", *(word for triple in triples for word in triple))


COMMANDS = st.one_of(
    conditional_set(),
    command("JSON.GET", KEYS, PATHS),
    command("JSON.MGET", KEYS, KEYS, PATHS),
    many_sets(),
    command("JSON.DEL", KEYS, PATHS),
    command("JSON.TYPE", KEYS, PATHS),
    command("JSON.NUMINCRBY", KEYS, PLAIN_PATHS, NUMBERS),
    command("JSON.STRAPPEND", KEYS, PLAIN_PATHS, ANY_TEXTS),
    command("JSON.STRLEN", KEYS, PATHS),
    with_texts("JSON.ARRAPPEND"),
    with_texts("JSON.ARRINSERT"),
    with_optional_integers("JSON.ARRPOP", 1),
    command("JSON.ARRTRIM", KEYS, PATHS, INDEXES.map(str), INDEXES.map(str)),
    command("JSON.ARRLEN", KEYS, PATHS),
    with_optional_integers("JSON.ARRINDEX", 2, ANY_TEXTS),
    command("JSON.OBJKEYS", KEYS, PATHS),
    command("JSON.OBJLEN", KEYS, PATHS),
    command("JSON.CLEAR", KEYS, PATHS),
    command("JSON.MERGE", KEYS, PATHS, ANY_TEXTS),
    command("TYPE", KEYS),
    command("EXISTS", KEYS),
    command("EXPIRE", KEYS, "100"),
    command("TTL", KEYS),
    command("COPY", KEYS, KEYS),
    command("RENAME", KEYS, KEYS),
    command("DEL", KEYS),
)


def start(connection: Any, text: str) -> None:
    connection("DEL", "doc", "other", "missing", "text")
    connection("SET", "text", "plain")
    connection("JSON.SET", "other", "$", '{"a":[1,2,3]}')
    connection("JSON.SET", "doc", "$", text)


def comparable(words: Words, reply: Any) -> Any:
    """The reply, without what is deliberately different: the order of members."""
    if words[0] == "JSON.OBJKEYS" and isinstance(reply, list):
        return [sorted(names) if isinstance(names, list) else names for names in reply]
    if words[0] in ("JSON.GET", "JSON.ARRPOP", "JSON.MGET"):
        items = reply if isinstance(reply, list) else [reply]
        return [document(item) for item in items]
    return plain(reply)


@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(text=TEXTS, commands=st.lists(COMMANDS, min_size=1, max_size=12))
@example(text='{"a":1}', commands=[("JSON.NUMINCRBY", "doc", '$["a"]', "9223372036854775807")])
@example(text='{"a":[1,2,3]}', commands=[("JSON.DEL", "doc", '$["a"][-9]')])
@example(text='{"a":[]}', commands=[("JSON.GET", "doc", '$["a"]')])
@example(text="1", commands=[("JSON.MSET", "missing", "$", "1", "missing", "$", "2")])
@example(text="[0]", commands=[("JSON.MSET", "doc", "$[1]", "bad")])
def test_commands_do_the_same(
    real: RealServer, memory: MemoryConnection, text: str, commands: list[Words]
) -> None:
    start(real, text)
    start(memory, text)
    for words in commands:
        expected, got = comparable(words, real(*words)), comparable(words, memory(*words))
        assert got == expected, words
    for key in ("doc", "other", "missing"):
        assert document(memory("JSON.GET", key, "$")) == document(real("JSON.GET", key, "$")), key


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.one_of(TEXTS, BAD_TEXTS, DOUBLES.map(repr)))
@example(text="-0")
@example(text="-0.0")
@example(text="1e23")
@example(text='{"e+":"1e+5","n":1e30}')
@example(text="[" * 127 + "]" * 127)
@example(text="[" * 128 + "]" * 128)
@example(text="18446744073709551616")
@example(text='{"a":1,"b":2,"a":3}')
@example(text='"\\u0000\\u001f\\u2028\\/"')
def test_texts_are_stored_the_same_to_the_byte(
    real: RealServer, memory: MemoryConnection, text: str
) -> None:
    replies = []
    for connection in (real, memory):
        connection("DEL", "doc")
        stored = connection("JSON.SET", "doc", "$", text)
        replies.append((plain(stored), connection("JSON.GET", "doc", "$")))
    assert replies[1] == replies[0]


SCRIPTS = [
    "return {1,2.7,'a',false,true,nil,3}",
    "return {1,{err='x y'},{ok='z'},{}}",
    "return redis.error_reply('MINE x')",
    "return redis.status_reply('fine')",
    "return {err='MINE x'}",
    "return redis.call('JSON.GET',KEYS[1],'$[\"a\"]')",
    "return redis.call('JSON.GET','text','$')",
    "local r = redis.pcall('JSON.GET','text','$') return {type(r), r.err}",
    "return redis.call('NOSUCH')",
    "return redis.call('GET')",
    "return redis.call('GET',{})",
    "return tostring(redis.call('GET','nokey'))",
    "redis.call('SET','text',10000000000000000) return redis.call('GET','text')",
    "redis.call('SET','text',1.5) return redis.call('GET','text')",
    "return tostring(2^53)",
    "return #ARGV .. KEYS[1] .. ARGV[2]",
    "return undefined_name",
    "undefined_name = 1",
    "error('x')",
    "error({err='MINE x'})",
    "this does not compile",
    "return redis.sha1hex('a')",
    "return {tostring(redis.call('SET','text','1')['ok']), redis.call('TYPE',KEYS[1])['ok']}",
    "local t = redis.call('JSON.ARRPOP',KEYS[1],'$[\"l\"]') return {type(t), t[1]}",
    "return type(redis.call('JSON.TYPE','nokey','$'))",
    "return unpack(redis.call('JSON.TYPE',KEYS[1],'$[\"none\"]'))",
    "KEYS = {'mine'} return KEYS[1]",
    "local f = loadstring('return ...') return f(7)",
    "return string.format('%.17g', 0.1)",
    "return cjson.encode({a=1})",
    "return cjson.decode('[1,\"x\",null]')[2]",
    "return tostring(cjson.decode('[null]')[1] == cjson.null)",
    "#!lua\nreturn 1",
]


@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_do_the_same(real: RealServer, memory: MemoryConnection, script: str) -> None:
    replies = []
    for connection in (real, memory):
        start(connection, '{"a":1,"l":[1,"x"]}')
        replies.append(plain(connection("EVAL", script, "1", "doc", "one", "two")))
        replies.append(connection("GET", "text"))
    assert replies[2:] == replies[:2]
