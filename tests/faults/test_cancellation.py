"""A caller that is cancelled, at each of its waits in turn, disturbs nobody else."""

from __future__ import annotations

import anyio
import anyio.lowlevel
import pytest

from rapyer_async.drivers.native import NativeDriver
from rapyer_core.commands import Command
from rapyer_core.errors import ConnectionFailedError, DriverError
from rapyer_core.urls import parse_url
from tests.faults.checkpoints import cancelled_at
from tests.faults.proxy import running_proxy

WRITE = Command(("INCR", "n"))
READ = Command(("GET", "n"), repeatable=True)
MOST_WAITS = 60


def echo(text: str) -> Command:
    return Command(("ECHO", text), repeatable=True)


async def check_in_step(driver: NativeDriver) -> None:
    with anyio.fail_after(5):
        for turn in range(3):
            assert await driver.execute(echo(f"own {turn}")) == f"own {turn}".encode()


async def count(driver: NativeDriver) -> int:
    reply = await driver.execute(READ)
    assert reply is None or isinstance(reply, bytes)
    return int(reply or 0)


async def run_until_never_cancelled(server_url: str, others: int, *, warm: bool) -> int:
    """Cancel one of several callers at its n-th wait, for all n; return how many there were."""
    for nth in range(1, MOST_WAITS):
        driver = NativeDriver(parse_url(server_url))
        if warm:
            await check_in_step(driver)
        before = await count(NativeDriver(parse_url(server_url)))
        acknowledged: list[int] = []

        async def write(driver: NativeDriver, acknowledged: list[int]) -> None:
            for _ in range(3):
                reply = await driver.execute(WRITE)
                assert isinstance(reply, int)
                acknowledged.append(reply)

        outcome: list[tuple[bool, object, int]] = []

        async def be_cancelled(
            driver: NativeDriver, nth: int, outcome: list[tuple[bool, object, int]]
        ) -> None:
            outcome.append(await cancelled_at(nth, driver.execute(WRITE)))

        with anyio.fail_after(10):
            async with anyio.create_task_group() as group:
                for each in range(others):
                    if each == others // 2:
                        group.start_soon(be_cancelled, driver, nth, outcome)
                    group.start_soon(write, driver, acknowledged)
                if not others:
                    group.start_soon(be_cancelled, driver, nth, outcome)
        cancelled, reply, waits = outcome[0]
        if not cancelled:
            assert isinstance(reply, int)
            acknowledged.append(reply)
        assert len(acknowledged) == 3 * others + (not cancelled)
        assert len(set(acknowledged)) == len(acknowledged)
        await check_in_step(driver)
        run = await count(driver) - before
        assert run - len(acknowledged) in ((0, 1) if cancelled else (0,))
        await driver.aclose()
        if not cancelled and waits < nth:
            return nth - 1
    raise AssertionError(f"a command waited more than {MOST_WAITS} times")


@pytest.mark.parametrize("others", [0, 1, 4])
@pytest.mark.parametrize("warm", [True, False])
async def test_cancelled_at_every_wait(server_url: str, others: int, warm: bool) -> None:
    assert await run_until_never_cancelled(server_url, others, warm=warm) >= 1


async def test_all_but_one_are_cancelled_at_once(server_url: str) -> None:
    driver = NativeDriver(parse_url(server_url))
    await check_in_step(driver)
    replies: list[object] = []

    async def ask(text: str) -> None:
        replies.append(await driver.execute(echo(text)))

    for turn in range(20):
        with anyio.fail_after(5):
            async with anyio.create_task_group() as kept, anyio.create_task_group() as dropped:
                for _ in range(10):
                    dropped.start_soon(ask, "dropped")
                kept.start_soon(ask, f"kept {turn}")
                for _ in range(10):
                    dropped.start_soon(ask, "dropped")
                for _ in range(turn % 5):
                    await anyio.lowlevel.checkpoint()
                dropped.cancel_scope.cancel()
    kept_replies = [reply for reply in replies if reply != b"dropped"]
    assert kept_replies == [f"kept {turn}".encode() for turn in range(20)]
    assert await driver.execute(Command(("CLIENT", "ID"))) is not None
    await check_in_step(driver)
    await driver.aclose()


