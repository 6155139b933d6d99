"""Which class a key belongs to."""

from __future__ import annotations

import weakref
from typing import Any

import pytest

from rapyer_core.errors import DuplicateModelNameError
from rapyer_core.registry import Registry


def new_class(name: str, module: str = "somewhere") -> Any:
    return type(name, (), {"__module__": module, "__qualname__": name})


def test_a_key_belongs_to_the_longest_prefix() -> None:
    registry: Registry[Any] = Registry()
    short, long = new_class("A"), new_class("AB")
    registry.add("a", short)
    registry.add("a:b", long)
    assert registry.owner_of("a:1") is short
    assert registry.owner_of("a:b:1") is long
    assert registry.owner_of("a:b") is short
    assert registry.owner_of("a:bc:1") is short
    assert registry.owner_of("ab:1") is None
    assert registry.owner_of("a") is None and registry.owner_of(":x") is None
    assert registry.get("a") is short and registry.all() == [short, long]


def test_the_same_name_replaces() -> None:
    registry: Registry[Any] = Registry()
    first, second = new_class("A"), new_class("A")
    registry.add("a", first)
    registry.add("a", second)
    assert registry.get("a") is second


def test_another_class_is_refused_and_both_are_named() -> None:
    registry: Registry[Any] = Registry()
    first, second = new_class("A", "one"), new_class("A", "two")
    registry.add("a", first)
    with pytest.raises(DuplicateModelNameError, match=r"two\.A .* one\.A") as caught:
        registry.add("a", second)
    assert (caught.value.model, caught.value.actual) == ("two.A", "one.A")
    assert registry.get("a") is first


def test_a_class_that_is_gone_frees_its_prefix() -> None:
    registry: Registry[Any] = Registry()
    first = new_class("A", "one")
    registry.add("a", first)
    gone = weakref.ref(first)
    del first
    second = new_class("A", "two")
    registry.add("a", second)
    assert gone() is None and registry.get("a") is second


def test_isolation() -> None:
    registry: Registry[Any] = Registry()
    outside, inside = new_class("A", "one"), new_class("A", "two")
    registry.add("a", outside)
    with registry.isolated():
        assert registry.all() == [] and registry.owner_of("a:1") is None
        registry.add("a", inside)
        assert registry.owner_of("a:1") is inside
    assert registry.all() == [outside]
    with pytest.raises(ZeroDivisionError):
        _fail_in_isolation(registry)
    assert registry.all() == [outside]


def _fail_in_isolation(registry: Registry[Any]) -> None:
    with registry.isolated():
        raise ZeroDivisionError
