"""Special fields: a key of their own, which lives and dies with the document."""

from __future__ import annotations

from types import ModuleType
from typing import Annotated, Any, Generic, TypeVar

import pydantic
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, create_model

from rapyer_async import (
    ActionGroup,
    AtomicRedisModel,
    Field,
    KeepEqual,
    RedisConfig,
    RedisDict,
    RedisInt,
    RedisPriorityQueue,
    RedisSet,
)
from rapyer_core.errors import (
    InvalidValueError,
    KeyNotFound,
    MemberNotFoundError,
    PathError,
    PipelineError,
    UnsupportedFieldError,
)

from .asking import ask

T = TypeVar("T")


class Badges(BaseModel):
    titles: RedisSet[str] = Field(default_factory=set)
    level: int = 0


class Box(BaseModel, Generic[T]):
    items: RedisSet[T] = Field(default_factory=set)


class WithTags(AtomicRedisModel):
    name: str = ""
    tags: RedisSet[str] = Field(default_factory=set)
    numbers: RedisSet[int] = Field(default_factory=set)
    badges: Badges = Field(default_factory=Badges)
    box: Box[int] = Field(default_factory=Box[int])
    spare: Badges | None = None


class LastingWithTags(AtomicRedisModel):
    Meta = RedisConfig(ttl=1000)

    count: RedisInt = Field(0)
    names: RedisDict[str, int] = Field(default_factory=dict)
    tags: RedisSet[str] = Field(default_factory=set)


class WithRules(AtomicRedisModel):
    few: Annotated[RedisSet[int], pydantic.Field(max_length=2)] = Field(default_factory=set)
    even: RedisSet[int] = Field(default_factory=set)
    queue: Annotated[RedisPriorityQueue[str], pydantic.Field(max_length=2)] = Field(
        default_factory=list
    )

    @pydantic.field_validator("even")
    @classmethod
    def all_even(cls, value: set[int]) -> set[int]:
        if any(number % 2 for number in value):
            raise ValueError("odd")
        return value


class Plain(BaseModel):
    level: int = 0


class MoreBadges(Plain):
    more: RedisSet[str] = Field(default_factory=set)


class Loose(AtomicRedisModel):
    Meta = RedisConfig(key_prefix="LooseWithTags")

    inner: Plain = Field(default_factory=Plain)


class Mixed(AtomicRedisModel):
    Meta = RedisConfig(key_prefix="MixedWithTags")

    numbers: RedisSet[int] = Field(default_factory=set)
    queue: RedisPriorityQueue[int] = Field(default_factory=list)
    apart: Annotated[RedisPriorityQueue[int], KeepEqual()] = Field(default_factory=list)
    badges: Badges = Field(default_factory=Badges)


law = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


async def keys_of(model: AtomicRedisModel) -> dict[str, set[bytes]]:
    """Return the members at each key beside a document, by the end of the key."""
    pattern = f"__rapyer_special__:{{{model.key}}}:*"
    found: list[bytes] = await ask(type(model), "KEYS", pattern)
    start = len(pattern) - 1
    return {
        key.decode()[start:]: set(await ask(type(model), "SMEMBERS", key)) for key in sorted(found)
    }


@pytest.fixture
async def person(rapyer: ModuleType) -> WithTags:
    return await WithTags(
        name="Ada",
        tags={"a", "b"},
        numbers={1},
        badges=Badges(titles={"x"}),
        box=Box[int](items={7}),
    ).asave()


FULL = {
    "tags": {b'"a"', b'"b"'},
    "numbers": {b"1"},
    "badges.titles": {b'"x"'},
    "box.items": {b"7"},
}


async def test_each_is_stored_under_its_own_key(person: WithTags) -> None:
    assert await keys_of(person) == FULL
    text = await ask(WithTags, "JSON.GET", person.key)
    assert text == b'{"name":"Ada","badges":{"level":0},"box":{},"spare":null}'
    assert person.badges.titles.special_key == (
        f"__rapyer_special__:{{{person.key}}}:badges.titles"
    )
    assert RedisSet.special_field_key(person.key, "badges.titles") == (
        person.badges.titles.special_key
    )


async def test_it_is_loaded_with_the_document(person: WithTags) -> None:
    for loaded in (
        await WithTags.aget(person.key),
        (await WithTags.afind(person.key))[0],
        (await WithTags.afind())[0],
        (await WithTags.aget_or_create(person)).value,
    ):
        assert loaded.tags == {"a", "b"}
        assert loaded.numbers == {1}
        assert loaded.badges.titles == {"x"}
        assert loaded.box.items == {7}
        assert loaded == person


async def test_it_is_deleted_with_the_document(person: WithTags) -> None:
    await person.adelete()
    assert await ask(WithTags, "KEYS", "*") == []
    await person.asave()
    assert await keys_of(person) == FULL
    await WithTags.adelete_by_key(person.key)
    assert await ask(WithTags, "KEYS", "*") == []
    await person.asave(upsert=True)
    assert await keys_of(person) == FULL
    assert (await WithTags.adelete_many(person, "nobody")).keys_deleted == 1 + len(FULL)
    assert await ask(WithTags, "KEYS", "*") == []


