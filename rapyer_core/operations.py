"""Operations: what the Lua program is to do at one place, and what its reply means.

An `Operation` is inert: a twin sends it and hands the reply to `finish`. A `Computation` is
the same for what the program cannot do, because a field has validators of its own: a
function over the value, run by compare-and-set.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from .commands import Argument, Command, Reply
from .direct import DIRECT
from .keys import scratch_key
from .paths import LiftedPath, Path
from .places import Route
from .program import lifted_script, script
from .replies import raise_failure

if TYPE_CHECKING:
    from .scopes import Scope

__all__ = ["Computation", "Operation", "read_operation", "swap_operation"]


class Operation(NamedTuple):
    """One call of the program on one place.

    `settle` takes the reply of a success, brings local values up to date and returns what the
    caller gets. `predict` does the same in a pipeline, before there is a reply, and notes in the
    scope how to take it back; without one the operation is called for its reply, and cannot be
    queued. `confirms` tells whether a reply is what was predicted, so that nothing is left to
    settle. `is_read`: it changes no value, so a pipeline runs it at once. `refresh`: what
    `index_refresh` is told, where it changes a text whose number the index needs.
    """

    name: str
    key: str
    path: Path
    args: tuple[Argument, ...]
    settle: Callable[[Any], Any]
    predict: Callable[[Scope], Any] | None = None
    lifetime: int | None = None
    is_read: bool = False
    confirms: Callable[[Any], bool] | None = None
    refresh: tuple[Argument, ...] = ()

    @property
    def size(self) -> int:
        """How much its arguments hold, in characters or bytes."""
        size = 0
        for part in self.args:
            if type(part) is str or isinstance(part, (str, bytes)):
                size += len(part)
        return size

    @property
    def is_repeatable(self) -> bool:
        """Whether running it twice does no more than running it once."""
        return self.is_read and self.lifetime is None

    def by_sha(self) -> Command:
        """Return the command that runs it where the script is known."""
        name, path, lifetime = self.name, self.path, self.lifetime
        if not isinstance(path, str):
            return self._lifted("EVALSHA", lifted_script(name, bool(self.refresh)).sha, path)
        if self.refresh:
            return self._script("EVALSHA", script(name, True).sha, path)
        direct = self._direct() if name in DIRECT else None
        if direct is not None:
            return Command(direct, self.is_repeatable)
        seconds = "" if lifetime is None else lifetime
        args = ("EVALSHA", script(name).sha, 1, self.key, seconds, path, *self.args)
        return Command(args, self.is_read and lifetime is None)

    def by_source(self) -> Command:
        """Return the command that runs it anywhere, and makes the script known there."""
        if isinstance(self.path, str):
            return self._script("EVAL", script(self.name, bool(self.refresh)).source, self.path)
        text = lifted_script(self.name, bool(self.refresh))
        return self._lifted("EVAL", text.source, self.path)

    def _script(self, command: str, text: str, path: str) -> Command:
        lifetime = "" if self.lifetime is None else self.lifetime
        args = (command, text, 1, self.key, lifetime, path, *self._arguments())
        return Command(args, self.is_repeatable)

    def _arguments(self) -> tuple[Argument, ...]:
        """Return its own arguments and what stands behind them for the index's sake."""
        return (*self.args, *self.refresh, len(self.refresh)) if self.refresh else self.args

    def _direct(self) -> tuple[Argument, ...] | None:
        direct = DIRECT.get(self.name)
        if direct is None or self.refresh or self.lifetime is not None:
            return None
        if not isinstance(self.path, str):
            return None
        return direct.args(self.key, self.path, self.args)

    def answered(self, reply: Reply) -> Reply:
        """Return the program's reply, from that of the command that was sent."""
        if self.name in DIRECT and self._direct() is not None:
            return DIRECT[self.name].read(reply, self.key, str(self.path))
        return reply

    def _lifted(self, command: str, text: str, path: LiftedPath) -> Command:
        steps = tuple(part for step in path.steps for part in step)
        keys = (self.key, scratch_key(self.key))
        lifetime = "" if self.lifetime is None else self.lifetime
        where = (lifetime, path.outer, len(path.steps), *steps)
        args = (command, text, 2, *keys, *where, *self._arguments())
        return Command(args, self.is_repeatable)

    def finish(self, reply: Reply) -> Any:
        """Return the result of the call.

        Raises:
            RapyerError: the program answered with a failure; nothing was written.
        """
        if type(reply) is list and reply and reply[0] == b"!":
            raise_failure(reply)
        return self.settle(reply)


class Computation(NamedTuple):
    """A change that Python computes: read, compute, write if nobody changed it in between.

    `change` takes the value's text and returns the new text and what to do with it once it is
    written. It may be called several times, and raises what it will to give up.
    """

    route: Route
    change: Callable[[bytes], tuple[str, Callable[[], Any]]]
    lifetime: int | None = None
    is_read: bool = False


def read_operation(
    route: Route, settle: Callable[[Any], Any], lifetime: int | None = None
) -> Operation:
    """Read the text at a place."""
    return Operation(
        "value_get", route.place.key, route.path, (), settle, None, lifetime, is_read=True
    )


def swap_operation(route: Route, seen: bytes, text: str, lifetime: int | None) -> Operation:
    """Replace a text if it is still what was seen; settles to whether it was."""
    return Operation("value_swap", route.place.key, route.path, (seen, text), bool, None, lifetime)
