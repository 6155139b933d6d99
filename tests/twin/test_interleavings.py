"""Tasks on one document at the same time, against a sequential model: nothing lost or doubled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from rapyer_async._seam import task_group

from .interleaving import STEPS, Ledger, Player, check, checked_at_any_time, programs


@pytest.mark.parametrize("names", [sorted(STEPS), ["pipeline", "failing", "lock"]])
async def test_every_step_with_every_other(rapyer: ModuleType, names: list[str]) -> None:
    key = (await Ledger().asave()).key
    turns: list[int] = []
    players = [Player(key, number, turns) for number in range(4)]
    async with task_group() as tasks:
        for player in players:
            shifted = names[player.number :] + names[: player.number]
            tasks.start_soon(player.play, [(name, 1 + player.number) for name in shifted * 2])
        tasks.start_soon(checked_at_any_time, key, 20)
    await check(key, players)


@pytest.fixture
def counted(record_property: Callable[[str, Any], None]) -> Iterator[dict[str, int]]:
    """How much was interleaved, for the summary of the run."""
    counts = {"programs": 0, "steps": 0, "turns": 0}
    yield counts
    record_property("interleaved", counts)


@given(made=programs)
@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_any_programs(
    rapyer: ModuleType, counted: dict[str, int], made: list[list[tuple[str, int]]]
) -> None:
    key = (await Ledger().asave()).key
    turns: list[int] = []
    players = [Player(key, number, turns) for number in range(len(made))]
    async with task_group() as tasks:
        for player, steps in zip(players, made, strict=True):
            tasks.start_soon(player.play, steps)
        tasks.start_soon(checked_at_any_time, key, 5)
    await check(key, players)
    counted["programs"] += 1
    counted["steps"] += len(turns)
    counted["turns"] += sum(one != other for one, other in pairwise(turns))
