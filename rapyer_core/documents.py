"""Operations on whole documents: save, load, patch, get or create."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from pydantic_core import ValidationError

from .actions import FETCHING
from .beside import CREATED, PRESENT, Beside, beside_key, beside_model
from .bound.base import is_done, kept_value
from .changes import changed_texts, changes_of, forget_changes
from .commands import Argument, Command, Reply
from .errors import (
    BadDeleteActionError,
    CorruptedModelError,
    InvalidValueError,
    KeyNotFound,
    RapyerError,
    ServerError,
    UnsupportedArgumentTypeError,
    UnsupportedArgumentValueError,
    UpdateAtomicModelError,
)
from .failures import FailedField, check_no_failures, take_retried
from .floats import as_stored
from .invalid import problems_of
from .keys import RapyerKey
from .model import DocumentModel, Settings
from .operations import Computation, Operation, read_operation, swap_operation
from .paths import ROOT, render
from .places import DocumentPlace, InnerPlace, Route, never_saved, root_of, way_to
from .replies import explained, raise_failure
from .revisions import split_revision, with_revision
from .safe_loads import log_failures, read_each, safely_loaded
from .views import is_alike, shown_as

if TYPE_CHECKING:
    from .scopes import Scope

__all__ = [
    "Write",
    "absent",
    "apply_computation",
    "class_of",
    "corrupted",
    "counted_delete",
    "delete_operation",
    "duplicate",
    "expire_operation",
    "finished",
    "get_operation",
    "get_or_create_operation",
    "is_read_by_script",
    "key_to_delete",
    "loaded",
    "mget_command",
    "mget_texts",
    "of_class",
    "owned_keys",
    "problems_of",
    "put_write",
    "refresh_operation",
    "refresh_ttl_operation",
    "reload_operation",
    "retry_operation",
    "root_of",
    "save_write",
    "scan_command",
    "text_or_none",
    "update_or_create_operation",
    "update_write",
    "whole_text",
]

M = TypeVar("M", bound=DocumentModel)


class Write(NamedTuple):
    """An operation, and what takes its local effects back when it fails."""

    operation: Operation
    revert: Callable[[], None]


# Writing


def save_write(
    model: DocumentModel, *, only_new: bool, only_existing: bool, upsert: bool, force: bool
) -> Write:
    """Return what saves a model: a new one whole, of a stored one what changed."""
    if isinstance(model.rapyer_place(), InnerPlace):
        return _patch_write(model, force=force, upsert=False)
    route = model.rapyer_route()
    if route is not None:
        _check_key(model)
    if force:
        check_no_failures(model, model.rapyer_spot)
    if route is None or only_new or (force and model.rapyer_is_whole()):
        must_exist = only_existing or (route is not None and not upsert)
        mode = "new" if only_new else "existing" if must_exist else "any"
        return put_write(model, mode, is_forced=force)
    return _patch_write(model, force=force, upsert=upsert)


def put_write(model: DocumentModel, mode: str, *, is_forced: bool = False) -> Write:
    """Return what writes a document whole; `mode` is any, new or existing."""
    key = model.key
    text = model.rapyer_sent()

    def settle(reply: int) -> Any:
        model.rapyer_became_stored()
        _follow_revision(model, reply)
        return model

    revert = forget_changes(model)

    def predict(scope: Scope) -> Any:
        scope.on_failure(revert)
        if model.rapyer_route() is None:
            scope.on_failure(model.rapyer_became_unstored)
            model.rapyer_became_stored()
        _predict_revision(model, scope, is_known=not is_any)
        return model

    settings = type(model).rapyer_settings()
    name = "document_put"
    args: tuple[Argument, ...] = (mode, text, settings.new_lifetime)
    is_any = is_forced or mode == "new"
    if settings.is_optimistic:
        name, args = "revised_put", (_expected_revision(model, is_any), *args)
    operation = Operation(name, key, ROOT, args, settle, predict, settings.lifetime)
    if type(model).rapyer_special_fields():
        beside = beside_key(type(model), key)
        operation = beside.framed(operation, changes=beside.replacing(model))
    return Write(operation._replace(confirms=_confirms(settings)), revert)


def _patch_write(model: DocumentModel, *, force: bool, upsert: bool) -> Write:
    route = _stored_route(model, "save")
    way = way_to(model)
    texts: list[tuple[Any, str]] = (
        [(route.path, model.rapyer_sent())] if force and way else changed_texts(model, way)
    )
    beside = beside_model(model)
    changes = beside.replacing(model) if force and way else beside.saving(model, PRESENT)
    if upsert:
        changes += beside.replacing(model, CREATED)
    revert = forget_changes(model)

    def predict(scope: Scope) -> Any:
        scope.on_failure(revert)
        _predict_revision(route.root, scope, is_known=not (force or upsert))
        return model

    def settle(reply: int) -> Any:
        _follow_revision(route.root, reply)
        return model

    whole = model.rapyer_sent() if upsert else ""
    operation = _patch_operation(route, texts, whole, settle, predict, force)
    return Write(beside.framed(operation, changes=changes), revert)


def _patch_operation(
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
        name, args = "revised_patch", [_expected_revision(route.root, is_forced), *args]
    key, lifetime = route.place.key, settings.lifetime
    operation = Operation(name, key, ROOT, tuple(args), settle, predict, lifetime)
    return operation._replace(confirms=_confirms(settings))


def _confirms(settings: Settings) -> Callable[[Any], bool] | None:
    """Return what tells that a write did what was predicted: it did, but the server counts."""
    return None if settings.is_optimistic else is_done


def _expected_revision(model: DocumentModel, is_any: bool) -> str:
    """Return the revision that a write is based on: '' no document, '*' any."""
    place = model.rapyer_place()
    if is_any or (isinstance(place, DocumentPlace) and place.is_handle):
        return "*"
    if not isinstance(place, DocumentPlace) or not place.is_stored:
        return ""
    return "*" if place.revision is None else str(place.revision)


def _follow_revision(model: DocumentModel, revision: int) -> None:
    """Note the revision that the server answered."""
    place = model.rapyer_place()
    if isinstance(place, DocumentPlace) and type(model).rapyer_settings().is_optimistic:
        place.revision = revision


def _predict_revision(model: DocumentModel, scope: Scope, *, is_known: bool) -> None:
    """Count up for what is queued after this, until the replies tell the revision.

    Where it is not known, what comes after in the same step is based on what came before.
    """
    place = model.rapyer_place()
    if isinstance(place, DocumentPlace):
        scope.remember(place, "revision", place.keep_revision)
        place.revision = place.revision + 1 if is_known and place.revision is not None else None


def update_write(model: DocumentModel, values: dict[str, Any]) -> Operation:
    """Return what writes some fields, all or none; the local model follows when it is done."""
    route = _stored_route(model, "update")
    model.rapyer_check_fields(values)
    spot = model.rapyer_spot()
    if model.rapyer_is_handle():
        checked = {name: model.rapyer_checked(name, value, spot) for name, value in values.items()}
    else:
        checked = model.rapyer_assigned(values)
    way, fields = way_to(model), model.rapyer_fields()
    texts = [
        (render((*way, name)), fields[name].value.sent(value, spot))
        for name, value in checked.items()
        if fields[name].is_stored
    ]

    beside = beside_model(model)
    changes = beside.replacing_by(checked, model)

    def take() -> Any:
        # A pipeline does so twice, and what it did to the new values in between is theirs.
        for name, value in checked.items():
            checked[name] = kept_value(model.rapyer_take(name, value, None), value, model)
        return model

    def settle(reply: int) -> Any:
        _follow_revision(route.root, reply)
        return take()

    def predict(scope: Scope) -> Any:
        for name in checked:
            model.rapyer_remember_member(scope, name)
        _predict_revision(route.root, scope, is_known=True)
        return take()

    operation = _patch_operation(route, texts, "", settle, predict)
    return beside.framed(operation, changes=changes)


def update_or_create_operation(model: DocumentModel, names: Iterable[str] | None) -> Operation:
    """Return what writes some fields of the document of a model's key, or the model there; atomic.

    `names`: the fields; None for those that were set on the model. Settles to the model that is
    there then, and whether it was created.
    """
    cls, key, settings = type(model), model.key, type(model).rapyer_settings()
    written = set(model.model_fields_set if names is None else names)
    texts = model.rapyer_texts(written)
    beside = beside_key(cls, key)
    changes = beside.replacing(model, CREATED)
    changes += beside.replacing(model, PRESENT, written.__contains__)
    args: list[Any] = [model.rapyer_sent(), settings.new_lifetime]
    args += (int(settings.is_optimistic), len(texts))
    for name, text in texts.items():
        args += (render((name,)), text)

    settle = _settle_created(model, beside)
    operation = Operation(
        "document_update_or_create", key, ROOT, tuple(args), settle, None, settings.lifetime
    )
    return beside.framed(operation, reads=True, changes=changes)


def apply_computation(model: M, function: Callable[[M], Any]) -> Computation:
    """Return what replaces a document by what a function makes of it.

    The function gets the model as it is stored, and changes it or returns another one. What it
    gets counts as never saved, so that it is changed locally in both packages.
    """
    route, cls = _stored_route(model, "apply"), type(model)
    is_document = route.path == ROOT
    counts = is_document and cls.rapyer_settings().is_optimistic
    key_field = cls.rapyer_key_field() if is_document else None

    beside = beside_model(model)

    def change(seen: Any) -> tuple[Any, Callable[[], Any]]:
        text = seen[0] if beside.fields else seen
        given = loaded(cls, route.place.key, whole_text(beside, seen))
        given.rapyer_became_unstored()
        pk = None if key_field is None else cls.rapyer_pk_of(given.__dict__[key_field])
        returned = function(given)
        new = given if returned is None else _same_kind(given, returned)
        if key_field is not None and pk is not None:
            _check_same_key(new, key_field, pk)
        revision = split_revision(text)[1] + 1 if counts else 0

        def settle() -> M:
            model.rapyer_absorb(new)
            _follow_revision(model, revision)
            return model

        new_text = new.redis_dump_json()
        text_to_write = with_revision(new_text, revision) if counts else new_text
        new_text = as_stored(text_to_write, route.root.rapyer_spot)
        return (new_text, beside.replacing(new)) if beside.fields else new_text, settle

    lifetime = route.root.rapyer_lifetime()
    if not beside.fields:
        return Computation(route, change, lifetime)

    def swap(seen: Any, new: Any) -> Operation:
        (text, *contents), (new_text, changes) = seen, new
        operation = swap_operation(route, text, new_text, lifetime)
        return beside.framed(operation, changes=beside.swapping(contents, changes))

    reading = beside.framed(read_operation(route, list[Any]), reads=True)
    return Computation(route, change, lifetime, reads=reading, swaps=swap)


def _same_kind(given: M, returned: Any) -> M:
    """Return a model as one of another's class; it may be an instance of the plain one."""
    if not is_alike(given, returned):
        spot = given.rapyer_spot()
        raise UnsupportedArgumentTypeError(
            f"{spot}: the function must return None or a {type(given).__name__}, not {returned!r}",
            expected=type(given).__name__,
            actual=type(returned).__name__,
            **spot.about(),
        )
    return returned if type(returned) is type(given) else shown_as(type(given), returned)


