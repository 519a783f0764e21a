"""Which version of a rule book serves an application: named by its digest, or picked by the one day that the book asks for."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Final

from creditbank.domain.application import Fact
from creditbank.domain.known import Known
from creditbank.domain.name import Digest
from creditbank.domain.rule import RuleBook
from creditbank.domain.shelf import BookVersion
from creditbank.domain.view.fact import typed
from creditbank.errors import BookNotInForceError, MalformedError, UnknownError

__all__ = ["DIGEST_SIZE", "book_for", "serving", "version_day"]

DIGEST_SIZE: Final = 64
"""Characters of a digest; no id of a book has so many."""

_OF_REQUEST: Final = ("application.applied_on", "application.decided_on")
_OF_ENROLMENT: Final = "learner.enrolled_on"

Day = Callable[[RuleBook], date | None]


def book_for(known: Known, book: str, on: date) -> BookVersion:
    """
    Return the version of the rule book *book* (its id) that is in force on the day *on*.

    Which day that is, is the book's to say (``[dates] version``); an application that names the id is told by it.

    Raises:
        BookNotInForceError: No version is, or the one that was is withdrawn.
    """
    found = next((version for version in known.shelf(book).versions if version.in_force(on)), None)
    if found is None:
        raise BookNotInForceError(book, str(on), "see which versions are published")
    return found


def version_day(book: RuleBook, on: date, enrolled_on: date, facts: Iterable[tuple[str, Fact]]) -> date | None:
    """
    Return the day that picks the version, for an application made *on* that day; None where a fact it asks for is not stated.

    An application is decided on the day it is made, so ``applied_on`` and ``decided_on`` are the same day.

    Raises:
        MalformedError: The fact is no date.
    """
    field = book.dates.version
    if field in _OF_REQUEST:
        return on
    if field == _OF_ENROLMENT:
        return enrolled_on
    fact, kind = dict(facts).get(field), book.field_type(field)
    if fact is None or kind is None:
        return None
    day = typed(field, kind, fact)
    if not isinstance(day, date):
        raise MalformedError(f"{fact!r} is no date", f"fact {field!r}", "write YYYY-MM-DD")
    return day


def serving(known: Known, named: str, day_of: Day) -> tuple[Digest, RuleBook]:
    """
    Return the version that serves an application which names *named*: a version's digest, or a book's id.

    Args:
        day_of: The version date of the application, were a book to decide it (see :func:`version_day`).

    Raises, in this order:
        UnknownError: No book with that digest is published, or none with that id.
        BookNotInForceError: It is withdrawn, or the version date is outside its time; no version, or more than one, is in force.
    """
    if len(named) == DIGEST_SIZE:
        return _named(known, Digest(named), day_of)
    shelf = known.shelf(named)
    if not shelf.versions:
        raise UnknownError("rule book", named, "publish it first")
    found = []
    for version in shelf.versions:
        if version.withdrawn:
            continue
        book = known.book(version.digest)
        day = day_of(book)
        if day is not None and version.in_force(day):
            found.append((version.digest, book, day))
    if not found:
        raise BookNotInForceError(named, "its version date", "no version is; name one by its digest")
    if len(found) > 1:
        # Versions do not overlap, but each says itself which day it goes by.
        said = ", ".join(f"{book.version} for {day}" for _, book, day in found)
        raise BookNotInForceError(named, "one day alone", f"the versions go by different days ({said}); name a digest")
    return found[0][:2]


def _named(known: Known, digest: Digest, day_of: Day) -> tuple[Digest, RuleBook]:
    book = known.book(digest)
    shelf = known.shelf(book.book)
    version = shelf.version(digest)
    if version is None:
        raise UnknownError("published rule book", digest, "publish it first")
    name, day = f"{book.book}@{book.version}", day_of(book)
    if version.withdrawn:
        raise BookNotInForceError(name, str(day), "it was withdrawn: name its successor")
    if day is not None and not version.in_force(day):
        until = version.until or "further notice"
        other = next((f" {one.version}" for one in shelf.versions if one.in_force(day)), " another version")
        raise BookNotInForceError(name, str(day), f"it is from {version.since} until {until}: name{other}")
    return digest, book
