"""The two packages offer the same: each public name has its twin, with the same signature.

Compared are the imported packages, not their texts, so that what a class gets from core, from
a decorator or from its metaclass is compared as well.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

import rapyer_async
import rapyer_sync
from tools.sync_names import PUBLIC, RENAMES, sync_name


def _modules_of(package: ModuleType) -> list[str]:
    found = pkgutil.walk_packages(package.__path__, ".")
    return ["", *(module.name for module in found)]


MODULES = _modules_of(rapyer_async)


def _both(module: str) -> tuple[ModuleType, ModuleType]:
    return (
        importlib.import_module(f"rapyer_async{module}"),
        importlib.import_module(f"rapyer_sync{module}"),
    )


def _exported(module: ModuleType) -> list[str]:
    """Return what `__all__` names; only a module that defines nothing public may lack one."""
    if not hasattr(module, "__all__"):
        values = vars(module).values()
        defined = [value for value in values if inspect.isroutine(value) or inspect.isclass(value)]
        assert [value for value in defined if value.__module__ == module.__name__] == []
        return []
    names: list[str] = module.__all__
    return names


def _public_pairs(module: str) -> Iterator[tuple[str, Any, Any]]:
    one, other = _both(module)
    for name in _exported(one):
        yield f"{module}.{name}", getattr(one, name), getattr(other, sync_name(name))


def _classes(module: str) -> Iterator[tuple[type, type]]:
    for _, one, other in _public_pairs(module):
        # What core defines is one and the same class in both packages.
        if isinstance(one, type) and one is not other:
            yield one, other


def _members(cls: type) -> dict[str, Any]:
    """Return the public members by name, inherited ones included, as they are stored."""
    names = [name for name in dir(cls) if not name.startswith("_") or name in _PROTOCOL]
    return {name: inspect.getattr_static(cls, name) for name in names}


_PROTOCOL = {
    *("__aenter__", "__aexit__", "__aiter__", "__anext__"),
    *("__enter__", "__exit__", "__iter__", "__next__"),
    *("__init__", "__call__"),
}


def _function(member: Any) -> Any:
    """Return the function below a descriptor, or None where there is none."""
    if isinstance(member, property):
        return member.fget
    if isinstance(member, classmethod | staticmethod):
        return _function(member.__func__)
    return member if inspect.isfunction(member) else None


def _waits(function: Any) -> bool:
    below = inspect.unwrap(function)
    return inspect.iscoroutinefunction(below) or inspect.isasyncgenfunction(below)


def _renamed(text: str) -> str:
    return re.sub(r"\w+", lambda word: sync_name(word.group()), text)


def _signature(function: Any, *, rename: bool) -> list[tuple[object, ...]]:
    def named(value: object) -> str:
        text = value if isinstance(value, str) else inspect.formatannotation(value)
        return _renamed(text) if rename else text

    signature = inspect.signature(function)
    returned = ("return", named(signature.return_annotation))
    return [
        *(
            (
                parameter.kind,
                named(name),
                named(parameter.annotation),
                named(repr(parameter.default)),
            )
            for name, parameter in signature.parameters.items()
        ),
        returned,
    ]


def _assert_same(name: str, one: Any, other: Any) -> None:
    assert type(one) is type(other), name
    function, twin = _function(one), _function(other)
    if function is None or function is twin:
        return
    assert _signature(function, rename=True) == _signature(twin, rename=False), name
    assert function.__doc__ == twin.__doc__, name
    assert not _waits(twin), name


def test_they_have_the_same_modules() -> None:
    assert _modules_of(rapyer_sync) == MODULES


@pytest.mark.parametrize("module", MODULES)
def test_a_module_exports_the_same_names(module: str) -> None:
    one, other = _both(module)
    assert len(set(_exported(one))) == len(_exported(one))
    assert sorted(map(sync_name, _exported(one))) == sorted(_exported(other))
    for twin in (one, other):
        assert [name for name in _exported(twin) if not hasattr(twin, name)] == []


# The seam is where they differ by nature: it shares names, not signatures.
GENERATED = [module for module in MODULES if not module.startswith("._seam")]


@pytest.mark.parametrize("module", GENERATED)
def test_functions_have_the_same_signature(module: str) -> None:
    for name, one, other in _public_pairs(module):
        if inspect.isfunction(one):
            _assert_same(name, one, other)


@pytest.mark.parametrize("module", GENERATED)
def test_classes_have_the_same_members(module: str) -> None:
    for cls, twin in _classes(module):
        assert cls.__name__ == twin.__name__
        assert {*map(sync_name, _members(cls))} == {*_members(twin)}, cls


@pytest.mark.parametrize("module", GENERATED)
def test_methods_have_the_same_signature(module: str) -> None:
    for cls, twin in _classes(module):
        twins = _members(twin)
        own = {name for base in cls.__mro__ if _is_ours(base) for name in vars(base)}
        for name, member in _members(cls).items():
            # A local method of core's that the twin overrides by one that waits has no pair.
            if name in own and name not in _overridden(cls):
                _assert_same(f"{cls.__name__}.{name}", member, twins[sync_name(name)])


def _is_ours(cls: type) -> bool:
    return cls.__module__.split(".")[0] == "rapyer_async"


def _overridden(cls: type) -> set[str]:
    return {twin for name, twin in RENAMES.items() if hasattr(cls, name) and hasattr(cls, twin)}


def _public_members() -> Iterator[tuple[str, Any]]:
    for name in _exported(rapyer_async):
        value = getattr(rapyer_async, name)
        yield name, value
        if isinstance(value, type):
            yield from _members(value).items()


def test_the_packages_export_something() -> None:
    assert "AtomicRedisModel" in _exported(rapyer_async)


def test_what_waits_in_public_is_in_the_table() -> None:
    waiting = {
        name
        for name, member in _public_members()
        if _function(member) and _waits(_function(member)) and not name.startswith("__")
    }
    # These are called as they are in the package that this one is compatible with.
    assert waiting - {"init_rapyer", "teardown_rapyer", "refresh_ttl"} <= PUBLIC.keys()
