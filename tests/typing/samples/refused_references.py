"""Mistakes with references; each line names its errors, mypy's and then pyright's."""

from __future__ import annotations

from .accepted_references import Author, Book, Publisher


def constructors(author: Author, publisher: Publisher) -> None:
    Book(author=publisher, printer=publisher, either=author)  # E: arg-type / reportArgumentType
    Book(author=None, printer=publisher, either=author)  # E: arg-type / reportArgumentType


def assignments(book: Book, publisher: Publisher) -> None:
    book.author = publisher  # E: assignment / reportAttributeAccessIssue
    book.author = 5  # E: assignment / reportAttributeAccessIssue
    # An optional reference takes no model for type checkers, though it does when the program runs.
    book.sequel = book  # E: assignment / reportAttributeAccessIssue


async def reads(book: Book) -> None:
    await book.author.afetch(1)  # E: call-arg / reportCallIssue
