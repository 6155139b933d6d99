"""What is sent to write a document: whole, or some texts in one that is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from ..beside import beside_key
from ..bound.base import is_done
from ..changes import forget_changes
from ..commands import Argument
from ..errors import UnsupportedArgumentTypeError
from ..model import DocumentModel
from ..operations import Operation
from ..paths import ROOT
from ..places import Route, became_stored, became_unstored
from ..settings import Settings
from .optimistic import expected_revision, follow_revision, predict_revision

if TYPE_CHECKING:
    from ..scopes import Scope

__all__ = ["Write", "of_class", "patch_operation", "put_write"]

M = TypeVar("M", bound=DocumentModel)


class Write(NamedTuple):
    """An operation, and what takes its local effects back when it fails."""

    operation: Operation
    revert: Callable[[], None]


def put_write(model: DocumentModel, mode: str, *, is_forced: bool = False) -> Write:
    """Return what writes a document whole; `mode` is any, new or existing."""
    key, text = model.key, model.rapyer_sent()
    is_any = is_forced or mode == "new"

    def settle(reply: int) -> Any:
        became_stored(model)
        follow_revision(model, reply)
        return model

    revert = forget_changes(model)

    def predict(scope: Scope) -> Any:
        scope.on_failure(revert)
        if model.rapyer_route() is None:
            scope.on_failure(partial(became_unstored, model))
            became_stored(model)
        predict_revision(model, scope, is_known=not is_any)
        return model

    settings = type(model).rapyer_settings()
    name = "document_put"
    args: tuple[Argument, ...] = (mode, text, settings.new_lifetime)
    if settings.is_optimistic:
        name, args = "revised_put", (expected_revision(model, is_any), *args)
    operation = Operation(name, key, ROOT, args, settle, predict, settings.lifetime)
    if type(model).rapyer_special_fields():
        beside = beside_key(type(model), key)
        operation = beside.framed(operation, changes=beside.replacing(model))
    return Write(operation._replace(confirms=_confirms(settings)), revert)


def patch_operation(
    route: Route,
    texts: Sequence[tuple[Any, str]],
    whole: str,
    settle: Callable[[Any], Any],
    predict: Callable[[Scope], Any],
    is_forced: bool = False,
) -> Operation:
    """Return what writes several texts; `whole` is written where the document is gone."""
    settings = type(route.root).rapyer_settings()
    args: list[Any] = [whole, settings.new_lifetime, len(texts)]
    for path, text in texts:
        args += (path, text)
    name = "document_patch"
    if settings.is_optimistic:
        name, args = "revised_patch", [expected_revision(route.root, is_forced), *args]
    key, lifetime = route.place.key, settings.lifetime
    operation = Operation(name, key, ROOT, tuple(args), settle, predict, lifetime)
    return operation._replace(confirms=_confirms(settings))


def _confirms(settings: Settings) -> Callable[[Any], bool] | None:
    """Return what tells that a write did what was predicted: it did, but the server counts."""
    return None if settings.is_optimistic else is_done


def of_class(cls: type[M], model: Any) -> M:
    """Return a model that is to be written as one of a class, or raise."""
    if isinstance(model, cls) and not model.is_inner_model():
        return model
    raise UnsupportedArgumentTypeError(
        f"{cls.__name__}: expected a model of this class that is a document, got {model!r}",
        model=cls.__name__,
        expected=cls.__name__,
        actual=type(model).__name__,
    )
