"""What a class' chain of settings comes to, worked out once for each state of all settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .actions import actions_of_setting
from .cascading import may_cascade
from .config import EPOCH, RedisConfig
from .lifetimes import SAVING, Lifetimes
from .search.shadows import Shadows, shadows_of

if TYPE_CHECKING:
    from .model import DocumentModel

__all__ = ["Settings", "keep_driver", "resolve"]


class Settings(NamedTuple):
    """What a class' chain of settings came to, at one state of all settings."""

    epoch: int
    source: RedisConfig | None
    lifetime: int | None
    """The seconds that a save starts anew; None where it leaves the lifetime alone."""
    new_lifetime: int | str
    """Those of a document that a save creates; empty for none, and where it starts anew."""
    lifetimes: Lifetimes
    """The seconds that each operation starts anew."""
    cascades: bool
    """Whether starting a lifetime anew does the same for documents that are referred to."""
    is_optimistic: bool
    is_exactly_once: bool
    driver: Any
    """The driver of `source`; None until it is first asked for."""
    shadows: Shadows | None
    """What the index needs beside the texts of the class' documents."""
    is_special: bool
    """Whether an operation is more than its own command: exactly once, `shadows`, a cascade."""
    legacy_pickles: bool


def resolve(cls: type[DocumentModel]) -> Settings:
    """Return a class' settings as they are now; the class keeps them until any setting changes."""
    meta = cls.Meta
    lifetimes = Lifetimes(meta.ttl, actions_of_setting(meta.refresh_ttl))
    shadows, cascades = shadows_of(cls), may_cascade(cls)
    resolved = Settings(
        EPOCH.number,
        meta.nearest("redis"),
        lifetimes[SAVING],
        lifetimes.of_new(SAVING),
        lifetimes,
        cascades,
        meta.optimistic,
        meta.exactly_once,
        None,
        shadows,
        meta.exactly_once or cascades or shadows is not None,
        bool(meta.legacy_pickles),
    )
    type.__setattr__(cls, "__rapyer_resolved__", resolved)
    return resolved


def keep_driver(cls: type[DocumentModel], settings: Settings, driver: Any) -> None:
    """Note the driver that settings lead to; another state of settings may lead elsewhere."""
    type.__setattr__(cls, "__rapyer_resolved__", settings._replace(driver=driver))
