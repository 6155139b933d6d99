"""A process that was busy for longer than a reply may take has not lost the reply."""

from __future__ import annotations

import time

from rapyer_async._seam import task_group
from rapyer_async.drivers.native import NativeDriver
from rapyer_core.commands import Command
from rapyer_core.urls import parse_url

# So large that the replies of all the tasks come in several parts.
VALUE = b"x" * 5_000


async def test_a_busy_event_loop_is_no_silent_server(server_url: str) -> None:
    driver = NativeDriver(parse_url(server_url, {"reply_timeout": 0.3}))
    sizes: list[int] = []

    async def read_and_be_busy() -> None:
        # Not repeatable, so that it is not sent again in silence.
        reply = await driver.execute(Command(("GETEX", "n", "PERSIST")))
        assert isinstance(reply, bytes)
        sizes.append(len(reply))
        time.sleep(0.04)  # noqa: ASYNC251 - as a program blocks that parses a large reply

    await driver.execute(Command(("SET", "n", VALUE)))
    async with task_group() as tasks:
        for _ in range(60):
            tasks.start_soon(read_and_be_busy)
    assert sizes == [len(VALUE)] * 60
    await driver.aclose()
