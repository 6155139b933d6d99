"""A JSON document of the in-process server: the parsed value, and its text until it changes."""

from __future__ import annotations

from typing import Any

from rapyer_core.memory.json_paths import JsonPath, Place, places
from rapyer_core.memory.json_text import encode_json, parse_json

__all__ = ["Document"]


class Document:
    """A mutable JSON value. Whoever changes it says so with `changed`."""

    __slots__ = ("_text", "root")

    def __init__(self, value: Any) -> None:
        self.root: list[Any] = [value]
        self._text: bytes | None = None

    def places(self, path: JsonPath) -> list[Place]:
        """Return the places of a path: see `json_paths.places`."""
        return places(self.root, path)

    def values(self, path: JsonPath) -> list[Any]:
        """Return the values at a path."""
        return [container[at] for container, at in places(self.root, path)]

    def changed(self) -> None:
        """Forget the text, which is no longer the value's."""
        self._text = None

    def text(self, path: JsonPath) -> bytes:
        """Return the values at a path as one JSON array. The whole document's text is kept."""
        if not path.is_root:
            return encode_json(self.values(path))
        return b"[%b]" % self.whole()

    def whole(self) -> bytes:
        """Return the document's text."""
        if self._text is None:
            self._text = encode_json(self.root[0])
        return self._text

    def duplicate(self) -> Document:
        """Return a document of the same value that shares nothing with this one."""
        return Document(parse_json(self.whole()))

    def __reduce__(self) -> tuple[Any, ...]:
        # DUMP pickles what a key holds; text is shorter, and free of what is kept beside it.
        return _from_text, (self.whole(),)


def _from_text(text: bytes) -> Document:
    return Document(parse_json(text))
