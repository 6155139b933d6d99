"""Which model class a key's prefix belongs to.

Classes are held weakly: one that nobody uses any more frees its prefix. A class that is
defined again under the same module and qualified name (a notebook cell run twice) takes the
earlier one's place; a different class is refused.
"""

from __future__ import annotations

import gc
import weakref
from collections.abc import Generator
from contextlib import contextmanager
from typing import Generic, TypeVar

from .errors import DuplicateModelNameError

__all__ = ["Registry"]

C = TypeVar("C", bound=type)


class Registry(Generic[C]):
    """Prefixes and their classes."""

    def __init__(self) -> None:
        self._classes: weakref.WeakValueDictionary[str, C] = weakref.WeakValueDictionary()

    def add(self, prefix: str, cls: C) -> None:
        """Register a class.

        Raises:
            DuplicateModelNameError: another class has the prefix.
        """
        self.check(prefix, cls)
        self._classes[prefix] = cls

    def check(self, prefix: str, cls: C) -> None:
        """Raise what `add` would raise, and register nothing."""
        taken = self._classes.get(prefix)
        if taken is None or _full_name(taken) == _full_name(cls):
            return
        del taken
        # A class is always part of reference cycles, so a dead one lives on until a collection.
        # Only a conflict pays for one.
        gc.collect()
        taken = self._classes.get(prefix)
        if taken is not None:
            raise DuplicateModelNameError(
                f"the key prefix {prefix!r} of {_full_name(cls)} belongs to {_full_name(taken)}; "
                "set Meta.key_prefix on one of them",
                model=_full_name(cls),
                expected="a prefix of its own",
                actual=_full_name(taken),
            )

    def get(self, prefix: str) -> C | None:
        """Return the class of a prefix."""
        return self._classes.get(prefix)

    def owner_of(self, key: str) -> C | None:
        """Return the class that a whole key belongs to: that of the longest registered prefix."""
        end = key.rfind(":")
        while end > 0:
            cls = self._classes.get(key[:end])
            if cls is not None:
                return cls
            end = key.rfind(":", 0, end)
        return None

    def all(self) -> list[C]:
        """Return every registered class, in order of registration."""
        return list(self._classes.values())

    @contextmanager
    def isolated(self) -> Generator[None]:
        """Start with no classes, and restore the present ones at the end. For tests."""
        outer = self._classes
        self._classes = weakref.WeakValueDictionary()
        try:
            yield
        finally:
            self._classes = outer


def _full_name(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"
