"""Walking over the keys of a class."""

from __future__ import annotations

from collections.abc import Iterable

from ..commands import Command
from ..keys import RapyerKey
from ..model import DocumentModel

__all__ = ["owned_keys", "scan_command"]

# Characters that SCAN's MATCH takes for patterns. Source: https://redis.io/docs/latest/commands/keys/
_GLOB = str.maketrans({character: f"\\{character}" for character in "*?[]^\\-"})


def scan_command(cls: type[DocumentModel], cursor: bytes, count: int) -> Command:
    """Return the command for the next part of a walk over the keys of a class."""
    pattern = cls.class_key_initials().translate(_GLOB) + ":*"
    args = ("SCAN", cursor, "MATCH", pattern, "COUNT", count, "TYPE", "ReJSON-RL")
    return Command(args, repeatable=True, bulk=True)


def owned_keys(cls: type[DocumentModel], found: Iterable[bytes]) -> list[RapyerKey]:
    """Return those of a walk's keys that are of the class, each once."""
    registry, prefix = cls.__rapyer_registry__, cls.class_key_initials()
    keys = [RapyerKey(key.decode()) for key in dict.fromkeys(found)]
    owners = ((key, registry.owner_of(key)) for key in keys)
    return [
        key
        for key, owner in owners
        if owner is cls or owner is None or owner.class_key_initials() == prefix
    ]
