"""What needs no class: documents by whole keys, of whatever class the keys belong to."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from rapyer_core.document_keys import whole_key
from rapyer_core.errors import RapyerModelDoesntExistError
from rapyer_core.locks import DEFAULT_LEASE
from rapyer_core.model import DocumentModel
from rapyer_core.results import GetOrCreateResult, RapyerDeleteResult

from . import finding
from .clients import REGISTRY
from .locks import ModelLock
from .model import AtomicRedisModel

__all__ = [
    "adelete_many",
    "aexists",
    "afind",
    "afind_one",
    "aget",
    "aget_or_create",
    "ainsert",
    "alock_from_key",
    "find_redis_models",
    "isolated_models",
]


def find_redis_models() -> list[type[AtomicRedisModel]]:
    """Return every model class, in order of definition."""
    return REGISTRY.all()


def isolated_models() -> AbstractContextManager[None]:
    """Start with no model classes, and restore the present ones at the end of the block.

    For tests that define models: the prefixes of earlier ones are free inside.
    """
    return REGISTRY.isolated()


async def aget(redis_key: str, *, fetch: Sequence[str] = ()) -> AtomicRedisModel:
    """Return the document of a whole key; `fetch` names references to follow, as of a model's get.

    Raises:
        RapyerModelDoesntExistError: no class has the key's prefix.
        KeyNotFound: there is no document.
        CorruptedModelError: it does not validate.
    """
    return await _class_of(redis_key).aget(redis_key, fetch=fetch)


async def afind(
    *redis_keys: str, skip_missing: bool = False, fetch: Sequence[str] = ()
) -> list[AtomicRedisModel]:
    """Return the documents of whole keys, in their order.

    `fetch` names references to follow, which every class among them must have.
    """
    found: dict[str, AtomicRedisModel] = {}
    for cls, keys in _by_class(redis_keys).items():
        models = await cls.afind(*keys, skip_missing=skip_missing, fetch=fetch)
        found.update((model.key, model) for model in models)
    return [found[key] for key in redis_keys if key in found]


async def afind_one(redis_key: str) -> AtomicRedisModel | None:
    """Return the document of a whole key, None where there is none."""
    return await _class_of(redis_key).afind_one(redis_key)


async def aexists(redis_key: str | AtomicRedisModel) -> bool:
    """Return whether there is a document of a whole key or of a model."""
    if isinstance(redis_key, DocumentModel):
        return await finding.exists(type(redis_key), redis_key.key)
    cls = _class_of(redis_key)
    return await finding.exists(cls, whole_key(cls, redis_key))


async def ainsert(*models: AtomicRedisModel) -> list[AtomicRedisModel]:
    """Write models of any classes whole, and return them."""
    for group in _grouped(models).values():
        await finding.insert(group)
    return list(models)


async def aget_or_create(model: AtomicRedisModel) -> GetOrCreateResult[AtomicRedisModel]:
    """Return the document of a model's key, or write the model there, in one step."""
    return await type(model).aget_or_create(model)


def alock_from_key(
    key: str,
    action: str = "default",
    save_at_end: bool = True,
    *,
    wait: float | None = None,
    lease: float = DEFAULT_LEASE,
) -> ModelLock[AtomicRedisModel | None]:
    """Hold the lock of the document of a whole key; the block gets it, or None where there is none.

    The arguments and errors are those of a model's own lock.
    """
    cls = _class_of(key)
    return ModelLock(
        cls,
        whole_key(cls, key),
        None,
        action=action,
        save_at_end=save_at_end,
        wait=wait,
        lease=lease,
        must_exist=False,
    )


async def adelete_many(*args: str | AtomicRedisModel) -> RapyerDeleteResult:
    """Delete the documents of whole keys and models, of any classes."""
    keys: list[str] = [arg.key if isinstance(arg, DocumentModel) else arg for arg in args]
    by_model: dict[type[Any], int] = {}
    keys_deleted = 0
    for cls, own in _by_class(keys).items():
        done = await cls.adelete_many(*own)
        by_model[cls] = done.models_deleted
        keys_deleted += done.keys_deleted
    return RapyerDeleteResult(
        models_deleted=sum(by_model.values()), keys_deleted=keys_deleted, by_model=by_model
    )


def _class_of(key: str) -> type[AtomicRedisModel]:
    cls = REGISTRY.owner_of(key)
    if cls is None:
        known = ", ".join(model.class_key_initials() for model in REGISTRY.all())
        raise RapyerModelDoesntExistError(
            f"{key}: no model class has this prefix; there are {known}",
            key=key,
            expected="the prefix of a model class",
            actual=key.rpartition(":")[0],
        )
    found: type[AtomicRedisModel] = cls
    return found


def _by_class(keys: Sequence[str]) -> dict[type[AtomicRedisModel], list[str]]:
    groups: dict[type[AtomicRedisModel], list[str]] = {}
    for key in keys:
        groups.setdefault(_class_of(key), []).append(key)
    return groups


def _grouped(
    models: Sequence[AtomicRedisModel],
) -> dict[type[AtomicRedisModel], list[AtomicRedisModel]]:
    groups: dict[type[AtomicRedisModel], list[AtomicRedisModel]] = {}
    for model in models:
        groups.setdefault(type(model), []).append(model)
    return groups
