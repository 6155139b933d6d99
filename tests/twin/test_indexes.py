"""The life of search indexes: made, kept, built beside the old one, swapped, described, removed."""

from __future__ import annotations

import logging
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from rapyer_async import (
    AtomicRedisModel,
    Field,
    Index,
    IndexInfo,
    IndexProgress,
    RedisConfig,
    init_rapyer,
    isolated_models,
    teardown_rapyer,
)
from rapyer_async._seam import checkpoint, task_group
from rapyer_core.errors import (
    IndexIncompleteError,
    IndexMismatchError,
    IndexUnavailableError,
    NotInitializedError,
    RapyerError,
)

from .asking import ask

ROOT = Path(__file__).resolve().parents[2]

PROCESS = """
import sys
from rapyer_sync import AtomicRedisModel, Field, Index, init_rapyer

class Part(AtomicRedisModel):
    name: Index[str]
    size: Index[int] = Field(0)

init_rapyer(sys.argv[1])
print(Part.where(Part.size >= 0).count())
"""


@pytest.fixture
async def models() -> AsyncIterator[None]:
    """No model classes but those of the test, and no client afterwards."""
    with isolated_models():
        yield
        await teardown_rapyer()


MOMENT = datetime(2026, 1, 1, tzinfo=timezone.utc)


def defined(version: int) -> Any:
    """Return a class as one release of a program declares it; it takes the earlier one's place."""
    if version == 1:

        class Part(AtomicRedisModel):
            name: Index[str]
            size: int = 0
            made: datetime = MOMENT

    elif version == 2:

        class Part(AtomicRedisModel):  # type: ignore[no-redef]  # the next release
            name: Index[str]
            size: Index[int] = Field(0)
            made: datetime = MOMENT

    else:

        class Part(AtomicRedisModel):  # type: ignore[no-redef]  # the one after that
            name: str = ""
            size: Index[int] = Field(0)
            made: Index[datetime] = Field(MOMENT)

    return Part


def processes(count: int, url: str) -> list[Any]:
    """Start processes that define the second version and count documents by it."""
    command = [sys.executable, "-c", PROCESS, url]
    return [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) for _ in range(count)
    ]


async def test_an_index_is_made_and_kept(server_url: str, models: None) -> None:
    part = defined(1)
    await init_rapyer(server_url)
    info = await part.aindex_info()
    assert isinstance(info, IndexInfo) and info.is_current and info.is_complete
    assert info.name == "idx:Part" == part.index_name()
    assert info.index == f"idx:Part:v{info.version}" and info.prefixes == ("Part:",)
    assert [(field.name, field.path, field.type) for field in info.fields] == [
        ("name", '$["name"]', "TAG")
    ]
    uses = await ask(part, "FT._LIST")
    await init_rapyer(server_url)
    assert await ask(part, "FT._LIST") == uses == [info.index.encode()]
    assert await part.adelete_index() and not await part.adelete_index()
    assert await part.aindex_info() is None


async def test_a_class_that_is_defined_later(server_url: str, models: None) -> None:
    await init_rapyer(server_url)
    part = defined(1)
    await part.ainsert(part(name="a"), part(name="b"))
    assert await part.where(part.name == "a").acount() == 1
    assert (await part.aindex_info()).documents == 2


async def test_another_version_is_built_beside(server_url: str, models: None) -> None:
    old = defined(1)
    await init_rapyer(server_url)
    await old.ainsert(*(old(name=f"n{i % 7}", size=i) for i in range(700)))
    before = await old.aindex_info()
    new = defined(2)
    seen: list[IndexProgress] = []
    await init_rapyer(server_url, on_index_progress=seen.append)
    after = await new.aindex_info()
    assert after.index != before.index and after.documents == 700 and after.is_current
    assert seen[-1].indexed == 1 and seen[-1].documents == 700
    assert seen[-1].model.__name__ == "Part"
    assert await ask(new, "FT._LIST") == [after.index.encode()]
    assert await new.where(new.size >= 600).acount() == 100
    # The old class goes on with what has all that it needs.
    assert await old.where(old.name == "n3").acount() == 100


async def test_an_old_class_goes_on_without_an_index_that_lacks_its_fields(
    server_url: str, models: None, caplog: pytest.LogCaptureFixture
) -> None:
    old = defined(2)
    await init_rapyer(server_url)
    await old.ainsert(*(old(name="n", size=i) for i in range(10)))
    assert await old.where(old.size > 4).acount() == 5
    new = defined(3)
    await new.acreate_index()
    with caplog.at_level(logging.WARNING, "rapyer"):
        assert await old.where(old.size > 4, old.name == "n").acount() == 5
        assert await old.where(old.size > 5, old.name == "n").acount() == 4
    assert sum("without an index" in each.getMessage() for each in caplog.records) == 1
    with pytest.raises(IndexUnavailableError):
        await old.where(old.size > 4).require_index().acount()
    await ask(old, "FT.DROPINDEX", (await old.aindex_info()).index)
    await defined(2).acreate_index()
    assert await old.where(old.size > 4).require_index().acount() == 5


