"""Pickles as they are stored: signed, checked before they are unpickled, and typed after.

A stored pickle is a JSON string, ``rapyer-pickle:1:<signature>:<pickle>``, both in base64; the
signature is HMAC-SHA256 of the pickle by the first of the process' keys. A reader takes what any
of its keys has signed. Whoever can write to the server but has no key cannot make us run anything.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import io
import pickle
from collections.abc import Callable, Iterable
from enum import EnumMeta
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

from .errors import UnsupportedArgumentValueError

__all__ = [
    "HARMLESS",
    "Allowed",
    "allowed_names",
    "find_allowed",
    "loads",
    "pickled_text",
    "set_pickle_keys",
    "unpickled",
]

Allowed: TypeAlias = "frozenset[str] | None"
"""The full names of the classes and functions that a pickle may name; None for any."""

_MARK: Final = "rapyer-pickle:1:"

# What the signature is of: the text cannot be taken for anything else that the key has signed.
_DOMAIN: Final = b"rapyer-pickle\x001\x00"

# Fixed, so that what one version of Python writes every other that we run on reads.
_PROTOCOL: Final = 5

# RFC 2104: keys shorter than the hash's output weaken it; half of that is still 128 bits.
_SHORTEST_KEY: Final = 16

_keys: tuple[bytes, ...] = ()

# What holds no code that a pickle could abuse: calling any of them makes a value and does nothing
# else. `copyreg`'s functions make an object of a class, which has to be allowed itself.
HARMLESS: Final = frozenset(
    [
        *(f"builtins.{name}" for name in ("bool", "bytearray", "bytes", "complex", "dict")),
        *(f"builtins.{name}" for name in ("float", "frozenset", "int", "list", "object")),
        *(f"builtins.{name}" for name in ("range", "set", "slice", "str", "tuple")),
        "_codecs.encode",
        *(f"collections.{name}" for name in ("Counter", "OrderedDict", "defaultdict", "deque")),
        *(f"copyreg.{name}" for name in ("_reconstructor", "__newobj__", "__newobj_ex__")),
        *(f"datetime.{name}" for name in ("date", "datetime", "time", "timedelta", "timezone")),
        "decimal.Decimal",
        "fractions.Fraction",
        *(f"ipaddress.IPv{version}{kind}" for version in "46" for kind in ("Address", "Interface")),
        *(f"ipaddress.IPv{version}Network" for version in "46"),
        *(
            f"{module}.{pure}{flavour}Path"
            for module in ("pathlib", "pathlib._local")
            for pure in ("", "Pure")
            for flavour in ("", "Posix", "Windows")
        ),
        "uuid.SafeUUID",
        "uuid.UUID",
        "zoneinfo.ZoneInfo",
    ]
)


def set_pickle_keys(*keys: str | bytes) -> None:
    """Set the process' keys: the first one signs pickles, each of them is accepted.

    To rotate, put the new key first and keep the old one until every document was written again.

    Raises:
        UnsupportedArgumentValueError: a key is no text or bytes, or is shorter than 16 bytes.
    """
    global _keys
    _keys = tuple(_checked_key(key) for key in keys)


def _checked_key(key: Any) -> bytes:
    secret = key.encode() if isinstance(key, str) else key
    if not isinstance(secret, bytes) or len(secret) < _SHORTEST_KEY:
        # Without the value: it is a secret.
        raise UnsupportedArgumentValueError(
            f"a pickle key is a text or bytes of at least {_SHORTEST_KEY} bytes",
            expected=f"at least {_SHORTEST_KEY} bytes",
            actual=f"{len(secret)} bytes" if isinstance(secret, bytes) else type(key).__name__,
        )
    return secret


def allowed_names(allowed: Iterable[Any]) -> frozenset[str]:
    """Return the full names of classes, functions, and of what is named already."""
    return frozenset(
        each if isinstance(each, str) else f"{each.__module__}.{each.__qualname__}"
        for each in allowed
    )


def _signature(key: bytes, body: bytes) -> bytes:
    return base64.b64encode(hmac.digest(key, _DOMAIN + body, "sha256"))


def pickled_text(value: Any) -> str:
    """Return a value as it is stored.

    Raises:
        ValueError: there is no key, or the value cannot be pickled.
    """
    if not _keys:
        raise ValueError(_no_key("written"))
    try:
        body = pickle.dumps(value, _PROTOCOL)
    except Exception as error:
        # Whatever a __reduce__ of the user's raises.
        raise ValueError(f"cannot be pickled: {error!r}") from error
    return f"{_MARK}{_signature(_keys[0], body).decode()}:{base64.b64encode(body).decode()}"


def unpickled(text: str, allowed: Allowed) -> Any:
    """Return the value of a stored text; nothing is unpickled unless a key of ours has signed it.

    Raises:
        ValueError: it is no signed pickle, not ours, names what is not allowed, or cannot be read.
    """
    signature, separator, encoded = text.removeprefix(_MARK).partition(":")
    if not text.startswith(_MARK) or not separator:
        raise ValueError("expected a signed pickle")
    if not _keys:
        raise ValueError(_no_key("read"))
    try:
        body = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise ValueError(f"the pickle is no base64: {error}") from error
    # Every key is tried, so that the time tells nothing of which one it was.
    matches = [hmac.compare_digest(_signature(key, body), signature.encode()) for key in _keys]
    if not any(matches):
        raise ValueError("the pickle was not signed by any of our keys, so it was not unpickled")
    return loads(pickle.loads if allowed is None else _restricted(allowed | HARMLESS), body)


def _no_key(done: str) -> str:
    return (
        f"pickles are {done} with a key, and there is none: give init_rapyer(pickle_keys=[…]) or "
        "set_pickle_keys(…) one"
    )


def _restricted(allowed: frozenset[str]) -> Callable[[bytes], Any]:
    return lambda body: _Unpickler(io.BytesIO(body), allowed).load()


def loads(load: Callable[[bytes], Any], body: bytes) -> Any:
    """Return what a way to unpickle makes of a pickle.

    Raises:
        ValueError: it raised anything.
    """
    try:
        return load(body)
    except Exception as error:
        # A class that is gone, one that changed, one that is not allowed, or a broken text.
        raise ValueError(f"the pickle cannot be read: {error}") from error


class _Unpickler(pickle.Unpickler):
    """Finds nothing but what it was told."""

    def __init__(self, file: io.BytesIO, allowed: frozenset[str]) -> None:
        super().__init__(file)
        self._allowed = allowed

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        return find_allowed(module_name, global_name, self._allowed, super().find_class)


def find_allowed(
    module: str, name: str, allowed: frozenset[str], find: Callable[[str, str], Any]
) -> Any:
    """Return what a pickle names, if it may.

    Raises:
        pickle.UnpicklingError: it may not.
    """
    full = f"{module}.{name}"
    if full in allowed:
        return find(module, name)
    if full == "builtins.getattr":
        return _attribute
    raise pickle.UnpicklingError(f"{full} is not allowed in it")


def _attribute(owner: Any, name: str) -> Any:
    """Stand for the `getattr` in the pickle of a `ZoneInfo` or an enum, and do nothing else.

    Python 3.11.0 to 3.11.3 pickles the members of an enum so. Their class was looked up, so it may
    be named.
    """
    if owner is ZoneInfo and name == "_unpickle":
        return getattr(owner, name)
    if isinstance(owner, EnumMeta) and name in owner.__members__:
        return owner.__members__[name]
    raise pickle.UnpicklingError(f"getattr of {name!r} is not allowed in it")
