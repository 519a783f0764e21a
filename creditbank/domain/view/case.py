"""
The case that a decision looks at, made from an account: outcomes as sources, courses as targets, what was granted before.

Fields of a source, beside the engine's own: ``level``, ``bank_credits`` (what its issuer says it is worth), ``tier``, ``prize``,
``team``, ``position``, ``major``. Its class is ``course``, ``diploma``, ``<framework>-certificate`` (``x-certificate``),
``contest-award``, ``training``, ``credit`` for credit that an earlier decision granted, or ``enrolment`` (学籍): of that a book
may ask what :func:`enrolment_facts` says. A diploma's level is ``study_level``, too. A target is of the kind that its course
says, ``course`` by default.

Facts of an item in the namespaces ``source``, ``target`` and ``pair`` are those of every source, target and pair of that item,
as far as the record says nothing of them: a deposit's own facts stand. What an earlier application stated about sources and
targets that this one does not name holds on, so that limits can count them.
"""

from collections.abc import Container
from datetime import date
from fractions import Fraction

import attrs

from creditbank.domain.account import Account, ApplicationState, HeldEnrolment, StandingItem, lot_of
from creditbank.domain.application import ALL_SOURCES, Application, Item
from creditbank.domain.credit import Credit, parse_number
from creditbank.domain.known import Known
from creditbank.domain.name import AccountId, ApplicationId, Digest, EnrolmentId, OutcomeId
from creditbank.domain.outcome import ContestAward, CourseResult, Diploma, Outcome, SkillCertificate, Training
from creditbank.domain.profile import Profile
from creditbank.domain.programme import Course
from creditbank.domain.rule import Case, CaseItem, HistoryLine, RuleBook
from creditbank.domain.rule.book import COLLECTION_ACTS, CREDIT_ACTS
from creditbank.domain.rule.field import Value
from creditbank.domain.view.book import DIGEST_SIZE, serving, version_day
from creditbank.domain.view.curriculum import curriculum_parts
from creditbank.domain.view.fact import by_namespace, fitted
from creditbank.domain.view.redeemed import used_by
from creditbank.errors import MalformedError, StateError, UnknownError

__all__ = ["QUOTE", "case_again", "case_of", "enrolment_facts", "outcome_facts", "seat_facts", "served"]

Facts = dict[str, Value]

QUOTE = ApplicationId("quote")
"""The id of an application that is only quoted."""


def case_of(known: Known, account: AccountId, application: Application, on: date, *, id: ApplicationId = QUOTE) -> Case:
    """
    Return everything that the book which *application* names may look at, on the day *on*.

    Raises, in this order:
        UnknownError, ErasedError, RestrictedError: The account cannot be read.
        UnknownError: The enrolment or the book is not known.
        BookNotInForceError: The application names a book by its id, and no version serves it.
        UnknownError: A source is not in the account.
        StateError: A source is revoked, or spent on an award; or an award names one that was converted.
        MalformedError: A course is in another credit system than the book's; a fact is not of its field's type.
    """
    held = known.account(account)
    if application.enrolment not in held.enrolments:
        raise UnknownError("enrolment", application.enrolment, f"see the statement of {account}")
    _check_spent(known, held, application)
    named = application.book
    digest = served(known, held, application, on)[0] if len(named) != DIGEST_SIZE else Digest(named)
    return _CaseOf(known, held, application, digest, on, id).build()


def _check_spent(known: Known, held: Account, application: Application) -> None:
    """What an award spends is spent for good: no book needs to say so. And it spends only what is free; who asks is told where."""
    if application.act not in CREDIT_ACTS:
        return
    for source in dict.fromkeys(source for item in application.items for source in item.sources):
        for use in held.spending(source):
            if use.redeems or application.act in COLLECTION_ACTS:
                raise StateError("outcome", source, used_by(known, held, use), "leave it out")


