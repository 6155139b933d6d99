"""The Lua program: small scripts, assembled from whole pieces, the same on every run."""

from __future__ import annotations

import hashlib
import re
from importlib import resources
from itertools import combinations

import pytest

from rapyer_core import program
from rapyer_core.program import lifted_script, pipeline_script, script

LUA = resources.files("rapyer_core") / "lua"


def names_in(folder: str) -> list[str]:
    files = (entry.name for entry in (LUA / folder).iterdir() if entry.is_file())
    return sorted(name.removesuffix(".lua") for name in files)


VALUES, PIECES = names_in("values"), names_in("lib")
PLACES = {name: folder for folder in ("ops", "values") for name in names_in(folder)}
OPERATIONS = sorted(PLACES)


def text_of(folder: str, name: str) -> str:
    return (LUA / folder / f"{name}.lua").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_script_is_complete_and_known_by_its_sha(name: str) -> None:
    for made in (script(name), lifted_script(name)):
        assert made.sha == hashlib.sha1(made.source.encode()).hexdigest()
        assert f"local function {name}(" in made.source
        assert made.source.count(f"local function {name}(") == 1
        assert "--" not in re.sub(r"'[^']*'", "", made.source).split("\n")[0]
    assert script(name) is script(name)


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_says_what_it_takes_and_answers(name: str) -> None:
    header = [line for line in text_of(PLACES[name], name).splitlines() if line.startswith("--")]
    assert any("Reply:" in line for line in header)


@pytest.mark.parametrize("name", VALUES)
def test_a_value_operation_touches_no_key(name: str) -> None:
    source = text_of("values", name)
    assert f"local function {name}(" in source and "redis" not in source
    returns_rest = re.search(r"^ *return \w+, .*, .*\brest\b", source, re.MULTILINE)
    first = source.split("\n", 1)[0]
    assert bool(returns_rest) == (" complete" in first), "complete is for what numbers lack"


@pytest.mark.parametrize("name", OPERATIONS)
def test_what_is_called_is_there_and_what_is_named_is_called(name: str) -> None:
    folder, source = PLACES[name], script(name).source
    defined = [*re.findall(r"local function (\w+)\(", source)]
    assert len(defined) == len(set(defined)), "a piece stands there twice"
    known = {*defined, *LANGUAGE, *(("complete", "value") if name in VALUES else ())}
    plain = re.sub(r"'(\\.|[^'\\])*'", "''", source)
    called = {
        match.group(1)
        for match in re.finditer(r"(?<![.\w:])([A-Za-z_]\w*)\s*\(", plain)
        if not plain[: match.start()].endswith("function ")
    }
    assert called <= known, called - known
    uses = text_of(folder, name).splitlines()[0].removeprefix("-- uses:").split()
    if text_of(folder, name).startswith("-- uses:"):
        assert uses == sorted(uses) and set(uses) <= {*PIECES, *OPERATIONS}


def test_every_piece_is_used() -> None:
    made = [made(name).source for name in OPERATIONS for made in (script, lifted_script)]
    made.append(pipeline_script(frozenset(OPERATIONS)).source)
    for piece in PIECES:
        lines = text_of("lib", piece).splitlines()
        code = [line for line in lines if line.strip() and not line.lstrip().startswith("--")]
        assert any("\n".join(code) in source for source in made), piece


def test_a_pipelines_script_holds_what_its_batch_runs_and_no_more() -> None:
    few = pipeline_script(frozenset({"integer_add", "value_put"}))
    assert few is pipeline_script(frozenset({"value_put", "integer_add"}))
    assert few.sha == hashlib.sha1(few.source.encode()).hexdigest()
    made = re.findall(r"local function (\w+)\(", few.source)
    assert {"integer_add", "value_put"} <= set(made)
    assert len(made) == len(set(made)), "a piece stands there twice"
    assert not {"list_append", "lift", "change", "noted_call"} & set(made)
    more = pipeline_script(frozenset({"integer_add", "list_append"}))
    assert "local function noted_call(" in more.source and "function change(" not in more.source
    lifted = pipeline_script(frozenset({"integer_add", "value_put"}), is_lifted=True)
    assert {"lift", "change"} <= set(re.findall(r"local function (\w+)\(", lifted.source))


def test_servers_are_not_filled_with_scripts_of_pipelines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "_pipelines", {})
    large = pipeline_script(frozenset(OPERATIONS[:20]))
    assert large is pipeline_script(frozenset(OPERATIONS[10:40]))
    assert large is pipeline_script(frozenset(OPERATIONS[:20]), is_lifted=True)
    made = {pipeline_script(frozenset(pair)).sha for pair in combinations(OPERATIONS, 2)}
    assert large.sha in made
    assert len(made) == program.MOST_SCRIPTS + 1


def test_an_unknown_operation() -> None:
    with pytest.raises(FileNotFoundError, match="nothing_of_the_kind"):
        script("nothing_of_the_kind")


LANGUAGE = {
    "and", "or", "not", "if", "elseif", "while", "return", "in", "until", "function", "for",
    "tonumber", "tostring", "type", "unpack", "pcall", "error", "pairs", "ipairs", "then",
}  # fmt: skip
