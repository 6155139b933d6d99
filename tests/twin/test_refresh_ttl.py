"""Which actions start a lifetime anew: those that `refresh_ttl` names, and no others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from types import ModuleType
from typing import Annotated, Any

import pytest
from pydantic import AfterValidator

from rapyer_async import (
    ActionGroup,
    AtomicRedisModel,
    Field,
    Index,
    Key,
    RedisConfig,
    RedisDatetimeTimestamp,
    RedisPriorityQueue,
    RedisSet,
    Reference,
    apipeline,
    change,
    init_rapyer,
)
from rapyer_async.clients import DEFAULTS, REGISTRY
from rapyer_core.errors import InvalidRefreshTtlError, KeyNotFound

from .asking import ask, lifetime
from .counting import counted

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def unchanged(value: Any) -> Any:
    return value


class ActPart(AtomicRedisModel):
    name: str = ""


class ActDocument(AtomicRedisModel):
    Meta = RedisConfig(ttl=100)
    code: Key[str]
    name: str = ""
    count: int = 0
    ratio: float = 0.5
    odd: Annotated[int, AfterValidator(unchanged)] = 0
    tags: list[str] = ["a", "b", "c", "d", "e"]
    odd_tags: Annotated[list[str], AfterValidator(unchanged)] = ["a", "b", "c"]
    counts: dict[str, int] = {"a": 1, "b": 2, "c": 3, "d": 4}
    odd_counts: Annotated[dict[str, int], AfterValidator(unchanged)] = {"a": 1, "b": 2}
    part: ActPart = ActPart()
    moment: datetime = EPOCH
    odd_moment: Annotated[datetime, AfterValidator(unchanged)] = EPOCH
    instant: RedisDatetimeTimestamp = EPOCH
    marks: RedisSet[str] = Field(default_factory=lambda: {"a", "b", "c"})
    odd_marks: Annotated[RedisSet[str], AfterValidator(unchanged)] = Field(
        default_factory=lambda: {"a", "b", "c"}
    )
    queue: RedisPriorityQueue[str] = Field(default_factory=list)
    odd_queue: Annotated[RedisPriorityQueue[str], AfterValidator(unchanged)] = Field(
        default_factory=list
    )
    flag: bool = False
    raw: bytes = b"x"


class ActRevised(ActDocument):
    Meta = RedisConfig(optimistic=True)


class ActOnce(ActDocument):
    Meta = RedisConfig(exactly_once=True)


class ActIndexed(ActDocument):
    """Its index needs numbers beside the dates, which writes keep up to date."""

    name: Index[str] = ""
    moment: Index[datetime] = EPOCH
    price: Index[Decimal] = Decimal(1)


class ActHolder(AtomicRedisModel):
    document: Reference[ActDocument]


VARIANTS = [ActDocument, ActRevised, ActOnce, ActIndexed]


Do = Callable[[ActDocument], Any]

READ = ActionGroup.READ
FETCH = ActionGroup.FETCH
UPDATE = ActionGroup.UPDATE
APPEND = ActionGroup.APPEND
ERASE = ActionGroup.ERASE
ARITHMETIC = ActionGroup.ARITHMETIC


async def get(model: ActDocument) -> None:
    await type(model).aget(model.key)


async def get_part(model: ActDocument) -> None:
    await type(model).aget(model.key, only=["name"])


async def find(model: ActDocument) -> None:
    assert len(await type(model).afind()) == 1
    await type(model).afind_one(model.key)


async def load(model: ActDocument) -> None:
    await model.aload()
    await model.part.aload()


async def get_or_create(model: ActDocument) -> None:
    await type(model).aget_or_create(type(model)(code=model.code))


async def fetch_reference(model: ActDocument) -> None:
    await ActHolder(document=model.key).document.afetch()
    await ActHolder(document=model.key).afetch_related()


async def load_field(model: ActDocument) -> None:
    await model.name.aload()
    await model.tags.aload()
    await model.tags.alength()
    await model.counts.alength()


async def save(model: ActDocument) -> None:
    model.name += "x"
    await model.asave()
    await model.asave(force=True)
    await type(model).ainsert(model)


async def update(model: ActDocument) -> None:
    await model.aupdate(name="y")
    await model.name.aset("z")
    await model.name.aappend("z")
    await model.name.amul(2)
    await model.tags.aset_item(0, "x")
    await model.part.name.aset("x")
    await model.flag.aset(True)
    await model.raw.aset(b"y")
    await model.tags.aset(["q"] * 5)
    await model.moment.aset(EPOCH)


async def update_or_create(model: ActDocument) -> None:
    await type(model).aupdate_or_create(type(model)(code=model.code, name="u"))


async def apply(model: ActDocument) -> None:
    await model.name.aapply(unchanged)
    await model.aapply(lambda held: held)


async def pipe(model: ActDocument) -> None:
    async with apipeline():
        model.name = "p"
        model.flag = True
        await model.asave()
    async with model.alock() as held:
        held.name = "l"


async def put_item(model: ActDocument) -> None:
    await model.counts.aset_item("x", 1)
    await model.counts.aupdate(y=1)


async def append(model: ActDocument) -> None:
    await model.tags.aappend("x")
    await model.tags.aextend(["y", "z"])
    await model.tags.ainsert(0, "x")
    await model.counts.asetdefault("z", 1)
    await model.odd_tags.aappend("x")
    for marks in (model.marks, model.odd_marks):
        await marks.aadd("x")
    for queue in (model.queue, model.odd_queue):
        await queue.apush("x", 1)


async def erase(model: ActDocument) -> None:
    await model.tags.apop()
    await model.tags.aremove("a")
    await model.tags.aremove_range(0, 1)
    await model.counts.apop("a")
    await model.counts.apopitem()
    await model.counts.adel_item("b")
    await model.counts.aclear()
    await model.odd_tags.apop()
    await model.odd_counts.apop("a")
    await model.odd_tags.aclear()
    for marks in (model.marks, model.odd_marks):
        await marks.aremove("a")
        await marks.adiscard("b")
        await marks.apop()
    await model.tags.aclear()


async def erase_marks(model: ActDocument) -> None:
    await model.odd_marks.apop()


async def erase_queue(model: ActDocument) -> None:
    for queue in (model.queue, model.odd_queue):
        await queue.apop()
        await queue.aremove("x")


async def calculate(model: ActDocument) -> None:
    await model.count.aincrease()
    await model.count.apow(2)
    await model.ratio.adiv(2)
    await model.odd.aincrease()
    await model.count.aincrease(7)
    await model.count.amul(3)
    await model.count.afloordiv(2)
    await model.count.amod(5)
    await model.count.adecrease()
    await model.ratio.aincrease(0.5)
    await model.moment.aadd(timedelta(days=1))
    await model.odd_moment.aadd(timedelta(days=1))
    await model.instant.aadd(timedelta(days=1))


GROUPS: list[tuple[ActionGroup, list[Do]]] = [
    (READ, [load_field]),
    (FETCH, [get, get_part, find, load, get_or_create, fetch_reference]),
    (UPDATE, [save, update, update_or_create, apply]),
    (UPDATE | FETCH, [pipe]),
    (UPDATE | APPEND, [put_item]),
    (APPEND, [append]),
    (ERASE, [erase, erase_marks, erase_queue]),
    (ARITHMETIC, [calculate]),
]
CASES = [(group, do) for group, each in GROUPS for do in each]
NAMES = [do.__name__ for _, do in CASES]
ALL = [READ, FETCH, ActionGroup.CREATE, UPDATE, APPEND, ERASE, ARITHMETIC]


@pytest.fixture(autouse=True)
def settings_restored() -> Iterator[None]:
    yield
    ActDocument.Meta.refresh_ttl = True
    ActDocument.Meta.ttl = 100


async def shortened(cls: type[ActDocument] = ActDocument) -> ActDocument:
    """Return a model whose document was given half of its lifetime."""
    for key in await ask(cls, "KEYS", "Act*"):
        await ask(cls, "DEL", key)
    model = await cls(code="a").asave()
    await model.aset_ttl(50)
    return model


@pytest.mark.parametrize(("group", "do"), CASES, ids=NAMES)
async def test_the_actions_that_are_named_count(
    rapyer: ModuleType, group: ActionGroup, do: Do
) -> None:
    for named in ALL:
        ActDocument.Meta.refresh_ttl = named
        model = await shortened()
        await do(model)
        left = await lifetime(model)
        assert 50 < left <= 100 if named in group else 0 < left <= 50, (named, left)


@pytest.mark.parametrize(("group", "do"), CASES, ids=NAMES)
async def test_everything_counts_by_default(rapyer: ModuleType, group: ActionGroup, do: Do) -> None:
    for cls in VARIANTS:
        model = await shortened(cls)
        await do(model)
        assert 50 < await lifetime(model) <= 100


@pytest.mark.parametrize("cls", VARIANTS)
@pytest.mark.parametrize(("group", "do"), CASES, ids=NAMES)
async def test_without_a_lifetime_none_is_given_or_taken(
    rapyer: ModuleType, group: ActionGroup, do: Do, cls: type[ActDocument]
) -> None:
    ActDocument.Meta.ttl = None
    for seconds in (50, None):
        model = await shortened(cls)
        if seconds is None:
            await ask(cls, "PERSIST", model.key)
        await do(model)
        left = await lifetime(model)
        assert left == -1 if seconds is None else 0 < left <= 50


@pytest.mark.parametrize("cls", VARIANTS)
@pytest.mark.parametrize(("group", "do"), CASES, ids=NAMES)
async def test_nothing_counts_where_that_is_said(
    rapyer: ModuleType, group: ActionGroup, do: Do, cls: type[ActDocument]
) -> None:
    ActDocument.Meta.refresh_ttl = False
    model = await shortened(cls)
    await do(model)
    assert 0 < await lifetime(model) <= 50
    model = await shortened(cls)
    await ask(cls, "PERSIST", model.key)
    await do(model)
    assert await lifetime(model) == -1


async def test_queries(rapyer: ModuleType) -> None:
    query = ActIndexed.where(ActIndexed.name == "n").wait_for_index()
    for setting, ttl in ((True, 100), (False, 100), (True, None), (FETCH, 100), (ARITHMETIC, 100)):
        ActDocument.Meta.refresh_ttl, ActDocument.Meta.ttl = setting, ttl
        model = await shortened(ActIndexed)
        await model.aupdate(name="n")
        for group, do in (
            (FETCH, query.aall),
            (UPDATE, lambda: query.aupdate(ratio=2.0)),
            (ARITHMETIC, lambda: query.aupdate(count=change.increase(1))),
        ):
            await model.aset_ttl(50)
            await do()
            is_renewed = ttl is not None and setting in (True, group)
            left = await lifetime(model)
            assert 50 < left <= 100 if is_renewed else 0 < left <= 50, (setting, group)
            await ask(ActIndexed, "PERSIST", model.key)
            await do()
            assert (await lifetime(model) == -1) is not is_renewed


async def test_in_a_pipeline(rapyer: ModuleType) -> None:
    for named in (UPDATE, APPEND, ERASE, ARITHMETIC):
        ActDocument.Meta.refresh_ttl = named
        for group in (UPDATE, APPEND, ERASE, ARITHMETIC):
            model = await shortened()
            async with apipeline():
                if group is UPDATE:
                    model.name = "x"
                elif group is APPEND:
                    model.tags.append("x")
                elif group is ERASE:
                    del model.tags[0]
                else:
                    model.count += 1
            left = await lifetime(model)
            assert 50 < left <= 100 if named is group else 0 < left <= 50


async def test_a_new_document_has_its_lifetime_whatever_counts(rapyer: ModuleType) -> None:
    for named in (*ALL, ActionGroup(0), False, True):
        ActDocument.Meta.refresh_ttl = named
        for make in (
            lambda model: model.asave(),
            lambda model: model.asave(only_new=True),
            lambda model: ActDocument.ainsert(model),
            lambda model: ActDocument.aget_or_create(model),
            lambda model: ActDocument.aupdate_or_create(model),
        ):
            await ask(ActDocument, "FLUSHDB")
            model = ActDocument(code="a")
            await make(model)
            assert 90 < await lifetime(model) <= 100


async def test_refresh_ttl(rapyer: ModuleType) -> None:
    for setting in (False, True, READ):
        ActDocument.Meta.refresh_ttl = setting
        model = await shortened()
        await model.refresh_ttl()
        assert 50 < await lifetime(model) <= 100
        model = await shortened()
        await model.part.refresh_ttl()
        assert 50 < await lifetime(model) <= 100
        model = await shortened()
        async with apipeline():
            await model.refresh_ttl()
            assert 0 < await lifetime(model) <= 50
        assert 50 < await lifetime(model) <= 100
        await ActDocument.at(model.key).refresh_ttl()
    await ask(ActDocument, "DEL", model.key)
    with pytest.raises(KeyNotFound):
        await model.refresh_ttl()
    ActDocument.Meta.ttl = None
    model = await shortened()
    await model.refresh_ttl()
    assert 0 < await lifetime(model) <= 50
    with pytest.raises(KeyNotFound):
        ActDocument.Meta.ttl = 100
        await ActDocument(code="never").refresh_ttl()


async def test_a_lifetime_costs_no_round_trip(rapyer: ModuleType) -> None:
    driver = counted()
    for do in (get, calculate, update_or_create, append, erase, load_field, save):
        trips: list[int] = []
        for ttl in (100, None, 100):  # the first makes the scripts known
            ActDocument.Meta.ttl = ttl
            model = await shortened()
            driver.forget()
            await do(model)
            trips.append(len(driver.trips))
        assert trips[1] == trips[2]
        assert 50 < await lifetime(model) <= 100


def test_what_refresh_ttl_takes() -> None:
    for wrong in (ActionGroup.DELETE, ActionGroup.READ | ActionGroup.DELETE, None, 1, "READ"):
        with pytest.raises(InvalidRefreshTtlError):
            RedisConfig(refresh_ttl=wrong)
    assert RedisConfig(refresh_ttl=READ | FETCH).refresh_ttl == READ | FETCH
    assert [group.name for group in ActionGroup] == [
        *("READ", "FETCH", "CREATE", "UPDATE", "APPEND", "DELETE", "ERASE", "ARITHMETIC")
    ]


async def test_what_is_inherited_and_what_init_sets(redis_url: str, rapyer: ModuleType) -> None:
    with REGISTRY.isolated():

        class Base(AtomicRedisModel):
            Meta = RedisConfig(ttl=100, refresh_ttl=ActionGroup.FETCH)
            n: int = 0

        class Derived(Base):
            pass

        class Changed(Base):
            Meta = RedisConfig(ttl=200)

        class Without(AtomicRedisModel):
            n: int = 0

        class Never(AtomicRedisModel):
            Meta = RedisConfig(ttl=None)
            n: int = 0

        DEFAULTS.ttl = 300
        expected = ((Base, 100), (Derived, 100), (Changed, 200), (Without, 300), (Never, -1))
        for cls, seconds in expected:
            model = await cls().asave()
            assert seconds - 10 < await lifetime(model) <= seconds
            await model.aset_ttl(50)
            await model.n.aincrease()
            # What is inherited holds here too: only a fetch counts.
            assert (await lifetime(model) <= 50) == (cls not in (Without,))
            await cls.aget(model.key)
            assert (await lifetime(model) <= 50) == (cls is Never)
        await init_rapyer(redis_url, ttl=400, indexes="lazy")
        assert 390 < await lifetime(await Without().asave()) <= 400
        assert 90 < await lifetime(await Base().asave()) <= 100
        assert await lifetime(await Never().asave()) == -1
        await init_rapyer(redis_url, indexes="lazy")
        assert await lifetime(await Without().asave()) == -1
