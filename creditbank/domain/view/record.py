"""What an account holds, as a degree audit looks at it: outcomes, and the courses that credit was granted for."""

from collections.abc import Iterable, Iterator
from datetime import date
from fractions import Fraction

import attrs

from creditbank.domain.account import Account, HeldEnrolment, StandingItem
from creditbank.domain.degree.record import Holding, Record
from creditbank.domain.degree.requirement import DegreeProgramme
from creditbank.domain.known import Known
from creditbank.domain.name import AccountId
from creditbank.domain.period import add_months
from creditbank.domain.programme import Course
from creditbank.domain.rule.case import Facts
from creditbank.domain.rule.decision import ItemResult
from creditbank.domain.rule.field import Value
from creditbank.domain.view.case import outcome_facts
from creditbank.domain.view.fact import by_namespace, fitted

__all__ = ["NOT_DONE", "Granting", "record_of", "record_with"]

NOT_DONE = frozenset({"waive-attendance"})
"""Modes in which a course is open until it is examined (免修不免考)."""

_ZERO = Fraction(0)


def record_of(known: Known, account: AccountId, programme: DegreeProgramme, on: date) -> Record:
    """
    Return what *account* holds on the day *on*, as *programme* types it.

    Outcomes that were converted count as the courses they became, and not beside them; what an award spent, or an
    application has reserved, counts for nothing. The learner's enrolment in the programme says when it was entered; where there
    is none, the audit says what the learner would lack there.

    Raises, in this order:
        UnknownError: *account* was never opened.
        ErasedError: It was erased.
        RestrictedError: It is stored and secured only.
    """
    held = known.account(account)
    enrolment = _enrolment(held, programme)
    holdings = [*_outcomes(known, held, programme), *_granted(known, held, programme)]
    about: dict[str, Value] = {"id": programme.id}
    learner: Facts = {}
    ends = None
    if enrolment is not None:
        past = enrolment.enrolment
        spaces = by_namespace(programme.head, past.facts)
        learner = spaces.get("learner", {}) | {"enrolled_on": past.since}
        about = spaces.get("programme", {}) | {
            "id": past.programme.id,
            "kind": past.programme.kind,
            "institution": past.school,
        }
        ends = add_months(past.since, past.programme.months, "clamp")
    return Record(on, learner, about, tuple(sorted(holdings, key=_earliest)), ends)


def _earliest(holding: Holding) -> tuple[date, str]:
    day = holding.facts["achieved_on"]
    assert isinstance(day, date), "every outcome has a day"
    return day, holding.id


def _enrolment(held: Account, programme: DegreeProgramme) -> HeldEnrolment | None:
    """Return the learner's last enrolment in *programme*, which may have ended."""
    mine = [
        one
        for one in held.enrolments.values()
        if one.enrolment.programme.id == programme.id and programme.school in (None, one.enrolment.school)
    ]
    return max(mine, key=lambda one: one.enrolment.since, default=None)


def _outcomes(known: Known, held: Account, programme: DegreeProgramme) -> Iterator[Holding]:
    for one in held.outcomes.values():
        if one.revoked or held.spending(one.id):
            continue
        credits = one.outcome.credits
        amount = None if credits is None else known.system(credits.system).amount(credits)
        counts = amount if credits is not None and credits.system == programme.head.system else None
        yield Holding(
            one.id, one.outcome.title, outcome_facts(programme.head, one.outcome, amount), counts or Fraction(0)
        )


def _granted(known: Known, held: Account, programme: DegreeProgramme) -> Iterator[Holding]:
    for standing in held.standing():
        state = standing.application
        enrolment = held.enrolments[state.application.enrolment].enrolment
        decided = state.status == "converted" and state.application.act == "convert"
        if decided and enrolment.programme.id == programme.id and not held.spending(standing.lot):
            yield from _courses(known, standing, enrolment.school, programme)


def _courses(known: Known, standing: StandingItem, school: str, programme: DegreeProgramme) -> Iterator[Holding]:
    """Yield each course that an item was granted for, as an outcome of the school that granted it."""
    system = known.book(standing.application.book).system
    granting = Granting(programme, school, system, standing.application.since)
    return granting.courses(standing.lot, standing.result, standing.item.targets)


@attrs.frozen
class Granting:
    """How a programme looks at what *school* grants, in the credit system *system*, on the day *since*."""

    programme: DegreeProgramme
    school: str
    system: str
    since: date

    def courses(self, lot: str, result: ItemResult, asked: Iterable[Course]) -> Iterator[Holding]:
        """Yield each course of *result*, of an item that asked for *asked*, as an outcome of the school."""
        partly = {target for target, credits in result.make_up if credits}
        courses = {course.id: course for course in asked}
        for target, credits in result.targets:
            id = lot if len(result.targets) == 1 else f"{lot}/{target}"
            whole = target not in partly and result.mode not in NOT_DONE
            yield self.holding(id, target, courses.get(target), credits, whole=whole)

    def holding(self, id: str, code: str, course: Course | None, credits: Fraction, *, whole: bool) -> Holding:
        """Return *credits* for the course *code* as an outcome of the school."""
        name = code if course is None else course.name
        facts: Facts = {
            "class": "credit",
            "code": code,
            "name": name,
            "category": () if course is None else course.category,
            "issuer": self.school,
            "system": self.system,
            "credits": credits,
            "achieved_on": self.since,
            "ended_on": self.since,
        }
        return Holding(id, name, fitted(self.programme.head, "source", facts), credits if self.counts else _ZERO, whole)

    @property
    def counts(self) -> bool:
        """Tell whether its credits are of the programme's system."""
        return self.system == self.programme.head.system


def record_with(record: Record, spent: Iterable[str], courses: Iterable[Holding]) -> Record:
    """Return *record* as it will be with *courses*, and without the outcomes that they spend."""
    gone = set(spent)
    kept = (holding for holding in record.holdings if holding.id not in gone)
    return attrs.evolve(record, holdings=tuple(sorted([*kept, *courses], key=_earliest)))
