"""What a class declares as indexed, and how the server is told.

The fields are found by walking the class' plans, so that nested models, lists of them and declared
dict keys are met where a document has them. What is marked and cannot be indexed is an error
when the class is made.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast

from ..errors import UnsupportedIndexedFieldError
from ..paths import ROOT, member_segment
from .kinds import KINDS, Kind
from .marks import Index, mark_in
from .types import item_plan, kind_of

if TYPE_CHECKING:
    from ..model import DocumentModel
    from ..plans import ValuePlan

__all__ = [
    "EACH",
    "SHADOW_MEMBER",
    "IndexSchema",
    "IndexedField",
    "Way",
    "index_schema",
    "names_of",
    "schema_of_fields",
]

EACH = None
"""In a way: every item of the list there."""

Way: TypeAlias = "tuple[str | None, ...]"

SHADOW_MEMBER = "__rapyer_index__"
"""The member of a document that holds the numbers of what it stores as text."""


_INDEXABLE = (
    "str, int, float, Decimal, bool, datetime, date, an Enum or Literal of one of them, UUID, "
    "GeoPoint, a key, or a list or set of them"
)


class IndexedField(NamedTuple):
    """A place in documents of a class that can be asked about.

    `way`: the names that lead to it. `attribute`: what the index calls it; `words`: what it calls
    its words, where those are indexed. `plan`: of one value; of a list's field, that of an item.
    """

    owner: str
    way: Way
    kind: Kind
    mark: Index
    plan: ValuePlan
    attribute: str

    def __repr__(self) -> str:
        return f"{self.owner}.{self.name}"

    @property
    def name(self) -> str:
        """The field as users write it."""
        return ".".join(names_of(self.way))

    @property
    def path(self) -> str:
        """The JSON path of its values."""
        return json_path(self.way)

    @property
    def is_many(self) -> bool:
        """Whether one document may have several values."""
        return EACH in self.way or self.mark.separator is not None

    @property
    def words(self) -> str:
        """The attribute under which its words are indexed."""
        return f"{self.attribute}__words"

    @property
    def index_path(self) -> str:
        """The path of what the index reads: the value itself, or the number that stands for it."""
        if not self.kind.is_text_number:
            return self.path
        many = "[*]" if EACH in self.way else ""
        return json_path((SHADOW_MEMBER, self.attribute)) + many

    def arguments(self) -> Iterator[str]:
        """Yield what FT.CREATE is told about its values."""
        if self.mark.exact:
            yield from (self.index_path, "AS", self.attribute, *_TYPES[self.kind.index_type](self))

    def word_arguments(self) -> Iterator[str]:
        """Yield what FT.CREATE is told about its words."""
        if self.mark.text:
            yield from (self.path, "AS", self.words, *_words(self))


def _tag(field: IndexedField) -> Iterator[str]:
    yield "TAG"
    if field.mark.separator is not None:
        yield from ("SEPARATOR", field.mark.separator)
    if field.mark.case_sensitive:
        yield "CASESENSITIVE"
    yield "INDEXEMPTY"


def _words(field: IndexedField) -> Iterator[str]:
    yield "TEXT"
    if not field.mark.stem:
        yield "NOSTEM"
    if field.mark.weight is not None:
        yield from ("WEIGHT", repr(float(field.mark.weight)))
    if field.mark.phonetic is not None:
        yield from ("PHONETIC", field.mark.phonetic)
    yield "INDEXEMPTY"


def _vector(field: IndexedField) -> Iterator[str]:
    mark = field.mark
    options: dict[str, Any] = {
        "TYPE": f"FLOAT{mark.bits}",
        "DIM": mark.dimensions,
        "DISTANCE_METRIC": mark.metric,
        "M": mark.m,
        "EF_CONSTRUCTION": mark.ef_construction,
        "EF_RUNTIME": mark.ef_runtime,
    }
    told = [
        part for name, value in options.items() if value is not None for part in (name, str(value))
    ]
    yield from ("VECTOR", str(mark.vector).upper(), str(len(told)), *told)


def _number(field: IndexedField) -> Iterator[str]:
    yield "NUMERIC"


def _point(field: IndexedField) -> Iterator[str]:
    yield "GEO"


_TYPES: dict[str, Callable[[IndexedField], Iterator[str]]] = {
    "TAG": _tag,
    "NUMERIC": _number,
    "GEO": _point,
    "VECTOR": _vector,
}


class IndexSchema:
    """The indexed fields of a class; empty where nothing is declared."""

    def __init__(self, fields: Iterable[IndexedField]) -> None:
        self.fields: dict[Way, IndexedField] = {field.way: field for field in fields}
        self.shadows: tuple[IndexedField, ...] = tuple(
            field for field in self.fields.values() if field.kind.is_text_number
        )

    def __bool__(self) -> bool:
        return bool(self.fields)

    def arguments(self) -> tuple[str, ...]:
        """Return the arguments of FT.CREATE after SCHEMA.

        Words come first: the server finds none by their sound where another field is before them
        (seen on RediSearch 2.10.5).
        """
        fields = self.fields.values()
        words = [part for field in fields for part in field.word_arguments()]
        return (*words, *(part for field in fields for part in field.arguments()))

    def create_args(self, index_name: str, prefix: str) -> tuple[str, ...]:
        """Return the command that creates the index of documents whose keys begin with a prefix.

        Without stop words, since a phrase that holds one would match nothing.
        """
        head = ("FT.CREATE", index_name, "ON", "JSON", "PREFIX", "1", prefix, "STOPWORDS", "0")
        return (*head, "SCHEMA", *self.arguments())

    @property
    def fingerprint(self) -> str:
        """A short hash of what is declared, the same in every process."""
        declared = "\0".join(self.arguments())
        return hashlib.sha256(declared.encode()).hexdigest()[:12]


def index_schema(cls: type[DocumentModel]) -> IndexSchema:
    """Return what a class declares as indexed."""
    from ..modeling import plan_of

    return plan_of(cls).index


def schema_of_fields(
    owner: str, stored: Mapping[str, ValuePlan], others: Mapping[str, ValuePlan]
) -> IndexSchema:
    """Return the schema of a class, by the plans of the fields in its documents and of the others.

    Raises:
        UnsupportedIndexedFieldError: a field is marked and cannot be indexed.
    """
    found, walk = list[_Found](), _Walk(owner)
    for name, plan in others.items():
        walk.refuse_unstored(plan, (name,))
    for name, plan in stored.items():
        found.extend(walk.field(plan, (name,), ()))
    names = _attributes([each.way for each in found])
    return IndexSchema(
        IndexedField(owner, each.way, each.kind, each.mark, each.plan, name)
        for each, name in zip(found, names, strict=True)
    )


class _Found(NamedTuple):
    way: Way
    kind: Kind
    mark: Index
    plan: ValuePlan


class _Walk:
    """A walk over the plans of one class' fields."""

    def __init__(self, owner: str) -> None:
        self._owner = owner

    def refuse_unstored(self, plan: ValuePlan, way: Way) -> None:
        """Raise if a field is marked that is not in the document."""
        if _holds_mark(plan.part.schema):
            raise self._refused(way, "kept outside of the document", "what is in the document")

    def field(self, plan: ValuePlan, way: Way, inside: tuple[type, ...]) -> list[_Found]:
        """Return what is indexed of one field."""
        found = list(self(plan, way, None, inside))
        if not found and _holds_mark(plan.part.schema):
            raise self._refused(way, f"{plan.kind} with Index inside", "Index around the type")
        return found

    def __call__(
        self, plan: ValuePlan, way: Way, outer: Index | None, inside: tuple[type, ...]
    ) -> Iterator[_Found]:
        mark = _mark_of(plan) or outer
        if plan.special is not None:
            if mark is not None:
                raise self._refused(way, "kept under a key of its own", "what is in the document")
            return
        choices = [choice for choice in plan.choices if choice.kind != "none"]
        if len(choices) == 1 and choices[0] is not plan:
            yield from self(choices[0], way, mark, inside)
        elif plan.kind == "model":
            yield from self._model(plan, way, mark, inside)
        elif mark is not None and mark.vector:
            yield self._vector(plan, way, mark)
        elif (item := item_plan(plan)) is not None:
            if way[-1] is EACH and (mark is not None or _has_marks(item)):
                raise self._refused(way, "a list of lists", "one list")
            yield from self(item, (*way, EACH), mark, inside)
        elif plan.kind == "dict":
            yield from self._dict(plan, way, mark, inside)
        elif mark is not None:
            yield self._scalar(plan, way, mark)

    def _model(
        self, plan: ValuePlan, way: Way, mark: Index | None, inside: tuple[type, ...]
    ) -> Iterator[_Found]:
        if plan.model is None or plan.model in inside:
            return  # a model inside itself has no end; it is indexed down to its first repetition
        count = 0
        for name, field in plan.fields.items():
            found = self.field(field, (*way, name), (*inside, plan.model))
            count += len(found)
            yield from found
        if mark is not None and not count:
            raise self._refused(
                way,
                f"{plan.model.__name__}, none of whose fields is indexed",
                "Index on its fields",
            )

    def _dict(
        self, plan: ValuePlan, way: Way, mark: Index | None, inside: tuple[type, ...]
    ) -> Iterator[_Found]:
        if mark is None:
            return
        if not mark.keys:
            raise self._refused(way, "a dict", "the keys to index: Index(keys=('a', 'b'))")
        for key in mark.keys:
            if member_segment(key) is None:
                raise self._refused(way, f"the key {key!r}", "keys that a path can name")
            yield from self(plan.value, (*way, key), mark, inside)

    def _vector(self, plan: ValuePlan, way: Way, mark: Index) -> _Found:
        item = item_plan(plan)
        if plan.kind != "list" or item is None or item.kind not in ("float", "int") or EACH in way:
            raise self._refused(way, plan.kind, "list[float] for a vector")
        return _Found(way, KINDS["vector"], mark, plan)

    def _scalar(self, plan: ValuePlan, way: Way, mark: Index) -> _Found:
        kind = kind_of(plan)
        if kind is None:
            raise self._refused(
                way,
                plan.kind,
                "str, int, float, Decimal, bool, datetime, date, "
                "an Enum or Literal of one of them, UUID, GeoPoint, a key, lists and sets of them",
            )
        own = (mark.text, mark.separator, not mark.case_sensitive)
        if kind.name != "text" and any(own):
            raise self._refused(way, plan.kind, "text with text, separator and case_sensitive")
        if mark.separator is not None and EACH in way:
            raise self._refused(way, "a list", "a separator on one text")
        return _Found(way, kind, mark, plan)

    def _refused(self, way: Way, actual: str, expected: str) -> UnsupportedIndexedFieldError:
        name = ".".join(names_of(way))
        return UnsupportedIndexedFieldError(
            f"{self._owner}.{name} cannot be indexed: it is {actual}; expected {expected}",
            model=self._owner,
            field=name,
            path=json_path(way),
            expected=expected,
            actual=actual,
        )


