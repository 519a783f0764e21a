"""Verbs about what schools teach: publish a curriculum."""

from collections.abc import Iterator

from creditbank.domain.event import CurriculumPublished, Event
from creditbank.domain.known import Known
from creditbank.domain.name import Digest
from creditbank.domain.request import Request
from creditbank.errors import AlreadyError, NotPermittedError

__all__ = ["publish_curriculum"]


def publish_curriculum(known: Known, request: Request, curriculum: Digest, size: int) -> Iterator[Event]:
    """
    Publish an edition of a curriculum (培养方案), whose document of *size* bytes goes along; said by its school.

    Raises, in this order:
        UnknownError, NotPermittedError: The requester is no school.
        UnknownError: No such document goes along.
        NotPermittedError: The curriculum is another school's.
        UnknownError: Its credit system is not published.
        AlreadyError: That edition is published; a correction is a new edition.
    """
    known.permitted(request.by, "school", "publish curricula")
    document = known.curriculum(curriculum)
    if document.school != request.by:
        raise NotPermittedError(request.by, f"publish {document.stream}", f"only {document.school} may")
    known.system(document.system)
    published = known.curricula(document.stream).edition(document.edition)
    if published is not None:
        raise AlreadyError("curriculum", f"{document.stream}@{document.edition}", published.digest)
    yield CurriculumPublished(document.stream, request.by, document.edition, curriculum, size, document.since)
