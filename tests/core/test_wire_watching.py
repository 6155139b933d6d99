"""When a caller looks for its reply again and again, and when it sleeps at once."""

from __future__ import annotations

from rapyer_core.wire.watching import Watch


def waits(watch: Watch, count: int, comes_soon: bool) -> int:
    """Wait for `count` replies; return for how many of them it was looked."""
    looked = 0
    for _ in range(count):
        if watch.begins():
            looked += 1
            watch.note(comes_soon)
    return looked


def test_it_goes_on_where_replies_come_soon() -> None:
    assert waits(Watch(0.001), 1_000, comes_soon=True) == 1_000


def test_it_all_but_ends_where_they_come_late() -> None:
    watch = Watch(0.001)
    assert waits(watch, 8, comes_soon=False) == 8
    assert waits(watch, 32, comes_soon=False) == 0
    assert waits(watch, 100_000, comes_soon=False) < 40


def test_one_that_came_soon_ends_that() -> None:
    watch = Watch(0.001)
    waits(watch, 8 + 32, comes_soon=False)
    assert waits(watch, 100, comes_soon=True) == 100


def test_a_late_one_among_many_changes_nothing() -> None:
    watch = Watch(0.001)
    for _ in range(100):
        assert waits(watch, 7, comes_soon=False) == 7
        assert waits(watch, 1, comes_soon=True) == 1


def test_no_time_is_never() -> None:
    assert waits(Watch(0), 10, comes_soon=True) == 0
