"""`User.score`: a field as a place in any document of the class."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from .paths import Segment, display, render

__all__ = ["Expression"]

T = TypeVar("T")


class Expression(Generic[T]):
    """A field of a class, or a field of a model nested in it: ``User.address.city``."""

    __slots__ = ("_model", "_segments")

    def __init__(self, model: Any, segments: tuple[Segment, ...]) -> None:
        self._model = model
        self._segments = segments

    @property
    def json_path(self) -> str:
        """The JSON path of the field in a document."""
        return display(render(self._segments))

    @property
    def field_name(self) -> str:
        """The field's own name."""
        return str(self._segments[-1])

    def __getattr__(self, name: str) -> Expression[Any]:
        fields = self._nested_fields()
        if name not in fields:
            raise AttributeError(f"{self!r} has no field {name!r}")
        return Expression(self._model, (*self._segments, name))

    def _nested_fields(self) -> Any:
        from .modeling import plan_of

        plan = plan_of(self._model).fields[str(self._segments[0])].value
        for segment in self._segments[1:]:
            plan = _fields_of(plan)[segment]
        return _fields_of(plan)

    def __repr__(self) -> str:
        return f"<{self._model.__name__} {self.json_path}>"


def _fields_of(plan: Any) -> dict[Any, Any]:
    return plan.choice("model").fields if plan.choice("model").kind == "model" else {}
