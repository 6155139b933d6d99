"""The document that all sides store, ours and plain: eight fields, one of them nested.

Those of other libraries are in modules of their own, which are imported when they are measured.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from pydantic import BaseModel

import rapyer_async
import rapyer_sync

__all__ = ["CREATED", "AsyncUser", "IndexedUser", "PlainUser", "SyncUser", "values"]

CREATED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


class Address(BaseModel):
    """The nested part."""

    street: str
    city: str
    code: int


class PlainUser(BaseModel):
    """Plain pydantic."""

    name: str
    email: str
    age: int
    score: int
    rating: float
    active: bool
    created: datetime
    address: Address


class AsyncUser(rapyer_async.AtomicRedisModel):
    """Ours, for event loops."""

    name: str
    email: str
    age: int
    score: rapyer_async.RedisInt
    rating: float
    active: bool
    created: datetime
    address: Address


class IndexedUser(rapyer_async.AtomicRedisModel):
    """Ours, with one field indexed."""

    name: str
    email: str
    age: rapyer_async.Index[int]
    score: rapyer_async.RedisInt
    rating: float
    active: bool
    created: datetime
    address: Address


class SyncUser(rapyer_sync.AtomicRedisModel):
    """Ours, without one."""

    name: str
    email: str
    age: int
    score: rapyer_sync.RedisInt
    rating: float
    active: bool
    created: datetime
    address: Address


def values(number: int = 0) -> dict[str, Any]:
    """Return the fields of one document."""
    return {
        "name": f"Ada Lovelace {number}",
        "email": f"ada{number}@example.org",
        "age": 36,
        "score": number,
        "rating": 4.5,
        "active": True,
        "created": CREATED,
        "address": {"street": "12 St James's Square", "city": "London", "code": 1234},
    }
