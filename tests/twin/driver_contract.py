"""What every driver does, as functions that a test calls with an open driver.

They are apart from the tests since clients of redis-py exist for two of the three worlds only,
and are tested by hand-written modules beside these.
"""

from __future__ import annotations

from typing import Any

import pytest

from rapyer_async._seam import task_group
from rapyer_async.drivers.protocol import Driver
from rapyer_core.commands import Argument, Command
from rapyer_core.errors import DriverClosedError, ServerError

__all__ = ["CONTRACT"]


def command(*args: Argument, repeatable: bool = False) -> Command:
    return Command(args, repeatable)


async def replies_have_one_shape(driver: Driver) -> None:
    assert await driver.execute(command("SET", "text", "é")) == b"OK"
    assert await driver.execute(command("GET", "text", repeatable=True)) == "é".encode()
    assert await driver.execute(command("SET", b"\xff", b"\xfe\x00")) == b"OK"
    assert await driver.execute(command("GET", b"\xff")) == b"\xfe\x00"
    assert await driver.execute(command("GET", "nothing")) is None
    assert await driver.execute(command("INCR", "count")) == 1
    assert await driver.execute(command("EXISTS", "count")) == 1
    assert await driver.execute(command("RPUSH", "list", 1, 2.5, "x")) == 3
    assert await driver.execute(command("LRANGE", "list", 0, -1)) == [b"1", b"2.5", b"x"]
    assert await driver.execute(command("HSET", "map", "a", 1)) == 1
    assert await driver.execute(command("HGETALL", "map")) == [b"a", b"1"]
    assert await driver.execute(command("SADD", "set", "m")) == 1
    assert await driver.execute(command("SMEMBERS", "set")) == [b"m"]
    assert await driver.execute(command("ZADD", "sorted", "1.5", "m")) == 1
    assert await driver.execute(command("ZSCORE", "sorted", "m")) == b"1.5"


async def scripts_run_and_are_known_by_their_sha(driver: Driver) -> None:
    script = "return {KEYS[1], ARGV[1], 7, false, {ok='fine'}}"
    reply = await driver.execute(command("EVAL", script, 1, "key", "x"))
    assert reply == [b"key", b"x", 7, None, b"fine"]
    sha = await driver.execute(command("SCRIPT", "LOAD", script))
    assert isinstance(sha, bytes)
    assert await driver.execute(command("EVALSHA", sha, 1, "key", "x")) == reply


async def documents_are_stored(driver: Driver) -> None:
    assert await driver.execute(command("JSON.SET", "doc", "$", '{"a":[1,2.0,"é"]}')) == b"OK"
    assert await driver.execute(command("JSON.SET", "doc", '$["a"][0]', "7")) == b"OK"
    script = "return redis.call('JSON.GET', KEYS[1], '$[\"a\"][0]')"
    assert await driver.execute(command("EVAL", script, 1, "doc")) == b"[7]"


async def errors_carry_the_servers_code(driver: Driver) -> None:
    await driver.execute(command("SET", "text", "x"))
    for words, code in [
        (("INCR", "text"), "ERR"),
        (("NOSUCHCOMMAND",), "ERR"),
        (("LPUSH", "text", "x"), "WRONGTYPE"),
        (("EVALSHA", "0" * 40, 0), "NOSCRIPT"),
        (("EVAL", "return redis.error_reply('MINE of mine')", 0), "MINE"),
    ]:
        with pytest.raises(ServerError) as caught:
            await driver.execute(Command(words))
        assert caught.value.code == code
        assert str(caught.value).startswith(f"{code} ")


async def one_of_many_may_fail(driver: Driver) -> None:
    await driver.execute(command("SET", "text", "x"))
    first, failed, last = await driver.execute_many(
        [command("INCR", "count"), command("INCR", "text"), command("INCR", "count")]
    )
    assert (first, last) == (1, 2)
    assert isinstance(failed, ServerError)
    assert failed.code == "ERR"
    assert await driver.execute_many([]) == []


async def many_keep_their_order(driver: Driver) -> None:
    numbers = [str(number).encode() for number in range(2000)]
    assert await driver.execute_many([command("ECHO", number) for number in numbers]) == numbers


async def callers_at_the_same_time_get_their_own_replies(driver: Driver) -> None:
    replies: dict[int, Any] = {}

    async def ask(number: int) -> None:
        await driver.execute(command("INCR", "count"))
        replies[number] = await driver.execute(command("ECHO", str(number)))

    async with task_group() as group:
        for number in range(60):
            group.start_soon(ask, number)
    assert replies == {number: str(number).encode() for number in range(60)}
    assert await driver.execute(command("GET", "count")) == b"60"


async def large_values_arrive_whole(driver: Driver) -> None:
    value = bytes(range(256)) * 8192
    assert await driver.execute(command("SET", "large", value)) == b"OK"
    assert await driver.execute(Command(("GET", "large"), True, True)) == value


async def a_closed_driver_refuses(driver: Driver) -> None:
    await driver.execute(command("PING"))
    await driver.aclose()
    with pytest.raises(DriverClosedError):
        await driver.execute(command("PING"))
    with pytest.raises(DriverClosedError):
        await driver.execute_many([command("PING")])
    await driver.aclose()


CONTRACT = [
    replies_have_one_shape,
    scripts_run_and_are_known_by_their_sha,
    documents_are_stored,
    errors_carry_the_servers_code,
    one_of_many_may_fail,
    many_keep_their_order,
    callers_at_the_same_time_get_their_own_replies,
    large_values_arrive_whole,
    a_closed_driver_refuses,
]
