"""The model class: documents saved, loaded, found and deleted."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from pydantic import BaseModel
from typing_extensions import Self

from rapyer_core.cascades import CascadeResult, CascadeTTL, checked_cascade
from rapyer_core.config import RedisConfig
from rapyer_core.copying import duplicate
from rapyer_core.document_keys import whole_key
from rapyer_core.documents import applying, creating, expiring, reading, saving, updating, writing
from rapyer_core.failures import FailedField
from rapyer_core.fetching import asked_levels, names_of
from rapyer_core.finding.asked import Asked, condition_of, refuse_both
from rapyer_core.finding.indexes import IndexInfo, OnProgress
from rapyer_core.keys import RapyerKey
from rapyer_core.locks import DEFAULT_LEASE
from rapyer_core.model import DocumentModel
from rapyer_core.partial import get_parts_operation
from rapyer_core.places import class_of
from rapyer_core.results import DeleteResult, GetOrCreateResult
from rapyer_core.scopes import refuse_in_scope
from rapyer_core.search.conditions import Condition

from . import finding
from .cascades import set_and_take_on
from .clients import DEFAULTS, REGISTRY, source_of
from .fields.bindings import BINDINGS, HANDLES
from .indexes import managing
from .locks import ModelLock
from .pipelines import PipelineBlock
from .query import Query, Stream
from .relations import fetch_levels, fetched_in_batches
from .running import run

__all__ = ["AtomicRedisModel"]


class AtomicRedisModel(DocumentModel):
    """A pydantic model that is a document on the server, whose operations are atomic.

    Keys are ``{class name}:{pk}``; a field annotated ``Key[T]`` is the pk, otherwise one is
    generated. Settings are on `Meta`, which subclasses inherit.
    """

    __slots__ = ()

    Meta: ClassVar[RedisConfig]

    __rapyer_registry__ = REGISTRY
    __rapyer_defaults__ = DEFAULTS

    # Writing

    async def asave(
        self,
        *,
        only_new: bool = False,
        only_existing: bool = False,
        upsert: bool = False,
        force: bool = False,
    ) -> Self:
        """Write the model: a new one whole, of a loaded or saved one what changed since.

        only_new: refuse when there is a document. only_existing: refuse when there is none.
        upsert: write a document whole that vanished in between. force: write everything.

        Raises:
            KeyNotFound: the document vanished; it is not written again by mistake.
            DocumentExistsError: with `only_new`, there is a document.
            RapyerSerializationError: a value cannot be written as JSON.
        """
        write = saving.save_write(
            self, only_new=only_new, only_existing=only_existing, upsert=upsert, force=force
        )
        try:
            await run(class_of(self), write.operation)
        except BaseException:
            write.revert()
            raise
        return self

    async def aload(self) -> Self:
        """Read the model anew into this instance; local changes are dropped.

        Raises:
            KeyNotFound: there is no document.
            CorruptedModelError: it does not validate; the instance is as it was.
        """
        loaded: Self = await run(class_of(self), reading.reload_operation(self, "aload"))
        return loaded

    async def aretry_failed(self) -> dict[str, FailedField]:
        """Read the fields anew that could not be read, and return those that still cannot.

        Raises:
            KeyNotFound: there is no document.
        """
        failed: dict[str, FailedField] = await run(class_of(self), reading.retry_operation(self))
        return failed

    async def aupdate(self, **values: Any) -> Self:
        """Write some fields in one step, all or none; the instance follows.

        Raises:
            InvalidValueError: a value does not validate; nothing was sent.
            UpdateAtomicModelError: a name is not a field, or the field must not change.
        """
        if updating.is_local(self, "aupdate"):
            DocumentModel.update(self, **values)
            return self
        updated: Self = await run(class_of(self), updating.update_write(self, values))
        return updated

    async def adelete(self) -> bool:
        """Delete the document; return whether it was there.

        Raises:
            BadDeleteActionError: the model is part of another one's document.
        """
        return await finding.delete_model(self)

    async def aduplicate(self) -> Self:
        """Save a copy under a new pk, and return it.

        Raises:
            UnsupportedArgumentTypeError: the pk is a field, so that a copy would have the same.
        """
        return (await self.aduplicate_many(1))[0]

    async def aduplicate_many(self, num: int) -> list[Self]:
        """Save copies under new pks, and return them."""
        return await finding.insert([duplicate(self) for _ in range(num)])

    async def aapply(self, function: Callable[[Self], Self | None]) -> Self:
        """Replace the document by what a function makes of it, atomically.

        The function gets the model as it is stored, and changes it or returns another one. It may
        be called several times: anew whenever somebody else changed the document in between.

        Raises:
            KeyNotFound: there is no document.
            ConflictError: somebody else did so each of `Meta.max_retries` times.
        """
        applied: Self = await run(class_of(self), applying.apply_computation(self, function))
        return applied

    async def afetch_related(self, *names: str, depth: int | None = 1) -> Self:
        """Fetch the documents that the model refers to, in one round trip for each level.

        names: the references to follow, each ``name`` or ``author.publisher``, which fetches both;
        without any all of them. depth: without names, how many levels to follow; None for as many
        as there are. Each document is read once. What was fetched before is not read again.

        Raises:
            KeyNotFound: a reference leads to no document: a `DanglingReferenceError`.
            UnsupportedArgumentValueError: a name leads to no reference.
            NotLoadedError: a named reference was not loaded.
        """
        await fetch_levels([self], *asked_levels(type(self), names, depth))
        return self

    async def aset_ttl(self, ttl: int, cascade: bool | CascadeTTL = False) -> CascadeResult | None:
        """Set the lifetime of the document, in seconds.

        cascade: do so for the documents that it refers to as well: each gets what its class says,
        or where that says nothing the same seconds, and none a shorter lifetime than it has. True
        follows references as they and `Meta.cascade_ttl` say, and those of which nothing is said;
        a `CascadeTTL` says how deep. Returns what came of it, in one round trip for each level.

        Raises:
            KeyNotFound: there is no document.
            PipelineError: in a pipeline, with a cascade.
        """
        cls, operation = class_of(self), expiring.expire_operation(self, ttl)
        if cascade is False:
            await run(cls, operation)
            return None
        otherwise = checked_cascade(cascade)
        refuse_in_scope(self, "a cascade", "set the lifetime before or after the pipeline")
        return await set_and_take_on(cls, operation.key, ttl, otherwise)

    async def refresh_ttl(self) -> None:
        """Start the document's lifetime anew, whatever `Meta.refresh_ttl` says.

        Without `Meta.ttl` there is none, and nothing is done.

        Raises:
            KeyNotFound: there is no document.
        """
        operation = expiring.refresh_ttl_operation(self)
        if operation is not None:
            await run(class_of(self), operation)

    def apipeline(
        self,
        ignore_redis_error: bool = False,
        use_existing_pipe: bool = False,
        *,
        all_or_nothing: bool = True,
    ) -> PipelineBlock[Self]:
        """Do in one step, all or nothing, what the block does; see the function of this name.

        Yields the model itself.
        """
        cls = class_of(self)
        return PipelineBlock(
            self,
            source_of(cls),
            cls.Meta,
            all_or_nothing=all_or_nothing,
            ignore_redis_error=ignore_redis_error,
            use_existing_pipe=use_existing_pipe,
        )

    def alock(
        self,
        action: str = "default",
        save_at_end: bool = True,
        *,
        wait: float | None = None,
        lease: float = DEFAULT_LEASE,
    ) -> ModelLock[Self]:
        """Hold the document's lock for the length of the block.

        The block gets this model, refreshed except for what was changed locally. What it changes is
        saved at its end, in a step that checks the lock. An inner model locks its document.

        action: locks of different names do not exclude each other. wait: seconds to wait for the
        lock; 0 does not wait, None waits as long as it takes. lease: seconds after which it is free
        if this process dies; it is renewed while the block runs.

        Raises:
            LockTimeoutError: it was not free in time.
            LockReentryError: this task has it already.
            LockLostError: at the end, it was not ours any more; nothing was written.
        """
        return ModelLock(
            class_of(self),
            self.key,
            self,
            action=action,
            save_at_end=save_at_end,
            wait=wait,
            lease=lease,
            must_exist=True,
        )

    @classmethod
    def alock_from_key(
        cls,
        key: str,
        action: str = "default",
        save_at_end: bool = True,
        *,
        wait: float | None = None,
        lease: float = DEFAULT_LEASE,
    ) -> ModelLock[Self]:
        """Hold the lock of the document of a pk or whole key, and get that document.

        The arguments and errors are those of a model's own lock.

        Raises:
            KeyNotFound: there is no document.
        """
        return ModelLock(
            cls,
            whole_key(cls, key),
            None,
            action=action,
            save_at_end=save_at_end,
            wait=wait,
            lease=lease,
            must_exist=True,
        )

    # By key

    @classmethod
    async def aget(
        cls, key: str, only: Sequence[str] | None = None, *, fetch: Sequence[str] = ()
    ) -> Self:
        """Return the document of a pk or whole key.

        only: load just these fields, each ``name`` or ``nested.name``. Reading another one raises
        `NotLoadedError`; a save writes what changed and nothing else.
        fetch: references to follow, each ``name`` or ``author.publisher``, in one more round trip
        for each level.

        Raises:
            KeyNotFound: there is none, or none that a reference to be followed leads to.
            CorruptedModelError: it does not validate; the error names the fields.
        """
        whole = whole_key(cls, key)
        if only is None:
            operation = reading.get_operation(cls, whole)
        else:
            operation = get_parts_operation(cls, whole, only)
        names = names_of(cls, fetch)
        model: Self = await run(cls, operation)
        if names:
            await fetch_levels([model], names, None)
        return model

    @classmethod
    async def aexists(cls, key: str | Self) -> bool:
        """Return whether there is a document of a pk, whole key or model."""
        return await finding.exists(cls, whole_key(cls, key))

    @classmethod
    async def adelete_by_key(cls, key: str) -> bool:
        """Delete the document of a pk or whole key; return whether it was there.

        Raises:
            BadDeleteActionError: the key is that of another class; nothing was deleted.
        """
        return await finding.delete_key(cls, whole_key(cls, key))

    @classmethod
    async def aget_or_create(cls, model: Self) -> GetOrCreateResult[Self]:
        """Return the document of a model's key, or write the model there, in one step."""
        result: GetOrCreateResult[Self] = await run(cls, creating.get_or_create_operation(model))
        return result

    @classmethod
    async def aupdate_or_create(
        cls, model: Self, only: Sequence[str] | None = None
    ) -> GetOrCreateResult[Self]:
        """Write fields of a model into the document of its key, or the model there, in one step.

        only: the fields to write; without it those that were set on the model, not its defaults.
        """
        result: GetOrCreateResult[Self] = await run(
            cls, creating.update_or_create_operation(model, only)
        )
        return result

    # Many

    @classmethod
    async def ainsert(cls, *models: Self) -> list[Self]:
        """Write models whole, in as few round trips as there can be, and return them."""
        return await finding.insert([writing.of_class(cls, model) for model in models])

    @classmethod
    async def adelete_many(cls, *targets: Self | str | Condition | bool) -> DeleteResult:
        """Delete the documents of models, pks or whole keys, or all that meet conditions.

        Raises:
            BadDeleteActionError: one of them belongs to another class; nothing was deleted.
            UnsupportedArgumentTypeError: keys and conditions at the same time.
        """
        keys, conditions = finding.keys_and_conditions(cls, targets)
        if not conditions:
            return await finding.delete_many(cls, keys)
        refuse_both(cls, keys)
        done = await cls.where(*conditions).adelete()
        for error in done.errors.values():
            raise error
        return DeleteResult(models_deleted=done.changed, keys_deleted=done.changed)

    @classmethod
    def where(cls, *conditions: Condition | bool) -> Query[Self]:
        """Start a query on the documents of the class that meet all of some conditions."""
        return Query(Asked(cls, condition_of(conditions)))

    @classmethod
    async def afind(
        cls,
        *expressions: str | Condition | bool,
        max_results: int | None = None,
        skip_missing: bool = False,
        skip_corrupted: bool = False,
        fetch: Sequence[str] = (),
    ) -> list[Self]:
        """Return documents: of pks or whole keys in their order, or all that meet conditions.

        Without either, all of the class. With both, those of the keys' that meet the conditions.

        max_results: no more than so many. skip_missing: leave out keys without a document, instead
        of raising `KeyNotFound`. skip_corrupted: log and leave out documents that do not validate,
        instead of raising `CorruptedModelError`.
        fetch: references to follow in all of them, each ``name`` or ``author.publisher``, in one
        more round trip for each level.
        """
        names = names_of(cls, fetch)
        keys, conditions = finding.keys_and_conditions(cls, expressions)
        if conditions and not keys:
            query = cls.where(*conditions).skip_corrupted(skip_corrupted)
            models = await (query if max_results is None else query.limit(max_results)).aall()
        else:
            found = finding.documents_of(
                cls,
                keys,
                condition_of(conditions),
                skip_missing=skip_missing,
                skip_corrupted=skip_corrupted,
            )
            models = await finding.collect(found, max_results)
        if names:
            await fetch_levels(models, names, None)
        return models

    @classmethod
    async def afind_one(
        cls, *expressions: str | Condition | bool, fetch: Sequence[str] = ()
    ) -> Self | None:
        """Return the first document that a find would return, None where there is none.

        fetch: references to follow, as of a find.
        """
        models = await cls.afind(*expressions, max_results=1, skip_missing=True, fetch=fetch)
        return models[0] if models else None

    @classmethod
    async def afind_keys(cls, max_results: int | None = None) -> list[RapyerKey]:
        """Return the keys of the documents of the class."""
        return await finding.keys(cls, max_results)

    @classmethod
    def afind_iter(
        cls,
        *expressions: str | Condition | bool,
        skip_missing: bool = False,
        skip_corrupted: bool = False,
        fetch: Sequence[str] = (),
    ) -> AsyncIterator[Self]:
        """Go through documents in batches, in constant memory.

        `fetch` takes one more round trip for each level of each batch.

        The arguments are those of a find. While documents are written, one may be seen twice or,
        when it was added since, not at all; one that exists throughout is seen.
        """
        keys, conditions = finding.keys_and_conditions(cls, expressions)
        found: Stream[Self] | AsyncGenerator[Self, None]
        if conditions and not keys:
            found = cls.where(*conditions).skip_corrupted(skip_corrupted).__aiter__()
        else:
            found = finding.documents_of(
                cls,
                keys,
                condition_of(conditions),
                skip_missing=skip_missing,
                skip_corrupted=skip_corrupted,
            )
        names = names_of(cls, fetch)
        return fetched_in_batches(found, names) if names else found

    # The search index

    @classmethod
    async def acreate_index(cls, on_progress: OnProgress | None = None) -> IndexInfo:
        """Build the index that the class declares, beside the one that is there; return it.

        on_progress: is told again and again how far it is.

        Raises:
            IndexUnavailableError: the class declares none, or the server cannot have one.
        """
        return await managing.create(cls, on_progress)

    @classmethod
    async def adelete_index(cls) -> bool:
        """Remove the index, and no document; return whether it was there."""
        return await managing.delete(cls)

    @classmethod
    async def aindex_info(cls) -> IndexInfo | None:
        """Return the index as it is on the server, None where there is none."""
        return await managing.describe(cls)


AtomicRedisModel.__rapyer_bindings__ = MappingProxyType({**BINDINGS, BaseModel: AtomicRedisModel})
AtomicRedisModel.__rapyer_handles__ = MappingProxyType({**HANDLES, "model": AtomicRedisModel})
AtomicRedisModel.Meta = RedisConfig().below(DEFAULTS)
