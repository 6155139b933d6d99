"""Queries: what a model's `where` starts, and everything that can be done with what is found.

A query is an object that is never changed: each step returns another one. Nothing is sent
before one of the methods that wait, or a loop over it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Generic, TypeVar, overload

from pydantic import BaseModel
from typing_extensions import Self

from rapyer_core.errors import (
    ManyFoundError,
    NoneFoundError,
    UnsupportedArgumentTypeError,
    UnsupportedArgumentValueError,
)
from rapyer_core.fetching import names_of
from rapyer_core.finding.aggregates import Aggregate, Groups, field_name
from rapyer_core.finding.asked import Asked, Hit, refuse_in_pipeline
from rapyer_core.finding.changes import ChangeResult, Update, deletions
from rapyer_core.finding.explaining import Plan, plan_of_query
from rapyer_core.finding.ordering import rank_of_cursor
from rapyer_core.finding.results import Page, results_of, rows_of
from rapyer_core.partial import check_names
from rapyer_core.search.sorting import sort_key

from . import changing, hits
from .relations import fetch_levels

__all__ = ["Query", "Stream"]

R = TypeVar("R")
S = TypeVar("S", bound=BaseModel)


class Stream(AsyncIterator[R]):
    """What a loop over a query goes through: batch by batch, in constant memory.

    A document that exists throughout, and matches when it is read, is seen once, whatever is
    written meanwhile. Without an index it may be seen twice. With a sort, the keys of all
    documents that match are held in memory, and what they are sorted by.
    """

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._hits: hits.Hits | None = None
        self._ready: deque[R] = deque()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> R:
        while not self._ready:
            if self._hits is None:
                self._hits = await hits.in_order(self._asked)
            found = await self._hits.more()
            if found is None:
                raise StopAsyncIteration
            self._ready.extend(await _handed_out(self._asked, found))
        return self._ready.popleft()

    async def aclose(self) -> None:
        """Give up what the server keeps for it; for a loop that is left before its end."""
        if self._hits is not None:
            await self._hits.aclose()


class Query(Generic[R]):
    """Documents that meet a condition, in an order, and what is wanted of them.

    Made by a model's `where`. The results are its instances, or what `only` says.
    """

    __slots__ = ("_asked",)

    def __init__(self, asked: Asked) -> None:
        self._asked = asked

    # Steps

    def where(self, *conditions: Any) -> Query[R]:
        """Add conditions, all of which must hold."""
        return self._with(condition=self._asked.joined(conditions))

    def sort(self, *fields: Any) -> Query[R]:
        """Set the order: by fields, ``-`` before one for its greatest first.

        Documents without a value come last, equal ones are ordered by their keys. Without a
        sort, results come in no order that could be relied upon.

        Raises:
            UnsupportedFieldError: a field is not indexed.
            UnsupportedArgumentValueError: its values have no order.
        """
        return self._with(sort=tuple(map(sort_key, fields)))

    def limit(self, count: int) -> Query[R]:
        """Return no more than so many results."""
        return self._with(limit=_natural("limit", count))

    def offset(self, count: int) -> Query[R]:
        """Leave out so many results at the start."""
        return self._with(offset=_natural("offset", count))

    @overload
    def only(self, shape: type[S], /) -> Query[S]: ...

    @overload
    def only(self, *fields: Any) -> Query[R]: ...

    def only(self, *fields: Any) -> Query[Any]:
        """Take only some fields of each document.

        With fields, given as `User.name` or as ``"name"``, results are models in which reading
        another field raises `NotLoadedError`. With a class of pydantic whose fields are some of the
        model's, results are instances of that class.

        Raises:
            UnsupportedArgumentValueError: the model has no such field.
        """
        if len(fields) == 1 and isinstance(fields[0], type) and issubclass(fields[0], BaseModel):
            check_names(self._asked.cls, [*fields[0].__pydantic_fields__])
            return self._with(shape=fields[0], fields=())
        return self._with(fields=self._names("only", fields), shape=None)

    def fetch(self, *names: str) -> Query[R]:
        """Fetch what the results refer to, in one round trip more for each level.

        names: references to follow, each ``name`` or ``author.publisher``, which fetches both.

        Raises:
            UnsupportedArgumentValueError: a name leads to no reference, or the results are to be
                instances of another class.
            KeyNotFound: when it runs, a reference leads to no document.
        """
        return self._with(fetch=names_of(self._asked.cls, names))

    def require_index(self, required: bool = True) -> Query[R]:
        """Raise `IndexUnavailableError` instead of searching without an index, or do not."""
        return self._with(require_index=required)

    def skip_corrupted(self, skip: bool = True) -> Query[R]:
        """Log and leave out documents that do not validate, or that the index could not take."""
        return self._with(skip_corrupted=skip)

    def wait_for_index(self, seconds: float = 60.0) -> Query[R]:
        """Wait until the index has caught up with what was written, for so long at the most."""
        return self._with(wait_for_index=seconds)

    # What is found

    async def aall(self) -> list[R]:
        """Return all results.

        Raises:
            CorruptedModelError: a document does not validate.
            IndexIncompleteError: the index does not know of every document.
            IndexUnavailableError: there is no index, and one is required.
        """
        return await self._results(self._asked)

    async def afirst(self) -> R | None:
        """Return the first result, None where there is none."""
        found = await self._first(1)
        return found[0] if found else None

    async def aget(self) -> R:
        """Return the only result.

        Raises:
            NoneFoundError: there is none.
            ManyFoundError: there are several.
        """
        found, name = await self._first(2), self._asked.cls.__name__
        if not found:
            raise NoneFoundError(
                f"{name}: no document is as the query says",
                model=name,
                expected="one document",
                actual="none",
            )
        if len(found) > 1:
            raise ManyFoundError(
                f"{name}: more than one document is as the query says",
                model=name,
                expected="one document",
                actual="several",
            )
        return found[0]

    async def _first(self, count: int) -> list[R]:
        limit = self._asked.limit
        asked = replace(self._asked, limit=count if limit is None else min(limit, count))
        return await self._results(asked)

    async def _results(self, asked: Asked) -> list[R]:
        return await _handed_out(asked, await hits.collected(asked))

    async def acount(self) -> int:
        """Return how many results there are."""
        return await hits.counted(self._asked)

    async def aexists(self) -> bool:
        """Return whether there is a result."""
        limit = self._asked.limit
        asked = replace(self._asked, limit=1 if limit is None else min(limit, 1))
        return bool(await hits.collected(asked))

    async def apage(self, size: int, after: str | None = None) -> Page[R]:
        """Return so many results, and a cursor with which the next call goes on.

        after: the cursor of the page before; without it the first page. What is written in between
        shifts nothing: a page begins behind the last document of the one before.

        Raises:
            UnsupportedArgumentValueError: the cursor is that of another sort, or the query has a
                limit or an offset.
        """
        if self._asked.is_sliced or size < 1:
            raise UnsupportedArgumentValueError(
                "a page has a size of one or more, and takes the place of limit and offset",
                expected="a size, and no limit or offset",
                actual=size,
            )
        sort = self._asked.sort
        rank = None if after is None else rank_of_cursor(after, sort)
        asked = replace(self._asked, after=rank, limit=size + 1)
        found = await hits.lowest(asked)
        cursor = asked.cursor(found[size - 1]) if len(found) > size else None
        return Page(await _handed_out(asked, found[:size]), cursor)

    async def avalues(self, *fields: Any) -> list[dict[str, Any]]:
        """Return of each document only the values of some fields, by name."""
        names = self._names("values", fields)
        found = await hits.collected(self._asked)
        await hits.renew(self._asked, found)
        return rows_of(self._asked, found, names)

    async def aaggregate(self, *by: Any, **wanted: Aggregate) -> list[dict[str, Any]]:
        """Return what is wanted of each group of documents with equal values of some fields.

        by: the fields; without them all documents are one group. wanted: `Count`, `Sum`, `Avg`,
        `Min`, `Max`, `Distinct` or `CountDistinct`, by the name that the result is to have.
        """
        groups = Groups(self._names("aggregate", by) if by else (), _aggregates(wanted))
        if groups.fields:
            check_names(self._asked.cls, groups.fields)
        found = await hits.each(self._asked)
        try:
            while (batch := await found.more()) is not None:
                for row in rows_of(self._asked, batch, groups.fields):
                    groups.add(row)
        finally:
            await found.aclose()
        return groups.results()

    def __aiter__(self) -> Stream[R]:
        return Stream(self._asked)

    # What is changed

    async def adelete(self) -> ChangeResult:
        """Delete the documents, without loading them; each is checked once more as it goes.

        Raises:
            PipelineError: in a pipeline.
        """
        refuse_in_pipeline(self._asked.cls, "deleting")
        return await changing.changed(self._asked, partial(deletions, self._asked.cls))

    async def aupdate(self, **values: Any) -> ChangeResult:
        """Write fields of the documents on the server, without loading them, each in one step.

        values: plain values, or changes such as ``change.increase(1)``. Whether a document meets
        the condition is compared again in the step that writes it, so one that somebody else has
        changed meanwhile is written only if it still does. Documents are changed one after the
        other: when the call fails in between, those before stay changed.

        Raises:
            InvalidValueError: a value does not validate; nothing was written.
            UpdateAtomicModelError: a name is not a field, or the field cannot be changed so.
            PipelineError: in a pipeline.
        """
        refuse_in_pipeline(self._asked.cls, "updating")
        update = Update(self._asked.cls, values)
        return await changing.changed(self._asked, update.operations)

    # About the query

    def explain(self) -> Plan:
        """Return what a server with search is asked, and how the answer is used."""
        return plan_of_query(self._asked)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._asked.cls.__name__}: {self._asked.condition!r}>"

    def __bool__(self) -> bool:
        raise UnsupportedArgumentTypeError(
            "a query is neither true nor false; ask whether something exists",
            expected="a question that is sent",
            actual="a query",
        )

    def _with(self, **changes: Any) -> Query[Any]:
        asked = replace(self._asked, **changes)
        if asked.fetch and asked.shape is not None:
            raise UnsupportedArgumentValueError(
                f"{asked.cls.__name__}: nothing can be fetched for results of another class, "
                f"{asked.shape.__name__}",
                model=asked.cls.__name__,
                expected=f"results of {asked.cls.__name__}",
                actual=asked.shape,
            )
        return type(self)(asked)

    def _names(self, method: str, fields: tuple[Any, ...]) -> tuple[str, ...]:
        names = tuple(dict.fromkeys(map(field_name, fields)))
        if not names:
            raise UnsupportedArgumentValueError(
                f"{method}() needs the fields that are wanted", expected="fields", actual="none"
            )
        check_names(self._asked.cls, names)
        return names


async def _handed_out(asked: Asked, found: Sequence[Hit]) -> list[Any]:
    """Return results as the caller gets them; their lifetimes start anew where models say so."""
    await hits.renew(asked, found)
    results = results_of(asked, found)
    if asked.fetch:
        await fetch_levels(results, asked.fetch, None)
    return results


def _natural(name: str, count: Any) -> int:
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise UnsupportedArgumentValueError(
            f"{name}() takes a number of documents, not {count!r}",
            expected="an integer of 0 or more",
            actual=count,
        )
    return count


def _aggregates(wanted: dict[str, Any]) -> dict[str, Aggregate]:
    for name, aggregate in wanted.items():
        if not isinstance(aggregate, Aggregate):
            raise UnsupportedArgumentTypeError(
                f"{name}={aggregate!r}: expected Count(), Sum(field) or the like",
                expected="an aggregate",
                actual=aggregate,
            )
    return wanted
