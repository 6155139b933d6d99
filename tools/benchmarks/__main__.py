"""The command: which benchmarks, on which server, how many rounds.

    python -m tools.benchmarks                      all, on a server started for it
    python -m tools.benchmarks increase find        those whose names contain one of the words
    python -m tools.benchmarks --repeat 9
    python -m tools.benchmarks shortener --clicks 10000
    python -m tools.benchmarks iterate iterate-index --documents 1000000
    python -m tools.benchmarks reindex --documents 200000

Other libraries are measured where they are installed: `pip install '.[bench]'`. The server is
emptied between rounds, so one that is named must have an empty database.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator

import redis

from tools.benchmarks import documents, increasing, models_cost, pipelines, threads
from tools.benchmarks.iterating import iterate, iterate_by_index
from tools.benchmarks.measuring import Benchmark, measure
from tools.benchmarks.reindexing import reindex
from tools.benchmarks.shortener import shortener
from tools.benchmarks.table import heading, row_lines
from tools.redis_server import running_server

# What is not a race: how many documents, and a line that says what was seen.
_SINGLE = {"iterate": iterate, "iterate-index": iterate_by_index, "reindex": reindex}


def benchmarks(clicks: int) -> list[Benchmark]:
    """Return all of them, counters first."""
    return [
        *increasing.BENCHMARKS,
        *pipelines.BENCHMARKS,
        *documents.BENCHMARKS,
        shortener(clicks),
        *models_cost.BENCHMARKS,
        *threads.BENCHMARKS,
    ]


def main() -> int:
    """Measure and print; return 1 if a target was missed, as the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", help="parts of names; default: all races")
    parser.add_argument("--url", help="a server with JSON, search and an empty database")
    parser.add_argument("--repeat", type=int, default=5, metavar="N", help="rounds (default: 5)")
    parser.add_argument("--documents", type=int, default=100_000, help="for iterate, reindex")
    parser.add_argument("--clicks", type=int, default=2_000, help="for the shortener")
    parser.add_argument("--list", action="store_true", help="print the names")
    options = parser.parse_args()
    known = benchmarks(options.clicks)
    if options.list:
        print("\n".join([*(f"{one.name:18} {one.what}" for one in known), *_SINGLE]))
        return 0
    chosen = [one for one in known if _is_chosen(one.name, options.names)]
    singles = [name for name in _SINGLE if name in options.names]
    if not chosen and not singles:
        parser.error(f"expected parts of names that --list shows, got {options.names}")
    with _server(options.url) as (url, client):
        print(heading(str(client.info("server").get("redis_version"))), flush=True)
        missed = 0
        for benchmark in chosen:
            row = measure(benchmark, url, client.flushall, options.repeat)
            print("\n".join(row_lines(row)), flush=True)
            ratios = [(target, row.ratio(target)) for target in benchmark.targets]
            missed += sum(ratio is not None and ratio < target.least for target, ratio in ratios)
        for name in singles:
            client.flushall()
            print(_SINGLE[name](url, options.documents), flush=True)
            client.flushall()
    return int(missed > 0)


def _is_chosen(name: str, words: list[str]) -> bool:
    return not words or any(word in name for word in words)


@contextlib.contextmanager
def _server(url: str | None) -> Iterator[tuple[str, redis.Redis]]:
    with contextlib.ExitStack() as stack:
        if url is None:
            url = stack.enter_context(running_server(own=True)).url
        client = redis.Redis.from_url(url)
        stack.callback(client.close)
        if client.dbsize():
            raise SystemExit(f"expected an empty database at {url}, got {client.dbsize()} keys")
        yield url, client


if __name__ == "__main__":
    sys.exit(main())
