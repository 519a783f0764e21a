"""
What a learner could apply with, and for what: the outcomes that are free to use, and the courses that nothing stands for yet.
"""

from collections.abc import Iterator

import attrs

from creditbank.domain.account import Account, HeldEnrolment
from creditbank.domain.application import Fact
from creditbank.domain.degree.record import Record
from creditbank.domain.degree.requirement import DegreeProgramme, Group, Node, Take
from creditbank.domain.degree.tree import Tree, tree_of
from creditbank.domain.known import Known
from creditbank.domain.name import OutcomeId
from creditbank.domain.programme import Course
from creditbank.domain.view.curriculum import courses_of
from creditbank.errors import UnknownError

__all__ = ["Usable", "usable"]

_STATED = "source."


@attrs.frozen
class Usable:
    """
    What may be applied with, and for.

    Attributes:
        enrolment: The one that would apply.
        outcomes: That stand, and that no award spent; some may be used in part.
        stated: Outcomes left out: an earlier application stated facts about them, which a new one would have to state again.
        courses: In the order of the curriculum, then of the programme; all in the credit system *system*.
    """

    enrolment: HeldEnrolment
    outcomes: tuple[OutcomeId, ...]
    stated: tuple[OutcomeId, ...]
    courses: tuple[Course, ...]
    system: str


def usable(
    known: Known,
    held: Account,
    programme: DegreeProgramme,
    record: Record,
    stated: tuple[tuple[str, Fact], ...] = (),
) -> Usable:
    """
    Return what the learner of *held* could apply with, and for which courses of *programme*, on the day of *record*.

    Courses are those of the curriculum (培养方案) that holds for the learner, and those that the programme lists besides; of these
    a course is compulsory that everything asks for. Left out is what cannot be asked for (without a code, or of no whole
    quanta), and what the learner has done, was granted, or has applied for. *stated* are facts of the application.

    Raises:
        UnknownError: The learner is not enrolled in the programme on that day.
    """
    enrolment = _enrolment(held, programme, record)
    free = [one.id for one in held.outcomes.values() if not one.revoked and not _redeemed(held, one.id)]
    bound = {
        source
        for item in held.standing()
        if any(name.startswith(_STATED) for name, _ in item.item.facts)
        for source in item.sources
    }
    school, tree = enrolment.enrolment.school, tree_of(programme, record, programme.requirement)
    published = courses_of(known, enrolment.enrolment, stated)
    system = programme.head.system if published is None else published.system
    found = {} if published is None else {course.id: course for course in published.courses}
    if system == programme.head.system:
        for course in _listed(known, tree):
            found.setdefault(course.id, course)
    over = _applied_for(held, school) | _passed(tree, school)
    return Usable(
        enrolment,
        tuple(id for id in free if id not in bound),
        tuple(id for id in free if id in bound),
        tuple(course for id, course in found.items() if id not in over),
        system,
    )


def _enrolment(held: Account, programme: DegreeProgramme, record: Record) -> HeldEnrolment:
    mine = [
        one
        for one in held.enrolled_at(record.on)
        if one.enrolment.programme.id == programme.id and programme.school in (None, one.enrolment.school)
    ]
    if not mine:
        raise UnknownError("enrolment", programme.id, f"enrol the learner in it; see the statement of {held.id}")
    return max(mine, key=lambda one: one.enrolment.since)


def _redeemed(held: Account, id: OutcomeId) -> bool:
    return any(use.redeems for use in held.spending(id))


def _applied_for(held: Account, school: str) -> set[str]:
    """Return the courses of *school* that something stands for, decided or on its way."""
    return {
        course.id
        for item in held.standing()
        if held.enrolments[item.application.application.enrolment].enrolment.school == school
        for course in item.item.targets
    }


def _passed(tree: Tree, school: str) -> set[str]:
    """Return the courses of *school* that the learner took there."""
    facts = (one.holding.facts for one in tree.sources.values() if one.held and one.holding.whole)
    return {str(one["code"]) for one in facts if "code" in one and one.get("issuer") == school}


def _listed(known: Known, tree: Tree) -> Iterator[Course]:
    """Yield the courses that the programme lists, as they could be asked for."""
    system, asked = known.system(tree.programme.head.system), set(_asked(tree, tree.root))
    for course in tree.programme.courses:
        if course.credits % system.quantum:
            continue
        category = course.facts.get("category", ())
        tags = category if isinstance(category, tuple) else (category,)
        name = str(course.facts.get("name", course.code))
        credit = system.credit(course.credits)
        yield Course(course.code, name, tuple(str(one) for one in tags), course.code in asked, credit)


def _asked(tree: Tree, node: Node) -> Iterator[str]:
    """Yield the courses without which *node* cannot be met."""
    if not tree.applies[node.id]:
        return
    if isinstance(node.ask, Take):
        yield from (node.ask.course,) if node.ask.course else ()
    elif isinstance(node.ask, Group) and node.ask.count in (None, len(node.ask.parts)):
        for part in node.ask.parts:
            yield from _asked(tree, part)
