"""Every error that the library raises.

    RapyerError
    ├── NotInitializedError             used before init_rapyer (or Meta.redis) gave a client
    ├── KeyNotFound                     no such document, or a model that was never saved
    │   ├── NoneFoundError                one document was asked for, and none was found
    │   ├── RapyerModelDoesntExistError   a key whose model class is not defined
    │   └── DanglingReferenceError        a reference to a document that is not there
    ├── DocumentExistsError             a document is there already, and only a new one was wanted
    ├── PathError                       the document has no such path, or another type there
    │   ├── ListIndexError                an index out of the list's range (an IndexError)
    │   ├── DictKeyError                  a key that the dict does not have (a KeyError)
    │   ├── ItemNotFoundError             a value that the list does not hold (a ValueError)
    │   └── MemberNotFoundError           a value that the set does not hold (a KeyError)
    ├── InvalidValueError               a value that the field does not take (a ValueError)
    ├── NotLoadedError                  a plain value was wanted of a field that was not loaded
    ├── NotResolvedError                the target of a reference was wanted before it was fetched
    ├── NumberRangeError                a number that the field cannot hold exactly
    ├── CorruptedModelError             a stored document that does not validate
    ├── InvalidCascadeDepthError        a depth of a lifetime's cascade that is no number of levels
    ├── InvalidRefreshTtlError          a `refresh_ttl` that names what cannot start a lifetime anew
    ├── DuplicateModelNameError         two different classes with one key prefix
    ├── ReservedFieldNameError          a field that would hide a public method
    ├── UnsupportedFieldError           a field whose type cannot be stored
    │   └── UnsupportedIndexedFieldError  a field without a usable index (a FindError)
    ├── UnsupportedArgumentTypeError    an argument of a type that the call does not take
    ├── UnsupportedArgumentValueError   an argument of the right type with a value it does not take
    ├── BadDeleteActionError            a delete that was refused, so that nothing was deleted
    ├── UpdateAtomicModelError          a change that the model does not allow
    ├── UnsavedChangesError             an operation through a list that was rearranged locally
    ├── ConflictError                   compare-and-set lost too many times in a row
    ├── PipelineError                   something that a pipeline cannot do
    │   ├── ScopeClosedError              a command for a pipeline that has ended
    │   ├── WrongDatabaseError            a model of another client than the pipeline's
    │   └── CrossSlotError                keys of several slots of a cluster in one atomic step
    ├── StaleModelError                 a save based on an old revision; nothing was written
    ├── LockError
    │   ├── LockTimeoutError              the lock was not free in time
    │   ├── LockLostError                 the lock was no longer ours; nothing was written
    │   └── LockReentryError              the task holds the lock already
    ├── SearchIndexError                the server refused to make an index
    │   ├── IndexUnavailableError         there is no index to search by, and one is required
    │   ├── IndexMismatchError            another index is there than is declared
    │   └── IndexIncompleteError          documents are left out of the index
    ├── FindError                       a search that cannot be done as it was asked
    │   ├── BadFilterError                a condition that means nothing there (a ValueError)
    │   └── ManyFoundError                one document was asked for, and several were found
    ├── RapyerSerializationError        a value that could not be written as, or read from, JSON
    ├── ServerError                     the server answered with an error
    └── DriverError                     the server could not be asked
        ├── ConnectionFailedError         no connection could be made; nothing was sent
        │   ├── AuthenticationFailedError   user or password refused
        │   └── ServerLacksFeatureError     a server without what the library needs
        ├── ReplyTimeoutError             a read got no reply in time
        ├── LimitExceededError            a bound of the driver was reached; nothing was sent
        ├── DriverClosedError             the client was closed
        └── OutcomeUnknownError           a write was sent, and its reply was lost

Some names of rapyer 1.3.6 stand for one of these; those for what was an error there and is none
here stand for `FormerError`, which nothing raises.

An error owns its message and carries what it is about as attributes. What a driver's
library raised is there as ``__cause__`` only.
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "AuthenticationFailedError",
    "BadDeleteActionError",
    "BadFilterError",
    "CantSerializeRedisValueError",
    "CascadeKeyInitialsError",
    "CascadeLuaLiteralError",
    "CascadeTargetTtlMissingError",
    "ConflictError",
    "ConnectionFailedError",
    "CorruptedModelError",
    "CrossSlotError",
    "DanglingReferenceError",
    "DictKeyError",
    "DocumentExistsError",
    "DriverClosedError",
    "DriverError",
    "DuplicateModelNameError",
    "FindError",
    "FormerError",
    "IndexIncompleteError",
    "IndexMismatchError",
    "IndexUnavailableError",
    "InvalidCascadeDepthError",
    "InvalidRefreshTtlError",
    "InvalidValueError",
    "ItemNotFoundError",
    "KeyNotFound",
    "LimitExceededError",
    "ListIndexError",
    "LockError",
    "LockLostError",
    "LockReentryError",
    "LockTimeoutError",
    "ManyFoundError",
    "MemberNotFoundError",
    "MetaFrozenError",
    "MissingParameterError",
    "NoneFoundError",
    "NotInitializedError",
    "NotLoadedError",
    "NotResolvedError",
    "NumberRangeError",
    "OutcomeUnknownError",
    "PathError",
    "PersistentNoScriptError",
    "PipelineError",
    "RapyerError",
    "RapyerModelDoesntExistError",
    "RapyerSerializationError",
    "ReplyTimeoutError",
    "ReservedFieldNameError",
    "ScopeClosedError",
    "ScriptsNotInitializedError",
    "SearchIndexError",
    "ServerError",
    "ServerLacksFeatureError",
    "StaleModelError",
    "UnsavedChangesError",
    "UnsupportedArgumentTypeError",
    "UnsupportedArgumentValueError",
    "UnsupportedFieldError",
    "UnsupportedIndexedFieldError",
    "UpdateAtomicModelError",
    "WrongDatabaseError",
]


class RapyerError(Exception):
    """Root of all errors of the library.

    Attributes are None where they do not apply: `key` the document's key, `path` the JSON
    path in it, `model` the class' name, `field` the field's name, `expected` and `actual`
    what should have been there and what was.
    """

    def __init__(
        self,
        message: str,
        *,
        key: str | None = None,
        path: str | None = None,
        model: str | None = None,
        field: str | None = None,
        expected: Any = None,
        actual: Any = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.key = key
        self.path = path
        self.model = model
        self.field = field
        self.expected = expected
        self.actual = actual

    def __reduce__(self) -> tuple[Any, ...]:
        # Exception's own pickling calls the class with args alone and drops the attributes.
        return _revive, (type(self), self.args, self.__dict__.copy())


def _revive(cls: type[RapyerError], args: tuple[Any, ...], state: dict[str, Any]) -> RapyerError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class NotInitializedError(RapyerError):
    """A model was used before a client was there for it."""


class KeyNotFound(RapyerError):
    """There is no document at the key."""


class NoneFoundError(KeyNotFound):
    """One document was asked for, and none matches."""


class RapyerModelDoesntExistError(KeyNotFound):
    """No model class is registered for the key's prefix."""


