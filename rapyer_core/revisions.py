"""Revisions: a number beside a document's fields, which saves and updates count up.

It stands in the document, so that it is copied, expired and deleted with it. It is no field of
the model: it is taken out of a text before that is validated, since a model may forbid members
that it does not know.
"""

from __future__ import annotations

from typing import Any, cast

from pydantic_core import from_json, to_json

__all__ = ["REVISION_MARK", "REVISION_MEMBER", "split_revision", "with_revision"]

REVISION_MEMBER = "__rapyer_revision__"
REVISION_MARK = f'"{REVISION_MEMBER}":'.encode()


def split_revision(text: bytes) -> tuple[bytes, int]:
    """Return a document's text without its revision, and that; 0 where there is none."""
    document = from_json(text)
    if not isinstance(document, dict) or REVISION_MEMBER not in document:
        return text, 0
    members = cast("dict[str, Any]", document)
    revision = int(members.pop(REVISION_MEMBER))
    return to_json(members), revision


def with_revision(text: str, revision: int) -> str:
    """Return a document's text with a revision."""
    comma = "" if text == "{}" else ","
    return f'{text[:-1]}{comma}"{REVISION_MEMBER}":{revision}}}'
