"""The Lua program: one set of operations, assembled into one small script each.

The `.lua` files are the program. A file under ``lua/ops`` defines the function of its own
name, ``(key, path, ARGV, offset)``, and says in a ``-- uses:`` line which pieces of
``lua/lib`` it needs. Each operation becomes a script of its own, since Redis runs a script's
top level at every call: a table of all functions costs two to three times what one
operation does.

A script's arguments are ``KEYS[1]`` the document, then the keys beside it that it touches (a piece
sees them as `beside`), ``ARGV[1]`` the lifetime in seconds that a success sets for all of them (''
leaves it alone), ``ARGV[2]`` the path, then the operation's own.
"""

from __future__ import annotations

import functools
import hashlib
import re
from importlib import resources
from typing import NamedTuple

__all__ = ["MOST_SCRIPTS", "Script", "framed_script", "lifted_script", "pipeline_script", "script"]

_FOLDER = resources.files("rapyer_core").joinpath("lua")
_USES = "-- uses:"
_NAMES_BESIDE = re.compile(r"\bbeside\b")

_SINGLE = """
local reply = {name}(KEYS[1], ARGV[2], ARGV, 2)
"""
_LIFTED = """
local steps = {{}}
for i = 1, tonumber(ARGV[3]) do steps[i] = {{ARGV[2 + 2 * i], ARGV[3 + 2 * i]}} end
local reply = lift({name}, KEYS[1], KEYS[#KEYS], ARGV[2], steps, ARGV, 3 + 2 * #steps)
"""
_FRAMED = """
local reply = frame({name}, KEYS[1], ARGV[2], ARGV, 3, 4 + ARGV[3])
"""
_BESIDE = "local beside = {unpack(KEYS, 2)}\n"
# Its arguments stand last, and the last of all says how many there are.
_REFRESH = """
if not (type(reply) == 'table' and reply[1] == '!') then
  index_refresh(KEYS[1], '$', ARGV, #ARGV - 1 - ARGV[#ARGV])
end
"""
_EXPIRE = """
if ARGV[1] ~= '' and not (type(reply) == 'table' and reply[1] == '!') then
  for i = 1, #KEYS do redis.call('EXPIRE', KEYS[i], ARGV[1]) end
end
return reply
"""


class Script(NamedTuple):
    """A script's text and the SHA-1 by which servers know it."""

    name: str
    source: str
    sha: str


@functools.cache
def script(operation: str, is_refreshing: bool = False) -> Script:
    """Return the script that runs one operation on a path.

    is_refreshing: and then writes the numbers that the index needs (`lua/ops/index_refresh.lua`).
    """
    return _finished(operation, (*_requirements(operation), operation), _SINGLE, is_refreshing)


@functools.cache
def lifted_script(operation: str, is_refreshing: bool = False) -> Script:
    """Return the script that runs one operation below members whose names have no path."""
    pieces = dict.fromkeys((*_requirements(operation), *_requirements("lift"), "lift", operation))
    return _finished(operation, tuple(pieces), _LIFTED, is_refreshing)


@functools.cache
def framed_script(operation: str, is_refreshing: bool = False) -> Script:
    """Return the script that runs one operation, and changes and reads the keys beside it."""
    pieces = dict.fromkeys((*_requirements(operation), *_requirements("frame"), "frame", operation))
    return _finished(operation, tuple(pieces), _FRAMED, is_refreshing)


# What a batch runs is so little, as a rule, that a script of just that is the fastest; more than
# this many operations, or sets of them, are not worth the memory of the servers that keep them.
_MOST_OPERATIONS = 8
MOST_SCRIPTS = 200

_pipelines: dict[frozenset[str], Script] = {}


def pipeline_script(operations: frozenset[str], is_lifted: bool = False) -> Script:
    """Return the script that runs a batch of operations, of which these are the names.

    is_lifted: the path of one goes through members whose names have no path.
    """
    names = operations | {"lift"} if is_lifted else operations
    made = _pipelines.get(names)
    if made is None:
        if len(names) > _MOST_OPERATIONS or len(_pipelines) >= MOST_SCRIPTS:
            return _any_pipeline()
        made = _pipelines[names] = _pipeline(_table(sorted(names)))
    return made


def _pipeline(operations: str) -> Script:
    run = _code(_FOLDER.joinpath("pipeline.lua").read_text(encoding="utf-8"))
    source = "\n".join((_source("batch_keys"), _source("notes"), operations, run))
    sha = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()
    return Script("pipeline", source, sha)


def _table(names: list[str]) -> str:
    """Return the Lua text of the table of some operations."""
    pieces = dict.fromkeys(piece for name in names for piece in (*_requirements(name), name))
    body = "\n".join(_source(piece) for piece in pieces)
    entries = ", ".join(f"{name} = {name}" for name in names)
    return f"{body}\nlocal operations = {{{entries}}}"


@functools.cache
def _any_pipeline() -> Script:
    """Return the script that runs every batch; it makes only those operations that are called."""
    branches = "\n".join(_branch(name) for name in (*_operations(), "frame", "lift"))
    make = f"local function make(made, name)\n{branches}\nend"
    return _pipeline(f"{make}\nlocal operations = setmetatable({{}}, {{__index = make}})")


def _branch(name: str) -> str:
    pieces = "\n".join(_source(piece) for piece in (*_requirements(name), name))
    return f"if name == '{name}' then\n{pieces}\nmade.{name} = {name}\nreturn {name}\nend"


def _operations() -> list[str]:
    files = (file.name for file in _FOLDER.joinpath("ops").iterdir())
    return sorted(name[: -len(".lua")] for name in files if name.endswith(".lua"))


def _finished(operation: str, pieces: tuple[str, ...], call: str, is_refreshing: bool) -> Script:
    refresh = ""
    if is_refreshing:
        pieces, refresh = (*pieces, "index_refresh"), _REFRESH
    body = "\n".join(_source(piece) for piece in pieces)
    start = _BESIDE if _NAMES_BESIDE.search(body) else ""
    source = start + body + call.format(name=operation) + refresh + _EXPIRE
    sha = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()
    return Script(operation, source, sha)


@functools.cache
def _requirements(piece: str) -> tuple[str, ...]:
    """Return what a piece needs, each after what it needs itself."""
    ordered: dict[str, None] = {}
    for name in _uses(piece):
        ordered.update(dict.fromkeys((*_requirements(name), name)))
    return tuple(ordered)


def _uses(piece: str) -> list[str]:
    first = _text(piece).split("\n", 1)[0]
    return first.removeprefix(_USES).split() if first.startswith(_USES) else []


def _source(piece: str) -> str:
    """Return a piece without its comments: the text is sent to the server once, and kept there."""
    return _code(_text(piece))


def _code(text: str) -> str:
    lines = text.splitlines()
    return "\n".join(line for line in lines if line.strip() and not line.lstrip().startswith("--"))


@functools.cache
def _text(piece: str) -> str:
    for folder in ("ops", "lib"):
        file = _FOLDER.joinpath(folder).joinpath(f"{piece}.lua")
        if file.is_file():
            return file.read_text(encoding="utf-8")
    raise FileNotFoundError(f"no Lua piece is named {piece!r}")
