"""Whose pipeline it is, without an event loop: threads, generators, greenlets."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from contextvars import copy_context
from pathlib import Path
from typing import Any

import pytest

import rapyer_sync
from rapyer_core.errors import NumberRangeError, OutcomeUnknownError, ScopeClosedError
from tests.faults.proxy import running_proxy
from tests.faults.scoped import BlockingPurse as Purse


@pytest.fixture
def client(redis_url: str) -> Iterator[str]:
    rapyer_sync.init_rapyer(redis_url, indexes="lazy")
    yield redis_url
    rapyer_sync.teardown_rapyer()


def amount(purse: Purse) -> int:
    return int(Purse.get(purse.key).amount)


def in_thread(function: Any, *args: Any) -> Any:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function, *args).result(20)


@pytest.mark.usefixtures("client")
def test_a_thread_started_inside_does_not_join() -> None:
    purse = Purse().save()
    with purse.pipeline():
        purse.coins.append("queued")
        in_thread(Purse.at(purse.key).amount.increase, 5)
        assert amount(purse) == 5
    assert purse.coins == ["queued"]


@pytest.mark.usefixtures("client")
def test_a_thread_with_the_blocks_context_does_not_join() -> None:
    purse = Purse().save()
    with purse.pipeline():
        purse.coins.append("queued")
        context = copy_context()
        in_thread(context.run, Purse.at(purse.key).amount.increase, 5)
        assert amount(purse) == 5
        assert in_thread(copy_context().run, rapyer_sync.current_scope) is None
    assert purse.coins == ["queued"]


@pytest.mark.usefixtures("client")
def test_each_thread_has_its_own_pipeline() -> None:
    shared, purses = Purse().save(), [Purse().save() for _ in range(8)]

    def fill(purse: Purse, fails: bool) -> None:
        handle = Purse.at(shared.key)
        for _ in range(10):
            try:
                with rapyer_sync.pipeline():
                    purse.amount += 1
                    handle.amount.increase()
                    if fails:
                        purse.full += 1
            except NumberRangeError:
                assert fails

    threads = [threading.Thread(target=fill, args=(p, n % 2 == 1)) for n, p in enumerate(purses)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [amount(purse) for purse in purses] == [10, 0] * 4
    assert [purse.amount for purse in purses] == [10, 0] * 4
    assert amount(shared) == 40


@pytest.mark.usefixtures("client")
def test_a_thread_may_attach_while_the_block_is_open() -> None:
    purse = Purse().save()

    def join(scope: Any) -> None:
        purse.amount.increase(1000)
        with scope.attach():
            for _ in range(50):
                purse.amount.increase()
        purse.amount.increase(1000)

    with rapyer_sync.pipeline() as scope:
        threads = [threading.Thread(target=join, args=(scope,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert amount(purse) == 8000
    assert amount(purse) == 8200 == purse.amount


@pytest.mark.usefixtures("client")
def test_nothing_that_an_attached_thread_queued_is_lost_when_the_block_ends() -> None:
    """Each call either is in the pipeline or raises; the block ends while they go on."""
    purse = Purse().save()
    for _ in range(20):
        queued = [0]
        started = threading.Event()

        def join(scope: Any, queued: list[int], started: threading.Event) -> None:
            with scope.attach():
                try:
                    while True:
                        purse.amount.increase()
                        queued[0] += 1
                        if queued[0] == 3:
                            started.set()
                except ScopeClosedError:
                    pass

        before = amount(purse)
        with rapyer_sync.pipeline() as scope:
            thread = threading.Thread(target=join, args=(scope, queued, started))
            thread.start()
            started.wait(10)
        thread.join(20)
        assert amount(purse) - before == queued[0] >= 3


def steps(purse: Purse) -> Iterator[int]:
    with purse.pipeline():
        for step in range(3):
            purse.amount.increase(100)
            yield step


@pytest.mark.usefixtures("client")
def test_a_generator_does_not_leak_its_block_to_its_consumer() -> None:
    purse, other = Purse().save(), Purse().save()
    for step in steps(purse):
        assert rapyer_sync.current_scope() is None
        other.amount.increase()
        assert amount(other) == step + 1 and amount(purse) == 0
    assert amount(purse) == 300


@pytest.mark.usefixtures("client")
def test_the_consumers_own_pipeline_is_not_the_generators() -> None:
    purse, other = Purse().save(), Purse().save()
    walk = steps(purse)
    next(walk)
    with other.pipeline():
        other.amount += 1
        assert list(walk) == [1, 2]
        other.amount += 1
        assert amount(purse) == 300 and amount(other) == 0
    assert amount(other) == 2


@pytest.mark.usefixtures("client")
def test_an_abandoned_generator_discards_its_queue() -> None:
    purse = Purse().save()
    walk = steps(purse)
    next(walk)
    assert purse.amount == 100
    del walk
    gc.collect()
    assert purse.amount == 0 == amount(purse) and rapyer_sync.current_scope() is None


@pytest.mark.usefixtures("client")
def test_a_generator_closed_in_another_thread_discards_its_queue() -> None:
    purse = Purse().save()
    walk: Any = steps(purse)
    next(walk)
    in_thread(walk.close)
    assert purse.amount == 0 == amount(purse)
    with purse.pipeline():
        purse.amount += 1
    assert amount(purse) == 1


@pytest.mark.usefixtures("client")
def test_a_helper_that_opens_a_block_opens_it_for_the_generator() -> None:
    purse, other = Purse().save(), Purse().save()

    def opened(stack: ExitStack) -> None:
        stack.enter_context(purse.pipeline())

    def walk() -> Iterator[None]:
        with ExitStack() as stack:
            opened(stack)
            purse.amount += 1
            yield
            purse.amount += 1

    for _ in walk():
        other.amount.increase()
        assert amount(other) == 1 and amount(purse) == 0
    assert amount(purse) == 2


@pytest.mark.usefixtures("client")
def test_a_context_manager_made_of_a_generator_hands_its_scope_to_the_block() -> None:
    purse = Purse().save()

    @contextmanager
    def handed_over() -> Iterator[None]:
        with purse.pipeline():
            purse.amount += 1
            yield
            purse.amount += 1

    @contextmanager
    def handed_on() -> Iterator[None]:
        with ExitStack() as stack:
            stack.enter_context(handed_over())
            yield

    @handed_on()
    def decorated() -> None:
        purse.amount += 10
        assert amount(purse) == 24

    for manager in (handed_over, handed_on):
        before = amount(purse)
        with manager():
            purse.amount += 10
            assert amount(purse) == before
        assert amount(purse) == before + 12
    decorated()
    assert amount(purse) == 36


@pytest.mark.usefixtures("client")
def test_a_block_inside_of_a_generators_expression() -> None:
    purse = Purse().save()

    def filled(number: int) -> int:
        with purse.pipeline():
            purse.amount += number
        return amount(purse)

    assert list(filled(number) for number in range(4)) == [0, 1, 3, 6]  # noqa: C400  # a generator is meant


def test_a_reply_that_is_lost(server_url: str) -> None:
    with running_proxy(server_url) as proxy:
        rapyer_sync.init_rapyer(proxy.url, indexes="lazy")
        purse = Purse().save()
        with purse.pipeline():  # the server knows the script from here on
            purse.amount += 1
            purse.coins.append("w")
        proxy.cut_replies_after(1)
        with pytest.raises(OutcomeUnknownError), purse.pipeline():
            purse.amount += 1
            purse.coins.append("x")
        assert purse.amount == 1 and purse.coins == ["w"]
        with purse.pipeline():
            purse.amount += 1
        assert purse.amount == 3
        rapyer_sync.teardown_rapyer()


@pytest.mark.parametrize("patched", ["patched", "unpatched"])
def test_greenlets_have_their_own_pipelines(server_url: str, patched: str) -> None:
    program = Path(__file__).with_name("greenlets.py")
    done = subprocess.run(
        [sys.executable, str(program), server_url, patched],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=program.parents[2],
    )
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "as it should be\n")
