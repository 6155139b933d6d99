"""Letting time pass, and letting others run."""

from __future__ import annotations

import asyncio
import sys

import anyio
import anyio.lowlevel

from rapyer_async._seam.tasks import trio_here

__all__ = ["checkpoint", "checkpoint_if_cancelled", "lets_others_run", "sleep"]


async def sleep(seconds: float) -> None:
    """Let `seconds` pass."""
    await anyio.sleep(seconds)


async def checkpoint() -> None:
    """Let the other tasks run once; a cancellation may arrive here."""
    trio = trio_here()
    if trio is not None:
        await trio.lowlevel.checkpoint()
    else:
        await asyncio.sleep(0)


def lets_others_run() -> bool:
    """Return whether others run while one looks for something again and again."""
    return True


async def checkpoint_if_cancelled() -> None:
    """Let a cancellation that is due arrive; go on at once if there is none."""
    trio = trio_here()
    if trio is not None:
        await trio.lowlevel.checkpoint_if_cancelled()
        return
    task = asyncio.current_task()
    if sys.version_info < (3, 11) or task is None or task.cancelling():
        await asyncio.sleep(0)
    await anyio.lowlevel.checkpoint_if_cancelled()
