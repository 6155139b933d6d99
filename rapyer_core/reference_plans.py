"""What a field of references takes: which classes, and how a value becomes a key of theirs.

A reference is stored as the whole key of its target, a JSON string. Where the class is not told
by the value, the key's prefix tells it; so a reference to a base class may hold keys of any class
derived from it, and nothing but the key is stored.
"""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic_core import core_schema

from .errors import UnsupportedFieldError
from .keys import RapyerKey
from .places import InnerPlace

if TYPE_CHECKING:
    from .cascades import CascadeTTL
    from .registry import Registry

__all__ = [
    "REFERENCE_MARK",
    "MissingAsNone",
    "ReferencePlan",
    "reference_plans_in",
    "target_classes",
]

# Where a core schema keeps the plan of the reference that it describes.
REFERENCE_MARK = "rapyer_reference"


class ReferencePlan:
    """What is known of the references of one annotation.

    classes: what they may refer to; empty where that is not told. reference: the class of the
    values, one in each of the two packages. missing_is_none: a target that is not there is None
    instead of an error. cascade: what the annotation says of lifetimes.
    """

    __slots__ = ("cascade", "classes", "missing_is_none", "reference", "registry")

    def __init__(
        self, classes: tuple[type[Any], ...], reference: Any, registry: Registry[Any]
    ) -> None:
        self.classes: tuple[type[Any], ...] = classes
        self.reference: Any = reference
        self.registry: Registry[Any] = registry
        self.missing_is_none: bool = False
        self.cascade: CascadeTTL | None = None

    def __repr__(self) -> str:
        return f"ReferencePlan({self.described()})"

    def described(self) -> str:
        """Return the names of the classes, for messages."""
        return " or ".join(cls.__name__ for cls in self.classes) or "a model"

    def schema(self) -> Any:
        """Return the core schema of the values."""
        return core_schema.json_or_python_schema(
            json_schema=core_schema.with_info_after_validator_function(
                self._from_json, core_schema.str_schema()
            ),
            python_schema=core_schema.with_info_plain_validator_function(self._from_python),
            serialization=core_schema.plain_serializer_function_ser_schema(
                self.key_of, return_schema=core_schema.str_schema()
            ),
            metadata={REFERENCE_MARK: self},
        )

    # Values in

    def _from_json(self, text: str, info: Any) -> Any:
        if info.context and info.context.get("rapyer") == "stored":
            self._check_class(text, self.registry.owner_of(text))
            return self.reference.rapyer_made(RapyerKey(text), self)
        return self.made(text)

    def _from_python(self, value: Any, info: Any) -> Any:
        return self.made(value)

    def made(self, value: Any) -> Any:
        """Return the reference that a model, a key, a pk or another reference stands for.

        Raises:
            ValueError: it refers to another class, or cannot be a reference.
        """
        if hasattr(value, "rapyer_target"):
            self._check_class(value.target_key, self.registry.owner_of(value.target_key))
            return self.reference.rapyer_made(value.target_key, self, value.rapyer_target)
        if hasattr(value, "rapyer_fields"):
            return self._to_model(value)
        if isinstance(value, str):
            return self.reference.rapyer_made(self._whole_key(value), self)
        raise ValueError(
            f"expected {self.described()}, its key or a reference to it, got {type(value).__name__}"
        )

    def key_of(self, value: Any) -> str:
        """Return the key that stands for a value in the document."""
        reference = value if hasattr(value, "rapyer_target") else self.made(value)
        return str(reference.target_key)

    def _to_model(self, model: Any) -> Any:
        if isinstance(model.rapyer_place(), InnerPlace):
            raise ValueError(
                f"the {type(model).__name__} is part of another document and has no key of its own"
            )
        if not self._takes(model.__class__):
            raise ValueError(f"expected {self.described()}, got a {type(model).__name__}")
        if model.rapyer_is_handle():
            return self.reference.rapyer_made(model.key, self)
        return self.reference.rapyer_made(model.key, self, model)

    def _whole_key(self, key: str) -> RapyerKey:
        owner = self.registry.owner_of(key)
        fits = any(key.startswith(f"{prefix}:") for prefix in self._prefixes())
        if self._takes(owner) if owner is not None else fits:
            return RapyerKey(key)
        self._check_class(key, owner)
        if isinstance(key, RapyerKey):
            if self.classes:
                raise ValueError(f"{key} is no key of {self.described()}")
            return key
        if len(self.classes) == 1:
            return RapyerKey(f"{self.classes[0].class_key_initials()}:{key}")
        raise ValueError(f"{key!r} does not tell whether it is of {self.described()}: give a key")

    def _prefixes(self) -> set[str]:
        return {cls.class_key_initials() for cls in self.classes}

    def _takes(self, cls: type[Any]) -> bool:
        """Return whether documents of a class may be referred to.

        By prefix too, since a class that was defined again (in a notebook) is another object.
        """
        if not self.classes or issubclass(cls, self.classes):
            return True
        return bool(self._prefixes() & {base.class_key_initials() for base in _documents(cls)})

    def _check_class(self, key: str, owner: type[Any] | None) -> None:
        if owner is not None and not self._takes(owner):
            raise ValueError(f"expected a key of {self.described()}, got {key} of {owner.__name__}")

    # Targets

    def class_of(self, key: str) -> type[Any] | None:
        """Return the class of the document at a key; None where no class is known for it."""
        owner = self.registry.owner_of(key)
        if owner is not None:
            return owner if self._takes(owner) else None
        return next((cls for cls in self.classes if key.startswith(f"{_prefix(cls)}:")), None)