async def test_it_expires_with_the_document(person: WithTags) -> None:
    await person.aset_ttl(100)
    await person.tags.aclear()
    await person.tags.aadd("made later")
    for key in await ask(WithTags, "KEYS", "*"):
        assert 90_000 < await ask(WithTags, "PTTL", key) <= 100_000


async def test_every_operation_starts_its_lifetime_anew(rapyer: ModuleType) -> None:
    lasting = await LastingWithTags(tags={"a"}, names={"\\": 1}).asave()
    handle: Any = LastingWithTags.at(lasting.key)

    async def in_a_pipeline() -> None:
        async with lasting.apipeline():
            lasting.count += 1

    for operation in (
        lasting.asave,
        lasting.aload,
        lambda: lasting.count.aincrease(),
        lambda: lasting.names["\\"].aincrease(),
        lambda: lasting.tags.acontains("a"),
        lambda: lasting.tags.aadd("b"),
        lambda: handle.tags.aadd("c"),
        lambda: handle.count.aload(),
        lambda: LastingWithTags.afind(lasting.key),
        lambda: lasting.aapply(lambda model: None),
        in_a_pipeline,
    ):
        for key in await ask(LastingWithTags, "KEYS", "*"):
            await ask(LastingWithTags, "EXPIRE", key, 50)
        call: Any = operation
        await call()
        lifetimes = {
            key: await ask(LastingWithTags, "TTL", key)
            for key in await ask(LastingWithTags, "KEYS", "*")
        }
        assert all(left > 900 for left in lifetimes.values()), (operation, lifetimes)


class Appending(AtomicRedisModel):
    Meta = RedisConfig(key_prefix="AppendingTags", ttl=1000, refresh_ttl=ActionGroup.APPEND)

    tags: RedisSet[str] = Field(default_factory=set)


async def test_the_kinds_of_actions_count_for_sets_as_well(rapyer: ModuleType) -> None:
    model = await Appending(tags={"a"}).asave()
    await model.aset_ttl(50)
    await model.tags.aunion({"b"}, model.tags)
    await model.tags.adiscard("a")
    await model.tags.aset({"b"})
    for key in await ask(Appending, "KEYS", "*"):
        assert await ask(Appending, "TTL", key) <= 50
    await model.tags.aadd("c")
    for key in await ask(Appending, "KEYS", "*"):
        assert await ask(Appending, "TTL", key) > 900


async def test_it_is_duplicated_with_the_document(person: WithTags) -> None:
    copy = await person.aduplicate()
    assert await keys_of(copy) == FULL
    await copy.tags.aadd("only there")
    assert await keys_of(person) == FULL


async def test_a_save_keeps_what_others_added(person: WithTags) -> None:
    other = await WithTags.aget(person.key)
    await other.tags.aadd("other's")
    await other.badges.titles.aadd("other's")
    person.tags.add("mine")
    person.tags.discard("a")
    person.badges.titles = {"mine"}
    await person.asave()
    loaded = await WithTags.aget(person.key)
    assert loaded.tags == {"b", "mine", "other's"}
    assert loaded.badges.titles == {"mine", "other's"}


async def test_a_nested_model_that_is_replaced_takes_its_members_along(person: WithTags) -> None:
    person.badges = Badges(titles={"new"})
    person.spare = Badges(titles={"spare"})
    await person.asave()
    assert (await keys_of(person))["badges.titles"] == {b'"new"'}
    assert (await keys_of(person))["spare.titles"] == {b'"spare"'}
    person.spare = None
    await person.asave()
    assert "spare.titles" not in await keys_of(person)
    assert (await WithTags.aget(person.key)).spare is None


async def test_a_failed_pipeline_changes_no_member(person: WithTags) -> None:
    before = await keys_of(person)
    await person.aset_ttl(100)
    with pytest.raises(MemberNotFoundError):
        async with person.apipeline():
            person.tags |= {"new"}
            person.numbers.clear()
            person.numbers.add(5)
            person.box.items -= {7}
            person.badges.titles ^= {"x", "y"}
            person.badges = Badges(titles={"other"})
            person.tags.remove("nobody")
    assert await keys_of(person) == before
    for key in await ask(WithTags, "KEYS", "*"):
        assert await ask(WithTags, "PTTL", key) > 90_000
    assert person.tags == {"a", "b"}
    assert person.badges.titles == {"x"}


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["add", "drop", "toggle", "keep", "empty", "push", "remove", "clear", "apart", "nested"]
        ),
        st.sets(st.integers(0, 4), max_size=3),
    ),
    max_size=10,
)


