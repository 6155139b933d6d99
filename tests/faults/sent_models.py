"""Models that tests send to other processes, and what is done with them there."""

from __future__ import annotations

from typing import Any

import anyio
from pydantic import BaseModel

import rapyer_async
import rapyer_sync
from rapyer_core.changes import changed_fields


class Part(BaseModel):
    name: str = ""
    count: int = 0


class SentSync(rapyer_sync.AtomicRedisModel):
    name: str = ""
    count: int = 0
    words: list[str] = []  # noqa: RUF012  # pydantic copies it
    part: Part = Part()
    marks: set[str] = set()  # noqa: RUF012  # pydantic copies it


class SentAsync(rapyer_async.AtomicRedisModel):
    name: str = ""
    count: int = 0
    words: list[str] = []  # noqa: RUF012  # pydantic copies it
    part: Part = Part()
    marks: set[str] = set()  # noqa: RUF012  # pydantic copies it


def change_sync(url: str, model: Any) -> Any:
    """Change a model in this process, and return it."""
    rapyer_sync.init_rapyer(url, indexes="lazy")
    # In another order than there: strings have other hashes in each process that is started anew.
    assert not changed_fields(model) - {"name"}
    model.count.increase(5)
    model.words.append("there")
    model.part.count.increase(2)
    model.save()
    rapyer_sync.teardown_rapyer()
    return model


def change_async(url: str, model: Any) -> Any:
    """Change a model in this process, and return it."""

    async def change() -> None:
        assert not changed_fields(model) - {"name"}
        await rapyer_async.init_rapyer(url, indexes="lazy")
        await model.count.aincrease(5)
        await model.words.aappend("there")
        await model.part.count.aincrease(2)
        await model.asave()
        await rapyer_async.teardown_rapyer()

    anyio.run(change)
    return model
