"""What a JSON command sees of the database: documents under keys."""

from __future__ import annotations

from typing import Protocol

from rapyer_core.memory.documents import Document
from rapyer_core.memory.replies import MISSING_KEY, CommandError

__all__ = ["Store", "existing"]


class Store(Protocol):
    """One database's documents."""

    def find(self, key: bytes) -> Document | None:
        """Return the key's document. Errors: CommandError where the key holds something else."""
        ...

    def holds_another_type(self, key: bytes) -> bool:
        """Whether the key holds something that is no document."""
        ...

    def put(self, key: bytes, document: Document) -> None:
        """Store a document; what lifetime the key has, it keeps."""
        ...

    def remove(self, key: bytes) -> None:
        """Delete the key."""
        ...

    def changed(self, key: bytes, document: Document) -> None:
        """Note that the key's document was changed in place."""
        ...


def existing(store: Store, key: bytes, missing: str = MISSING_KEY) -> Document:
    """Return the key's document. Errors: CommandError with `missing` where there is none."""
    document = store.find(key)
    if document is None:
        raise CommandError(missing)
    return document
