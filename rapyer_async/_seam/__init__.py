"""The one place where the asynchronous and the threaded library differ by hand.

The modules of `rapyer_sync/_seam/` export the same names with the same meaning for threads;
everything else in that package is generated from this one. So nothing else imports asyncio, trio
or anyio, and nothing here decides anything about Redis.

anyio is used wherever its cost does not count. `Wakeup`, `Readiness` and `checkpoint` are on
the path of every command and speak to asyncio and trio directly: with anyio's own events and
cancel scopes in their place a command costs about twice as much.
"""

from __future__ import annotations

from rapyer_async._seam.clients import RedisClient, RedisCluster
from rapyer_async._seam.ending import shielded, to_the_end
from rapyer_async._seam.groups import Background, TaskGroup, run_blocking, task_group
from rapyer_async._seam.signals import Event, Lock, StateLock, Wakeup, wakeups
from rapyer_async._seam.sockets import Readiness, resolve
from rapyer_async._seam.tasks import (
    RunId,
    current_run_id,
    current_task_id,
    run_is_over,
    task_identity,
)
from rapyer_async._seam.turns import (
    checkpoint,
    checkpoint_if_cancelled,
    lets_others_run,
    sleep,
)

__all__ = [
    "Background",
    "Event",
    "Lock",
    "Readiness",
    "RedisClient",
    "RedisCluster",
    "RunId",
    "StateLock",
    "TaskGroup",
    "Wakeup",
    "checkpoint",
    "checkpoint_if_cancelled",
    "current_run_id",
    "current_task_id",
    "lets_others_run",
    "resolve",
    "run_blocking",
    "run_is_over",
    "shielded",
    "sleep",
    "task_group",
    "task_identity",
    "to_the_end",
    "wakeups",
]
