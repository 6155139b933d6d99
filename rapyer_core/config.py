"""What can be set for a model class, and how that is inherited.

Settings form a chain: a class' own, its base class', …, the package's defaults (what
`init_rapyer` set). A setting that is not made in one place is looked up in the next, at the
time of use, so that a change on a base or a later `init_rapyer` reaches every class.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from .actions import actions_of_setting
from .cascades import CascadeTTL
from .errors import UnsupportedArgumentTypeError

if TYPE_CHECKING:
    from .actions import ActionGroup

__all__ = ["EPOCH", "INDEX_POLICIES", "PipelineSettings", "RedisConfig"]

INDEX_POLICIES = ("build", "lazy", "check", "refuse")


class _Epoch:
    """A number that grows with every change of a setting, so that old results are stale."""

    __slots__ = ("number",)

    def __init__(self) -> None:
        self.number: int = 0


# Read at every operation, so it is an attribute and no function.
EPOCH = _Epoch()


# The first level of every chain; a setting's name is legal if it stands here.
_DEFAULTS: dict[str, Any] = {
    "redis": None,
    "ttl": None,
    "refresh_ttl": True,
    "cascade_ttl": None,
    "key_prefix": None,
    "optimistic": False,
    "exactly_once": False,
    "indexes": "build",
    "require_index": False,
    "allow_pickle": False,
    "legacy_pickles": False,
    "safe_load_all": False,
    "max_delete_per_transaction": 1000,
    "max_retries": 1000,
    # A script holds the server up while it runs: 10,000 operations take it about a tenth of a
    # second (10 µs each, measured on Valkey 9.1).
    "max_pipeline_operations": 10_000,
    # Redis refuses a query buffer of 1 GiB (client-query-buffer-limit); a sixteenth of it leaves
    # room for the other clients.
    "max_pipeline_bytes": 64 * 1024 * 1024,
}

# Of these, what a class sets is not meant for its subclasses.
_OWN_ONLY = frozenset({"key_prefix"})


class PipelineSettings(NamedTuple):
    """What pipelines need of a chain of settings, at one state of all settings."""

    epoch: int
    most_operations: int
    most_bytes: int
    is_exactly_once: bool


class RedisConfig:
    """Settings of one model class; each may also be assigned later.

    redis: a client, a driver or a URL; without one the default of `init_rapyer` is used.
    ttl: lifetime of documents in seconds; None keeps them.
    refresh_ttl: whether reads and atomic operations start the lifetime anew; an `ActionGroup` names
        those that do.
    cascade_ttl: whether that does the same for the documents that are referred to, for references
        that say nothing themselves; None does not.
    key_prefix: what keys start with, instead of the class' name; not inherited.
    optimistic: give documents a revision that saves and updates count up; one that is based on an
        old revision raises `StaleModelError` and writes nothing.
    exactly_once: send a write whose reply was lost again, under an id by which the server knows
        that it has run, instead of raising `OutcomeUnknownError`.
    indexes: what is done about an index on the server that is not what the class declares: "build"
        the declared one, at `init_rapyer` or, for a class that is defined later, at first use;
        "lazy": build it at first use only; "check": warn, and search without an index; "refuse":
        raise `IndexMismatchError`.
    require_index: raise `IndexUnavailableError` instead of searching without an index.
    allow_pickle: whether fields that JSON cannot hold are stored as signed pickles; or what these
        may name, as `Pickled` takes it. It counts when a class is defined.
    legacy_pickles: whether the unsigned pickles that rapyer 1.3.6 stored are read. They may name
        the plain types of Python, the field's own classes, and what is listed here instead of True.
    safe_load_all: whether a field that cannot be read leaves the rest of its document readable, as
        `SafeLoad` says of one field.
    max_delete_per_transaction: how many keys one step of a large delete removes.
    max_pipeline_operations, max_pipeline_bytes: what one all-or-nothing pipeline takes.
    max_retries: how often a compare-and-set is tried before `ConflictError`.

    Raises:
        TypeError: an unknown setting, or a `cascade_ttl` of another type.
        ValueError: a lifetime or count that is not positive.
        InvalidRefreshTtlError: a `refresh_ttl` that is no bool, and no actions that can count.
    """

    __slots__ = ("_own", "_parent", "_pipelines", "driver")

    _parent: RedisConfig | None
    _pipelines: PipelineSettings | None
    _own: dict[str, Any]

    # What this level's `redis` became when it was first used: (the setting, its driver).
    driver: tuple[Any, Any] | None

    redis: Any
    ttl: int | None
    refresh_ttl: bool | ActionGroup
    cascade_ttl: CascadeTTL | None
    key_prefix: str | None
    optimistic: bool
    exactly_once: bool
    indexes: str
    require_index: bool
    allow_pickle: bool | Iterable[Any]
    legacy_pickles: bool | Iterable[Any]
    safe_load_all: bool
    max_delete_per_transaction: int
    max_retries: int
    max_pipeline_operations: int
    max_pipeline_bytes: int

    def __init__(self, **settings: Any) -> None:
        object.__setattr__(self, "_own", {})
        object.__setattr__(self, "_parent", None)
        object.__setattr__(self, "_pipelines", None)
        object.__setattr__(self, "driver", None)
        for name, value in settings.items():
            setattr(self, name, value)

    def __getattr__(self, name: str) -> Any:
        if name not in _DEFAULTS:
            raise AttributeError(f"RedisConfig has no setting {name!r}")
        if name in self._own:
            return self._own[name]
        config = None if name in _OWN_ONLY else self._parent
        while config is not None:
            if name in config._own:
                return config._own[name]
            config = config._parent
        return _DEFAULTS[name]

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "driver":
            object.__setattr__(self, name, value)
            return
        if name not in _DEFAULTS:
            known = ", ".join(sorted(_DEFAULTS))
            raise TypeError(f"RedisConfig has no setting {name!r}; it has {known}")
        if name == "ttl" or name.startswith("max_"):
            _check_positive(name, value, may_be_none=name == "ttl")
        if name == "indexes" and value not in INDEX_POLICIES:
            known = ", ".join(map(repr, INDEX_POLICIES))
            raise ValueError(f"indexes must be one of {known}, not {value!r}")
        if name == "refresh_ttl":
            actions_of_setting(value)
        if name == "cascade_ttl":
            _check_cascade(value)
        self._own[name] = value
        _advance()

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{name}={value!r}" for name, value in self._own.items() if name != "redis"
        )
        return f"RedisConfig({shown})"

    def below(self, parent: RedisConfig) -> RedisConfig:
        """Return a copy of these settings that inherits from `parent`."""
        config = RedisConfig(**self._own)
        object.__setattr__(config, "_parent", parent)
        return config

    def pipelines(self) -> PipelineSettings:
        """Return what a pipeline needs of the settings as they are now."""
        known = self._pipelines
        if known is None or known.epoch != EPOCH.number:
            known = PipelineSettings(
                EPOCH.number,
                self.max_pipeline_operations,
                self.max_pipeline_bytes,
                self.exactly_once,
            )
            object.__setattr__(self, "_pipelines", known)
        return known

    def nearest(self, name: str) -> RedisConfig | None:
        """Return the level of the chain that makes a setting; None where none does."""
        config: RedisConfig | None = self
        while config is not None and config._own.get(name) is None:
            config = config._parent
        return config

    def unset(self, name: str) -> None:
        """Take a setting back, so that the inherited one holds again."""
        self._own.pop(name, None)
        _advance()


def _advance() -> None:
    EPOCH.number += 1


def _check_positive(name: str, value: Any, *, may_be_none: bool) -> None:
    if value is None and may_be_none:
        return
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name} must be a positive integer, not {value!r}")


def _check_cascade(value: Any) -> None:
    if value is not None and not isinstance(value, CascadeTTL):
        raise UnsupportedArgumentTypeError(
            f"cascade_ttl must be a CascadeTTL or None, not {value!r}",
            expected="a CascadeTTL or None",
            actual=value,
        )
