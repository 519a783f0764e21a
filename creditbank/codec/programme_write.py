"""The requirements of a programme, written canonically: every default filled in, every number as text."""

from fractions import Fraction

from creditbank.codec.book_selection import write_selection
from creditbank.codec.write import present, write_value
from creditbank.domain.credit import number_text
from creditbank.domain.degree.requirement import DegreeProgramme, Group, ListedCourse, Node, Share, Take
from creditbank.domain.level import Level

__all__ = ["write_programme"]

_Written = dict[str, object]


def write_programme(programme: DegreeProgramme) -> _Written:
    """Return what *programme* says beside its head. What is None is absent; everything else is there."""
    root = programme.requirement
    assert isinstance(root.ask, Group), "a programme asks for all that it lists"
    early = programme.early
    return present(
        {
            "programme": programme.id,
            "school": programme.school,
            "credits": None if programme.credits is None else number_text(programme.credits),
            "counts": None if programme.counts is None else write_selection(programme.counts),
            "repeats": None if programme.repeats is None else write_selection(programme.repeats),
            "floors": [_floor(floor) for floor in root.floors],
            "requirement": [_node(part) for part in root.ask.parts],
            "course": [_course(course) for course in programme.courses],
            "early": None if early is None else {"after": str(early.after), **_node(early.requirement)},
        }
    )


def _node(node: Node) -> _Written:
    return present(
        {
            "id": node.id,
            "name": {"zh": node.zh, "en": node.en},
            "basis": node.basis or None,
            "when": None if node.when is None else write_selection(node.when),
            "shares": node.shares,
            "floors": [_floor(floor) for floor in node.floors],
            **(_group(node.ask) if isinstance(node.ask, Group) else _take(node.ask)),
        }
    )


def _group(group: Group) -> _Written:
    parts = [_node(part) for part in group.parts]
    return {"all": parts} if group.count is None else {"pick": group.count, "of": parts}


def _take(take: Take) -> _Written:
    credits: object = None if take.credits is None else number_text(take.credits)
    if take.share is not None:
        credits = {"percent": number_text(take.share * 100), "of": "programme"}
    if take.course:
        return {"course": take.course, "credits": credits}
    from_ = None if take.from_ is None else write_selection(take.from_)
    return {"credits": credits, "count": take.courses, "from": from_}


def _floor(floor: Share) -> _Written:
    limit: object = {"percent": number_text((floor.share or Fraction(0)) * 100), "of": "counted"}
    if floor.credits is not None:
        limit = number_text(floor.credits)
    return {"where": write_selection(floor.where), floor.word: limit}


def _course(course: ListedCourse) -> _Written:
    """The field of a course says the scheme of its level: it is not written again."""
    return {
        name: value.value if isinstance(value, Level) else write_value(value) for name, value in course.facts.items()
    }
