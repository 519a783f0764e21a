"""
A curriculum (培养方案) as a programme's requirements: what its rows say, and by name what they leave open.

Every compulsory course is a requirement; of a track whose name says so many of so many (三选一), so many courses are; a total
that the curriculum asks for is one that shares. Of other courses it does not say how much of them is needed, so nothing is asked,
and that is an oddity. Courses are of the school that publishes the curriculum.
"""

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Final

import attrs

from creditbank.domain.credit import number_text
from creditbank.domain.curriculum import Curriculum, CurriculumCourse
from creditbank.domain.degree.requirement import (
    ROOT,
    DegreeProgramme,
    Group,
    ListedCourse,
    Node,
    Take,
    course_selection,
)
from creditbank.domain.rule.book import Basis, Dates, RuleBook
from creditbank.domain.rule.field import Ref, Value
from creditbank.domain.rule.selection import Among, Selection

__all__ = ["CurriculumOddity", "programme_of"]

_DIGITS: Final = {digit: number for number, digit in enumerate("一二三四五六七八九", 1)} | {"两": 2}
_CHOICE: Final = re.compile(f"([{''.join(_DIGITS)}])选([{''.join(_DIGITS)}])")


@attrs.frozen
class CurriculumOddity:
    """Something that a curriculum leaves open, or says twice; *kind* is one of few."""

    kind: str
    what: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.what}"


def programme_of(curriculum: Curriculum) -> tuple[DegreeProgramme, tuple[CurriculumOddity, ...]]:
    """
    Return the requirements that *curriculum* states, and what is odd about them.

    Of a course in several rows the first counts. Oddities, by kind:

        no-code: A row that no requirement can name.
        credits-differ, nature-differs: One code, several credits; compulsory here and not there.
        compulsory-in-track: It does not say whether the track is a choice.
        choice-of-other: Three to choose from (三选一) are not three.
        no-amount: It does not say how much of these courses.
        no-such-courses: Credits of categories that no course is in all of; nothing is asked.
        no-credits: 0 are taken.
        asks-for-nothing: Not one requirement.
    """
    return _Made(curriculum).programme()


