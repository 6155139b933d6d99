"""Every name that differs between the twins, and nothing else.

One entry a line, so that the line that `generate_sync.py` asks to add or to remove is one
line here. An entry that no source uses fails the run: a table of unused names hides typing
mistakes. A name counts as used where it stands as a name, or as a whole one-quote string.
"""

from __future__ import annotations

__all__ = ["KEPT", "PACKAGES", "PUBLIC", "RENAMES", "STANDARD", "sync_name"]

# Packages and folders that are named in imports.
PACKAGES: dict[str, str] = {
    "rapyer_async": "rapyer_sync",
}

# Names of Python and of libraries.
STANDARD: dict[str, str] = {
    "AsyncGenerator": "Generator",
    "AsyncIterator": "Iterator",
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__aiter__": "__iter__",
    "__anext__": "__next__",
    "StopAsyncIteration": "StopIteration",
}

# Our public names: those that wait.
PUBLIC: dict[str, str] = {
    "aadd": "add",
    "aadd_many": "add_many",
    "aaggregate": "aggregate",
    "aall": "all",
    "aappend": "append",
    "aapply": "apply",
    "aclear": "clear",
    "aclose": "close",
    "acontains": "contains",
    "acount": "count",
    "acreate_index": "create_index",
    "adecrease": "decrease",
    "adel_item": "del_item",
    "adelete": "delete",
    "adelete_by_key": "delete_by_key",
    "adelete_index": "delete_index",
    "adelete_many": "delete_many",
    "adelete_special": "delete_special",
    "adifference": "difference",
    "adiscard": "discard",
    "adiv": "div",
    "aduplicate": "duplicate",
    "aduplicate_many": "duplicate_many",
    "aexists": "exists",
    "aextend": "extend",
    "afetch": "fetch",
    "afetch_related": "fetch_related",
    "afind": "find",
    "afind_iter": "find_iter",
    "afind_keys": "find_keys",
    "afind_one": "find_one",
    "afirst": "first",
    "afloordiv": "floordiv",
    "aget": "get",
    "aget_or_create": "get_or_create",
    "aincrease": "increase",
    "aindex_info": "index_info",
    "ainsert": "insert",
    "aintersect": "intersect",
    "aitems": "items",
    "alength": "length",
    "aload": "load",
    "alock": "lock",
    "alock_from_key": "lock_from_key",
    "alock_name": "lock_name",
    "amembers": "members",
    "amod": "mod",
    "amul": "mul",
    "apage": "page",
    "apeek": "peek",
    "apipeline": "pipeline",
    "apop": "pop",
    "apopitem": "popitem",
    "apow": "pow",
    "apush": "push",
    "apush_many": "push_many",
    "aremove": "remove",
    "aremove_range": "remove_range",
    "asave": "save",
    "aset": "set",
    "aset_item": "set_item",
    "aretry_failed": "retry_failed",
    "aset_ttl": "set_ttl",
    "asetdefault": "setdefault",
    "asize": "size",
    "asub": "sub",
    "aunion": "union",
    "aunload": "unload",
    "aupdate": "update",
    "aupdate_or_create": "update_or_create",
    "avalues": "values",
}

# Public functions that wait, begin with an "a" that is no prefix, and keep their names.
KEPT: frozenset[str] = frozenset([])

RENAMES: dict[str, str] = PACKAGES | STANDARD | PUBLIC


def sync_name(name: str) -> str:
    """Return what `name` is called in the sync package."""
    return RENAMES.get(name, name)