async def test_what_was_stored_without_its_number_is_found(server_url: str, models: None) -> None:
    old = defined(2)
    await init_rapyer(server_url, indexes="lazy")
    moments = [datetime(2026, 1, day, tzinfo=timezone.utc) for day in range(1, 21)]
    await old.ainsert(*(old(name="n", made=moment) for moment in moments))
    new = defined(3)
    assert await new.where(new.made > moments[14]).acount() == 5
    assert (await new.where(new.made > moments[14]).aupdate(made=moments[0])).changed == 5
    assert await new.where(new.made == moments[0]).acount() == 6


async def test_only_checking(
    server_url: str, models: None, caplog: pytest.LogCaptureFixture
) -> None:
    part = defined(1)
    with caplog.at_level(logging.WARNING, "rapyer"):
        await init_rapyer(server_url, indexes="check")
    assert await part.aindex_info() is None
    assert any("idx:Part:v" in each.getMessage() for each in caplog.records)
    await part.ainsert(part(name="a"))
    assert await part.where(part.name == "a").acount() == 1
    with pytest.raises(IndexUnavailableError) as caught:
        await part.where(part.name == "a").require_index().acount()
    assert caught.value.model == "Part" and "idx:Part:v" in str(caught.value)
    assert await part.aindex_info() is None
    # Built by somebody else, it is found.
    await defined(1).acreate_index()
    assert await part.where(part.name == "a").require_index().acount() == 1


async def test_refusing(server_url: str, models: None) -> None:
    part = defined(1)
    with pytest.raises(IndexMismatchError) as caught:
        await init_rapyer(server_url, indexes="refuse")
    assert caught.value.actual == "none"
    with pytest.raises(NotInitializedError):
        await part.afind()
    await init_rapyer(server_url, indexes="lazy")
    info = await part.acreate_index()
    await init_rapyer(server_url, indexes="refuse")
    newer = defined(2)  # kept: classes are held weakly
    with pytest.raises(IndexMismatchError) as caught:
        await init_rapyer(server_url, indexes="refuse")
    assert caught.value.actual == info.index
    assert caught.value.model == newer.__name__
    with pytest.raises(ValueError, match="build"):
        await init_rapyer(server_url, indexes="sometimes")


async def test_requiring_an_index_of_a_class(server_url: str, models: None) -> None:
    class Bare(AtomicRedisModel):
        Meta = RedisConfig(require_index=True)
        name: str = ""

    await init_rapyer(server_url)
    with pytest.raises(IndexUnavailableError) as caught:
        await Bare.where().acount()
    assert "no field" in str(caught.value)
    assert await Bare.where().require_index(False).acount() == 0
    with pytest.raises(IndexUnavailableError):
        await Bare.acreate_index()


async def test_a_server_without_search(models: None, caplog: pytest.LogCaptureFixture) -> None:
    part = defined(1)
    await init_rapyer(f"memory://{uuid.uuid4().hex}")
    await part.ainsert(part(name="a"), part(name="b"))
    with caplog.at_level(logging.WARNING, "rapyer"):
        for _ in range(3):
            assert await part.where(part.name == "a").acount() == 1
    assert sum("without an index" in each.getMessage() for each in caplog.records) == 1
    assert await part.aindex_info() is None and not await part.adelete_index()
    with pytest.raises(IndexUnavailableError) as caught:
        await part.where(part.name == "a").require_index().aall()
    assert "no search module" in str(caught.value)
    with pytest.raises(IndexUnavailableError):
        await part.acreate_index()


async def test_only_database_0_has_indexes(server_url: str, models: None) -> None:
    part = defined(1)
    url = server_url.rsplit("/", 1)[0] if server_url.count("/") > 2 else server_url
    with pytest.raises(IndexUnavailableError) as caught:
        await init_rapyer(f"{url}/3")
    assert "database 0 only" in str(caught.value) and "database 3" in str(caught.value)
    await init_rapyer(f"{url}/3", indexes="lazy")
    with pytest.raises(IndexUnavailableError):
        await part.where(part.name == "a").aall()


