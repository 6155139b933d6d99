"""The in-place operators of scalars, which mean an operation where a pipeline is open.

Outside of one they are Python's own: they make a plain value, for the assignment to store.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ..scopes import refuse_in_scope, scope_and_route

__all__ = ["InplaceOperators", "Intent", "RefusedOperators"]


class Intent(NamedTuple):
    """What one operator meant."""

    sign: str
    operand: Any


class RefusedOperators:
    """The in-place operators that have no operation, so that a pipeline refuses them at once.

    Without this Python would compute a new value from the local one, and the assignment would
    undo what others did in between.
    """

    __slots__ = ()

    def rapyer_no_operation(self, sign: str) -> Any:
        """Return NotImplemented outside of a pipeline, raise in one."""
        refuse_in_scope(self, f"{sign}=", "assign the new value, or change it before the pipeline")
        return NotImplemented

    if not TYPE_CHECKING:

        def __iadd__(self, operand: Any) -> Any:
            return self.rapyer_no_operation("+")

        def __isub__(self, operand: Any) -> Any:
            return self.rapyer_no_operation("-")

        def __imul__(self, operand: Any) -> Any:
            return self.rapyer_no_operation("*")

        def __itruediv__(self, operand: Any) -> Any:
            return self.rapyer_no_operation("/")

        def __ifloordiv__(self, operand: Any) -> Any:
            return self.rapyer_no_operation("//")

        def __imod__(self, operand: Any) -> Any:
            return self.rapyer_no_operation("%")

        def __ipow__(self, operand: Any) -> Any:
            return self.rapyer_no_operation("**")

        def __iand__(self, operand: Any) -> Any:
            return self.rapyer_no_operation("&")

        def __ior__(self, operand: Any) -> Any:
            return self.rapyer_no_operation("|")

        def __ixor__(self, operand: Any) -> Any:
            return self.rapyer_no_operation("^")

        def __ilshift__(self, operand: Any) -> Any:
            return self.rapyer_no_operation("<<")

        def __irshift__(self, operand: Any) -> Any:
            return self.rapyer_no_operation(">>")


class InplaceOperators(RefusedOperators):
    """``+= -= *= /= //= %= **=`` of a bound scalar; see `intents`."""

    __slots__ = ()

    def rapyer_inplace(self, sign: str, operand: Any) -> Any:
        """Return the new value with what was meant, or NotImplemented outside of a pipeline.

        Raises:
            InvalidValueError: an operand that the field does not take.
        """
        scope, _ = scope_and_route(self)
        if scope is None:
            return NotImplemented
        this: Any = self
        sign, operand = this.rapyer_operand(sign, operand)
        new = this.rapyer_computed(sign, operand)
        carrier = this.rapyer_bind(new, this.rapyer_parent, this.rapyer_member, this.rapyer_plan)
        if this.rapyer_version is not None:
            carrier.rapyer_version = this.rapyer_version
        carrier.rapyer_intents = (*this.rapyer_intents, Intent(sign, operand))
        return carrier

    # To a type checker an operator gives what the plain type's gives, here and in a pipeline.
    if not TYPE_CHECKING:

        def __iadd__(self, operand: Any) -> Any:
            return self.rapyer_inplace("+", operand)

        def __isub__(self, operand: Any) -> Any:
            return self.rapyer_inplace("-", operand)

        def __imul__(self, operand: Any) -> Any:
            return self.rapyer_inplace("*", operand)

        def __itruediv__(self, operand: Any) -> Any:
            return self.rapyer_inplace("/", operand)

        def __ifloordiv__(self, operand: Any) -> Any:
            return self.rapyer_inplace("//", operand)

        def __imod__(self, operand: Any) -> Any:
            return self.rapyer_inplace("%", operand)

        def __ipow__(self, operand: Any) -> Any:
            return self.rapyer_inplace("**", operand)
