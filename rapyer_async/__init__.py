"""Pydantic models as documents on a Redis server, with operations that are atomic.

Start with `init_rapyer`, derive from `AtomicRedisModel`, and see the README.
"""

from __future__ import annotations

from rapyer_core import errors
from rapyer_core.actions import ActionGroup
from rapyer_core.big_integers import Big
from rapyer_core.bound.capping import Capped
from rapyer_core.bound.queues import KeepEqual, PriorityQueueItem
from rapyer_core.cascades import CascadeResult, CascadeTTL, TTLCascadeMode
from rapyer_core.config import RedisConfig
from rapyer_core.expressions import Expression
from rapyer_core.failures import FailedField
from rapyer_core.fields import Field
from rapyer_core.finding import changes as change
from rapyer_core.finding.aggregates import (
    Aggregate,
    Avg,
    Count,
    CountDistinct,
    Distinct,
    Max,
    Min,
    Sum,
)
from rapyer_core.finding.changes import ChangeResult
from rapyer_core.finding.explaining import Plan
from rapyer_core.finding.indexes import IndexInfo, IndexProgress
from rapyer_core.finding.results import Page
from rapyer_core.keys import Key, RapyerKey
from rapyer_core.pickled_fields import Pickled
from rapyer_core.pickling import set_pickle_keys
from rapyer_core.reference_plans import MissingAsNone
from rapyer_core.results import (
    DeleteResult,
    GetOrCreateResult,
    GetOrCreateStatus,
    RapyerDeleteResult,
)
from rapyer_core.scopes import Scope
from rapyer_core.search.conditions import Condition
from rapyer_core.search.geo import GeoPoint
from rapyer_core.search.key_conditions import key_prefix
from rapyer_core.search.sorting import SortKey
from rapyer_core.search.words import Fuzzy, Phrase, Prefix, Words
from rapyer_core.secrets import StoredSecret
from rapyer_core.timestamps import NaiveAs

from .clients import init_rapyer, teardown_rapyer
from .fields.datetimes import RedisDatetime, RedisDatetimeTimestamp
from .fields.dicts import RedisDict
from .fields.index import Index
from .fields.lists import RedisList
from .fields.nullable import Nullable
from .fields.numbers import BigInt, RedisFloat, RedisInt
from .fields.queues import RedisPriorityQueue
from .fields.references import ForeignKey, Reference
from .fields.safe_loads import SafeLoad
from .fields.sets import RedisSet
from .fields.texts import RedisStr
from .fields.values import RedisBool, RedisBytes
from .functions import (
    adelete_many,
    aexists,
    afind,
    afind_one,
    aget,
    aget_or_create,
    ainsert,
    alock_from_key,
    find_redis_models,
    isolated_models,
)
from .locks import alock_name
from .model import AtomicRedisModel
from .pipelines import apipeline, current_scope
from .query import Query

__all__ = [
    "ActionGroup",
    "Aggregate",
    "AtomicRedisModel",
    "Avg",
    "Big",
    "BigInt",
    "Capped",
    "CascadeResult",
    "CascadeTTL",
    "ChangeResult",
    "Condition",
    "Count",
    "CountDistinct",
    "DeleteResult",
    "Distinct",
    "Expression",
    "FailedField",
    "Field",
    "ForeignKey",
    "Fuzzy",
    "GeoPoint",
    "GetOrCreateResult",
    "GetOrCreateStatus",
    "Index",
    "IndexInfo",
    "IndexProgress",
    "KeepEqual",
    "Key",
    "Max",
    "Min",
    "MissingAsNone",
    "NaiveAs",
    "Nullable",
    "Page",
    "Phrase",
    "Pickled",
    "Plan",
    "Prefix",
    "PriorityQueueItem",
    "Query",
    "RapyerDeleteResult",
    "RapyerKey",
    "RedisBool",
    "RedisBytes",
    "RedisConfig",
    "RedisDatetime",
    "RedisDatetimeTimestamp",
    "RedisDict",
    "RedisFloat",
    "RedisInt",
    "RedisList",
    "RedisPriorityQueue",
    "RedisSet",
    "RedisStr",
    "Reference",
    "SafeLoad",
    "Scope",
    "SortKey",
    "StoredSecret",
    "Sum",
    "TTLCascadeMode",
    "Words",
    "adelete_many",
    "aexists",
    "afind",
    "afind_one",
    "aget",
    "aget_or_create",
    "ainsert",
    "alock_from_key",
    "alock_name",
    "apipeline",
    "change",
    "current_scope",
    "errors",
    "find_redis_models",
    "init_rapyer",
    "isolated_models",
    "key_prefix",
    "set_pickle_keys",
    "teardown_rapyer",
]
