"""What a model costs over plain pydantic, without any server; and what importing costs."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel

from tools.benchmarks.measuring import Benchmark, Side, Target
from tools.benchmarks.models import PlainUser, SyncUser, values

__all__ = ["BENCHMARKS"]

_TIMES = 50_000
_ROOT = Path(__file__).resolve().parents[2]

# Seconds of importing the package when what it stands on is there already: redis, and what
# pydantic imports when it is first used.
_IMPORT = """
import time, redis
from pydantic import BaseModel, Field
class Model(BaseModel):
    number: int = Field(0)
start = time.perf_counter()
import rapyer_sync
print(time.perf_counter() - start)
"""


def _repeat(work: Callable[[], object]) -> Callable[[str], float]:
    def run(url: str) -> float:
        start = time.perf_counter()
        for _ in range(_TIMES):
            work()
        return time.perf_counter() - start

    return run


def _construct(model: type[BaseModel]) -> Callable[[str], float]:
    given = values(1)
    return _repeat(lambda: model(**given))


def _validate(model: type[BaseModel]) -> Callable[[str], float]:
    text = PlainUser(**values(1)).model_dump_json()
    return _repeat(lambda: model.model_validate_json(text))


def _import(url: str) -> float:
    done = subprocess.run(
        [sys.executable, "-c", _IMPORT], cwd=_ROOT, check=True, capture_output=True, text=True
    )
    return float(done.stdout)


def _sixty_milliseconds(url: str) -> float:
    return 0.06


def _beside_pydantic(
    name: str, what: str, side: Callable[[type[BaseModel]], Callable[[str], float]]
) -> Benchmark:
    return Benchmark(
        name,
        what,
        [Side("ours", side(SyncUser), _TIMES), Side("pydantic", side(PlainUser), _TIMES)],
        [Target("ours", "pydantic", 0.6)],
    )


BENCHMARKS = [
    _beside_pydantic("construct", "construct a model", _construct),
    _beside_pydantic("validate", "validate a model from JSON", _validate),
    Benchmark(
        "import",
        "imports of rapyer_sync per second, beyond redis and pydantic; the limit is 60 ms",
        [Side("ours", _import, 1), Side("60 ms", _sixty_milliseconds, 1)],
        [Target("ours", "60 ms", 1)],
    ),
]
