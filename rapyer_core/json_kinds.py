"""Which kinds of JSON values a type is written as: what two choices of a union may share."""

from __future__ import annotations

from typing import Any

from .schemas import SchemaPart, surface

__all__ = ["json_kinds"]

ANY = "any"

# What a text may be read as besides: a number, or a truth value.
_LIKE_NUMBERS = "string integer number boolean"

# A float is a string where JSON has no number for it.
_KINDS: dict[str, frozenset[str]] = {
    kind: frozenset(names.split())
    for kinds, names in (
        ("int", "integer"),
        ("float", "number string"),
        ("timestamp", "number"),
        ("bool", "boolean"),
        ("none", "null"),
        ("str date datetime time timedelta", "string"),
        ("uuid url multi-host-url complex", "string"),
        ("decimal big-int bytes", _LIKE_NUMBERS),
        ("list tuple set frozenset named-tuple generator", "array"),
        ("dict typed-dict model dataclass tagged-union", "object"),
    )
    for kind in kinds.split()
}

_DEEPEST = 8


def json_kinds(part: SchemaPart, depth: int = 0) -> frozenset[str]:
    """Return the kinds that values of a schema may be written as, or read from.

    "any" where that is not known, and for an Enum or a Literal, whose members stand for values of
    other types.
    """
    found = surface(part)
    null = frozenset({"null"}) if found.is_nullable else frozenset[str]()
    inner = found.inner
    if depth > _DEEPEST or _has_own_serializer(part):
        return frozenset({ANY})
    if found.kind == "root-model":
        return null | json_kinds(part.with_schema(inner["schema"]), depth + 1)
    if found.kind == "union":
        choices: list[dict[str, Any]] = [
            c[0] if isinstance(c, tuple) else c for c in inner["choices"]
        ]
        return null.union(*(json_kinds(part.with_schema(c), depth + 1) for c in choices))
    return null | _KINDS.get(found.kind, frozenset({ANY}))


def _has_own_serializer(part: SchemaPart) -> bool:
    return any("serialization" in layer for layer in part.layers()) and (
        surface(part).kind not in ("timestamp", "big-int")
    )
