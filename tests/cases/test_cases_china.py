"""Cases A2 and A5 through the public API of a bank: a Guangdong college's conversion, a Hangzhou college's elective credits."""

from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction
from itertools import count

import attrs
import pytest

import creditbank as cb
from creditbank.domain.outcome import Tier
from creditbank.rulebooks import read
from creditbank.testing.town import COLLEGE_CREDIT, Town, small_town


@attrs.frozen
class Desk:
    """A town whose bank has published one more book; items are answered one application at a time."""

    town: Town
    book: cb.Digest
    _numbers: Iterator[int] = attrs.field(factory=count)

    def deposit(self, outcome: cb.Outcome) -> str:
        return self.town.bank.record(
            self.town.request(self.town.assessor), cb.deposit, self.town.learner, outcome
        ).event.id

    def ask(self, *items: tuple[Sequence[str], cb.Course]) -> tuple[cb.ItemResult, ...]:
        """Record an application of these items, (sources, course), which the book decides as it was quoted."""
        town, bank = self.town, self.town.bank
        listed = tuple(cb.Item(str(next(self._numbers)), tuple(sources), (course,)) for sources, course in items)
        application = cb.Application(self.book, "convert", town.enrolment, listed, ())
        quoted = cb.quote(bank.known(), town.learner, application, bank.today())
        decided = bank.record(town.request(town.college), cb.convert, town.learner, application).event.decision
        assert [(one.granted, one.refused) for one in decided.results] == [
            (one.granted, one.refused) for one in quoted.results
        ]
        return decided.results


def desk(book: str) -> Desk:
    town = small_town()
    return Desk(town, town.bank.publish(town.request(town.operator), read(book)))


def answers(results: Sequence[cb.ItemResult]) -> list[str]:
    return [one.refused or str(one.granted) for one in results]


def award(town: Town, credits: str | None, tier: Tier = "national", prize: int = 1) -> cb.ContestAward:
    return cb.ContestAward(
        title="技能大赛",
        issuer=town.assessor,
        achieved_on=date(2025, 6, 1),
        credits=None if credits is None else COLLEGE_CREDIT.credit(credits),
        tier=tier,
        prize=prize,
        team=False,
    )


# --- A2: once only, no leftover, fixed grade, category caps (D3) --------------------------------------------------------------

# 90 credits of 专业课 and 40 of 公共课: the caps are 18 and 8.
PROGRAMME = {"专业课": (10,) * 9, "公共课": (5,) * 8}


def row(code: str, category: str, credits: int) -> cb.CurriculumCourse:
    hours = cb.Hours(None, ())
    return cb.CurriculumCourse(
        code, code, "compulsory", (category,), None, Fraction(credits), hours, (), None, None, ()
    )


def guangdong() -> Desk:
    opened = desk("guangdong-outcome-conversion")
    rows = tuple(
        row(f"{category}{number}", category, credits)
        for category, all_credits in PROGRAMME.items()
        for number, credits in enumerate(all_credits)
    )
    college = opened.town.college
    curriculum = cb.Curriculum(
        college, "550101", "2024", "艺术设计", None, "cn-college", date(2024, 9, 1), rows, (), (), "school"
    )
    opened.town.bank.publish(opened.town.request(college), curriculum)
    return opened


def course(credits: str, *category: str) -> cb.Course:
    name = f"{'、'.join(category)} {credits}"
    return cb.Course(name, name, category, True, COLLEGE_CREDIT.credit(credits))


def test_a2_leftover_is_lost_and_an_outcome_is_used_once() -> None:
    at = guangdong()
    source = at.deposit(award(at.town, "4"))
    (result,) = at.ask(([source], course("3", "专业课")))
    assert (result.granted, result.forfeited, result.grade, result.mode) == (3, 1, "90", "credit")
    assert answers(at.ask(([source], course("1", "公共课")))) == ["once.outcome-used"]
    assert cb.balance(at.town.bank.known(), at.town.learner)["cn-college"] == COLLEGE_CREDIT.credit("3")
    assert at.town.bank.verify().ok


def test_a2_an_outcome_must_reach_the_course() -> None:
    at = guangdong()
    source = at.deposit(award(at.town, "4"))
    assert answers(at.ask(([source], course("5", "专业课")))) == ["worth.insufficient"]
    assert answers(at.ask(([source], course("4", "专业课")))) == ["4"]


@pytest.mark.parametrize(("more", "expected"), [("2", "2"), ("2.5", "cap.category"), ("3", "cap.category")])
def test_a2_a_fifth_of_the_major_courses(more: str, expected: str) -> None:
    at = guangdong()
    first, second = at.deposit(award(at.town, "16")), at.deposit(award(at.town, "3"))
    assert answers(at.ask(([first], course("16", "专业课")))) == ["16"]
    (result,) = at.ask(([second], course(more, "专业课")))
    assert answers([result]) == [expected]
    if expected == "cap.category":
        assert [(one.test, one.limit) for one in result.compared] == [("at_most", "18")]
    # general courses have a share of their own
    assert answers(at.ask(([at.deposit(award(at.town, "8"))], course("8", "公共课")))) == ["8"]
    assert answers(at.ask(([at.deposit(award(at.town, "1"))], course("0.5", "公共课")))) == ["cap.category"]
    assert at.town.bank.verify().ok


def test_a2_political_and_physical_education_are_not_convertible() -> None:
    at = guangdong()
    source = at.deposit(award(at.town, "4"))
    asked = [([source], course("2", "公共课", subject)) for subject in ("思政", "体育")]
    assert answers(at.ask(*asked)) == ["gate.not-convertible"] * 2


# --- A5: hour blocks and decimals (D9) -----------------------------------------------------------------------------------------

ELECTIVES = cb.Course("任选课", "任选课", ("任选课",), False, COLLEGE_CREDIT.zero, kind="pool")


def certificate(town: Town, title: str, level: cb.Level) -> cb.SkillCertificate:
    return cb.SkillCertificate(
        title=title, issuer=town.assessor, achieved_on=date(2025, 6, 1), level=level, category="通用"
    )


@pytest.mark.parametrize(
    ("hours", "lectures", "total"), [(76, "2", "13.5"), (68, "2", "13.5"), (67, "1", "12.5"), (33, "no", "11.5")]
)
def test_a5_certificates_lectures_and_prizes_add_up(hours: int, lectures: str, total: str) -> None:
    at = desk("hangzhou-elective-credits")
    town = at.town
    outcomes: tuple[cb.Outcome, ...] = (
        certificate(town, "数控车工", cb.Level("skill", "高级")),
        certificate(town, "大学英语四级", cb.Level("language", "四级")),
        cb.Training(title="讲座", issuer=town.assessor, achieved_on=date(2025, 6, 1), hours=hours, category="讲座"),
        award(town, None, "province", 2),
        award(town, None, "school", 1),
    )
    sources = [at.deposit(outcome) for outcome in outcomes]
    results = at.ask(*(([source], ELECTIVES) for source in sources))
    refused = "worth.insufficient"
    assert answers(results) == ["5", "4", refused if lectures == "no" else lectures, "2", "1/2"]
    assert cb.balance(town.bank.known(), town.learner)["cn-college"] == COLLEGE_CREDIT.credit(total)
    assert answers(at.ask(([sources[0]], ELECTIVES))) == ["once.outcome-used"]
    assert town.bank.verify().ok
