"""Processes on one document, of all worlds, some killed: no effect is lost, none comes twice."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

import rapyer_async
from tests.twin.interleaving import Ledger, Player, check, checked_at_any_time

Record = Callable[[str, Any], None]

WORLDS = ["asyncio", "trio", "sync", "asyncio"]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"  # the processes have their own


@pytest.fixture
async def key(server_url: str) -> AsyncIterator[str]:
    """The key of an empty ledger."""
    await rapyer_async.init_rapyer(server_url, indexes="lazy")
    yield (await Ledger().asave()).key
    await rapyer_async.teardown_rapyer()


def started(url: str, key: str, steps: str, seed: int) -> list[subprocess.Popen[str]]:
    """Start a process for each world, and let them begin together."""
    processes = [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.faults.playing", url, key),
                *(f"p{number}", world, steps, str(seed + number)),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        for number, world in enumerate(WORLDS)
    ]
    for process in processes:
        assert process.stdout is not None and process.stdin is not None
        assert json.loads(process.stdout.readline()) == {"kind": "ready"}
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    return processes


def heard(process: subprocess.Popen[str], number: int) -> tuple[Player, int]:
    """Return what a process did, told by itself or by what it had begun, and its steps."""
    output, _ = process.communicate(timeout=90)
    told = [json.loads(line) for line in output.splitlines()]
    player = Player("", number, [])
    player.unknown = {line["mark"]: -1 for line in told if line["kind"] == "begun"}
    if told and told[-1]["kind"] == "ended":
        end = told[-1]
        for name in ("done", "undone", "logged", "plain", "applied", "guarded", "spot"):
            setattr(player, name, end[name])
        player.unknown = {}
        return player, int(end["steps"])
    return player, len(player.unknown)


async def test_processes_of_all_worlds(server_url: str, key: str, record_property: Record) -> None:
    processes = await anyio.to_thread.run_sync(started, server_url, key, "40", 1)
    await checked_at_any_time(key, 50)
    players, steps = [], 0
    for number, process in enumerate(processes):
        player, made = await anyio.to_thread.run_sync(heard, process, number)
        assert process.returncode == 0
        players.append(player)
        steps += made
    assert steps == 40 * len(WORLDS)
    await check(key, players)
    record_property("interleaved", {"programs": 1, "steps": steps, "turns": 0})


async def test_processes_that_are_killed(
    server_url: str, key: str, record_property: Record
) -> None:
    """Only pipelines: of them each carries the id of its effect, so the half-known can be told."""
    steps = ",".join(["pipeline", "failing", "nested"] * 700)
    processes = await anyio.to_thread.run_sync(started, server_url, key, steps, 7)
    killed = processes[::2]
    for process in killed:
        await anyio.sleep(0.3)
        process.kill()
    await checked_at_any_time(key, 20)
    time_left = anyio.current_time() + 60
    for process in processes:
        if process not in killed:
            await anyio.sleep(0.2)
            process.kill()
    assert anyio.current_time() < time_left
    players, begun = [], 0
    for number, process in enumerate(processes):
        player, made = await anyio.to_thread.run_sync(heard, process, number)
        assert process.returncode != 0
        players.append(player)
        begun += made
    assert begun > 20
    await check_begun(key, players)
    record_property("interleaved", {"programs": 1, "steps": begun, "turns": 0})


async def check_begun(key: str, players: list[Player]) -> None:
    """Of what killed processes had begun, each effect is there whole and once, or not at all."""
    document = await Ledger.aget(key)
    marks = document.marks
    begun = {mark for player in players for mark in player.unknown}
    assert set(marks) <= begun
    assert sorted(document.log) == sorted(marks)
    assert document.first == document.second == sum(marks.values())
    assert document.full == 100
