"""The native driver against a real server: replies, errors, logins, limits."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path

import pytest

from rapyer_async._seam import task_group
from rapyer_async.drivers.native import NativeDriver
from rapyer_core.commands import Argument, Command
from rapyer_core.errors import (
    AuthenticationFailedError,
    ConnectionFailedError,
    DriverClosedError,
    LimitExceededError,
    OutcomeUnknownError,
    ReplyTimeoutError,
    ServerError,
    UnsupportedArgumentTypeError,
)
from rapyer_core.urls import parse_url
from tests.faults.tls import make_certificate, running_tls
from tools.redis_server import running_server


def write(*args: Argument) -> Command:
    return Command(args)


def read(*args: Argument) -> Command:
    return Command(args, repeatable=True)


def driver_for(url: str, **options: object) -> NativeDriver:
    return NativeDriver(parse_url(url, options))


@pytest.mark.parametrize("protocol", [2, 3])
async def test_replies_have_one_shape(server_url: str, protocol: int) -> None:
    driver = driver_for(server_url, protocol=protocol)
    assert await driver.execute(write("SET", "k", "v")) == b"OK"
    assert await driver.execute(read("GET", "k")) == b"v"
    assert await driver.execute(read("GET", "nothing")) is None
    assert await driver.execute(write("INCRBY", b"n", 5)) == 5
    assert await driver.execute(write("HSET", "h", "a", 1.5, "é", "")) == 2
    pairs = await driver.execute(read("HGETALL", "h"))
    assert pairs == [b"a", b"1.5", "é".encode(), b""]
    assert await driver.execute(write("SADD", "s", "only")) == 1
    assert await driver.execute(read("SMEMBERS", "s")) == [b"only"]
    assert await driver.execute(write("ZADD", "z", 2, "m", 0.5, "l")) == 2
    assert await driver.execute(read("ZSCORE", "z", "m")) == b"2"
    assert await driver.execute(read("ZSCORE", "z", "l")) == b"0.5"
    script = "return {1, 'two', {3}, false}"
    assert await driver.execute(write("EVAL", script, 0)) == [1, b"two", [3], None]
    await driver.aclose()


async def test_a_server_error_has_its_code(server_url: str) -> None:
    driver = driver_for(server_url)
    await driver.execute(write("SET", "k", "v"))
    with pytest.raises(ServerError) as caught:
        await driver.execute(write("LPUSH", "k", "v"))
    assert caught.value.code == "WRONGTYPE"
    await driver.execute(write("SCRIPT", "FLUSH"))
    with pytest.raises(ServerError) as caught:
        await driver.execute(write("EVALSHA", "0" * 40, 0))
    assert caught.value.code == "NOSCRIPT"
    assert await driver.execute(read("GET", "k")) == b"v"
    await driver.aclose()


async def test_many_commands_and_an_error_among_them(server_url: str) -> None:
    driver = driver_for(server_url)
    assert await driver.execute_many([]) == []
    replies = await driver.execute_many(
        [write("SET", "k", "v"), write("INCR", "k"), read("GET", "k"), write("INCR", "n")]
    )
    assert replies[0] == b"OK"
    assert isinstance(replies[1], ServerError)
    assert replies[1].code == "ERR"
    assert replies[2:] == [b"v", 1]
    await driver.aclose()


async def test_an_error_inside_a_transaction_is_its_reply(server_url: str) -> None:
    driver = driver_for(server_url)
    replies = await driver.execute_many(
        [write("MULTI"), write("SET", "k", "v"), write("INCR", "k"), write("EXEC")]
    )
    assert replies[:3] == [b"OK", b"QUEUED", b"QUEUED"]
    assert isinstance(replies[3], ServerError)
    await driver.aclose()


async def test_an_argument_of_a_wrong_type_is_named(server_url: str) -> None:
    driver = driver_for(server_url)
    with pytest.raises(UnsupportedArgumentTypeError, match="str, NoneType"):
        await driver.execute(Command(("GET", None)))  # type: ignore[arg-type]
    assert await driver.execute(read("PING")) == b"PONG"
    await driver.aclose()


async def test_large_values_go_both_ways(server_url: str) -> None:
    driver = driver_for(server_url)
    value = bytes(range(256)) * 40_000
    commands = [write("SET", f"k{n}", value) for n in range(3)]
    assert await driver.execute_many(commands) == [b"OK"] * 3
    assert await driver.execute(read("MGET", "k0", "k1", "k2")) == [value] * 3
    await driver.aclose()


async def test_callers_share_one_connection_and_get_their_own_replies(server_url: str) -> None:
    driver = driver_for(server_url, client_name="shared")
    wrong: list[object] = []

    async def talk(who: int) -> None:
        for turn in range(40):
            text = f"{who}:{turn}".encode()
            if await driver.execute(read("ECHO", text)) != text:
                wrong.append(text)
            await driver.execute(write("INCR", "n"))

    async with task_group() as group:
        for who in range(25):
            group.start_soon(talk, who)
    assert not wrong
    assert await driver.execute(read("GET", "n")) == b"1000"
    clients = await driver.execute(read("CLIENT", "LIST"))
    assert isinstance(clients, bytes)
    assert clients.count(b"name=shared") == 1
    await driver.aclose()


async def test_bulk_commands_have_their_own_connection(server_url: str) -> None:
    driver = driver_for(server_url)
    small = await driver.execute(read("CLIENT", "ID"))
    large = await driver.execute(Command(("CLIENT", "ID"), repeatable=True, bulk=True))
    again = await driver.execute_many([read("CLIENT", "ID"), Command(("PING",), bulk=True)])
    assert large != small
    assert again[0] == large
    assert await driver.execute(read("CLIENT", "ID")) == small
    await driver.aclose()


async def test_the_database_and_the_name_are_set(server_url: str) -> None:
    driver = driver_for(server_url, db=3, client_name="me")
    info = await driver.execute(read("CLIENT", "INFO"))
    assert isinstance(info, bytes)
    assert b" db=3 " in info
    assert b" name=me " in info
    await driver.aclose()


@pytest.mark.parametrize("protocol", [2, 3])
async def test_passwords(protocol: int) -> None:
    with running_server(password="right&proper") as server:
        bare = f"redis://127.0.0.1:{server.port}"
        driver = driver_for(bare, protocol=protocol, password="right&proper")
        assert await driver.execute(read("PING")) == b"PONG"
        await driver.execute(write("ACL", "SETUSER", "ann", "on", ">secret", "~*", "+@all"))
        named = driver_for(bare, protocol=protocol, username="ann", password="secret")
        assert await named.execute(read("ACL", "WHOAMI")) == b"ann"
        for options in ({"password": "hunter"}, {"username": "bob", "password": "hunter"}, {}):
            wrong = driver_for(bare, protocol=protocol, **options)
            with pytest.raises(AuthenticationFailedError) as caught:
                await wrong.execute(read("PING"))
            assert "hunter" not in f"{caught.value!r} {caught.value.__cause__!r}"
        await driver.aclose()
        await named.aclose()


async def test_nobody_there_is_told_with_the_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    driver = driver_for(f"redis://:hunter@127.0.0.1:{port}", retries=1)
    with pytest.raises(ConnectionFailedError, match=f"127.0.0.1:{port}") as caught:
        await driver.execute(write("INCR", "n"))
    assert "hunter" not in repr(caught.value)
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)
    unknown = driver_for("redis://no-such-host.invalid")
    with pytest.raises(ConnectionFailedError, match=r"no-such-host\.invalid:6379"):
        await unknown.execute(read("PING"))
    await driver.aclose()
    await unknown.aclose()


async def test_all_who_wait_for_a_connection_learn_that_there_is_none() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    driver = driver_for(f"redis://127.0.0.1:{port}", retries=0)
    errors: list[Exception] = []

    async def ask() -> None:
        try:
            await driver.execute(read("PING"))
        except ConnectionFailedError as error:
            errors.append(error)

    async with task_group() as group:
        for _ in range(50):
            group.start_soon(ask)
    assert len(errors) == 50
    assert len({id(error) for error in errors}) == 50
    await driver.aclose()


async def test_a_server_that_says_nothing_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        driver = driver_for(f"redis://127.0.0.1:{port}", connect_timeout=0.2)
        begin = time.monotonic()
        with pytest.raises(ConnectionFailedError, match=r"longer than 0\.2 s"):
            await driver.execute(write("INCR", "n"))
        assert time.monotonic() - begin < 2
        await driver.aclose()


async def test_something_that_is_not_redis_is_refused() -> None:
    def answer(listener: socket.socket) -> None:
        client, _ = listener.accept()
        with client:
            client.recv(1000)
            client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        thread = threading.Thread(target=answer, args=(listener,))
        thread.start()
        driver = driver_for(f"redis://127.0.0.1:{port}", retries=0)
        with pytest.raises(ConnectionFailedError, match="Protocol error"):
            await driver.execute(read("PING"))
        thread.join()
        await driver.aclose()


async def test_a_late_reply() -> None:
    with running_server(own=True) as server:
        driver = driver_for(server.url, reply_timeout=0.3)
        assert await driver.execute(write("INCR", "n")) == 1
        with server.client() as other:
            other.execute_command("CLIENT", "PAUSE", 700, "ALL")
        with pytest.raises(ReplyTimeoutError, match=r"0\.3 s"):
            await driver.execute(read("GET", "n"))
        assert await driver.execute(read("ECHO", "own reply")) == b"own reply"
        await driver.aclose()


async def test_a_late_reply_to_a_write_leaves_the_outcome_unknown() -> None:
    with running_server(own=True) as server:
        driver = driver_for(server.url, reply_timeout=0.3)
        assert await driver.execute(write("INCR", "n")) == 1
        with server.client() as other:
            other.execute_command("CLIENT", "PAUSE", 600, "ALL")
        with pytest.raises(OutcomeUnknownError):
            await driver.execute(write("INCR", "n"))
        await driver.aclose()


async def test_the_queue_is_bounded(server_url: str) -> None:
    driver = driver_for(server_url, queue_limit=3)
    refused: list[str] = []
    done: list[object] = []
    await driver.execute(read("PING"))

    async def ask() -> None:
        try:
            done.append(await driver.execute(write("INCR", "n")))
        except LimitExceededError as error:
            refused.append(str(error))

    async with task_group() as group:
        for _ in range(50):
            group.start_soon(ask)
    assert await driver.execute(read("GET", "n")) == str(len(done)).encode()
    assert len(done) + len(refused) == 50
    await driver.aclose()


async def test_a_closed_driver_says_so(server_url: str) -> None:
    driver = driver_for(server_url)
    await driver.execute(read("PING"))
    await driver.aclose()
    await driver.aclose()
    for commands in ([read("PING")], [read("PING"), write("INCR", "n")]):
        with pytest.raises(DriverClosedError):
            await driver.execute_many(commands)
    with pytest.raises(DriverClosedError):
        await driver.execute(read("PING"))


async def test_making_one_opens_nothing() -> None:
    driver = driver_for("redis://:hunter@no-such-host.invalid:1/2")
    assert driver.description == "redis://no-such-host.invalid:1/2"
    await driver.aclose()


async def test_a_unix_socket() -> None:
    with running_server(own=True) as server:
        driver = driver_for(server.unix_url)
        assert await driver.execute(write("SET", "k", "v" * 1_000_000)) == b"OK"
        assert await driver.execute(read("STRLEN", "k")) == 1_000_000
        await driver.aclose()
        missing = driver_for(f"{server.unix_url}.not", retries=0)
        with pytest.raises(ConnectionFailedError, match=r"\.not"):
            await missing.execute(read("PING"))
        await missing.aclose()


async def test_tls(server_url: str, tmp_path: Path) -> None:
    key, certificate = make_certificate(tmp_path)
    with running_tls(server_url, key, certificate) as url:
        driver = driver_for(url, ssl_ca_certs=certificate)
        value = bytes(range(256)) * 20_000
        assert await driver.execute(write("SET", "k", value)) == b"OK"

        async def talk(who: int) -> None:
            for turn in range(20):
                text = f"{who}.{turn}".encode()
                assert await driver.execute(read("ECHO", text)) == text
            assert await driver.execute(read("GET", "k")) == value

        async with task_group() as group:
            for who in range(8):
                group.start_soon(talk, who)
        await driver.aclose()


async def test_tls_checks_the_certificate(server_url: str, tmp_path: Path) -> None:
    key, certificate = make_certificate(tmp_path)
    with running_tls(server_url, key, certificate) as url:
        distrusting = driver_for(url, retries=0)
        with pytest.raises(ConnectionFailedError, match="certificate"):
            await distrusting.execute(read("PING"))
        careless = driver_for(url, ssl_cert_reqs="none")
        assert await careless.execute(read("PING")) == b"PONG"
        missing = driver_for(url, ssl_ca_certs=str(tmp_path / "nothing.pem"), retries=0)
        with pytest.raises(ConnectionFailedError, match="No such file"):
            await missing.execute(read("PING"))
        for driver in (distrusting, careless, missing):
            await driver.aclose()
