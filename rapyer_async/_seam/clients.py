"""redis-py's clients, which wait as this library does."""

from __future__ import annotations

from redis.asyncio import Redis as RedisClient
from redis.asyncio import RedisCluster

__all__ = ["RedisClient", "RedisCluster"]
