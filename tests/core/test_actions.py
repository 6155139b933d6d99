"""Every operation of the program is a kind of action, or is known to give no lifetime."""

from __future__ import annotations

from importlib import resources

import pytest

from rapyer_core.actions import FETCHING, ActionGroup, action_of, actions_of_setting, known_action
from rapyer_core.lifetimes import SAVING, Lifetimes

OPERATIONS = sorted(
    file.name.removesuffix(".lua")
    for folder in ("ops", "values")
    for file in resources.files("rapyer_core").joinpath("lua").joinpath(folder).iterdir()
    if file.name.endswith(".lua")
)

# They are sent without a lifetime, or set one of their own.
WITHOUT = {
    *("document_expect", "document_expire", "document_extend", "document_present"),
    *("index_refresh", "lock_acquire", "lock_check", "lock_release", "lock_renew"),
}


def test_every_operation_is_said_what_it_is() -> None:
    assert {name for name in OPERATIONS if known_action(name) is None} <= WITHOUT


@pytest.mark.parametrize(
    ("operation", "action"),
    [
        ("value_get", ActionGroup.READ),
        ("list_count", ActionGroup.READ),
        (FETCHING, ActionGroup.FETCH),
        ("document_get_parts", ActionGroup.FETCH),
        ("document_get_or_create", ActionGroup.FETCH),
        (SAVING, ActionGroup.UPDATE),
        ("document_put", ActionGroup.UPDATE),
        ("revised_patch", ActionGroup.UPDATE),
        ("text_append", ActionGroup.UPDATE),
        ("list_set_item", ActionGroup.UPDATE),
        ("list_append", ActionGroup.APPEND),
        ("dict_put", ActionGroup.APPEND | ActionGroup.UPDATE),
        ("set_add", ActionGroup.APPEND),
        ("list_remove_range", ActionGroup.ERASE),
        ("set_pop", ActionGroup.ERASE),
        ("integer_add", ActionGroup.ARITHMETIC),
        ("float_change", ActionGroup.ARITHMETIC),
        ("datetime_add", ActionGroup.ARITHMETIC),
    ],
)
def test_what_an_operation_is(operation: str, action: ActionGroup) -> None:
    assert action_of(operation) == action


def test_lifetimes_by_operation() -> None:
    every = Lifetimes(10, actions_of_setting(True))
    assert {every[name] for name in OPERATIONS if name != "document_delete"} == {10}
    assert every.of_new(SAVING) == ""
    none = Lifetimes(10, actions_of_setting(False))
    assert {none[name] for name in OPERATIONS} == {None}
    assert none.of_new(SAVING) == 10
    without = Lifetimes(None, actions_of_setting(True))
    assert {without[name] for name in OPERATIONS} == {None}
    assert without.of_new(SAVING) == ""
    reading = Lifetimes(10, ActionGroup.FETCH)
    assert (reading[FETCHING], reading[SAVING], reading.of_new(SAVING)) == (10, None, 10)
    assert reading.of_new("document_get_or_create") == ""
