"""Bytes of both protocols become replies of one shape, however they are cut."""

from __future__ import annotations

import pytest

from rapyer_core.commands import Command
from rapyer_core.errors import (
    AuthenticationFailedError,
    ConnectionFailedError,
    ServerError,
)
from rapyer_core.urls import Settings
from rapyer_core.wire.handshake import check_handshake, handshake_commands, is_worth_retrying
from rapyer_core.wire.packing import request_of, request_of_many
from rapyer_core.wire.replies import OutOfStepError, Parsed, ReplyParser

SHAPES: list[tuple[bytes, Parsed]] = [
    (b"+OK\r\n", b"OK"),
    (b":-7\r\n", -7),
    (b"$3\r\na\r\n\r\n", b"a\r\n"),
    (b"$-1\r\n", None),
    (b"*-1\r\n", None),
    (b"*2\r\n:1\r\n*1\r\n$1\r\nx\r\n", [1, [b"x"]]),
]
RESP3: list[tuple[bytes, Parsed]] = [
    (b"_\r\n", None),
    (b"#t\r\n", 1),
    (b"#f\r\n", 0),
    (b",1.5\r\n", b"1.5"),
    (b",7\r\n", b"7"),
    (b",-inf\r\n", b"-inf"),
    (b"%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n#t\r\n", [b"a", 1, b"b", [1]]),
    (b"~2\r\n:1\r\n:2\r\n", [1, 2]),
    (b"=7\r\ntxt:abc\r\n", b"abc"),
    (b"(18446744073709551616\r\n", b"18446744073709551616"),
]


def parser(*, resp3: bool = False) -> ReplyParser:
    made = ReplyParser()
    made.resp3 = resp3
    return made


@pytest.mark.parametrize(("data", "reply"), SHAPES + RESP3)
def test_a_reply_has_its_shape(data: bytes, reply: Parsed) -> None:
    (found,) = parser(resp3=True).feed(data)
    assert found == reply
    assert type(found) is type(reply)


def test_replies_cut_anywhere() -> None:
    data = b"".join(part for part, _ in SHAPES)
    expected = [reply for _, reply in SHAPES]
    for cut in range(len(data)):
        parts = parser()
        assert parts.feed(data[:cut]) + parts.feed(data[cut:]) == expected


def test_what_is_pushed_is_not_a_reply() -> None:
    assert parser(resp3=True).feed(b"+a\r\n>2\r\n+invalidate\r\n_\r\n+b\r\n") == [b"a", b"b"]


def test_errors_are_told_from_replies() -> None:
    first, second, third = parser().feed(b"-WRONGTYPE no\r\n+fine\r\n*2\r\n:1\r\n-ERR in\r\n")
    assert isinstance(first, ServerError)
    assert (first.code, str(first)) == ("WRONGTYPE", "WRONGTYPE no")
    assert second == b"fine"
    assert isinstance(third, ServerError)


def test_what_is_not_the_protocol_is_refused() -> None:
    with pytest.raises(OutOfStepError):
        parser().feed(b"HTTP/1.1 200 OK\r\n")


def test_the_risk_of_a_request_ends_with_its_first_write() -> None:
    read, write = Command(("GET", "k"), repeatable=True), Command(("INCR", "k"))
    assert request_of(read).risk is None
    assert request_of(write).risk == len(request_of(write).payload)
    batch = request_of_many([read, write, read])
    assert batch.risk == len(request_of(read).payload) + len(request_of(write).payload)
    assert request_of_many([read, read]).risk is None


@pytest.mark.parametrize(
    ("settings", "commands"),
    [
        (Settings(), [("PING",)]),
        (Settings(password="p", db=2), [("AUTH", "p"), ("SELECT", "2"), ("PING",)]),
        (Settings(username="u", password="p"), [("AUTH", "u", "p"), ("PING",)]),
        (Settings(protocol=3), [("HELLO", "3"), ("PING",)]),
        (
            Settings(protocol=3, password="p", client_name="me"),
            [("HELLO", "3", "AUTH", "default", "p"), ("CLIENT", "SETNAME", "me"), ("PING",)],
        ),
    ],
)
def test_the_greeting(settings: Settings, commands: list[tuple[str, ...]]) -> None:
    assert handshake_commands(settings) == commands


@pytest.mark.parametrize(
    "text",
    [
        "WRONGPASS invalid username-password pair",
        "NOAUTH Authentication required.",
        "ERR invalid password",
        "ERR Client sent AUTH, but no password is set",
    ],
)
def test_a_refused_login(text: str) -> None:
    settings = Settings(password="hunter")
    with pytest.raises(AuthenticationFailedError) as caught:
        check_handshake(settings, [ServerError(text), b"PONG"])
    assert "hunter" not in str(caught.value)
    assert not is_worth_retrying(caught.value)


@pytest.mark.parametrize(
    ("text", "worth"), [("LOADING soon", True), ("ERR max number of clients reached", False)]
)
def test_a_server_that_is_not_ready(text: str, worth: bool) -> None:
    with pytest.raises(ConnectionFailedError) as caught:
        check_handshake(Settings(), [ServerError(text)])
    assert is_worth_retrying(caught.value) is worth


def test_a_user_who_may_not_ping_is_welcome() -> None:
    check_handshake(Settings(), [ServerError("NOPERM no permissions for 'ping'")])
