"""Another version of an index is built under constant reads: no answer may lack a document.

Readers are processes of the old release; the new one is a process that starts while they read.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from tools.benchmarks.sides import bare

__all__ = ["reindex"]

_ROOT = Path(__file__).resolve().parents[2]
_BATCH = 10_000
_GROUPS = 1_000
_READERS = 2

# Prints, when its input ends: answers, those that were empty, those that were not all, the longest
# time of one in seconds.
_READER = """
import sys, threading, time
from rapyer_sync import AtomicRedisModel, Index, init_rapyer

class Stock(AtomicRedisModel):
    group: Index[int]
    name: str = ""

init_rapyer(sys.argv[1])
expected = int(sys.argv[2])
over = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
answers = empty = partial = 0
longest = 0.0
print("reading", flush=True)
while not over.is_set():
    group = answers % 1000
    start = time.perf_counter()
    count = len(Stock.where(Stock.group == group).all()) if answers % 5 else Stock.where(Stock.group == group).count()
    longest = max(longest, time.perf_counter() - start)
    answers += 1
    empty += count == 0
    partial += count != expected
print(answers, empty, partial, longest)
"""  # noqa: E501  # a program as it is run

# Prints the seconds until the new index was in use, and how many documents it holds.
_RELEASE = """
import sys, time
from rapyer_sync import AtomicRedisModel, Index, init_rapyer

class Stock(AtomicRedisModel):
    group: Index[int]
    name: Index[str] = ""

start = time.perf_counter()
init_rapyer(sys.argv[1])
print(time.perf_counter() - start, Stock.index_info().documents)
"""


def reindex(url: str, count: int) -> str:
    """Write `count` documents, replace their index while they are read, and say what was seen."""
    count -= count % _GROUPS
    with bare(url) as client:
        for start in range(0, count, _BATCH):
            pipe = client.pipeline(transaction=False)
            for number in range(start, min(start + _BATCH, count)):
                text = f'{{"group":{number % _GROUPS},"name":"item {number}"}}'
                pipe.execute_command("JSON.SET", f"Stock:{number}", "$", text)
            pipe.execute()
    readers = [_started(_READER, url, str(count // _GROUPS)) for _ in range(_READERS)]
    for reader in readers:
        assert reader.stdout is not None
        if reader.stdout.readline().strip() != "reading":
            raise RuntimeError("a reader did not start")
    time.sleep(1)
    seconds, documents = _started(_RELEASE, url).communicate()[0].split()
    time.sleep(1)
    seen = [reader.communicate("")[0].split() for reader in readers]
    answers, empty, partial = (sum(int(each[i]) for each in seen) for i in range(3))
    longest = max(float(each[3]) for each in seen)
    return (
        f"reindex {int(documents):,} documents in {float(seconds):.1f} s under {_READERS} readers: "
        f"{answers:,} answers, {empty} empty, {partial} not complete, the longest {longest:.2f} s"
    )


def _started(program: str, *args: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", program, *args]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=_ROOT, stdin=pipe, stdout=pipe, text=True)
