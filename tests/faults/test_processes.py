"""Event loops in turn, forks, gevent: each in a process of its own, warnings being errors."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent.parent

# How long a turn of an event loop took says how busy the machine is; asyncio warns of that.
_QUIET = 'import logging; logging.getLogger("asyncio").setLevel(logging.ERROR)\n'


def run(script: str, *arguments: str) -> list[str]:
    """Run a script in a new interpreter and return the lines that it printed."""
    finished = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", _QUIET + script, *arguments],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    assert not finished.stderr
    return finished.stdout.split()


LOOPS = """
import asyncio, gc, sys, threading
import trio
from rapyer_async.drivers.native import NativeDriver
from rapyer_core.commands import Command
from rapyer_core.urls import parse_url

driver = NativeDriver(parse_url(sys.argv[1], {"client_name": "loops"}))

async def talk():
    for _ in range(3):
        await driver.execute(Command(("INCR", "n")))
    return await driver.execute(Command(("CLIENT", "ID")))

async def look():
    names = await driver.execute(Command(("CLIENT", "LIST")))
    count = await driver.execute(Command(("GET", "n")))
    await driver.aclose()
    return names.count(b"name=loops"), int(count)

seen = [asyncio.run(talk()), asyncio.run(talk()), trio.run(talk)]
seen += [asyncio.run(talk()), trio.run(talk)]
others = [threading.Thread(target=lambda: seen.append(asyncio.run(talk()))) for _ in range(3)]
for thread in others:
    thread.start()
for thread in others:
    thread.join()
print(len(set(seen)), *trio.run(look))
del driver
gc.collect()
"""


def test_event_loops_in_turn_and_side_by_side(server_url: str) -> None:
    ids, open_at_the_end, counted = run(LOOPS, server_url)
    assert int(ids) == 8
    assert int(open_at_the_end) == 1
    assert int(counted) == 24


DROPPED = """
import asyncio, gc, sys
from rapyer_async.drivers.native import NativeDriver
from rapyer_core.commands import Command
from rapyer_core.urls import parse_url

class Cycle:
    pass

async def main():
    holder = Cycle()
    holder.holder = holder
    holder.driver = NativeDriver(parse_url(sys.argv[1]))
    print(await holder.driver.execute(Command(("INCR", "n"))))

asyncio.run(main())
gc.collect()
"""


def test_a_driver_that_is_never_closed_warns_of_nothing(server_url: str) -> None:
    assert run(DROPPED, server_url) == ["1"]


FORK = """
import os, sys
from rapyer_sync.drivers.native import NativeDriver
from rapyer_core.commands import Command
from rapyer_core.urls import parse_url

driver = NativeDriver(parse_url(sys.argv[1]))
mine = driver.execute(Command(("CLIENT", "ID")))
for turn in range(5):
    child = os.fork()
    if not child:
        try:
            theirs = driver.execute(Command(("CLIENT", "ID")))
            driver.execute(Command(("INCR", "n")))
            if turn % 2:
                driver.close()
            os._exit(0 if theirs != mine else 3)
        except BaseException:
            os._exit(4)
    driver.execute(Command(("INCR", "n")))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert driver.execute(Command(("CLIENT", "ID"))) == mine
print(int(driver.execute(Command(("GET", "n")))))
driver.close()
"""


def test_a_forked_child_has_its_own_connection(server_url: str) -> None:
    assert run(FORK, server_url) == ["10"]


FORK_IN_A_LOOP = """
import asyncio, os, sys
from rapyer_async.drivers.native import NativeDriver
from rapyer_core.commands import Command
from rapyer_core.urls import parse_url

driver = NativeDriver(parse_url(sys.argv[1]))

async def ask():
    await driver.execute(Command(("INCR", "n")))
    return await driver.execute(Command(("CLIENT", "ID")))

async def parent():
    mine = await ask()
    child = os.fork()
    if not child:
        asyncio._set_running_loop(None)
        try:
            os._exit(0 if asyncio.run(ask()) != mine else 3)
        except BaseException:
            os._exit(4)
    status = await asyncio.to_thread(os.waitpid, child, 0)
    assert os.waitstatus_to_exitcode(status[1]) == 0
    assert await ask() == mine
    print(int(await driver.execute(Command(("GET", "n")))))
    await driver.aclose()

asyncio.run(parent())
"""


def test_a_fork_inside_an_event_loop(server_url: str) -> None:
    assert run(FORK_IN_A_LOOP, server_url) == ["3"]


FORK_WITH_THREADS = """
import os, sys, threading, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # 3.12 warns of this very situation
from rapyer_sync.drivers.native import NativeDriver
from rapyer_core.commands import Command
from rapyer_core.urls import parse_url

driver = NativeDriver(parse_url(sys.argv[1]))
stop = threading.Event()
done = [0] * 4

def work(who):
    while not stop.is_set():
        driver.execute(Command(("INCR", "n")))
        done[who] += 1

threads = [threading.Thread(target=work, args=(who,)) for who in range(4)]
for thread in threads:
    thread.start()
for turn in range(10):
    child = os.fork()
    if not child:
        try:
            driver.execute(Command(("INCR", "m")))
            os._exit(0)
        except BaseException:
            os._exit(4)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
stop.set()
for thread in threads:
    thread.join()
assert int(driver.execute(Command(("GET", "n")))) == sum(done)
print(int(driver.execute(Command(("GET", "m")))))
driver.close()
"""


def test_a_fork_while_threads_are_in_the_driver(server_url: str) -> None:
    assert run(FORK_WITH_THREADS, server_url) == ["10"]


GEVENT = """
import warnings
from gevent import monkey
monkey.patch_all()
import sys
import gevent
from rapyer_sync._seam import task_group
from rapyer_sync.drivers.native import NativeDriver
from rapyer_core.commands import Command
from rapyer_core.urls import parse_url

driver = NativeDriver(parse_url(sys.argv[1]))
other_ran = []

def work(who):
    for turn in range(20):
        text = b"%d.%d" % (who, turn)
        assert driver.execute(Command(("ECHO", text))) == text
        driver.execute(Command(("INCR", "n")))

def slow():
    driver.execute(Command(("BLPOP", "nothing", "0.3"), bulk=True))

def tick():
    for _ in range(10):
        gevent.sleep(0.01)
        other_ran.append(1)

jobs = [gevent.spawn(work, who) for who in range(100)]
jobs += [gevent.spawn(slow), gevent.spawn(tick)]
gevent.joinall(jobs, raise_error=True, timeout=30)
assert len(other_ran) == 10
with task_group() as group:
    for who in range(10):
        group.start_soon(work, who)
print(int(driver.execute(Command(("GET", "n")))))
with gevent.Timeout(0.1, False):
    driver.execute(Command(("BLPOP", "nothing", "1")))
assert driver.execute(Command(("ECHO", "own reply"))) == b"own reply"
driver.close()
"""


def test_gevent(server_url: str) -> None:
    assert run(GEVENT, server_url) == ["2200"]
