"""Paths: any name is quoted, and one that has no path is followed by text."""

from __future__ import annotations

import pytest

from rapyer_core.paths import (
    LiftedPath,
    display,
    member_segment,
    render,
    shortened,
    spelled,
)


@pytest.mark.parametrize(
    ("name", "segment"),
    [
        ("a", '["a"]'),
        ("", '[""]'),
        ("a.b", '["a.b"]'),
        ("*", '["*"]'),
        ("]", '["]"]'),
        ("'", '["\'"]'),
        ('"', "['\"']"),
        ("\n", '["\n"]'),
        ("a ", '["a "]'),
        (" a", None),
        ("\\", None),
        ("a\\b", None),
        ("'\"", None),
    ],
)
def test_a_member(name: str, segment: str | None) -> None:
    assert member_segment(name) == segment


def test_segments_make_a_path() -> None:
    assert render(()) == "$"
    assert render(("a", 0, "b.c", -1)) == '$["a"][0]["b.c"][-1]'


def test_names_without_a_path_make_steps() -> None:
    path = render(("a", 1, "\\", "b", " c", 0))
    assert path == LiftedPath('$["a"][1]', (("\\", '$["b"]'), (" c", "$[0]")))
    assert display(path) == "$[\"a\"][1]['\\\\'][\"b\"][' c'][0]"
    assert display("$.x") == "$.x"


@pytest.mark.parametrize(
    ("path", "short"),
    [
        ("$", "$"),
        ('$["a"]', "$.a"),
        ('$["a"][0]["b_1"]', "$.a[0].b_1"),
        ('$["a.b"]["c"]', '$["a.b"].c'),
        ('$["1a"]["é"][""]', '$["1a"]["é"][""]'),
        ("""$['a"["b"]']["c"]""", """$['a"["b"]'].c"""),
        ("""$["x['y"]["z"]""", """$["x['y"].z"""),
    ],
)
def test_short_paths_mean_the_same(path: str, short: str) -> None:
    assert shortened(path) == short
    assert spelled(short) == path