def delete_operation(
    cls: type[DocumentModel], key: RapyerKey, model: DocumentModel | None = None
) -> Operation:
    """Return what deletes the document of a key; `model`, if given, counts as never saved then."""

    def settle(reply: Any) -> bool:
        if model is not None:
            model.rapyer_became_unstored()
        return bool(removed_by(reply).documents)

    def predict(scope: Scope) -> bool:
        if model is not None and model.rapyer_route() is not None:
            scope.on_failure(model.rapyer_keep_place())
            model.rapyer_became_unstored()
        return True

    beside = cls.rapyer_companions(key)
    return Operation(
        "document_delete", key, ROOT, (), settle, predict, confirms=is_done, companions=beside
    )


class Removed(NamedTuple):
    """How many documents a delete removed, and how many keys with them."""

    documents: int
    keys: int


def removed_by(reply: int | list[int]) -> Removed:
    """Return what a delete says that it removed."""
    return Removed(reply, reply) if isinstance(reply, int) else Removed(*reply)


def counted_delete(cls: type[DocumentModel], key: RapyerKey) -> Operation:
    """Return what deletes the document of a key, and settles to what was removed."""
    operation = delete_operation(cls, key)
    most = Removed(1, len(operation.touched))

    def predict(scope: Scope) -> Removed:
        return most

    return operation._replace(settle=removed_by, predict=predict)


