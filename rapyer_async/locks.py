"""Locks: taken in line, renewed while the block runs, checked by the save that ends it.

A lock object may be shared and entered again: what belongs to one entry stands in a `_Hold`.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Hashable
from types import TracebackType
from typing import Any, Generic, TypeVar

from typing_extensions import Self

from rapyer_core.batches import Batch, settle
from rapyer_core.config import RedisConfig
from rapyer_core.document_keys import whole_key
from rapyer_core.documents import reading, saving
from rapyer_core.errors import KeyNotFound, OutcomeUnknownError, PipelineError, RapyerError
from rapyer_core.locks import DEFAULT_LEASE, Lease, document_lock_key, named_lock_key
from rapyer_core.model import DocumentModel
from rapyer_core.operations import Operation
from rapyer_core.places import root_of
from rapyer_core.scopes import active_scope
from rapyer_core.search.shadows import refreshed

from ._seam import Background, checkpoint, current_run_id, current_task_id, sleep, to_the_end
from .clients import DEFAULTS, source_driver, source_of
from .running import deliver, run, send

__all__ = ["LockBlock", "ModelLock", "NamedLock", "alock_name"]

M = TypeVar("M", bound="DocumentModel | None")

# Seconds for which a task that ends a block cannot be cancelled: while the lock is given back,
# and while a save is under way. The driver's own timeouts end the second before that.
LONGEST_RELEASE = 5.0
LONGEST_SAVE = 60.0

log: logging.Logger = logging.getLogger("rapyer")


class _Hold:
    """One entry into a lock: its lease, kept by a renewal, and the model of its block."""

    def __init__(self, lease: Lease, renewal: Background) -> None:
        self.lease = lease
        self.renewal = renewal
        self.model: DocumentModel | None = None
        self._process = os.getpid()

    @property
    def is_ours(self) -> bool:
        """Whether it was this process that took the lock, not the one that it was forked from."""
        return self._process == os.getpid()


class LockBlock:
    """What every lock does: take, renew, give back."""

    def __init__(self, key: str, source: RedisConfig, wait: float | None, lease: float) -> None:
        self.key = key
        self._source = source
        self._wait = wait
        self._seconds = lease
        self._holds: dict[Hashable, _Hold] = {}

    @property
    def token(self) -> int:
        """The fencing token: larger with every acquisition of the lock. 0 while it is not held."""
        hold = self._present()
        return hold.lease.token if hold is not None else 0

    @property
    def is_lost(self) -> bool:
        """Whether a renewal found that the lock is not ours any more."""
        hold = self._present()
        return hold is not None and hold.lease.is_lost

    def _present(self) -> _Hold | None:
        """Return the hold of this task, else the newest: a task may ask for its parent's."""
        holds = self._holds
        return holds.get(current_task_id()) or next(reversed(holds.values()), None)

    def _ended(self) -> _Hold | None:
        """Return the hold whose block ends, and forget it.

        It is this task's, but for a generator's that is closed by another one.
        """
        hold = self._holds.pop(current_task_id(), None)
        return self._holds.popitem()[1] if hold is None and self._holds else hold

    async def _take(self) -> _Hold:
        """Wait for the lock.

        Raises:
            PipelineError: in a pipeline, whose writes would come after the lock was given back.
            LockTimeoutError: it was not free in time.
            LockReentryError: this task has it already.
        """
        if active_scope(DEFAULTS) is not None:
            raise PipelineError(
                f"{self.key}: a lock inside a pipeline would end before the pipeline writes; open "
                "the pipeline inside the lock",
                key=self.key,
                expected="no pipeline around the lock",
                actual="an open pipeline",
            )
        task = current_task_id()
        owner = (current_run_id(), task, source_driver(self._source))
        lease = Lease(self.key, owner, self._wait, self._seconds)
        lease.claim()
        try:
            await self._wait_in_line(lease)
        except BaseException:
            # The call that failed may have taken the lock, or a place in the line.
            await self._give_back(lease)
            raise
        hold = self._holds[task] = _Hold(lease, Background(lambda own: self._keep(lease, own)))
        return hold

    async def _wait_in_line(self, lease: Lease) -> None:
        until = None if self._wait is None else time.monotonic() + self._wait
        while True:
            pause = await self._ask(lease.acquire_operation())
            if pause is None:
                return
            if until is not None and time.monotonic() + pause > until:
                if time.monotonic() >= until:
                    raise lease.timed_out()
                pause = max(0.0, until - time.monotonic())
            await sleep(pause)

    async def _keep(self, lease: Lease, background: Background) -> None:
        """Renew the lease while the block runs."""
        while await background.pause(lease.renewal):
            try:
                is_ours, problem = await self._ask(lease.renew_operation()), "it was lost"
            except RapyerError as error:
                is_ours, problem = True, f"the lease could not be renewed: {error}"
            else:
                if is_ours:
                    continue
            # What came back while the block ended says nothing about the block.
            if not await background.pause(0):
                return
            log.warning("%s: in use, and %s", self.key, problem)
            if not is_ours:
                return

    async def _release(self, hold: _Hold) -> None:
        hold.renewal.stop()
        await self._give_back(hold.lease)

    async def _give_back(self, lease: Lease) -> None:
        """Release the lock whatever happens; what prevents it ends with the lease."""
        lease.unclaim()
        try:
            await to_the_end(self._ask, lease.release_operation(), seconds=LONGEST_RELEASE)
        except (RapyerError, TimeoutError) as error:
            log.warning("%s: the lock could not be given back: %r", self.key, error)

    async def _ask(self, operation: Operation) -> Any:
        return operation.finish(await send(source_driver(self._source), operation))


