"""A real server without modules, to see that one without RedisJSON is named as such."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from rapyer_core.embedded import server_arguments
from tools.server_programs import available_programs

__all__ = ["bare_server"]

_SECONDS = 10


@contextmanager
def bare_server() -> Generator[str, None, None]:
    """Run one in a temporary folder while the block runs, and give its URL."""
    program = next(iter(available_programs()))._replace(modules=())
    with tempfile.TemporaryDirectory(prefix="rapyer-", dir="/tmp") as folder:
        path = Path(folder, "s")
        arguments = server_arguments(program, folder=folder, unix_socket=str(path))
        process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL)
        try:
            _wait_for(path, process)
            yield f"unix://{path}"
        finally:
            process.terminate()
            process.wait()


def _wait_for(path: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _SECONDS
    while not path.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"expected a server at {path}, got none in {_SECONDS} s")
        time.sleep(0.01)
