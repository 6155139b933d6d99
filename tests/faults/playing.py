"""A process that works on a document which other processes work on too.

Run as `python -m tests.faults.playing URL KEY NAME WORLD STEPS SEED`. It prints a line for each
effect before it is tried, so that a process that is killed is known by what it had begun.
"""

from __future__ import annotations

import json
import random
import sys
from typing import Any

import anyio

import rapyer_async
import rapyer_sync
from tests.twin import interleaving
from tests.twin_sync import interleaving as interleaving_sync

__all__: list[str] = []


def tell(kind: str, **about: Any) -> None:
    sys.stdout.write(json.dumps({"kind": kind, **about}) + "\n")
    sys.stdout.flush()


class Telling(interleaving.Player):
    """A player that says what it is about to do."""

    def new_id(self) -> str:
        mark = super().new_id()
        tell("begun", mark=mark)
        return mark


class TellingInThreads(interleaving_sync.Player):
    """The same in the other package."""

    def new_id(self) -> str:
        mark = super().new_id()
        tell("begun", mark=mark)
        return mark


def chosen(steps: str, seed: int) -> list[tuple[str, int]]:
    """Steps at random; `steps` is how many, or their names."""
    source = random.Random(seed)
    if steps.isdigit():
        names = sorted(interleaving.STEPS)
        return [(source.choice(names), source.randint(1, 9)) for _ in range(int(steps))]
    return [(name, source.randint(1, 9)) for name in steps.split(",")]


def ending(player: Any) -> None:
    tell(
        "ended",
        done=player.done,
        undone=player.undone,
        logged=player.logged,
        plain=player.plain,
        applied=player.applied,
        guarded=player.guarded,
        spot=player.spot,
        number=player.number,
        steps=len(player.turns),
    )


async def waiting(url: str, key: str, name: str, steps: list[tuple[str, int]]) -> None:
    await rapyer_async.init_rapyer(url, indexes="lazy")
    player = Telling(key, int(name[-1]), [], name)
    tell("ready")
    sys.stdin.readline()
    await player.play(steps)
    ending(player)
    await rapyer_async.teardown_rapyer()


def blocking(url: str, key: str, name: str, steps: list[tuple[str, int]]) -> None:
    rapyer_sync.init_rapyer(url, indexes="lazy")
    player = TellingInThreads(key, int(name[-1]), [], name)
    tell("ready")
    sys.stdin.readline()
    player.play(steps)
    ending(player)
    rapyer_sync.teardown_rapyer()


if __name__ == "__main__":
    _, url, key, name, world, wanted, seed = sys.argv
    made = chosen(wanted, int(seed))
    if world == "sync":
        blocking(url, key, name, made)
    else:
        anyio.run(waiting, url, key, name, made, backend=world)
