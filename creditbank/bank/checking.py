"""Checking a rule book in a bank: beside what is published there, in the quanta of its credit systems."""

from collections.abc import Iterator
from typing import Final

import attrs

from creditbank.codec.book import Files, parent_books
from creditbank.domain.check import ERRORS, BookFinding, lint
from creditbank.domain.known import Known
from creditbank.domain.name import Digest
from creditbank.domain.rule import RuleBook
from creditbank.errors import FlawedBookError
from creditbank.store import Store

__all__ = ["check_book", "refuse_flawed"]

# Canonical JSON has its keys in order, and no other document begins with this one.
_BOOK_BEGINS: Final = b'{"acts":'


def check_book(known: Known, store: Store, book: RuleBook, files: Files) -> tuple[BookFinding, ...]:
    """
    Return what is found about *book*, were it published here now.

    Args:
        files: Finds what it extends, published or not.
    """
    quanta = {system.id: system.quantum for system in known.catalogue().systems.values()}
    beside = tuple(_beside(known, store, book))
    return lint((book,), parents=parent_books(book, files), quanta=quanta, beside=beside)


def refuse_flawed(book: RuleBook, findings: tuple[BookFinding, ...]) -> None:
    """Raise FlawedBookError if there is an error among *findings*."""
    errors = tuple(one.en for one in findings if one.kind in ERRORS)
    if errors:
        raise FlawedBookError(f"{book.book}@{book.version}", errors)


def _beside(known: Known, store: Store, book: RuleBook) -> Iterator[RuleBook]:
    """Yield the published versions that serve days on which *book* would: of other books, and what is next to it."""
    for digest in store.documents():
        data = store.document(digest)
        if data is None or not data.startswith(_BOOK_BEGINS):
            continue
        other = known.book(Digest(digest))
        version = known.shelf(other.book).version(Digest(digest))
        if version is None or version.withdrawn or version.until == version.since:
            continue
        until = version.until
        together = (book.until is None or version.since < book.until) and (until is None or book.since < until)
        if other.version != book.version if other.book == book.book else together:
            yield attrs.evolve(other, until=until)
