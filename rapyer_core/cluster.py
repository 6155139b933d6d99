"""Where a command goes in a cluster, and how one SCAN goes over all of its nodes."""

from __future__ import annotations

from collections.abc import Sequence

from rapyer_core.commands import Argument

__all__ = ["goes_everywhere", "is_scan", "node_and_cursor", "overall_cursor", "routing_key"]

# Commands whose first argument is no key: any node may answer them.
_KEYLESS = frozenset(
    [
        "ACL",
        "CLIENT",
        "CLUSTER",
        "COMMAND",
        "CONFIG",
        "DBSIZE",
        "ECHO",
        "FLUSHALL",
        "FLUSHDB",
        "HELLO",
        "INFO",
        "KEYS",
        "LATENCY",
        "MEMORY",
        "MODULE",
        "PING",
        "PUBLISH",
        "RANDOMKEY",
        "SCAN",
        "SCRIPT",
        "SLOWLOG",
        "TIME",
        "WAIT",
    ]
)
_SCRIPTS = frozenset(["EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO", "FCALL", "FCALL_RO"])


def routing_key(args: Sequence[Argument]) -> Argument | None:
    """Return the key whose slot decides, or None where any node will do."""
    name = _name(args)
    if name in _SCRIPTS:
        return args[3] if len(args) > 3 and int(args[2]) > 0 else None
    if name in _KEYLESS or name.startswith("FT.") or len(args) < 2:
        return None
    return args[1]


def goes_everywhere(args: Sequence[Argument]) -> bool:
    """Whether the command only makes sense on all nodes: scripts are known to each by itself."""
    return _name(args) in ("SCRIPT", "FLUSHALL", "FLUSHDB")


def is_scan(args: Sequence[Argument]) -> bool:
    """Whether the command goes over the keys, which every node has some of."""
    return _name(args) == "SCAN" and len(args) > 1


def _name(args: Sequence[Argument]) -> str:
    name = args[0]
    return (name.decode("ascii", "replace") if isinstance(name, bytes) else str(name)).upper()


def node_and_cursor(cursor: int, nodes: int) -> tuple[int, int]:
    """Split a cursor over `nodes` nodes into a node's position and that node's own cursor."""
    return cursor % nodes, cursor // nodes


def overall_cursor(position: int, cursor: int, nodes: int) -> int:
    """Return the cursor over all nodes after one node answered `cursor`; 0 is the end.

    A node that is done hands over to the next one, whose own scan begins at 0.
    """
    if cursor:
        return cursor * nodes + position
    return (position + 1) % nodes
