"""A plan, as the page of advice tells it (:func:`creditbank.domain.view.advice_page.advice_page`)."""

from collections.abc import Iterable, Iterator

from creditbank.domain.application import Application
from creditbank.domain.credit import number_text
from creditbank.domain.known import Known
from creditbank.domain.name import Digest, OutcomeId
from creditbank.domain.rule import Decision, workings
from creditbank.domain.rule.explain_told import told
from creditbank.domain.view.advice_parts import Planned, PlannedUse
from creditbank.domain.view.case import case_of
from creditbank.planner.result import names_of
from creditbank.planner.solver import ClauseKey
from creditbank.planner.study import StudyPlan

__all__ = ["planned"]


def planned(known: Known, found: StudyPlan) -> Planned:
    """Return *found* with names and reasons, as a page tells it; *known* is what it was planned by."""
    plan = found.plan
    items = [
        one
        for application, decision in zip(found.applications, plan.decisions, strict=True)
        for one in _uses(known, found, application, decision)
    ]
    bound = "" if plan.bound is None else number_text(plan.bound)
    return Planned(
        code=found.programme,
        items=tuple(items),
        credits=number_text(plan.credits),
        system=known.system(plan.system).name,
        optimal=plan.optimal,
        bound=bound,
        forbids=None if plan.forbids is None else tuple(_forbidding(known, found.books, plan.forbids)),
        after=found.after,
    )


def _uses(known: Known, found: StudyPlan, application: Application, decision: Decision) -> Iterator[PlannedUse]:
    book = known.book(Digest(decision.book))
    case = case_of(known, found.account, application, found.on)
    rows = workings(book, case)
    both = (told(decision, rows, "zh", case).items, told(decision, rows, "en", case).items)
    system = known.system(book.system).name
    for item, result, zh, en in zip(application.items, decision.results, *both, strict=True):
        assert result.granted is not None, "everything planned is granted"
        names = tuple(course.name for course in item.targets)
        yield PlannedUse(
            Digest(decision.book),
            f"{book.title} ({book.version})",
            tuple(OutcomeId(source) for source in item.sources),
            names,
            number_text(result.granted),
            system,
            zh,
            en,
        )


def _forbidding(known: Known, books: Iterable[Digest], clauses: Iterable[ClauseKey]) -> Iterator[tuple[Digest, str]]:
    """Yield *clauses* with the digest of each one's book."""
    asked = tuple(books)
    digests = dict(zip(names_of([known.book(digest) for digest in asked]), asked, strict=True))
    yield from ((digests[book], id) for book, id in clauses)
