"""What a driver is asked to do, and what it answers.

Everything here is inert data: core builds commands, a driver sends them, core reads what
came back. A driver needs nothing else from the library, so a further driver is one file.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

__all__ = ["Argument", "Command", "Reply"]

Argument: TypeAlias = "str | bytes | int | float"

# What a server's reply becomes, whatever the protocol version and the client library:
# bulk and simple strings are bytes, integers int, null None, arrays lists. Drivers
# normalise to this (RESP3 maps become flat lists, booleans 0/1, doubles their text).
Reply: TypeAlias = "bytes | int | list[Reply] | None"


class Command(NamedTuple):
    """One command, ready to be packed.

    `repeatable`: running it twice does what running it once does (a read). Only such a
    command is sent again by itself when a connection is lost after it was written.

    `bulk`: its reply, or it, may be large (a scan, a many-key read), so that small commands
    must not queue behind it on one connection.
    """

    args: tuple[Argument, ...]
    repeatable: bool = False
    bulk: bool = False
