"""
Published regulations as rule books, data only: one TOML file per regulation, every number with its source.

Reading is ``creditbank.codec.book.read_book(read(name), name=name, files=file)``.
"""

from importlib.resources import files

from creditbank.errors import UnknownError

__all__ = ["file", "read", "shipped"]

_SUFFIX = ".toml"


def shipped() -> tuple[str, ...]:
    """Return the names of the books that come with creditbank, sorted, without ``.toml``."""
    names = (entry.name for entry in files(__name__).iterdir() if entry.is_file())
    return tuple(sorted(name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX)))


def read(name: str) -> str:
    """Return the text of the book called *name*. UnknownError, naming those there are, if there is none."""
    if name not in shipped():
        raise UnknownError("shipped rule book", name, f"use one of {', '.join(shipped())}")
    return (files(__name__) / f"{name}{_SUFFIX}").read_text("utf-8")


def file(name: str) -> bytes | None:
    """Return what a book names: a rows file (``x.csv``), or a book (``book@version``) as it comes; None if not shipped."""
    book, at, _ = name.partition("@")
    wanted = f"{book}{_SUFFIX}" if at else name
    entry = next((one for one in files(__name__).iterdir() if one.name == wanted and one.is_file()), None)
    return entry.read_bytes() if entry is not None and wanted.endswith((_SUFFIX, ".csv")) else None
