"""A lock has one holder, who is found by pk and by key alike, keeps it while the block runs, and
gives it back however the block ends."""

from __future__ import annotations

import time
from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel

from rapyer_async import AtomicRedisModel, alock_from_key
from rapyer_async._seam import Event, sleep, task_group
from rapyer_core.errors import (
    BadDeleteActionError,
    KeyNotFound,
    LockReentryError,
    LockTimeoutError,
    RapyerModelDoesntExistError,
    UnsupportedArgumentValueError,
)

from .asking import ask, stored


class Part(BaseModel):
    name: str = ""
    count: int = 0


class VaultBox(AtomicRedisModel):
    label: str = ""


class Vault(AtomicRedisModel):
    balance: int = 0
    part: Part = Part()
    box: VaultBox = VaultBox()
    boxes: list[VaultBox] = []


async def is_free(key: str, action: str = "default") -> bool:
    """Whether another task gets the lock at once."""
    found: list[bool] = []

    async def attempt() -> None:
        try:
            async with Vault.alock_from_key(key, action, save_at_end=False, wait=0):
                found.append(True)
        except LockTimeoutError:
            found.append(False)

    async with task_group() as group:
        group.start_soon(attempt)
    return found[0]


async def test_the_lock_is_held_in_the_block_and_free_after_it(rapyer: ModuleType) -> None:
    account = await Vault().asave()
    async with account.alock():
        assert not await is_free(account.key)
        assert not await is_free(account.pk)
    assert await is_free(account.key)


async def test_pk_key_model_inner_model_and_handle_name_one_lock(rapyer: ModuleType) -> None:
    account = await Vault(boxes=[VaultBox()]).asave()
    locks = [
        Vault.alock_from_key(account.pk),
        Vault.alock_from_key(account.key),
        alock_from_key(account.key),
        account.alock(),
        account.box.alock(),
        account.part.alock(),  # type: ignore[attr-defined]
        account.boxes[0].alock(),
        Vault.at(account.pk).alock(),
        Vault.at(account.pk).box.alock(),
    ]
    for lock in locks:
        async with lock:
            assert not await is_free(account.key)
        assert await is_free(account.key)


async def test_actions_and_documents_are_separate_locks(rapyer: ModuleType) -> None:
    account, other = await Vault().asave(), await Vault().asave()
    async with account.alock("transfer"), account.alock("audit", save_at_end=False):
        assert not await is_free(account.key, "transfer")
        assert not await is_free(account.key, "audit")
        assert await is_free(account.key)
        assert await is_free(other.key, "transfer")


async def test_a_lock_inside_its_own_block_is_an_error_and_no_deadlock(rapyer: ModuleType) -> None:
    account = await Vault().asave()
    async with account.alock():
        for again in (
            account.alock(),
            account.box.alock(),
            Vault.alock_from_key(account.pk),
            alock_from_key(account.key),
        ):
            with pytest.raises(LockReentryError) as caught:
                async with again:
                    raise AssertionError("entered twice")
            assert caught.value.key is not None and account.key in caught.value.key
        assert not await is_free(account.key)
    async with account.alock():
        pass


async def test_another_task_waits_and_does_not_count_as_reentering(rapyer: ModuleType) -> None:
    account = await Vault().asave()
    order: list[str] = []

    async def wait() -> None:
        async with Vault.alock_from_key(account.key):
            order.append("second")

    async with task_group() as group, account.alock():
        group.start_soon(wait)
        await sleep(0.1)
        order.append("first")
    assert order == ["first", "second"]


async def test_waiting_ends_after_the_time_that_was_given(rapyer: ModuleType) -> None:
    account = await Vault().asave()
    seconds: list[float] = []

    async def wait(most: float) -> None:
        begin = time.monotonic()
        with pytest.raises(LockTimeoutError, match=str(most)):
            async with account.alock(wait=most):
                raise AssertionError("two holders")
        seconds.append(time.monotonic() - begin)

    async with Vault.alock_from_key(account.key):
        for most in (0, 0.3):
            async with task_group() as group:
                group.start_soon(wait, most)
    assert seconds[0] < 0.25
    assert 0.3 <= seconds[1] < 0.8
    assert await is_free(account.key)


async def test_who_gave_up_waiting_does_not_hold_up_the_line(rapyer: ModuleType) -> None:
    account = await Vault().asave()

    async def give_up() -> None:
        with pytest.raises(LockTimeoutError):
            async with Vault.alock_from_key(account.key, wait=0.1):
                raise AssertionError("two holders")

    async with account.alock(), task_group() as group:
        for _ in range(5):
            group.start_soon(give_up)
    assert await is_free(account.key)


async def test_the_lease_is_renewed_while_the_block_runs(rapyer: ModuleType) -> None:
    account = await Vault().asave()
    lock = account.alock(lease=0.3)
    async with lock:
        for _ in range(4):
            await sleep(0.25)
            assert not await is_free(account.key)
        assert not lock.is_lost
        account.balance = 5
    assert await is_free(account.key)
    assert (await stored(account))["balance"] == 5


