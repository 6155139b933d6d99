"""JSON paths of the plain kind: members, indexes, and one slice at the end.

    $   $["any name"]   $['any "name"']   $.name   $[0]   $[-1]   $["list"][0:2]

A quoted name is taken raw. An index below the list's start means its first item, as it does
for RedisJSON 2.8.3. Wildcards, filters and descents are refused: the library writes none.
"""

from __future__ import annotations

import functools
import re
from typing import Any, NamedTuple, TypeAlias

from rapyer_core.memory.kinds import is_list, is_object
from rapyer_core.memory.replies import NOT_UTF8, CommandError

__all__ = ["ROOT", "JsonPath", "Place", "parse_path", "places"]

Place: TypeAlias = "tuple[Any, Any]"
"""A list or dict, and the index or name in it."""

_STEP = re.compile(
    r"""\["(?P<double>[^"\\]*)"\]
      | \['(?P<single>[^'\\]*)'\]
      | \.(?P<plain>[\w-]+)
      | \[[ ]*(?P<index>-?(?:0|[1-9][0-9]{0,17}))[ ]*\]
      | \[(?P<start>-?[0-9]{1,18})?:(?P<stop>-?[0-9]{1,18})?\](?=\Z)""",
    re.VERBOSE,
)


class JsonPath(NamedTuple):
    """The steps from the root, and the slice at the end if there is one."""

    text: str
    steps: tuple[str | int, ...]
    part: slice | None = None

    @property
    def is_root(self) -> bool:
        return not self.steps and self.part is None


ROOT = JsonPath("$", ())


@functools.lru_cache(maxsize=4096)
def parse_path(text: bytes) -> JsonPath:
    """Return the path. Errors: CommandError."""
    try:
        path = text.decode("utf-8")
    except UnicodeDecodeError:
        raise CommandError(NOT_UTF8) from None
    if not path.startswith("$"):
        raise CommandError(f"Error in path {path!r}: memory:// takes paths that start with $")
    steps: list[str | int] = []
    position = 1
    while position < len(path):
        found = _STEP.match(path, position)
        if found is None:
            raise CommandError(
                f"Error occurred on position {position} of {path!r}, expected a member, an "
                "index, or a slice at the end: memory:// knows no other paths"
            )
        position = found.end()
        kind = found.lastgroup
        if kind is None or kind in ("start", "stop"):
            return JsonPath(
                path, tuple(steps), slice(_bound(found["start"]), _bound(found["stop"]))
            )
        steps.append(int(found[kind]) if kind == "index" else found[kind])
    return JsonPath(path, tuple(steps))


def _bound(text: str | None) -> int | None:
    return None if text is None else int(text)


def places(root: list[Any], path: JsonPath) -> list[Place]:
    """Return where the path leads: nowhere, to one place, or to a slice's places.

    `root` is a list whose only item is the document, so that the document has a place too.
    """
    container: Any = root
    at: Any = 0
    for step in path.steps:
        inner = container[at]
        if isinstance(step, str):
            if not is_object(inner) or step not in inner:
                return []
            at = step
        else:
            if not is_list(inner):
                return []
            at = step if step >= 0 else max(0, len(inner) + step)
            if at >= len(inner):
                return []
        container = inner
    if path.part is None:
        return [(container, at)]
    inner = container[at]
    if not is_list(inner):
        return []
    return [(inner, position) for position in range(*path.part.indices(len(inner)))]