class DanglingReferenceError(KeyNotFound):
    """A reference's target is not there. `key` is the target's, `holder` the referring document's.

    `model`, `path` and `field` tell where the reference is; `holder` is None for one that was not
    read from a document.
    """

    def __init__(self, message: str, *, holder: str | None = None, **about: Any) -> None:
        super().__init__(message, **about)
        self.holder: str | None = holder


class DocumentExistsError(RapyerError):
    """There is a document at the key already; it was left as it is."""


class PathError(RapyerError):
    """The document has nothing at the path, or something of another JSON type."""


class ListIndexError(PathError, IndexError):
    """The list has no item at the index."""


class DictKeyError(PathError, KeyError):
    """The dict has no such key."""

    def __str__(self) -> str:
        # KeyError shows the repr of its argument, which is a whole sentence here.
        return self.message


class ItemNotFoundError(PathError, ValueError):
    """The list holds no such value."""


class MemberNotFoundError(PathError, KeyError):
    """The set holds no such value, or none at all."""

    def __str__(self) -> str:
        # As of `DictKeyError`.
        return self.message


class InvalidValueError(RapyerError, ValueError):
    """A value that the field does not take; nothing was sent. Its cause is pydantic's error."""


class NotLoadedError(RapyerError):
    """A field was used as a plain value, but only its place is known."""


class NotResolvedError(RapyerError):
    """A reference was used as its target, which was not fetched."""


class NumberRangeError(RapyerError, OverflowError):
    """The result is a number that the field cannot hold; nothing was written."""


class CorruptedModelError(RapyerError):
    """A stored document does not validate. `fields` maps field paths to what is wrong."""

    def __init__(self, message: str, *, fields: dict[str, str] | None = None, **about: Any) -> None:
        super().__init__(message, **about)
        self.fields: dict[str, str] = fields or {}


class InvalidCascadeDepthError(RapyerError, ValueError):
    """The depth of a cascade is no number of levels."""


