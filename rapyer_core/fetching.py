"""Fetching related documents, level by level: which keys are wanted next, and what came of them.

A level is what the references of the documents at hand refer to. Each document is read once,
however many references lead to it, and every one of them gets the same instance; so cycles end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from .bound.references import BoundReference
from .errors import DanglingReferenceError, NotLoadedError, UnsupportedArgumentValueError
from .places import DocumentPlace, root_of
from .referring import elements_of
from .wholeness import is_whole

if TYPE_CHECKING:
    from .keys import RapyerKey
    from .model import DocumentModel
    from .plans import ValuePlan

__all__ = ["Fetch", "Names", "Wanted", "asked_levels", "names_of"]

Names: TypeAlias = "dict[str, Names]"
"""What is to be fetched: fields, and of the documents that they refer to again fields."""


class Wanted(NamedTuple):
    """A document to be read."""

    cls: type[DocumentModel]
    key: RapyerKey


class _Found(NamedTuple):
    """A reference, and what is to be fetched of its target; None for everything."""

    reference: BoundReference
    names: Names | None


class Fetch:
    """One fetch of what some models refer to.

    names: the fields to follow; None for all of them. depth: how many levels; None for as many as
    there are.
    """

    def __init__(
        self, models: Sequence[DocumentModel], names: Names | None, depth: int | None
    ) -> None:
        self._frontier: list[tuple[DocumentModel, Names | None]] = [(m, names) for m in models]
        self._left = depth
        self._documents: dict[str, DocumentModel | None] = {}
        self._seen: set[int] = set()
        self._kept: list[Any] = []
        self._found: list[_Found] = []
        for model in models:
            self._know(model)

    def level(self) -> list[Wanted] | None:
        """Return the documents of the next level that are still to be read, None after the last."""
        if self._left == 0:
            return None
        self._found = [found for model, names in self._frontier for found in self._in(model, names)]
        if not self._found:
            return None
        wanted: dict[str, Wanted] = {}
        for reference, _ in self._found:
            key = reference.target_key
            if not reference.is_resolved and key not in self._documents:
                wanted.setdefault(key, Wanted(reference.rapyer_target_class(), key))
        return list(wanted.values())

    def take(self, documents: Mapping[str, DocumentModel | None]) -> None:
        """Take what was read; None where there is no document.

        Raises:
            DanglingReferenceError: the first reference to nothing that must not be so.
        """
        self._documents.update(documents)
        self._left = None if self._left is None else self._left - 1
        self._frontier = []
        dangling: DanglingReferenceError | None = None
        for reference, names in self._found:
            try:
                target = _resolved(reference, self._documents)
            except DanglingReferenceError as error:
                dangling = dangling or error
                continue
            if target is not None and names != {}:
                self._know(target)
                self._frontier.append((target, names))
        if dangling is not None:
            raise dangling

    def _know(self, model: DocumentModel) -> None:
        if not model.is_inner_model() and is_whole(model):
            self._documents.setdefault(model.key, model)

    def _in(self, model: DocumentModel, names: Names | None) -> Iterator[_Found]:
        if names is None:
            if id(model) in self._seen:
                return
            self._seen.add(id(model))
            self._kept.append(model)  # so that its id stays its own
        yield from _references_of(model, names)


def _resolved(
    reference: BoundReference, documents: Mapping[str, DocumentModel | None]
) -> DocumentModel | None:
    if not reference.is_resolved:
        target = documents.get(reference.target_key)
        if target is None and not reference.rapyer_rule.missing_is_none:
            raise reference.rapyer_dangling()
        reference.rapyer_resolve(target)
    resolved: DocumentModel | None = reference.rapyer_target
    return resolved


# Which references a model has


def _references_of(model: Any, names: Names | None) -> Iterator[_Found]:
    """Yield the references in a model's fields, in those of nested models too."""
    fields = model.rapyer_fields()
    for name in fields if names is None else names:
        if name not in fields:
            continue  # of another class that the reference may refer to
        if name not in model.__dict__:
            if names is not None:
                raise _not_loaded(model, name)
            continue
        if fields[name].value.refers:
            yield from _references_in(getattr(model, name), None if names is None else names[name])


