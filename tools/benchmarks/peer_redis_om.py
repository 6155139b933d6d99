"""The documents in the words of redis-om, which must be installed to import this.

Its annotations are objects and not texts: it resolves none. The server is the one that the
environment variable REDIS_OM_URL names at that time.
"""

from datetime import datetime
from typing import Any

from tools.benchmarks.measuring import peer

__all__ = ["OmUser", "redis_om"]

redis_om: Any = peer("redis_om")


class OmAddress(redis_om.EmbeddedJsonModel):  # type: ignore[misc]  # the peer is untyped here
    """The nested part."""

    street: str
    city: str
    code: int


class OmUser(redis_om.JsonModel, index=True):  # type: ignore[misc, call-arg]  # the peer is untyped here
    """The document of eight fields; one is indexed, without which nothing can be found."""

    name: str
    email: str
    age: int = redis_om.Field(index=True)
    score: int
    rating: float
    active: bool
    created: datetime
    address: OmAddress
