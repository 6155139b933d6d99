"""Mistakes with datetimes; each line names its errors, mypy's and then pyright's."""

from __future__ import annotations

from .moments import Meeting


async def refused(meeting: Meeting) -> None:
    Meeting(starts=1)  # E: arg-type / reportArgumentType
    meeting.starts = "today"  # E: assignment / reportAttributeAccessIssue
    await meeting.starts.aadd(1)  # E: arg-type / reportArgumentType
    await meeting.starts.aset("x")  # E: arg-type / reportArgumentType
