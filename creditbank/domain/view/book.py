"""Which version of a rule book may serve an application."""

from datetime import date

from creditbank.domain.known import Known
from creditbank.domain.name import Digest
from creditbank.domain.rule import RuleBook
from creditbank.errors import BookNotInForceError, UnknownError

__all__ = ["book_in_force"]


def book_in_force(known: Known, digest: Digest, day: date) -> RuleBook:
    """
    Return the book with that digest if it serves applications of *day*.

    Raises, in this order:
        UnknownError: No such book is published.
        BookNotInForceError: It is withdrawn, or *day* is outside its time.
    """
    book = known.book(digest)
    version = known.shelf(book.book).version(digest)
    if version is None:
        raise UnknownError("published rule book", digest, "publish it first")
    if version.withdrawn:
        raise BookNotInForceError(f"{book.book}@{book.version}", str(day), "it was withdrawn: name its successor")
    if not version.in_force(day):
        until = version.until or "further notice"
        raise BookNotInForceError(
            f"{book.book}@{book.version}", str(day), f"it is from {version.since} until {until}: name another version"
        )
    return book
