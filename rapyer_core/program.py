"""The Lua program: one set of operations, assembled into one small script each.

The `.lua` files are the program. A file under ``lua/ops`` defines the function of its own
name, ``(key, path, ARGV, offset)``, and says in a ``-- uses:`` line which pieces of
``lua/lib`` it needs. Each operation becomes a script of its own, since Redis runs a script's
top level at every call: a table of all functions costs two to three times what one
operation does.

A file under ``lua/values`` defines a value operation, which works out a new value from the one at
its path and touches no key: ``(old, key, path, ARGV, offset)``, the old value's text first. It
returns the new text, the reply, and what the text's numbers lack, if anything (then it uses
``complete``); or nil and a failure or a reply. Reading before and writing after is
``lua/lib/change.lua``, in a batch ``lua/pipeline.lua``. One whose first argument is 'create' runs
where there is nothing yet as well, and gets no old text.

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
local reply = {name}(KEYS[1], ARGV[2], ARGV, 2{value})
"""
_LIFTED = """
local steps = {{}}
for i = 1, tonumber(ARGV[3]) do steps[i] = {{ARGV[2 + 2 * i], ARGV[3 + 2 * i]}} end
local reply = lift({name}, KEYS[1], KEYS[#KEYS], ARGV[2], steps, ARGV, 3 + 2 * #steps{value})
"""
_FRAMED = """
local reply = frame({name}, KEYS[1], ARGV[2], ARGV, 3, 4 + ARGV[3]{value})
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
    return _finished(operation, (), _SINGLE, is_refreshing)


@functools.cache
def lifted_script(operation: str, is_refreshing: bool = False) -> Script:
    """Return the script that runs one operation below members whose names have no path."""
    return _finished(operation, ("lift",), _LIFTED, is_refreshing)


@functools.cache
def framed_script(operation: str, is_refreshing: bool = False) -> Script:
    """Return the script that runs one operation, and changes and reads the keys beside it."""
    return _finished(operation, ("frame",), _FRAMED, is_refreshing)


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
        made = _pipelines[names] = _pipeline(names)
    return made


def _pipeline(names: frozenset[str]) -> Script:
    """Return the script of a batch that runs no others than these."""
    values = sorted(name for name in names if _is_value(name))
    operations = sorted(names.difference(values))
    if values and not names.isdisjoint(("frame", "lift")):
        operations.append("change")
    pieces = _with_requirements(["fail", *values, *operations])
    body = "\n".join(_source(piece) for piece in pieces)
    tables = f"local values = {_table(values)}"
    if operations:
        tables += f"\nlocal operations = {_table(operations)}"
    return _batch(f"{body}\n{tables}", is_noted=bool(operations))


def _table(names: list[str]) -> str:
    return "{" + ", ".join(f"{name} = {name}" for name in names) + "}"


def _batch(functions: str, is_noted: bool) -> Script:
    """Return a pipeline's script. is_noted: it runs more than value operations."""
    before = ("batch_keys", "notes", "noted") if is_noted else ("batch_keys", "notes")
    return _script("pipeline", "\n".join((*map(_source, before), functions, _source("pipeline"))))


@functools.cache
def _any_pipeline() -> Script:
    """Return the script that runs every batch; it makes only those operations that are called."""
    tables = (
        _lazy_table("values", _names("values")),
        _lazy_table("operations", [*_names("ops"), "change", "frame", "lift"]),
    )
    return _batch("\n".join((_source("complete"), _source("fail"), *tables)), is_noted=True)


def _lazy_table(table: str, names: list[str]) -> str:
    branches = "\n".join(_branch(name) for name in names)
    make = f"local function make_{table}(made, name)\n{branches}\nend"
    return f"{make}\nlocal {table} = setmetatable({{}}, {{__index = make_{table}}})"


def _branch(name: str) -> str:
    pieces = "\n".join(_source(piece) for piece in _with_requirements([name]))
    return f"if name == '{name}' then\n{pieces}\nmade.{name} = {name}\nreturn {name}\nend"


def _names(folder: str) -> list[str]:
    files = (file.name for file in _FOLDER.joinpath(folder).iterdir())
    return sorted(name[: -len(".lua")] for name in files if name.endswith(".lua"))


@functools.cache
def _is_value(name: str) -> bool:
    return _FOLDER.joinpath("values").joinpath(f"{name}.lua").is_file()


def _finished(operation: str, around: tuple[str, ...], call: str, is_refreshing: bool) -> Script:
    pieces, name, value = [*around, operation], operation, ""
    if _is_value(operation):
        pieces, name, value = [*around, operation, "change"], "change", f", {operation}"
    refresh = ""
    if is_refreshing:
        pieces, refresh = [*pieces, "index_refresh"], _REFRESH
    body = "\n".join(_source(piece) for piece in _with_requirements(pieces))
    start = _BESIDE if _NAMES_BESIDE.search(body) else ""
    run = call.format(name=name, value=value)
    return _script(operation, start + body + run + refresh + _EXPIRE)


def _script(name: str, source: str) -> Script:
    sha = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()
    return Script(name, source, sha)


def _with_requirements(pieces: list[str]) -> list[str]:
    """Return pieces and what they need, each after what it needs itself."""
    return list(dict.fromkeys(each for piece in pieces for each in (*_requirements(piece), piece)))


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
    for folder in ("ops/", "values/", "lib/", ""):
        file = _FOLDER.joinpath(f"{folder}{piece}.lua")
        if file.is_file():
            return file.read_text(encoding="utf-8")
    raise FileNotFoundError(f"no Lua piece is named {piece!r}")
