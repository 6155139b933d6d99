"""The in-process server beyond single replies: keys, scripts, threads, and what it does without."""

from __future__ import annotations

import builtins
import hashlib
import pickle
import sys
import threading
import uuid
from typing import Any

import pytest

from rapyer_core.errors import ServerError, ServerLacksFeatureError
from rapyer_core.memory import memory_server


class Connection:
    def __init__(self, name: str = "") -> None:
        self.server = memory_server(name or uuid.uuid4().hex)

    def __call__(self, *words: Any) -> Any:
        return self.server.run([words])[0]


@pytest.fixture
def run() -> Connection:
    return Connection()


def error_of(reply: Any) -> str:
    assert isinstance(reply, ServerError), reply
    return str(reply)


def test_documents_survive_dump_and_restore(run: Connection) -> None:
    run("JSON.SET", "doc", "$", '{"b":1,"a":[1.0,18446744073709551615,"é"]}')
    payload = run("DUMP", "doc")
    assert run("RESTORE", "again", 5000, payload) == b"OK"
    assert run("JSON.GET", "again", "$") == run("JSON.GET", "doc", "$")
    assert 0 < run("PTTL", "again") <= 5000
    run("JSON.SET", "again", '$["b"]', "2")
    assert run("JSON.GET", "doc", '$["b"]') == b"[1]"


def test_only_what_was_dumped_here_is_restored(run: Connection) -> None:
    run("JSON.SET", "doc", "$", "1")
    payload = run("DUMP", "doc")
    forged = pickle.dumps(print)
    unsigned = hashlib.sha1(forged).digest() + forged
    for bad in (b"", b"x", payload[:-1] + b"x", unsigned, payload[:32] + unsigned):
        assert error_of(run("RESTORE", "again", 0, bad)).startswith("ERR DUMP payload")
    assert run("DUMP", "nothing") is None
    assert run("EXISTS", "again") == 0


def test_a_copy_shares_nothing_with_its_origin(run: Connection) -> None:
    run("JSON.SET", "doc", "$", '{"list":[1]}')
    run("EXPIRE", "doc", 100)
    assert run("COPY", "doc", "copy") == 1
    run("JSON.ARRAPPEND", "copy", '$["list"]', "2")
    assert run("JSON.GET", "doc", "$") == b'[{"list":[1]}]'
    assert run("JSON.GET", "copy", "$") == b'[{"list":[1,2]}]'
    assert run("TTL", "copy") == 100


def test_a_value_set_at_two_places_is_two_values(run: Connection) -> None:
    run("JSON.SET", "doc", "$", "[0,0]")
    run("JSON.SET", "doc", "$[0:2]", "[]")
    run("JSON.ARRAPPEND", "doc", "$[0]", "1")
    assert run("JSON.GET", "doc", "$") == b"[[[1],[]]]"


def test_an_expired_document_is_gone(run: Connection) -> None:
    run("JSON.SET", "doc", "$", "1")
    run("PEXPIRE", "doc", 1)
    threading.Event().wait(0.02)
    assert run("JSON.GET", "doc", "$") is None
    assert run("JSON.SET", "doc", "$.a", "1") is not None


def test_keys_are_of_redisjsons_type(run: Connection) -> None:
    run("JSON.SET", "doc", "$", "1")
    run("SET", "text", "x")
    assert run("TYPE", "doc") == b"ReJSON-RL"
    assert run("SCAN", 0, "TYPE", "ReJSON-RL") == [b"0", [b"doc"]]
    assert error_of(run("GET", "doc")).startswith("WRONGTYPE")
    assert error_of(run("JSON.GET", "text", "$")) == "Existing key has wrong Redis type"
    assert run("MODULE", "LIST")[0][1] == b"ReJSON"


def test_a_watched_document_that_changes_aborts_the_transaction(run: Connection) -> None:
    run("JSON.SET", "doc", "$", "1")
    watcher = run.server
    replies = watcher.run([("WATCH", "doc"), ("JSON.SET", "doc", "$", "2"), ("MULTI",), ("EXEC",)])
    assert replies[-1] is None


@pytest.mark.parametrize(
    "path", ["$..a", "$.*", "$[*]", "$[?(@.a==1)]", "$[0:1][0]", ".a", "$[1,2]"]
)
def test_paths_that_are_not_plain_are_refused(run: Connection, path: str) -> None:
    run("JSON.SET", "doc", "$", '{"a":[1]}')
    assert error_of(run("JSON.GET", "doc", path)).startswith("Error ")


def test_an_index_too_large_for_a_path_is_refused(run: Connection) -> None:
    # RedisJSON 2.8.3 crashes its server on one beyond 64 bits.
    run("JSON.SET", "doc", "$", "[1]")
    assert error_of(run("JSON.GET", "doc", "$[99999999999999999999]")).startswith("Error ")


