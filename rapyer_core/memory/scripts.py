"""Lua scripts of the in-process server: compiled once, run under the server's lock.

fakeredis compiles a script and collects all garbage at every call, and tells scripts apart
from the server by different errors and globals. Here a script sees what a server shows it (see
``prelude.lua``), but neither `cmsgpack` nor `struct` nor `bit`.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable, Sequence
from importlib import resources
from typing import Any, NamedTuple

from rapyer_core.memory.json_text import encode_json, parse_json
from rapyer_core.memory.kinds import is_list, is_object
from rapyer_core.memory.replies import CommandError

__all__ = ["ScriptEngine"]

_BAD_ARGUMENT = "ERR Command arguments must be strings or integers"

# What a script asks the server for: the command's words, and its reply as fakeredis gives it.
Call = Callable[[Sequence[bytes]], Any]


class CompiledScript(NamedTuple):
    """A script's function, and the SHA-1 by which clients know it."""

    function: Any
    sha: bytes


class ScriptEngine:
    """One Lua world, whose scripts reach the server by the `call` of whoever runs them.

    `error` makes what stands for an error inside a reply.
    """

    def __init__(self, error: Callable[[str], Any]) -> None:
        self._error = error
        # Lua 5.1, as servers have; its name in lupa is not a submodule that types know.
        lua: Any = importlib.import_module("lupa.lua51")
        self._runtime = lua.LuaRuntime(
            encoding=None, unpack_returned_tuples=True, register_eval=False, register_builtins=False
        )
        self._table_from = self._runtime.table_from
        self._lua_type = lua.lua_type
        self._null = object()
        self._call: Call = _nobody
        load = self._runtime.eval(b"loadstring")
        prelude = resources.files("rapyer_core.memory").joinpath("prelude.lua").read_bytes()
        self._compile, self._run = load(prelude, b"@prelude")(
            self._called, self._sha1hex, self._encode, self._decode, self._null
        )
        self._compiled: dict[bytes, CompiledScript] = {}

    def compile(self, source: bytes) -> CompiledScript:
        """Return the compiled script. Errors: CommandError when it does not compile."""
        script = self._compiled.get(source)
        if script is None:
            function, failure = self._compile(_without_shebang(source))
            if function is None:
                text = bytes(failure).decode("utf-8", "replace")
                raise CommandError(f"ERR Error compiling script (new function): {text}")
            script = CompiledScript(function, self._sha1hex(source))
            self._compiled[source] = script
        return script

    def forget(self) -> None:
        """Drop all compiled scripts (SCRIPT FLUSH)."""
        self._compiled.clear()

    def run(
        self, source: bytes, keys: Sequence[bytes], arguments: Sequence[bytes], call: Call
    ) -> Any:
        """Run a script and return its reply. Errors: CommandError."""
        function = self.compile(source).function
        self._call = call
        try:
            kind, value = self._run(function, self._table_from(keys), self._table_from(arguments))
        finally:
            self._call = _nobody
        if kind == b"failure":
            raise CommandError(bytes(value).decode("utf-8", "replace"))
        return self._reply(value)

    def _reply(self, value: Any) -> Any:
        """Turn what a script returned into a reply: numbers lose their fraction, false is null."""
        if isinstance(value, bytes):
            return value
        if isinstance(value, bool):
            return 1 if value else None
        if isinstance(value, (int, float)):
            return int(value)
        if self._lua_type(value) == "table":
            return self._array(value)
        return None

    def _array(self, table: Any) -> Any:
        error, status = table[b"err"], table[b"ok"]
        if error is not None:
            return self._error(bytes(error).decode("utf-8", "replace"))
        if status is not None:
            return status
        items: list[Any] = []
        while (item := table[len(items) + 1]) is not None:  # ends at the first nil, as Redis does
            items.append(self._reply(item))
        return items

    def _called(self, *words: Any) -> Any:
        """Run a script's command. Never raises: an error is the second value returned."""
        try:
            return self._to_lua(self._call([_argument(word) for word in words]))
        except CommandError as error:
            return None, error.text.encode()

    def _to_lua(self, reply: Any) -> Any:
        if reply is None:
            return False
        if is_list(reply):
            return self._table_from([self._to_lua(item) for item in reply])
        if isinstance(reply, Status):
            return self._table_from({b"ok": reply.text})
        if isinstance(reply, CommandError):
            return self._table_from({b"err": reply.text.encode()})
        return reply

    def _sha1hex(self, text: bytes) -> bytes:
        return hashlib.sha1(text, usedforsecurity=False).hexdigest().encode()

    def _encode(self, value: Any) -> bytes:
        return encode_json(self._plain(value))

    def _plain(self, value: Any) -> Any:
        """Turn a Lua value into a JSON one; an empty table is an object, as for cjson."""
        if value is self._null:
            return None
        if isinstance(value, bytes):
            return value.decode()
        if self._lua_type(value) != "table":
            return value
        size = len(value)
        if size:
            return [self._plain(value[position]) for position in range(1, size + 1)]
        return {_name(name): self._plain(item) for name, item in value.items()}

    def _decode(self, text: bytes) -> Any:
        return self._from_plain(parse_json(text))

    def _from_plain(self, value: Any) -> Any:
        if is_list(value):
            return self._table_from([self._from_plain(item) for item in value])
        if is_object(value):
            return self._table_from(
                {name.encode(): self._from_plain(item) for name, item in value.items()}
            )
        if isinstance(value, str):
            return value.encode()
        return self._null if value is None else value


class Status:
    """A simple string (``OK``), which a script sees as a table with the field ``ok``."""

    __slots__ = ("text",)

    def __init__(self, text: bytes) -> None:
        self.text: bytes = text


def _argument(word: Any) -> bytes:
    if isinstance(word, bytes):
        return word
    if isinstance(word, bool) or not isinstance(word, (int, float)):
        raise CommandError(_BAD_ARGUMENT)
    return b"%d" % word if isinstance(word, int) else b"%.17g" % word


def _name(name: Any) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)


def _without_shebang(source: bytes) -> bytes:
    """Blank the ``#!lua`` line that newer servers take, keeping the numbers of the others."""
    return (
        source[source.find(b"\n") :] if source.startswith(b"#!lua") and b"\n" in source else source
    )


def _nobody(words: Sequence[bytes]) -> Any:
    raise CommandError("ERR redis.call is only there while a script runs")
