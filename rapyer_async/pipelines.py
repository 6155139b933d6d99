"""Pipelines: what happens in the block is sent at its end, in one step, all or nothing."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any, Generic, TypeVar

from rapyer_core.batches import batches_of, is_confirmed, renewed_keys, settle
from rapyer_core.commands import Reply
from rapyer_core.completing import completed
from rapyer_core.config import RedisConfig
from rapyer_core.errors import OutcomeUnknownError, RapyerError
from rapyer_core.scopes import Scope, active_scope

from ._seam import (
    StateLock,
    checkpoint_if_cancelled,
    current_task_id,
    task_identity,
    to_the_end,
)
from .cascades import take_on_keys
from .clients import DEFAULTS, REGISTRY, source_driver
from .running import deliver

__all__ = ["PipelineBlock", "apipeline", "current_scope"]

Y = TypeVar("Y")

# How long the end of a block waits for the reply of its batch, after the batch was sent and the
# task was cancelled. The driver's own reply timeout ends the wait before that.
LONGEST_FLUSH = 60.0


class PipelineBlock(Generic[Y]):
    """The context manager that collects what its block does."""

    def __init__(
        self,
        yielded: Y | None,
        source: RedisConfig,
        settings: RedisConfig,
        *,
        all_or_nothing: bool,
        ignore_redis_error: bool,
        use_existing_pipe: bool,
    ) -> None:
        self._yielded = yielded
        self._source = source
        self._settings = settings
        self._is_whole = all_or_nothing and not ignore_redis_error
        self._ignores = ignore_redis_error
        self._joins = use_existing_pipe
        self._scope: Scope | None = None

    async def __aenter__(self) -> Y:
        existing = active_scope(DEFAULTS) if self._joins else None
        if existing is not None:
            return self._given(existing)
        source, settings, whole = self._source, self._settings.pipelines(), self._is_whole
        source_driver(source)  # raises where there is none yet
        self._scope = Scope(
            source,
            DEFAULTS,
            current_task_id,
            task_identity(),
            StateLock(),
            settings.most_operations if whole else sys.maxsize,
            settings.most_bytes if whole else sys.maxsize,
            sys._getframe(1),  # pyright: ignore[reportPrivateUsage]  # documented, in spite of its name
        )
        self._scope.open()
        return self._given(self._scope)

    def _given(self, scope: Scope) -> Y:
        given: Any = scope if self._yielded is None else self._yielded
        return given  # type: ignore[no-any-return]  # Y is Scope where no model is given

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        scope, self._scope = self._scope, None
        if scope is None:
            return
        scope.close()
        if error is not None:
            scope.discard()
            return
        try:
            scope.check_watched()
            # A cancellation that is due arrives here, while nothing was sent.
            await checkpoint_if_cancelled()
            errors = await self._flushed(scope)
        except BaseException as failure:
            scope.discard()
            if isinstance(failure, RapyerError):
                completed(failure, REGISTRY)
            raise
        if errors:
            raise completed(errors[0], REGISTRY)

    async def _flushed(self, scope: Scope) -> list[RapyerError]:
        """Send what was queued, and return what failed.

        A cancellation comes after the reply, so that the outcome is known.
        """
        if not scope.operations:
            return []
        try:
            return await to_the_end(self._commit, scope, seconds=LONGEST_FLUSH)
        except TimeoutError as error:
            raise OutcomeUnknownError(
                f"the pipeline was sent, and there was no reply in {LONGEST_FLUSH:.0f} s",
                expected="a reply",
                actual="none",
            ) from error

    async def _commit(self, scope: Scope) -> list[RapyerError]:
        driver, settings = source_driver(self._source), self._settings.pipelines()
        batches = batches_of(
            scope.operations,
            self._is_whole,
            settings.most_operations,
            settings.most_bytes,
            driver.is_cluster,
        )
        replies: list[Reply] = []
        errors: list[RapyerError] = []
        try:
            for batch in batches:
                replies.append(await deliver(driver, batch, settings.is_exactly_once))
        except RapyerError as error:
            if not replies:
                raise
            # The parts before it have run, so what is local follows them.
            errors.append(error)
        if not errors and all(map(is_confirmed, batches, replies)):
            scope.finish()
            await take_on_keys(renewed_keys(batches, replies))
            return errors
        scope.restore()
        for batch, reply in zip(batches, replies, strict=False):
            errors += settle(batch, reply, self._ignores, scope.revert)
        for batch in batches[len(replies) :]:
            for operation in batch.operations:
                scope.revert(operation)
        scope.finish()
        await take_on_keys(renewed_keys(batches, replies))
        return errors


def apipeline(
    ignore_redis_error: bool = False,
    use_existing_pipe: bool = False,
    *,
    all_or_nothing: bool = True,
) -> PipelineBlock[Scope]:
    """Collect what the block does to stored models, and do it in one step at its end.

    If one operation fails, or the block raises, nothing is changed on the server and every local
    value is what it was. Inside, an operation returns what it is predicted to give; reads run at
    once and do not see what is queued. A pipeline inside another is its own.

    ignore_redis_error: skip operations that fail, each with a logged warning.
    use_existing_pipe: join the pipeline around this one, if there is one.
    all_or_nothing: False keeps what succeeded; the first failure is raised at the end, and a
    large pipeline is sent in parts.

    Yields the `Scope`; `attach` lets another task join it.

    A cancellation that comes after the batch was sent takes effect when its reply is there, so
    that it is known what happened.

    Raises:
        NotInitializedError: there is no client yet.
        PipelineError: inside, what cannot be queued; where it is called.
        LimitExceededError: inside, more than `Meta.max_pipeline_operations`.
        CrossSlotError: in a cluster, at the end, keys of several slots; nothing was sent.
        OutcomeUnknownError: at the end, the batch was sent and its reply lost.
    """
    return PipelineBlock(
        None,
        DEFAULTS,
        DEFAULTS,
        all_or_nothing=all_or_nothing,
        ignore_redis_error=ignore_redis_error,
        use_existing_pipe=use_existing_pipe,
    )


def current_scope() -> Scope | None:
    """Return the scope of the pipeline that the present task is in, None outside of one."""
    return active_scope(DEFAULTS)
