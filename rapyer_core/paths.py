"""JSON paths: how a place inside a document is written for the server.

Every member name is quoted, so that any name is legal (``a.b``, ``*``, the empty name).
RedisJSON takes the name between the quotes raw, but for leading spaces, which it drops, and
knows no escape (seen on 2.8.3). So a name that begins with a space, holds a backslash or both
kinds of quote has no path at all: it makes a `LiftedPath`, which the Lua program follows by
text.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple, TypeAlias

__all__ = [
    "ROOT",
    "LiftedPath",
    "Path",
    "Segment",
    "display",
    "member_segment",
    "render",
    "shortened",
    "spelled",
]

ROOT = "$"

# A quoted name, or one that is written after a dot; other quotes are matched to be passed over.
_QUOTED = re.compile(r"""\["([A-Za-z_][A-Za-z0-9_]*)"\]|\["[^"]*"\]|\['[^']*'\]""")
_DOTTED = re.compile(r"""\.([A-Za-z_][A-Za-z0-9_]*)|\["[^"]*"\]|\['[^']*'\]""")

Segment: TypeAlias = str | int
"""A member's name, or an index in a list."""


class LiftedPath(NamedTuple):
    """A path through members whose names have no path of their own.

    `outer` leads to the first object with such a member; each step is that member's name and
    the plain path below it.
    """

    outer: str
    steps: tuple[tuple[str, str], ...]


Path: TypeAlias = str | LiftedPath


def member_segment(name: str) -> str | None:
    """Return how a member is written in a path, or None for a name that has no path."""
    if "\\" in name or name.startswith(" "):
        return None
    if '"' not in name:
        return f'["{name}"]'
    if "'" not in name:
        return f"['{name}']"
    return None


# A program reads few places again and again; keys of dicts make the rest, so it is bounded.
@lru_cache(maxsize=4096)
def render(segments: tuple[Segment, ...]) -> Path:
    """Return the path of segments counted from the document's root."""
    outer = current = ROOT
    steps: list[tuple[str, str]] = []
    name: str | None = None
    for segment in segments:
        written = f"[{segment}]" if isinstance(segment, int) else member_segment(segment)
        if written is not None:
            current += written
            continue
        if name is None:
            outer = current
        else:
            steps.append((name, current))
        name, current = str(segment), ROOT
    if name is None:
        return current
    steps.append((name, current))
    return LiftedPath(outer, tuple(steps))


def display(path: Path) -> str:
    """Return a path for people: as the server takes it, or the nearest to that."""
    if isinstance(path, str):
        return path
    return path.outer + "".join(f"[{name!r}]{below[1:]}" for name, below in path.steps)


@lru_cache(maxsize=4096)
def shortened(path: str) -> str:
    """Return a path as the server reads it fastest: ``$.a`` takes half a µs less than ``$["a"]``.

    Any name of ASCII letters, digits and underscores may be written so (seen on RedisJSON 2.8.3).
    """
    return _QUOTED.sub(lambda match: f".{match[1]}" if match[1] else match[0], path)


def spelled(path: str) -> str:
    """Return a path that `shortened` may have made as `render` writes it."""
    return _DOTTED.sub(lambda match: f'["{match[1]}"]' if match[1] else match[0], path)
