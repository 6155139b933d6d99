"""What a user hands over becomes a driver: a URL, a redis-py client, or a driver of one's own.

Drivers are imported when they are asked for: no program uses all of them.
"""

from __future__ import annotations

from collections.abc import Callable

from rapyer_async.drivers.protocol import Driver
from rapyer_core.errors import UnsupportedArgumentTypeError, UnsupportedArgumentValueError
from rapyer_core.redis_py import is_cluster_client, is_redis_py_client
from rapyer_core.urls import Settings, parse_url

__all__ = ["open_driver"]

_EXPECTED = "a URL such as 'redis://localhost:6379/0', a redis-py client, or a driver"


def open_driver(source: object, **options: object) -> Driver:
    """Return the driver for `source`. Nothing is connected before its first command.

    Args:
        source: a URL (`rapyer_core.urls` lists the kinds), a redis-py client (single, cluster,
            or of sentinel), or an object with the methods of `Driver`, which is returned as it is.
        options: settings of the connection that win over the URL's; only for a URL.

    Errors: UnsupportedArgumentTypeError, UnsupportedArgumentValueError,
        ServerLacksFeatureError for ``memory://`` and ``embedded://`` without their packages.
    """
    if isinstance(source, str):
        settings = parse_url(source, options)
        return _OPENERS[settings.scheme](settings)
    if options:
        names = ", ".join(sorted(options))
        raise UnsupportedArgumentValueError(
            f"options of the connection ({names}) are for a URL; "
            f"{type(source).__name__} has its own already"
        )
    if _is_driver(source):
        return source  # type: ignore[return-value]  # it has what the protocol asks for
    return _adapt(source)


def _is_driver(source: object) -> bool:
    names = ("execute", "execute_many", "aclose", "description")
    return all(hasattr(type(source), name) for name in names)


def _adapt(source: object) -> Driver:
    if not is_redis_py_client(source):
        raise UnsupportedArgumentTypeError(
            f"expected {_EXPECTED}, got {type(source).__name__}",
            expected=_EXPECTED,
            actual=type(source),
        )
    if is_cluster_client(source):
        from rapyer_async.drivers.redis_py_cluster import RedisPyClusterDriver

        return RedisPyClusterDriver(source)
    from rapyer_async.drivers.redis_py import RedisPyDriver

    return RedisPyDriver(source)


def _native(settings: Settings) -> Driver:
    from rapyer_async.drivers.native import NativeDriver

    return NativeDriver(settings)


def _in_process(settings: Settings) -> Driver:
    from rapyer_async.drivers.in_process import InProcessDriver

    return InProcessDriver(settings)


def _embedded(settings: Settings) -> Driver:
    from rapyer_async.drivers.embedded import EmbeddedDriver

    return EmbeddedDriver(settings)


_OPENERS: dict[str, Callable[[Settings], Driver]] = {
    "redis": _native,
    "rediss": _native,
    "unix": _native,
    "memory": _in_process,
    "embedded": _embedded,
}
