"""The async side of what the twins' tests use: both event loops, and the package, initialised.

Written by hand, as its twin in `tests/twin_sync` is; both offer the same names.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import ModuleType

import pytest

import rapyer_async


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """The event loop; of function scope, so that each test has a new one."""
    backend: str = request.param
    return backend


@pytest.fixture
async def rapyer(redis_url: str, anyio_backend: str) -> AsyncIterator[ModuleType]:
    """The package, initialised with an empty server."""
    await rapyer_async.init_rapyer(redis_url, indexes="lazy")
    yield rapyer_async
    await rapyer_async.teardown_rapyer()
