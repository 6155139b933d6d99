"""One client's view of the in-process server: the words of a command in, its reply out.

fakeredis keeps the keys, their lifetimes, transactions and all commands but two families:
JSON and scripts are ours. It finds a command's function by name, so a subclass replaces it,
inside transactions too; no client and no event loop is needed around it. Its server holds one
lock around each command, so commands and scripts are atomic among all threads.
"""

from __future__ import annotations

import functools
import hmac
import secrets
from collections.abc import Callable, Sequence
from typing import Any

from fakeredis import FakeServer
from fakeredis._commands import COMMANDS_WITH_SUB, Signature
from fakeredis._core import CommandItem
from fakeredis._helpers import OK, SimpleError, SimpleString, decode_command_bytes
from fakeredis._socket import FakeSocket

from rapyer_core.commands import Reply
from rapyer_core.errors import ServerError
from rapyer_core.memory.database import DatabaseStore
from rapyer_core.memory.documents import Document
from rapyer_core.memory.json_commands import JSON_COMMANDS, run_json_command
from rapyer_core.memory.replies import CommandError
from rapyer_core.memory.scripts import ScriptEngine, Status

__all__ = ["Session"]

# Our own commands count their arguments themselves: fakeredis is told that any number will do.
_NO_ARGUMENTS: Any = ()
_SIGNATURES = {
    name: Signature(name, name, fixed=_NO_ARGUMENTS, repeat=(bytes,))
    for name in (*JSON_COMMANDS, "module")
}

# MODULE LIST of a server with RedisJSON 2.8.3 and without search.
_MODULES: list[Any] = [
    [b"name", b"ReJSON", b"ver", 20803, b"path", b"rapyer_core.memory", b"args", []]
]


# fakeredis pickles what DUMP gives, and would unpickle whatever RESTORE is given: only what this
# process dumped is taken.
_SECRET = secrets.token_bytes(32)
_SIGNATURE_BYTES = 32


def _signature(payload: bytes) -> bytes:
    return hmac.digest(_SECRET, payload, "sha256")


class Session(FakeSocket):
    """A connection without a wire. It serves one caller at a time; sessions are cheap."""

    def __init__(self, server: FakeServer, scripts: ScriptEngine, db: int) -> None:
        super().__init__(server, db, client_class=Session)
        self._scripts = scripts
        self._store = DatabaseStore(lambda: self._db)
        self._replies: list[Any] = []

    def run(self, words: Sequence[bytes]) -> Reply | ServerError:
        """Run one command. An error of the command is returned, not raised."""
        try:
            self._process_command(list(words))
        except Exception as error:  # noqa: BLE001 - a defect of fakeredis' is the server's answer
            self._replies.clear()
            return ServerError(f"ERR memory:// failed with {type(error).__name__}: {error}")
        replies, self._replies = self._replies, []
        reply: Reply | ServerError = replies[-1] if replies else None
        return reply

    def put_response(self, msg: Any) -> None:
        self._replies.append(msg)

    def _decode_error(self, error: SimpleError) -> Any:
        # redis-py's own would drop the error's code.
        return ServerError(error.value)

    def _blocking(
        self,
        timeout: float | None,
        func: Callable[[bool], Any],
        shape: Callable[[Any], Any] | None = None,
    ) -> Any:
        # Nobody may wait here: it would stop the caller's event loop. What a server answers
        # after the timeout is answered at once.
        found = func(True)
        return found if shape is None else shape(found)

    def _name_to_func(self, cmd_name: str) -> tuple[Callable[..., Any] | None, Signature]:
        signature = _SIGNATURES.get(cmd_name)
        if signature is not None:
            return functools.partial(self._run_own, cmd_name), signature
        if cmd_name.startswith("json."):
            # fakeredis' version would not know our documents.
            raise SimpleError(f"ERR unknown command '{cmd_name}' (memory:// does not have it)")
        return super()._name_to_func(cmd_name)

    def _run_own(self, name: str, *arguments: bytes) -> Any:
        try:
            if name == "module":
                return _MODULES
            reply = run_json_command(name, self._store, arguments)
        except CommandError as error:
            raise SimpleError(error.text) from None
        return reply

    @staticmethod
    def _key_value_type(key: CommandItem) -> SimpleString:
        if type(key.value) is Document:
            return SimpleString(b"ReJSON-RL")
        return FakeSocket._key_value_type(key)

    def copy(self, key: CommandItem, newkey: CommandItem, *args: bytes) -> int:
        done: int = super().copy(key, newkey, *args)
        if done and type(key.value) is Document:
            newkey.update(key.value.duplicate())
        return done

    def dump(self, key: CommandItem) -> bytes | None:
        payload = super().dump(key)
        return None if payload is None else _signature(payload) + payload

    def restore(self, key: CommandItem, ttl: int, value: bytes, *args: bytes) -> SimpleString:
        signature, payload = value[:_SIGNATURE_BYTES], value[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, _signature(payload)):
            raise SimpleError("ERR DUMP payload version or checksum are wrong")
        done: SimpleString = super().restore(key, ttl, payload, *args)
        return done

    def eval(self, script: bytes, numkeys: int, *keys_and_args: bytes) -> Any:
        if numkeys > len(keys_and_args):
            raise SimpleError("ERR Number of keys can't be greater than number of args")
        if numkeys < 0:
            raise SimpleError("ERR Number of keys can't be negative")
        keys, arguments = keys_and_args[:numkeys], keys_and_args[numkeys:]
        self._script_resp = 2
        try:
            self._remember(script)
            return self._scripts.run(script, keys, arguments, self._called_by_script)
        except CommandError as error:
            raise SimpleError(error.text) from None
        finally:
            self._script_resp = None

    def evalsha(self, sha1: bytes, numkeys: int, *keys_and_args: bytes) -> Any:
        script = self._server.script_cache.get(sha1.lower())
        if script is None:
            raise SimpleError("NOSCRIPT No matching script.")
        return self.eval(script, numkeys, *keys_and_args)

    def script_load(self, *args: bytes) -> bytes:
        if len(args) != 1:
            raise SimpleError("ERR wrong number of arguments for 'script|load' command")
        try:
            return self._remember(args[0])
        except CommandError as error:
            raise SimpleError(error.text) from None

    def script_flush(self, *args: bytes) -> SimpleString:
        super().script_flush(*args)
        self._scripts.forget()
        return OK

    def _remember(self, script: bytes) -> bytes:
        compiled = self._scripts.compile(script)
        self._server.script_cache[compiled.sha] = script
        sha: bytes = compiled.sha
        return sha

    def _called_by_script(self, words: Sequence[bytes]) -> Any:
        """Run a command for a script. Errors: CommandError."""
        name = decode_command_bytes(words[0]) if words else ""
        arguments = words[1:]
        if name in JSON_COMMANDS:
            return run_json_command(name, self._store, arguments)
        if name in COMMANDS_WITH_SUB and arguments:
            name, arguments = f"{name} {decode_command_bytes(arguments[0])}", arguments[1:]
        try:
            func, signature = self._name_to_func(name)
        except SimpleError:
            raise CommandError("ERR Unknown command called from script") from None
        reply = self._run_command(func, signature, list(arguments), True)
        if isinstance(reply, SimpleError):
            if reply.value.startswith("ERR wrong number of arguments"):
                raise CommandError("ERR Wrong number of args calling command from script")
            raise CommandError(reply.value)
        return Status(reply.value) if isinstance(reply, SimpleString) else reply
