"""Pipelines: each promise of the design's section on scopes that both worlds share."""

from __future__ import annotations

import json
import logging
from types import ModuleType
from typing import Any

import pytest
from pydantic import model_validator

from rapyer_async import AtomicRedisModel, Field, RedisConfig, RedisDict, RedisInt, RedisList
from rapyer_async._seam import Event, task_group
from rapyer_core.errors import (
    DictKeyError,
    DocumentExistsError,
    KeyNotFound,
    NotInitializedError,
    NumberRangeError,
    PathError,
    PipelineError,
    RapyerError,
    ScopeClosedError,
    StaleModelError,
    WrongDatabaseError,
)

from .asking import ask, lifetime, stored


class Account(AtomicRedisModel):
    balance: RedisInt = Field(0)
    limit: RedisInt = Field(100, le=100)
    tags: RedisList[str] = Field(default_factory=list)
    counts: RedisDict[str, int] = Field(default_factory=dict)
    name: str = ""


class Lasting(AtomicRedisModel):
    Meta = RedisConfig(ttl=50)

    balance: RedisInt = Field(0)


class Revised(AtomicRedisModel):
    Meta = RedisConfig(optimistic=True)

    balance: RedisInt = Field(0)
    name: str = ""


async def test_one_step(rapyer: ModuleType) -> None:
    account, other = await Account().asave(), await Account().asave()
    async with rapyer.apipeline():
        account.balance += 5
        await other.balance.aincrease(7)
        await account.tags.aappend("a")
        account.counts["x"] = 1
        assert (await stored(account))["balance"] == 0
        assert account.balance == 5 and other.balance == 7
    assert (await stored(account))["balance"] == 5 == account.balance
    assert (await stored(account))["tags"] == ["a"]
    assert (await stored(account))["counts"] == {"x": 1}
    assert (await stored(other))["balance"] == 7


