"""What a bank goes by: its credit systems, versions of rule books, editions of curricula, places that schools offer."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Self

import attrs

from creditbank.domain.credit import CreditSystem
from creditbank.domain.event import (
    BookPublished,
    BookSuperseded,
    BookWithdrawn,
    CreditSystemPublished,
    CurriculumPublished,
    Event,
    SeatsSet,
    SeatTaken,
)
from creditbank.domain.name import Digest, InstitutionId, StreamId, TransferId

__all__ = ["BookShelf", "BookVersion", "Catalogue", "CurriculumEdition", "CurriculumShelf", "Seats"]


@attrs.frozen
class BookVersion:
    """A published version of a rule book, in force ``[since, until)``; its document is *size* bytes with *digest*."""

    version: str
    digest: Digest
    size: int
    since: date
    until: date | None
    withdrawn: bool = False

    @property
    def stands(self) -> bool:
        """Tell whether there is a day on which it is in force: it is not withdrawn, nor superseded wholly."""
        return not self.withdrawn and self.until != self.since

    def in_force(self, day: date) -> bool:
        """Tell whether it may serve an application that *day* decides."""
        return not self.withdrawn and self.since <= day and (self.until is None or day < self.until)


@attrs.frozen
class BookShelf:
    """The versions of one rule book, in the order of their publication."""

    id: StreamId
    versions: tuple[BookVersion, ...] = ()

    def version(self, digest: Digest) -> BookVersion | None:
        """Return the version whose document is *digest*."""
        return next((version for version in self.versions if version.digest == digest), None)

    def after(self, event: Event) -> Self:
        """Return the shelf after *event*."""
        match event:
            case BookPublished():
                version = BookVersion(event.version, event.digest, event.size, event.since, event.until)
                return attrs.evolve(self, versions=(*self.versions, version))
            case BookSuperseded(digest=digest, until=until):
                return self._with(digest, lambda version: attrs.evolve(version, until=until))
            case BookWithdrawn(digest=digest):
                return self._with(digest, lambda version: attrs.evolve(version, withdrawn=True))
            case _:
                raise AssertionError(f"{type(event).__name__} does not belong to a rule book")

    def _with(self, digest: Digest, change: Callable[[BookVersion], BookVersion]) -> Self:
        changed = (change(version) if version.digest == digest else version for version in self.versions)
        return attrs.evolve(self, versions=tuple(changed))


@attrs.frozen
class CurriculumEdition:
    """A published edition of a curriculum."""

    edition: str
    digest: Digest
    since: date


@attrs.frozen
class CurriculumShelf:
    """The editions of one curriculum, in the order of their publication."""

    id: StreamId
    editions: tuple[CurriculumEdition, ...] = ()

    def edition(self, name: str) -> CurriculumEdition | None:
        """Return the edition *name*."""
        return next((edition for edition in self.editions if edition.edition == name), None)

    def after(self, event: Event) -> Self:
        """Return the shelf after *event*."""
        assert isinstance(event, CurriculumPublished), f"{type(event).__name__} does not belong to a curriculum"
        published = CurriculumEdition(event.edition, event.digest, event.since)
        return attrs.evolve(self, editions=(*self.editions, published))


@attrs.frozen
class Catalogue:
    """The credit systems of a bank, by id."""

    id: StreamId
    systems: Mapping[str, CreditSystem] = attrs.field(factory=dict)

    def after(self, event: Event) -> Self:
        """Return the catalogue after *event*."""
        assert isinstance(event, CreditSystemPublished), f"{type(event).__name__} does not belong to a catalogue"
        return attrs.evolve(self, systems={**self.systems, event.system.id: event.system})


@attrs.frozen
class Seats:
    """Places of a school: how many there are, and to which transfers they went."""

    id: StreamId
    school: InstitutionId | None = None
    places: int = 0
    taken: tuple[TransferId, ...] = ()

    @property
    def left(self) -> int:
        """Return how many places are free; never below zero."""
        return max(0, self.places - len(self.taken))

    def after(self, event: Event) -> Self:
        """Return the seats after *event*."""
        match event:
            case SeatsSet(school=school, places=places):
                return attrs.evolve(self, school=school, places=places)
            case SeatTaken(transfer=transfer):
                return attrs.evolve(self, taken=(*self.taken, transfer))
            case _:
                raise AssertionError(f"{type(event).__name__} does not belong to places")
