"""Fields that are stored as pickles, because a model asks for it: `Pickled`, `Meta.allow_pickle`.

Both give a value the same schema: in Python it is checked as its type, in JSON it is a signed text
which is verified, unpickled, and then checked as its type as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_origin

from pydantic.errors import PydanticSchemaGenerationError
from pydantic_core import CoreSchema, core_schema

from .pickling import Allowed, allowed_names, pickled_text, unpickled

__all__ = ["Pickled", "allowed_by", "is_pickled", "pickled_schema"]

_MARK = "rapyer_pickled"


class Pickled:
    """``box: Annotated[Box, Pickled()]``: the value is stored as a signed pickle.

    allow: the classes and functions, or their full names, that a pickle may name beside the plain
    types of Python and `datetime`, `decimal`, `uuid` and the like; without it, any.
    """

    __slots__ = ("allow",)

    def __init__(self, *, allow: Iterable[Any] | None = None) -> None:
        self.allow: Allowed = None if allow is None else allowed_names(allow)

    def __repr__(self) -> str:
        return "Pickled()" if self.allow is None else f"Pickled(allow={sorted(self.allow)})"

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        try:
            inner = handler(source)
        except PydanticSchemaGenerationError:
            # pydantic knows nothing of the class, or of one inside of it.
            cls: Any = get_origin(source) or source
            inner = core_schema.is_instance_schema(cls)
        return pickled_schema(inner, self.allow)

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        return {"type": "string"}


def pickled_schema(inner: Any, allowed: Allowed) -> CoreSchema:
    """Return the schema of a value that is stored as a pickle; `inner` is that of the value."""

    def read(text: str) -> Any:
        return unpickled(text, allowed)

    return core_schema.json_or_python_schema(
        json_schema=core_schema.chain_schema(
            [
                core_schema.no_info_after_validator_function(read, core_schema.str_schema()),
                inner,
            ]
        ),
        python_schema=inner,
        serialization=core_schema.plain_serializer_function_ser_schema(
            pickled_text, return_schema=core_schema.str_schema(), when_used="json"
        ),
        metadata={_MARK: True},
    )


def is_pickled(schema: Any) -> bool:
    """Return whether a schema is that of a value which is stored as a pickle."""
    metadata: Any = schema.get("metadata") or {}
    return _MARK in metadata


def allowed_by(setting: Any) -> Allowed:
    """Return what `Meta.allow_pickle` allows, which is not False."""
    return None if setting is True else allowed_names(setting)