@pytest.mark.parametrize("fails", [False, True])
async def test_a_batch_of_very_many_kinds_of_operations(rapyer: ModuleType, fails: bool) -> None:
    """The server knows it by another script, which serves every batch."""
    account = await Account(tags=["a", "b"], counts={"x": 1, "a\\b": 2}, name="n").asave()
    text = account.redis_dump_json()

    async def everything() -> None:
        async with rapyer.apipeline():
            account.balance += 7
            account.balance *= 6
            account.balance //= 4
            account.balance -= 4
            account.balance **= 2
            account.balance %= 32
            account.tags.append("c")
            account.tags.insert(0, "z")
            account.tags[1] = "y"
            account.tags.remove("b")
            account.counts["a\\b"] += 3
            account.counts["new"] = 9
            del account.counts["x"]
            account.counts.setdefault("more", 8)
            account.name += "ame"
            account.limit += int(fails)

    if fails:
        with pytest.raises(NumberRangeError):
            await everything()
        assert account.redis_dump_json() == text
    else:
        await everything()
    assert json.loads(account.redis_dump_json()) == await stored(account)
    assert account.balance == (0 if fails else (42 // 4 - 4) ** 2 % 32)
    assert list(account.tags) == (["a", "b"] if fails else ["z", "y", "c"])


async def test_the_block_gets_the_model_or_the_scope(rapyer: ModuleType) -> None:
    account = await Account().asave()
    async with account.apipeline() as given:
        assert given is account
        assert rapyer.current_scope() is not None
    async with rapyer.apipeline() as scope:
        assert scope is rapyer.current_scope()
    assert rapyer.current_scope() is None


async def test_an_operation_returns_the_prediction_and_the_server_decides(
    rapyer: ModuleType,
) -> None:
    account = await Account(balance=1, tags=["a"]).asave()
    await ask(Account, "JSON.SET", account.key, "$.balance", "100")
    await ask(Account, "JSON.ARRAPPEND", account.key, "$.tags", '"z"')
    async with account.apipeline():
        assert await account.balance.aincrease(5) == 6
        assert await account.tags.aappend("b") == ["a", "b"]
    assert account.balance == 105
    assert account.tags == ["a", "z", "b"]


async def test_a_failed_operation_leaves_everything_as_it_was(rapyer: ModuleType) -> None:
    account, other = await Account(balance=1, tags=["a"]).asave(), await Account().asave()
    tags = account.tags
    with pytest.raises(NumberRangeError) as caught:
        async with rapyer.apipeline():
            account.balance += 5
            account.tags.append("b")
            other.name = "changed"
            account.limit += 1
            account.counts["x"] = 1
    assert caught.value.key == account.key and caught.value.path == '$["limit"]'
    for each in (account, other):
        assert await stored(each) == each.redis_dump()
    assert account.balance == 1 and account.limit == 100
    assert account.tags == ["a"] and account.tags is tags
    assert account.counts == {} and other.name == ""
    # The next operation works.
    assert rapyer.current_scope() is None
    assert await account.balance.aincrease() == 2
    assert await account.tags.aappend("c") == ["a", "c"]


async def test_an_exception_discards_the_queue(rapyer: ModuleType) -> None:
    account = await Account(balance=1).asave()
    before = await stored(account)
    with pytest.raises(ZeroDivisionError):
        async with account.apipeline():
            account.balance += 5
            account.name += "x"
            raise ZeroDivisionError
    assert await stored(account) == before == account.redis_dump()
    assert await account.balance.aincrease() == 2


async def test_local_changes_from_before_stay_and_stay_unsaved(rapyer: ModuleType) -> None:
    account = await Account(balance=1, tags=["a"]).asave()
    account.name = "local"
    account.tags.insert(0, "local")
    with pytest.raises(ZeroDivisionError):
        async with account.apipeline():
            account.name = "queued"
            account.tags.clear()
            await account.asave()
            raise ZeroDivisionError
    assert account.name == "local" and account.tags == ["local", "a"]
    await account.asave()
    assert (await stored(account))["name"] == "local"
    assert (await stored(account))["tags"] == ["local", "a"]


async def test_all_or_nothing_can_be_declined(rapyer: ModuleType) -> None:
    account = await Account(balance=1).asave()
    with pytest.raises(NumberRangeError):
        async with account.apipeline(all_or_nothing=False):
            account.balance += 5
            account.limit += 1
            del account.counts["none"]
            account.name = "kept"
    document = await stored(account)
    assert (document["balance"], document["limit"], document["name"]) == (6, 100, "kept")
    assert account.redis_dump() == document


async def test_failures_that_are_skipped_are_logged_each(
    rapyer: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    account = await Account(balance=1).asave()
    with caplog.at_level(logging.WARNING, "rapyer"):
        async with account.apipeline(ignore_redis_error=True):
            account.balance += 5
            account.limit += 1
            del account.counts["none"]
            account.name = "kept"
    warnings = [record.getMessage() for record in caplog.records if record.name == "rapyer"]
    assert len(warnings) == 2
    assert '"limit"' in warnings[0] and account.key in warnings[0] and "none" in warnings[1]
    document = await stored(account)
    assert (document["balance"], document["limit"], document["name"]) == (6, 100, "kept")
    assert account.redis_dump() == document


async def test_a_pipeline_that_joins_is_part_of_the_one_around_it(rapyer: ModuleType) -> None:
    account = await Account().asave()
    async with account.apipeline():
        async with account.apipeline(use_existing_pipe=True):
            account.balance += 1
        assert (await stored(account))["balance"] == 0
        account.balance += 1
    assert (await stored(account))["balance"] == 2
    async with rapyer.apipeline(use_existing_pipe=True):
        account.balance += 1
    assert (await stored(account))["balance"] == 3


async def test_nested_pipelines_are_isolated(rapyer: ModuleType) -> None:
    account = await Account().asave()
    async with account.apipeline():
        account.balance += 1
        async with account.apipeline():
            account.balance += 10
            assert (await stored(account))["balance"] == 0
        assert (await stored(account))["balance"] == 10
        account.balance += 100
    assert (await stored(account))["balance"] == 111 == account.balance


async def test_a_failing_inner_pipeline_leaves_the_outer_one(rapyer: ModuleType) -> None:
    account = await Account(tags=["a"]).asave()
    async with account.apipeline():
        account.balance += 1
        account.tags.append("b")
        with pytest.raises(NumberRangeError):
            async with account.apipeline():
                account.balance += 10
                account.tags.append("c")
                account.limit += 1
        assert account.balance == 1 and account.tags == ["a", "b"]
    assert account.balance == 1 and account.tags == ["a", "b"]
    assert await stored(account) == account.redis_dump()


async def test_an_inner_pipeline_is_not_undone_with_the_outer_one(rapyer: ModuleType) -> None:
    account = await Account().asave()
    with pytest.raises(NumberRangeError):
        async with account.apipeline():
            account.limit += 1
            async with account.apipeline():
                account.balance += 10
    assert (await stored(account))["balance"] == 10
    await account.aload()
    assert account.balance == 10


async def test_a_task_started_inside_does_not_join(rapyer: ModuleType) -> None:
    account = await Account().asave()

    async def increase() -> None:
        await Account.at(account.key).balance.aincrease(5)

    with pytest.raises(ZeroDivisionError):
        async with account.apipeline():
            account.balance += 1
            async with task_group() as tasks:
                tasks.start_soon(increase)
                tasks.start_soon(increase)
            assert (await stored(account))["balance"] == 10
            raise ZeroDivisionError
    assert (await stored(account))["balance"] == 10


async def test_an_attached_task_joins_while_the_block_is_open(rapyer: ModuleType) -> None:
    account = await Account().asave()

    async def increase(scope: Any) -> None:
        await account.balance.aincrease(1000)
        with scope.attach():
            with scope.attach():
                account.balance += 5
            account.balance += 5
        await account.balance.aincrease(1000)

    async with rapyer.apipeline() as scope:
        async with task_group() as tasks:
            tasks.start_soon(increase, scope)
        assert (await stored(account))["balance"] == 2000
        account.balance += 1
    assert (await stored(account))["balance"] == 2011


async def test_a_closed_scope_refuses_commands(rapyer: ModuleType) -> None:
    account = await Account().asave()
    refused: list[ScopeClosedError] = []
    is_attached, is_over = Event(), Event()

    async def increase(scope: Any) -> None:
        with scope.attach():
            is_attached.set()
            await is_over.wait()
            for call in (account.balance.aincrease, account.asave):
                with pytest.raises(ScopeClosedError) as caught:
                    await call()
                refused.append(caught.value)
            with pytest.raises(ScopeClosedError):
                account.name = "late"

    async with task_group() as tasks:
        async with rapyer.apipeline() as scope:
            tasks.start_soon(increase, scope)
            await is_attached.wait()
            account.balance += 1
        is_over.set()
    assert len(refused) == 2
    assert (await stored(account))["balance"] == 1 and account.name == ""
    with pytest.raises(ScopeClosedError), scope.attach():
        raise AssertionError("the block of a refused attachment ran")
    assert await account.balance.aincrease() == 2


async def test_a_scope_belongs_to_one_database(rapyer: ModuleType, redis_url: str) -> None:
    suffix = "-elsewhere" if redis_url.startswith("memory") else "/0?client_name=elsewhere"

    class Elsewhere(AtomicRedisModel):
        Meta = RedisConfig(redis=redis_url + suffix)

        balance: RedisInt = Field(0)

    account, elsewhere = await Account().asave(), await Elsewhere().asave()
    for inner, outer in ((elsewhere, account), (account, elsewhere)):
        async with outer.apipeline():
            outer.balance += 1
            for change in (inner.balance.aincrease, inner.asave, inner.adelete):
                with pytest.raises(WrongDatabaseError, match=type(inner).__name__):
                    await change()
            with pytest.raises(WrongDatabaseError):
                inner.balance += 1
            assert (await stored(inner))["balance"] == inner.balance
    assert (await stored(account))["balance"] == 1 == (await stored(elsewhere))["balance"]


async def test_models_that_were_never_saved_are_not_swept_in(rapyer: ModuleType) -> None:
    account = await Account().asave()
    draft = Account(name="draft")
    async with account.apipeline():
        draft.balance += 5
        draft.tags.append("x")
        draft.tags.sort()
        draft.counts["a"] = 1
        draft.counts.pop("a")
        draft.name = "still a draft"
        account.balance += 1
        with pytest.raises(KeyNotFound, match="never saved"):
            await draft.balance.aincrease()
    assert await stored(draft) is None
    assert draft.balance == 5 and draft.tags == ["x"] and draft.name == "still a draft"
    assert (await stored(account))["balance"] == 1


async def test_saves_are_queued(rapyer: ModuleType) -> None:
    account, draft = await Account().asave(), Account(name="new")
    account.name = "changed"
    async with rapyer.apipeline():
        await account.asave()
        assert await draft.asave() is draft
        draft.balance += 5
        await draft.tags.aappend("x")
        assert await stored(draft) is None and (await stored(account))["name"] == ""
    assert (await stored(account))["name"] == "changed"
    assert await stored(draft) == draft.redis_dump()
    assert draft.balance == 5 and draft.tags == ["x"] and draft.name == "new"


async def test_a_save_that_did_not_run_counts_as_none(rapyer: ModuleType) -> None:
    account, draft = await Account().asave(), Account(name="new")
    account.name = "changed"
    with pytest.raises(NumberRangeError):
        async with rapyer.apipeline():
            await account.asave()
            await draft.asave()
            draft.balance += 5
            account.limit += 1
    assert await stored(draft) is None and (await stored(account))["name"] == ""
    with pytest.raises(KeyNotFound, match="never saved"):
        await draft.balance.aincrease()
    assert draft.balance == 0
    await account.asave()
    await draft.asave()
    assert (await stored(account))["name"] == "changed"
    assert (await stored(draft))["name"] == "new"


@pytest.mark.parametrize("options", [{"all_or_nothing": False}, {"ignore_redis_error": True}])
async def test_a_save_that_fails_alone_is_to_be_done_again(
    rapyer: ModuleType, options: dict[str, bool]
) -> None:
    account, other = await Account().asave(), await Account().asave()
    account.name = "changed"
    await ask(Account, "DEL", account.key)
    errors: list[RapyerError] = []
    try:
        async with rapyer.apipeline(**options):
            await account.asave()
            other.balance += 1
    except KeyNotFound as error:
        errors.append(error)
    assert len(errors) == ("all_or_nothing" in options)
    assert other.balance == 1 == (await stored(other))["balance"]
    await ask(Account, "JSON.SET", account.key, "$", Account(balance=7).redis_dump_json())
    await account.asave()
    assert (await stored(account))["name"] == "changed"
    assert (await stored(account))["balance"] == 7


async def test_a_refused_save_undoes_the_rest(rapyer: ModuleType) -> None:
    account, twin = await Account().asave(), Account(name="twin")
    await ask(Account, "JSON.SET", twin.key, "$", Account(name="theirs").redis_dump_json())
    with pytest.raises(DocumentExistsError):
        async with rapyer.apipeline():
            account.balance += 1
            await twin.asave(only_new=True)
    assert (await stored(account))["balance"] == 0 == account.balance
    assert (await stored(twin))["name"] == "theirs"
    await ask(Account, "DEL", twin.key)
    with pytest.raises(KeyNotFound):
        async with rapyer.apipeline():
            account.balance += 1
            await twin.asave(only_existing=True)
    assert (await stored(account))["balance"] == 0 == account.balance
    assert await stored(twin) is None


async def test_inserts_updates_deletes_and_lifetimes_are_queued(rapyer: ModuleType) -> None:
    account, gone, drafts = await Account().asave(), await Account().asave(), [Account(), Account()]
    by_key, many = await Account().asave(), [await Account().asave(), await Account().asave()]
    async with rapyer.apipeline():
        await Account.ainsert(*drafts)
        await account.aupdate(name="changed", balance=5)
        await account.aset_ttl(100)
        assert await gone.adelete() is True
        assert await Account.adelete_by_key(by_key.key) is True
        assert (await Account.adelete_many(*many)).models_deleted == 2
        assert account.name == "changed"
        assert await stored(drafts[0]) is None and await stored(gone) is not None
        assert (await stored(account))["name"] == "" and await lifetime(account) == -1
    assert await stored(drafts[0]) is not None and await stored(drafts[1]) is not None
    assert (await stored(account))["name"] == "changed"
    assert 90 < await lifetime(account) <= 100
    for model in (gone, by_key, *many):
        assert await stored(model) is None


async def test_a_failure_takes_all_of_them_back(rapyer: ModuleType) -> None:
    account, gone, draft = await Account().asave(), await Account(name="x").asave(), Account()
    await gone.aset_ttl(100)
    with pytest.raises(NumberRangeError):
        async with rapyer.apipeline():
            await rapyer.ainsert(draft)
            await account.aupdate(name="changed", balance=5)
            await account.aset_ttl(100)
            await gone.adelete()
            account.limit += 1
    assert await stored(draft) is None
    assert await stored(account) == account.redis_dump() == Account().redis_dump()
    assert await lifetime(account) == -1
    assert (await stored(gone))["name"] == "x" and 90 < await lifetime(gone) <= 100
    # It counts as saved again, and the draft as never saved.
    assert await gone.balance.aincrease() == 1
    with pytest.raises(KeyNotFound):
        await draft.balance.aincrease()


async def test_a_lifetime_of_a_document_that_is_gone(rapyer: ModuleType) -> None:
    account, other = await Account().asave(), await Account().asave()
    await ask(Account, "DEL", account.key)
    with pytest.raises(KeyNotFound):
        async with rapyer.apipeline():
            other.balance += 1
            await account.aset_ttl(100)
    assert (await stored(other))["balance"] == 0


async def test_lifetimes_are_what_the_calls_one_by_one_would_leave(rapyer: ModuleType) -> None:
    later, first, gone = await Lasting().asave(), await Lasting().asave(), await Lasting().asave()
    for model in (later, first, gone):
        await ask(Lasting, "EXPIRE", model.key, 10)
    async with rapyer.apipeline():
        later.balance += 1
        await later.aset_ttl(1000)
        await first.aset_ttl(1000)
        first.balance += 1
        gone.balance += 1
        await gone.adelete()
    assert 900 < await lifetime(later) <= 1000
    assert 40 < await lifetime(first) <= 50
    assert await lifetime(gone) == -2
    with pytest.raises(DictKeyError):
        async with rapyer.apipeline():
            later.balance += 1
            account = await Account().asave()
            del account.counts["none"]
    assert 900 < await lifetime(later) <= 1000


async def test_reads_run_at_once(rapyer: ModuleType) -> None:
    account, other = await Account(balance=1).asave(), await Account(balance=2).asave()
    async with rapyer.apipeline():
        account.balance += 5
        account.tags.append("a")
        assert (await Account.aget(account.key)).balance == 1
        assert await account.tags.alength() == 0
        assert await Account.aexists(account)
        assert {found.balance for found in await Account.afind()} == {1, 2}
        await ask(Account, "JSON.SET", other.key, "$.balance", "7")
        assert await other.balance.aload() == 7
        await other.aload()
        assert await Account.at(other.key).balance.aload() == 7
    assert account.balance == 6 and other.balance == 7


async def test_a_handle_needs_no_load(rapyer: ModuleType) -> None:
    account = await Account(tags=["a"]).asave()
    async with rapyer.apipeline():
        handle = Account.at(account.key)
        await handle.balance.aincrease(5)
        await handle.tags.aappend("b")
        await handle.counts.aset_item("x", 1)
        handle.name = "set"
    assert await stored(account) == {
        "balance": 5, "limit": 100, "tags": ["a", "b"], "counts": {"x": 1}, "name": "set",
    }  # fmt: skip
    with pytest.raises(NumberRangeError):
        async with rapyer.apipeline():
            await handle.adelete()
            await Account.at((await Account().asave()).key).limit.aincrease()
    assert await handle.balance.aincrease() == 6


async def test_revisions_count_in_a_pipeline(rapyer: ModuleType) -> None:
    model = await Revised().asave()
    async with model.apipeline():
        await model.aupdate(name="first")
        await model.aupdate(name="second")
        model.balance += 1
        await model.asave(force=True)
    assert (await stored(model))["__rapyer_revision__"] == 4
    model.name = "next"
    await model.asave()
    stale = await Revised.aget(model.key)
    await model.aupdate(name="newer")
    before = await stored(model)
    with pytest.raises(StaleModelError):
        async with model.apipeline():
            model.balance += 1
            await stale.aupdate(name="older")
    assert await stored(model) == before
    await model.aupdate(name="newest")
    assert (await stored(model))["name"] == "newest"


async def test_a_value_set_twice_and_reread(rapyer: ModuleType) -> None:
    account = await Account().asave()
    async with account.apipeline():
        account.name = "a"
        account.name = account.name + "b"
        account.tags = ["x"]
        account.tags = [*account.tags, "y"]
        account.counts = {"a": 1}
        account.counts["a"] += len(account.tags)
    assert await stored(account) == account.redis_dump()
    assert account.name == "ab" and account.tags == ["x", "y"] and account.counts == {"a": 3}


async def test_a_missing_document_fails_the_whole(rapyer: ModuleType) -> None:
    account, other = await Account().asave(), await Account().asave()
    await ask(Account, "DEL", account.key)
    for change in ("balance", "name", "tags"):
        with pytest.raises(KeyNotFound):
            async with rapyer.apipeline():
                other.balance += 1
                if change == "balance":
                    account.balance += 1
                elif change == "name":
                    account.name = "x"
                else:
                    account.tags.append("x")
    assert (await stored(other))["balance"] == 0 == other.balance
    assert await stored(account) is None


async def test_a_key_of_another_kind_fails_the_whole(rapyer: ModuleType) -> None:
    account, other = await Account().asave(), await Account().asave()
    await ask(Account, "DEL", account.key)
    await ask(Account, "SET", account.key, "text")
    with pytest.raises(RapyerError):
        async with rapyer.apipeline():
            other.balance += 1
            account.balance += 1
    assert (await stored(other))["balance"] == 0 == other.balance


async def test_a_type_that_changed_fails_the_whole(rapyer: ModuleType) -> None:
    account = await Account().asave()
    await ask(Account, "JSON.SET", account.key, "$.tags", '{"a":1}')
    with pytest.raises(PathError) as caught:
        async with account.apipeline():
            account.balance += 1
            account.tags.append("x")
    assert (caught.value.expected, caught.value.actual) == ("array", "object")
    assert account.balance == 0 and account.tags == []


async def test_an_empty_pipeline_sends_nothing(rapyer: ModuleType) -> None:
    async with rapyer.apipeline():
        pass
    account = await Account().asave()
    async with account.apipeline():
        assert account.balance == 0


async def test_a_pipeline_needs_a_client(rapyer: ModuleType) -> None:
    account = await Account().asave()
    await rapyer.teardown_rapyer()
    for pipeline in (rapyer.apipeline, account.apipeline):
        with pytest.raises(NotInitializedError):
            async with pipeline():
                raise AssertionError("the block ran")


async def test_a_failed_pipeline_keeps_nothing(rapyer: ModuleType) -> None:
    account = await Account().asave()
    with pytest.raises(NumberRangeError):
        async with rapyer.apipeline() as scope:
            account.limit += 1
    for _ in range(50):
        async with rapyer.apipeline() as last:
            account.balance += 1
    assert not scope.operations and not last.operations
    assert last.parent is None


async def test_the_script_is_sent_once(rapyer: ModuleType) -> None:
    account = await Account().asave()
    for expected in (1, 2):
        await ask(Account, "SCRIPT", "FLUSH")
        async with account.apipeline():
            account.balance += 1
        assert (await stored(account))["balance"] == expected


async def test_members_that_no_path_names(rapyer: ModuleType) -> None:
    names = ["a\\b", "'\"", "", "a.b", "é", "$", "\n"]
    account = await Account(counts=dict.fromkeys(names, 1)).asave()
    async with account.apipeline():
        for name in names:
            account.counts[name] += 1
        del account.counts["a\\b"]
        account.counts["new\\"] = 5
    expected = {**dict.fromkeys(names, 2), "new\\": 5}
    del expected["a\\b"]
    assert (await stored(account))["counts"] == expected == account.counts
    with pytest.raises(NumberRangeError):
        async with account.apipeline():
            for name in names[1:]:
                account.counts[name] += 1
            account.counts.clear()
            account.limit += 1
    assert (await stored(account))["counts"] == expected == account.counts


async def test_an_assignment_changes_what_validators_change(rapyer: ModuleType) -> None:
    class Summed(AtomicRedisModel):
        a: int = 0
        b: int = 0
        total: int = 0

        @model_validator(mode="after")
        def add(self) -> Summed:
            self.__dict__["total"] = self.a + self.b
            return self

    model = await Summed().asave()
    async with model.apipeline():
        model.a = 1
        model.update(b=2)
        assert model.total == 3
    assert await stored(model) == {"a": 1, "b": 2, "total": 3} == model.redis_dump()
    with pytest.raises(ZeroDivisionError):
        async with model.apipeline():
            model.a = 10
            raise ZeroDivisionError
    assert model.redis_dump() == {"a": 1, "b": 2, "total": 3}


async def test_errors_of_a_queue_name_what_to_do(rapyer: ModuleType) -> None:
    account = await Account(tags=["a"]).asave()
    async with account.apipeline():
        with pytest.raises(PipelineError, match="assign the sorted list"):
            account.tags.sort()
        with pytest.raises(PipelineError, match=json.dumps("tags")):
            account.tags.reverse()
