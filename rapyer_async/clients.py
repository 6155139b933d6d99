"""Which driver a class uses: found when it is used, so that order of definition does not matter.

Settings form a chain (`rapyer_core.config`); the level of it that names a client keeps the
driver made for it. No connection is opened by an import or by a class definition.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rapyer_core.cascades import CascadeTTL
from rapyer_core.commands import Command
from rapyer_core.config import RedisConfig
from rapyer_core.errors import NotInitializedError, ServerError, UnsupportedArgumentValueError
from rapyer_core.finding.indexes import OnProgress
from rapyer_core.model import DocumentModel
from rapyer_core.pickling import set_pickle_keys
from rapyer_core.registry import Registry
from rapyer_core.replies import explained
from rapyer_core.settings import keep_driver

from ._seam import StateLock, shielded
from .drivers.opening import open_driver
from .drivers.protocol import Driver

__all__ = [
    "DEFAULTS",
    "REGISTRY",
    "driver_of",
    "init_rapyer",
    "source_driver",
    "source_of",
    "teardown_rapyer",
]

REGISTRY: Registry[Any] = Registry()
DEFAULTS = RedisConfig()

# For the end of an initialisation that failed or was cancelled.
_CLEANUP_SECONDS = 2.0

_opening = StateLock()

# A key that nobody has: asking for its type shows whether the server knows JSON.
_PROBE = Command(("JSON.TYPE", "__rapyer_probe__", "$"), repeatable=True)


def source_of(cls: type[DocumentModel]) -> RedisConfig:
    """Return the level of settings that names a class' client.

    Raises:
        NotInitializedError: there is none.
    """
    source = cls.rapyer_settings().source
    if source is None:
        raise _not_initialized(cls.__name__, f"set {cls.__name__}.Meta.redis")
    return source


def driver_of(cls: type[DocumentModel]) -> Driver:
    """Return the driver of a class: its own, else the default.

    Raises:
        NotInitializedError: there is none.
    """
    settings = cls.rapyer_settings()
    driver: Driver | None = settings.driver
    if driver is None:
        driver = source_driver(source_of(cls))
        keep_driver(cls, settings, driver)
    return driver


def source_driver(source: RedisConfig) -> Driver:
    """Return the driver of a level of settings that names a client."""
    opened = source.driver
    if opened is not None and opened[0] is source.redis:
        driver: Driver = opened[1]
        return driver
    return _opened(source)


def _not_initialized(who: str, otherwise: str) -> NotInitializedError:
    return NotInitializedError(
        f"{who} has no client yet: call init_rapyer(url) first, or {otherwise}",
        model=who,
        expected="a client",
        actual="none",
    )


def _opened(source: RedisConfig) -> Driver:
    with _opening:
        setting = source.redis
        if setting is None:
            raise _not_initialized(
                "the default", "set a model's Meta.redis and use its own methods"
            )
        if source.driver is None or source.driver[0] is not setting:
            source.driver = (setting, open_driver(setting))
        driver: Driver = source.driver[1]
        return driver


async def init_rapyer(
    redis: Any = None,
    ttl: int | None = None,
    *,
    redis_url: str | None = None,
    indexes: str | None = None,
    on_index_progress: OnProgress | None = None,
    pickle_keys: Sequence[str | bytes] | None = None,
    cascade_ttl: CascadeTTL | None = None,
) -> None:
    """Set the default client of every model that has none of its own, and check the server.

    redis: a URL, a client of redis-py, or a driver. redis_url: the same, by the name of a URL.
    ttl: lifetime in seconds of documents whose model sets none. cascade_ttl: whether lifetimes go
    on to what documents refer to, for models and references that do not say.
    indexes: what is done about search indexes that are not what the models declare: "build" (the
    default), "lazy", "check" or "refuse", as `RedisConfig` says. on_index_progress: is told again
    and again how far each index is that is being built. pickle_keys: the keys of the process for
    pickled fields, as `set_pickle_keys` takes them.

    Models that are defined later use it too; their indexes are seen to when they are first used.
    Called again, it replaces the earlier default, which is closed if it was made here from a URL.

    Raises:
        UnsupportedArgumentValueError: neither a client nor a URL was given, or both; or a pickle
            key is too short.
        ConnectionFailedError: the server cannot be reached.
        AuthenticationFailedError: it refused the user or the password.
        ServerLacksFeatureError: it has no RedisJSON.
        IndexUnavailableError: models declare indexes, which this database cannot have.
        IndexMismatchError: another index is there, and `indexes` is "refuse".
    """
    if (redis is None) == (redis_url is None):
        raise UnsupportedArgumentValueError(
            "init_rapyer takes one of redis= (a URL, a client or a driver) and redis_url=",
            expected="one of redis and redis_url",
            actual="neither" if redis is None else "both",
        )
    if pickle_keys is not None:
        set_pickle_keys(*pickle_keys)
    # Raises before anything is opened.
    RedisConfig(ttl=ttl, cascade_ttl=cascade_ttl, indexes=indexes or "build")
    setting = redis if redis_url is None else redis_url
    driver = open_driver(setting)
    try:
        await driver.execute(_PROBE)
    except ServerError as error:
        await driver.aclose()
        raise explained(error, "__rapyer_probe__", "$") from error
    await _close(DEFAULTS)
    DEFAULTS.redis = setting
    DEFAULTS.ttl = ttl
    if indexes is None:
        DEFAULTS.unset("indexes")
    else:
        DEFAULTS.indexes = indexes
    DEFAULTS.cascade_ttl = cascade_ttl
    DEFAULTS.driver = (setting, driver)
    # Here, since indexes are asked for through this module.
    from .indexes.ensuring import ensure_all

    try:
        await ensure_all(REGISTRY.all(), DEFAULTS, on_index_progress)
    except BaseException:
        with shielded(_CLEANUP_SECONDS):
            await teardown_rapyer()
        raise


async def teardown_rapyer() -> None:
    """Close what was opened for the default and for the models, and forget the default."""
    for cls in REGISTRY.all():
        await _close(cls.Meta)
    await _close(DEFAULTS)
    DEFAULTS.unset("redis")
    DEFAULTS.unset("ttl")
    DEFAULTS.unset("indexes")
    DEFAULTS.unset("cascade_ttl")


async def _close(source: RedisConfig) -> None:
    opened, source.driver = source.driver, None
    if opened is not None:
        await opened[1].aclose()
