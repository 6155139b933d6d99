"""`Index`: the mark on an annotation that says a field can be asked about, and how.

The mark travels in pydantic's core schema, so it is found wherever it stands: around a field's
type, inside `Optional`, around a list or around its items.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, cast

from ..errors import UnsupportedArgumentValueError
from ..schemas import NO_NULL

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler

__all__ = ["MARK", "Index", "mark_in"]

T = TypeVar("T")

MARK = "rapyer_index"
"""The name under which a core schema's metadata holds the mark."""

_SOUNDS = ("dm:en", "dm:fr", "dm:pt", "dm:es")
_WITHIN = ("schema", "items_schema", "values_schema")


@dataclass(frozen=True)
class Index:
    """``name: Index[str]``, or with options ``name: Annotated[str, Index(text=True)]``.

    exact: text can be compared as a whole. text: it can be searched by words.
    case_sensitive: whether comparisons tell ``a`` from ``A`` (of the letters A to Z only).
    separator: one text holds several values, parted by this character.
    stem: words are searched by their stems. phonetic: they are searched by their sound, ``dm:en``,
    ``dm:fr``, ``dm:pt`` or ``dm:es``. weight: how much a match counts in the ranking.
    keys: of a dict, the keys whose values are indexed.
    vector: a list of floats is a vector, found by ``flat`` or ``hnsw``, of so many `dimensions`, in
    32 or 64 bits, by `metric` (``L2``, ``IP``, ``COSINE``); `m`, `ef_construction` and `ef_runtime`
    are hnsw's own.

    Raises:
        UnsupportedArgumentValueError: options that do not go together.
    """

    exact: bool = True
    text: bool = False
    case_sensitive: bool = True
    separator: str | None = None
    stem: bool = False
    phonetic: str | None = None
    weight: float | None = None
    keys: tuple[str, ...] = ()
    vector: Literal["flat", "hnsw"] | None = None
    dimensions: int | None = None
    bits: Literal[32, 64] = 32
    metric: Literal["L2", "IP", "COSINE"] = "COSINE"
    m: int | None = None
    ef_construction: int | None = None
    ef_runtime: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "keys", tuple(self.keys))
        for is_wrong, expected, actual in self._problems():
            if is_wrong:
                raise UnsupportedArgumentValueError(
                    f"Index: expected {expected}, got {actual!r}", expected=expected, actual=actual
                )

    def _problems(self) -> list[tuple[bool, str, Any]]:
        own = (self.stem, self.phonetic, self.weight)
        hnsw = (self.m, self.ef_construction, self.ef_runtime)
        vector, dimensions, part, weight = (
            self.vector,
            self.dimensions,
            self.separator,
            self.weight,
        )
        has_dimensions = isinstance(dimensions, int) and dimensions > 0
        return [
            (not (self.exact or self.text), "exact or text, or both", self),
            (any(own) and not self.text, "text=True with stem, phonetic and weight", self),
            (part is not None and not _is_mark(part), "one ASCII sign as separator", part),
            (part is not None and self.text, "a separator without text=True", self),
            (self.phonetic not in (None, *_SOUNDS), ", ".join(_SOUNDS), self.phonetic),
            (weight is not None and not 0 < weight < math.inf, "a positive weight", weight),
            (vector not in (None, "flat", "hnsw"), "flat or hnsw", vector),
            (vector is not None and not has_dimensions, "the vector's dimensions", dimensions),
            (vector is None and dimensions is not None, "vector with dimensions", vector),
            (self.bits not in (32, 64), "32 or 64 bits", self.bits),
            (self.metric not in ("L2", "IP", "COSINE"), "L2, IP or COSINE", self.metric),
            (vector != "hnsw" and any(n is not None for n in hnsw), "hnsw with m and ef_…", vector),
        ]

    if not TYPE_CHECKING:

        def __class_getitem__(cls, item: Any) -> Any:
            return Annotated[item, cls()]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        schema: Any = _fit(dict(handler(source)), self)
        return {**schema, "metadata": {**schema.get("metadata", {}), MARK: self}}


def _is_mark(separator: str) -> bool:
    return (
        len(separator) == 1
        and separator.isascii()
        and separator.isprintable()
        and not separator.isalnum()
    )


def mark_in(schema: dict[str, Any]) -> Index | None:
    """Return the mark that one schema carries itself."""
    metadata = cast("dict[str, Any]", schema.get("metadata") or {})
    mark: Index | None = metadata.get(MARK)
    return mark


def _fit(schema: dict[str, Any], mark: Index) -> dict[str, Any]:
    """Return a schema that refuses what would keep a document out of the index."""
    kind = schema["type"]
    if kind == "str" and "pattern" not in schema:
        # The server cuts text at a null character (seen on RediSearch 2.10.5): two values were one.
        return {**schema, "pattern": NO_NULL}
    if kind == "float":
        return {**schema, "allow_inf_nan": False}
    if kind == "list" and mark.vector:
        sized = {"min_length": mark.dimensions, "max_length": mark.dimensions}
        schema = {**schema, **sized}
    for name in _WITHIN:
        inner = schema.get(name)
        if isinstance(inner, dict) and "type" in inner:
            schema = {**schema, name: _fit(cast("dict[str, Any]", inner), mark)}
    return schema
