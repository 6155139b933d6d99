"""Generate the sync twins, and check that what is committed is what would be generated.

    python tools/generate_sync.py            write the twins, delete orphans
    python tools/generate_sync.py --check    fail on any difference, write nothing

unasync 0.6.0 translates names by the table in `sync_names.py`; `sync_lint.py` refuses what
it would get wrong. Everything is made in a temporary directory and compared with the tree
by path sets and bytes, so a truncated twin and one without a source are found as well. A
file with a problem keeps the twin that it has; the others are still written.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import os
import shutil
import sys
import tokenize
from collections.abc import Sequence
from pathlib import Path

if not __package__:  # run by its path, when the folder of this file is what is importable
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from tools import sync_names
from tools.sync_lint import Names, Problem, entry, find_used_names
from tools.sync_translation import (
    Draft,
    Tree,
    draft_twin,
    files_in,
    require_unasync,
    sources_of,
)

__all__ = ["NAMES", "TREES", "generate", "main"]

_ROOT = Path(__file__).resolve().parent.parent

_SEAM = ("__init__", "clients", "ending", "groups", "signals", "sockets", "tasks", "turns")

TREES = (
    Tree(
        "rapyer_async",
        "rapyer_sync",
        frozenset(f"_seam/{module}.py" for module in _SEAM),
        public_api=True,
    ),
    Tree("tests/twin", "tests/twin_sync", frozenset({"conftest.py"})),
    Tree("tests/typing/samples", "tests/typing/samples_sync", frozenset()),
)
NAMES = Names(sync_names.RENAMES, frozenset(sync_names.PUBLIC), sync_names.KEPT)


def generate(
    root: Path, *, trees: Sequence[Tree] = TREES, names: Names = NAMES, check: bool = False
) -> list[Problem]:
    """Write the twins under `root`, or with `check` only compare, and return what is wrong."""
    require_unasync()
    problems = _unused_entries(root, trees, names)
    for tree in trees:
        problems += _seam_problems(root, tree)
        draft = draft_twin(root, tree, names)
        problems += draft.problems
        if check:
            problems += _differences(root, tree, draft)
        else:
            _write(root, tree, draft)
    return problems


def _unused_entries(root: Path, trees: Sequence[Tree], names: Names) -> list[Problem]:
    used: set[str] = set()
    for tree in trees:
        for name, path in sources_of(root, tree).items():
            if name.endswith(".py"):
                try:
                    used |= find_used_names(path.read_text("utf-8"))
                except (SyntaxError, tokenize.TokenError):
                    return []  # its translation reports it; what it uses is not known
    place = "tools/sync_names.py"
    unused = [
        Problem(place, 0, f"no source uses {name}: remove the line {entry(name, twin)}")
        for name, twin in names.renames.items()
        if name not in used
    ]
    unused += [
        Problem(place, 0, f'no source uses {name}: remove the line `"{name}",` from KEPT')
        for name in sorted(names.kept - used)
    ]
    return unused


def _seam_problems(root: Path, tree: Tree) -> list[Problem]:
    """Ask for the hand-written files, and compare the names that a package's seams export."""
    problems: list[Problem] = []
    for name in sorted(tree.by_hand):
        exported: list[set[str]] = []
        for shown in (f"{tree.source}/{name}", f"{tree.target}/{name}"):
            try:
                exported.append(_exported(root / shown))
            except FileNotFoundError:
                problems.append(Problem(shown, 0, "is written by hand, and missing"))
            except SyntaxError as error:
                problems.append(Problem(shown, error.lineno or 0, f"is not Python: {error.msg}"))
        if len(exported) == 2 and tree.public_api and exported[0] != exported[1]:
            odd = ", ".join(sorted(exported[0] ^ exported[1]))
            message = f"exports other names than {tree.target}/{name}: {odd}"
            problems.append(Problem(f"{tree.source}/{name}", 0, message))
    return problems


def _exported(path: Path) -> set[str]:
    for node in ast.parse(path.read_text("utf-8"), str(path)).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return set(ast.literal_eval(node.value))
    return set()


def _targets(root: Path, tree: Tree) -> dict[str, Path]:
    return {name: path for name, path in files_in(root / tree.target) if name not in tree.by_hand}


def _differences(root: Path, tree: Tree, draft: Draft) -> list[Problem]:
    present = _targets(root, tree)
    problems: list[Problem] = []
    for name in sorted(present.keys() | draft.files.keys()):
        shown = f"{tree.target}/{name}"
        if name in draft.refused:
            continue
        if name not in draft.files:
            problems.append(Problem(shown, 0, f"is an orphan: no {tree.source}/{name}"))
        elif name not in present:
            problems.append(Problem(shown, 0, "is missing"))
        elif present[name].read_bytes() != draft.files[name]:
            message = _difference(present[name].read_bytes(), draft.files[name])
            problems.append(Problem(shown, 0, f"is not what its source gives:\n{message}"))
    return problems


def _difference(present: bytes, expected: bytes) -> str:
    old, new = (text.decode("utf-8", "replace").splitlines() for text in (present, expected))
    found = list(difflib.unified_diff(old, new, "committed", "generated", n=1, lineterm=""))
    return "\n".join(found[:12]) or "only the line endings differ"


def _write(root: Path, tree: Tree, draft: Draft) -> None:
    present = _targets(root, tree)
    for name in present.keys() - draft.files.keys() - draft.refused:
        present[name].unlink()
    for name, content in draft.files.items():
        path = root / tree.target / name
        if name not in present or present[name].read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            # By a rename: a test run beside this one must not import half a file.
            fresh = path.with_name(f".{path.name}.{os.getpid()}")
            fresh.write_bytes(content)
            fresh.replace(path)
    _remove_empty_folders(root / tree.target)


def _remove_empty_folders(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and {inside.name for inside in path.iterdir()} <= {"__pycache__"}:
            shutil.rmtree(path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    parser = argparse.ArgumentParser(description="Generate the sync twins.")
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    parser.add_argument("--root", type=Path, default=_ROOT, help="the repository")
    options = parser.parse_args(arguments)
    problems = generate(options.root.resolve(), check=options.check)
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        print(f"{len(problems)} problems with the sync twins", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
