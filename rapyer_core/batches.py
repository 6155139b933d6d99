"""A pipeline's operations as one call of the program, and what its reply means for each."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from .commands import Argument, Command, Reply
from .errors import CrossSlotError, RapyerError, ServerError
from .keys import copy_key, memory_key, scratch_key, slot_of
from .operations import Operation
from .paths import shortened
from .program import Script, pipeline_script

__all__ = [
    "Batch",
    "batches_of",
    "check_one_slot",
    "is_confirmed",
    "renewed",
    "renewed_keys",
    "settle",
]

log: logging.Logger = logging.getLogger("rapyer")

# Seconds for which the server remembers the reply of a batch that must not run twice: longer than
# a caller goes on trying (`rapyer_async.running`).
REMEMBERED = 300


class Batch(NamedTuple):
    """Operations that run in one step.

    `is_whole`: a failure undoes all of them. `once`: an id under which the server remembers the
    reply, so that the batch can be sent again without running again; '' remembers nothing.
    """

    operations: Sequence[Operation]
    is_whole: bool
    once: str = ""

    def run_once(self) -> Batch:
        """Return the same batch with an id of its own."""
        return self._replace(once=uuid.uuid4().hex)

    def results(self, reply: Reply) -> list[Any]:
        """Return each operation's result.

        Raises:
            RapyerError: the first failure.
        """
        failed, replies = _parts(reply)
        if failed:
            self.operations[failed - 1].finish(replies)
        return [
            operation.finish(own) for operation, own in zip(self.operations, replies, strict=True)
        ]

    def replies(self, reply: Reply) -> list[Any]:
        """Return each operation's own reply, where they ran each for itself."""
        return list(_parts(reply)[1])

    def by_sha(self) -> Command:
        """Return the command that runs it where the script is known."""
        script, arguments = self._call()
        return Command(("EVALSHA", script.sha, *arguments))

    def by_source(self) -> Command:
        """Return the command that runs it anywhere, and makes the script known there."""
        script, arguments = self._call()
        return Command(("EVAL", script.source, *arguments))

    def _call(self) -> tuple[Script, list[Argument]]:
        """Return the script that runs the operations, and what it gets."""
        operations = self.operations
        key = operations[0].key if operations else ""
        position = {key: 1} if operations else {}
        names: set[str] = set()
        args: list[Argument] = [
            "all" if self.is_whole else "each",
            REMEMBERED if self.once else "",
            len(operations),
        ]
        is_lifted, lifetime = False, None
        beside: tuple[str, ...] = ()
        refreshes: dict[str, tuple[Argument, ...]] = {}
        for operation in operations:
            # Taken apart at once: reading a named tuple by name costs a look-up each time.
            name, its_key, path, own, _, _, its_lifetime, _, _, refresh, companions, special = (
                operation
            )
            # Said where it changes: most batches are of one document, without a lifetime.
            if its_key != key:
                key, beside = its_key, ()
                args += ("key", position.setdefault(key, len(position) + 1))
            if its_lifetime != lifetime:
                lifetime = its_lifetime
                args += ("lifetime", "" if lifetime is None else lifetime)
            if companions != beside:
                beside = companions
                places = [position.setdefault(each, len(position) + 1) for each in beside]
                args += ("beside", len(beside), *places)
            if special:
                names.add("frame")
                args += ("special", len(special), *special)
            if not isinstance(path, str):
                args += ("steps", len(path.steps), *(part for step in path.steps for part in step))
                path, is_lifted = path.outer, True
            if refresh:
                refreshes[key] = refresh
            names.add(name)
            args += (name, shortened(path), len(own), *own)
        # Once for each document, when all that changes it is done.
        if refreshes:
            names.add("index_refresh")
            for key, told in refreshes.items():
                args += ("index_refresh", position[key], len(told), *told)
        keys = list(position)
        whole = [*keys, *map(copy_key, keys)]
        if is_lifted:
            whole.append(scratch_key(keys[0]))
        if self.once:
            whole.append(memory_key(keys[0], self.once))
        return pipeline_script(frozenset(names), is_lifted), [len(whole), *whole, *args]


