"""A program that uses pipelines in greenlets, with gevent's patches or without.

Run by `test_scopes_threads`: `python tests/faults/greenlets.py URL patched`.
"""

from __future__ import annotations

import sys
from typing import Any

import gevent

if sys.argv[2] == "patched":
    from gevent import monkey

    monkey.patch_all()

sys.path.insert(0, "")

import rapyer_sync
from rapyer_sync import AtomicRedisModel


class Jar(AtomicRedisModel):
    count: int = 0
    notes: list[str] = rapyer_sync.Field(default_factory=list)


def main(url: str) -> None:
    """Let greenlets with and without pipelines take turns on the same document."""
    rapyer_sync.init_rapyer(url, indexes="lazy")
    jar = Jar().save()

    def queued() -> None:
        own = Jar.get(jar.key)
        with own.pipeline():
            for _ in range(5):
                own.count += 1
                gevent.sleep(0)
            own.notes.append("queued")
        assert rapyer_sync.current_scope() is None

    def at_once(expected: list[int]) -> None:
        assert rapyer_sync.current_scope() is None
        Jar.at(jar.key).count.increase(100)
        expected.append(Jar.get(jar.key).count)

    seen: list[int] = []
    with jar.pipeline():
        jar.count += 1000
        inner: list[Any] = [gevent.spawn(at_once, seen) for _ in range(3)]
        inner += [gevent.spawn(queued) for _ in range(3)]
        gevent.joinall(inner, raise_error=True)
        assert Jar.get(jar.key).count == 315, Jar.get(jar.key).count
    assert len(seen) == 3
    assert jar.count == 1315 == Jar.get(jar.key).count
    assert Jar.get(jar.key).notes == ["queued"] * 3
    rapyer_sync.teardown_rapyer()


main(sys.argv[1])
print("as it should be")  # noqa: T201  # what the test reads
