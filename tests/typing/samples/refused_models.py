"""Mistakes with documents; each line names its errors, mypy's and then pyright's."""

from __future__ import annotations

from typing_extensions import assert_type

from .shop import Address, Box, User


async def documents(user: User, address: Address) -> None:
    await User.aget(1)  # E: arg-type / reportArgumentType
    await User.aget()  # E: call-arg / reportCallIssue
    await User.ainsert("a")  # E: arg-type / reportArgumentType
    await User.aget_or_create(address)  # E: arg-type / reportArgumentType
    await user.asave(only_old=True)  # E: call-arg / reportCallIssue
    found = await User.afind_one()
    assert found.score  # E: union-attr / reportOptionalMemberAccess
    assert user.adress  # E: attr-defined / reportAttributeAccessIssue


async def claims() -> None:
    assert_type(await User.aget("a"), Address)  # E: assert-type / reportAssertTypeFailure
    assert_type(await User.afind(), User)  # E: assert-type / reportAssertTypeFailure
    assert_type(User.at("a"), type[User])  # E: assert-type / reportAssertTypeFailure


def generics() -> None:
    Box[int](value="x")  # E: arg-type / reportArgumentType
    Box[int](value=1, items=["x"])  # E: list-item / reportArgumentType
