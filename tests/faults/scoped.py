"""A model in each package, for tests of what is special to one world."""

from __future__ import annotations

import json
from typing import Any

import rapyer_async
import rapyer_sync
from rapyer_async.clients import driver_of
from rapyer_core.commands import Command

__all__ = ["BlockingPurse", "Purse", "amount"]


class Purse(rapyer_async.AtomicRedisModel):
    amount: rapyer_async.RedisInt = rapyer_async.Field(0)
    full: rapyer_async.RedisInt = rapyer_async.Field(100, le=100)
    coins: rapyer_async.RedisList[str] = rapyer_async.Field(default_factory=list)


class BlockingPurse(rapyer_sync.AtomicRedisModel):
    Meta = rapyer_sync.RedisConfig(key_prefix="Purse")

    amount: rapyer_sync.RedisInt = rapyer_sync.Field(0)
    full: rapyer_sync.RedisInt = rapyer_sync.Field(100, le=100)
    coins: rapyer_sync.RedisList[str] = rapyer_sync.Field(default_factory=list)


async def amount(purse: Purse) -> Any:
    """What the server has, asked past the models."""
    text: Any = await driver_of(Purse).execute(Command(("JSON.GET", purse.key, "$.amount")))
    return json.loads(text)[0]