def expire_operation(model: DocumentModel, seconds: int) -> Operation:
    """Return what sets the lifetime of a model's document."""
    route = _stored_route(model, "set_ttl")
    if isinstance(seconds, bool) or not isinstance(seconds, int) or seconds < 1:  # pyright: ignore[reportUnnecessaryIsInstance]  # not every caller has a type checker
        raise UnsupportedArgumentValueError(
            f"{route.place.key}: a lifetime is a positive number of seconds, not {seconds!r}",
            key=route.place.key,
            model=type(route.root).__name__,
            expected="a positive integer",
            actual=seconds,
        )

    def settle(_: Any) -> None:
        """Nothing local changes."""

    args = (seconds,)

    def predict(scope: Scope) -> None:
        """Nothing local changes."""

    key = route.place.key
    beside = type(route.root).rapyer_companions(key)
    return Operation(
        "document_expire", key, ROOT, args, settle, predict, confirms=is_done, companions=beside
    )


def refresh_ttl_operation(model: DocumentModel) -> Operation | None:
    """Return what starts the lifetime of a model's document anew; None where it has no end."""
    seconds = type(root_of(model)).rapyer_settings().lifetimes.ttl
    if seconds is None:
        return None
    return expire_operation(model, seconds)._replace(lifetime=seconds)


