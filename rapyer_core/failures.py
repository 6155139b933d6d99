"""Fields that could not be read: kept beside the model, so that nothing overwrites them.

Such a field has no value in the model. Reading it gives None; assigning it ends the matter; and
what would have to write it, as a part of something larger, is an error. A model remembers its own
such fields, and tells those of the models in it by their way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import BaseModel

from .errors import NotLoadedError, RapyerError
from .invalid import Where
from .schemas import is_object, is_series

if TYPE_CHECKING:
    from .model import DocumentModel

__all__ = [
    "FAILURES",
    "FailedField",
    "check_no_failures",
    "failures_in",
    "has_failures",
    "note_failure",
    "own_failures",
    "set_failures",
    "take_retried",
]


class FailedField(NamedTuple):
    """A field that could not be read: what is stored there, as JSON data, and why it failed."""

    raw: Any
    error: RapyerError


class _Seen:
    """Whether any field ever failed in this process: where none did, nobody looks for them."""

    __slots__ = ("any",)

    def __init__(self) -> None:
        self.any: bool = False


FAILURES = _Seen()


def own_failures(model: DocumentModel) -> dict[str, FailedField]:
    """Return the fields of a model that could not be read and have no value since."""
    try:
        failed: dict[str, FailedField] = model.rapyer_failed_slot(model)
    except AttributeError:
        return {}
    return {name: failure for name, failure in failed.items() if name not in model.__dict__}


def set_failures(model: DocumentModel, failed: dict[str, FailedField]) -> None:
    """Make some fields those of a model that could not be read."""
    if failed or own_failures(model):
        FAILURES.any = FAILURES.any or bool(failed)
        object.__setattr__(model, "_rapyer_failed", dict(failed))


def note_failure(model: DocumentModel, name: str, failure: FailedField) -> None:
    """Add a field to those of a model that could not be read."""
    set_failures(model, {**own_failures(model), name: failure})


def failures_in(value: Any, way: tuple[str, ...] = ()) -> Iterator[tuple[str, FailedField]]:
    """Yield what could not be read in a value, by its way from there."""
    if not FAILURES.any:
        return
    if isinstance(value, BaseModel):
        if hasattr(value, "rapyer_failed_slot"):
            for name, failure in own_failures(value).items():  # type: ignore[arg-type]  # it is one
                yield ".".join((*way, name)), failure
        members: Any = vars(value).items()
    else:
        members = _members(value)
    for name, member in members:
        yield from failures_in(member, (*way, str(name)))


def _members(value: Any) -> Iterable[tuple[Any, Any]]:
    if is_object(value):
        return value.items()
    return enumerate(value) if is_series(value) else ()


def has_failures(value: Any) -> bool:
    """Return whether something in a value could not be read."""
    return FAILURES.any and next(failures_in(value), None) is not None


def check_no_failures(value: Any, spot: Callable[[], Where]) -> None:
    """Raise if something in a value that is to be written whole could not be read.

    Raises:
        NotLoadedError: the error names it.
    """
    if not FAILURES.any:
        return
    names = [name for name, _ in failures_in(value)]
    if names:
        where = spot()
        raise NotLoadedError(
            f"{where} cannot be written whole, since that would lose what could not be read: "
            f"{', '.join(names)}; retry that, or assign it",
            field=names[0],
            expected="a value that was read",
            actual=names,
            **where.about(),
        )


def take_retried(held: Any, fresh: Any) -> None:
    """Take over what can be read now, from a value that was read anew; the rest stays as it is."""
    if isinstance(held, BaseModel) and isinstance(fresh, BaseModel):
        if hasattr(held, "rapyer_failed_slot"):
            _take_own(held, fresh)
        pairs: list[Any] = [(value, vars(fresh).get(name)) for name, value in vars(held).items()]
    elif is_object(held) and is_object(fresh):
        pairs = [(value, fresh.get(name)) for name, value in held.items()]
    elif is_series(held) and is_series(fresh) and len(held) == len(fresh):
        pairs = [*zip(held, fresh, strict=True)]
    else:
        return
    for value, other in pairs:
        take_retried(value, other)


def _take_own(held: Any, fresh: Any) -> None:
    still = own_failures(fresh) if hasattr(fresh, "rapyer_failed_slot") else {}
    failed: dict[str, FailedField] = {}
    for name, failure in own_failures(held).items():
        if name in vars(fresh):
            held.__dict__[name] = vars(fresh)[name]
        else:
            failed[name] = still.get(name, failure)
    set_failures(held, failed)
