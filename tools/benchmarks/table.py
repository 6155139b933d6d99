"""The result as text: medians with their spread, and the ratios beside what they should be."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from tools.benchmarks.measuring import Row

__all__ = ["heading", "row_lines"]

_PACKAGES = ("pydantic", "redis", "rapyer", "redis-om", "anyio", "trio", "hiredis")


def heading(server: str) -> str:
    """Return what was measured with."""
    found = [f"{name} {_version(name)}" for name in _PACKAGES]
    return f"Python {platform.python_version()}, {', '.join(found)}; server {server}"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "(not installed)"


def row_lines(row: Row) -> list[str]:
    """Return the lines of one benchmark."""
    benchmark = row.benchmark
    lines = [f"{benchmark.name}: {benchmark.what}"]
    for side in benchmark.sides:
        median = row.median(side.name)
        if median is None:
            lines.append(f"    {side.name:18} failed: {row.failures.get(side.name, 'not run')}")
            continue
        rates = row.rates[side.name]
        spread = f"{min(rates):,.0f} to {max(rates):,.0f} in {len(rates)} rounds"
        lines.append(f"    {side.name:18} {median:>12,.0f} {benchmark.unit}   ({spread})")
    for target in benchmark.targets:
        ratio = row.ratio(target)
        if ratio is not None:
            verdict = "reached" if ratio >= target.least else "MISSED"
            lines.append(
                f"    {target.side} / {target.other}: {ratio:.2f} "
                f"(at least {target.least:g}: {verdict})"
            )
    return lines
