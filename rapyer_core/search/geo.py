"""Points on the earth: how they are stored, and how far they are from each other."""

from __future__ import annotations

import math
from typing import Any, NamedTuple, cast

from pydantic_core import core_schema

from ..errors import UnsupportedArgumentValueError
from ..schemas import KIND
from .conditions import Box, Circle

__all__ = [
    "MOST_LATITUDE",
    "GeoPoint",
    "box_of",
    "circle_of",
    "distance",
    "enclosing_circle",
    "is_in_box",
]

# The limits of the server's geohashes. Source: https://redis.io/docs/latest/commands/geoadd/
MOST_LATITUDE = 85.05112878
# The radius that it takes the earth to have, in metres. Source: geohash_helper.c of Redis
_EARTH = 6372797.560856

_METRES = {"m": 1.0, "km": 1000.0, "mi": 1609.34, "ft": 0.3048}


class GeoPoint(NamedTuple):
    """A point: degrees of longitude, east of Greenwich, and of latitude, north of the equator.

    Stored as the text ``longitude,latitude``, which is what the index takes. A field takes a pair,
    a mapping of the two, or that text.
    """

    longitude: float
    latitude: float

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        schema = core_schema.no_info_plain_validator_function(
            _point,
            serialization=core_schema.plain_serializer_function_ser_schema(
                _text, when_used="json", return_schema=core_schema.str_schema()
            ),
        )
        return {**schema, "metadata": {KIND: "point"}}


def _point(value: Any) -> GeoPoint:
    if isinstance(value, str):
        value = value.split(",")
    elif isinstance(value, dict):
        given = cast("dict[str, Any]", value)
        value = [given.get("longitude"), given.get("latitude")]
    try:
        longitude, latitude = (float(part) for part in value)
    except (TypeError, ValueError):
        raise ValueError("expected a longitude and a latitude, in degrees") from None
    if not (abs(longitude) <= 180 and abs(latitude) <= MOST_LATITUDE):
        raise ValueError(
            f"expected a longitude within ±180, then a latitude within ±{MOST_LATITUDE}"
        )
    return GeoPoint(longitude, latitude)


def _text(point: Any) -> str:
    longitude, latitude = point
    return f"{float(longitude)!r},{float(latitude)!r}"


def circle_of(point: Any, radius: float, unit: str) -> Circle:
    """Return a circle.

    Raises:
        UnsupportedArgumentValueError: the point, the radius or the unit is none.
    """
    if unit not in _METRES or not _is_number(radius) or not 0 < radius < math.inf:
        raise UnsupportedArgumentValueError(
            f"expected a positive radius in {', '.join(_METRES)}, got {radius!r} {unit!r}",
            expected="a positive radius",
            actual=(radius, unit),
        )
    try:
        longitude, latitude = _point(point)
    except ValueError as error:
        raise UnsupportedArgumentValueError(
            f"{error}; got {point!r}", expected="a point", actual=point
        ) from error
    return Circle(longitude, latitude, radius * _METRES[unit])


def box_of(west: float, south: float, east: float, north: float) -> Box:
    """Return a box.

    Raises:
        UnsupportedArgumentValueError: it is none.
    """
    box = Box(west, south, east, north)
    if (
        not all(_is_number(side) for side in box)
        or max(abs(west), abs(east)) > 180
        or not -90 <= south <= north <= 90
    ):
        raise UnsupportedArgumentValueError(
            "expected west and east within ±180, and south to north within ±90, "
            f"got {tuple(box)!r}",
            expected="a box",
            actual=tuple(box),
        )
    return Box(*(float(side) for side in box))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def distance(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Return the metres between two points, by the haversine formula, as the server does."""
    (x1, y1), (x2, y2) = (tuple(map(math.radians, point)) for point in (a, b))
    half = math.sin((y2 - y1) / 2) ** 2
    half += math.cos(y1) * math.cos(y2) * math.sin((x2 - x1) / 2) ** 2
    return 2 * _EARTH * math.asin(min(1.0, math.sqrt(half)))


def is_in_box(point: tuple[float, float], box: Box) -> bool:
    """Return whether a point lies in a box."""
    longitude, latitude = point
    if not box.south <= latitude <= box.north:
        return False
    if box.west <= box.east:
        return box.west <= longitude <= box.east
    return longitude >= box.west or longitude <= box.east


def enclosing_circle(box: Box) -> Circle | None:
    """Return a circle around a box; None for one that is too large for that."""
    width = (box.east - box.west) % 360 if box.west > box.east else box.east - box.west
    if width > 180:
        return None
    longitude = (box.west + width / 2 + 180) % 360 - 180
    latitude = (box.south + box.north) / 2
    # Of all points of a box up to half around the earth, a corner or an edge's end is furthest.
    corners = [(longitude + width / 2, side) for side in (box.south, box.north)]
    if box.south < 0 < box.north:
        corners.append((longitude + width / 2, 0.0))
    centre = (longitude, min(MOST_LATITUDE, max(-MOST_LATITUDE, latitude)))
    return Circle(*centre, max(distance(centre, corner) for corner in corners))
