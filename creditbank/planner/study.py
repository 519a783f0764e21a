"""
The plan of a learner in a programme: what to apply for, under every book that the bank has, so that least is missing then.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

import attrs

from creditbank.domain.application import ITEMS_MAX, Application, Fact, Item
from creditbank.domain.credit import number_text
from creditbank.domain.degree.audit import Audit
from creditbank.domain.degree.requirement import DegreeProgramme
from creditbank.domain.known import Known
from creditbank.domain.name import AccountId, ApplicationId, Digest
from creditbank.domain.period import Calendar
from creditbank.domain.rule.book import RuleBook
from creditbank.domain.rule.view import View
from creditbank.domain.view.case import case_of, served
from creditbank.domain.view.record import Granting, record_of
from creditbank.domain.view.usable import Usable, usable
from creditbank.errors import MalformedError, RefusedError
from creditbank.planner.degree import audit, audited
from creditbank.planner.result import Plan
from creditbank.planner.search import plan_views
from creditbank.planner.toward import Aim
from creditbank.planner.way import Reach

__all__ = ["StudyPlan", "plan"]

_ACT = "convert"


@attrs.frozen
class StudyPlan:
    """
    What a learner should apply for (规划), and what the programme asks for then.

    Attributes:
        plan: The items, under which books, and how sure that is.
        applications: The same, ready to be applied for: one a book, in the order of the plan's decisions. Whom each role of a
            chain is bound to is for the school to add.
        books: Those that were asked, in that order.
        before, after: The degree audit today, and when everything planned is converted.
        unasked: Books that were left out, by title and version, and why.
    """

    account: AccountId
    programme: str
    on: date
    plan: Plan
    applications: tuple[Application, ...]
    books: tuple[Digest, ...]
    before: Audit
    after: Audit
    unasked: tuple[tuple[str, str], ...]


def plan(
    known: Known,
    account: AccountId,
    programme: DegreeProgramme,
    books: Iterable[Digest],
    on: date,
    *,
    facts: tuple[tuple[str, Fact], ...] = (),
    calendars: tuple[Calendar, ...] = (),
    why: bool = True,
) -> StudyPlan:
    """
    Return the best use of the outcomes of *account* for courses of *programme*, under all *books* at once (规划); records nothing.

    Args:
        books: By digest; those that are not in force, decide no conversions, or count in another credit system than the
            courses are left out, and the plan says so.
        on: The day on which the plan would be applied for.
        facts, calendars: What the applications would state.
        why: Also say which clauses forbid more.

    Raises, in this order:
        UnknownError, ErasedError, RestrictedError: The account cannot be read.
        MalformedError: The account holds too much, or amounts that no common fraction holds.
        UnknownError: The learner is not enrolled in the programme on that day; a book is not known.
    """
    held = known.account(account)
    record = record_of(known, account, programme, on)
    before, homes = audited(programme, record)
    use = usable(known, held, programme, record, facts)
    asking = _Asking(known, account, use, on, facts, calendars)
    views = {digest: asking.view(digest, known.book(digest)) for digest in books}
    asked = {digest: view for digest, view in views.items() if view is not None}
    granting = Granting(programme, use.enrolment.enrolment.school, use.system, on)
    aim = Aim(programme, record, {course.id: course for course in use.courses}, granting, before, homes)
    found = plan_views(
        [(view, asking.reach(view)) for view in asked.values()],
        system=use.system,
        items_max=ITEMS_MAX,
        aim=None if before.change is None else aim,
        why=why,
    )
    if use.stated:
        found = attrs.evolve(found, open=("stated", *found.open), bound=None, least=None, forbids=None)
    found, after = judged(found, aim)
    return StudyPlan(
        account,
        programme.id,
        on,
        found,
        tuple(asking.applications(found)),
        tuple(asked),
        before,
        after,
        tuple(asking.unasked),
    )


def judged(found: Plan, aim: Aim) -> tuple[Plan, Audit]:
    """Return *found*, which claims nothing where something else is missing then than it says; and the audit then."""
    after = audit(aim.programme, aim.record_after(found.decisions))
    missing = None if after.change is None else (after.change.credits, after.change.courses)
    if found.least in (None, missing):
        return found, after
    return attrs.evolve(found, open=(*found.open, "requirements"), bound=None, least=None, forbids=None), after


@attrs.define
class _Asking:
    """One use: builds the cases that the bank would build, and the applications."""

    known: Known
    account: AccountId
    use: Usable
    on: date
    facts: tuple[tuple[str, Fact], ...]
    calendars: tuple[Calendar, ...]
    count: int = 0
    unasked: list[tuple[str, str]] = attrs.field(factory=list)

    def application(self, book: Digest, items: Sequence[Item]) -> Application:
        return Application(
            book, _ACT, self.use.enrolment.id, tuple(items), (), facts=self.facts, calendars=self.calendars
        )

    def view(self, digest: Digest, book: RuleBook) -> View | None:
        """Return a case of everything that could be asked for under *book*; None, and why, where nothing can be."""
        why = ""
        if _ACT not in book.acts:
            why = f"it decides {', '.join(book.acts)}, not {_ACT}"
        elif book.system != self.use.system:
            why = f"it grants {book.system!r}, and the courses are in {self.use.system!r}"
        elif not self.use.outcomes:
            why = "there is no outcome to apply with"
        else:
            everything = self.application(digest, [Item("1", self.use.outcomes, self.use.courses)])
            try:
                served(self.known, self.known.account(self.account), everything, self.on)
                id = ApplicationId(f"plan {self.count + 1}")
                case = case_of(self.known, self.account, everything, self.on, id=id)
            except (MalformedError, RefusedError) as error:
                why = str(error)
            else:
                self.count += 1
                return View(book, case)
        self.unasked.append((f"{book.title} ({book.version})", why))
        return None

    def reach(self, view: View) -> Reach:
        """Return what may be planned with, of all that is in the case."""
        courses = {course.id for course in self.use.courses}
        return Reach(
            tuple(id for id in view.case.outcomes if id in self.use.outcomes),
            tuple(id for id in view.case.targets if id in courses),
        )

    def applications(self, found: Plan) -> Iterator[Application]:
        """Yield what to apply for, one application for each decision."""
        courses = {course.id: course for course in self.use.courses}
        planned = {one.item.id: one.item for one in found.items}
        for decision in found.decisions:
            asked = [planned[result.item] for result in decision.results]
            items = [
                Item(
                    item.id,
                    item.sources,
                    tuple(courses[target] for target in item.targets),
                    ask=None if item.ask is None else number_text(item.ask),
                )
                for item in asked
            ]
            yield self.application(Digest(decision.book), items)