async def test_cancelled_before_it_is_written_never_runs(server_url: str) -> None:
    with running_proxy(server_url) as proxy:
        driver = NativeDriver(parse_url(proxy.url))
        await check_in_step(driver)
        proxy.pause()
        large = Command(("SET", "large", b"x" * 30_000_000))
        with anyio.fail_after(10):
            async with anyio.create_task_group() as kept:
                kept.start_soon(driver.execute, large)
                async with anyio.create_task_group() as dropped:
                    await anyio.sleep(0.1)
                    for _ in range(10):
                        dropped.start_soon(driver.execute, WRITE)
                    await anyio.sleep(0.05)
                    dropped.cancel_scope.cancel()
                proxy.resume()
        assert await count(driver) == 0
        assert await driver.execute(Command(("STRLEN", "large"), repeatable=True)) == 30_000_000
        assert proxy.accepted == 1
        await driver.aclose()


async def test_cancelled_in_the_middle_of_a_frame(server_url: str) -> None:
    with running_proxy(server_url) as proxy:
        driver = NativeDriver(parse_url(proxy.url))
        await check_in_step(driver)
        proxy.pause()
        large = Command(("SET", "large", b"x" * 30_000_000))
        replies: list[object] = []

        async def ask(text: str) -> None:
            replies.append(await driver.execute(echo(text)))

        async with anyio.create_task_group() as group:
            with anyio.move_on_after(0.1):
                group.start_soon(ask, "first")
                await driver.execute(large)
            group.start_soon(ask, "second")
            await anyio.sleep(0.05)
            proxy.resume()
        assert sorted(replies, key=str) == [b"first", b"second"]
        await check_in_step(driver)
        await driver.aclose()


async def test_the_one_who_connects_is_cancelled(server_url: str) -> None:
    with running_proxy(server_url) as proxy:
        proxy.pause()
        driver = NativeDriver(parse_url(proxy.url))
        replies: list[object] = []

        async def ask(text: str) -> None:
            replies.append(await driver.execute(echo(text)))

        with anyio.fail_after(5):
            async with anyio.create_task_group() as group:
                with anyio.move_on_after(0.1):
                    async with anyio.create_task_group() as first:
                        first.start_soon(ask, "first")
                        await anyio.sleep(0.02)
                        for _ in range(5):
                            group.start_soon(ask, "others")
                        await anyio.sleep_forever()
                proxy.resume()
        assert replies == [b"others"] * 5
        await driver.aclose()


async def test_a_deadline_around_a_command_is_the_callers(server_url: str) -> None:
    with running_proxy(server_url) as proxy:
        driver = NativeDriver(parse_url(proxy.url, {"connect_timeout": 0.2}))
        await check_in_step(driver)
        proxy.pause()
        with pytest.raises(TimeoutError), anyio.fail_after(0.1):
            await driver.execute(READ)
        proxy.resume()
        await check_in_step(driver)
        await driver.aclose()


async def test_closing_while_commands_are_under_way(server_url: str) -> None:
    with running_proxy(server_url) as proxy:
        driver = NativeDriver(parse_url(proxy.url))
        await check_in_step(driver)
        proxy.pause()
        names: list[str] = []

        async def ask(command: Command) -> None:
            try:
                await driver.execute(command)
            except DriverError as error:
                names.append(type(error).__name__)

        with anyio.fail_after(5):
            async with anyio.create_task_group() as group:
                for command in (READ, WRITE, READ, WRITE):
                    group.start_soon(ask, command)
                await anyio.sleep(0.05)
                await driver.aclose()
        assert sorted(names) == ["DriverClosedError"] * 2 + ["OutcomeUnknownError"] * 2


async def test_ten_thousand_commands_at_once(server_url: str) -> None:
    with running_proxy(server_url) as proxy:
        driver = NativeDriver(parse_url(proxy.url))
        with anyio.fail_after(60):
            async with anyio.create_task_group() as group:
                for _ in range(10_000):
                    group.start_soon(driver.execute, WRITE)
        assert await count(driver) == 10_000
        assert proxy.accepted == 1
        await driver.aclose()


async def test_ten_thousand_commands_to_nobody() -> None:
    driver = NativeDriver(parse_url("redis://127.0.0.1:1"))
    errors: list[Exception] = []

    async def ask() -> None:
        try:
            await driver.execute(WRITE)
        except ConnectionFailedError as error:
            errors.append(error)

    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:
            for _ in range(10_000):
                group.start_soon(ask)
    assert len(errors) == 10_000
    await driver.aclose()