def case_again(known: Known, held: Account, state: ApplicationState, items: Container[str]) -> Case:
    """
    Return the case of an application that was decided, as it would be without what fell since, for *items* of it alone.

    No source of these may have fallen. The others, where they stand, are part of the record.
    """
    asked = state.application
    again = attrs.evolve(
        asked,
        items=tuple(item for item in asked.items if item.id in items),
        waivers=tuple(waiver for waiver in asked.waivers if waiver.item in items),
    )
    out = (*state.undone, *(item.id for item in again.items))
    rest = attrs.evolve(state, undone=out, status="pending" if state.standing else state.status)
    then = held.before(state.entry)
    then = attrs.evolve(then, applications={**then.applications, state.id: rest})
    return _CaseOf(known, then, again, state.book, state.on, state.id).build()


def served(known: Known, held: Account, application: Application, on: date) -> tuple[Digest, RuleBook]:
    """Return the version of the book that *application* names which serves it. Raises as :func:`serving` does."""
    enrolment = held.enrolments[application.enrolment].enrolment
    facts = (*enrolment.facts, *application.facts)
    return serving(known, application.book, lambda book: version_day(book, on, enrolment.since, facts))


def enrolment_facts(known: Known, held: Account, enrolment: HeldEnrolment) -> Facts:
    """
    Return what a book may ask of an enrolment (学籍) as a source, beside the facts that it carries.

        class(=enrolment) kind(of the school) issuer programme programme_kind year_group county city achieved_on since
        transfers (how often this learner was transferred before)
    """
    past = enrolment.enrolment
    profile = known.institution(past.school).profile
    assert profile is not None, "a registered institution has a profile"
    facts: Facts = {
        "class": "enrolment",
        "kind": profile.kind,
        "issuer": past.school,
        "programme": past.programme.id,
        "programme_kind": past.programme.kind,
        "year_group": past.year_group,
        "achieved_on": past.since,
        "since": past.since,
        "transfers": Fraction(sum(state.status == "accepted" for state in held.transfers.values())),
    }
    return facts | seat_facts(profile)


def outcome_facts(book: RuleBook, outcome: Outcome, amount: Fraction | None) -> Facts:
    """Return what *book* may ask of an outcome as a source; *amount* is its credits, in its own system."""
    facts: Facts = {
        "name": outcome.title,
        "issuer": outcome.issuer,
        "achieved_on": outcome.achieved_on,
        "ended_on": outcome.achieved_on,
    }
    if outcome.credits is not None and amount is not None:
        facts |= {"system": outcome.credits.system, "credits": amount, "bank_credits": amount}
    if outcome.expires_on is not None:
        facts["expires_on"] = outcome.expires_on
    if outcome.hours is not None:
        facts["hours"] = Fraction(outcome.hours)
    return fitted(book, "source", facts | _own_facts(outcome))


def seat_facts(profile: Profile) -> Facts:
    """Return where an institution is: its county, and the city that the county is in."""
    return {"county": profile.region, "city": profile.region[:4]} if profile.region else {}


