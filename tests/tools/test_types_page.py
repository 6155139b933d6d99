"""docs/types.md is what a run gives, with either kind of server."""

from __future__ import annotations

import pytest

from tools import types_page
from tools.types_table import ROWS


def test_the_page_is_what_a_run_gives(redis_url: str) -> None:
    assert types_page.main([redis_url, "--check"]) == 0


def test_every_row_is_on_the_page() -> None:
    lines = types_page.PAGE.read_text(encoding="utf-8").splitlines()
    assert sum(line.startswith("| `") for line in lines) == len(ROWS) > 50


def test_another_page_is_noticed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = types_page.PAGE.with_name("typing.md")
    monkeypatch.setattr(types_page, "PAGE", page)
    assert types_page.main(["--check"]) == 1
    assert "typing.md" in capsys.readouterr().err


def test_a_value_that_does_not_come_back_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    lossy = ROWS[0]._replace(annotation=float, value=1)
    monkeypatch.setattr(types_page, "ROWS", (lossy,))
    with pytest.raises(AssertionError, match="came back as"):
        types_page.page("memory://types-page-lossy")
