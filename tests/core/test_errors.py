"""The names of errors that programs written for rapyer 1.3.6 know."""

from __future__ import annotations

import pytest

from rapyer_core import errors

# `rapyer.errors` of the published package, listed by dir().
FORMER = [
    "BadDeleteActionError",
    "BadFilterError",
    "CantSerializeRedisValueError",
    "CascadeKeyInitialsError",
    "CascadeLuaLiteralError",
    "CascadeTargetTtlMissingError",
    "CorruptedModelError",
    "DuplicateModelNameError",
    "FindError",
    "InvalidCascadeDepthError",
    "InvalidRefreshTtlError",
    "KeyNotFound",
    "MetaFrozenError",
    "MissingParameterError",
    "NotResolvedError",
    "PersistentNoScriptError",
    "RapyerError",
    "RapyerModelDoesntExistError",
    "RapyerSerializationError",
    "ScriptsNotInitializedError",
    "UnsupportedArgumentTypeError",
    "UnsupportedArgumentValueError",
    "UnsupportedIndexedFieldError",
    "UpdateAtomicModelError",
]


@pytest.mark.parametrize("name", FORMER)
def test_a_name_of_rapyer_can_be_caught(name: str) -> None:
    assert issubclass(getattr(errors, name), errors.RapyerError)


def test_what_concerns_a_search_is_caught_by_one_name() -> None:
    for each in (
        errors.BadFilterError,
        errors.ManyFoundError,
        errors.UnsupportedIndexedFieldError,
    ):
        assert issubclass(each, errors.FindError)


def test_every_public_name_is_there() -> None:
    assert all(hasattr(errors, name) for name in errors.__all__)
