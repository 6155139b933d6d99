"""What a benchmark is, and how it is measured: interleaved rounds, and of each side the median.

Rounds of all sides take turns, so that what else the machine does meets all of them. A side is
measured by its own clock, around the work alone: connecting, filling and emptying are outside.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import statistics
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import trio

__all__ = ["Benchmark", "Row", "Side", "Target", "measure", "on_asyncio", "on_trio", "peer"]


class Side(NamedTuple):
    """One of those that are compared. `run` does `work` units on a server and returns seconds."""

    name: str
    run: Callable[[str], float]
    work: int


class Target(NamedTuple):
    """How many times as fast as another side one must be at least."""

    side: str
    other: str
    least: float


@dataclass(frozen=True)
class Benchmark:
    """Sides that do the same work."""

    name: str
    what: str
    sides: list[Side]
    targets: list[Target] = field(default_factory=list)
    unit: str = "per second"
    rounds: int | None = None
    """How many rounds at most, for what is slow."""


@dataclass
class Row:
    """What was measured: every round's rate of every side, or why a side could not be measured."""

    benchmark: Benchmark
    rates: dict[str, list[float]]
    failures: dict[str, str]

    def median(self, side: str) -> float | None:
        """Return the median rate of a side, None if it failed."""
        found = self.rates.get(side)
        return statistics.median(found) if found and side not in self.failures else None

    def ratio(self, target: Target) -> float | None:
        """Return how many times as fast one side was as the other."""
        mine, other = self.median(target.side), self.median(target.other)
        return mine / other if mine and other else None


def measure(benchmark: Benchmark, url: str, empty: Callable[[], object], repeat: int) -> Row:
    """Run the rounds. What a peer cannot do is noted with its error, and its rounds end."""
    rates: dict[str, list[float]] = {side.name: [] for side in benchmark.sides}
    failures: dict[str, str] = {}
    for _ in range(min(repeat, benchmark.rounds or repeat)):
        for side in benchmark.sides:
            if side.name in failures:
                continue
            empty()
            gc.collect()
            try:
                rates[side.name].append(side.work / side.run(url))
            except Exception as error:  # noqa: BLE001  # a peer's failure is a result
                failures[side.name] = f"{type(error).__name__}: {error}"
    return Row(benchmark, rates, failures)


Measured = Callable[[str], Awaitable[float]]


def on_asyncio(work: Measured) -> Callable[[str], float]:
    """Return what runs a measured function on asyncio."""

    def run(url: str) -> float:
        async def main() -> float:
            return await work(url)

        return asyncio.run(main())

    return run


def on_trio(work: Measured) -> Callable[[str], float]:
    """Return what runs a measured function on trio."""

    def run(url: str) -> float:
        seconds: float = trio.run(work, url)
        return seconds

    return run


def peer(name: str) -> Any:
    """Return another library's module: untyped, since it is not there where types are checked."""
    return importlib.import_module(name)
