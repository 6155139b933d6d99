"""Scopes: the context of one pipeline, as an object with an owner.

A ContextVar carries the present scope, but it decides nothing: a scope applies only where its
owner runs. A task started inside the block inherits the variable and is not the owner, so its
writes are never caught by a pipeline that has run already; it may join with `attach`.

A generator that yields inside the block shares its consumer's task. So a scope that was opened
in one also notes the generator's frame, and applies only while that frame is on the stack.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Hashable, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR, CO_ITERABLE_COROUTINE
from types import FrameType
from typing import Any, Protocol

from .config import RedisConfig
from .errors import LimitExceededError, PipelineError, ScopeClosedError, WrongDatabaseError
from .operations import Computation, Operation
from .paths import display
from .places import Route
from .search.shadows import refreshed

__all__ = [
    "Scope",
    "Watched",
    "active_scope",
    "is_any_open",
    "refuse_in_scope",
    "scope_and_route",
    "take_over",
]

_current: ContextVar[Scope | None] = ContextVar("rapyer_scope", default=None)

_GENERATOR = CO_GENERATOR | CO_ASYNC_GENERATOR
_AWAITING = CO_COROUTINE | CO_ITERABLE_COROUTINE


class Scope:
    """What one pipeline collected, and what it takes to undo its local effects.

    owner: the task or thread that opened it. source: the settings that name its database.
    parent: the nearest open scope around it. guard: held while the queue changes, since a thread
    that was attached may add to it while its owner ends the block.
    """

    def __init__(
        self,
        source: RedisConfig,
        world: RedisConfig,
        current_owner: Callable[[], Hashable],
        identity: Callable[[], Hashable],
        guard: AbstractContextManager[Any],
        most_operations: int,
        most_bytes: int,
        frame: FrameType | None,
    ) -> None:
        self.source = source
        self.world = world
        self.parent: Scope | None = _nearest_open(_current.get())
        self.operations: list[Operation] = []
        self.is_open: bool = True
        self._current_owner = current_owner
        self._guard = guard
        self._identity = identity
        self.owner: Hashable = current_owner()
        self._attached: dict[Hashable, int] = {}
        self.frame = generator_frame(frame)
        self._undo: list[Callable[[], None]] = []
        self._remembered: set[tuple[int, Any]] = set()
        self._kept: list[Any] = []
        self._on_failure: list[tuple[int, Callable[[], None]]] = []
        self._when_over: list[Callable[[], None]] = []
        self._watched: dict[tuple[int, Any], Watched] = {}
        self._most_operations = most_operations
        self._most_bytes = most_bytes
        self._bytes = 0
        self._checked: Any = None

    # Who it applies to

    def belongs_to_present(self) -> bool:
        """Return whether what runs now is the owner's, or attached.

        Raises:
            ScopeClosedError: it was attached to the scope, which has ended since.
        """
        if self._attached and self._current_owner() in self._attached:
            if not self.is_open:
                raise _closed("the pipeline that this task was attached to has ended")
            return True
        try:
            return self.is_open and self._identity() is self.owner
        except RuntimeError:  # no event loop, or another kind of it
            return False

    @contextmanager
    def attach(self) -> Generator[Scope]:
        """Let the present task or thread queue into the scope, while the block runs.

        Raises:
            ScopeClosedError: the pipeline has ended.
        """
        if not self.is_open:
            raise _closed("the pipeline has ended, so nothing can join it")
        owner, earlier = self._current_owner(), _current.get()
        self._attached[owner] = self._attached.get(owner, 0) + 1
        _current.set(self)
        try:
            yield self
        finally:
            self._attached[owner] -= 1
            if not self._attached[owner]:
                del self._attached[owner]
            if _current.get() is self:
                _current.set(earlier)

    def open(self) -> None:
        """Make it the current scope."""
        _current.set(self)

    def close(self) -> None:
        """Take no more commands; the scope around it is the current one again."""
        with self._guard:
            self.is_open = False
        self.frame = None
        if _current.get() is self:
            _current.set(_nearest_open(self.parent))

    # What it collects

    def add(self, work: Operation | Computation, cls: Any) -> Any:
        """Queue an operation, and return what it is predicted to give.

        Raises:
            ScopeClosedError: the pipeline has ended.
            WrongDatabaseError: the model's documents are elsewhere.
            PipelineError: the operation cannot be queued.
            LimitExceededError: the pipeline is full.
        """
        settings = cls.rapyer_settings()
        if settings is not self._checked:
            self.check_database(cls)
        if settings.shadows is not None:
            work = refreshed(cls, work)
        with self._guard:
            operation, predict = self._admitted(work)
            mark = len(self._on_failure)
            try:
                result = predict(self)
            except BaseException:
                self._revert_down_to(mark)
                raise
            self.operations.append(operation)
            return result

    def add_all(self, works: Sequence[Operation | Computation], cls: Any) -> list[Any]:
        """Queue operations, all or none, and return what each is predicted to give.

        Raises:
            PipelineError, LimitExceededError: as `add`; none was queued.
        """
        self.check_database(cls)
        with self._guard:
            count, mark, size = len(self.operations), len(self._on_failure), self._bytes
            results: list[Any] = []
            try:
                for work in works:
                    operation, predict = self._admitted(refreshed(cls, work))
                    results.append(predict(self))
                    self.operations.append(operation)
            except BaseException:
                del self.operations[count:]
                self._bytes = size
                self._revert_down_to(mark)
                raise
            return results

    def _admitted(self, work: Operation | Computation) -> tuple[Operation, Callable[[Scope], Any]]:
        """Return work that the queue takes, with what it is predicted to do, or raise."""
        if not self.is_open:
            raise _closed("the pipeline has ended")
        if isinstance(work, Computation) or work.predict is None:
            raise _refused(work)
        size = self._bytes + work.size
        if len(self.operations) >= self._most_operations or size > self._most_bytes:
            raise LimitExceededError(
                f"the pipeline is full: it takes {self._most_operations} operations and "
                f"{self._most_bytes} bytes; nothing was queued. Use several, or "
                "all_or_nothing=False",
                key=work.key,
                expected=f"at most {self._most_operations} operations, {self._most_bytes} bytes",
                actual=f"{len(self.operations) + 1} operations, {size} bytes",
            )
        self._bytes = size
        return work, work.predict

    def check_database(self, cls: Any) -> None:
        """Raise unless a class' documents are in the scope's database."""
        settings = cls.rapyer_settings()
        source = settings.source
        if source is not self.source and (source is None or source.redis != self.source.redis):
            raise WrongDatabaseError(
                f"{cls.__name__} has another client than the pipeline; nothing was queued",
                model=cls.__name__,
                expected="a model of the pipeline's client",
                actual="another client",
            )
        self._checked = settings

    # Local effects

    def remember(
        self, holder: Any, member: Any, snapshot: Callable[..., Callable[[], None]], *args: Any
    ) -> bool:
        """Note how to restore a member of a holder before it is first changed in the scope.

        `snapshot` is called with `args`. Return whether it is the first change.
        """
        mark = (id(holder), member)
        if mark in self._remembered:
            return False
        self._remembered.add(mark)
        self._kept.append(holder)
        self._undo.append(snapshot(*args))
        return True

    def on_failure(self, undo: Callable[[], None]) -> None:
        """Note what is to be taken back if the operation that is being queued does not run."""
        self._on_failure.append((len(self.operations), undo))

    def when_over(self, clean_up: Callable[[], None]) -> None:
        """Note what is to be done when the scope has ended, however it did."""
        self._when_over.append(clean_up)

    def watch(self, holder: Any, member: Any, watched: Callable[[bool], Watched]) -> None:
        """Note a value that was handed out and can change in place without our seeing it.

        `watched` is told whether the member is as it was before the scope.
        """
        if not self.is_watching(holder, member):
            mark = (id(holder), member)
            self._kept.append(holder)
            self._watched[mark] = watched(mark not in self._remembered)

    def is_watching(self, holder: Any, member: Any) -> bool:
        """Return whether a value was noted so."""
        return (id(holder), member) in self._watched

    def check_watched(self) -> None:
        """Raise if a value was changed in place, which no operation stands for.

        Raises:
            PipelineError: which one, and what to do instead.
        """
        for watched in self._watched.values():
            watched.check()

    def revert(self, operation: Operation) -> None:
        """Take back the local effects of one operation, which failed by itself."""
        for position, undo in reversed(self._on_failure):
            if self.operations[position] is operation:
                undo()

    def discard(self) -> None:
        """Drop the queue, and make everything local what it was before the scope."""
        self.restore()
        self._revert_down_to(0)
        for watched in self._watched.values():
            watched.restore()
        self.finish()

    def restore(self) -> None:
        """Make every local value what it was before the scope changed it.

        This comes before the replies are settled too: they are settled as if there had been no
        pipeline, so that a batch ends exactly as the same calls one by one would.
        """
        for undo in reversed(self._undo):
            undo()
        self._undo.clear()
        self._remembered.clear()

    def finish(self) -> None:
        """Let go of everything: the replies have been settled, or the queue was dropped."""
        for clean_up in reversed(self._when_over):
            clean_up()
        self.operations.clear()
        for notes in (self._undo, self._on_failure, self._when_over, self._kept):
            if notes:
                notes.clear()
        self._remembered.clear()
        self._watched.clear()

    def _revert_down_to(self, count: int) -> None:
        while len(self._on_failure) > count:
            self._on_failure.pop()[1]()


class Watched(Protocol):
    """A value that may change in place: how that is noticed, and taken back."""

    def check(self) -> None:
        """Raise if it was changed in place."""
        ...

    def restore(self) -> None:
        """Make it what it was."""
        ...


def is_any_open() -> bool:
    """Return whether there is a scope at all, whether or not it applies here."""
    return _current.get() is not None


def active_scope(world: RedisConfig) -> Scope | None:
    """Return the scope that a call of one of the packages is to be queued in, None to run it.

    Of several it is the innermost. A generator that goes on runs inside its consumer's block,
    although its own may have been opened earlier: there the stack decides.
    """
    scope = _current.get()
    if scope is None:
        return None
    if scope.parent is None and scope.frame is None:  # what most are
        return scope if scope.world is world and scope.belongs_to_present() else None
    applying: list[Scope] = []
    while scope is not None:
        if scope.world is world and scope.belongs_to_present():
            applying.append(scope)
        scope = scope.parent
    frames = {scope.frame for scope in applying if scope.frame is not None}
    if frames:
        nearest = _nearest_on_stack(frames)
        inner = [scope for scope in applying if scope.frame is nearest]
        applying = inner if nearest is not None else [s for s in applying if s.frame is None]
    return applying[0] if applying else None


def take_over(value: Any, build: Callable[..., Any], *args: Any, **named: Any) -> bool:
    """Queue what a local change of a value means, if a scope applies; return whether it did."""
    scope, route = scope_and_route(value)
    if scope is None or route is None:
        return False
    scope.add(build(route, *args, **named), type(route.root))
    return True


def refuse_in_scope(value: Any, what: str, instead: str) -> None:
    """Raise if a scope applies to a value: `what` has no meaning as one step on the server."""
    scope, route = scope_and_route(value)
    if scope is not None and route is not None:
        why = f"{what} cannot be queued; {instead}"
        raise _unqueueable(route.place.key, display(route.path), why)


def scope_and_route(value: Any) -> tuple[Scope | None, Route | None]:
    """Return the scope that applies to a value and the way to it on the server, or None twice."""
    if _current.get() is None:
        return None, None
    route: Route | None = value.rapyer_route()
    if route is None:
        return None, None
    return active_scope(type(route.root).__rapyer_defaults__), route


def _refused(work: Operation | Computation) -> PipelineError:
    """Return the error for work that cannot be queued."""
    if isinstance(work, Computation):
        route = work.route
        return _unqueueable(
            route.place.key,
            display(route.path),
            "the new value is computed from the stored one; do that before or after the pipeline, "
            "or set a value",
        )
    return _unqueueable(
        work.key,
        display(work.path),
        f"{work.name} is called for its reply, which there is at the end only; "
        "do it before or after the pipeline",
    )


def _unqueueable(key: str, path: str, why: str) -> PipelineError:
    return PipelineError(
        f"{key} {path}: in a pipeline {why}",
        key=key,
        path=path,
        expected="what a pipeline can queue",
        actual=why,
    )


def _closed(why: str) -> ScopeClosedError:
    return ScopeClosedError(
        f"{why}; nothing was queued", expected="an open pipeline", actual="a closed one"
    )


def _nearest_open(scope: Scope | None) -> Scope | None:
    """Return the first scope that is open: those that have ended would make the way ever longer."""
    while scope is not None and not scope.is_open:
        scope = scope.parent
    return scope


def generator_frame(frame: FrameType | None) -> FrameType | None:
    """Return the frame of the generator that a scope was opened in, None outside of generators.

    `frame` is the caller of the pipeline's ``__aenter__`` or ``__enter__``. What only awaits is
    passed, and so are plain functions below it: they may leave the scope open for the generator
    that called them. A generator that contextlib drives hands its scope to the block that entered
    it, so it is passed too.
    """
    is_awaited = False
    while frame is not None:
        flags = frame.f_code.co_flags
        if flags & _AWAITING:
            is_awaited = True
        elif flags & _GENERATOR:
            if frame.f_back is None or not _is_contextlib(frame.f_back):
                return frame
        elif is_awaited and not _is_contextlib(frame):
            return None  # what runs a coroutine: the event loop
        frame = frame.f_back
    return None


def _is_contextlib(frame: FrameType) -> bool:
    return frame.f_globals.get("__name__") == "contextlib"


def _nearest_on_stack(wanted: set[FrameType]) -> FrameType | None:
    """Return the one of several frames that is innermost on the stack, None if none is there."""
    frame: FrameType | None = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]  # documented, in spite of its name
    while frame is not None:
        if frame in wanted:
            return frame
        frame = frame.f_back
    return None
