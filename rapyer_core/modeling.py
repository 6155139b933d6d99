"""Making model classes: every check runs before anything is registered.

A class gets its plan from pydantic's core schema, one data descriptor per field, its own
level of settings, and its place in the registry of its package. A class whose annotations
cannot be resolved yet gets its plan at first use.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeGuard, cast

from pydantic import Field as PydanticField
from pydantic import PrivateAttr
from pydantic._internal._model_construction import ModelMetaclass, build_lenient_weakvaluedict
from pydantic._internal._typing_extra import parent_frame_namespace
from pydantic.errors import PydanticSchemaGenerationError
from pydantic_core import SchemaSerializer
from typing_extensions import dataclass_transform

from .bound.binding import bind
from .bound.scalars import BoundScalar
from .compiling_schemas import stored_serializer, stored_validator
from .computed import computed_marks
from .config import RedisConfig
from .errors import ReservedFieldNameError, UnsupportedFieldError
from .expressions import Expression
from .keys import KeyMarker
from .missing import missing_value
from .paths import Path, render
from .pickled_fields import allowed_by
from .plans import ValuePlan
from .reserved import RESERVED
from .safe_marks import is_marked_safe
from .schemas import SchemaPart, model_fields_of, part_of
from .search.schema import IndexSchema, schema_of_fields
from .secrets import check_secrets
from .specials import SpecialField, special_fields_of, ways_of
from .storage import stored_part
from .unstorable import CHOICES, check_storable, with_pickles

if TYPE_CHECKING:
    from .model import DocumentModel

__all__ = [
    "FieldDescriptor",
    "FieldPlan",
    "ModelMeta",
    "ModelPlan",
    "is_complete",
    "is_ours",
    "plan_of",
]

# Pydantic's option: whether a class notes the names that its annotations were written among.
_RESET = "__pydantic_reset_parent_namespace__"


class FieldPlan:
    """What is known of one field of one class; `is_stored`: it is part of the document's JSON."""

    def __init__(
        self,
        name: str,
        value: ValuePlan,
        is_key: bool,
        is_frozen: bool,
        is_stored: bool,
        is_safe: bool = False,
    ) -> None:
        self.name: str = name
        self.value = value
        self.is_key = is_key
        self.is_frozen = is_frozen
        self.is_fixed: bool = is_frozen or is_key
        self.is_stored = is_stored
        self.is_safe = is_safe
        self.path: Path = render((name,))
        self.keeps: bool = value.needs_baseline()
        self.scalars: dict[type, type[BoundScalar]] = _scalars_of(value)

    def read(self, instance: DocumentModel, raw: Any) -> Any:
        """Return what reading the field gives; a list, dict or model is bound once and kept."""
        scalar = self.scalars.get(type(raw))  # pyright: ignore[reportUnknownArgumentType]  # type() of Any
        if scalar is not None:
            return scalar.rapyer_bind(raw, instance, self.name, self.value)
        bound = bind(raw, instance, self.name, self.value)
        if bound is not raw and not isinstance(bound, BoundScalar):
            instance.__dict__[self.name] = bound  # pyright: ignore[reportIndexIssue]  # it takes __dict__ for type's (its issue 11548)
        if self.keeps:
            instance.rapyer_hand_out(self, raw)
        return bound


def _scalars_of(value: ValuePlan) -> dict[type, type[BoundScalar]]:
    """Return which bound scalar stands for which type, where that alone decides."""
    if not value.is_bindable or value.kind == "float" or value.needs_baseline():
        return {}
    return {
        plain: bound for plain, bound in value.bindings.items() if issubclass(bound, BoundScalar)
    }


