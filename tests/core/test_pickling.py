"""What a pickle may name: the `getattr` that some pickles name reaches nothing else."""

from __future__ import annotations

import importlib
import pickle
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from rapyer_core.pickling import find_allowed


class Shade(Enum):
    DARK = 1

    @property
    def twice(self) -> int:
        return self.value * 2


def attribute() -> Any:
    """Return what stands for `getattr`."""

    def found(module: str, name: str) -> Any:
        return getattr(importlib.import_module(module), name)

    return find_allowed("builtins", "getattr", frozenset(), found)


def test_members_of_an_enum_are_reached() -> None:
    # As Python 3.11.0 to 3.11.3 pickles them, which other versions read as well.
    assert attribute()(Shade, "DARK") is Shade.DARK


def test_a_zone_is_made() -> None:
    assert attribute()(ZoneInfo, "_unpickle")("UTC", True).key == "UTC"


@pytest.mark.parametrize(
    ("owner", "name"),
    [(Shade, "twice"), (Shade, "__class__"), (Shade.DARK, "value"), (ZoneInfo, "clear_cache")],
)
def test_nothing_else_is(owner: Any, name: str) -> None:
    with pytest.raises(pickle.UnpicklingError, match="not allowed"):
        attribute()(owner, name)