class _Made:
    """One use."""

    def __init__(self, curriculum: Curriculum) -> None:
        self.curriculum = curriculum
        self.oddities: list[CurriculumOddity] = []
        self.courses: dict[str, CurriculumCourse] = {}
        for number, course in enumerate(curriculum.courses, 1):
            if course.code is None:
                self.odd("no-code", f"row {number}, {course.name or 'without a name'}")
                continue
            first = self.courses.setdefault(course.code, course)
            if first.credits != course.credits:
                self.odd("credits-differ", f"{course.code}: {_amount(first)} and {_amount(course)}")
            if first.nature != course.nature:
                self.odd("nature-differs", f"{course.code}: {_place(first)} and {_place(course)}")

    def programme(self) -> tuple[DegreeProgramme, tuple[CurriculumOddity, ...]]:
        parts = (*self.compulsory(), *self.choices(), *self.totals())
        if not parts:
            self.odd("asks-for-nothing", f"{len(self.courses)} courses, no requirement")
        root = Node(ROOT, self.curriculum.name, "", "", None, False, (), Group(None, parts))
        listed = tuple(self.listed(code, course) for code, course in self.courses.items())
        school = self.curriculum.school
        return DegreeProgramme(self.head(), school, None, None, None, root, listed, None), tuple(self.oddities)

    def odd(self, kind: str, what: str) -> None:
        self.oddities.append(CurriculumOddity(kind, what))

    def head(self) -> RuleBook:
        return RuleBook(
            book=self.curriculum.id,
            version=self.curriculum.edition,
            title=self.curriculum.name,
            since=self.curriculum.since,
            until=None,
            acts=("programme",),
            system=self.curriculum.system,
            basis={"curriculum": Basis(self.curriculum.source, "", "")},
            levels={},
            fields={},
            dates=Dates("application.applied_on", "source.achieved_on", "application.applied_on", "clamp"),
            calendars={},
            derive={},
            clauses=(),
        )

    def compulsory(self) -> Iterator[Node]:
        """Yield one requirement with every compulsory course in it."""
        codes = [code for code, course in self.courses.items() if course.compulsory]
        for code in codes:
            if self.courses[code].track is not None:
                self.odd("compulsory-in-track", f"{code}: {self.courses[code].track}")
        parts = tuple(
            _node(f"compulsory.{number}", self.courses[code].name or code, "", self.named(code))
            for number, code in enumerate(codes, 1)
        )
        if parts:
            yield _node("compulsory", "必修课程", "curriculum:必修", Group(None, parts))

    def choices(self) -> Iterator[Node]:
        """Yield a requirement for each track that is a choice; the others are odd."""
        groups: dict[str, list[str]] = {}
        for code, course in self.courses.items():
            if not course.compulsory:
                groups.setdefault(course.track or "", []).append(code)
        for number, (track, codes) in enumerate(groups.items(), 1):
            choice = _CHOICE.search(track)
            if choice is None:
                self.odd("no-amount", f"{track or 'no track'}: {len(codes)} courses")
                continue
            of, count = _DIGITS[choice[1]], _DIGITS[choice[2]]
            if of != len(codes):
                self.odd("choice-of-other", f"{track}: {len(codes)} courses")
            take = Take(self.these(codes), None, None, count, "")
            yield _node(f"choice.{number}", track, f"curriculum:{track}", take)

    def totals(self) -> Iterator[Node]:
        """Yield what the curriculum asks for in total: of all courses, or of those in all of some categories."""
        for number, asked in enumerate(self.curriculum.requirements, 1):
            from_ = self.of_all(asked.category)
            if asked.category and from_ is None:
                self.odd("no-such-courses", f"{asked.name}: {'、'.join(asked.category)}")
                continue
            take = Take(from_, asked.credits, None, None, "")
            made = _node(f"total.{number}", asked.name, "curriculum:学分要求", take)
            yield attrs.evolve(made, shares=True)

    def of_all(self, categories: Sequence[str]) -> Selection | None:
        """Select what is in all of *categories*: of several, the courses that are listed, since a test of tags asks for one."""
        codes = [code for code, course in self.courses.items() if set(categories) <= set(course.category)]
        if len(categories) == 1:
            return Selection(((("source.category", Among(tuple(categories), False, "fail")),),))
        return self.these(codes) if categories and codes else None

    def named(self, code: str) -> Take:
        return Take(course_selection(code, self.curriculum.school), None, None, 1, code)

    def these(self, codes: Sequence[str]) -> Selection:
        """Select the courses *codes* of the school."""
        own = Among((Ref("programme.institution"),), False, "fail")
        return Selection(((("source.code", Among(tuple(codes), False, "fail")), ("source.issuer", own)),))

    def listed(self, code: str, course: CurriculumCourse) -> ListedCourse:
        if course.credits is None:
            self.odd("no-credits", f"{code}: {course.name or 'without a name'}")
        facts: dict[str, Value] = {
            "class": "course",
            "code": code,
            "credits": course.credits or Fraction(0),
            "issuer": self.curriculum.school,
            "system": self.curriculum.system,
        }
        if course.name is not None:
            facts["name"] = course.name
        if course.category:
            facts["category"] = tuple(sorted(set(course.category)))
        return ListedCourse(code, course.credits or Fraction(0), dict(sorted(facts.items())))


def _node(id: str, name: str, basis: str, ask: Take | Group) -> Node:
    return Node(id, name, "", basis, None, False, (), ask)


def _place(course: CurriculumCourse) -> str:
    return f"{course.nature or 'none'} in {course.track or 'no track'}"


def _amount(course: CurriculumCourse) -> str:
    return "none" if course.credits is None else number_text(course.credits)