def _prefix(cls: Any) -> str:
    return str(cls.class_key_initials())


def _documents(cls: type[Any]) -> list[Any]:
    """Return a class and its bases that are models with keys of their own."""
    return [
        base for base in cls.__mro__ if "__rapyer_plan__" in vars(base) and hasattr(base, "Meta")
    ]


def target_classes(source: Any) -> tuple[type[Any], ...]:
    """Return the classes that the annotation ``Reference[…]`` names.

    Raises:
        UnsupportedFieldError: one of them is no model class.
    """
    return tuple(cls for arg in get_args(source) for cls in _classes_in(arg))


def _classes_in(annotation: Any) -> tuple[type[Any], ...]:
    if get_origin(annotation) in (Union, types.UnionType):
        return tuple(cls for arg in get_args(annotation) for cls in _classes_in(arg))
    if get_origin(annotation) is Annotated:
        return _classes_in(get_args(annotation)[0])
    if isinstance(annotation, TypeVar) or annotation is Any:
        return ()
    if isinstance(annotation, type) and hasattr(annotation, "class_key_initials"):
        return (annotation,)
    raise UnsupportedFieldError(
        f"Reference[{getattr(annotation, '__name__', annotation)}]: a reference is to documents, "
        "so it takes a model class, or a union of some",
        expected="a subclass of AtomicRedisModel",
        actual=annotation,
    )


class MissingAsNone:
    """Marks a reference whose target may be gone: fetching it gives None instead of `KeyNotFound`.

    ``author: Annotated[Reference[Author] | None, MissingAsNone()] = None``

    Raises:
        UnsupportedFieldError: the annotation holds no reference, or does not allow None.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "MissingAsNone()"

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        schema = handler(source)
        plans = reference_plans_in(schema)
        if not plans or not _may_be_none(schema):
            raise UnsupportedFieldError(
                f"{source}: MissingAsNone marks a reference that may be None: "
                "Annotated[Reference[Model] | None, MissingAsNone()]",
                expected="an optional reference",
                actual=source,
            )
        for plan in plans:
            plan.missing_is_none = True
        return schema


def _may_be_none(schema: Any) -> bool:
    return any(part["type"] in ("nullable", "none") for part in _parts_of(schema))


def reference_plans_in(schema: Any) -> list[ReferencePlan]:
    """Return the plans of the references that values of a core schema are or hold."""
    found: list[Any] = [part.get("metadata") or {} for part in _parts_of(schema)]
    return [metadata[REFERENCE_MARK] for metadata in found if REFERENCE_MARK in metadata]


# Where the schemas of what a value holds stand in its own schema.
_INNER = ("schema", "items_schema", "values_schema", "choices")


def _parts_of(schema: Any) -> list[Any]:
    """Return a schema and those within it; not those of models, which say for themselves."""
    parts = [schema]
    if schema["type"] in ("model", "dataclass", "definition-ref"):
        return parts
    for name in _INNER:
        inner: Any = schema.get(name, ())
        several: list[Any] = [inner] if isinstance(inner, dict) else list(inner)
        for part in several:
            # A union's choice may come with a label.
            parts += _parts_of(part[0] if isinstance(part, tuple) else part)
    return parts
