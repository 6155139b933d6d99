"""The index and the evaluator find the same, over generated documents and conditions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

import rapyer_sync

from .questions import NO_LIMITS, Asked, lift_limits, put_limits_back
from .samples import Everything, conditions, models

_SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture
def asked(server_url: str) -> Iterator[Asked]:
    rapyer_sync.init_rapyer(server_url)
    asked = Asked(server_url, Everything)
    yield asked
    asked.close()
    rapyer_sync.teardown_rapyer()


@_SETTINGS
@given(documents=models, asks=conditions)
def test_with_the_limits_of_a_server_as_it_comes(asked: Asked, documents: Any, asks: Any) -> None:
    asked.put(documents)
    asked.check(asks)


@_SETTINGS
@given(documents=models, asks=conditions)
def test_without_limits(asked: Asked, documents: Any, asks: Any) -> None:
    lift_limits(asked.client)
    try:
        asked.put(documents)
        asked.check(asks, NO_LIMITS)
    finally:
        put_limits_back(asked.client)