def test_scripts_cannot_reach_python_or_the_machine(run: Connection) -> None:
    for name in ("python", "io", "require", "debug", "package", "dofile"):
        assert f"nonexistent global variable '{name}'" in error_of(run("EVAL", f"return {name}", 0))
    assert error_of(run("EVAL", "return os.execute('true')", 0)).startswith("ERR ")
    assert error_of(run("EVAL", "return getmetatable(_G).__index", 0)).startswith("ERR ")


def test_a_script_leaves_nothing_for_the_next_one(run: Connection) -> None:
    assert error_of(run("EVAL", "redis = nil", 0)).startswith("ERR ")
    assert error_of(run("EVAL", "tostring = nil", 0)).startswith("ERR ")
    assert run("EVAL", "return #KEYS + #ARGV", 1, "a", "b") == 2
    assert run("EVAL", "return #KEYS + #ARGV", 0) == 0


def test_an_error_says_in_which_line(run: Connection) -> None:
    text = error_of(run("EVAL", "local a = 1\nlocal b = a.b.c", 0))
    assert text.startswith("ERR user_script:2: ")
    assert text.endswith("script: on @user_script:2.")


def test_scripts_are_forgotten_by_flush(run: Connection) -> None:
    sha = run("SCRIPT", "LOAD", "return 7")
    assert run("EVALSHA", sha, 0) == 7
    assert run("EVALSHA", sha.upper(), 0) == 7
    assert run("SCRIPT", "EXISTS", sha, "0" * 40) == [1, 0]
    assert run("SCRIPT", "FLUSH") == b"OK"
    assert error_of(run("EVALSHA", sha, 0)) == "NOSCRIPT No matching script."


def test_a_script_may_read_and_write_documents_and_keys(run: Connection) -> None:
    run("JSON.SET", "doc", "$", '{"n":9007199254740993}')
    script = """
        local text = redis.call('JSON.GET', KEYS[1], '$["n"]')
        redis.call('SET', KEYS[2], text:sub(2, -2))
        redis.call('INCRBY', KEYS[2], ARGV[1])
        redis.call('JSON.SET', KEYS[1], '$["n"]', redis.call('GET', KEYS[2]))
        redis.call('EXPIRE', KEYS[1], 50)
        return redis.call('JSON.GET', KEYS[1], '$["n"]')
    """
    assert run("EVAL", script, 2, "doc", "sum", 2) == b"[9007199254740995]"
    assert run("TTL", "doc") == 50


def test_resp3_in_a_script_is_refused_rather_than_ignored(run: Connection) -> None:
    assert "RESP2" in error_of(run("EVAL", "redis.setresp(3)", 0))
    assert run("EVAL", "redis.setresp(2) return 1", 0) == 1


def test_scripts_of_many_threads_are_atomic(run: Connection) -> None:
    run("JSON.SET", "doc", "$", '{"n":0}')
    script = """
        local text = redis.call('JSON.GET', KEYS[1], '$["n"]')
        redis.call('JSON.SET', KEYS[1], '$["n"]', text:sub(2, -2) + 1)
    """

    def increase() -> None:
        for _ in range(200):
            run("EVAL", script, 1, "doc")

    threads = [threading.Thread(target=increase) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert run("JSON.GET", "doc", '$["n"]') == b"[1600]"


def test_names_are_servers_of_their_own_and_the_empty_one_is_default() -> None:
    assert memory_server("") is memory_server("default")
    assert memory_server("one") is memory_server("one")
    assert memory_server("one") is not memory_server("two")


def test_a_large_document_is_read_and_changed_cheaply(run: Connection) -> None:
    items = ",".join(f'{{"id":{number},"name":"user {number}"}}' for number in range(20_000))
    run("JSON.SET", "doc", "$", f'{{"items":[{items}],"n":1}}')
    whole = run("JSON.GET", "doc", "$")
    assert run("JSON.GET", "doc", "$") == whole
    run("JSON.SET", "doc", '$["n"]', "2")
    assert run("JSON.GET", "doc", "$") == whole.replace(b'"n":1}', b'"n":2}')


def test_without_its_packages_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("rapyer_core.memory.")]:
        monkeypatch.delitem(sys.modules, name)
    original = builtins.__import__

    def without_fakeredis(name: str, *rest: Any, **options: Any) -> Any:
        if name.split(".")[0] == "fakeredis":
            raise ModuleNotFoundError("No module named 'fakeredis'")
        return original(name, *rest, **options)

    monkeypatch.setattr(builtins, "__import__", without_fakeredis)
    with pytest.raises(ServerLacksFeatureError, match=r'pip install "rapyer-anyio\[memory\]"'):
        memory_server("any")
