"""Case A10 and the stage gates through a bank: what one application found, the next one meets in the record."""

from collections.abc import Sequence
from datetime import date, timedelta

import attrs
import pytest

import creditbank as cb
from creditbank.domain.application import ALL_SOURCES, Fact
from creditbank.domain.credit import parse_number
from creditbank.domain.event import Applied
from creditbank.domain.name import AccountId, EnrolmentId, InstitutionId
from creditbank.testing.world import HIGH, OPERATOR, VOCATIONAL, World, shipped_book

CREDIT = cb.CreditSystem("cn-secondary-vocational", parse_number("0.5"), "中职学分", None)
NOTHING = CREDIT.credit(parse_number("0"))
Facts = Sequence[tuple[str, Fact]]


@attrs.frozen
class Pupil:
    """A pupil of the vocational school, in a programme of some kind, and the rule book that decides."""

    world: World
    account: AccountId
    enrolment: EnrolmentId
    book: str

    def learned(self, credits: int, issuer: InstitutionId = VOCATIONAL, *category: str) -> None:
        """Deposit a course of *issuer*, completed today."""
        day = self.world.clock.day
        amount = CREDIT.credit(parse_number(str(credits)))
        title = f"课程{len(self.world.bank.known().account(self.account).outcomes)}"
        self.world.deposit(
            self.account,
            cb.CourseResult(
                title=title, issuer=issuer, achieved_on=day, credits=amount, code=title, category=category or ("课程",)
            ),
        )

    def asked(self, act: str, item: cb.Item, facts: Facts = ()) -> cb.ItemResult:
        """Apply, after asking for a quote: they say the same, and anybody can verify it."""
        bank = self.world.bank
        made = cb.Application(self.book, act, self.enrolment, (item,), (), tuple(sorted(facts)))
        quoted = cb.quote(bank.known(), self.account, made, self.world.clock.day)
        event = self.world.record(VOCATIONAL, cb.convert, self.account, made).event
        assert isinstance(event, Applied)
        (result,) = event.decision.results
        assert quoted.results == (result,)
        assert bank.verify().ok
        return result

    def graduated(self, facts: Facts = ()) -> cb.ItemResult:
        diploma = cb.Course("diploma", "毕业证书", (), False, NOTHING, "qualification")
        return self.asked("award", cb.Item("1", ALL_SOURCES, (diploma,), facts=tuple(facts)))


def pupil(book: str, kind: str = "vocational-3", facts: Facts = ()) -> Pupil:
    world = World.founded()
    world.record(OPERATOR, cb.publish_system, CREDIT)
    world.bank.publish(world.request(OPERATOR), shipped_book(book))
    account = world.open(1)
    enrolment = attrs.evolve(
        world.enrolment(VOCATIONAL), programme=cb.Programme("p", "机电", kind, 36, None), facts=tuple(sorted(facts))
    )
    entered = world.record(VOCATIONAL, cb.enrol, account, enrolment).event
    return Pupil(world, account, entered.id, book)


@pytest.mark.parametrize(
    ("kind", "own", "partner", "refused"),
    [
        ("vocational-3", 101, 69, "floor.residency"),
        ("vocational-3", 102, 68, None),
        ("vocational-3", 102, 67, "floor.total"),
        ("3+2", 200, 69, "floor.total"),
        ("3+2", 200, 70, None),
    ],
)
def test_a10_own_school_and_total(kind: str, own: int, partner: int, refused: str | None) -> None:
    at = pupil("shandong-credit-system", kind)
    at.learned(own)
    at.learned(partner, HIGH)
    result = at.graduated([("pair.agreement", True)])
    assert result.refused == refused
    assert result.granted == (None if refused else own + partner)


def test_a10_another_schools_courses_count_under_an_agreement() -> None:
    at = pupil("shandong-credit-system")
    at.learned(170)
    at.learned(100, HIGH)
    result = at.graduated([("pair.agreement", False)])
    assert (result.granted, [one.code for one in result.declined_lines]) == (170, ["gate.agreement"])


@pytest.mark.parametrize(("practice", "refused"), [(4, "floor.practice"), (5, None), (6, None)])
def test_a10_social_practice(practice: int, refused: str | None) -> None:
    at = pupil("anhui-credit-system", facts=[("learner.normal_end", "2026-06-30")])
    at.learned(166)
    at.learned(practice, VOCATIONAL, "社会实践")
    assert at.graduated().refused == refused


@pytest.mark.parametrize(("credits", "eligible"), [(149, False), (150, True)])
def test_a10_who_was_found_eligible_graduates_early(credits: int, eligible: bool) -> None:
    end = World.founded().clock.day + timedelta(days=200)
    at = pupil("anhui-credit-system", facts=[("learner.normal_end", end.isoformat())])
    at.learned(credits)
    look = at.asked("programme", cb.Item("1", ALL_SOURCES, ()))
    assert [(one.name, one.value) for one in look.effects] == [("early_eligible", eligible)]
    at.learned(25, VOCATIONAL, "社会实践")
    result = at.graduated()
    assert (result.refused, result.granted) == ((None, 175) if eligible else ("gate.early-checked", None))


@pytest.mark.parametrize(("said", "may"), [("passed", False), ("failed", True), ("waived", True)])
def test_who_passed_the_stage_test_sits_no_other_examination(said: str, may: bool) -> None:
    at = pupil("shanxi-three-two", "3+2")
    last_year = date(at.world.clock.day.year - 1, 12, 31)
    stage = cb.Course("college", "高职段", (), False, NOTHING, "stage")
    item = cb.Item("1", (at.enrolment,), (stage,), facts=(("target.filed_on", last_year.isoformat()),))
    tested = date(last_year.year + 1, 3, 31).isoformat()
    result = at.asked("advance", item, [("application.result", said), ("application.tested_on", tested)])
    assert ("may_sit_others", may) in [(one.name, one.value) for one in result.effects]
    for name, refused in (("高考", None if may else "once.advanced"), ("计算机一级", None)):
        examination = cb.Course(name, name, (), False, NOTHING, "examination")
        assert at.asked("sit", cb.Item("1", (at.enrolment,), (examination,))).refused == refused


@pytest.mark.parametrize(("passed", "refused"), [(True, None), (False, "gate.test")])
def test_chongqing_stage_gate(passed: bool, refused: str | None) -> None:
    at = pupil("chongqing-five-year", "five-year", [("source.stage", "secondary")])
    stage = cb.Course("college", "高职段", (), False, NOTHING, "stage")
    facts = (("target.programme_kind", "five-year"), ("target.stage", "college"))
    said: Facts = [
        ("application.semester", 6),
        ("application.graduated", True),
        ("application.test_passed", passed),
    ]
    result = at.asked("advance", cb.Item("1", (at.enrolment,), (stage,), facts=facts), said)
    assert (result.refused, "secondary_diploma" in [one.name for one in result.effects]) == (refused, not passed)