class _CaseOf:
    """One use: gathers the facts of one case."""

    def __init__(
        self, known: Known, held: Account, application: Application, digest: Digest, on: date, id: ApplicationId
    ) -> None:
        self.known = known
        self.held = held
        self.enrolment = held.enrolments[application.enrolment].enrolment
        self.application = application
        self.digest = digest
        self.book: RuleBook = known.book(digest)
        self.on = on
        self.id = id
        self.outcomes: dict[str, Facts] = {}
        self.targets: dict[str, Facts] = {}
        self.pairs: dict[tuple[str, str], Facts] = {}
        self.systems: dict[str, Fraction] = {}
        self.asked: set[str] = set()

    def build(self) -> Case:
        if self.book.system:
            self.systems[self.book.system] = self.known.system(self.book.system).quantum
        for held in self.held.outcomes.values():
            if not held.revoked:
                self.outcomes[held.id] = self.source(held.id, held.outcome)
        for item in self.application.items:
            self.described(item)
        history = tuple(line for standing in self.held.standing() for line in self.lines(standing))
        items = tuple(self.item(item) for item in self.application.items)
        spaces = by_namespace(self.book, (*self.enrolment.facts, *self.application.facts))
        programme = self.enrolment.programme
        about: Facts = {"id": programme.id, "kind": programme.kind, "institution": self.enrolment.school}
        if programme.credits is not None:
            about["credits"] = self.amount(programme.credits)
        return Case(
            book=self.digest,
            act=self.application.act,
            id=self.id,
            application=spaces.get("application", {}) | {"applied_on": self.on, "decided_on": self.on},
            learner=spaces.get("learner", {}) | {"enrolled_on": self.enrolment.since},
            programme=spaces.get("programme", {}) | about,
            items=items,
            outcomes=self.outcomes,
            targets=self.targets,
            pairs=self.pairs,
            history=history,
            calendars={calendar.id: calendar for calendar in self.application.calendars},
            systems=self.systems,
            curriculum=curriculum_parts(self.known, self.book, self.enrolment, self.application),
            waivers=self.application.waivers,
        )

    # --- sources and targets ------------------------------------------------------------------------------------------

    def amount(self, credit: Credit) -> Fraction:
        system = self.known.system(credit.system)
        self.systems[system.id] = system.quantum
        return system.amount(credit)

    def source(self, id: str, outcome: Outcome) -> Facts:
        amount = None if outcome.credits is None else self.amount(outcome.credits)
        return outcome_facts(self.book, outcome, amount)

    def other(self, id: str) -> Facts:
        """Describe an enrolment, or credit that an earlier decision granted and that still stands."""
        enrolment = self.held.enrolments.get(EnrolmentId(id))
        if enrolment is not None:
            stated = by_namespace(self.book, enrolment.enrolment.facts).get("source", {})
            return stated | fitted(self.book, "source", enrolment_facts(self.known, self.held, enrolment))
        return self.granted(id)

    def granted(self, lot: str) -> Facts:
        """Describe credit that an earlier decision granted and that still stands."""
        for standing in self.held.standing():
            if standing.lot == lot and standing.application.status == "converted" and not standing.redeems:
                return self.credit(standing)
        raise UnknownError("outcome", lot, f"see the statement of {self.held.id}")

    def credit(self, standing: StandingItem) -> Facts:
        """Describe what an item was granted."""
        courses = standing.item.targets
        enrolment = self.held.enrolments[standing.application.application.enrolment].enrolment
        return {
            "class": "credit",
            "name": "、".join(course.name for course in courses),
            "code": "、".join(course.id for course in courses),
            "category": tuple(sorted({category for course in courses for category in course.category})),
            "issuer": enrolment.school,
            "system": self.known.book(standing.application.book).system,
            "credits": standing.result.granted or Fraction(0),
            "achieved_on": standing.application.since,
        }

    def fallen(self, id: str) -> Facts:
        """Describe what a final item used and what holds no longer: limits still count it, and nobody holds it."""
        held = self.held.outcomes.get(OutcomeId(id))
        if held is not None:
            return self.source(id, held.outcome) | {"revoked": True}
        application, _, name = id.partition(".")
        state = self.held.applications[ApplicationId(application)]
        item = next(item for item in state.application.items if item.id == name)
        return self.credit(StandingItem(state, item, state.decision.result(name))) | {"revoked": True}

    def target(self, course: Course, school: str, stated: Facts | None = None) -> str:
        """
        Note a course among the targets and return its id in the case; another school's carries the school's name.

        *stated* are the facts that the application states about it.
        """
        id = course.id if school == self.enrolment.school else f"{course.id}@{school}"
        facts: Facts = (stated or {}) | {
            "kind": course.kind,
            "code": course.id,
            "name": course.name,
            "category": tuple(sorted(course.category)),
            "compulsory": course.compulsory,
            "credits": self.amount(course.credits),
            "institution": school,
        }
        self.targets.setdefault(id, facts)
        return id

    def described(self, item: Item) -> None:
        """Note sources and targets of *item*: what is stated about them goes before what the record says."""
        for source in item.sources if item.sources != ALL_SOURCES else ():
            if source in self.outcomes:
                continue
            held = self.held.outcomes.get(OutcomeId(source))
            if held is not None:
                raise StateError("outcome", source, "revoked", "leave it out")
            self.outcomes[source] = self.other(source)
        spaces = by_namespace(self.book, item.facts)
        for source in self.sources(item):
            self.stated(source, spaces.get("source", {}))
            self.asked.add(source)
        for course in item.targets:
            if self.book.system and course.credits.system != self.book.system:
                raise MalformedError(
                    f"course {course.id!r} is in {course.credits.system!r}",
                    "application",
                    f"give it in {self.book.system!r}",
                )
            self.target(course, self.enrolment.school, spaces.get("target"))

    def stated(self, source: str, facts: Facts) -> None:
        """Note what an application states about a source: what the record says of it stands."""
        self.outcomes[source] = facts | self.outcomes[source]

    def sources(self, item: Item) -> tuple[str, ...]:
        return self.everything() if item.sources == ALL_SOURCES else item.sources

    def item(self, item: Item) -> CaseItem:
        """Return an item of which everything is described."""
        sources = self.sources(item)
        spaces = by_namespace(self.book, item.facts)
        targets = tuple(course.id for course in item.targets)
        if "pair" in spaces:
            self.pairs.update({(source, target): spaces["pair"] for source in sources for target in targets})
        return CaseItem(
            id=item.id,
            sources=sources,
            targets=targets,
            as_=item.assigned,
            ask=None if item.ask is None else parse_number(item.ask),
            facts=spaces.get("item", {}),
            marks={part: parse_number(mark) for part, mark in item.marks},
        )

    def everything(self) -> tuple[str, ...]:
        """Return every outcome, and the credit granted for this programme, that no standing item spends."""
        if not self.book.collects(self.application.act):
            raise MalformedError("every source at once", "application", "list the sources: 'all' is for awards")
        programme = self.enrolment.programme.id
        lots = [held.id for held in self.held.outcomes.values() if not held.revoked]
        for standing in self.held.standing():
            about = self.held.enrolments[standing.application.application.enrolment].enrolment
            done = standing.application.status == "converted" and standing.application.application.act == "convert"
            if done and standing.result.granted and about.programme.id == programme:
                lots.append(OutcomeId(standing.lot))
                self.outcomes.setdefault(standing.lot, self.credit(standing))
        return tuple(lot for lot in lots if not self.held.spending(lot))

    # --- what was granted before --------------------------------------------------------------------------------------

    def lines(self, standing: StandingItem) -> tuple[HistoryLine, ...]:
        application = standing.application.application
        enrolment = self.held.enrolments[application.enrolment].enrolment
        book = self.known.book(standing.application.book)
        then = by_namespace(self.book, standing.item.facts, lenient=True)
        courses = {
            course.id: self.target(course, enrolment.school, then.get("target")) for course in standing.item.targets
        }
        for lot in standing.sources:
            if lot not in self.outcomes:
                self.outcomes[lot] = self.fallen(lot) if self.held.fallen(lot) else self.other(lot)
            if lot not in self.asked:
                self.stated(lot, then.get("source", {}))
        assert lot_of(standing.application.id, standing.item.id) == standing.lot
        return tuple(
            HistoryLine(
                application=standing.application.id,
                item=standing.item.id,
                act=application.act,
                as_=standing.item.assigned,
                sources=line.sources,
                target=courses.get(line.target, line.target),
                credits=line.credits,
                worth=line.worth,
                on=standing.application.on,
                programme=enrolment.programme.id,
                institution=enrolment.school,
                book=book.book,
                state="decided" if standing.application.status == "converted" else "reserved",
            )
            for line in standing.result.lines
        )


def _own_facts(outcome: Outcome) -> Facts:
    """Return what only this kind of outcome says."""
    match outcome:
        case CourseResult():
            facts: Facts = {"class": "course", "form": "formal", "code": outcome.code, "category": outcome.category}
            return facts if outcome.grade is None else facts | {"grade": outcome.grade}
        case Diploma():
            facts = {"class": "diploma", "form": "formal", "level": outcome.level, "major": outcome.major}
            # Diplomas are of a level of study (中专, 专科, …) and of no other: books that ask for it mean this one.
            return facts | {"study_level": outcome.level.value}
        case SkillCertificate():
            kind = f"{outcome.level.framework}-certificate"
            return {"class": kind, "form": "non-formal", "level": outcome.level, "category": (outcome.category,)}
        case ContestAward():
            award: Facts = {
                "class": "contest-award",
                "form": "no-fixed-form",
                "tier": outcome.tier,
                "prize": Fraction(outcome.prize),
                "team": outcome.team,
            }
            return award if outcome.position is None else award | {"position": Fraction(outcome.position)}
        case Training():
            return {"class": "training", "form": "non-formal", "category": (outcome.category,)}
