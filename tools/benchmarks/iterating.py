"""Going through very many documents: how long, and whether memory stays as it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tools.benchmarks.sides import bare

__all__ = ["iterate", "iterate_by_index"]

_ROOT = Path(__file__).resolve().parents[2]
_BATCH = 10_000

# In a process of its own, whose memory nothing else has grown. Prints documents, seconds, and
# the resident memory in kB after the first 5 % and at most.
_WALK = """
import asyncio, sys, time
import rapyer_async

class Numbered(rapyer_async.AtomicRedisModel):
    number: rapyer_async.Index[int]
    name: str

def resident():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))

async def main(url, count):
    is_indexed = sys.argv[3] == "index"
    await rapyer_async.init_rapyer(url, indexes="build" if is_indexed else "lazy")
    conditions = (Numbered.number >= 0,) if is_indexed else ()
    seen, early, most, start = 0, 0, 0, time.perf_counter()
    async for document in Numbered.afind_iter(*conditions):
        seen += 1
        if seen % 1000 == 0:
            most = max(most, resident())
            early = early if seen > count // 20 else most
    print(seen, time.perf_counter() - start, early, most)
    await rapyer_async.teardown_rapyer()

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


def iterate(url: str, count: int) -> str:
    """Write `count` documents, go through them, and return a line that says what was seen."""
    return _iterated(url, count, "keys")


def iterate_by_index(url: str, count: int) -> str:
    """The same by a condition, which an index answers."""
    return _iterated(url, count, "index")


def _iterated(url: str, count: int, way: str) -> str:
    with bare(url) as client:
        for start in range(0, count, _BATCH):
            pipe = client.pipeline(transaction=False)
            for number in range(start, min(start + _BATCH, count)):
                text = f'{{"number":{number},"name":"document {number}"}}'
                pipe.execute_command("JSON.SET", f"Numbered:{number}", "$", text)
            pipe.execute()
    done = subprocess.run(
        [sys.executable, "-c", _WALK, url, str(count), way],
        cwd=_ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    seen, seconds, early, most = done.stdout.split()
    rate = int(seen) / float(seconds)
    return (
        f"iterate {int(seen):,} documents by {way}: {rate:,.0f} per second; resident "
        f"memory {int(early) // 1024} MB after the first 5 %, {int(most) // 1024} MB at most"
    )
