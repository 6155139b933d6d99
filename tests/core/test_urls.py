"""URLs: what each spelling means, what is refused, and that no password is ever shown."""

from __future__ import annotations

import pytest

from rapyer_core.errors import UnsupportedArgumentValueError
from rapyer_core.urls import Settings, TlsSettings, parse_url

READ = [
    ("redis://", Settings()),
    ("redis://localhost", Settings()),
    ("redis://h:1/2", Settings(host="h", port=1, db=2)),
    ("redis://h/2?db=3", Settings(host="h", db=3)),
    ("redis://:p%40%2F%3A@h", Settings(host="h", password="p@/:")),
    ("redis://u%3A:p@h", Settings(host="h", username="u:", password="p")),
    ("redis://u@h?password=p", Settings(host="h", username="u", password="p")),
    ("redis://h?username=u&password=p%26", Settings(host="h", username="u", password="p&")),
    ("redis://[::1]:7000/0", Settings(host="::1", port=7000)),
    (
        "redis://h?socket_timeout=0.5&socket_connect_timeout=2",
        Settings(host="h", reply_timeout=0.5, connect_timeout=2.0),
    ),
    (
        "redis://h?reply_timeout=3&connect_timeout=1.5&queue_limit=9&retries=0",
        Settings(host="h", reply_timeout=3, connect_timeout=1.5, queue_limit=9, retries=0),
    ),
    ("redis://h?busy_wait=0", Settings(host="h", busy_wait=0.0)),
    ("unix:///s?busy_wait=0.001", Settings(scheme="unix", path="/s", busy_wait=0.001)),
    ("redis://h?protocol=3&client_name=a%20b", Settings(host="h", protocol=3, client_name="a b")),
    ("rediss://h", Settings(scheme="rediss", host="h", tls=TlsSettings())),
    (
        "rediss://h?ssl_ca_certs=/ca&ssl_certfile=/c&ssl_keyfile=/k&ssl_check_hostname=false",
        Settings(
            scheme="rediss",
            host="h",
            tls=TlsSettings(
                ca_file="/ca", certificate_file="/c", key_file="/k", check_hostname=False
            ),
        ),
    ),
    (
        "rediss://h?ssl_cert_reqs=none",
        Settings(scheme="rediss", host="h", tls=TlsSettings(verify=False)),
    ),
    ("unix:///a%20b/c.sock?db=4", Settings(scheme="unix", path="/a b/c.sock", db=4)),
    (
        "unix://u:p@/c.sock",
        Settings(scheme="unix", path="/c.sock", username="u", password="p"),
    ),
    ("memory://", Settings(scheme="memory")),
    ("memory://Tests?db=1", Settings(scheme="memory", path="Tests", db=1)),
    ("embedded:///var/data", Settings(scheme="embedded", path="/var/data")),
]


@pytest.mark.parametrize(("url", "expected"), READ, ids=[url for url, _ in READ])
def test_a_url_means(url: str, expected: Settings) -> None:
    assert parse_url(url) == expected


REFUSED = [
    ("http://h", "scheme 'http'"),
    ("localhost:6379", "must start with one of"),
    ("", "must start with one of"),
    ("redis://[::1", "not a URL"),
    ("redis://h:0", "port"),
    ("redis://h:70000", "port"),
    ("redis://h:x", "port"),
    ("redis://h/one", "the database must be a whole number"),
    ("redis://h?db=-1", "db must be a whole number"),
    ("redis://h?db=", "db must be"),
    ("redis://h?nonsense=1", "no option 'nonsense'"),
    ("redis://h?ssl_ca_certs=/ca", "no option 'ssl_ca_certs'"),
    ("redis://h?db", "name=value"),
    ("redis://h#1", "'#'"),
    ("redis://h?protocol=4", "2 or 3"),
    ("redis://h?socket_timeout=0", "seconds above 0"),
    ("redis://h?socket_timeout=nan", "seconds above 0"),
    ("redis://h?socket_timeout=soon", "seconds above 0"),
    ("redis://h?busy_wait=-1", "seconds, 0 for none"),
    ("redis://h?busy_wait=inf", "seconds, 0 for none"),
    ("redis://h?busy_wait=long", "seconds, 0 for none"),
    ("redis://h?queue_limit=0", "at least 1"),
    ("rediss://h?ssl_cert_reqs=optional", "required or none"),
    ("rediss://h?ssl_check_hostname=maybe", "true or false"),
    ("unix://relative.sock", "absolute path"),
    ("unix://", "absolute path"),
    ("embedded://", "absolute path"),
    ("memory://a/b", "a name at most"),
    ("memory://?socket_timeout=1", "no option 'socket_timeout'"),
]


@pytest.mark.parametrize(("url", "part"), REFUSED, ids=[url for url, _ in REFUSED])
def test_a_url_is_refused(url: str, part: str) -> None:
    with pytest.raises(UnsupportedArgumentValueError) as caught:
        parse_url(url)
    assert part in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "url",
    [
        "redis://:hun/ter@h",
        "redis://u:hunter@h:x",
        "redis://u:hunter@h?nonsense=1",
        "redis://u:hun#ter@h",
        "redis://h?password=hunter&db=x",
        "http://u:hunter@h",
    ],
)
def test_no_error_shows_a_password(url: str) -> None:
    with pytest.raises(UnsupportedArgumentValueError) as caught:
        parse_url(url)
    assert "hun" not in str(caught.value)


def test_no_repr_shows_a_password() -> None:
    settings = parse_url("redis://user:hunter@h/1")
    assert settings.password == "hunter"
    for shown in (repr(settings), str(settings), settings.description, settings.address):
        assert "hunter" not in shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://u:p@h/1", "redis://h:6379/1"),
        ("rediss://[::1]:7", "rediss://[::1]:7/0"),
        ("unix://u:p@/s.sock?db=2", "unix:///s.sock?db=2"),
        ("memory://x", "memory://x"),
        ("embedded:///d", "embedded:///d"),
    ],
)
def test_the_description_is_the_url_without_secrets(url: str, shown: str) -> None:
    assert parse_url(url).description == shown


def test_options_win_over_the_url() -> None:
    settings = parse_url("redis://h/1?retries=2", {"db": 5, "socket_timeout": 1, "protocol": 3})
    assert (settings.db, settings.reply_timeout, settings.protocol) == (5, 1.0, 3)
    assert settings.retries == 2


@pytest.mark.parametrize("options", [{"db": 1.5}, {"db": True}, {"password": b"x"}, {"x": 1}])
def test_an_option_of_a_wrong_kind_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(UnsupportedArgumentValueError):
        parse_url("redis://h", options)