async def test_tokens_grow_from_each_holder_to_the_next(rapyer: ModuleType) -> None:
    account = await Vault().asave()
    tokens: list[int] = []
    for _ in range(5):
        lock = account.alock()
        assert lock.token == 0
        async with lock:
            tokens.append(lock.token)
        assert lock.token == 0
    assert tokens == sorted(set(tokens)) and tokens[0] > 0


async def test_a_token_grows_although_the_servers_clock_was_set_back(rapyer: ModuleType) -> None:
    account = await Vault().asave()
    async with account.alock():
        pass
    future = 4_000_000_000_000_000
    name = f"__rapyer_lock__:{{{account.key}}}:default"
    await ask(Vault, "HSET", name, "token", str(future))
    lock = account.alock()
    async with lock:
        assert lock.token == future + 1


async def test_the_bodys_error_goes_through_and_the_lock_is_free(rapyer: ModuleType) -> None:
    account = await Vault().asave()
    with pytest.raises(ZeroDivisionError):
        async with account.alock():
            account.balance = 1 // 0
    assert await is_free(account.key)


async def test_the_lock_of_a_document_that_is_not_there(rapyer: ModuleType) -> None:
    account = await Vault().asave()
    await ask(Vault, "DEL", account.key)
    for lock in (account.alock(), Vault.alock_from_key(account.key)):
        with pytest.raises(KeyNotFound) as caught:
            async with lock:
                raise AssertionError("there is no document")
        assert caught.value.key == account.key
        assert lock.token == 0
    async with alock_from_key(account.key) as found:
        assert found is None
        again = await Vault().asave()
        assert again.key != account.key
    assert await stored(account) is None


async def test_a_key_of_another_class_or_of_none(rapyer: ModuleType) -> None:
    with pytest.raises(BadDeleteActionError):
        Vault.alock_from_key("VaultBox:1")
    with pytest.raises(RapyerModelDoesntExistError):
        alock_from_key("Nothing:1")


@pytest.mark.parametrize("options", [{"lease": 0}, {"lease": -1}, {"wait": -1}])
async def test_arguments_that_make_no_sense(rapyer: ModuleType, options: dict[str, Any]) -> None:
    account = await Vault().asave()
    with pytest.raises(UnsupportedArgumentValueError) as caught:
        async with account.alock(**options):
            raise AssertionError("entered")
    assert caught.value.actual == next(iter(options.values()))
    assert await is_free(account.key)


async def test_a_lock_can_be_entered_again_and_shared(rapyer: ModuleType) -> None:
    account = await Vault().asave()
    lock = account.alock(lease=0.3)
    inside: list[int] = []

    async def enter() -> None:
        for _ in range(3):
            async with lock as held:
                assert held is account and lock.token > 0
                inside.append(1)
                held.balance += 1
                assert sum(inside) == 1
                await sleep(0.01)
                inside.pop()

    async with task_group() as group:
        for _ in range(4):
            group.start_soon(enter)
    assert (await stored(account))["balance"] == 12
    assert await is_free(account.key)


async def test_a_shared_locks_renewal_survives_a_waiter_that_gives_up(rapyer: ModuleType) -> None:
    account = await Vault().asave()
    lock = account.alock(wait=0.1, lease=0.3)

    async def give_up() -> None:
        with pytest.raises(LockTimeoutError):
            async with lock:
                raise AssertionError("two holders")

    async with lock:
        async with task_group() as group:
            group.start_soon(give_up)
        token = lock.token
        assert token > 0
        await sleep(0.6)
        assert not await is_free(account.key)
        assert lock.token == token


async def test_lock_keys_are_no_documents(rapyer: ModuleType) -> None:
    account = await Vault().asave()
    entered = Event()
    leave = Event()

    async def wait() -> None:
        async with account.alock("other", save_at_end=False):
            entered.set()
            await leave.wait(10)

    async with task_group() as group:
        group.start_soon(wait)
        await entered.wait(10)
        async with account.alock():
            name = f"__rapyer_lock__:{{{account.key}}}:default"
            assert await ask(Vault, "EXISTS", name) == 1
            assert await Vault.afind_keys() == [account.key]
            assert [model.key for model in await Vault.afind()] == [account.key]
            assert [model.key async for model in Vault.afind_iter()] == [account.key]
            with pytest.raises(RapyerModelDoesntExistError):
                await rapyer.aget(name)
            with pytest.raises(RapyerModelDoesntExistError):
                await rapyer.adelete_many(name)
            assert (await Vault.adelete_many(name)).models_deleted == 0
            assert await ask(Vault, "EXISTS", name) == 1
            assert (await Vault.adelete_many(account)).models_deleted == 1
            assert not await is_free_of(name)
            await account.asave(upsert=True)
        leave.set()
    assert await Vault.afind_keys() == [account.key]


async def is_free_of(name: str) -> bool:
    """Whether the lock of a key on the server has no holder."""
    return await ask(Vault, "HGET", name, "id") is None


async def test_what_a_free_lock_leaves_on_the_server_expires(rapyer: ModuleType) -> None:
    account = await Vault().asave()
    async with account.alock():
        pass
    name = f"__rapyer_lock__:{{{account.key}}}:default"
    assert await is_free_of(name)
    assert 0 < await ask(Vault, "TTL", name) <= 86_400
