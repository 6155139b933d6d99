"""Coming to an end although the caller is cancelled, which a thread never is."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TypeVar

from typing_extensions import TypeVarTuple, Unpack

__all__ = ["shielded", "to_the_end"]

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


@contextmanager
def shielded(seconds: float) -> Generator[None, None, None]:
    """Do nothing: a thread is not cancelled."""
    yield


def to_the_end(function: Callable[[Unpack[Ts]], T], *args: Unpack[Ts], seconds: float) -> T:
    """Call a function: a thread is not cancelled, and what waits in it has its own limits."""
    return function(*args)
