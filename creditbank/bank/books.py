"""
Where a rule book that is to be published finds what it names: rows files and the books that it extends.
"""

from pathlib import Path
from typing import Final

from creditbank.codec.book import Files
from creditbank.domain.known import Known
from creditbank.domain.name import Digest
from creditbank.errors import UnknownError
from creditbank.store import Store

__all__ = ["beside", "first_of", "published", "shelved"]

_OBJECT: Final = b"{"
"""How the canonical bytes of a book or a curriculum begin."""


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


def shelved(known: Known, store: Store) -> tuple[Digest, ...]:
    """Return every version of a rule book that is published and not withdrawn, in the order of ids and versions."""
    found = []
    for name in map(Digest, store.documents()):
        body = store.document(name)
        if body is None or not body.startswith(_OBJECT):
            continue  # a rows file
        try:
            book = known.book(name)
        except UnknownError:
            continue  # another kind of document
        version = known.shelf(book.book).version(name)
        if version is not None and not version.withdrawn:
            found.append((book.book, version.since, name))
    return tuple(name for _, _, name in sorted(found))


def first_of(*files: Files | None) -> Files:
    """Ask each of *files* in turn."""

    def find(name: str) -> bytes | None:
        asked = (one(name) for one in files if one is not None)
        return next((found for found in asked if found is not None), None)

    return find
