"""Writes of models that ask for it run once, however often their replies are lost."""

from __future__ import annotations

from decimal import Decimal

import pytest

import rapyer_async
from rapyer_async import AtomicRedisModel, RedisConfig
from rapyer_async.clients import driver_of
from rapyer_core.commands import Command
from rapyer_core.errors import OutcomeUnknownError
from tests.faults.proxy import running_proxy


class OncePlayer(AtomicRedisModel):
    Meta = RedisConfig(exactly_once=True)
    score: int = 0
    tags: list[str] = []


class CarelessPlayer(AtomicRedisModel):
    score: int = 0


async def test_increments_append_and_apply_run_once(server_url: str) -> None:
    with running_proxy(server_url) as proxy:
        await rapyer_async.init_rapyer(proxy.url, indexes="lazy")
        player = await OncePlayer().asave()
        for count in range(1, 6):
            proxy.cut_replies_after(0)
            assert await player.score.aincrease(1) == count
        proxy.cut_replies_after(0)
        await player.tags.aextend(["a", "b"])
        proxy.cut_replies_after(0)
        assert await player.tags.apop(0) == "a"
        assert await player.score.aapply(lambda score: score * 10) == 50
        loaded = await OncePlayer.aget(player.key)
        assert (loaded.score, loaded.tags) == (50, ["b"])
        await rapyer_async.teardown_rapyer()


async def test_a_pipeline_runs_once(server_url: str) -> None:
    with running_proxy(server_url) as proxy:
        await rapyer_async.init_rapyer(proxy.url, indexes="lazy")
        player = await OncePlayer().asave()
        async with player.apipeline():
            player.score += 3
            player.tags.append("x")
            proxy.cut_replies_after(0)
        loaded = await OncePlayer.aget(player.key)
        assert loaded == player
        assert (loaded.score, loaded.tags) == (3, ["x"])
        await rapyer_async.teardown_rapyer()


async def test_a_save_and_an_insert_run_once(server_url: str) -> None:
    with running_proxy(server_url) as proxy:
        await rapyer_async.init_rapyer(proxy.url, indexes="lazy")
        player = OncePlayer()
        proxy.cut_replies_after(0)
        await player.asave(only_new=True)
        proxy.cut_replies_after(0)
        await OncePlayer.ainsert(OncePlayer(), OncePlayer())
        assert len(await OncePlayer.afind()) == 3
        await rapyer_async.teardown_rapyer()


async def test_other_models_are_told_that_the_outcome_is_unknown(server_url: str) -> None:
    with running_proxy(server_url) as proxy:
        await rapyer_async.init_rapyer(proxy.url, indexes="lazy")
        player = await CarelessPlayer().asave()
        await player.score.aincrease(1)
        proxy.cut_replies_after(0)
        with pytest.raises(OutcomeUnknownError):
            await player.score.aincrease(1)
        assert player.score == 1
        assert await player.score.aload() == 2
        await rapyer_async.teardown_rapyer()


async def test_the_memory_of_a_write_expires(server_url: str) -> None:
    await rapyer_async.init_rapyer(server_url, indexes="lazy")
    player = await OncePlayer().asave()
    await player.score.aincrease(1)
    driver = driver_of(OncePlayer)
    keys = await driver.execute(Command(("KEYS", "__rapyer_done__:*"), repeatable=True))
    assert isinstance(keys, list)
    assert len(keys) == 2
    for key in keys:
        assert isinstance(key, bytes)
        left = await driver.execute(Command(("TTL", key), repeatable=True))
        assert isinstance(left, int)
        assert 0 < left <= 300
    await rapyer_async.teardown_rapyer()


async def test_an_index_over_no_documents_is_made(server_url: str) -> None:
    with rapyer_async.isolated_models():

        class OncePriced(AtomicRedisModel):
            Meta = RedisConfig(exactly_once=True)
            price: rapyer_async.Index[Decimal]

        await rapyer_async.init_rapyer(server_url, indexes="lazy")
        await OncePriced(price=Decimal("1.5")).asave()
        assert len(await OncePriced.afind(OncePriced.price > 1)) == 1
        await rapyer_async.teardown_rapyer()