class ModelPlan:
    """What is known of one class."""

    def __init__(self, cls: type[DocumentModel]) -> None:
        bindings, handles = cls.__rapyer_bindings__, cls.__rapyer_handles__
        schema = cast("dict[str, Any]", cls.__pydantic_core_schema__)
        self.fields: dict[str, FieldPlan] = {}
        for name, part in model_fields_of(schema).items():
            info = cls.__pydantic_fields__[name]
            is_key = any(isinstance(mark, KeyMarker) for mark in info.metadata)
            frozen = bool(info.frozen or cls.model_config.get("frozen"))
            if not info.exclude and "__rapyer_view__" not in cls.__dict__:
                check_storable(cls, name, part)
                check_secrets(cls, name, part)
            value = ValuePlan(part, bindings, handles, cls)
            is_stored = not info.exclude and not value.special
            self.fields[name] = FieldPlan(
                name, value, is_key, frozen, is_stored, is_marked_safe(info)
            )
        self.special_fields: tuple[SpecialField, ...] = special_fields_of(
            cls.__qualname__,
            SchemaPart(schema, {}, None),
            {name: field.value for name, field in self.fields.items()},
        )
        self.special_ways: dict[str, Any] | None = ways_of(self.special_fields)
        decorators = cls.__pydantic_decorators__
        self.has_model_validators: bool = bool(
            decorators.model_validators or decorators.root_validators
        )
        validated = frozenset(
            name
            for decorator in (decorators.field_validators, decorators.validators)
            for entry in decorator.values()
            for name in entry.info.fields
        )
        # Which fields cannot be checked by themselves, since validators of the model have a say.
        sees_all = self.has_model_validators or "*" in validated
        self.model_checked: frozenset[str] = frozenset(self.fields) if sees_all else validated
        self.key_field: str | None = _key_field(cls, self.fields)
        self.part: SchemaPart = part_of(schema)
        self.computed: frozenset[bytes] = computed_marks(self.part)
        document = stored_part(self.part)
        # Either may be a plugin's, which has the same methods.
        self.reader: Any = cls.__pydantic_validator__
        self.writer: SchemaSerializer = cls.__pydantic_serializer__
        if document is not self.part:
            self.reader, self.writer = stored_validator(document), stored_serializer(document)
        self.sees_extra: bool = cls.model_config.get("extra") in ("forbid", "allow")
        # A generic class without its arguments is no class of documents.
        is_open = bool(cls.__pydantic_generic_metadata__["parameters"])
        fields = {} if is_open else self.fields
        self.index: IndexSchema = schema_of_fields(
            cls.__qualname__,
            {name: field.value for name, field in fields.items() if field.is_stored},
            {name: field.value for name, field in fields.items() if not field.is_stored},
        )


def _key_field(cls: type, fields: dict[str, FieldPlan]) -> str | None:
    names = [field.name for field in fields.values() if field.is_key]
    if len(names) > 1:
        raise UnsupportedFieldError(
            f"{cls.__qualname__} has {len(names)} fields marked Key ({', '.join(names)}); "
            "one makes the pk",
            model=cls.__qualname__,
            expected="one Key field",
            actual=names,
        )
    return names[0] if names else None


def plan_of(cls: type[DocumentModel]) -> ModelPlan:
    """Return the plan of a class, made now if its annotations could not be resolved before."""
    plan = cls.__rapyer_plan__
    if plan is None:
        if not cls.__pydantic_complete__:
            cls.model_rebuild()
        plan = ModelPlan(cls)
        cls.__rapyer_plan__ = plan
    return plan


def is_complete(cls: type[DocumentModel]) -> bool:
    """Return whether the annotations of a class can be resolved: they may name a later one."""
    if cls.__rapyer_plan__ is not None or cls.__pydantic_complete__:
        return True
    return bool(cls.model_rebuild(raise_errors=False))


_building: ContextVar[bool] = ContextVar("rapyer_building", default=False)


@contextmanager
def _building_a_class() -> Generator[None]:
    """Hide expressions from pydantic, to which `Base.field` is a default or a shadowed name."""
    token = _building.set(True)
    try:
        yield
    finally:
        _building.reset(token)


@contextmanager
def _refusing_unknown(model: str) -> Generator[None]:
    """Raise our error for a type that pydantic refuses itself, where a model's config says so."""
    try:
        yield
    except PydanticSchemaGenerationError as error:
        what = error.message.split(". ")[0].split("\n")[0]
        raise UnsupportedFieldError(
            f"{model}: {what}. Either {CHOICES}",
            model=model,
            expected="types that JSON can hold",
            actual=what,
        ) from error


class FieldDescriptor:
    """`User.score` is an expression, `user.score` the value with its place."""

    __slots__ = ("_known", "_plan", "name", "owner")

    def __init__(self, owner: type[DocumentModel], name: str) -> None:
        self.owner: type[DocumentModel] = owner
        self.name: str = name
        self._plan: FieldPlan | None = None
        self._known: Expression[Any] | None = None

    @property
    def plan(self) -> FieldPlan:
        """The field's plan."""
        if self._plan is None:
            self._plan = plan_of(self.owner).fields[self.name]
        return self._plan

    def __get__(self, instance: Any, owner: Any) -> Any:
        if instance is None:
            if _building.get():
                raise AttributeError(self.name)
            return self._expression(owner)
        name = self.name
        plan = self._plan or self.plan
        try:
            raw = instance.__dict__[name]
        except KeyError:
            return missing_value(instance, plan)
        # The plan's own first step, without another call.
        scalar = plan.scalars.get(type(raw))  # pyright: ignore[reportUnknownArgumentType]  # type() of Any
        if scalar is None:
            return plan.read(instance, raw)
        return scalar.rapyer_bind(raw, instance, name, plan.value)

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.name] = value

    def _expression(self, owner: Any) -> Expression[Any]:
        """Return the field's expression: one and the same, as long as the class is the same."""
        if self._known is None or self._known.rapyer_owner is not owner:
            self._known = Expression(owner, (self.name,))
        return self._known