class NamedLock(LockBlock):
    """A lock that belongs to no document; the block gets the lock itself."""

    async def __aenter__(self) -> Self:
        await self._take()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        hold = self._ended()
        if hold is not None and hold.is_ours:
            await self._release(hold)


class ModelLock(LockBlock, Generic[M]):
    """A document's lock. The block gets the model, and what it changed is saved at the end."""

    def __init__(
        self,
        cls: type[DocumentModel],
        key: str,
        model: DocumentModel | None,
        *,
        action: str,
        save_at_end: bool,
        wait: float | None,
        lease: float,
        must_exist: bool,
    ) -> None:
        super().__init__(document_lock_key(key, action), source_of(cls), wait, lease)
        self._class = cls
        self._document_key = key
        self._model = model
        self._saves = save_at_end
        self._must_exist = must_exist

    async def __aenter__(self) -> M:
        hold = await self._take()
        try:
            hold.model = await self._refreshed()
        except BaseException:
            self._ended()
            await self._release(hold)
            raise
        return hold.model  # type: ignore[return-value]  # M is what the maker of the lock said

    async def _refreshed(self) -> DocumentModel | None:
        """Return the model as the server has it now, but for what was changed locally."""
        if self._model is None:
            key = whole_key(self._class, self._document_key)
            try:
                found: DocumentModel = await run(
                    self._class, reading.get_operation(self._class, key)
                )
                return found
            except KeyNotFound:
                if self._must_exist:
                    raise
                return None
        root = root_of(self._model)
        if root.rapyer_route() is not None:
            await run(type(root), reading.reload_operation(root, "lock", keeps_changes=True))
        return self._model

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        hold = self._ended()
        if hold is None or not hold.is_ours:
            return
        try:
            if error is None and self._saves and hold.model is not None:
                await self._save(hold.lease, root_of(hold.model))
        finally:
            await self._release(hold)

    async def _save(self, lease: Lease, root: DocumentModel) -> None:
        """Write the changes. A cancellation comes before it is sent or after its reply.

        Raises:
            LockLostError: the lock is not ours any more; nothing was written.
            KeyNotFound: the document vanished.
            OutcomeUnknownError: the reply was lost.
        """
        await checkpoint()
        try:
            await to_the_end(self._check_and_write, lease, root, seconds=LONGEST_SAVE)
        except TimeoutError as error:
            raise OutcomeUnknownError(
                f"{root.key}: the save was sent, and there was no reply in {LONGEST_SAVE:.0f} s",
                key=root.key,
                expected="a reply",
                actual="none",
            ) from error

    async def _check_and_write(self, lease: Lease, root: DocumentModel) -> None:
        """Check the lock and write the changes, in one step."""
        write = saving.save_write(
            root, only_new=False, only_existing=False, upsert=False, force=False
        )
        operation = refreshed(type(root), write.operation)
        batch = Batch((lease.check_operation(), operation), is_whole=True)
        is_once = type(root).rapyer_settings().is_exactly_once
        try:
            reply = await deliver(source_driver(self._source), batch, is_once)
            errors = settle(batch, reply, False)
        except BaseException:
            write.revert()
            raise
        if errors:
            raise errors[0]


def alock_name(name: str, *, wait: float | None = None, lease: float = DEFAULT_LEASE) -> NamedLock:
    """Hold a lock that belongs to no document, for the length of the block.

    wait: seconds to wait for it; 0 does not wait, None waits as long as it takes. lease: seconds
    after which the lock is free if this process dies; it is renewed while the block runs.

    Yields the lock, with its fencing `token`.

    Raises:
        LockTimeoutError: it was not free in time.
        LockReentryError: this task has it already.
    """
    return NamedLock(named_lock_key(name), DEFAULTS, wait, lease)
