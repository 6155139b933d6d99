"""What a value belongs to, in messages, and the error for one that does not validate."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from pydantic_core import ValidationError

from .errors import InvalidValueError

__all__ = ["Spot", "Where", "invalid_value", "problems_of"]

_SHOWN = 200


class Where(NamedTuple):
    """A place in a document: `key` is None while the document has none."""

    model: str
    key: str | None
    path: str

    def __str__(self) -> str:
        return f"{self.key} {self.path}" if self.key else f"{self.model} {self.path}"

    def where(self) -> Where:
        """Return the place: a known one is a spot too."""
        return self

    def about(self) -> dict[str, Any]:
        """Return the attributes of an error about the place."""
        return {"key": self.key, "model": self.model, "path": self.path}


class Spot(Protocol):
    """Whatever can say where it is; asked only when there is something to report."""

    def where(self) -> Where:
        """Return the place."""
        ...


def invalid_value(error: ValidationError, where: Where, value: Any) -> InvalidValueError:
    """Return the error that says where, what was expected and what came."""
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    expected = "; ".join(
        ".".join(str(part) for part in problem["loc"])
        + (": " if problem["loc"] else "")
        + problem["msg"]
        for problem in problems
    )
    actual = repr(value)
    if len(actual) > _SHOWN:
        actual = actual[:_SHOWN] + "…"
    return InvalidValueError(
        f"{where}: {expected}; got {actual}", expected=expected, actual=value, **where.about()
    )


def problems_of(
    error: ValidationError | InvalidValueError, way: tuple[Any, ...] = ()
) -> dict[str, str]:
    """Return what is wrong with each part of a value that is at a way from the root."""
    if isinstance(error, InvalidValueError):
        if not isinstance(error.__cause__, ValidationError):
            named = ".".join(map(str, way)) or error.field or error.path or ""
            return {named: str(error.expected)}
        return problems_of(error.__cause__, way or ((error.field,) if error.field else ()))
    return {
        ".".join(str(part) for part in (*way, *problem["loc"])): problem["msg"]
        for problem in error.errors(include_url=False, include_input=False, include_context=False)
    }
