"""Names that a field must not have, in either package: a model means the same in both.

A field of such a name would hide the method or property from the users of one package or the
other. `tests/test_twins_agree.py` holds the table to what the model classes really offer.
"""

from __future__ import annotations

from typing import Any

__all__ = ["RESERVED", "is_adoptable"]

# What both packages offer under one name.
_NEUTRAL = (
    "Meta at class_key_initials failed_fields field_name field_path index_name is_inner_model "
    "json_path key pk redis_dump redis_dump_json refresh_ttl update where"
)
# What the async package offers with a leading `a`, and the sync package without it.
_TWINNED = (
    "apply create_index delete delete_by_key delete_index delete_many duplicate duplicate_many "
    "exists fetch_related find find_iter find_keys find_one get get_or_create index_info insert "
    "load lock lock_from_key pipeline retry_failed save set_ttl update update_or_create"
)

RESERVED = frozenset(
    (*_NEUTRAL.split(), *_TWINNED.split(), *(f"a{name}" for name in _TWINNED.split()))
)


def is_adoptable(cls: Any) -> bool:
    """Return whether a nested model's class can have our methods beside its own fields."""
    if getattr(cls, "__pydantic_root_model__", False):
        return False
    fields = getattr(cls, "__pydantic_fields__", {})
    return not any(name in RESERVED or name.startswith("rapyer_") for name in fields)
