"""Applications (申请), line by line, and offers of a transfer (转学)."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import attrs

from creditbank.domain.name import EnrolmentId, InstitutionId, StreamId
from creditbank.domain.period import Calendar
from creditbank.domain.programme import Course, Programme
from creditbank.domain.rule.case import Waiver
from creditbank.errors import MalformedError

__all__ = ["ALL_SOURCES", "Application", "Fact", "Item", "TransferOffer"]

Fact = str | bool | int
"""A fact as it is written down; the rule book says which type a field has (dates and exact numbers are text)."""

ITEMS_MAX = 64

ALL_SOURCES: Final = ("all",)
"""The sources of an item of an award that counts everything."""


def _facts_sorted(facts: Sequence[tuple[str, Fact]], where: str) -> None:
    names = [name for name, _ in facts]
    if names != sorted(set(names)):
        raise MalformedError("facts are not in order, or one stands twice", where, "sort them by name, each once")


@attrs.frozen
class Item:
    """
    One line of an application (申请项): these sources together for these courses.

    Attributes:
        sources: Outcomes of the account, credit granted before (``<application>.<item>``), or enrolments. ``("all",)`` in an award
            or a programme: every outcome, and the credit granted for this programme, that is not spent.
        targets: The courses asked for, or what stands in their place: a stage, an examination.
        assigned: What the credit should count as, where a book leaves the choice.
        ask: The credits asked for, as text, where less than everything is wanted.
        facts: What the applicant states, named in full: of the item, of its targets and pairs, and of its sources as far as
            their deposits do not say it (``source.assessed``).
        marks: What was scored in each part of an examination, as exact text.
    """

    id: str = attrs.field(validator=attrs.validators.min_len(1))
    sources: tuple[str, ...]
    targets: tuple[Course, ...]
    assigned: str | None = None
    ask: str | None = None
    facts: tuple[tuple[str, Fact], ...] = ()
    marks: tuple[tuple[str, str], ...] = ()

    def __attrs_post_init__(self) -> None:
        where = f"item {self.id!r}"
        if not self.sources or len(set(self.sources)) != len(self.sources):
            raise MalformedError("an item names each of its sources once", where, "give one source or more")
        if "." in self.id:
            raise MalformedError("an item's id holds a dot", where, "leave the dot out")
        _facts_sorted(self.facts, where)
        _facts_sorted(self.marks, f"{where}, marks")


@attrs.frozen
class Application:
    """
    What is asked of a rule book, for one enrolment.

    Attributes:
        book: The digest of the rule book's version; or the book's id, and its version date picks the version.
        act: One of the book's acts, such as ``convert``.
        parties: Who stands for each role of the book's chain, ``(role, institution)``.
        waivers: Clauses that a role lets an item pass. Its institution signs: it applies itself, or has to agree.
        calendars: Terms by which the book counts and which it does not define: the school's own (校历), signed with the rest.
    """

    book: str
    act: str
    enrolment: EnrolmentId
    items: tuple[Item, ...]
    parties: tuple[tuple[str, InstitutionId], ...]
    facts: tuple[tuple[str, Fact], ...] = ()
    waivers: tuple[Waiver, ...] = ()
    calendars: tuple[Calendar, ...] = ()

    def __attrs_post_init__(self) -> None:
        if not 1 <= len(self.items) <= ITEMS_MAX:
            raise MalformedError(f"{len(self.items)} items", "application", f"ask for 1 to {ITEMS_MAX} items")
        if len({item.id for item in self.items}) != len(self.items):
            raise MalformedError("two items have one id", "application", "give each item its own id")
        if len({calendar.id for calendar in self.calendars}) != len(self.calendars):
            raise MalformedError("a calendar is given twice", "application", "give each calendar once")
        if len({role for role, _ in self.parties}) != len(self.parties):
            raise MalformedError("a role is bound twice", "application", "bind each role once")
        ids = {item.id for item in self.items}
        if len(set(self.waivers)) != len(self.waivers) or not {waiver.item for waiver in self.waivers} <= ids:
            raise MalformedError(
                "a waiver stands twice, or is for no item", "application", "waive for items of this one"
            )
        _facts_sorted(self.facts, "application")

    def party(self, role: str) -> InstitutionId | None:
        """Return who stands for *role*."""
        return next((institution for name, institution in self.parties if name == role), None)


@attrs.frozen
class TransferOffer:
    """
    A pupil's transfer between schools (转学/互转), as the sending school puts it.

    Attributes:
        book: The digest of the rule book under which it is decided (act ``transfer``); or the book's id.
        enrolment: The enrolment that would end.
        to: The receiving school.
        programme: The programme there; *year_group* the one the pupil would join.
        seats: The receiving school's stream of places.
        starts_on: The first day there.
        facts: What the book asks besides: the window, the test, what the county lacks.
    """

    book: str
    enrolment: EnrolmentId
    to: InstitutionId
    programme: Programme
    year_group: str
    seats: StreamId
    starts_on: date
    facts: tuple[tuple[str, Fact], ...] = ()

    def __attrs_post_init__(self) -> None:
        _facts_sorted(self.facts, "transfer offer")
