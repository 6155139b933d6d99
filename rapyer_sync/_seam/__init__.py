"""The one place where the threaded and the asynchronous library differ by hand.

The modules of `rapyer_async/_seam/` export the same names with the same meaning for tasks;
everything else in this package is generated from that one.

Everything is what gevent's monkey patching replaces, so that greenlets wait where threads do.
"""

from __future__ import annotations

from rapyer_sync._seam.clients import RedisClient, RedisCluster
from rapyer_sync._seam.ending import shielded, to_the_end
from rapyer_sync._seam.groups import Background, TaskGroup, run_blocking, task_group
from rapyer_sync._seam.signals import Event, Lock, StateLock, Wakeup, wakeups
from rapyer_sync._seam.sockets import Readiness, resolve
from rapyer_sync._seam.tasks import (
    RunId,
    current_run_id,
    current_task_id,
    run_is_over,
    task_identity,
)
from rapyer_sync._seam.turns import (
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
