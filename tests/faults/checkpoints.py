"""Cancels a call at its n-th wait, on whichever event loop."""

from __future__ import annotations

import types
from collections.abc import Coroutine, Generator
from typing import Any

import anyio

__all__ = ["cancelled_at"]


@types.coroutine
def _counted(
    call: Coroutine[Any, Any, Any], scope: anyio.CancelScope, nth: int, waits: list[int]
) -> Generator[Any, Any, Any]:
    send: Any = call.send
    value: Any = None
    while True:
        try:
            wait = send(value)
        except StopIteration as end:
            return end.value
        waits[0] += 1
        if waits[0] == nth:
            scope.cancel()
        try:
            value = yield wait
            send = call.send
        except BaseException as error:  # noqa: BLE001  # passed on
            value, send = error, call.throw


async def cancelled_at(nth: int, call: Coroutine[Any, Any, Any]) -> tuple[bool, Any, int]:
    """Run `call`, cancelled at its wait number `nth` (from 1).

    Return whether it was cancelled, what it returned if not, and how often it waited.
    """
    waits = [0]
    with anyio.CancelScope() as scope:
        return False, await _counted(call, scope, nth, waits), waits[0]
    return True, None, waits[0]
