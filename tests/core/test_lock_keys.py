"""A document's lock is in the document's slot, so that a save can check it in one step."""

from __future__ import annotations

import pytest

from rapyer_core.errors import LockReentryError, UnsupportedArgumentValueError
from rapyer_core.keys import slot_of
from rapyer_core.locks import Lease, document_lock_key, named_lock_key

KEYS = ["User:1", "User:{tenant}:1", "{tenant}User:1", "User:a b", "User:é", "User:{a}{b}"]


@pytest.mark.parametrize("key", KEYS)
def test_a_documents_lock_is_in_its_slot(key: str) -> None:
    for action in ("default", "other", "{odd}"):
        assert slot_of(document_lock_key(key, action)) == slot_of(key)


def test_lock_keys_differ() -> None:
    keys = [document_lock_key(key, action) for key in KEYS for action in ("a", "b")]
    keys += [named_lock_key(key) for key in KEYS]
    assert len(set(keys)) == len(keys)
    with pytest.raises(UnsupportedArgumentValueError):
        named_lock_key("")


def test_one_owner_claims_a_lock_once() -> None:
    lease, other = Lease("k", "task 1", None, 1), Lease("k", "task 2", None, 1)
    lease.claim()
    other.claim()
    with pytest.raises(LockReentryError):
        Lease("k", "task 1", None, 1).claim()
    lease.unclaim()
    lease.unclaim()
    lease.claim()
    lease.unclaim()
    other.unclaim()
