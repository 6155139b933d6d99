"""Vectors: checked, packed for the server, and how far they are from each other."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Sequence
from typing import Any

from ..errors import InvalidValueError
from .schema import IndexedField

__all__ = ["packed", "query_vector", "vector_distance"]

# The largest 32-bit float. Source: IEEE 754
_MOST = 3.4028234663852886e38


def query_vector(field: IndexedField, vector: Iterable[Any]) -> tuple[float, ...]:
    """Return a vector to compare with those of a field.

    Raises:
        InvalidValueError: it has other dimensions, or parts that are no finite numbers.
    """
    try:
        parts = tuple(float(part) for part in vector)
    except (TypeError, ValueError):
        parts = ()
    most = _MOST if field.mark.bits == 32 else math.inf
    if len(parts) != field.mark.dimensions or not all(
        math.isfinite(part) and abs(part) <= most for part in parts
    ):
        raise InvalidValueError(
            f"{field.owner}.{field.name}: expected {field.mark.dimensions} finite numbers of "
            f"{field.mark.bits} bits, got {vector!r}",
            model=field.owner,
            field=field.name,
            expected=f"{field.mark.dimensions} numbers",
            actual=vector,
        )
    return parts


def packed(vector: Sequence[float], bits: int) -> bytes:
    """Return a vector as the server takes it: little-endian floats of so many bits."""
    return struct.pack(f"<{len(vector)}{'f' if bits == 32 else 'd'}", *vector)


def vector_distance(metric: str, a: Sequence[float], b: Sequence[float]) -> float:
    """Return how far vectors are from each other, as the server's metric of this name tells it.

    Source: https://redis.io/docs/latest/develop/interact/search-and-query/advanced-concepts/vectors/
    """
    if metric == "L2":
        return math.fsum((x - y) ** 2 for x, y in zip(a, b, strict=True))
    product = math.fsum(x * y for x, y in zip(a, b, strict=True))
    if metric == "IP":
        return 1 - product
    lengths = math.sqrt(math.fsum(x * x for x in a)) * math.sqrt(math.fsum(y * y for y in b))
    return 1 - product / lengths if lengths else math.inf
