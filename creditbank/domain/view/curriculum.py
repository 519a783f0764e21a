"""The curriculum (培养方案) that holds for the learner who applies: its courses, and what a limit takes its share of."""

from typing import Final

import attrs

from creditbank.domain.application import Application, Fact
from creditbank.domain.known import Known
from creditbank.domain.name import curriculum_stream
from creditbank.domain.programme import Course, Enrolment
from creditbank.domain.rule import Cap, CurriculumPart, Floor, RuleBook
from creditbank.domain.rule.clause import Percent
from creditbank.domain.shelf import CurriculumEdition
from creditbank.domain.view.fact import fitted
from creditbank.errors import MalformedError

__all__ = ["AskableCourses", "courses_of", "curriculum_parts", "edition_for"]

EDITION: Final = "programme.edition"
"""The fact, of an application or an enrolment, that names the edition a learner is under."""


@attrs.frozen
class AskableCourses:
    """Courses of a curriculum that can be asked for, each once, in its order and in its credit system."""

    system: str
    courses: tuple[Course, ...]


def courses_of(known: Known, enrolment: Enrolment, stated: tuple[tuple[str, Fact], ...] = ()) -> AskableCourses | None:
    """
    Return the courses of the learner's curriculum that can be asked for; None where no edition holds.

    Nobody can ask for a course without a code, or of no whole quanta. *stated* are facts of the application.
    """
    edition = _edition(known, enrolment, (*enrolment.facts, *stated))
    if edition is None:
        return None
    curriculum = known.curriculum(edition.digest)
    system = known.system(curriculum.system)
    found: dict[str, Course] = {}
    for row in curriculum.courses:
        if row.code is None or row.credits is None or row.credits % system.quantum:
            continue
        credits = system.credit(row.credits)
        course = Course(row.code, row.name or row.code, row.category, bool(row.compulsory), credits)
        found.setdefault(row.code, course)
    return AskableCourses(curriculum.system, tuple(found.values()))


def edition_for(known: Known, enrolment: Enrolment, application: Application) -> CurriculumEdition | None:
    """
    Return the edition of the programme's curriculum that holds for the learner; None where there is none.

    It is the one that the application or the enrolment names (the fact ``programme.edition``); else the newest that was for those
    who entered when this learner did. A curriculum is found by the programme's id.
    """
    return _edition(known, enrolment, (*enrolment.facts, *application.facts))


def _edition(known: Known, enrolment: Enrolment, facts: tuple[tuple[str, Fact], ...]) -> CurriculumEdition | None:
    try:
        stream = curriculum_stream(enrolment.school, enrolment.programme.id)
    except MalformedError:
        return None  # no curriculum can have such an id
    shelf = known.curricula(stream)
    named = dict(facts).get(EDITION)
    if named is not None:
        return shelf.edition(str(named))
    fit = [edition for edition in shelf.editions if edition.since <= enrolment.since]
    return max(fit, key=lambda edition: edition.since, default=None)


def curriculum_parts(
    known: Known, book: RuleBook, enrolment: Enrolment, application: Application
) -> tuple[CurriculumPart, ...]:
    """
    Return the courses of the learner's programme, where a clause of *book* takes a share of some of them.

    Nothing, so that the clause is not decidable (``missing.programme.courses``), where no edition holds, where one of its
    courses has no credits, or where it counts in another credit system than the book.
    """
    if not any(_shares(clause) for clause in book.clauses):
        return ()
    edition = edition_for(known, enrolment, application)
    if edition is None:
        return ()
    curriculum = known.curriculum(edition.digest)
    if curriculum.system != book.system or any(course.credits is None for course in curriculum.courses):
        return ()
    return tuple(attrs.evolve(part, where=fitted(book, "target", part.where)) for part in curriculum.parts())


def _shares(clause: object) -> bool:
    limit = clause.at_most if isinstance(clause, Cap) else clause.limit if isinstance(clause, Floor) else None
    return isinstance(limit, Percent) and limit.of == "selection"