def _mark_of(plan: ValuePlan) -> Index | None:
    """Return the mark on a value: on its schema, or on one that only wraps that."""
    return next((mark for schema in plan.part.layers() if (mark := mark_in(schema))), None)


def _holds_mark(schema: Any) -> bool:
    """Return whether there is a mark anywhere in a schema, but for models in it."""
    if isinstance(schema, (list, tuple)):
        return any(map(_holds_mark, cast("Iterable[Any]", schema)))
    if not isinstance(schema, dict):
        return False
    found = cast("dict[str, Any]", schema)
    if found.get("type") == "model":
        return False
    return mark_in(found) is not None or any(map(_holds_mark, found.values()))


def _has_marks(plan: ValuePlan) -> bool:
    return _mark_of(plan) is not None


def names_of(way: Way) -> list[str]:
    """Return the names in a way."""
    return [part for part in way if part is not None]


def json_path(way: Way) -> str:
    """Return the JSON path of a way."""
    return ROOT + "".join(
        "[*]" if part is None else member_segment(part) or f"[{part!r}]" for part in way
    )


def _attributes(ways: list[Way]) -> list[str]:
    """Return a name for each way that queries need not escape, each once."""
    names: dict[str, None] = {}
    for way in ways:
        joined = "_".join(names_of(way))
        name = plain = re.sub(r"[^A-Za-z0-9_]", "_", joined)
        count = 1
        while name in names:
            count += 1
            name = f"{plain}_{count}"
        names[name] = None
    return list(names)
