"""
Curricula as documents: canonical bytes, named by their SHA-256.

The form is integer-only canonical JSON of the value's own fields, with ``"document":"curriculum"`` and ``"form":1`` beside
them; exact numbers and days as text, what a row does not say left out.
"""

import hashlib
from typing import Final

from creditbank.codec.book import Files, book_of, no_files
from creditbank.codec.canonical import canonical, from_canonical
from creditbank.codec.convert import FAULTS, converter
from creditbank.domain.curriculum import Curriculum, Document
from creditbank.domain.name import Digest
from creditbank.errors import MalformedError

__all__ = ["CURRICULUM_SIZE_MAX", "curriculum_bytes", "curriculum_digest", "curriculum_of", "document_of"]

CURRICULUM_SIZE_MAX: Final = 8 * 2**20
"""Bytes of a curriculum's canonical form; as many as of a rule book."""

_FORM: Final = 1
_KIND: Final = "curriculum"
_WHERE: Final = "curriculum"


def curriculum_bytes(curriculum: Curriculum) -> bytes:
    """
    Return the canonical bytes of *curriculum*. They name it: see :func:`curriculum_digest`.

    Raises:
        MalformedError: They would be more than a document may have; or a text holds half a character (a lone surrogate).
    """
    fields = converter.unstructure(curriculum, Curriculum)
    try:
        data = canonical({**fields, "document": _KIND, "form": _FORM})
    except (TypeError, ValueError) as error:  # as orjson and json put it
        raise MalformedError(f"it cannot be written ({error})", _WHERE, "give texts that are Unicode") from None
    if len(data) > CURRICULUM_SIZE_MAX:
        raise _too_large(len(data))
    return data


def curriculum_of(data: bytes) -> Curriculum:
    """
    Read what :func:`curriculum_bytes` wrote, and nothing else.

    Raises:
        MalformedError: It is too large; not canonical; no curriculum of a form that is known; not as it would be written.
    """
    if len(data) > CURRICULUM_SIZE_MAX:
        raise _too_large(len(data))
    fields = from_canonical(data, _WHERE)
    if not isinstance(fields, dict) or (fields.pop("document", None), fields.pop("form", None)) != (_KIND, _FORM):
        raise MalformedError("it is no curriculum of a form that is known", _WHERE, "use a newer creditbank")
    try:
        curriculum = converter.structure(fields, Curriculum)
    except FAULTS as error:
        raise MalformedError(f"it is no curriculum ({error!r})", _WHERE, "use the bytes as they were given") from None
    if curriculum_bytes(curriculum) != data:
        raise MalformedError("it is not written as curricula are", _WHERE, "use the bytes as they were given")
    return curriculum


def curriculum_digest(data: bytes) -> Digest:
    """Return the name of a curriculum: the SHA-256 (hex) of its canonical bytes."""
    return Digest(hashlib.sha256(data).hexdigest())


def document_of(data: bytes, files: Files = no_files) -> Document:
    """
    Read a document of whichever kind it says it is: a curriculum says so, a rule book has no kind.

    *files* finds a book's rows files by their digest: they are documents of their own.

    Raises:
        MalformedError: as :func:`curriculum_of` and :func:`creditbank.codec.book.book_of`.
    """
    if len(data) > CURRICULUM_SIZE_MAX:
        raise _too_large(len(data))
    value = from_canonical(data, "document", keys=None)
    return curriculum_of(data) if isinstance(value, dict) and "document" in value else book_of(data, files)


def _too_large(size: int) -> MalformedError:
    return MalformedError(f"it has {size} bytes", _WHERE, f"give at most {CURRICULUM_SIZE_MAX} bytes")