async def everything(model: Mixed) -> dict[bytes, Any]:
    """Return what is at each key, and whether it expires."""
    found: dict[bytes, Any] = {}
    for key in sorted(await ask(Mixed, "KEYS", "*")):
        kind = await ask(Mixed, "TYPE", key)
        if kind == b"set":
            found[key] = sorted(await ask(Mixed, "SMEMBERS", key))
        elif kind == b"zset":
            found[key] = await ask(Mixed, "ZRANGE", key, 0, -1, "WITHSCORES")
        else:
            found[key] = await ask(Mixed, "JSON.GET", key)
        found[key] = (found[key], await ask(Mixed, "TTL", key) > 0)
    return found


@law
@given(start=st.sets(st.integers(0, 4)), steps=STEPS, expires=st.booleans())
async def test_whatever_was_done_is_undone(
    rapyer: ModuleType, start: set[int], steps: list[tuple[str, set[int]]], expires: bool
) -> None:
    for key in await ask(Mixed, "KEYS", "*"):
        await ask(Mixed, "DEL", key)
    pairs = [(number, number / 2) for number in sorted(start)]
    model = await Mixed(numbers=set(start), queue=pairs, apart=pairs * 2).asave()
    if expires:
        await model.aset_ttl(1000)
    before = await everything(model)
    with pytest.raises(MemberNotFoundError):
        async with model.apipeline():
            for name, values in steps:
                if name == "add":
                    model.numbers |= values
                elif name == "drop":
                    model.numbers -= values
                elif name == "toggle":
                    model.numbers ^= values
                elif name == "keep":
                    model.numbers &= values
                elif name == "empty":
                    model.numbers.clear()
                elif name == "push":
                    model.queue.push_many([(value, -value) for value in values])
                elif name == "remove":
                    for value in values:
                        model.queue.remove(value)
                        model.apart.remove(value)
                elif name == "clear":
                    model.queue.clear()
                elif name == "apart":
                    model.apart.push_many([(value, 1.5) for value in values])
                else:
                    model.badges = Badges(titles={str(value) for value in values})
            model.numbers.remove(99)
    assert await everything(model) == before
    assert await Mixed.aget(model.key) == model


async def test_an_operation_needs_the_document(person: WithTags) -> None:
    await WithTags.adelete_by_key(person.key)
    with pytest.raises(KeyNotFound):
        await person.tags.aadd("orphan")
    assert await ask(WithTags, "KEYS", "*") == []


async def test_constraints_and_validators_hold_on_the_server(rapyer: ModuleType) -> None:
    model = await WithRules(few={1}, queue=[("a", 1)]).asave()
    assert await model.few.aadd(2) is True and await model.few.aadd(2) is False
    for values in ([3], [3, 4]):
        with pytest.raises(InvalidValueError):
            await model.few.aadd_many(values)
    assert await model.few.adiscard(1) is True and await model.few.aadd(9) is True
    with pytest.raises(MemberNotFoundError):
        await model.few.aremove(5)
    assert await model.few.apop() in {2, 9} and await model.few.asize() == 1
    await model.few.aclear()
    assert await model.few.apop(None) is None
    await model.queue.apush("b", 0)
    with pytest.raises(InvalidValueError):
        await model.queue.apush("c", 0)
    await model.queue.apush("a", -1)
    assert await model.queue.aremove("b") is True and await model.queue.aremove("b") is False
    assert await model.queue.apop() == "a" and await model.queue.apop() is None
    with pytest.raises(InvalidValueError, match="odd"):
        await model.even.aadd_many([2, 3])
    assert (await WithRules.aget(model.key)).even == set() == model.even
    with pytest.raises(PipelineError):
        async with model.apipeline():
            await model.few.aadd(1)


async def test_a_value_with_more_fields_than_its_annotation_has_no_key(rapyer: ModuleType) -> None:
    model = await Loose(inner=MoreBadges(more={"a"})).asave()
    held: Any = model.inner
    with pytest.raises(PathError, match="has no key of its own"):
        await held.more.aadd("b")
    assert await ask(Loose, "KEYS", "__rapyer_special__*") == []


def test_a_field_without_a_fixed_key_is_refused() -> None:
    annotations: list[Any] = [
        list[Badges],
        dict[str, Badges],
        Badges | Box[int],
        RedisSet[str] | None,
        list[RedisSet[str]],
    ]
    for annotation in annotations:
        with pytest.raises(UnsupportedFieldError, match="has a key of its own"):
            create_model("Refused", __base__=AtomicRedisModel, field=(annotation, ...))


class Named(AtomicRedisModel):
    """Fields whose names are those of parts of pydantic's schemas."""

    members: RedisSet[str] = Field(default_factory=set)
    metadata: RedisSet[str] = Field(default_factory=set)
    type: RedisSet[str] = Field(default_factory=set)


async def test_any_name_is_that_of_a_field(rapyer: ModuleType) -> None:
    model = await Named(members={"a"}, metadata={"b"}, type={"c"}).asave()
    assert [field.path for field in Named.rapyer_special_fields()] == [
        "members",
        "metadata",
        "type",
    ]
    await model.members.aadd("x")
    found = await Named.aget(model.key)
    assert (found.members, found.metadata, found.type) == ({"a", "x"}, {"b"}, {"c"})
