"""Mistakes with conditions; each line names its errors, mypy's and then pyright's."""

from __future__ import annotations

from .accepted_conditions import Guest


def operators() -> None:
    Guest.where(Guest.age > "old")  # E: operator / reportOperatorIssue
    Guest.age.between(1, "x")  # E: arg-type / reportArgumentType
    Guest.name.in_([1])  # E: list-item / reportArgumentType
    Guest.name.startswith(1)  # E: arg-type / reportArgumentType
    Guest.place.within(5, 10)  # E: arg-type / reportArgumentType
    Guest.where("name")  # E: arg-type / reportArgumentType
