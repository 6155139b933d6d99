"""The URL shortener loses no click: in each world, both ways, on both servers, as a command."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from examples import url_shortener
from examples.url_shortener import WAYS, WORLDS, Result, main

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "examples" / "url_shortener.py"


@pytest.fixture(autouse=True)
def _threshold() -> Iterator[None]:
    """Give the collector of garbage back as it was: the command sets it for its process."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("way", WAYS)
def test_every_click_is_counted_and_noted(redis_url: str, world: str, way: str) -> None:
    found = WORLDS[world](redis_url, way, 200)
    assert (found.clicks, found.noted) == (200, 200)
    assert found.seconds > 0


@pytest.mark.timeout(600)
def test_ten_thousand_clicks_on_a_real_server(
    server_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--world", "asyncio", "--url", server_url]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()[1:]]
    assert [line[:6] for line in lines] == [
        ["asyncio", "redis", way, "10000", "10000", "yes"] for way in WAYS
    ]


def test_nothing_is_left_on_the_server(server_url: str, real_server: object) -> None:
    WORLDS["sync"](server_url, "plain", 10)
    client = real_server.client()  # type: ignore[attr-defined]  # a RunningServer
    try:
        assert client.keys("ShortURL:*") == []
    finally:
        client.close()


def test_the_command_runs_every_world_both_ways() -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--clicks", "30"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines[0] == ["world", "driver", "way", "clicks", "noted", "exact", "seconds"]
    runs = [tuple(line[:6]) for line in lines[1:]]
    assert runs == [(world, "memory", way, "30", "30", "yes") for world in WORLDS for way in WAYS]


def test_one_world_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--world", "trio", "--clicks", "5"]) == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    assert [line.split()[:3] for line in lines] == [["trio", "memory", way] for way in WAYS]


@pytest.mark.parametrize("lost", [Result(9, 10, 0.1), Result(10, 9, 0.1)])
def test_a_lost_click_fails_the_command(
    lost: Result, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(url_shortener.WORLDS, "sync", lambda *_: lost)
    assert main(["--world", "sync", "--clicks", "10"]) == 1
    assert capsys.readouterr().out.count("LOST") == len(WAYS)
