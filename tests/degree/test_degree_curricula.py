"""Curricula as requirements: every real plan becomes a tree, and what it leaves open is named."""

import importlib.util
import sys
from collections import Counter
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from pathlib import Path

import attrs
from degree_support import held, record

from creditbank.codec.programme import programme_bytes, programme_from
from creditbank.domain.curriculum import Curriculum, CurriculumCourse, Hours, Requirement
from creditbank.domain.degree.from_curriculum import programme_of
from creditbank.domain.degree.requirement import DegreeProgramme, Group
from creditbank.domain.name import institution_id
from creditbank.planner.degree import audit

SCHOOL = institution_id("keys:school")


def row(
    code: str | None, credits: int | None, nature: str | None = "compulsory", track: str | None = None, *category: str
) -> CurriculumCourse:
    amount = None if credits is None else Fraction(credits)
    hours = Hours(None, ())
    return CurriculumCourse(code, code, nature, category, track, amount, hours, (), None, None, ())  # type: ignore[arg-type] # a nature


def plan(*rows: CurriculumCourse, requirements: tuple[Requirement, ...] = ()) -> Curriculum:
    return Curriculum(
        school=SCHOOL, id="080901", edition="2024", name="计算机", level=None, system="s", since=date(2024, 9, 1),
        courses=rows, requirements=requirements, facts=(), source="somewhere",
    )  # fmt: skip


def ids(programme: DegreeProgramme) -> list[str]:
    return [one.id for one in programme.requirement.walk()]


def test_what_a_plan_says_and_what_it_leaves_open() -> None:
    made, oddities = programme_of(
        plan(
            row("A", 2),
            row("A", 3, "compulsory", "方向一"),
            row("B", 4, "compulsory", "方向一"),
            row(None, 1),
            row("B", 4, "elective", "方向二"),
            row("C", 2, "restricted", "自然科学三选一"),
            row("D", None, "restricted", "自然科学三选一"),
            row("E", 2, "elective", None),
            row("F", 2, None, "任选"),
            row("G", 3, "elective", "任选", "a", "b"),
            requirements=tuple(
                Requirement(name, category, Fraction(9))
                for name, category in (("总学分", ()), ("基础", ("a", "b")), ("甲", ("a",)), ("乙", ("a", "c")))
            ),
        )
    )
    assert ids(made) == [
        "programme",
        "compulsory",
        "compulsory.1",
        "compulsory.2",
        "choice.1",
        "total.1",
        "total.2",
        "total.3",
    ]
    assert [str(oddity) for oddity in oddities] == [
        "credits-differ: A: 2 and 3",
        "no-code: row 4, without a name",
        "nature-differs: B: compulsory in 方向一 and elective in 方向二",
        "compulsory-in-track: B: 方向一",
        "choice-of-other: 自然科学三选一: 2 courses",
        "no-amount: no track: 1 courses",
        "no-amount: 任选: 2 courses",
        "no-such-courses: 乙: a、c",
        "no-credits: D: D",
    ]
    assert programme_from(programme_bytes(made)) == made


def test_a_plan_that_asks_for_nothing_is_odd() -> None:
    made, oddities = programme_of(plan(row("E", 2, "elective")))
    assert [oddity.kind for oddity in oddities] == ["no-amount", "asks-for-nothing"]
    assert made.requirement.ask == Group(None, ())


def test_a_course_of_another_school_is_another_course() -> None:
    made, _ = programme_of(plan(row("A", 2)))
    assert audit(made, record(held("h", 2, code="A", issuer=SCHOOL))).complete
    assert not audit(made, record(held("h", 2, code="A", issuer="keys:other"))).complete


def test_every_real_plan_becomes_a_tree_that_its_own_courses_complete(shared: Callable[[str], Path]) -> None:
    folder = shared("data/cn_hitsz_plans")
    path = Path(__file__).resolve().parents[2] / "examples" / "curricula.py"
    spec = importlib.util.spec_from_file_location("curricula_read", path)
    assert spec is not None
    assert spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    sys.modules["curricula_read"] = example
    spec.loader.exec_module(example)
    kinds: Counter[str] = Counter()
    plans = example.read(folder)
    for number, each in enumerate(plans):
        made, oddities = programme_of(each.curriculum)
        kinds.update(oddity.kind for oddity in oddities)
        assert programme_from(programme_bytes(made)) == made
        rows = {course.code: course for course in reversed(each.curriculum.courses)}
        compulsory = {code for code, course in rows.items() if course.compulsory}
        assert {one.ask.course for one in made.requirement.walk() if not isinstance(one.ask, Group)} - {
            ""
        } == compulsory
        if number % 5:
            continue  # a fifth of them is audited: each takes a moment
        half = [held(one.code, one.credits, code=one.code, issuer=example.SCHOOL) for one in made.courses[::2]]  # type: ignore[arg-type] # an amount
        found = audit(made, record(*half))
        assert found.change is not None
        assert found.proven
        assert {step.course for step in found.change.steps} >= compulsory - {one.id for one in half}
        rest = [held(f"new {step.course}", 1, code=step.course, issuer=example.SCHOOL) for step in found.change.steps]
        assert audit(made, record(*half, *rest)).complete
        assert attrs.asdict(found)
    assert (len(plans), kinds) == (65, Counter({"no-amount": 183, "compulsory-in-track": 104, "nature-differs": 18}))
