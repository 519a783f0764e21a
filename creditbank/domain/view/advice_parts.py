"""What advice to a learner (学习建议) consists of; :func:`creditbank.domain.view.advice.advise` makes it."""

from datetime import date
from fractions import Fraction

import attrs

from creditbank.domain.degree.audit import Audit
from creditbank.domain.lot import Place
from creditbank.domain.name import AccountId, Digest, OutcomeId
from creditbank.domain.rule.explain_told import ToldItem
from creditbank.domain.rule.explain_words import Words

__all__ = ["Advice", "Answer", "Clause", "Counted", "Holding", "Planned", "PlannedUse", "Progress", "Rules", "Studies"]


@attrs.frozen
class Holding:
    """
    An outcome of the account that stands.

    Attributes:
        detail: What tells it from others of its title, in Chinese and English: its level, its grade, its hours; both may be empty.
        credits: In the credit system *system*, as text; both empty where it carries none.
        places: Where its credit is: ``held`` is free to use.
        expired: Its last day is over.
    """

    id: OutcomeId
    title: str
    detail: Words
    issuer: str
    achieved_on: date
    expires_on: date | None
    credits: str
    system: str
    places: tuple[Place, ...]
    expired: bool


@attrs.frozen
class Answer:
    """
    What a rule book says to one outcome: the course it would count for with most credits, or, *course* being empty, why for none.

    Attributes:
        digest: Of the rule book.
        book: Its title and version.
        nearest: Where it counts for none, the course for which it came furthest, of which the reasons are; else empty.
        granted: Credits, as text, in the credit system *system*; ``"0"`` where the course is exempted without credit.
        others: For how many more courses it would be granted.
        zh, en: The decision, told.
    """

    outcome: OutcomeId
    title: str
    digest: Digest
    book: str
    course: str
    nearest: str
    granted: str
    system: str
    others: int
    zh: ToldItem
    en: ToldItem


@attrs.frozen
class Counted:
    """A course of the programme that was granted, or is on its way (*pending*), with the credits granted for it."""

    course: str
    credits: str
    pending: bool


@attrs.frozen
class Progress:
    """
    Credits of the programme: what conversions give it, of what it takes; exact, in one credit system.

    Attributes:
        need: None where the enrolment does not say what the programme takes.
    """

    granted: Fraction
    pending: Fraction
    need: Fraction | None
    system: str

    @property
    def missing(self) -> Fraction | None:
        """Return what the programme takes besides; never below zero."""
        return None if self.need is None else max(Fraction(0), self.need - self.granted - self.pending)


@attrs.frozen
class Studies:
    """
    One programme that the learner is enrolled in.

    Attributes:
        code: The programme's id.
        courses: How many courses of the curriculum are not counted yet; None where none is published for this learner.
        answers: By outcome, then by book; a book of which no rule speaks about an outcome says nothing to it.
        silent: Books that could not be asked, and why.
        unasked: How many quotes were too many to ask.
    """

    code: str
    programme: str
    school: str
    since: date
    courses: int | None
    answers: tuple[Answer, ...]
    counted: tuple[Counted, ...]
    progress: tuple[Progress, ...]
    silent: tuple[tuple[str, str], ...]
    unasked: int


@attrs.frozen
class Clause:
    """A clause of a rule book for people: what it says (either may be empty), and where that stands."""

    id: str
    zh: str
    en: str
    citation: str


@attrs.frozen
class Rules:
    """A rule book that was asked: its title and version, and its clauses."""

    digest: Digest
    book: str
    clauses: tuple[Clause, ...]


@attrs.frozen
class Advice:
    """What a learner is told, on the day *on*, as known at *position* entries; *free* by credit system: (name, amount)."""

    account: AccountId
    on: date
    position: int
    free: tuple[tuple[str, str], ...]
    holdings: tuple[Holding, ...]
    studies: tuple[Studies, ...]
    rules: tuple[Rules, ...]


@attrs.frozen
class PlannedUse:
    """
    An item of a plan: which outcomes to apply with, for which courses, under which rule book; and what it is granted, told.

    Attributes:
        granted: Credits, as text, in the credit system *system*.
    """

    digest: Digest
    book: str
    outcomes: tuple[OutcomeId, ...]
    courses: tuple[str, ...]
    granted: str
    system: str
    zh: ToldItem
    en: ToldItem


@attrs.frozen
class Planned:
    """
    What to apply for together (规划), for the programme of id *code*; ``creditbank.planner`` finds it.

    Attributes:
        credits: Of all items together, as text, in the credit system *system*.
        optimal: Nothing gives more; else nothing gives more than *bound*, which is empty where nothing is known.
        forbids: The clauses, as (rule book, id), that together forbid more; empty where everything that is eligible is used,
            None where it is not known.
        after: The degree audit once everything is converted.
    """

    code: str
    items: tuple[PlannedUse, ...]
    credits: str
    system: str
    optimal: bool
    bound: str
    forbids: tuple[tuple[Digest, str], ...] | None
    after: Audit
