"""The documents in the words of rapyer 1.3.6, which must be installed to import this.

Its annotations are objects and not texts: it resolves none.
"""

from datetime import datetime
from typing import Any

from pydantic import Field

from tools.benchmarks.measuring import peer

__all__ = ["PeerURL", "PeerUser", "rapyer"]

rapyer: Any = peer("rapyer")


class PeerAddress(rapyer.AtomicRedisModel):  # type: ignore[misc]  # the peer is untyped here
    """The nested part."""

    street: str
    city: str
    code: int


class PeerUser(rapyer.AtomicRedisModel):  # type: ignore[misc]  # the peer is untyped here
    """The document of eight fields."""

    name: str
    email: str
    age: int
    score: int
    rating: float
    active: bool
    created: datetime
    address: PeerAddress


class PeerURL(rapyer.AtomicRedisModel):  # type: ignore[misc]  # the peer is untyped here
    """The URL shortener's document."""

    original_url: str
    created_at: datetime
    clicks: int = 0
    recent_clicks: list[datetime] = Field(default_factory=list)
