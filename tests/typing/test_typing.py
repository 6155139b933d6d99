"""Both type checkers, in strict mode, find in each sample the errors that it names, and no other.

A line of a sample names its errors in a comment, `# E: mypy's codes / pyright's rules`; a line
without one must have none. So a type that got wider fails here as well as one that got wrong.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SAMPLES = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in ("samples", "samples_sync")
    for path in (ROOT / "tests" / "typing" / folder).glob("*.py")
)
PACKAGES = ("rapyer_core", "rapyer_async", "rapyer_sync")

# A first run reads all dependencies, which takes a checker a minute on a small machine.
pytestmark = pytest.mark.timeout(900)

_MYPY_LINE = re.compile(r"^(?P<file>[^:]+):(?P<line>\d+): error: .*  \[(?P<code>[\w-]+)\]$")
_EXPECTED = re.compile(r"# E: (?P<mypy>[\w -]+) / (?P<pyright>[\w ]+)$")


class Finding(NamedTuple):
    """One error: the line that has it, and its code."""

    file: str
    line: int
    code: str


def _run(module: str, *arguments: str) -> str:
    command = [sys.executable, "-m", module, *arguments]
    # Where pyright looks for packages that are not installed.
    place = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=place, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), f"{done.stdout}\n{done.stderr}"
    return done.stdout


def _pyright(*arguments: str) -> Any:
    shown = _run("pyright", "--outputjson", "--pythonpath", sys.executable, *arguments)
    return json.loads(shown[shown.index("{") :])


@pytest.fixture(scope="module")
def found_by_mypy() -> list[Finding]:
    """What mypy says of all samples."""
    shown = _run("mypy", "--no-pretty", "--show-error-codes", *SAMPLES)
    matches = [_MYPY_LINE.match(line) for line in shown.splitlines()]
    return [Finding(m["file"], int(m["line"]), m["code"]) for m in matches if m]


@pytest.fixture(scope="module")
def found_by_pyright() -> list[Finding]:
    """What pyright says of all samples; what is unknown because of another error is left out."""
    found = _pyright(*SAMPLES)["generalDiagnostics"]
    return [
        Finding(
            Path(each["file"]).relative_to(ROOT).as_posix(),
            each["range"]["start"]["line"] + 1,
            each["rule"],
        )
        for each in found
        if not each["rule"].startswith("reportUnknown")
    ]


def _expected(file: str, checker: str) -> Iterator[Finding]:
    for number, line in enumerate((ROOT / file).read_text("utf-8").splitlines(), 1):
        named = _EXPECTED.search(line)
        assert named or "# E:" not in line, f"{file}:{number}: cannot be read: {line}"
        for code in named[checker].split() if named else ():
            yield Finding(file, number, code)


def _in(file: str, findings: Sequence[Finding]) -> list[Finding]:
    return sorted({finding for finding in findings if finding.file == file})


@pytest.mark.parametrize("file", SAMPLES)
def test_mypy_finds_what_a_sample_names(file: str, found_by_mypy: list[Finding]) -> None:
    assert _in(file, found_by_mypy) == sorted(_expected(file, "mypy"))


@pytest.mark.parametrize("file", SAMPLES)
def test_pyright_finds_what_a_sample_names(file: str, found_by_pyright: list[Finding]) -> None:
    assert _in(file, found_by_pyright) == sorted(_expected(file, "pyright"))


def test_there_are_samples_of_both_packages_that_name_errors() -> None:
    naming = [file for file in SAMPLES if list(_expected(file, "mypy"))]
    names = [
        "refused_conditions.py",
        "refused_fields.py",
        "refused_models.py",
        "refused_moments.py",
        "refused_references.py",
        "refused_sets.py",
        "refused_special.py",
    ]
    assert [Path(file).name for file in naming] == names * 2


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_type_is_declared(package: str) -> None:
    report = _pyright("--verifytypes", package, "--ignoreexternal")["typeCompleteness"]
    incomplete = [
        symbol["name"]
        for symbol in report["symbols"]
        if symbol["isExported"] and not (symbol["isTypeKnown"] and not symbol["isTypeAmbiguous"])
    ]
    assert incomplete == []
    assert report["completenessScore"] == 1
    assert report["exportedSymbolCounts"]["withKnownType"] > 10
