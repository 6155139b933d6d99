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
from .program import Script, framed_script, lifted_script, script
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
    `index_refresh` is told, where it changes a text whose number the index needs. `companions`:
    the keys beside the document that it touches, or whose lifetime it starts anew with the
    document's. `special`: words for the frame that writes and reads them in the same step (see
    `beside`).
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
    companions: tuple[str, ...] = ()
    special: tuple[Argument, ...] = ()

    @property
    def touched(self) -> tuple[str, ...]:
        """Every key that it touches, that of the document first."""
        return (self.key, *self.companions)

    @property
    def size(self) -> int:
        """How much its arguments hold, in characters or bytes."""
        parts = (*self.args, *self.special) if self.special else self.args
        try:
            return sum(map(len, parts))  # type: ignore[arg-type]  # most are texts alone
        except TypeError:
            return sum(len(part) for part in parts if isinstance(part, (str, bytes)))

    @property
    def is_repeatable(self) -> bool:
        """Whether running it twice does no more than running it once."""
        return self.is_read and self.lifetime is None

    def by_sha(self) -> Command:
        """Return the command that runs it where the script is known."""
        name, path, lifetime = self.name, self.path, self.lifetime
        if not isinstance(path, str):
            return self._lifted("EVALSHA", lifted_script(name, bool(self.refresh)).sha, path)
        if self.companions or self.refresh:
            return self._script("EVALSHA", self._own_script().sha, path)
        direct = self._direct() if name in DIRECT else None
        if direct is not None:
            return Command(direct, self.is_repeatable)
        seconds = "" if lifetime is None else lifetime
        args = ("EVALSHA", script(name).sha, 1, self.key, seconds, path, *self.args)
        return Command(args, self.is_read and lifetime is None)

    def by_source(self) -> Command:
        """Return the command that runs it anywhere, and makes the script known there."""
        if isinstance(self.path, str):
            return self._script("EVAL", self._own_script().source, self.path)
        text = lifted_script(self.name, bool(self.refresh))
        return self._lifted("EVAL", text.source, self.path)

    def _own_script(self) -> Script:
        made = framed_script if self.special else script
        return made(self.name, bool(self.refresh))

    def _script(self, command: str, text: str, path: str) -> Command:
        lifetime = "" if self.lifetime is None else self.lifetime
        keys, framed = self.touched, (len(self.args),) if self.special else ()
        where = (len(keys), *keys, lifetime, path, *framed)
        return Command((command, text, *where, *self._arguments()), self.is_repeatable)

    def _arguments(self) -> tuple[Argument, ...]:
        """Return its own arguments and what stands behind them for the index's sake."""
        refresh = (*self.refresh, len(self.refresh)) if self.refresh else ()
        return (*self.args, *self.special, *refresh)

    def _direct(self) -> tuple[Argument, ...] | None:
        direct = DIRECT.get(self.name)
        if direct is None or self.refresh or self.companions or self.lifetime is not None:
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
        keys = (*self.touched, scratch_key(self.key))
        lifetime = "" if self.lifetime is None else self.lifetime
        where = (lifetime, path.outer, len(path.steps), *steps)
        args = (command, text, len(keys), *keys, *where, *self._arguments())
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

    `change` takes the value's text (or what `reads` gives) and returns the new text and what to do
    with it once it is written. It may be called several times, and raises what it will to give up.
    """

    route: Route
    change: Callable[[Any], tuple[Any, Callable[[], Any]]]
    lifetime: int | None = None
    is_read: bool = False
    reads: Operation | None = None
    """What reads the value, where that is more than the text at the place."""
    swaps: Callable[[Any, Any], Operation] | None = None
    """What writes a new value if there still is what was read; settles to whether it was."""

    def reading(self) -> Operation:
        """Return what reads the value that the change is based on."""
        return self.reads or read_operation(self.route, bytes)

    def swapping(self, seen: Any, new: Any) -> Operation:
        """Return what writes a new value if nobody changed the one that was seen."""
        if self.swaps is not None:
            return self.swaps(seen, new)
        return swap_operation(self.route, seen, new, self.lifetime)


def read_operation(
    route: Route, settle: Callable[[Any], Any], lifetime: int | None = None
) -> Operation:
    """Read the text at a place."""
    operation = Operation(
        "value_get", route.place.key, route.path, (), settle, None, lifetime, is_read=True
    )
    return _with_companions(operation, route)


def swap_operation(route: Route, seen: bytes, text: str, lifetime: int | None) -> Operation:
    """Replace a text if it is still what was seen; settles to whether it was."""
    args = (seen, text)
    operation = Operation("value_swap", route.place.key, route.path, args, bool, None, lifetime)
    return _with_companions(operation, route)


def _with_companions(operation: Operation, route: Route) -> Operation:
    """Return an operation that starts the lifetime of what is beside the document anew too."""
    if operation.lifetime is None:
        return operation
    beside = type(route.root).rapyer_companions(route.place.key)
    return operation._replace(companions=beside) if beside else operation