async def test_documents_that_are_left_out_are_an_error(server_url: str, models: None) -> None:
    part = defined(2)
    await init_rapyer(server_url)
    await part.ainsert(*(part(name="n", size=i) for i in range(20)))
    await ask(part, "JSON.SET", "Part:odd", "$", '{"name": "n", "size": "big"}')
    query = part.where(part.name == "n")
    for _ in range(2):
        for asking in (query.acount, query.aall, query.aexists):
            with pytest.raises(IndexIncompleteError) as caught:
                await asking()
            assert caught.value.keys == ("Part:odd",) and "Part:odd" in str(caught.value)
    with pytest.raises(IndexIncompleteError):
        async for _ in query:
            pass
    assert await query.skip_corrupted().acount() == 20
    # Mended, it is found; the server still counts the failure.
    await ask(part, "JSON.SET", "Part:odd", "$.size", "3")
    assert await query.acount() == 21
    assert (await part.aindex_info()).failures > 0
    await ask(part, "JSON.SET", "Part:odd", "$.size", '"big"')
    with pytest.raises(IndexIncompleteError):
        await query.acount()
    await ask(part, "DEL", "Part:odd")
    assert await query.acount() == 20


async def test_a_build_tells_of_what_it_could_not_take(
    server_url: str, models: None, caplog: pytest.LogCaptureFixture
) -> None:
    part = defined(2)
    await init_rapyer(server_url, indexes="lazy")
    await ask(part, "JSON.SET", "Part:odd", "$", '{"name": "n", "size": "big"}')
    with caplog.at_level(logging.WARNING, "rapyer"):
        info = await part.acreate_index()
    assert info.failures == 1 and info.last_failure_key == "Part:odd"
    assert any("Part:odd" in each.getMessage() for each in caplog.records)


async def test_an_index_that_somebody_made_under_the_name(server_url: str, models: None) -> None:
    part = defined(1)
    await init_rapyer(server_url, indexes="lazy")
    await ask(
        part, "FT.CREATE", "idx:Part", "ON", "JSON", "PREFIX", 1, "Part:", "SCHEMA", "$.name",
        "AS", "name", "TEXT",
    )  # fmt: skip
    await part.ainsert(part(name="a b"), part(name="a"))
    assert await part.where(part.name == "a").acount() == 1
    assert await ask(part, "FT._LIST") == [(await part.aindex_info()).index.encode()]


async def test_an_index_that_was_removed_is_built_anew(server_url: str, models: None) -> None:
    part = defined(1)
    await init_rapyer(server_url)
    await part.ainsert(*(part(name="a") for _ in range(30)))
    assert await part.where(part.name == "a").acount() == 30
    await part.adelete_index()
    assert await part.where(part.name == "a").acount() == 30
    info = await part.aindex_info()
    await ask(part, "FT.DROPINDEX", info.index)
    assert await part.where(part.name == "a").acount() == 30
    assert (await part.aindex_info()).index == info.index


async def test_waiting_for_an_index(server_url: str, models: None) -> None:
    part = defined(1)
    await init_rapyer(server_url)
    await part.ainsert(*(part(name="a") for _ in range(30)))
    assert await part.where(part.name == "a").wait_for_index().acount() == 30


async def test_several_start_at_once(server_url: str, models: None) -> None:
    old = defined(1)
    await init_rapyer(server_url)
    await old.ainsert(*(old(name="n", size=i) for i in range(3_000)))
    new = defined(2)
    counts: list[int] = []

    async def read() -> None:
        for _ in range(30):
            counts.append(await old.where(old.name == "n").acount())
            await checkpoint()

    async with task_group() as tasks:
        tasks.start_soon(read)
        for _ in range(4):
            tasks.start_soon(new.acreate_index)
    assert set(counts) == {3_000}
    assert await ask(new, "FT._LIST") == [(await new.aindex_info()).index.encode()]
    assert await new.where(new.size >= 0).acount() == 3_000


async def test_several_processes_start_at_once(server_url: str, models: None) -> None:
    old = defined(1)
    await init_rapyer(server_url)
    await old.ainsert(*(old(name="n", size=i) for i in range(2_000)))
    started = processes(3, server_url)
    counts = set[int]()
    while any(process.poll() is None for process in started):
        counts.add(await old.where(old.name == "n").acount())
    assert [process.communicate()[0].strip() for process in started] == ["2000"] * 3
    assert counts == {2_000}
    assert len(await ask(old, "FT._LIST")) == 1


async def test_a_progress_that_raises_stops_the_build(server_url: str, models: None) -> None:
    old = defined(1)
    await init_rapyer(server_url)
    await old.ainsert(*(old(name="n") for _ in range(10)))
    new = defined(2)

    def stop(progress: IndexProgress) -> None:
        raise RapyerError("enough")

    with pytest.raises(RapyerError, match="enough"):
        await new.acreate_index(stop)
    # Nothing was swapped, and nobody waits for a lock that is not held.
    assert await old.where(old.name == "n").acount() == 10
    assert (await new.acreate_index()).documents == 10
