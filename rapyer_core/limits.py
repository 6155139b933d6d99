"""What JSON can say and the server cannot hold: an integer beyond 64 bits would become a float.

Seen on RedisJSON 2.8.3: from -2^63 to 2^64 - 1 integers stay what they are.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from .errors import NumberRangeError
from .invalid import Where

__all__ = ["storable"]

_LEAST, _GREATEST = -(2**63), 2**64 - 1

# Any run of 19 digits may be such an integer; most texts have none, and this finds that out at
# a nanosecond a byte.
_NINES = bytes.maketrans(b"012345678", b"999999999")
_LONG = b"9" * 19


def storable(text: bytes, spot: Callable[[], Where]) -> str:
    """Return a JSON text if the server can hold every integer in it; `spot` tells whose it is.

    Raises:
        NumberRangeError: it cannot.
    """
    if _LONG in text.translate(_NINES):
        json.loads(text, parse_int=lambda digits: _check(digits, spot))
    return text.decode()


def _check(digits: str, spot: Callable[[], Where]) -> None:
    # Python refuses to convert texts of thousands of digits.
    if len(digits) > 20 or not _LEAST <= int(digits) <= _GREATEST:
        where = spot()
        raise NumberRangeError(
            f"{where}: the server would store {digits} as a float, since it is beyond 64 bits; "
            "nothing was written. A Decimal keeps every digit",
            expected="an integer of 64 bits",
            actual=digits,
            **where.about(),
        )