@dataclass_transform(kw_only_default=True, field_specifiers=(PydanticField, PrivateAttr))
class ModelMeta(ModelMetaclass):
    """Builds a model class whole, or raises and leaves no trace."""

    def __new__(
        mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any
    ) -> Any:
        is_registered = options.pop("rapyer_register", True)
        own = namespace.get("Meta")
        if options.get(_RESET, True):
            # Pydantic would look for names in its caller's frame, which is this function's.
            names = build_lenient_weakvaluedict(parent_frame_namespace())
            namespace = {**namespace, "__pydantic_parent_namespace__": names}
            options[_RESET] = False
        # What is worked out at first use is a class' own, never found on its base.
        namespace = {**namespace, "__rapyer_plan__": None, "__rapyer_resolved__": None}
        # Before pydantic warns of a shadowed attribute; annotations that are not there yet
        # (Python 3.14's) are checked with the finished class.
        if any(hasattr(base, "__rapyer_bindings__") for base in bases):
            _refuse_reserved(
                namespace.get("__qualname__", name), namespace.get("__annotations__", ())
            )
        if _allows_pickle(bases, own) and "__get_pydantic_core_schema__" not in namespace:
            namespace = {**namespace, "__get_pydantic_core_schema__": classmethod(_pickling_schema)}
        with _building_a_class(), _refusing_unknown(namespace.get("__qualname__", name)):
            cls: Any = super().__new__(mcs, name, bases, namespace, **options)
        if not hasattr(cls, "__rapyer_bindings__"):
            return cls
        _refuse_reserved(cls.__qualname__, cls.__pydantic_fields__)
        type.__setattr__(cls, "Meta", _settings(cls, own))
        for field in cls.__pydantic_fields__:
            type.__setattr__(cls, field, FieldDescriptor(cls, field))
        if cls.__pydantic_complete__:
            plan_of(cls)
        if is_registered and "__rapyer_bindings__" not in namespace:
            cls.__rapyer_registry__.add(cls.class_key_initials(), cls)
        return cls

    def __setattr__(cls, name: str, value: Any) -> None:
        if name == "Meta" and isinstance(value, RedisConfig):
            value = _settings(cls, value)
        super().__setattr__(name, value)


def is_ours(value: Any) -> TypeGuard[DocumentModel]:
    """Return whether a value is a model that notes changes.

    To ask a plain model for an attribute that it lacks would take forty times as long.
    """
    return isinstance(type(value), ModelMeta)


def _settings(cls: Any, own: Any) -> RedisConfig:
    """Return a class' own level of settings, above that of its base."""
    parent = next(
        (
            base.__dict__["Meta"]
            for base in cls.__mro__[1:]
            if isinstance(base.__dict__.get("Meta"), RedisConfig)
        ),
        None,
    )
    parent = parent or cls.__rapyer_defaults__
    if own is None or isinstance(own, RedisConfig):
        return (own or RedisConfig()).below(parent)
    namespace = cast("dict[str, Any]", vars(own))
    given = {key: value for key, value in namespace.items() if not key.startswith("_")}
    return RedisConfig(**given).below(parent)


def _allows_pickle(bases: tuple[type, ...], own: Any) -> Any:
    """Return the setting that will hold for a class which is not made yet."""
    given: Any = own.nearest("allow_pickle") if isinstance(own, RedisConfig) else own
    if hasattr(given, "allow_pickle"):
        return given.allow_pickle
    metas = (getattr(base, "Meta", None) for base in bases)
    return next((meta.allow_pickle for meta in metas if isinstance(meta, RedisConfig)), False)


def _pickling_schema(cls: Any, source: Any, handler: Any) -> Any:
    """Return pydantic's schema of a class whose settings allow pickles, with these in it."""
    setting = _allows_pickle(cls.__mro__[1:], cls.__dict__.get("Meta"))
    schema = handler(source)
    if not setting:
        return schema
    return with_pickles(schema, cls, allowed_by(setting), handler.resolve_ref_schema)


def _refuse_reserved(model: str, names: Iterable[str]) -> None:
    for name in names:
        if name in RESERVED:
            raise ReservedFieldNameError(
                f"{model}.{name}: the name is that of a public method or property; "
                f"write `{name}_: … = Field(alias={name!r})`",
                model=model,
                field=name,
                expected="a name that hides nothing",
                actual=name,
            )