def _check_key(model: DocumentModel) -> None:
    """Raise if the field that is the key of a stored document was assigned another value."""
    field, changes = model.rapyer_key_field(), changes_of(model)
    if field is not None and changes is not None and field in changes.assigned:
        _check_same_key(model, field, model.pk)


def _check_same_key(model: DocumentModel, field: str, pk: str) -> None:
    value = model.__dict__[field]
    if model.rapyer_pk_of(value) != pk:
        spot = model.rapyer_spot()
        raise UpdateAtomicModelError(
            f"{spot}: {field} is the key of a stored document and was assigned {value!r}; "
            "nothing was written. Copy the model, save the copy and delete this one",
            field=field,
            expected=pk,
            actual=value,
            **spot.about(),
        )


def _stored_route(model: DocumentModel, method: str) -> Route:
    route = model.rapyer_route()
    if route is None:
        raise never_saved(model.rapyer_spot(), method)
    return route


# Reading


def get_operation(cls: type[M], key: RapyerKey) -> Operation:
    """Return what reads a document of a class."""
    beside = beside_key(cls, key) if cls.rapyer_special_fields() else None

    def settle(reply: Any) -> M:
        return loaded(cls, key, reply if beside is None else whole_text(beside, reply))

    lifetime = cls.rapyer_lifetime(FETCHING)
    operation = Operation("value_get", key, ROOT, (), settle, None, lifetime, is_read=True)
    return operation if beside is None else beside.framed(operation, reads=True)


def whole_text(beside: Beside, reply: Any) -> bytes:
    """Return the text of a model that a framed read answered, with its special fields."""
    if not beside.fields:
        return cast("bytes", reply)
    text, *contents = reply
    return beside.joined(text, contents)


