"""The model class without its I/O: what pydantic, users and the other values call on a model.

An instance holds plain, validated data. Beside it stand two slots, filled only when needed:
its place (a document of its own, or part of one) and the changes made to it since it was
loaded. What was never read nor assigned cannot have changed, so that is all there is to keep.
What is done with a model is in modules of functions, one rule in each.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, ClassVar, overload

from pydantic import BaseModel, ConfigDict
from typing_extensions import Self

from .absorbing import absorb
from .assignments import assign_in_scope, is_watched, watch_in_scope
from .bound.binding import bind
from .bound.containers import ContainerOperations
from .bound.scalars import BoundScalar
from .bound.special import UNKNOWN
from .changes import changes_of, own_changes
from .config import EPOCH, RedisConfig
from .copying import copied, noted_state, reduced, restore_noted_state
from .document_keys import pk_of, whole_key
from .dumping import dumped, json_text
from .extras import hand_out_all_extra, hand_out_extra
from .failures import FailedField, check_no_failures, failures_in
from .floats import as_stored
from .instances import empty_at
from .invalid import Where
from .keys import RapyerKey
from .legacy import LEGACY_MARK, modern_document
from .lifetimes import SAVING
from .modeling import FieldPlan, ModelMeta, ModelPlan, plan_of
from .paths import ROOT
from .places import DocumentPlace, InnerPlace, Route, root_of, route, set_place, was_replaced, where
from .scopes import is_any_open, refuse_in_scope
from .settings import Settings, resolve
from .snapshots import field_snapshot
from .specials import special_keys
from .storage import STORED
from .stored_texts import prepared
from .validating import assigned, check_fields, validated_since
from .wholeness import is_whole, not_whole

if TYPE_CHECKING:
    from .plans import Bindings, Handles
    from .registry import Registry
    from .scopes import Scope
    from .specials import SpecialField

__all__ = ["DocumentModel"]


_ABSENT: Any = object()


class DocumentModel(BaseModel, metaclass=ModelMeta):
    """What both packages' `AtomicRedisModel` share."""

    __slots__ = ("_rapyer_changes", "_rapyer_failed", "_rapyer_place")

    model_config: ClassVar[ConfigDict] = ConfigDict(
        validate_assignment=True,
        ser_json_bytes="base64",
        val_json_bytes="base64",
        ser_json_inf_nan="strings",
        # What pydantic knows nothing of is refused by us, who can say what else there is to do.
        arbitrary_types_allowed=True,
    )

    Meta: ClassVar[Any]
    __rapyer_bindings__: ClassVar[Bindings]
    __rapyer_handles__: ClassVar[Handles]
    __rapyer_registry__: ClassVar[Registry[Any]]
    __rapyer_defaults__: ClassVar[RedisConfig]
    __rapyer_plan__: ClassVar[ModelPlan | None]
    __rapyer_resolved__: ClassVar[Settings | None]

    if TYPE_CHECKING:
        # `User.address` of a nested model is the class as type checkers see it, so that
        # `User.address.city` is an expression to them. As an attribute of any other class,
        # a model is just that.
        @overload
        def __get__(self, instance: None, owner: type[DocumentModel]) -> type[Self]: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> Self: ...
        def __get__(self, instance: object | None, owner: Any) -> Any: ...

    # Read the slots: reading an empty slot by name ends in pydantic's __getattr__,
    # which costs ten times as much.
    rapyer_place_slot: ClassVar[Any]
    rapyer_changes_slot: ClassVar[Any]
    rapyer_failed_slot: ClassVar[Any]

    # Beside the document

    @classmethod
    def rapyer_special_fields(cls) -> tuple[SpecialField, ...]:
        """Return the fields that have keys of their own, in nested models too."""
        plan: ModelPlan = cls.__dict__.get("__rapyer_plan__") or plan_of(cls)
        return plan.special_fields

    @classmethod
    def rapyer_companions(cls, key: str) -> tuple[str, ...]:
        """Return the keys of the special fields of the document of a key."""
        fields = cls.rapyer_special_fields()
        return special_keys(fields, key) if fields else ()

    # Keys

    @classmethod
    def class_key_initials(cls) -> str:
        """Return what the keys of this class start with, without the colon."""
        return cls.Meta.key_prefix or cls.__name__

    @classmethod
    def index_name(cls) -> str:
        """Return the name of the class' search index."""
        return f"idx:{cls.class_key_initials()}"

    @property
    def pk(self) -> str:
        """The primary key: the Key field's value, or one that was generated."""
        return self.key[len(type(root_of(self)).class_key_initials()) + 1 :]

    @property
    def key(self) -> RapyerKey:
        """The key of the document that the model is, or is part of."""
        place = self.rapyer_place()
        if isinstance(place, InnerPlace):
            root_key: RapyerKey = root_of(self).key
            return root_key
        field = plan_of(type(self)).key_field
        if place is not None and (place.is_stored or field is None):
            return place.key
        pk = os.urandom(16).hex() if field is None else pk_of(type(self), self.__dict__[field])
        key = RapyerKey(f"{self.class_key_initials()}:{pk}")
        set_place(self, DocumentPlace(key, is_stored=False))
        return key

    @classmethod
    def rapyer_fields(cls) -> dict[str, FieldPlan]:
        """Return the plan of each field."""
        return (cls.__rapyer_plan__ or plan_of(cls)).fields

    # Paths

    def is_inner_model(self) -> bool:
        """Return whether the model is part of another one's document."""
        return isinstance(self.rapyer_place(), InnerPlace)

    @property
    def json_path(self) -> str:
        """The JSON path of the model in its document; ``$`` for a document of its own."""
        return self.rapyer_spot().path

    @property
    def field_path(self) -> str:
        """The JSON path without its root."""
        return self.json_path[1:]

    @property
    def field_name(self) -> str:
        """The name of the field that holds the model, or its index or key there; '' for a root."""
        place = self.rapyer_place()
        return str(place.member) if isinstance(place, InnerPlace) else ""

    def rapyer_spot(self) -> Where:
        """Return where the model is, for messages."""
        place = self.rapyer_place()
        if isinstance(place, InnerPlace):
            return where(place.parent, place.member, self)
        return Where(type(self).__name__, place.key if place else None, ROOT)

    # As a container of values that have places

    def rapyer_place(self) -> DocumentPlace | InnerPlace | None:
        """Return where the model is; None for one that was never saved, nor read from another."""
        try:
            noted: DocumentPlace | InnerPlace | str | None = self.rapyer_place_slot(self)
        except AttributeError:
            return None
        if isinstance(noted, str):
            # Loaded, and asked about for the first time: of many documents most never are.
            place = DocumentPlace(RapyerKey(noted), is_stored=True)
            set_place(self, place)
            return place
        return noted

    def rapyer_segment(self, member: Any, child: Any, must_match_server: bool) -> str:
        if not isinstance(child, BoundScalar) and child is not None:
            held = self.__dict__.get(member, child)
            if held is not child:
                raise was_replaced(self.rapyer_spot(), member)
        return str(member)

    def rapyer_take(self, member: Any, value: Any, child: Any) -> Any:
        """Make what the server now has the local value, and return it with its place."""
        field = (type(self).__rapyer_plan__ or plan_of(type(self))).fields[member]
        held = self.__dict__
        if member not in held and self.rapyer_is_handle():
            return bind(value, self, member, field.value)
        held[member] = value  # pyright: ignore[reportIndexIssue]  # it takes __dict__ for type's (its issue 11548)
        changes = changes_of(self)
        if changes is not None:
            changes.assigned.discard(member)
            changes.handed_out.pop(member, None)
        return field.read(self, value)

    def rapyer_checked(self, member: Any, value: Any, spot: Any) -> Any:
        """Return a value as the field holds it, checked as an assignment would be."""
        plan = plan_of(type(self))
        if member not in plan.model_checked or self.rapyer_is_handle():
            return plan.fields[member].value.checked(value, spot)
        return assigned(self, {member: value})[member]

    def rapyer_remember_member(self, scope: Scope, member: Any) -> None:
        """Note in a scope how to restore a field."""
        if member in self.__dict__ or not self.rapyer_is_handle():
            scope.remember(self, member, field_snapshot, self, member)

    def rapyer_held_at(self, member: Any, child: Any) -> Any:
        """Return a field's plain value."""
        return self.__dict__.get(member)

    def rapyer_bound_at(self, member: Any) -> Any:
        """Return a field's value with its place."""
        return getattr(self, member)

    def rapyer_put_mode(self) -> str:
        return "create"

    def rapyer_is_frozen(self, member: Any) -> bool:
        """Return whether a field must keep its value; a document's key is part of its name."""
        field = (type(self).__rapyer_plan__ or plan_of(type(self))).fields[member]
        return field.is_fixed and (field.is_frozen or not self.is_inner_model())

    def rapyer_is_handle(self) -> bool:
        """Return whether the model is a place only, made by `at`."""
        place = self.rapyer_place()
        while isinstance(place, InnerPlace):
            place = place.parent.rapyer_place()
        return place is not None and place.is_handle

    def rapyer_check_whole(self) -> None:
        """Raise unless every field is there.

        Raises:
            NotLoadedError: one is not, so that what would be written is no document.
        """
        check_no_failures(self, self.rapyer_spot)
        if not is_whole(self):
            raise not_whole(self)

    def rapyer_hand_out(self, field: FieldPlan, raw: Any) -> None:
        """Note the text of a value that may change without our seeing it."""
        if raw is None or isinstance(raw, (str, int, float)):
            return
        changes = own_changes(self)
        if field.name not in changes.handed_out:
            # What was assigned is written anyway, and need not be fit for that already.
            is_known = field.name not in changes.assigned and self.rapyer_route() is not None
            text = field.value.text(raw, self.rapyer_spot()) if is_known else ""
            changes.handed_out[field.name] = text
        if not isinstance(raw, (list, dict, BaseModel)):
            watch_in_scope(self, field, raw)

    # The server's copy

    @classmethod
    def rapyer_settings(cls) -> Settings:
        """Return the class' settings as they are now."""
        resolved = cls.__rapyer_resolved__
        if resolved is None or resolved.epoch != EPOCH.number:
            resolved = resolve(cls)
        return resolved

    @classmethod
    def rapyer_lifetime(cls, operation: str = SAVING) -> int | None:
        """Return the lifetime in seconds that an operation starts anew, None to leave it alone."""
        return cls.rapyer_settings().lifetimes[operation]

    def rapyer_route(self) -> Route | None:
        """Return the way to the model on the server; None while its document is not there."""
        place = self.rapyer_place()
        if isinstance(place, InnerPlace):
            return route(place.parent, place.member, self)
        return Route(self, place, ROOT) if place is not None and place.is_stored else None

    @property
    def failed_fields(self) -> dict[str, FailedField]:
        """The fields that could not be read, by name, also those of nested models (``a.b``).

        Each with what is stored there, as JSON data, and the error. See `SafeLoad`.
        """
        return dict(failures_in(self))

    @classmethod
    def rapyer_loaded(cls, text: bytes, key: RapyerKey) -> Self:
        """Return the model that a stored document holds.

        Raises:
            pydantic_core.ValidationError: the document does not validate.
            InvalidValueError: a pickle of rapyer 1.3.6 in it cannot be read.
        """
        plan, settings = plan_of(cls), cls.rapyer_settings()
        text, revision = prepared(text, plan, settings)
        if settings.legacy_pickles and LEGACY_MARK in text:
            text = modern_document(cls, text, key)
        model = plan.reader.validate_json(text, context=STORED, by_alias=False, by_name=True)
        if revision is None:
            # A plain text: one object less for the garbage collector to look at.
            set_place(model, str(key))
        else:
            place = DocumentPlace(key, is_stored=True)
            place.revision = revision
            set_place(model, place)
        return model  # type: ignore[no-any-return]  # the validator makes instances of its class

    def rapyer_absorb(self, other: Self, *, keeps_changes: bool = False) -> None:
        """Take over another instance's data; held lists, dicts and models follow in place.

        keeps_changes: leave out the fields that were changed locally.
        """
        absorb(self, other, keeps_changes=keeps_changes)

    # Writing

    def redis_dump(self) -> dict[str, Any]:
        """Return the document as JSON-compatible Python data."""
        return dumped(self)

    def redis_dump_json(self) -> str:
        """Return the document's JSON text, as a save stores it.

        Raises:
            NotLoadedError: fields are missing, so that it would be no document.
            RapyerSerializationError: a value cannot be written as JSON.
            NumberRangeError: there is an integer that the server cannot hold.
        """
        self.rapyer_check_whole()
        return json_text(self, None)

    def rapyer_sent(self) -> str:
        """Return the text that RedisJSON is sent for the document, to keep it exactly."""
        return as_stored(self.redis_dump_json(), self.rapyer_spot)

    def update(self, **values: Any) -> None:
        """Assign several fields, all or none; the local model only.

        Raises:
            InvalidValueError: a value does not validate; nothing was assigned.
            UpdateAtomicModelError: a name that is not a field.
        """
        check_fields(self, values)
        for name, value in assigned(self, values).items():
            setattr(self, name, value)

    def __delattr__(self, name: str) -> None:
        if not name.startswith("_"):
            refuse_in_scope(self, f"del {name}", "assign a value, or delete it before the pipeline")
        is_extra = name in (self.__pydantic_extra__ or ())
        super().__delattr__(name)
        if is_extra:
            own_changes(self).assigned.add(name)

    if not TYPE_CHECKING:  # to which any attribute would be one

        def __getattr__(self, name: str) -> Any:
            value = super().__getattr__(name)
            if name in (self.__pydantic_extra__ or ()):
                hand_out_extra(self, own_changes(self), name)
            return value

    @property
    def model_extra(self) -> dict[str, Any] | None:
        """The values that are no field's, None where the model takes none."""
        extra = self.__pydantic_extra__
        if extra is not None:
            hand_out_all_extra(self, own_changes(self))
        return extra

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in type(self).__pydantic_fields__:
            if self.__pydantic_extra__ is not None and not name.startswith("_"):
                refuse_in_scope(self, f"{name}, which is no field,", "set it before the pipeline")
            super().__setattr__(name, value)
            if self.__pydantic_extra__ is not None and name in self.__pydantic_extra__:
                own_changes(self).assigned.add(name)
            return
        if value is self.__dict__.get(name, _ABSENT) and (
            # An in-place operator, which has changed it already; the end of the pipeline's block
            # says so of what is watched.
            isinstance(value, ContainerOperations) or is_watched(self, name)
        ):
            return
        if is_any_open() and assign_in_scope(self, name, value):
            return
        before = dict(self.__dict__)
        super().__setattr__(name, value)
        if plan_of(type(self)).fields[name].value.special:
            getattr(self, name).rapyer_assigned_over(before.get(name, UNKNOWN))
        else:
            own_changes(self).assigned.add(name)
        own_changes(self).assigned.update(validated_since(type(self), before, self.__dict__))

    @classmethod
    def at(cls, key: str) -> Self:
        """Return a handle: a document's place, to operate on without loading it.

        Its fields have every operation of a loaded model's; reading one as a plain value raises
        `NotLoadedError`. `key` is a pk or a whole key.
        """
        return empty_at(cls, DocumentPlace(whole_key(cls, key), is_stored=True, is_handle=True))

    # Copies and pickles

    def __copy__(self) -> Self:
        return copied(super().__copy__(), self)

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        return copied(super().__deepcopy__(memo), self)

    def __getstate__(self) -> dict[Any, Any]:
        return noted_state(self, super().__getstate__())

    def __setstate__(self, state: dict[Any, Any]) -> None:
        super().__setstate__(state)
        restore_noted_state(self, state)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return reduced(self) or super().__reduce_ex__(protocol)

    def __repr__(self) -> str:
        if self.rapyer_is_handle() and not self.__dict__:
            return f"<{type(self).__name__} {self.rapyer_spot()}, not loaded>"
        return super().__repr__()

    def __str__(self) -> str:
        return repr(self) if self.rapyer_is_handle() else super().__str__()


DocumentModel.rapyer_place_slot = DocumentModel.__dict__["_rapyer_place"].__get__
DocumentModel.rapyer_changes_slot = DocumentModel.__dict__["_rapyer_changes"].__get__
DocumentModel.rapyer_failed_slot = DocumentModel.__dict__["_rapyer_failed"].__get__