class InvalidRefreshTtlError(RapyerError, ValueError):
    """`Meta.refresh_ttl` names an action that cannot start a lifetime anew."""


class DuplicateModelNameError(RapyerError):
    """Two different classes would share one key prefix."""


class ReservedFieldNameError(RapyerError):
    """A field's name is that of a public method; an alias keeps the stored name."""


class UnsupportedFieldError(RapyerError):
    """A field's type cannot be stored."""


class FindError(RapyerError):
    """A search cannot be done as it was asked."""


class UnsupportedIndexedFieldError(UnsupportedFieldError, FindError):
    """A field cannot be indexed, or is asked about and is not."""


class UnsupportedArgumentTypeError(RapyerError, TypeError):
    """An argument has a type that the call does not take."""


class UnsupportedArgumentValueError(RapyerError, ValueError):
    """An argument has a value that the call does not take."""


class BadFilterError(FindError, UnsupportedArgumentValueError):
    """A condition means nothing where it stands."""


class BadDeleteActionError(RapyerError):
    """A delete was refused; nothing was deleted."""


class UpdateAtomicModelError(RapyerError):
    """A change that the model does not allow; nothing was changed."""


class UnsavedChangesError(RapyerError):
    """The list was rearranged locally, so its positions are not the server's until it is saved."""


class ConflictError(RapyerError):
    """Somebody else changed the value each time between the read and the write."""


class PipelineError(RapyerError):
    """Something that a pipeline cannot do; it was not queued."""


class ScopeClosedError(PipelineError):
    """The pipeline has ended."""


class WrongDatabaseError(PipelineError):
    """The model's documents are in another database than the pipeline's."""


class CrossSlotError(PipelineError):
    """The keys are in several slots of a cluster, which cannot change in one step."""


class StaleModelError(RapyerError):
    """The document has a later revision than the model; nothing was written."""


class LockError(RapyerError):
    """A lock could not be had, or was not kept."""


class LockTimeoutError(LockError):
    """Somebody else held the lock for as long as the caller would wait."""


class LockLostError(LockError):
    """The lock was no longer ours, so nothing was written."""


class LockReentryError(LockError):
    """The task that asks for the lock holds it already and would wait for itself."""


class RapyerSerializationError(RapyerError):
    """A value could not be written as JSON, or read back from it."""


class SearchIndexError(RapyerError):
    """Something about an index; the server refused to make it, where it is no narrower error."""


class IndexUnavailableError(SearchIndexError):
    """An index is required, and there is none to search by."""


class IndexMismatchError(SearchIndexError):
    """Another index is on the server than the class declares; nothing was changed."""


class IndexIncompleteError(SearchIndexError):
    """Documents are left out of the index, so that what it answers may not be all.

    `keys` are some of them.
    """

    def __init__(self, message: str, *, keys: tuple[str, ...] = (), **about: Any) -> None:
        super().__init__(message, **about)
        self.keys: tuple[str, ...] = keys


class ManyFoundError(FindError):
    """One document was asked for, and several match."""


class ServerError(RapyerError):
    """The server answered with an error. `code` is its first word (``WRONGTYPE``, ``NOSCRIPT``)."""

    def __init__(self, message: str, **about: Any) -> None:
        super().__init__(message, **about)
        self.code: str = message.split(" ", 1)[0]


class DriverError(RapyerError):
    """The server could not be asked, or its answer could not be had."""


class ConnectionFailedError(DriverError):
    """No connection could be made; nothing was sent."""


class AuthenticationFailedError(ConnectionFailedError):
    """The server refused the user or the password."""


class ServerLacksFeatureError(ConnectionFailedError):
    """The server lacks what the library needs (RedisJSON, a minimal version)."""


class ReplyTimeoutError(DriverError):
    """A command that changes nothing got no reply in time."""


class LimitExceededError(DriverError):
    """A limit of the driver was reached; the command was not sent."""


class DriverClosedError(DriverError):
    """The client was closed, or the connection belongs to something that ended."""


class OutcomeUnknownError(DriverError):
    """A write was sent and its reply was lost: it may or may not have run, once at most."""


class FormerError(RapyerError):
    """What was an error in rapyer 1.3.6 and is none here, so that nothing raises it."""


CantSerializeRedisValueError = RapyerSerializationError
MissingParameterError = UnsupportedArgumentValueError
PersistentNoScriptError = ServerError
ScriptsNotInitializedError = NotInitializedError
CascadeKeyInitialsError = FormerError
CascadeLuaLiteralError = FormerError
CascadeTargetTtlMissingError = FormerError
MetaFrozenError = FormerError
