"""Programmes (专业), their courses (课程), and enrolments (学籍)."""

from datetime import date

import attrs

from creditbank.domain.credit import Credit
from creditbank.domain.name import InstitutionId
from creditbank.errors import MalformedError

__all__ = ["Course", "Enrolment", "Programme"]


@attrs.frozen
class Programme:
    """
    What a learner is enrolled in.

    Attributes:
        id: The school's code for it.
        kind: Such as ``general``, ``vocational-3``, ``five-year``, ``3+4``, ``college-3``; rule books name the kinds.
        months: How long it regularly takes.
        credits: What it takes to complete it, where the school counts credits.
    """

    id: str = attrs.field(validator=attrs.validators.min_len(1))
    name: str
    kind: str
    months: int
    credits: Credit | None = None

    def __attrs_post_init__(self) -> None:
        if self.months <= 0:
            raise MalformedError(f"{self.months} months is no length", f"programme {self.id}", "give a positive number")


@attrs.frozen
class Course:
    """
    A course that a learner asks to be exempted from; stated by the school that applies, which signs it.

    Attributes:
        kind: ``course``, or what else an act is about, such as ``stage`` or ``examination``: rule books name the kinds.
        category: All categories that the curriculum gives it, such as ``("专业课", "专业核心")``.
    """

    id: str = attrs.field(validator=attrs.validators.min_len(1))
    name: str
    category: tuple[str, ...]
    compulsory: bool
    credits: Credit
    kind: str = "course"


@attrs.frozen
class Enrolment:
    """
    A learner in a programme of a school, from *since* until it is ended (学籍).

    Attributes:
        year_group: The year group (年级) at *since*, such as ``高一``.
        facts: What rule books may ask of it besides, such as the score of the entrance examination (中考).
    """

    school: InstitutionId
    programme: Programme
    year_group: str
    since: date
    facts: tuple[tuple[str, str | bool | int], ...] = ()
