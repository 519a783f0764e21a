"""
Where a rule book that is to be published finds what it names: rows files and the books that it extends.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from creditbank.codec.book import Files
from creditbank.domain.known import Known
from creditbank.domain.name import Digest
from creditbank.domain.rule import RuleBook
from creditbank.domain.shelf import BookVersion
from creditbank.store import Store

__all__ = ["beside", "first_of", "published", "shelved", "standing"]

_BOOK_BEGINS: Final = b'{"acts":'
"""Canonical JSON has its keys in order, and no other document begins with this one."""


def beside(folder: Path) -> Files:
    """Find files in *folder*: ``x.csv`` itself; ``book@version`` as ``book@version.toml``, or else ``book.toml``."""

    def find(name: str) -> bytes | None:
        book = name.partition("@")[0]
        names = (f"{name}.toml", f"{book}.toml") if "@" in name else (name,)
        paths = (folder / one for one in names if Path(one).name == one)
        return next((path.read_bytes() for path in paths if path.is_file()), None)

    return find


def published(known: Known, store: Store) -> Files:
    """Find what the bank keeps: ``book@version``, withdrawn or not, and documents by their digest."""

    def find(name: str) -> bytes | None:
        book, at, version = name.partition("@")
        if not at:
            return store.document(name)
        digests = (one.digest for one in known.shelf(book).versions if one.version == version)
        return next((store.document(Digest(digest)) for digest in digests), None)

    return find


def standing(known: Known, store: Store) -> Iterator[tuple[RuleBook, BookVersion]]:
    """Yield every published version of a rule book that stands, with its document, in the order of their digests."""
    for name in map(Digest, store.documents()):
        body = store.document(name)
        if body is not None and body.startswith(_BOOK_BEGINS):
            book = known.book(name)
            version = known.shelf(book.book).version(name)
            if version is not None and version.stands:
                yield book, version


def shelved(known: Known, store: Store) -> tuple[Digest, ...]:
    """Return every published version of a rule book that stands, in the order of ids, then of the day that each begins."""
    found = sorted((book.book, version.since, version.digest) for book, version in standing(known, store))
    return tuple(digest for _, _, digest in found)


def first_of(*files: Files | None) -> Files:
    """Ask each of *files* in turn."""

    def find(name: str) -> bytes | None:
        asked = (one(name) for one in files if one is not None)
        return next((found for found in asked if found is not None), None)

    return find