def reload_operation(model: DocumentModel, method: str) -> Operation:
    """Return what reads a model anew, into the same instance."""
    route = _stored_route(model, method)
    lifetime = route.root.rapyer_lifetime(FETCHING)

    beside = beside_model(model)

    def settle(reply: Any) -> DocumentModel:
        text = whole_text(beside, reply)
        model.rapyer_absorb(loaded(type(model), route.place.key, text))
        return model

    operation = Operation(
        "value_get", route.place.key, route.path, (), settle, None, lifetime, is_read=True
    )
    return beside.framed(operation, reads=True)


def refresh_operation(model: DocumentModel) -> Operation:
    """Return what reads a model anew, but for what was changed locally."""
    route = _stored_route(model, "lock")

    beside = beside_model(model)

    def settle(reply: Any) -> DocumentModel:
        fresh = loaded(type(model), route.place.key, whole_text(beside, reply))
        model.rapyer_absorb(fresh, keeps_changes=True)
        return model

    lifetime = route.root.rapyer_lifetime(FETCHING)
    operation = Operation(
        "value_get", route.place.key, ROOT, (), settle, None, lifetime, is_read=True
    )
    return beside.framed(operation, reads=True)


def retry_operation(model: DocumentModel) -> Operation:
    """Return what reads the failed fields of a model anew; settles to those that still fail."""
    beside, reading = beside_model(model), reload_operation(model, "retry_failed")

    def settle(reply: Any) -> dict[str, FailedField]:
        text = whole_text(beside, reply)
        take_retried(model, read_each(type(model), model.key, text))
        root_of(model).rapyer_became_whole()
        log_failures(model)
        return model.failed_fields

    return reading._replace(settle=settle)


def get_or_create_operation(model: DocumentModel) -> Operation:
    """Return what reads the document of a model's key, or writes the model there; atomic.

    Settles to the model that is there, and whether it was created.
    """
    cls, key = type(model), model.key
    name, beside = "document_get_or_create", beside_key(cls, key)
    args = (model.rapyer_sent(), cls.rapyer_settings().lifetimes.of_new(name))
    settle, lifetime = _settle_created(model, beside), cls.rapyer_lifetime(name)
    operation = Operation(name, key, ROOT, args, settle, None, lifetime)
    return beside.framed(operation, reads=True, changes=beside.replacing(model, CREATED))


def _settle_created(
    model: DocumentModel, beside: Beside
) -> Callable[[list[Any]], tuple[DocumentModel, bool]]:
    """Return what reads whether a document was created, and the model that is there."""

    def settle(reply: list[Any]) -> tuple[DocumentModel, bool]:
        (is_created, *found), *contents = reply if beside.fields else (reply,)
        if is_created:
            model.rapyer_became_stored()
            _follow_revision(model, 0)
            forget_changes(model)
            return model, True
        return loaded(type(model), model.key, beside.joined(found[0], contents)), False

    return settle


def finished(
    operations: Sequence[Operation], replies: Sequence[Reply | ServerError]
) -> tuple[list[Any], list[RapyerError]]:
    """Return the results of operations that ran each for itself, and what failed."""
    results: list[Any] = []
    errors: list[RapyerError] = []
    for operation, reply in zip(operations, replies, strict=True):
        try:
            if isinstance(reply, ServerError):
                raise explained(reply, operation.key, ROOT)
            results.append(operation.finish(reply))
        except RapyerError as error:
            errors.append(error)
    return results, errors


def loaded(cls: type[M], key: RapyerKey, text: bytes) -> M:
    """Return the model that a document's text holds.

    Raises:
        CorruptedModelError: it does not validate, and that not in safe fields only.
    """
    try:
        return cls.rapyer_loaded(text, key)
    except (ValidationError, InvalidValueError) as error:
        model = safely_loaded(cls, key, text)
        if model is None:
            raise corrupted(cls, key, problems_of(error)) from error
    log_failures(model)
    return model


def corrupted(cls: type[DocumentModel], key: str, fields: dict[str, str]) -> CorruptedModelError:
    """Return the error for a document of which some parts do not validate."""
    described = "; ".join(f"{name}: {message}" for name, message in fields.items())
    return CorruptedModelError(
        f"{key} does not hold a {cls.__name__}: {described}",
        fields=fields,
        key=key,
        model=cls.__name__,
        expected=cls.__name__,
        actual=described,
    )


