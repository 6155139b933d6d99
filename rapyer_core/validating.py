"""What the fields of a model would be after an assignment: validators may change other ones too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic_core import ValidationError

from .errors import UpdateAtomicModelError
from .instances import scratch_of
from .invalid import invalid_value
from .modeling import plan_of

if TYPE_CHECKING:
    from .model import DocumentModel

__all__ = ["assigned", "check_fields", "validated_since"]


def assigned(model: DocumentModel, values: dict[str, Any]) -> dict[str, Any]:
    """Return what the fields would be after assigning values, without assigning them.

    Raises:
        InvalidValueError: a value does not validate, or the model would not.
    """
    scratch = scratch_of(model)
    pending, plan = dict(values), plan_of(type(model))
    if plan.has_model_validators:
        # The model's validators are to see all the values, so they run with the last one.
        for name in list(values)[:-1]:
            checked = plan.fields[name].value.checked(pending.pop(name), model.rapyer_spot())
            scratch.__dict__[name] = checked  # pyright: ignore[reportIndexIssue]  # it takes __dict__ for type's (its issue 11548)
    for name, value in pending.items():
        try:
            model.__pydantic_validator__.validate_assignment(scratch, name, value)
        except ValidationError as error:
            raise invalid_value(error, model.rapyer_spot(), value) from error
    changed = {*values, *validated_since(type(model), model.__dict__, scratch.__dict__)}
    return {name: scratch.__dict__[name] for name in changed}


def validated_since(
    cls: type[DocumentModel], before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[str]:
    """Return the fields that an assignment changed; validators of the model may add some."""
    plan = plan_of(cls)
    if not plan.has_model_validators:
        return []
    # By value too, since a validator that only reads a list leaves a bound one there.
    return [
        name
        for name in plan.fields
        if name in after and after[name] is not before.get(name) and after[name] != before.get(name)
    ]


def check_fields(model: DocumentModel, names: Any) -> None:
    """Raise if a name is not that of a field which may change.

    Raises:
        UpdateAtomicModelError: it is not; nothing was changed.
    """
    fields = plan_of(type(model)).fields
    for name in names:
        if name not in fields or model.rapyer_is_frozen(name):
            spot = model.rapyer_spot()
            why = "is not a field" if name not in fields else "must not change"
            raise UpdateAtomicModelError(
                f"{spot}: {name} {why}; nothing was changed", field=name, **spot.about()
            )
