"""
The case that a decision looks at, made from an account: outcomes as sources, courses as targets, what was granted before.

Fields of a source, beside the engine's own: ``level``, ``bank_credits`` (what its issuer says it is worth), ``tier``, ``prize``,
``team``, ``position``, ``major``. Its class is ``course``, ``diploma``, ``<framework>-certificate`` (``x-certificate``),
``contest-award``, ``training``, or ``credit`` for credit that an earlier decision granted.
"""

from datetime import date
from fractions import Fraction

from creditbank.domain.account import Account, StandingItem, lot_of
from creditbank.domain.application import Application, Item
from creditbank.domain.credit import Credit, parse_number
from creditbank.domain.known import Known
from creditbank.domain.name import AccountId, ApplicationId
from creditbank.domain.outcome import ContestAward, CourseResult, Diploma, Outcome, SkillCertificate, Training
from creditbank.domain.programme import Course
from creditbank.domain.rule import Case, CaseItem, HistoryLine, RuleBook
from creditbank.domain.rule.field import Value
from creditbank.domain.view.fact import by_namespace, fitted
from creditbank.errors import MalformedError, StateError, UnknownError

__all__ = ["QUOTE", "case_of"]

Facts = dict[str, Value]

QUOTE = ApplicationId("quote")
"""The id of an application that is only quoted."""


def case_of(known: Known, account: AccountId, application: Application, on: date, *, id: ApplicationId = QUOTE) -> Case:
    """
    Return everything that the book which *application* names may look at, on the day *on*.

    Raises, in this order:
        UnknownError, ErasedError, RestrictedError: The account cannot be read.
        UnknownError: The enrolment or the book is not known; a source is not in the account.
        StateError: A source is revoked.
        MalformedError: A course is in another credit system than the book's; a fact is not of its field's type.
    """
    return _CaseOf(known, account, application, on, id).build()


class _CaseOf:
    """One use: gathers the facts of one case."""

    def __init__(self, known: Known, account: AccountId, application: Application, on: date, id: ApplicationId) -> None:
        self.known = known
        self.held: Account = known.account(account)
        state = self.held.enrolments.get(application.enrolment)
        if state is None:
            raise UnknownError("enrolment", application.enrolment, f"see the statement of {account}")
        self.enrolment = state.enrolment
        self.application = application
        self.book: RuleBook = known.book(application.book)
        self.on = on
        self.id = id
        self.outcomes: dict[str, Facts] = {}
        self.targets: dict[str, Facts] = {}
        self.pairs: dict[tuple[str, str], Facts] = {}
        self.systems: dict[str, Fraction] = {}

    def build(self) -> Case:
        if self.book.system:
            self.systems[self.book.system] = self.known.system(self.book.system).quantum
        for held in self.held.outcomes.values():
            if not held.revoked:
                self.outcomes[held.id] = self.source(held.id, held.outcome)
        items = tuple(self.item(item) for item in self.application.items)
        history = tuple(line for standing in self.held.standing() for line in self.lines(standing))
        spaces = by_namespace(self.book, (*self.enrolment.facts, *self.application.facts))
        programme = self.enrolment.programme
        about: Facts = {"id": programme.id, "kind": programme.kind, "institution": self.enrolment.school}
        if programme.credits is not None:
            about["credits"] = self.amount(programme.credits)
        return Case(
            book=self.application.book,
            act=self.application.act,
            id=self.id,
            application=spaces.get("application", {}) | {"applied_on": self.on},
            learner=spaces.get("learner", {}) | {"enrolled_on": self.enrolment.since},
            programme=spaces.get("programme", {}) | about,
            items=items,
            outcomes=self.outcomes,
            targets=self.targets,
            pairs=self.pairs,
            history=history,
            systems=self.systems,
        )

    # --- sources and targets ------------------------------------------------------------------------------------------

    def amount(self, credit: Credit) -> Fraction:
        system = self.known.system(credit.system)
        self.systems[system.id] = system.quantum
        return system.amount(credit)

    def source(self, id: str, outcome: Outcome) -> Facts:
        facts: Facts = {
            "name": outcome.title,
            "issuer": outcome.issuer,
            "achieved_on": outcome.achieved_on,
            "ended_on": outcome.achieved_on,
        }
        if outcome.credits is not None:
            amount = self.amount(outcome.credits)
            facts |= {"system": outcome.credits.system, "credits": amount, "bank_credits": amount}
        if outcome.expires_on is not None:
            facts["expires_on"] = outcome.expires_on
        if outcome.hours is not None:
            facts["hours"] = Fraction(outcome.hours)
        return fitted(self.book, "source", facts | _own_facts(outcome))

    def granted(self, lot: str) -> Facts:
        """Describe credit that an earlier decision granted and that still stands."""
        for standing in self.held.standing():
            if standing.lot == lot and standing.application.status == "converted":
                courses = standing.item.targets
                book = self.known.book(standing.application.application.book)
                school = self.held.enrolments[standing.application.application.enrolment].enrolment.school
                categories = {category for course in courses for category in course.category}
                credits = standing.result.granted or Fraction(0)
                return {
                    "class": "credit",
                    "name": "、".join(course.name for course in courses),
                    "code": "、".join(course.id for course in courses),
                    "category": tuple(sorted(categories)),
                    "issuer": school,
                    "system": book.system,
                    "credits": credits,
                    "achieved_on": standing.application.agreed[-1]
                    if standing.application.agreed
                    else standing.application.on,
                }
        raise UnknownError("outcome", lot, f"see the statement of {self.held.id}")

    def target(self, course: Course, school: str) -> str:
        """Note a course among the targets and return its id in the case; another school's carries the school's name."""
        id = course.id if school == self.enrolment.school else f"{course.id}@{school}"
        if self.book.system and course.credits.system != self.book.system and school == self.enrolment.school:
            raise MalformedError(
                f"course {course.id!r} is in {course.credits.system!r}",
                "application",
                f"give it in {self.book.system!r}",
            )
        facts: Facts = {
            "kind": "course",
            "name": course.name,
            "category": tuple(sorted(course.category)),
            "compulsory": course.compulsory,
            "credits": self.amount(course.credits),
            "institution": school,
        }
        self.targets.setdefault(id, facts)
        return id

    def item(self, item: Item) -> CaseItem:
        for source in item.sources:
            if source in self.outcomes:
                continue
            revoked = any(held.id == source for held in self.held.outcomes.values())
            if revoked:
                raise StateError("outcome", source, "revoked", "leave it out")
            self.outcomes[source] = self.granted(source)
        targets = tuple(self.target(course, self.enrolment.school) for course in item.targets)
        spaces = by_namespace(self.book, item.facts)
        for source in item.sources:
            for target in targets:
                if "pair" in spaces:
                    self.pairs[source, target] = spaces["pair"]
        return CaseItem(
            id=item.id,
            sources=item.sources,
            targets=targets,
            as_=item.assigned,
            ask=None if item.ask is None else parse_number(item.ask),
            facts=spaces.get("item", {}),
        )

    # --- what was granted before --------------------------------------------------------------------------------------

    def lines(self, standing: StandingItem) -> tuple[HistoryLine, ...]:
        application = standing.application.application
        enrolment = self.held.enrolments[application.enrolment].enrolment
        book = self.known.book(application.book)
        courses = {course.id: self.target(course, enrolment.school) for course in standing.item.targets}
        for lot in standing.result.used:
            if lot not in self.outcomes:
                self.outcomes[lot] = self.granted(lot)
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
            return {"class": "diploma", "form": "formal", "level": outcome.level, "major": outcome.major}
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
