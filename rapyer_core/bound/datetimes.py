"""Bound datetimes: the plain value, and where it was read."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, overload

from typing_extensions import Self

from ..timestamps import timestamp_schema
from .inplace import InplaceOperators
from .moments import DatetimeOperations, TimestampOperations
from .scalars import BoundScalar

if TYPE_CHECKING:
    from ..expressions import Expression

__all__ = ["BoundDatetime", "BoundTimestamp"]


class BoundDatetime(InplaceOperators, DatetimeOperations, BoundScalar, datetime):
    """A datetime in a document, stored as ISO 8601 text: aware and naive ones are kept apart."""

    rapyer_plain: ClassVar[type] = datetime

    @staticmethod
    def rapyer_make(bound: type[BoundDatetime], raw: Any) -> BoundDatetime:
        # A type checker knows the constructor of a scalar only.
        make: Any = bound
        moment: datetime = raw
        made: BoundDatetime = make(
            moment.year,
            moment.month,
            moment.day,
            moment.hour,
            moment.minute,
            moment.second,
            moment.microsecond,
            moment.tzinfo,
            fold=moment.fold,
        )
        return made

    def rapyer_value(self) -> datetime:
        return datetime(
            self.year,
            self.month,
            self.day,
            self.hour,
            self.minute,
            self.second,
            self.microsecond,
            self.tzinfo,
            fold=self.fold,
        )

    def __repr__(self) -> str:
        return repr(self.rapyer_value())

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self.rapyer_value().__reduce_ex__(protocol)

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: Any) -> Expression[datetime]: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> Self: ...
        def __get__(self, instance: object | None, owner: Any) -> Any: ...
        def __set__(self, instance: Any, value: datetime) -> None: ...
    else:
        # What Python would make an instance of this class, without a place.

        def __add__(self, other: Any) -> Any:
            return self.rapyer_value() + other

        __radd__ = __add__

        def __sub__(self, other: Any) -> Any:
            return self.rapyer_value() - other

        def replace(self, *args: Any, **named: Any) -> datetime:
            return self.rapyer_value().replace(*args, **named)

        def astimezone(self, tz: Any = None) -> datetime:
            return self.rapyer_value().astimezone(tz)


class BoundTimestamp(TimestampOperations, BoundDatetime):
    """A moment in a document, stored as the seconds since 1970; aware, in UTC."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        return timestamp_schema()
