"""KeyboardInterrupt in a thread at every line of the driver: nothing hangs or is mixed up."""

from __future__ import annotations

import linecache
import sys
import threading
import time
from types import FrameType
from typing import Any

import pytest

from rapyer_core.commands import Command
from rapyer_core.errors import OutcomeUnknownError
from rapyer_core.urls import parse_url
from rapyer_sync.drivers.native import NativeDriver

WRITE = Command(("INCR", "n"))
READ = Command(("GET", "n"), repeatable=True)
OURS = ("rapyer_sync/drivers/native/", "rapyer_core/wire/", "rapyer_sync/_seam/")
MOST_LINES = 2000


class _Interrupt:
    """Raises KeyboardInterrupt at the n-th line of the driver that this thread runs.

    Not at the line of a `with` around a lock: a tracer is called there between the block and
    the release, where the interpreter itself (which looks for signals after calls and at
    backward jumps) never interrupts. Nor in a finalizer: what is raised there is dropped.
    """

    def __init__(self, nth: int) -> None:
        self._left = nth
        self.raised = False

    def __call__(self, frame: FrameType, event: str, _: Any) -> Any:
        code = frame.f_code
        if code.co_name == "__del__" or not any(part in code.co_filename for part in OURS):
            return None
        if event == "line" and not self.raised and not _is_with(frame):
            self._left -= 1
            if not self._left:
                self.raised = True
                raise KeyboardInterrupt
        return self


def _is_with(frame: FrameType) -> bool:
    line = linecache.getline(frame.f_code.co_filename, frame.f_lineno)
    return line.lstrip().startswith("with self._lock")


def interrupted_at(nth: int, driver: NativeDriver) -> tuple[bool, object]:
    """Run a write, interrupted at line `nth`; return whether it was, and its reply or error."""
    interrupt = _Interrupt(nth)
    sys.settrace(interrupt)
    try:
        reply: object = driver.execute(WRITE)
    except (KeyboardInterrupt, OutcomeUnknownError) as error:
        reply = error
    finally:
        sys.settrace(None)
    return interrupt.raised, reply


def check_in_step(driver: NativeDriver) -> None:
    begin = time.monotonic()
    for turn in range(2):
        text = f"own reply {turn}".encode()
        assert driver.execute(Command(("ECHO", text), repeatable=True)) == text
    assert time.monotonic() - begin < 1, "somebody was waited for"


def count(driver: NativeDriver) -> int:
    reply = driver.execute(READ)
    assert reply is None or isinstance(reply, bytes)
    return int(reply or 0)


@pytest.mark.parametrize("warm", [True, False])
def test_interrupted_at_every_line(server_url: str, warm: bool) -> None:
    observer = NativeDriver(parse_url(server_url))
    for nth in range(1, MOST_LINES):
        driver = NativeDriver(parse_url(server_url))
        if warm:
            check_in_step(driver)
        before = count(observer)
        raised, reply = interrupted_at(nth, driver)
        check_in_step(driver)
        time.sleep(0.001)
        run = count(observer) - before
        if isinstance(reply, int):
            assert run == 1
        else:
            assert run in (0, 1)
        driver.close()
        if not raised:
            assert nth > 50
            observer.close()
            return
    raise AssertionError(f"a command ran more than {MOST_LINES} lines")


def test_the_others_go_on_when_one_is_interrupted(server_url: str) -> None:
    driver = NativeDriver(parse_url(server_url))
    stop = threading.Event()
    wrong: list[object] = []
    slowest = [0.0]

    def talk(who: int) -> None:
        turn = 0
        while not stop.is_set():
            turn += 1
            text = f"{who}.{turn}".encode()
            begin = time.monotonic()
            try:
                reply = driver.execute(Command(("ECHO", text), repeatable=True))
            except Exception as error:  # noqa: BLE001  # reported by the test's thread
                reply = repr(error).encode()
            slowest[0] = max(slowest[0], time.monotonic() - begin)
            if reply != text:
                wrong.append(reply)

    threads = [threading.Thread(target=talk, args=(who,)) for who in range(3)]
    for thread in threads:
        thread.start()
    acknowledged = unknown = 0
    for nth in range(1, 250):
        _, reply = interrupted_at(nth, driver)
        acknowledged += isinstance(reply, int)
        unknown += not isinstance(reply, int)
    stop.set()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    assert not wrong
    assert slowest[0] < 5
    assert acknowledged <= count(driver) <= acknowledged + unknown
    driver.close()
