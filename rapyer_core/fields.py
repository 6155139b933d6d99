"""`Field`: pydantic's, typed so that a default may stand for a bound type."""

from __future__ import annotations

from typing import Any

from pydantic import Field as _PydanticField

__all__ = ["Field"]


def Field(default: Any = ..., **options: Any) -> Any:
    """Declare a field: ``score: RedisInt = Field(0)``.

    Takes what `pydantic.Field` takes. A plain default would not fit the annotation for a type
    checker, which is why this returns Any. A field declared so counts as one with a default; one
    without a default takes its constraints as ``Annotated[RedisInt, pydantic.Field(gt=0)]``.
    """
    return _PydanticField(default, **options)
