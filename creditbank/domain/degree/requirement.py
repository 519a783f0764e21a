"""
What a programme asks for before it is completed (毕业要求), as a tree.

A leaf takes courses or credits out of a selection; a group asks for all of its parts, or for so many. An outcome counts in
one leaf of a *pool*; a requirement that ``shares`` is a pool of its own, so that what counts in it may count elsewhere too.
"""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import Final, Literal

import attrs

from creditbank.domain.name import InstitutionId
from creditbank.domain.period import Duration
from creditbank.domain.rule.book import RuleBook
from creditbank.domain.rule.case import Facts
from creditbank.domain.rule.field import Ref, Value
from creditbank.domain.rule.selection import Among, Selection

__all__ = [
    "DEPTH_MAX",
    "LISTED_MAX",
    "NODES_MAX",
    "ROOT",
    "DegreeProgramme",
    "EarlyGraduation",
    "Group",
    "ListedCourse",
    "Node",
    "Share",
    "Take",
    "course_selection",
]

NODES_MAX: Final = 2_000
"""Requirements of one programme; the largest real one that we know has 100."""

DEPTH_MAX: Final = 5
"""Requirements inside each other; canonical JSON has 16 levels, and each takes two."""

ROOT: Final = "programme"
"""The id of the requirement that is all of them together."""

LISTED_MAX: Final = 2_000
"""Courses that one programme lists."""


@attrs.frozen
class Take:
    """
    A leaf: so many credits, or so many courses, or both, out of what *from_* selects (None: anything).

    Attributes:
        credits: In the programme's credit system; None where only courses are counted.
        share: *credits* as a share of the programme's total, such as 3/5; None where they are a number.
        courses: Whole courses; None where only credits are counted.
        course: The code of the one course that it asks for, or the empty text.
    """

    from_: Selection | None
    credits: Fraction | None
    share: Fraction | None
    courses: int | None
    course: str


@attrs.frozen
class Group:
    """*count* of *parts*; None: all of them."""

    count: int | None
    parts: tuple["Node", ...]


@attrs.frozen
class Share:
    """
    Of what counts in the requirement, credits that *where* selects: at least, or at most, so many, or such a share.

    Meeting the limit exactly is enough. Exactly one of *credits* and *share* is given.
    """

    where: Selection
    word: Literal["at_least", "at_most"]
    credits: Fraction | None
    share: Fraction | None


@attrs.frozen
class Node:
    """
    One requirement.

    Attributes:
        id: Unique in the programme.
        zh, en: What people call it; may be empty.
        basis: ``source:article``, or the empty text where what it is part of says it.
        when: For whom it is (``learner.*``, ``programme.*``, ``application.*``); None: everybody.
        shares: What counts in it may also count elsewhere.
        floors: What must hold of all that counts in it.
    """

    id: str
    zh: str
    en: str
    basis: str
    when: Selection | None
    shares: bool
    floors: tuple[Share, ...]
    ask: Take | Group

    def walk(self) -> Iterator["Node"]:
        """Yield this requirement and everything in it, in file order."""
        yield self
        if isinstance(self.ask, Group):
            for part in self.ask.parts:
                yield from part.walk()


@attrs.frozen
class ListedCourse:
    """A course that the programme offers: facts of a source, without namespace, as an outcome of it would have."""

    code: str
    credits: Fraction
    facts: Facts


@attrs.frozen
class EarlyGraduation:
    """Who may leave early (提前毕业): *after* so long in the programme, with what *requirement* asks for."""

    after: Duration
    requirement: Node

    def since(self, entered: Value | None) -> date | None:
        """Return the first day on which who *entered* then may leave; None where that is no day."""
        return self.after.after(entered, "clamp") if isinstance(entered, date) else None


@attrs.frozen
class DegreeProgramme:
    """
    The requirements of a programme, one version of them.

    Attributes:
        head: Its id, version, title, days, sources, levels and fields: a rule book without clauses.
        school: The awarding school (``programme.institution``), or None where any may be.
        credits: What it takes in all, for shares of it; None where it does not say.
        counts: Which outcomes count at all; None: every one.
        repeats: Courses that count each time they are taken; of every other, one result counts once in a pool.
        requirement: The tree; its root asks for all that the document lists.
        courses: What can be taken to complete it, in the order listed; perhaps nothing.
        early: None where nobody leaves early.
    """

    head: RuleBook
    school: InstitutionId | None
    credits: Fraction | None
    counts: Selection | None
    repeats: Selection | None
    requirement: Node
    courses: tuple[ListedCourse, ...]
    early: EarlyGraduation | None

    @property
    def id(self) -> str:
        """Return the id of the programme, the same in every version."""
        return self.head.book

    def need(self, take: Take) -> Fraction | None:
        """Return the credits that *take* asks for, as a number; None where it only counts courses."""
        if take.share is None:
            return take.credits
        assert self.credits is not None, "who reads a share of the total has seen the total"
        return take.share * self.credits


def course_selection(code: str, school: InstitutionId | None) -> Selection:
    """Return what selects the course *code*: of the awarding school, where the programme names it."""
    tests: list[tuple[str, Among]] = [("source.code", Among((code,), False, "fail"))]
    if school is not None:
        tests.append(("source.issuer", Among((Ref("programme.institution"),), False, "fail")))
    return Selection((tuple(tests),))
