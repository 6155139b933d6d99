"""References: what a constructor takes, what is read, what is fetched."""

from __future__ import annotations

from typing import Annotated

from typing_extensions import assert_type

from rapyer_async import (
    ActionGroup,
    AtomicRedisModel,
    CascadeResult,
    CascadeTTL,
    Expression,
    Field,
    ForeignKey,
    MissingAsNone,
    Nullable,
    RapyerKey,
    RedisConfig,
    RedisDict,
    RedisList,
    RedisStr,
    Reference,
)


class Publisher(AtomicRedisModel):
    name: RedisStr


class Author(AtomicRedisModel):
    name: RedisStr
    publisher: Reference[Publisher]


class Lent(AtomicRedisModel):
    Meta = RedisConfig(
        ttl=60,
        refresh_ttl=ActionGroup.FETCH | ActionGroup.UPDATE,
        cascade_ttl=CascadeTTL(depth=1),
    )
    reader: Annotated[Reference[Author], CascadeTTL(enabled=False)]
    former: Annotated[Reference[Author] | None, MissingAsNone()] = None


async def lifetimes(lent: Lent) -> None:
    assert_type(lent.reader, Reference[Author])
    assert_type(lent.former, Reference[Author] | None)
    assert_type(await lent.aset_ttl(60, cascade=True), CascadeResult | None)
    await lent.refresh_ttl()


class Book(AtomicRedisModel):
    author: Reference[Author]
    printer: ForeignKey[Publisher]
    either: Reference[Author | Publisher]
    editors: RedisList[Reference[Author]] = Field(default_factory=list)
    by_role: RedisDict[str, Reference[Author]] = Field(default_factory=dict)
    sequel: Nullable[Reference[Book]] = Field(None)
    plain: Reference[Book] | None = None


def constructors(author: Author, publisher: Publisher, book: Book) -> None:
    Book(author=author, printer=publisher, either=author)
    Book(author=author.key, printer="a pk", either=publisher)
    Book(author=book.author, printer=Reference(publisher), either=RapyerKey("Author:1"))
    Book(
        author=author,
        printer=publisher,
        either=author,
        editors=[book.author],
        sequel=Reference(book),
    )
    Book(author=author, printer=publisher, either=author, sequel=None, plain=Reference(book))


def assignments(book: Book, author: Author) -> None:
    book.author = author
    book.author = author.key
    book.author = Reference(author)
    book.sequel = Reference(book)
    book.sequel = None


async def reads(book: Book) -> None:
    assert_type(Book.author, Expression[str])
    assert_type(book.author, Reference[Author])
    assert_type(book.printer, Reference[Publisher])
    assert_type(book.author.value, Author)
    assert_type(await book.author.afetch(), Author)
    assert_type(book.either.value, Author | Publisher)
    assert_type(book.author.value.publisher.value.name, RedisStr)
    assert_type(book.author.target_key, RapyerKey)
    assert_type(book.author.is_resolved, bool)
    assert_type(book.editors, RedisList[Reference[Author]])
    assert_type(book.editors[0], Reference[Author])
    assert_type(book.by_role["x"].value.name, RedisStr)
    assert_type(book.sequel, Reference[Book] | None)
    assert_type(book.plain, Reference[Book] | None)
    assert_type(await book.author.aset(book.author), Reference[Author])
    assert_type(await book.afetch_related("author.publisher"), Book)
    assert_type(await Book.aget("key", fetch=["author"]), Book)
    assert_type(await Book.where(Book.author == "key").fetch("author").aall(), list[Book])
    await book.author.aunload()
    await book.author.name.aappend("!")
