"""What tests ask the server directly, past the models.

The documents are read as text and parsed here, so that a test sees what is stored and not
what the library makes of it.
"""

from __future__ import annotations

import json
from typing import Any

from rapyer_async import AtomicRedisModel
from rapyer_async.clients import driver_of
from rapyer_core.commands import Argument, Command


async def ask(cls: type[AtomicRedisModel], *args: Argument) -> Any:
    """Run one command on the server of a class."""
    return await driver_of(cls).execute(Command(args))


async def stored(model: AtomicRedisModel) -> Any:
    """Return the document of a model, None where there is none."""
    text: Any = await ask(type(model), "JSON.GET", model.key, "$")
    return None if text is None else json.loads(text)[0]


async def lifetime(model: AtomicRedisModel) -> int:
    """Return the document's lifetime in seconds; -1 for none, -2 for no document."""
    seconds: int = await ask(type(model), "TTL", model.key)
    return seconds
