"""Mistakes with sets and queues; each line names its errors, mypy's and then pyright's."""

from __future__ import annotations

from .accepted_sets import Worker


def constructors() -> None:
    Worker(numbers={"a"})  # E: arg-type / reportArgumentType
    Worker(numbers=set(), jobs=["a"])  # E: list-item / reportArgumentType


async def methods(worker: Worker) -> None:
    await worker.tags.aadd(5)  # E: arg-type / reportArgumentType
    await worker.tags.aadd_many([5])  # E: list-item / reportArgumentType
    await worker.jobs.apush("a")  # E: call-arg / reportCallIssue
    await worker.jobs.apush(5, 1)  # E: arg-type / reportArgumentType
    worker.tags.append("a")  # E: attr-defined / reportAttributeAccessIssue