def absent(cls: type[DocumentModel], key: str) -> KeyNotFound:
    """Return the error for a document that is not there."""
    return KeyNotFound(
        f"{key}: no such {cls.__name__}",
        key=key,
        model=cls.__name__,
        expected="a document",
        actual="nothing",
    )


def mget_command(keys: Sequence[str]) -> Command:
    """Return the command that reads many documents; a missing one is null."""
    return Command(("JSON.MGET", *keys, ROOT), repeatable=True, bulk=True)


def mget_texts(reply: Sequence[bytes | None]) -> list[bytes | None]:
    """Return the text of each document that such a command read, None where there is none."""
    return [None if text is None else text[1:-1] for text in reply]


# Characters that SCAN's MATCH takes for patterns. Source: https://redis.io/docs/latest/commands/keys/
_GLOB = str.maketrans({character: f"\\{character}" for character in "*?[]^\\-"})


def owned_keys(cls: type[DocumentModel], found: Iterable[bytes]) -> list[RapyerKey]:
    """Return those of a walk's keys that are of the class, each once."""
    registry, prefix = cls.__rapyer_registry__, cls.class_key_initials()
    keys = [RapyerKey(key.decode()) for key in dict.fromkeys(found)]
    owners = ((key, registry.owner_of(key)) for key in keys)
    return [
        key
        for key, owner in owners
        if owner is cls or owner is None or owner.class_key_initials() == prefix
    ]


def is_read_by_script(cls: type[DocumentModel]) -> bool:
    """Return whether a read of a class' documents does more than a plain command does."""
    return cls.rapyer_lifetime(FETCHING) is not None or bool(cls.rapyer_special_fields())


def text_or_none(
    cls: type[DocumentModel], key: RapyerKey, reply: Reply | ServerError
) -> bytes | None:
    """Return the text that a read answered, None where there is no document."""
    if isinstance(reply, ServerError):
        raise explained(reply, key, ROOT)
    if isinstance(reply, list) and reply[0] == b"!":
        if reply[1] == b"no-key":
            return None
        raise_failure(reply)
    return whole_text(beside_key(cls, key), reply)


def class_of(model: DocumentModel) -> type[DocumentModel]:
    """Return the class whose settings hold for a model: that of its document's root."""
    return type(root_of(model))


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


def key_to_delete(model: DocumentModel) -> RapyerKey:
    """Return the key of a model's document.

    Raises:
        BadDeleteActionError: the model is part of another one's document.
    """
    if not model.is_inner_model():
        return model.key
    spot = model.rapyer_spot()
    raise BadDeleteActionError(
        f"{spot}: the model is part of a document; delete that, or set the field", **spot.about()
    )


def scan_command(cls: type[DocumentModel], cursor: bytes, count: int) -> Command:
    """Return the command for the next part of a walk over the keys of a class."""
    pattern = cls.class_key_initials().translate(_GLOB) + ":*"
    args = ("SCAN", cursor, "MATCH", pattern, "COUNT", count, "TYPE", "ReJSON-RL")
    return Command(args, repeatable=True, bulk=True)


def duplicate(model: M) -> M:
    """Return a copy of a model that is not stored, with a pk of its own.

    Raises:
        UnsupportedArgumentTypeError: the class' pk is a field, so that a copy would have the same.
    """
    if model.is_inner_model() or type(model).rapyer_key_field() is not None:
        why = (
            "it is part of a document"
            if model.is_inner_model()
            else "its pk is the field marked Key"
        )
        raise UnsupportedArgumentTypeError(
            f"{model.rapyer_spot()} cannot be duplicated under a new pk: {why}; copy it with "
            "model_copy(update=…) and save that",
            **model.rapyer_spot().about(),
        )
    model.rapyer_check_whole()
    return model.model_copy(deep=True)
