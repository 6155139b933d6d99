"""Every block of Python in the README and in docs/ runs as it stands, on both event loops.

The blocks of a file run in order and share their names, as those of a notebook do. One that
starts an event loop itself is a whole program, and gets a thread of its own.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import re
from collections.abc import AsyncIterator
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import anyio.to_thread
import pytest

import rapyer_async
import rapyer_sync
from rapyer_async.clients import REGISTRY as ASYNC_REGISTRY
from rapyer_async.drivers.opening import open_driver
from rapyer_core.commands import Command
from rapyer_sync.clients import REGISTRY as SYNC_REGISTRY

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
WITH_CODE = [path for path in FILES if "```python\n" in path.read_text(encoding="utf-8")]

_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MEMORY = re.compile(r"memory://[\w-]*")
_LINK = re.compile(r"\]\(([^)#:]+)\)")


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    backend: str = request.param
    return backend


@pytest.fixture(autouse=True)
async def _torn_down(anyio_backend: str) -> AsyncIterator[None]:
    """Leave neither a client nor a model behind, also where a block failed."""
    with ASYNC_REGISTRY.isolated(), SYNC_REGISTRY.isolated():
        yield
        await rapyer_async.teardown_rapyer()
        rapyer_sync.teardown_rapyer()


def blocks_of(path: Path) -> list[CodeType]:
    """Compile the blocks of a file; their line numbers are the file's."""
    text = path.read_text(encoding="utf-8")
    found: list[CodeType] = []
    for block in _BLOCK.finditer(text):
        lines_before = text.count("\n", 0, block.start(1))
        source = "\n" * lines_before + block[1]
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        found.append(compile(source, str(path), "exec", flags=flags, dont_inherit=True))
    return found


def memory_urls_of(path: Path) -> set[str]:
    """Return the in-process servers that a file uses: the other event loop may have filled them."""
    return set(_MEMORY.findall(path.read_text(encoding="utf-8")))


def is_whole_program(code: CodeType) -> bool:
    return "run" in code.co_names and "asyncio" in code.co_names


@pytest.mark.parametrize("path", WITH_CODE, ids=lambda path: path.name)
async def test_the_code_of_a_document_runs(path: Path, anyio_backend: str) -> None:
    for url in memory_urls_of(path):
        await open_driver(url).execute(Command(("FLUSHALL",)))
    names: dict[str, Any] = {
        "__name__": f"docs_{path.stem.replace('-', '_')}",
        # As in every module; Python 3.13 looks for it in a class' body.
        "__builtins__": builtins,
    }
    for code in blocks_of(path):
        if is_whole_program(code):
            await anyio.to_thread.run_sync(exec, code, dict(names))
        elif code.co_flags & inspect.CO_COROUTINE:
            await FunctionType(code, names)()
        else:
            exec(code, names)


def test_every_guide_has_code_and_every_block_is_found() -> None:
    guides = {path.name for path in WITH_CODE}
    assert {"README.md", "getting-started.md", "fields.md", "drivers.md"} <= guides
    for path in WITH_CODE:
        assert len(blocks_of(path)) == path.read_text(encoding="utf-8").count("```python")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_links_to_files_lead_somewhere(path: Path) -> None:
    for target in _LINK.findall(path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), f"{path.name} links to {target}"
