"""The sync side of what the twins' tests use: the package, initialised.

Written by hand, as its twin in `tests/twin` is; both offer the same names.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

import pytest

import rapyer_sync


@pytest.fixture
def rapyer(redis_url: str) -> Iterator[ModuleType]:
    """The package, initialised with an empty server."""
    rapyer_sync.init_rapyer(redis_url, indexes="lazy")
    yield rapyer_sync
    rapyer_sync.teardown_rapyer()
