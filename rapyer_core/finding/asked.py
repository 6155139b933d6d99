"""What a query asks, as data: which documents, in which order, how many, and what of them."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

from pydantic import BaseModel
from pydantic_core import ValidationError, from_json, to_json

from rapyer_core.documents.loading import corrupted, loaded
from rapyer_core.documents.walking import owned_keys
from rapyer_core.errors import PipelineError, UnsupportedArgumentTypeError
from rapyer_core.fetching import Names
from rapyer_core.invalid import problems_of
from rapyer_core.keys import RapyerKey
from rapyer_core.model import DocumentModel
from rapyer_core.partial import partly_loaded
from rapyer_core.scopes import active_scope
from rapyer_core.search.compiling import CompiledQuery, compiled, split_nearest
from rapyer_core.search.conditions import Condition, Nearest, all_of
from rapyer_core.search.evaluating import matches, nearest_of
from rapyer_core.search.limits import Limits
from rapyer_core.search.sorting import SortKey
from rapyer_core.storage import STORED, reader_of

from .ordering import Rank, cursor_of, rank_of, values_of

__all__ = ["Asked", "Hit", "condition_of", "least", "refuse_both", "refuse_in_pipeline"]


class Hit(NamedTuple):
    """A document that matches, as it is stored. `rank`: its place in the order."""

    key: RapyerKey
    text: bytes
    rank: Rank


@dataclass(frozen=True)
class Asked:
    """A query, which is never changed: each step makes another one.

    fields: what is loaded of each document, empty for all of it. shape: the class that results
    are made as, in place of the model's. after: where the page before ended. fetch: the references
    that are followed, None for none.
    """

    cls: type[DocumentModel]
    condition: Condition | None = None
    sort: tuple[SortKey, ...] = ()
    limit: int | None = None
    offset: int = 0
    fields: tuple[str, ...] = ()
    shape: type[BaseModel] | None = None
    require_index: bool | None = None
    skip_corrupted: bool = False
    wait_for_index: float | None = None
    after: Rank | None = None
    fetch: Names | None = None

    @property
    def is_sliced(self) -> bool:
        """Whether it asks for a part of what matches."""
        return self.limit is not None or self.offset > 0

    @property
    def end(self) -> int | None:
        """How many of the matches are looked at, None for all."""
        return None if self.limit is None else self.offset + self.limit

    @cached_property
    def nearest(self) -> Nearest | None:
        """The vector whose nearest documents are asked for."""
        return split_nearest(self.condition)[0]

    @cached_property
    def filters(self) -> Condition | None:
        """What each document must be like, by itself."""
        return split_nearest(self.condition)[1]

    @cached_property
    def shares_prefix(self) -> bool:
        """Whether keys of another class begin like those of this one: then its index has both."""
        own = f"{self.cls.class_key_initials()}:"
        classes = self.cls.__rapyer_registry__.all()
        return any(cls.class_key_initials().startswith(own) for cls in classes)

    def compiled(self, limits: Limits | None = None) -> CompiledQuery:
        """Return what a server with search is asked."""
        return compiled(self.condition, self.cls, limits)

    def joined(self, conditions: Sequence[Any]) -> Condition | None:
        """Return the condition that this one and others are."""
        own = () if self.condition is None else (self.condition,)
        return condition_of((*own, *conditions))

    def hit(self, key: RapyerKey, text: bytes, *, is_sure: bool = False) -> Hit | None:
        """Return a document as a match, None if it is none; `is_sure`: the index told so."""
        if self.shares_prefix and not owned_keys(self.cls, [key.encode()]):
            return None
        if not self.sort and (is_sure or self.filters is None):
            hit = Hit(key, text, (key,))
        else:
            stored = from_json(text)
            if not is_sure and not matches(self.filters, stored, key):
                return None
            hit = Hit(key, text, rank_of(values_of(stored, self.sort), key, self.sort))
        return hit if self.after is None or hit.rank > self.after else None

    def picked(self, hits: Iterable[Hit]) -> list[Hit]:
        """Return those of all that match whose vectors are nearest, the nearest first."""
        assert self.nearest is not None
        by_key = {hit.key: hit for hit in hits}
        found = nearest_of(self.nearest, ((hit.key, hit.text) for hit in by_key.values()))
        return [by_key[RapyerKey(key)] for key, _ in found]

    def ordered(self, hits: Iterable[Hit]) -> list[Hit]:
        """Return what is asked for of all that match: sorted, and the part that is wanted."""
        if not self.sort:
            return list(islice(hits, self.offset, self.end))
        return least(hits, self.end)[self.offset :]

    def result(self, hit: Hit) -> Any:
        """Return what the query gives of a document.

        Raises:
            CorruptedModelError: it does not validate.
        """
        if self.shape is not None:
            return _shaped(self.cls, self.shape, hit)
        if self.fields:
            return partly_loaded(self.cls, hit.key, from_json(hit.text), self.fields)
        return loaded(self.cls, hit.key, hit.text)

    def cursor(self, last: Hit) -> str:
        """Return the cursor of a page that ends with a document."""
        return cursor_of(values_of(from_json(last.text), self.sort), last.key, self.sort)


def least(hits: Iterable[Hit], count: int | None) -> list[Hit]:
    """Return the first hits in order, all of them without a count."""
    if count is None:
        return sorted(hits, key=_rank)
    return heapq.nsmallest(count, hits, key=_rank)


def _rank(hit: Hit) -> Rank:
    return hit.rank


def _shaped(cls: type[DocumentModel], shape: type[BaseModel], hit: Hit) -> BaseModel:
    stored = from_json(hit.text)
    part = {name: stored[name] for name in shape.__pydantic_fields__ if name in stored}
    try:
        made: BaseModel = reader_of(shape).validate_json(
            to_json(part), context=STORED, by_alias=False, by_name=True
        )
    except ValidationError as error:
        raise corrupted(cls, hit.key, problems_of(error)) from error
    return made


def condition_of(conditions: Sequence[Any]) -> Condition | None:
    """Return the one condition that several are; None of none."""
    return all_of(tuple(conditions)) if conditions else None


def refuse_both(cls: type[DocumentModel], keys: Sequence[str]) -> None:
    """Raise if keys are given beside conditions, where it is not plain what both together mean.

    Raises:
        UnsupportedArgumentTypeError: there are keys.
    """
    if keys:
        raise UnsupportedArgumentTypeError(
            f"{cls.__name__}: delete either documents of keys or those that meet conditions, not "
            "both in one call; nothing was deleted",
            model=cls.__name__,
            expected="keys or conditions",
            actual=list(keys),
        )


def refuse_in_pipeline(cls: type[DocumentModel], what: str) -> None:
    """Raise in a pipeline: many documents cannot be found and changed in one step."""
    if active_scope(cls.__rapyer_defaults__) is not None:
        raise PipelineError(
            f"{cls.__name__}: {what} by a condition cannot be queued in a pipeline, since which "
            "documents match is known only when it runs; do it before or after the block",
            model=cls.__name__,
            expected="no pipeline",
            actual="a pipeline",
        )