def batches_of(
    operations: Sequence[Operation], is_whole: bool, most: int, most_bytes: int, in_cluster: bool
) -> list[Batch]:
    """Return the batches of a pipeline: one, where all of it is to happen or nothing.

    Otherwise batches of at most `most` operations and `most_bytes`, in a cluster of one slot each.

    Raises:
        CrossSlotError: in a cluster, one step was wanted over several slots.
    """
    if is_whole:
        if in_cluster:
            check_one_slot(operations)
        return [Batch(list(operations), True)]
    groups: dict[int, list[Operation]] = {}
    for operation in operations:
        groups.setdefault(slot_of(operation.key) if in_cluster else 0, []).append(operation)
    return [
        Batch(part, False)
        for group in groups.values()
        for part in _parts_of(group, most, most_bytes)
    ]


def _parts_of(operations: list[Operation], most: int, most_bytes: int) -> Iterator[list[Operation]]:
    part, size = list[Operation](), 0
    for operation in operations:
        if part and (len(part) == most or size + operation.size > most_bytes):
            yield part
            part, size = [], 0
        part.append(operation)
        size += operation.size
    yield part


def check_one_slot(operations: Sequence[Operation]) -> None:
    """Raise unless all keys are in one slot of a cluster."""
    keys = sorted({operation.key for operation in operations})
    if len({slot_of(key) for key in keys}) > 1:
        raise CrossSlotError(
            f"a cluster cannot change keys of several slots in one step: {', '.join(keys)}; "
            "nothing was sent. Use all_or_nothing=False, or keys with a common {hash tag}",
            key=keys[0],
            expected="keys of one slot",
            actual=keys,
        )


def settle(
    batch: Batch,
    reply: Reply,
    ignores_failures: bool,
    revert: Callable[[Operation], None] | None = None,
) -> list[RapyerError]:
    """Bring local values up to date with a batch's reply, and return what failed in it.

    `revert` takes back what an operation that failed by itself did locally.

    Raises:
        RapyerError: one operation failed, so that nothing of the batch was done.
    """
    failed, replies = _parts(reply)
    if failed:
        batch.operations[failed - 1].finish(replies)
    errors: list[RapyerError] = []
    for operation, own in zip(batch.operations, replies, strict=True):
        try:
            operation.finish(own)
        except RapyerError as error:
            if revert is not None:
                revert(operation)
            if ignores_failures:
                log.warning("skipped in a pipeline: %s", error)
            else:
                errors.append(error)
    return errors


def is_confirmed(batch: Batch, reply: Reply) -> bool:
    """Return whether everything ran, and came out as it was predicted: nothing is to be settled."""
    failed, replies = _parts(reply)
    if failed:
        return False
    for operation, own in zip(batch.operations, replies, strict=True):
        if operation.confirms is None or (type(own) is list and own[:1] == [b"!"]):
            return False
        if not operation.confirms(own):
            return False
    return True


def renewed_keys(batches: Sequence[Batch], replies: Sequence[Reply | ServerError]) -> list[str]:
    """Return the keys of the documents whose lifetimes batches started anew."""
    keys: dict[str, None] = {}
    for batch, reply in zip(batches, replies, strict=False):
        failed, own = (1, ()) if isinstance(reply, ServerError) else _parts(reply)
        if not failed:
            keys.update(dict.fromkeys(renewed(batch.operations, own)))
    return list(keys)


def renewed(operations: Sequence[Operation], replies: Sequence[Any]) -> list[str]:
    """Return the keys of the documents whose lifetimes operations started anew."""
    return [
        operation.key
        for operation, reply in zip(operations, replies, strict=True)
        if operation.lifetime is not None
        and not isinstance(reply, ServerError)
        and not (type(reply) is list and reply[:1] == [b"!"])
    ]


def _parts(reply: Any) -> tuple[int, Any]:
    return reply[0], reply[1]
