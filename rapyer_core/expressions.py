"""`User.score`: a field as a place in any document of the class, and what can be asked of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from typing_extensions import Self

from .paths import Segment
from .search.operators import FieldOperators
from .search.schema import EACH, Way, json_path, names_of
from .search.types import item_plan

if TYPE_CHECKING:
    from .plans import ValuePlan

__all__ = ["Expression"]

T = TypeVar("T")


class Expression(FieldOperators[T]):
    """A field of a class, or one of a model nested in it: ``User.address.city``.

    Comparing an indexed field makes a condition: ``User.age > 18``. A list of models has the fields
    of its elements (``User.orders.count > 5``: some element's count is more than 5), and `any` for
    conditions on one element. ``User.prices["eur"]`` is the value of a dict's declared key.
    """

    __slots__ = ("_inner", "rapyer_owner", "rapyer_way")

    def __init__(self, model: Any, way: tuple[Segment | None, ...]) -> None:
        self.rapyer_owner: Any = model
        self.rapyer_way: Way = tuple(None if part is None else str(part) for part in way)
        self._inner: dict[str | None, Expression[Any]] = {}

    @property
    def json_path(self) -> str:
        """The JSON path of the field in a document."""
        return json_path(self.rapyer_way)

    @property
    def field_name(self) -> str:
        """The field's own name."""
        return names_of(self.rapyer_way)[-1]

    @property
    def any_item(self) -> Expression[Any]:
        """Some item of the list or set: ``User.scores.any_item > 5``.

        Raises:
            AttributeError: it is neither.
        """
        if item_plan(_only(self._plan())) is None:
            raise AttributeError(f"{self!r} has no items")
        return self._at(EACH)

    def __getattr__(self, name: str) -> Expression[Any]:
        if name.startswith("_") or name in ("rapyer_owner", "rapyer_way"):
            raise AttributeError(name)  # a copy is asked before it has its slots
        return self._member(name, AttributeError(f"{self!r} has no field {name!r}"))

    def __getitem__(self, name: str) -> Expression[Any]:
        """A nested field, whatever its name, or the value of a dict's key."""
        return self._member(name, KeyError(f"{self!r} has no field or key {name!r}"))

    def _member(self, name: str, refusal: Exception) -> Expression[Any]:
        plan, start = _only(self._plan()), self
        items = item_plan(plan)
        if items is not None:
            plan, start = _only(items), self._at(EACH)
        if name not in plan.fields and plan.kind != "dict":
            raise refusal
        return start._at(name)

    def _at(self, part: str | None) -> Expression[Any]:
        if part not in self._inner:
            self._inner[part] = Expression(self.rapyer_owner, (*self.rapyer_way, part))
        return self._inner[part]

    def _plan(self) -> ValuePlan:
        from .modeling import plan_of

        first, *others = self.rapyer_way
        plan = plan_of(self.rapyer_owner).fields[str(first)].value
        for part in others:
            plan = _only(plan)
            if part is None:  # each item
                plan = item_plan(plan) or plan
            else:
                plan = plan.fields[part] if plan.kind == "model" else plan.value
        return plan

    def __deepcopy__(self, memo: object) -> Self:
        return self  # it is the field, of which there is one

    def __copy__(self) -> Self:
        return self

    def __repr__(self) -> str:
        return f"<{self.rapyer_owner.__name__} {self.json_path}>"


def _only(plan: ValuePlan) -> ValuePlan:
    """Return what a value is, if it is not None."""
    choices = [choice for choice in plan.choices if choice.kind != "none"]
    return choices[0] if len(choices) == 1 else plan
