"""A document's text as its model reads it: without the members that are not the model's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .computed import without_computed
from .revisions import REVISION_MARK, split_revision
from .search.shadows import SHADOW_MARK, without_shadows

if TYPE_CHECKING:
    from .modeling import ModelPlan
    from .settings import Settings

__all__ = ["prepared"]


def prepared(text: bytes, plan: ModelPlan, settings: Settings) -> tuple[bytes, int | None]:
    """Return a document's text as its model reads it, and the revision that was in it."""
    revision: int | None = None
    # Also where revisions were kept once: the model may forbid members that it does not know.
    if settings.is_optimistic or REVISION_MARK in text:
        text, revision = split_revision(text)
    if plan.sees_extra and SHADOW_MARK in text:
        text = without_shadows(text)
    if plan.computed and any(mark in text for mark in plan.computed):
        text = without_computed(text, plan.part)
    return text, revision
