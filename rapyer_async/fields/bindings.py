"""What stands for a model's values: bound values by their plain type, handles by their kind.

A nested model stands for itself, and is added where the model class is made.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from rapyer_core.bound.datetimes import BoundTimestamp
from rapyer_core.bound.references import BoundReference

from .datetimes import DatetimeHandle, RedisDatetime, RedisDatetimeTimestamp, TimestampHandle
from .dicts import DictHandle, RedisDict
from .lists import ListHandle, RedisList
from .numbers import FloatHandle, IntHandle, RedisFloat, RedisInt
from .queues import QueueHandle
from .references import Reference, ReferenceHandle
from .sets import SetHandle
from .texts import RedisStr, StrHandle
from .values import AnyHandle, RedisBool, RedisBytes

if TYPE_CHECKING:
    from rapyer_core.plans import Bindings, Handles

__all__ = ["BINDINGS", "HANDLES"]

BINDINGS: Bindings = {
    int: RedisInt,
    float: RedisFloat,
    bool: RedisBool,
    str: RedisStr,
    bytes: RedisBytes,
    datetime: RedisDatetime,
    BoundTimestamp: RedisDatetimeTimestamp,
    list: RedisList,
    dict: RedisDict,
    BoundReference: Reference,
}

HANDLES: Handles = {
    "int": IntHandle,
    "big-int": IntHandle,
    "float": FloatHandle,
    "str": StrHandle,
    "datetime": DatetimeHandle,
    "timestamp": TimestampHandle,
    "list": ListHandle,
    "dict": DictHandle,
    "reference": ReferenceHandle,
    "special-queue": QueueHandle,
    "special-set": SetHandle,
    "any": AnyHandle,
}
