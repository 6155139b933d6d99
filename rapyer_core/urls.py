"""A server's URL becomes one frozen `Settings`, or an error that says what is wrong with it.

    redis://[[username]:password@]host[:port][/db][?option=value&…]
    rediss://…                                      the same over TLS
    unix://[[username]:password@]/path/to.sock[?db=0&…]
    memory://[name]                                 an in-process server
    embedded:///path/to/folder                      a server process of one's own

Spelling follows redis-py where redis-py has a spelling: percent-decoding, the database as the
path or as `?db=`, which wins. Unlike there, what is not understood is an error and not
ignored. No message and no repr holds a password.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from rapyer_core.errors import UnsupportedArgumentValueError

__all__ = ["Settings", "TlsSettings", "parse_url"]

_DEFAULT_PORT = 6379  # registered for Redis with IANA


@dataclass(frozen=True)
class TlsSettings:
    """How TLS is done: paths of PEM files, and what is checked of the server."""

    ca_file: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None
    verify: bool = True
    check_hostname: bool = True


@dataclass(frozen=True)
class Settings:
    """Where a server is, and how to speak to it. Times are seconds.

    `path` is a socket's (`unix`), a folder's (`embedded`) or a name (`memory`). A connection
    must be there after `connect_timeout`, and each reply `reply_timeout` after its command
    was written. `queue_limit` is how many commands may wait on one connection; further ones
    are refused. `retries` is how often a command is tried again when that cannot run it twice.
    A caller that is alone on its connection looks for its reply for up to `busy_wait` before it
    sleeps, where replies were seen to come so soon.
    """

    scheme: str = "redis"
    host: str = "localhost"
    port: int = _DEFAULT_PORT
    path: str = ""
    db: int = 0
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    client_name: str | None = None
    protocol: int = 2
    tls: TlsSettings | None = None
    connect_timeout: float = 5.0
    reply_timeout: float = 10.0
    queue_limit: int = 100_000
    retries: int = 4
    busy_wait: float = 0.00015

    @property
    def address(self) -> str:
        """The place alone: `host:port`, or a path."""
        if self.scheme in ("redis", "rediss"):
            host = f"[{self.host}]" if ":" in self.host else self.host
            return f"{host}:{self.port}"
        return self.path

    @property
    def description(self) -> str:
        """The URL without user, password and options."""
        if self.scheme in ("redis", "rediss", "unix"):
            mark = "?db=" if self.scheme == "unix" else "/"
            return f"{self.scheme}://{self.address}{mark}{self.db}"
        return f"{self.scheme}://{self.path}"


def parse_url(url: str, options: Mapping[str, object] | None = None) -> Settings:
    """Return the settings of a URL; `options` are further ones, which win over the URL's.

    Errors: UnsupportedArgumentValueError.
    """
    try:
        parts = urlsplit(url)
        # Python before 3.11 refuses an empty query where it is strict.
        pairs = parts.query and parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True)
        found = dict(pairs or ())
    except ValueError:
        if "?" in url and not url.endswith("?"):
            _refuse("the options of a URL must be written name=value&name=value")
        _refuse("this is not a URL: expected something like redis://localhost:6379/0")
    reader = _SCHEMES.get(parts.scheme)
    if reader is None:
        names = ", ".join(f"{name}://" for name in _SCHEMES)
        _refuse(f"a URL must start with one of {names}; this one has the scheme {parts.scheme!r}")
    if parts.fragment:
        _refuse("a URL must not contain '#'; in a password or a path write %23")
    values = reader(parts)
    values.update(_read_options(parts.scheme, {**found, **(options or {})}))
    return Settings(scheme=parts.scheme, **values)


def _refuse(message: str) -> NoReturn:
    raise UnsupportedArgumentValueError(message) from None


def _credentials(parts: SplitResult) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if parts.username:
        values["username"] = unquote(parts.username)
    if parts.password:
        values["password"] = unquote(parts.password)
    return values


def _read_network(parts: SplitResult) -> dict[str, Any]:
    values = _credentials(parts)
    if parts.hostname:
        values["host"] = unquote(parts.hostname)
    try:
        port = parts.port
    except ValueError:  # its text may be a piece of a password, so that it is not shown
        port = 0
    if port is not None:
        if not 0 < port < 65536:
            _refuse(
                "the port must be a number from 1 to 65535"
                " (in a password, '/', '?', '#', '@' and ':' must be percent-encoded)"
            )
        values["port"] = port
    database = unquote(parts.path).strip("/")
    if database:
        values["db"] = _whole("the database", database, 0)
    if parts.scheme == "rediss":
        values["tls"] = TlsSettings()
    return values


def _read_unix(parts: SplitResult) -> dict[str, Any]:
    return {**_credentials(parts), "path": _absolute(parts)}


def _read_embedded(parts: SplitResult) -> dict[str, Any]:
    return {"path": _absolute(parts)}


def _absolute(parts: SplitResult) -> str:
    if parts.hostname or not parts.path.strip("/"):
        _refuse(f"{parts.scheme}:// needs an absolute path, as in {parts.scheme}:///path/to/it")
    return unquote(parts.path)


def _read_memory(parts: SplitResult) -> dict[str, Any]:
    if parts.username or parts.password or parts.path.strip("/"):
        _refuse("memory:// takes a name at most, as in memory://name")
    return {"path": unquote(parts.netloc)}


_SCHEMES: dict[str, Callable[[SplitResult], dict[str, Any]]] = {
    "redis": _read_network,
    "rediss": _read_network,
    "unix": _read_unix,
    "memory": _read_memory,
    "embedded": _read_embedded,
}


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        _refuse(f"{name} must be a text that is not empty")
    return value


def _whole(name: str, value: object, least: int) -> int:
    try:
        number = value if type(value) is int else int(_text(name, value))
    except ValueError:
        number = least - 1
    if number < least:
        _refuse(f"{name} must be a whole number of at least {least}")
    return number


def _seconds(name: str, value: object) -> float:
    number = _number(name, value)
    if not 0.0 < number < float("inf"):
        _refuse(f"{name} must be a number of seconds above 0")
    return number


def _seconds_or_none(name: str, value: object) -> float:
    number = _number(name, value)
    if not 0.0 <= number < float("inf"):
        _refuse(f"{name} must be a number of seconds, 0 for none")
    return number


def _number(name: str, value: object) -> float:
    try:
        return float(value) if isinstance(value, (int, float)) else float(_text(name, value))
    except ValueError:
        return float("nan")


def _protocol(name: str, value: object) -> int:
    if str(value) not in ("2", "3"):
        _refuse(f"{name} must be 2 or 3")
    return int(str(value))


def _flag(name: str, value: object) -> bool:
    known = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    flag = known.get(str(value).lower())
    if flag is None:
        _refuse(f"{name} must be true or false")
    return flag


def _verify(name: str, value: object) -> bool:
    # "optional" is for a server that asks its clients; a client that does not insist on the
    # certificate does not verify it.
    known = {"required": True, "none": False}
    verify = known.get(str(value).lower())
    if verify is None:
        _refuse(f"{name} must be required or none")
    return verify


_Converter = Callable[[str, object], Any]

# Option: the field that it sets, and what reads it. The first spelling of a pair is
# redis-py's.
_COMMON: dict[str, tuple[str, _Converter]] = {
    "db": ("db", lambda name, value: _whole(name, value, 0)),
    "socket_connect_timeout": ("connect_timeout", _seconds),
    "connect_timeout": ("connect_timeout", _seconds),
    "socket_timeout": ("reply_timeout", _seconds),
    "reply_timeout": ("reply_timeout", _seconds),
    "queue_limit": ("queue_limit", lambda name, value: _whole(name, value, 1)),
    "retries": ("retries", lambda name, value: _whole(name, value, 0)),
    "busy_wait": ("busy_wait", _seconds_or_none),
    "client_name": ("client_name", _text),
    "protocol": ("protocol", _protocol),
}
_LOGIN: dict[str, tuple[str, _Converter]] = {
    "username": ("username", _text),
    "password": ("password", _text),
}
_TLS: dict[str, tuple[str, _Converter]] = {
    "ssl_ca_certs": ("ca_file", _text),
    "ssl_certfile": ("certificate_file", _text),
    "ssl_keyfile": ("key_file", _text),
    "ssl_cert_reqs": ("verify", _verify),
    "ssl_check_hostname": ("check_hostname", _flag),
}
_OPTIONS: dict[str, dict[str, tuple[str, _Converter]]] = {
    "redis": {**_COMMON, **_LOGIN},
    "rediss": {**_COMMON, **_LOGIN, **_TLS},
    "unix": {**_COMMON, **_LOGIN},
    "memory": {"db": _COMMON["db"]},
    "embedded": _COMMON,
}


def _read_options(scheme: str, options: Mapping[str, object]) -> dict[str, Any]:
    known = _OPTIONS[scheme]
    values: dict[str, Any] = {}
    tls: dict[str, Any] = {}
    for name, value in options.items():
        if name not in known:
            _refuse(f"{scheme}:// has no option {name!r}; it has {', '.join(sorted(known))}")
        target, convert = known[name]
        (tls if name in _TLS else values)[target] = convert(name, value)
    if scheme == "rediss":
        values["tls"] = TlsSettings(**tls)
    return values
