"""``memory://``: a server inside the process, without a wire and without an event loop.

It is fakeredis with exact JSON commands and fast scripts of our own, and needs
``pip install "rapyer-anyio[memory]"``. There is no search: queries are decided in Python.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rapyer_core.errors import ServerLacksFeatureError

if TYPE_CHECKING:
    from rapyer_core.memory.server import MemoryServer

__all__ = ["memory_server"]

DEFAULT_NAME = "default"


def memory_server(name: str = "") -> MemoryServer:
    """Return the in-process server of that name; the empty name is ``default``.

    Errors: ServerLacksFeatureError when fakeredis or lupa is not installed.
    """
    try:
        from rapyer_core.memory.server import server_named
    except ImportError as error:
        raise ServerLacksFeatureError(
            f'memory:// needs fakeredis with lupa: pip install "rapyer-anyio[memory]" ({error})'
        ) from error
    return server_named(name or DEFAULT_NAME)