def _references_in(value: Any, names: Names | None) -> Iterator[_Found]:
    if isinstance(value, BoundReference):
        yield _Found(value, names)
    elif hasattr(value, "rapyer_fields"):
        yield from _references_of(value, names)
    elif isinstance(value, Mapping):
        for held in value.values():  # pyright: ignore[reportUnknownVariableType]  # of any kind
            yield from _references_in(held, names)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for held in value:  # pyright: ignore[reportUnknownVariableType]  # of any kind
            yield from _references_in(held, names)


def _not_loaded(model: DocumentModel, name: str) -> NotLoadedError:
    spot = model.rapyer_spot()
    place = root_of(model).rapyer_place()
    if isinstance(place, DocumentPlace) and place.is_handle:
        why = "only its place is known; get the document first"
    elif name in model.failed_fields:
        why = "it could not be read"
    else:
        why = "the model was loaded without it; name it among the fields to get"
    return NotLoadedError(f"{spot}: {name} cannot be fetched: {why}", field=name, **spot.about())


def _ends_of(plan: ValuePlan) -> Iterator[ValuePlan]:
    """Yield the plans of what is at the end of collections: references, models, any value."""
    for choice in plan.choices:
        elements = elements_of(choice)
        for element in elements:
            yield from _ends_of(element)
        if not elements and choice.kind in ("reference", "model", "any"):
            yield choice


# Names


def names_of(cls: type[DocumentModel], names: Sequence[str]) -> Names:
    """Return dotted names as what is to be fetched: ``author.publisher`` fetches both.

    Raises:
        UnsupportedArgumentValueError: a name leads to no reference of the class.
    """
    found: Names = {}
    for name in [names] if isinstance(names, str) else names:
        _check(cls, name)
        inner = found
        for part in name.split("."):
            inner = inner.setdefault(part, {})
    return found


def asked_levels(
    cls: type[DocumentModel], names: Sequence[str], depth: int | None
) -> tuple[Names | None, int | None]:
    """Return the names and the depth of a fetch, from what a caller asked for.

    Raises:
        UnsupportedArgumentValueError: a name leads to no reference, or the depth is no number.
    """
    if names:
        return names_of(cls, names), None
    if depth is not None and (isinstance(depth, bool) or not isinstance(depth, int) or depth < 0):  # pyright: ignore[reportUnnecessaryIsInstance]  # not every caller has a type checker
        raise UnsupportedArgumentValueError(
            f"{cls.__name__}: depth is a number of levels or None, not {depth!r}",
            model=cls.__name__,
            expected="None or an integer of at least 0",
            actual=depth,
        )
    return None, depth


def _check(cls: Any, name: str) -> None:
    """Raise unless a name may lead to a reference, as far as the annotations tell."""
    classes: list[Any] = [cls]
    last: list[ValuePlan] = []
    for part in name.split("."):
        fields = [known[part] for known in map(_fields_of, classes) if part in known]
        last = [plan for field in fields for plan in _ends_of(field)]
        if not last:
            raise _no_reference(cls, name, part, classes)
        classes = [each for plan in last for each in _classes_behind(plan)]
    if not any(plan.kind in ("reference", "any") for plan in last):
        raise _no_reference(cls, name, name.rpartition(".")[2], classes)


def _no_reference(
    cls: Any, name: str, part: str, classes: list[Any]
) -> UnsupportedArgumentValueError:
    there = sorted(
        {
            field
            for known in map(_fields_of, classes)
            for field, plan in known.items()
            if any(True for _ in _ends_of(plan))
        }
    )
    return UnsupportedArgumentValueError(
        f"{cls.__name__}: {name} cannot be fetched, since {part} is no reference",
        model=cls.__name__,
        field=name,
        expected=f"one of {', '.join(there)}" if there else "the name of a reference",
        actual=part,
    )


def _fields_of(cls: Any) -> Mapping[str, ValuePlan]:
    if isinstance(cls, Mapping):
        return cls  # pyright: ignore[reportUnknownVariableType]  # a nested model's plans
    return {name: field.value for name, field in cls.rapyer_fields().items()}


def _classes_behind(plan: ValuePlan) -> list[Any]:
    """Return what the next part of a name may be a field of: classes, or a nested model's plans."""
    if plan.kind == "model":
        return [plan.fields]
    if plan.reference is None:
        return []
    known = plan.reference.registry.all()
    classes = plan.reference.classes
    if not classes:
        return list(known)
    # A reference to a base class may be to any class derived from it.
    return [*classes, *(cls for cls in known if issubclass(cls, classes) and cls not in classes)]
