"""Keys of documents: ``{prefix}:{pk}``, and the markers that say which field is the pk."""

from __future__ import annotations

import binascii
from typing import Annotated, Any, TypeAlias, TypeVar

__all__ = [
    "COPY_PREFIX",
    "MEMORY_PREFIX",
    "SCRATCH_PREFIX",
    "SPECIAL_PREFIX",
    "Key",
    "KeyMarker",
    "RapyerKey",
    "copy_key",
    "memory_key",
    "scratch_key",
    "slot_of",
    "special_key",
    "tagged",
]

T = TypeVar("T")

# Slots of a cluster. Source: https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/
_SLOTS = 16384

# Own keys beside a document. The braces are literal: they make a hash tag of the document's
# key, so that a cluster keeps both in one slot.
SCRATCH_PREFIX = "__rapyer_scratch__:"
MEMORY_PREFIX = "__rapyer_done__:"
COPY_PREFIX = "__rapyer_before__:"
SPECIAL_PREFIX = "__rapyer_special__:"


class KeyMarker:
    """Marks the field whose value is the document's pk."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "KeyMarker()"


Key: TypeAlias = Annotated[T, KeyMarker()]
"""``short_code: Key[str]``: the field's value is the document's pk."""


class RapyerKey(str):
    """A document's whole key, prefix included."""

    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.no_info_after_validator_function(cls, core_schema.str_schema())


def scratch_key(key: str) -> str:
    """Return the key at which the Lua program works on a value of `key` that has no path."""
    return SCRATCH_PREFIX + tagged(key)


def copy_key(key: str) -> str:
    """Return the key at which a batch keeps the document of `key` as it was before."""
    return COPY_PREFIX + tagged(key)


def special_key(key: str, field_path: str) -> str:
    """Return the key of a special field of the document of `key`; the path has no root."""
    return f"{SPECIAL_PREFIX}{tagged(key)}:{field_path}"


def tagged(key: str) -> str:
    """Return a key as the end of another one in the same slot: its own braces are that already."""
    start = key.find("{")
    return key if 0 <= start < key.find("}", start) - 1 else f"{{{key}}}"


def memory_key(key: str, once: str) -> str:
    """Return the key at which the server remembers that a write on `key` has run."""
    return f"{MEMORY_PREFIX}{tagged(key)}:{once}"


def slot_of(key: str) -> int:
    """Return a key's slot: that of what stands in its first braces, if anything does."""
    data = key.encode()
    start = data.find(b"{")
    if start >= 0:
        end = data.find(b"}", start + 1)
        if end > start + 1:
            data = data[start + 1 : end]
    return binascii.crc_hqx(data, 0) % _SLOTS
