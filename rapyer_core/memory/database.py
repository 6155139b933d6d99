"""The documents of a fakeredis database, as the JSON commands see them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fakeredis._core import Database, Item

from rapyer_core.memory.documents import Document
from rapyer_core.memory.replies import WRONG_TYPE_OF_KEY, CommandError

__all__ = ["DatabaseStore"]


class DatabaseStore:
    """A `store.Store`. `current` says which database that is now: SELECT changes it."""

    def __init__(self, current: Callable[[], Database]) -> None:
        self._current = current

    def _item(self, key: bytes) -> Any:
        """Return what is stored at the key, or None; a key that has expired goes now."""
        database: Any = self._current()
        return database.get(key)

    def find(self, key: bytes) -> Document | None:
        item = self._item(key)
        if item is None:
            return None
        if type(item.value) is not Document:
            raise CommandError(WRONG_TYPE_OF_KEY)
        document: Document = item.value
        return document

    def holds_another_type(self, key: bytes) -> bool:
        item = self._item(key)
        return item is not None and type(item.value) is not Document

    def put(self, key: bytes, document: Document) -> None:
        database = self._current()
        item = self._item(key)
        if item is None:
            database[key] = Item(document)
        else:
            item.value = document
        database.notify_watch(key)

    def remove(self, key: bytes) -> None:
        database = self._current()
        if key in database:
            del database[key]
        database.notify_watch(key)

    def changed(self, key: bytes, document: Document) -> None:
        document.changed()
        self._current().notify_watch(key)
