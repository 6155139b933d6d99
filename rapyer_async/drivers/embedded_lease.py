"""A server process for a data folder, shared by everybody who uses the folder.

Who uses it holds a shared lock on a file in the folder; who leaves and can make that lock
exclusive was the last one, and stops the server. A process that dies leaves its lock to
the kernel, so no count is ever wrong. Starting and stopping happen under a second lock, so
two servers never write to one folder.

Everything here blocks, and is called where that does no harm.
"""

from __future__ import annotations

import fcntl
import os
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from rapyer_core.embedded import (
    HOW_TO_INSTALL,
    ServerProgram,
    installed_programs,
    server_arguments,
    socket_path,
)
from rapyer_core.errors import ConnectionFailedError, ServerLacksFeatureError

__all__ = ["Lease"]

# Reading a large file of writes back takes long; a server that is alive may take this many
# seconds, and one that was told to stop this many to write what it has.
_START_SECONDS = 300.0
_STOP_SECONDS = 60.0
_PAUSE = 0.005


class Lease:
    """The use of a folder's server, from `take` to `give_back`. Errors: ConnectionFailedError."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self.socket: str = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._users: int | None = None
        self._owner = 0

    @property
    def is_held(self) -> bool:
        """Whether this very process holds it: after a fork, the child does not."""
        return self._users is not None and self._owner == os.getpid()

    def take(self) -> None:
        """Start the server if it does not run, and keep others from stopping it."""
        try:
            os.makedirs(self._folder, mode=0o700, exist_ok=True)
            self._folder = os.path.realpath(self._folder)
            self.socket = socket_path(self._folder, _private_folder())
            with self._alone():
                if not self.is_held:
                    self._hold()
                if not _answers(self.socket):
                    self._start()
        except OSError as error:
            raise ConnectionFailedError(
                f"the embedded server in {self._folder} could not be started: {error}"
            ) from error

    def give_back(self) -> None:
        """Stop using the server, and stop it if nobody else uses it."""
        if not self.is_held:
            return
        with self._alone():
            users, self._users = self._users, None
            assert users is not None  # is_held
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._let_go()
            else:
                self._stop()
            finally:
                os.close(users)

    @contextmanager
    def _alone(self) -> Generator[None, None, None]:
        """Hold the lock under which servers of the folder start and stop."""
        lock = _open_lock(os.path.join(self._folder, "rapyer-start.lock"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _hold(self) -> None:
        users = _open_lock(os.path.join(self._folder, "rapyer-users.lock"))
        fcntl.flock(users, fcntl.LOCK_SH)
        self._users, self._owner = users, os.getpid()

    def _start(self) -> None:
        failures: list[str] = []
        for program in installed_programs(os.environ):
            try:
                self._run(program)
                return
            except (OSError, ConnectionFailedError) as error:
                failures.append(f"{program.origin}: {error}")
        tried = "; ".join(failures) or "no server program was found"
        raise ServerLacksFeatureError(f"embedded:// needs {HOW_TO_INSTALL}. Tried: {tried}")

    def _run(self, program: ServerProgram) -> None:
        log = os.path.join(self._folder, "rapyer-server.log")
        with suppress(FileNotFoundError):
            os.unlink(self.socket)
        if self._process is not None:
            self._process.wait()  # one that does not answer and has ended, or is about to
        arguments = server_arguments(
            program, folder=self._folder, unix_socket=self.socket, persistent=True
        )
        with open(log, "wb") as output:
            # In a session of its own: Ctrl-C is for the program, which then stops the server.
            self._process = subprocess.Popen(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self._folder,
                start_new_session=True,
            )
        try:
            self._wait_until_ready(log)
        except BaseException:
            self._process.kill()
            self._process.wait()
            raise

    def _wait_until_ready(self, log: str) -> None:
        assert self._process is not None  # _run has just started it
        deadline = time.monotonic() + _START_SECONDS
        while not _answers(self.socket):
            if self._process.poll() is not None:
                tail = Path(log).read_text(errors="replace")[-1000:].strip()
                raise ConnectionFailedError(f"the server ended at once: {tail}")
            if time.monotonic() > deadline:
                raise ConnectionFailedError(f"no answer within {_START_SECONDS:g} s")
            time.sleep(_PAUSE)
        if b"ReJSON" not in _ask(self.socket, b"MODULE LIST\r\n"):
            raise ConnectionFailedError("it has no RedisJSON module")

    def _stop(self) -> None:
        """Have the server write what it has and end, and wait for that."""
        with suppress(OSError):
            _ask(self.socket, b"SHUTDOWN\r\n")
        deadline = time.monotonic() + _STOP_SECONDS
        process, self._process = self._process, None
        if process is not None:
            with suppress(subprocess.TimeoutExpired):
                process.wait(_STOP_SECONDS)
            return
        # Another process started it; its socket goes when it does.
        while os.path.exists(self.socket) and time.monotonic() < deadline:
            time.sleep(_PAUSE)

    def _let_go(self) -> None:
        """Leave the server to those who still use it, without a warning that it runs on."""
        if self._process is not None:
            self._process.returncode = 0
            self._process = None


def _open_lock(path: str) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _private_folder() -> str:
    """Return a folder that only this user can reach, for sockets. Errors: OSError."""
    folder = os.path.join(tempfile.gettempdir(), f"rapyer-{os.getuid()}")
    with suppress(FileExistsError):
        os.mkdir(folder, 0o700)
    found = os.lstat(folder)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise PermissionError(f"{folder} must be a folder that only its owner can reach")
    return folder


def _answers(path: str) -> bool:
    try:
        return _ask(path, b"PING\r\n").startswith(b"+PONG")
    except OSError:
        return False


def _ask(path: str, line: bytes) -> bytes:
    """Send an inline command and return the beginning of what comes back."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(path)
        connection.sendall(line)
        return connection.recv(65536)
