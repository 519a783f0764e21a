"""
Curricula (培养方案): the courses of a programme, as its school publishes them.

A curriculum is a document: what it says is what the school wrote, oddities included. What a row does not say is None, and
nothing is filled in; amounts are exact. A correction is a new edition.
"""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import Final, Literal, get_args

import attrs

from creditbank.domain.credit import NUMBER_SIZE_MAX, number_text
from creditbank.domain.name import InstitutionId, StreamId, curriculum_stream, institution_id
from creditbank.domain.rule import CurriculumPart, RuleBook
from creditbank.domain.rule.field import Value
from creditbank.errors import MalformedError

__all__ = [
    "COURSES_MAX",
    "NATURES",
    "Curriculum",
    "CurriculumCourse",
    "Document",
    "Hours",
    "Nature",
    "Requirement",
]

COURSES_MAX: Final = 10_000
"""Rows of one curriculum; the largest we know has 87."""

_STATED: Final = "target."

Nature = Literal["compulsory", "restricted", "elective"]
"""课程性质: 必修, 限选 (so many out of a list), 选修."""

NATURES: Final[tuple[str, ...]] = get_args(Nature)


@attrs.frozen
class Hours:
    """
    Hours of study (学时): in all, and by how they are spent (理论, 实验, …), in the school's words and order.

    Published parts need not add up to the total: :attr:`adds_up` tells.
    """

    total: Fraction | None
    parts: tuple[tuple[str, Fraction], ...]

    def __attrs_post_init__(self) -> None:
        for number in (self.total, *(hours for _, hours in self.parts)):
            _check_number(number, "hours")

    @property
    def adds_up(self) -> bool:
        """Tell whether the parts are exactly the total."""
        return self.total == sum((hours for _, hours in self.parts), Fraction(0))


@attrs.frozen
class CurriculumCourse:
    """
    One row of a curriculum: a course (课程), where and how it is taken.

    Attributes:
        code: The school's course code (课程代码), to the letter; one code may stand in several rows.
        nature: Whether everybody takes it (课程性质).
        category: Every category that the row names (课程类别), such as ``("专业课", "专业核心")``.
        track: The module or track it belongs to (模块, 方向).
        credits: In the credit system of the curriculum; need not be whole quanta.
        terms: The terms recommended for it (建议学期), in the school's words and order.
        assessment: How it is assessed (考核方式), such as ``考试``.
        department: Who offers it (开课单位).
        facts: What the row says besides, by name; also what could not be read, as it was written. What rule books may ask
            of a target is named as they name it: ``("target.unified", "true")``.
    """

    code: str | None
    name: str | None
    nature: Nature | None
    category: tuple[str, ...]
    track: str | None
    credits: Fraction | None
    hours: Hours
    terms: tuple[str, ...]
    assessment: str | None
    department: str | None
    facts: tuple[tuple[str, str], ...]

    def __attrs_post_init__(self) -> None:
        if self.nature is not None and self.nature not in NATURES:
            raise MalformedError(f"{self.nature!r} is no nature", self._where, f"give one of {', '.join(NATURES)}")
        _check_number(self.credits, self._where)

    @property
    def compulsory(self) -> bool | None:
        """Tell whether everybody takes it; None where the row does not say."""
        return None if self.nature is None else self.nature == "compulsory"

    @property
    def _where(self) -> str:
        return f"course {self.code or self.name or ''}".rstrip()


@attrs.frozen
class Requirement:
    """At least *credits* of the courses in all of *category* (学分要求); no category: of all courses."""

    name: str
    category: tuple[str, ...]
    credits: Fraction

    def __attrs_post_init__(self) -> None:
        _check_number(self.credits, f"requirement {self.name}")


@attrs.frozen
class Curriculum:
    """
    The curriculum of a programme in one edition.

    Attributes:
        school: Whose it is; only the school publishes it.
        id: The school's code for the programme: the same in every edition.
        edition: Which one, such as the year of the cohort it is for (``2020``).
        level: Of the programme, in the school's words, such as ``本科``.
        system: The credit system that its credits are in.
        since: The first day it is for.
        courses: Every row, in the order published, none left out.
        requirements: What it asks for in total, where it says so.
        facts: What else it says, by name.
        source: Where it was published.
    """

    school: InstitutionId
    id: str
    edition: str = attrs.field(validator=attrs.validators.min_len(1))
    name: str = attrs.field(validator=attrs.validators.min_len(1))
    level: str | None
    system: str = attrs.field(validator=attrs.validators.min_len(1))
    since: date
    courses: tuple[CurriculumCourse, ...]
    requirements: tuple[Requirement, ...]
    facts: tuple[tuple[str, str], ...]
    source: str = attrs.field(validator=attrs.validators.min_len(1))

    def __attrs_post_init__(self) -> None:
        institution_id(self.school)
        curriculum_stream(self.school, self.id)
        if len(self.courses) > COURSES_MAX:
            raise MalformedError(f"{len(self.courses)} courses", self.id, f"give at most {COURSES_MAX}")

    @property
    def stream(self) -> StreamId:
        """Return the stream in which its editions are published."""
        return curriculum_stream(self.school, self.id)

    def parts(self) -> tuple[CurriculumPart, ...]:
        """
        Return its courses as rule books look at them, for limits that are a share of the programme.

        A course counts once, by its first row, in however many tracks it stands; rows without a code count each.

        Raises:
            MalformedError: A course has no credits, so no share of them can be told.
        """
        seen: set[str] = set()
        found = []
        for course in self.courses:
            if course.code is not None and course.code in seen:
                continue
            if course.code is not None:
                seen.add(course.code)
            if course.credits is None:
                raise MalformedError(
                    "it has no credits", f"{self.stream}, {course.code or course.name}", "publish an edition that says"
                )
            found.append(CurriculumPart(dict(self._target(course, course.credits)), course.credits))
        return tuple(found)

    def _target(self, course: CurriculumCourse, credits: Fraction) -> Iterator[tuple[str, Value]]:
        """Yield the facts of a target, without namespace; what the row does not say is left out."""
        yield from ((name.removeprefix(_STATED), fact) for name, fact in course.facts if name.startswith(_STATED))
        yield from (("kind", "course"), ("institution", self.school))
        yield from (("category", course.category), ("credits", credits))
        if course.code is not None:
            yield from (("id", course.code), ("code", course.code))
        if course.name is not None:
            yield "name", course.name
        if course.compulsory is not None:
            yield "compulsory", course.compulsory


Document = RuleBook | Curriculum
"""What is kept as canonical bytes under its SHA-256, and published by an event that names it."""


def _check_number(number: Fraction | None, where: str) -> None:
    """Refuse what cannot be written, and read again, exactly."""
    if number is None:
        return
    if number < 0:
        raise MalformedError(f"{number_text(number)} is below 0", where, "give zero or more, or nothing")
    if len(number_text(number)) > NUMBER_SIZE_MAX:
        raise MalformedError("a number too long to write", where, f"give at most {NUMBER_SIZE_MAX} characters")
