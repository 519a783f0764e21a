"""Checking a rule book in a bank: beside what is published there, in the quanta of its credit systems."""

from collections.abc import Iterator, Mapping, Sequence

import attrs

from creditbank.bank.books import standing
from creditbank.codec.book import Files, parent_books
from creditbank.domain.check import ERRORS, BookFinding, lint
from creditbank.domain.known import Known
from creditbank.domain.rule import RuleBook
from creditbank.domain.shelf import BookVersion
from creditbank.errors import FlawedBookError
from creditbank.store import Store

__all__ = ["check_book", "check_books", "refuse_flawed"]


def check_book(known: Known, store: Store, book: RuleBook, files: Files) -> tuple[BookFinding, ...]:
    """
    Return what is found about *book*, were it published here now.

    Args:
        files: Finds what it extends, published or not.
    """
    return check_books(known, store, (book,), parent_books(book, files))


def check_books(
    known: Known, store: Store, books: Sequence[RuleBook], parents: Mapping[str, RuleBook]
) -> tuple[BookFinding, ...]:
    """
    Return what is found about *books*, were all of them published here now.

    Args:
        parents: The books that they extend, by digest.
    """
    quanta = {system.id: system.quantum for system in known.catalogue().systems.values()}
    return lint(books, parents=parents, quanta=quanta, beside=tuple(_beside(known, store, books)))


def refuse_flawed(book: RuleBook, findings: tuple[BookFinding, ...]) -> None:
    """Raise FlawedBookError if there is an error among *findings*."""
    errors = tuple(one.en for one in findings if one.kind in ERRORS)
    if errors:
        raise FlawedBookError(f"{book.book}@{book.version}", errors)


def _beside(known: Known, store: Store, books: Sequence[RuleBook]) -> Iterator[RuleBook]:
    """Yield the published versions that serve days on which one of *books* would: of other books, and what is next to it."""
    for other, version in standing(known, store):
        if any(_together(book, other, version) for book in books):
            yield attrs.evolve(other, until=version.until)


def _together(book: RuleBook, other: RuleBook, version: BookVersion) -> bool:
    """Say whether *other*, published as *version*, is another version of *book*, or another book that serves a day of it."""
    if other.book == book.book:
        return other.version != book.version
    return (book.until is None or version.since < book.until) and (version.until is None or book.since < version.until)
