"""Mistakes with fields; each line names its errors, mypy's and then pyright's."""

from __future__ import annotations

from typing_extensions import assert_type

from .shop import Address, Deep, Loose, User


def constructors(address: Address) -> None:
    User(login="a", name="n", level=1)  # E: call-arg / reportCallIssue
    User(login="a", name="n", address=address)  # E: call-arg / reportCallIssue
    Loose(slug="a", cuont=1)  # E: call-arg / reportCallIssue
    Address(city=1)  # E: arg-type / reportArgumentType
    Address(city="x", number="1")  # E: arg-type / reportArgumentType
    Address("x")  # E: call-arg / reportCallIssue
    Deep(ints=["x"])  # E: list-item / reportArgumentType
    Deep(by_name={"x": 1})  # E: dict-item / reportArgumentType
    Loose(slug="a", age="1")  # E: arg-type / reportArgumentType
    Loose(slug="a", tags=[1])  # E: list-item / reportArgumentType
    Loose(slug="a", address="Ulm")  # E: arg-type / reportArgumentType
    # The limit that `Nullable` is there for.
    Loose(slug="a", union=1)  # E: arg-type / reportArgumentType


def assignments(user: User, loose: Loose) -> None:
    user.score = "x"  # E: assignment / reportAttributeAccessIssue
    user.score = None  # E: assignment / reportAttributeAccessIssue
    user.name = 1  # E: assignment / reportAttributeAccessIssue
    user.active = "yes"  # E: assignment / reportAttributeAccessIssue
    user.token = "x"  # E: assignment / reportAttributeAccessIssue
    user.tags = [1]  # E: list-item / reportAttributeAccessIssue
    user.counts = {"x": "y"}  # E: dict-item / reportAttributeAccessIssue
    user.address = "Ulm"  # E: assignment / reportAttributeAccessIssue
    user.login = 1  # E: assignment / reportAttributeAccessIssue
    user.score += "x"  # E: operator / reportOperatorIssue
    loose.age = "x"  # E: assignment / reportAttributeAccessIssue
    loose.address = 1  # E: assignment / reportAttributeAccessIssue
    loose.count = "x"  # E: assignment / reportAttributeAccessIssue
    user.counts["x"] = "y"  # E: assignment / reportArgumentType


async def methods(user: User, loose: Loose, deep: Deep) -> None:
    await user.score.aincrease("x")  # E: arg-type / reportArgumentType
    await user.score.aincrease(1.5)  # E: arg-type / reportArgumentType
    await user.score.aset("x")  # E: arg-type / reportArgumentType
    await user.score.aapply(str)  # E: arg-type / reportArgumentType
    await user.score.aappend("x")  # E: attr-defined / reportAttributeAccessIssue
    await user.name.aappend(1)  # E: arg-type / reportArgumentType
    await user.tags.aappend(1)  # E: arg-type / reportArgumentType
    await user.tags.aset("x")  # E: arg-type / reportArgumentType
    await deep.homes.aappend("Ulm")  # E: arg-type / reportArgumentType
    await deep.rows[0].aappend("x")  # E: arg-type / reportArgumentType
    await user.counts.aset_item(1, 1)  # E: arg-type / reportArgumentType
    await user.counts.aset_item("x", "y")  # E: arg-type / reportArgumentType
    await user.counts.aupdate(x="y")  # E: arg-type / reportArgumentType
    await loose.count.aincrease()  # E: attr-defined / reportAttributeAccessIssue
    await User.score.aincrease()  # E: operator / reportCallIssue


def claims(user: User, deep: Deep) -> None:
    # That a wrong claim is found at all.
    assert_type(user.score, int)  # E: assert-type / reportAssertTypeFailure
    assert_type(User.score, int)  # E: assert-type / reportAssertTypeFailure
    assert_type(deep.ints[0], int)  # E: assert-type / reportAssertTypeFailure
    assert_type(user.address, type[Address])  # E: assert-type / reportAssertTypeFailure
