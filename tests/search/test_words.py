"""Words as only a search module knows them, and words of lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import pytest

import rapyer_sync
from rapyer_sync import AtomicRedisModel, Field, Fuzzy, Index, Phrase, Prefix

from .questions import NO_LIMITS, Asked, lift_limits, put_limits_back


class Story(AtomicRedisModel):
    title: Annotated[str, Index(text=True)] = ""
    body: Annotated[str, Index(text=True, stem=True, exact=False)] = ""
    author: Annotated[str, Index(text=True, phonetic="dm:en", weight=2)] = ""
    notes: Annotated[list[str], Index(text=True)] = Field(default_factory=list)
    year: Index[int] = Field(0)


# To type checkers a plain annotation is a value.
_S: Any = Story


@pytest.fixture
def asked(server_url: str) -> Iterator[Asked]:
    rapyer_sync.init_rapyer(server_url)
    asked = Asked(server_url, Story)
    asked.put(
        [
            Story(title="the red wine", body="they were running", author="jon", year=1),
            Story(title="wine, red", body="a run", author="john", notes=["red wine"], year=2),
            Story(title="a", body="a walk", author="smith", notes=["red", "wine"], year=3),
        ]
    )
    yield asked
    asked.close()
    rapyer_sync.teardown_rapyer()


def years(asked: Asked, condition: Any) -> set[int]:
    return {asked.documents[key]["year"] for key in asked.by_index(condition)}


def test_stems_and_sounds(asked: Asked) -> None:
    assert years(asked, _S.body.matches("runs")) == {1, 2}
    assert years(asked, _S.author.matches("jon")) == {1, 2}
    assert years(asked, _S.author.matches("smyth") & _S.body.matches("walks")) == {3}
    # What the index does not decide stands beside what only it can.
    assert years(asked, _S.author.matches("jon") & _S.title.startswith("the")) == {1}
    assert years(asked, _S.title.matches_raw("(red wine) | a")) == {1, 2, 3}


def test_phrases_and_lists(asked: Asked) -> None:
    conditions = [
        _S.title.matches(Phrase("red wine")),
        _S.title.matches(Phrase("the the")),
        _S.title.matches(~Phrase("red wine")),
        _S.notes.matches(Phrase("red wine")),
        _S.notes.matches("red wine"),
        _S.notes.any_item.matches(Prefix("wi")),
        _S.notes.contains("red wine"),
        _S.title.matches(Fuzzy("wime") & Prefix("re")),
    ]
    asked.check(conditions)
    assert [len(asked.by_index(each)) for each in conditions] == [1, 0, 2, 1, 2, 2, 1, 2]
    lift_limits(asked.client)
    try:
        asked.check(conditions, NO_LIMITS)
    finally:
        put_limits_back(asked.client)
