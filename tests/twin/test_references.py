"""References: the key is stored, the target fetched when asked for, and errors name both ends."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from types import ModuleType
from typing import Annotated, Any, Generic, Optional, TypeVar

import pytest
from pydantic import BaseModel, ValidationError
from pydantic.errors import PydanticUserError

from rapyer_async import (
    AtomicRedisModel,
    Field,
    ForeignKey,
    Key,
    MissingAsNone,
    RapyerKey,
    RedisConfig,
    Reference,
    apipeline,
    init_rapyer,
)
from rapyer_async._seam import task_group
from rapyer_async.clients import REGISTRY
from rapyer_core.errors import (
    CorruptedModelError,
    DanglingReferenceError,
    InvalidValueError,
    KeyNotFound,
    NotLoadedError,
    NotResolvedError,
    PathError,
    RapyerModelDoesntExistError,
    UnsupportedFieldError,
)

from .asking import ask, stored


class RefAuthor(AtomicRedisModel):
    name: str = ""
    books: list[Reference[RefBook]] = []
    rival: Reference[RefAuthor] | None = None


class RefShelf(BaseModel):
    owner: Reference[RefAuthor]


class RefBook(AtomicRedisModel):
    title: str = ""
    author: Reference[RefAuthor]
    editors: list[Reference[RefAuthor]] = []
    by_role: dict[str, Reference[RefAuthor]] = {}
    translator: Reference[RefAuthor] | None = None
    illustrator: Annotated[Reference[RefAuthor] | None, MissingAsNone()] = None
    shelf: RefShelf | None = None
    pair: tuple[Reference[RefAuthor], int] | None = None


class RefCoded(AtomicRedisModel):
    code: Key[str]
    n: int = 0


class RefAnimal(AtomicRedisModel):
    name: str = ""


class RefDog(RefAnimal):
    barks: bool = True


class RefOwner(AtomicRedisModel):
    pet: Reference[RefAnimal] | None = None
    thing: Reference[RefCoded | RefDog] | None = None
    either: Reference[RefCoded] | Reference[RefBook] | None = None
    anything: Reference[Any] | None = None
    old: ForeignKey[RefCoded] | None = None


async def author(name: str = "a") -> RefAuthor:
    return await RefAuthor(name=name).asave()


async def test_the_key_is_stored_and_nothing_of_the_target(rapyer: ModuleType) -> None:
    one, two = await author(), RefAuthor(name="never saved")
    book = await RefBook(
        title="t",
        author=one,
        editors=[one, two.key, Reference(one)],
        by_role={"x": one},
        translator=two,
        shelf=RefShelf(owner=one),
        pair=(one, 1),
    ).asave()
    assert await stored(book) == {
        "title": "t",
        "author": one.key,
        "editors": [one.key, two.key, one.key],
        "by_role": {"x": one.key},
        "translator": two.key,
        "illustrator": None,
        "shelf": {"owner": one.key},
        "pair": [one.key, 1],
    }
    assert not await RefAuthor.aexists(two)
    assert book.model_dump()["author"] == one.key
    await book.asave(force=True)
    one.name = "not saved with the holder"
    await book.asave()
    assert (await stored(one))["name"] == "a"


async def test_a_target_is_fetched_once_and_kept(rapyer: ModuleType) -> None:
    one = await author()
    book = await RefBook.aget((await RefBook(author=one).asave()).key)
    reference = book.author
    assert reference is book.author
    assert type(reference) is Reference
    assert not reference.is_resolved
    assert reference.target_key == one.key
    assert reference.key == book.key
    assert reference.json_path == '$["author"]'
    with pytest.raises(NotResolvedError) as caught:
        _ = reference.value
    assert book.key in str(caught.value)
    assert one.key in str(caught.value)
    assert "afetch" in str(caught.value)
    with pytest.raises(NotResolvedError, match="its name"):
        _ = reference.name
    with pytest.raises(NotResolvedError):
        reference.name = "x"
    found = await reference.afetch()
    assert found == one
    assert found is not one
    assert await book.author.afetch() is found
    assert book.author.value is found
    assert book.author.name == "a"
    await one.name.aset("b")
    assert (await book.author.afetch()).name == "a"
    await book.author.aunload()
    assert not book.author.is_resolved
    assert (await book.author.afetch()).name == "b"


async def test_a_resolved_reference_is_its_target(rapyer: ModuleType) -> None:
    one = await author()
    book = RefBook(author=one)
    assert book.author.value is one
    book.author.name = "c"
    assert one.name == "c"
    await book.author.asave()
    assert (await stored(one))["name"] == "c"
    with pytest.raises(AttributeError):
        _ = book.author.nothing_like_it
    with pytest.raises(AttributeError, match="assign the field"):
        book.author.value = one


async def test_what_can_be_assigned(rapyer: ModuleType) -> None:
    one, two = await author("1"), await author("2")
    book = await RefBook(author=one).asave()
    other = await RefBook(author=two).asave()
    for given in (two, two.key, RapyerKey(two.key), two.pk, Reference(two), other.author):
        book.author = given
        assert book.author == two
        assert book.author == two.key
        assert book.author == Reference(two.key)
        assert book.author != one
        await book.asave()
        assert (await stored(book))["author"] == two.key
        book.author = one
        assert book.author.is_resolved
        await book.asave()
        assert (await stored(book))["author"] == one.key
    # What another model holds is its own.
    book.author = other.author
    assert book.author is not other.author
    assert other.author.key == other.key
    assert book.author.key == book.key


async def test_what_cannot_be_assigned(rapyer: ModuleType) -> None:
    one = await author()
    book = await RefBook(author=one).asave()
    code = await RefCoded(code="x").asave()
    for given in (code, code.key, str(code.key), RapyerKey("Nobody:1"), 5, None, Reference(code)):
        with pytest.raises(ValidationError):
            book.author = given
        with pytest.raises(InvalidValueError):
            await book.author.aset(given)
    assert book.author == one
    assert (await stored(book))["author"] == one.key
    with pytest.raises(ValidationError, match="RefAuthor"):
        RefBook(author=code)


async def test_a_part_of_a_document_cannot_be_referred_to(rapyer: ModuleType) -> None:
    with REGISTRY.isolated():

        class Inner(AtomicRedisModel):
            n: int = 0

        class Outer(AtomicRedisModel):
            inner: Inner = Inner()
            ref: Reference[Inner] | None = None

        outer = Outer()
        with pytest.raises(ValidationError, match="part of another document"):
            outer.ref = outer.inner


async def test_setting_on_the_server(rapyer: ModuleType) -> None:
    one, two = await author("1"), await author("2")
    book = await RefBook(author=one).asave()
    await book.author.aset(two)
    assert (await stored(book))["author"] == two.key
    assert book.author.value is two
    await book.aupdate(author=one, translator=two)
    assert (await stored(book))["translator"] == two.key
    assert book.translator == two
    await RefBook.at(book.key).author.aset(two.key)
    assert await book.author.aload() == two
    await book.aupdate(translator=None)
    assert book.translator is None


async def test_collections(rapyer: ModuleType) -> None:
    one, two = await author("1"), await author("2")
    book = await RefBook(author=one, editors=[one]).asave()
    await book.editors.aappend(two)
    await book.by_role.aset_item("a", two)
    assert (await stored(book))["editors"] == [one.key, two.key]
    assert [editor.name for editor in book.editors] == ["1", "2"]
    loaded = await RefBook.aget(book.key)
    assert [editor.is_resolved for editor in loaded.editors] == [False, False]
    assert (await loaded.editors[1].afetch()).name == "2"
    assert loaded.editors[1].is_resolved
    assert (await loaded.by_role["a"].afetch()).name == "2"
    assert loaded.by_role["a"].name == "2"
    await loaded.editors[0].aset(two)
    assert (await stored(book))["editors"] == [two.key, two.key]
    await loaded.editors.aremove(two)
    assert (await stored(book))["editors"] == [two.key]
    loaded.editors.append(one.key)
    loaded.by_role["b"] = one
    await loaded.asave()
    assert (await stored(book))["editors"] == [two.key, one.key]
    assert (await stored(book))["by_role"] == {"a": two.key, "b": one.key}
    assert one in loaded.editors
    assert one.key in loaded.editors


async def test_reading_a_reference_is_no_change(rapyer: ModuleType) -> None:
    one, two = await author("1"), await author("2")
    key = (await RefBook(author=one, editors=[one], shelf=RefShelf(owner=one)).asave()).key
    book = await RefBook.aget(key)
    await book.afetch_related()
    await RefBook.at(key).author.aset(two)
    book.title = "t"
    await book.asave()
    assert (await stored(book))["author"] == two.key
    await book.aload()
    assert book.author == two
    assert not book.author.is_resolved


async def test_what_was_fetched_outlasts_a_reload(rapyer: ModuleType) -> None:
    one = await author()
    book = await RefBook.aget((await RefBook(author=one).asave()).key)
    reference = book.author
    found = await reference.afetch()
    await book.aload()
    assert book.author is reference
    assert book.author.value is found


async def test_polymorphic_targets(rapyer: ModuleType) -> None:
    dog = await RefDog(name="d").asave()
    code = await RefCoded(code="c").asave()
    book = await RefBook(author=await author()).asave()
    owner = await RefOwner(pet=dog, thing=code, either=book, anything=dog, old=code).asave()
    loaded = await RefOwner.aget(owner.key)
    assert loaded.pet is not None
    assert isinstance(await loaded.pet.afetch(), RefDog)
    await loaded.afetch_related()
    kinds = [type(getattr(loaded, name).value) for name in RefOwner.model_fields]
    assert kinds == [RefDog, RefCoded, RefBook, RefDog, RefCoded]
    for given, message in (("x", "does not tell"), (book, "RefCoded or RefDog")):
        with pytest.raises(ValidationError, match=message):
            loaded.thing = given
    loaded.thing = dog.key
    assert loaded.thing == dog


async def test_dangling_references(rapyer: ModuleType) -> None:
    one = await author()
    book = await RefBook(
        author=one, editors=[one], translator=one, illustrator=one, shelf=RefShelf(owner=one)
    ).asave()
    await one.adelete()
    loaded = await RefBook.aget(book.key)
    with pytest.raises(DanglingReferenceError) as caught:
        await loaded.author.afetch()
    error = caught.value
    assert isinstance(error, KeyNotFound)
    assert (error.key, error.holder, error.field) == (one.key, book.key, "author")
    assert error.path == '$["author"]'
    assert book.key in str(error)
    assert one.key in str(error)
    assert not loaded.author.is_resolved
    for reference, path in (
        (loaded.editors[0], '$["editors"][0]'),
        (loaded.translator, '$["translator"]'),
        (loaded.shelf and loaded.shelf.owner, '$["shelf"]["owner"]'),
    ):
        assert reference is not None
        with pytest.raises(DanglingReferenceError) as caught:
            await reference.afetch()
        assert caught.value.path == path
    illustrator = loaded.illustrator
    assert illustrator is not None
    assert await illustrator.afetch() is None
    assert illustrator.value is None
    with pytest.raises(DanglingReferenceError):
        _ = illustrator.name
    with pytest.raises(DanglingReferenceError):
        await RefBook.aget(book.key, fetch=["author"])
    assert (await RefBook.aget(book.key, fetch=["illustrator"])).illustrator == one
    with pytest.raises(DanglingReferenceError, match="refers to"):
        await Reference(one.key).afetch()


async def test_stored_keys_that_fit_no_class(rapyer: ModuleType) -> None:
    one, code = await author(), await RefCoded(code="c").asave()
    book = await RefBook(author=one).asave()
    await ask(RefBook, "JSON.SET", book.key, "$.author", '"Unknown:1"')
    loaded = await RefBook.aget(book.key)
    with pytest.raises(RapyerModelDoesntExistError, match="Unknown:1") as caught:
        await loaded.author.afetch()
    assert book.key in str(caught.value)
    await ask(RefBook, "JSON.SET", book.key, "$.author", f'"{code.key}"')
    with pytest.raises(CorruptedModelError, match="author"):
        await RefBook.aget(book.key)


async def test_many_tasks_fetch_one_reference(rapyer: ModuleType) -> None:
    book = await RefBook.aget((await RefBook(author=await author()).asave()).key)
    found: list[RefAuthor] = []

    async def fetch() -> None:
        found.append(await book.author.afetch())

    async with task_group() as group:
        for _ in range(10):
            group.start_soon(fetch)
    assert len(found) == 10
    assert len({one.key for one in found}) == 1
    assert book.author.value in found


async def test_pipelines_queue_assignments(rapyer: ModuleType) -> None:
    one, two = await author("1"), await author("2")
    book = await RefBook(author=one, editors=[one]).asave()
    async with apipeline():
        book.author = two
        book.editors.append(two)
        book.editors[0] = two
        book.by_role["x"] = two
        assert book.author.value is two
        assert (await stored(book))["author"] == one.key
    document = await stored(book)
    assert document["author"] == two.key
    assert document["editors"] == [two.key, two.key]
    assert document["by_role"] == {"x": two.key}
    assert book.author.value is two
    with pytest.raises(ValueError, match="undone"):
        async with apipeline():
            book.author = one
            await book.translator.aset(one) if book.translator else None
            raise ValueError("undone")
    assert book.author == two
    assert await stored(book) == document
    async with book.apipeline():
        await book.author.aset(one)
        loaded = await book.author.afetch()
        assert loaded is one
    assert (await stored(book))["author"] == one.key


async def test_copies_and_pickles(rapyer: ModuleType) -> None:
    one = await author()
    book = await RefBook(author=one, editors=[one]).asave()
    twin = await book.aduplicate()
    assert twin.author.key == twin.key
    assert twin.author.value is one
    assert (await stored(twin))["author"] == one.key
    for made in (copy.copy(book), copy.deepcopy(book), book.model_copy(deep=True)):
        assert made.author == one
        assert made.author.value is one
        assert made.author is not book.author
    revived = pickle.loads(pickle.dumps(book))
    assert revived.author == one
    assert not revived.author.is_resolved
    assert await revived.author.afetch() == one
    assert pickle.loads(pickle.dumps(book.author)) == book.author
    assert len({book.author, twin.author, Reference(one)}) == 1
    assert str(book.author) == one.key
    assert repr(book.author) == f"Reference({str(one.key)!r}, resolved)"
    assert book == RefBook(author=one.key, editors=[one.key])


async def test_partial_loads(rapyer: ModuleType) -> None:
    one = await author()
    key = (await RefBook(title="t", author=one, editors=[one]).asave()).key
    part = await RefBook.aget(key, only=["title", "author"], fetch=["author"])
    assert part.author.name == "a"
    with pytest.raises(NotLoadedError):
        _ = part.editors
    await part.afetch_related()
    with pytest.raises(NotLoadedError, match="editors"):
        await part.afetch_related("editors")


async def test_handles(rapyer: ModuleType) -> None:
    one = await author()
    book = await RefBook(author=one).asave()
    handle = RefBook.at(book.key)
    assert await handle.author.afetch() == one
    assert await handle.author.aload() == one
    assert await handle.translator.afetch() is None
    with pytest.raises(NotLoadedError, match="author"):
        await handle.afetch_related("author")
    book.author = RefAuthor.at(one.key)
    assert not book.author.is_resolved
    assert (await book.author.afetch()).name == "a"


async def test_a_reference_without_a_place(rapyer: ModuleType) -> None:
    one = await author()
    reference = Reference(one.key)
    assert reference.key == one.key
    assert (await reference.afetch()).name == "a"
    with pytest.raises(PathError):
        await reference.aset(one)
    for given in ("nobody", 5):
        with pytest.raises(InvalidValueError, match=r"nobody|int"):
            Reference(given)


@pytest.fixture
def own_registry() -> Iterator[None]:
    with REGISTRY.isolated():
        yield


def test_definitions_that_are_refused(own_registry: None) -> None:
    with pytest.raises(UnsupportedFieldError, match="int"):

        class OfInt(AtomicRedisModel):
            n: Reference[int]

    with pytest.raises(UnsupportedFieldError, match="may be None"):

        class NotOptional(AtomicRedisModel):
            n: Annotated[Reference[RefCoded], MissingAsNone()]

    with pytest.raises(UnsupportedFieldError, match="may be None"):

        class NoReference(AtomicRedisModel):
            n: Annotated[int | None, MissingAsNone()]


T = TypeVar("T")


def test_how_a_class_may_be_named(own_registry: None) -> None:
    class Named(AtomicRedisModel):
        one: Optional["Reference[Named]"] = None  # noqa: UP037,UP045
        two: "Reference[Later] | None" = None  # noqa: UP037
        three: list["Reference[Named | Later]"] = []  # noqa: UP037

    class Later(AtomicRedisModel):
        n: int = 0

    class Box(AtomicRedisModel, Generic[T]):
        held: Reference[T] | None = None

    named, later = Named(), Later()
    named = Named(one=named, two=later, three=[named, later])
    assert named.model_dump()["three"][1] == later.key
    with pytest.raises(ValidationError):
        Named(two=named)
    assert Box[Later](held=later).held == later
    with pytest.raises(ValidationError):
        Box[Later](held=named)


async def test_a_class_may_wait_for_one_that_it_names(
    redis_url: str, rapyer: ModuleType, own_registry: None
) -> None:
    class Early(AtomicRedisModel):
        Meta = RedisConfig(ttl=100)
        late: Reference[Late] | None = None

    await init_rapyer(redis_url, indexes="lazy")
    with pytest.raises(PydanticUserError, match="not fully defined"):
        Early()

    class Late(AtomicRedisModel):
        early: Reference[Early] | None = None

    late = await Late().asave()
    early = await Early(late=late).asave()
    assert (await Early.aget(early.key, fetch=["late.early"])).late == late


async def test_defaults_are_references_too(rapyer: ModuleType, own_registry: None) -> None:
    class Target(AtomicRedisModel):
        name: str = ""

    target = await Target(name="t").asave()

    class Holder(AtomicRedisModel):
        ref: Reference[Target] = target.key
        model: Reference[Target] = Field(default_factory=lambda: target)

        wrong: Reference[Target] = Field(default=5)

    with pytest.raises(InvalidValueError, match=r"\$\[.wrong.\].*expected Target"):
        _ = Holder().wrong
    holder = await Holder(wrong=target).asave()
    assert (await stored(holder)) == dict.fromkeys(("ref", "model", "wrong"), target.key)
    assert (await holder.ref.afetch()).name == "t"
    assert holder.model.value is target


def test_the_json_schema_is_that_of_a_string() -> None:
    assert RefCoded.model_json_schema()
    properties = RefBook.model_json_schema()["properties"]
    assert properties["author"]["type"] == "string"
    assert properties["editors"]["items"]["type"] == "string"
    text = RefBook(author="x", title="t").model_dump_json()
    assert RefBook.model_validate_json(text).author.target_key == "RefAuthor:x"
