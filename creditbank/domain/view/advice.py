"""
Advice to a learner (学习建议): what the account has, what each outcome would be granted under each rule book, what counts already.

Every answer is the engine's own: one outcome for one course, decided by itself, as a quote is. What several of them are granted
together, only an application tells: limits are shared.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Final, assert_never

import attrs

from creditbank.domain.account import Account, HeldEnrolment, HeldOutcome
from creditbank.domain.application import ITEMS_MAX, Application, Item
from creditbank.domain.credit import Credit, CreditSystem, number_text
from creditbank.domain.known import Known
from creditbank.domain.name import AccountId, Digest, InstitutionId, OutcomeId
from creditbank.domain.outcome import (
    TIER_NAMES,
    ContestAward,
    CourseResult,
    Diploma,
    Outcome,
    SkillCertificate,
    Training,
)
from creditbank.domain.programme import Course
from creditbank.domain.rule import Case, RuleBook, decide, workings
from creditbank.domain.rule.explain import Language
from creditbank.domain.rule.explain_told import told
from creditbank.domain.rule.explain_words import Words
from creditbank.domain.view.advice_parts import Advice, Answer, Clause, Counted, Holding, Progress, Rules, Studies
from creditbank.domain.view.case import case_of, served
from creditbank.domain.view.curriculum import courses_of
from creditbank.errors import BookNotInForceError, MalformedError, RefusedError

__all__ = ["QUOTES_MAX", "advise"]

QUOTES_MAX: Final = 20_000
"""Quotes that one advice asks for at most; a page says when that were not all."""

_ACT: Final = "convert"

_LANGUAGES: Final[tuple[Language, Language]] = ("zh", "en")

_STEPS: Final = ("map", "item", "missing", "gate", "worth", "highest", "once", "cap", "score")
"""Families of codes, in the order in which a decision comes to them."""

_SPEAKING: Final = ("map.nothing", "map.ambiguous", "map.too-wide")
"""What maps refuse with that do speak about the outcome; every other code of theirs says that no rule does."""


def advise(known: Known, account: AccountId, books: Iterable[Digest], on: date) -> Advice:
    """
    Return what a learner has, and what it would be granted for courses of the programme, under each of *books* in force.

    Raises, in this order:
        UnknownError, ErasedError, RestrictedError: The account cannot be read.
        UnknownError: A book is not known.
    """
    held = known.account(account)
    asked = {digest: known.book(digest) for digest in books}
    asked = {digest: book for digest, book in asked.items() if _ACT in book.acts}
    free = _free(held, known.catalogue().systems)
    holdings = tuple(_holding(known, held, one, on) for one in held.outcomes.values() if not one.revoked)
    studies = tuple(_StudiesOf(known, held, enrolment, on).told(asked) for enrolment in held.enrolled_at(on))
    rules = tuple(_rules(digest, book) for digest, book in asked.items())
    return Advice(account, on, known.position, free, holdings, studies, rules)


def _rules(digest: Digest, book: RuleBook) -> Rules:
    clauses = (Clause(one.id, one.zh, one.en, book.citation(one.basis)) for one in book.clauses)
    return Rules(digest, _title(book), tuple(clauses))


def _title(book: RuleBook) -> str:
    return f"{book.title} ({book.version})"


def _free(held: Account, systems: Mapping[str, CreditSystem]) -> tuple[tuple[str, str], ...]:
    quanta: dict[str, int] = {}
    for lot in held.lots.values():
        quanta[lot.system] = quanta.get(lot.system, 0) + lot.at("held").quanta
    return tuple((systems[id].name, systems[id].text(Credit(id, quanta[id]))) for id in sorted(quanta))


def _holding(known: Known, held: Account, one: HeldOutcome, on: date) -> Holding:
    outcome, lot = one.outcome, held.lots.get(one.id)
    credits, system = "", ""
    if outcome.credits is not None:
        of = known.system(outcome.credits.system)
        credits, system = of.text(outcome.credits), of.name
    places = () if lot is None else tuple(place for place in lot.places if place != "issued" and lot.at(place))
    over = outcome.expires_on is not None and on >= outcome.expires_on
    return Holding(
        one.id,
        outcome.title,
        _detail(outcome),
        _name(known, outcome.issuer),
        outcome.achieved_on,
        outcome.expires_on,
        credits,
        system,
        places,
        over,
    )


def _detail(outcome: Outcome) -> Words:
    match outcome:
        case CourseResult(grade=grade):
            return (f"成绩 {grade}", f"grade {grade}") if grade else ("", "")
        case SkillCertificate(level=level) | Diploma(level=level):
            return level.value, ""
        case ContestAward(tier=tier, prize=prize):
            return f"{TIER_NAMES[tier]}{'一二三'[prize - 1]}等奖", f"{tier}, prize {prize}"
        case Training(hours=hours):
            return f"{hours} 学时", f"{hours} hours"
        case _:
            assert_never(outcome)


def _name(known: Known, id: InstitutionId) -> str:
    profile = known.stranger(id).profile
    return id if profile is None else profile.name


class _StudiesOf:
    """One use: asks every book about every outcome, for the courses of one programme."""

    def __init__(self, known: Known, held: Account, enrolment: HeldEnrolment, on: date) -> None:
        self.known = known
        self.held = held
        self.enrolment = enrolment
        self.on = on
        programme = enrolment.enrolment.programme.id
        self.mine = [
            item
            for item in held.standing()
            if held.enrolments[item.application.application.enrolment].enrolment.programme.id == programme
            and item.application.application.act == _ACT
        ]
        self.left = QUOTES_MAX
        self.unasked = 0
        self.silent: dict[str, str] = {}

    def told(self, books: Mapping[Digest, RuleBook]) -> Studies:
        courses = self.courses()
        free = [one for one in self.held.outcomes.values() if not one.revoked and not self.spent(one.id)]
        answers = tuple(
            answer
            for one in free
            for digest, book in books.items()
            if (answer := self.answer(one, digest, book, courses or ())) is not None
        )
        past = self.enrolment.enrolment
        return Studies(
            past.programme.id,
            past.programme.name,
            _name(self.known, past.school),
            past.since,
            None if courses is None else len(courses),
            answers,
            tuple(self.counted()),
            tuple(self.progress()),
            tuple(self.silent.items()),
            self.unasked,
        )

    def spent(self, outcome: OutcomeId) -> bool:
        return any(use.redeems for use in self.held.spending(outcome))

    def courses(self) -> Sequence[Course] | None:
        """Return the courses of the learner's curriculum that can be asked for and are not counted yet, each once."""
        found = courses_of(self.known, self.enrolment.enrolment)
        done = {course.id for item in self.mine for course in item.item.targets}
        return None if found is None else tuple(course for course in found.courses if course.id not in done)

    # --- what each book says ------------------------------------------------------------------------------------------

    def answer(self, one: HeldOutcome, digest: Digest, book: RuleBook, courses: Sequence[Course]) -> Answer | None:
        fit = [course for course in courses if course.credits.system == book.system]
        self.unasked += max(0, len(fit) - self.left)
        fit = fit[: self.left]
        self.left -= len(fit)
        granted: list[tuple[Fraction, Course, Case]] = []
        refused: tuple[int, Course, Case] | None = None
        for course, case in self.cases(one, digest, book, fit):
            (result,) = decide(book, case).results
            if result.granted is not None:
                granted.append((result.granted, course, case))
            elif result.refused is not None:
                far = _how_far(result.refused, result.also)
                if far and (refused is None or far > refused[0]):
                    refused = (far, course, case)
        if granted:
            best = max(granted, key=lambda each: each[0])  # the first of several, in the curriculum's order
            amount, course, case = best
            return self.said(
                one, digest, case, course=course.name, granted=number_text(amount), others=len(granted) - 1
            )
        if refused is None:
            return None
        _, course, case = refused
        return self.said(one, digest, case, nearest=course.name)

    def said(
        self,
        one: HeldOutcome,
        digest: Digest,
        case: Case,
        *,
        course: str = "",
        nearest: str = "",
        granted: str = "",
        others: int = 0,
    ) -> Answer:
        book = self.known.book(digest)
        decision, rows = decide(book, case), workings(book, case)
        zh, en = (told(decision, rows, language, case).items[0] for language in _LANGUAGES)
        system = self.known.system(book.system).name
        title = one.outcome.title
        return Answer(one.id, title, digest, _title(book), course, nearest, granted, system, others, zh, en)

    def cases(
        self, one: HeldOutcome, digest: Digest, book: RuleBook, courses: Sequence[Course]
    ) -> Iterator[tuple[Course, Case]]:
        """Yield the case of each course, asked for by itself; a book that cannot be asked is noted."""
        for first in range(0, len(courses), ITEMS_MAX):
            some = courses[first : first + ITEMS_MAX]
            items = tuple(Item(str(number), (one.id,), (course,)) for number, course in enumerate(some))
            application = Application(digest, _ACT, self.enrolment.id, items, ())
            try:
                served(self.known, self.held, application, self.on)
                case = case_of(self.known, self.held.id, application, self.on)
            except BookNotInForceError:
                return  # it is of another time
            except (MalformedError, RefusedError) as error:
                self.silent[_title(book)] = str(error)
                return
            for course, item in zip(some, case.items, strict=True):
                yield course, attrs.evolve(case, items=(item,))

    # --- what counts already ------------------------------------------------------------------------------------------

    def counted(self) -> Iterator[Counted]:
        for item in self.mine:
            credits = dict(item.result.targets)
            for course in item.item.targets:
                pending = item.application.status == "pending"
                yield Counted(course.name, number_text(credits.get(course.id, Fraction(0))), pending)

    def progress(self) -> Iterator[Progress]:
        need = self.enrolment.enrolment.programme.credits
        sums: dict[str, list[Fraction]] = {} if need is None else {need.system: [Fraction(0), Fraction(0)]}
        for item in self.mine:
            system = self.known.book(item.application.book).system
            both = sums.setdefault(system, [Fraction(0), Fraction(0)])
            both[item.application.status == "pending"] += item.result.granted or Fraction(0)
        for id, (granted, pending) in sums.items():
            of = self.known.system(id)
            takes = of.amount(need) if need is not None and need.system == id else None
            yield Progress(granted, pending, takes, of.name)


def _how_far(code: str, also: Sequence[str]) -> int:
    """Rank a refusal by how far the item came; 0 where the book does not speak about the outcome at all."""
    unmapped = any(one.startswith("map.") and one not in _SPEAKING for one in (code, *also))
    family = code.partition(".")[0]
    return 0 if unmapped or family == "book" else (*_STEPS, family).index(family) + 1
