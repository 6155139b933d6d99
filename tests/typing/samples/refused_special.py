"""What special fields, pickled ones and safe ones do not take."""

from __future__ import annotations

from .accepted_special import Special


async def refused(special: Special) -> None:
    Special(shape="text", owner="Owner:a")  # E: arg-type / reportArgumentType
    special.level = None  # E: assignment / reportAttributeAccessIssue
    special.shape = 3  # E: assignment / reportAttributeAccessIssue
    special.tags = {1}  # E: arg-type / reportAttributeAccessIssue
    await special.tags.aadd(1)  # E: arg-type / reportArgumentType
    await special.queue.apush(1, 1)  # E: arg-type / reportArgumentType
    await special.queue.apush("a", "b")  # E: arg-type / reportArgumentType


async def may_have_failed(special: Special) -> None:
    await special.level.aincrease()  # E: union-attr / reportOptionalMemberAccess
    special.title.upper()  # E: union-attr / reportOptionalMemberAccess
