"""What an application states about its sources decides through a bank, beside what the deposits say."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction

import attrs
import pytest

import creditbank as cb
from creditbank.codec.book import read_book
from creditbank.domain.application import Fact
from creditbank.domain.credit import number_text, parse_number
from creditbank.domain.event import Applied
from creditbank.domain.name import AccountId, EnrolmentId
from creditbank.rulebooks import shipped
from creditbank.testing.world import COLLEGE, HIGH, OPERATOR, VOCATIONAL, World, shipped_book

Stated = Mapping[str, Fact]


@attrs.frozen
class Desk:
    """A student of the college, a published rule book, and the credit system that it grants in."""

    world: World
    account: AccountId
    enrolment: EnrolmentId
    book: str
    system: cb.CreditSystem

    def learned(self, code: str, credits: str | None = None, **more: object) -> str:
        """Deposit a course of another school, with credits of the book's system or with none."""
        amount = None if credits is None else self.system.credit(parse_number(credits))
        outcome = cb.CourseResult(
            title=code, issuer=HIGH, achieved_on=self.world.clock.day, credits=amount, code=code, category=("课程",)
        )
        return self.world.deposit(self.account, attrs.evolve(outcome, **more))

    def course(self, id: str, credits: str, *category: str) -> cb.Course:
        return cb.Course(id, id, category, True, self.system.credit(parse_number(credits)))

    def asked(self, sources: Sequence[str], course: cb.Course, stated: Stated) -> cb.ItemResult:
        """Convert, after asking for a quote: they say the same, and anybody can verify it."""
        bank, day = self.world.bank, self.world.clock.day
        item = cb.Item("1", tuple(sources), (course,), facts=tuple(sorted(stated.items())))
        made = cb.Application(self.book, "convert", self.enrolment, (item,), ())
        quoted = cb.quote(bank.known(), self.account, made, day)
        event = self.world.record(COLLEGE, cb.convert, self.account, made).event
        assert isinstance(event, Applied)
        (result,) = event.decision.results
        assert quoted.results == (result,)
        assert bank.verify().ok
        return result


def desk(book: str, system: str, text: str = "") -> Desk:
    world = World.founded()
    credit = cb.CreditSystem(system, parse_number("0.5"), system, None)
    world.record(OPERATOR, cb.publish_system, credit)
    world.bank.publish(world.request(OPERATOR), text or shipped_book(book))
    account = world.open(1)
    entered = world.record(COLLEGE, cb.enrol, account, world.enrolment(COLLEGE)).event
    return Desk(world, account, entered.id, book, credit)


def said(result: cb.ItemResult) -> str:
    return result.refused or number_text(result.granted or Fraction(0))


# --- ECTS, SCQF, HKQF -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"source.workload_hours": 89, "source.assessed": True}, "worth.insufficient"),
        ({"source.workload_hours": 90, "source.assessed": True}, "3"),
        ({"source.workload_hours": 90, "source.assessed": False}, "gate.assessed"),
        ({"source.workload_hours": 90}, "missing.source.assessed"),
        ({"source.assessed": True}, "map.no-workload"),
    ],
)
def test_ects_by_hours_that_were_assessed(stated: Stated, expected: str) -> None:
    at = desk("ects-hours", "ects")
    assert said(at.asked([at.learned("module")], at.course("c", "3"), stated)) == expected


def test_the_deposits_own_facts_stand() -> None:
    at = desk("ects-hours", "ects")
    source = at.learned("module", "6")
    stated = {"source.assessed": True, "source.credits": 60, "source.system": "other", "source.issuer": "x"}
    assert said(at.asked([source], at.course("c", "6.5"), stated)) == "worth.insufficient"
    assert said(at.asked([source], at.course("c", "6"), stated)) == "6"


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"source.credit_rated": True, "source.level": "7"}, "10"),
        ({"source.credit_rated": True, "source.level": "6"}, "gate.level"),
        ({"source.credit_rated": False, "source.level": "7"}, "map.not-rated"),
        ({"source.level": "7"}, "missing.source.credit_rated"),
    ],
)
def test_scqf_that_was_credit_rated(stated: Stated, expected: str) -> None:
    at = desk("scqf", "scqf")
    source = at.learned("unit", "10")
    assert said(at.asked([source], at.course("c", "10"), {**stated, "target.level": "7"})) == expected


def test_hkqf_that_was_verified_up_to_half_a_programme() -> None:
    at = desk("hkqf", "hkqf")
    stated = {"source.outcomes_verified": True, "source.level": "4", "target.level": "4"}
    first, second = at.learned("one", "55"), at.learned("two")
    assert said(at.asked([first], at.course("a", "55"), stated)) == "55"
    above, on = ({**stated, "source.notional_hours": hours} for hours in (55, 50))
    assert said(at.asked([second], at.course("b", "5.5"), above)) == "cap.advanced-standing"
    assert said(at.asked([second], at.course("b", "5"), on)) == "5"


@pytest.mark.parametrize("level", ["0", "十级"])
def test_a_level_that_the_scheme_has_not_is_not_decidable(level: str) -> None:
    at = desk("hkqf", "hkqf")
    stated = {"source.outcomes_verified": True, "source.level": level, "target.level": "4"}
    result = at.asked([at.learned("one", "10")], at.course("a", "10"), stated)
    assert said(result) == "missing.source.level"


# --- what an earlier application stated -------------------------------------------------------------------------------

TRACKS = """
book = "tracks"
version = "1"
title = "方向学分办法"
since = 2020-01-01
acts = ["convert"]
system = "cn-track"
basis = { t = { title = "方向学分办法", url = "https://example.org/t" } }
fields = { "source.track" = "text", "target.block" = "text" }
clause = [
  { id = "1", kind = "map", match = { "source.track" = { present = true } }, basis = "t:1" },
  { id = "2", kind = "worth", of = "@target.credits", basis = "t:2" },
  { id = "3", kind = "cap", over = { "source.track" = "a", "target.block" = "m" }, at_most = 5, code = "track", basis = "t:3" },
]
"""


def test_limits_count_what_was_stated_when_it_was_used() -> None:
    at = desk("tracks", "cn-track", TRACKS)
    of_a = {"source.track": "a", "target.block": "m"}
    sources = [at.learned(name) for name in ("one", "two", "three")]
    assert said(at.asked(sources[:1], at.course("x", "3"), of_a)) == "3"
    assert said(at.asked(sources[1:2], at.course("y", "3"), of_a)) == "cap.track"
    assert said(at.asked(sources[1:2], at.course("y", "2"), of_a)) == "2"
    assert said(at.asked(sources[2:], at.course("z", "3"), {**of_a, "source.track": "b"})) == "3"


def test_an_application_states_anew_what_it_names() -> None:
    at = desk("tracks", "cn-track", TRACKS)
    source = at.learned("one")
    assert said(at.asked([source], at.course("x", "3"), {"source.track": "a", "target.block": "m"})) == "3"
    assert said(at.asked([source], at.course("y", "3"), {"target.block": "m"})) == "map.none"


def test_what_was_stated_for_another_book_and_is_of_another_type_is_left_out() -> None:
    at = desk("tracks", "cn-track", TRACKS)
    stated = {"source.track": "a", "target.block": "m"}
    assert said(at.asked([at.learned("one")], at.course("x", "3"), stated)) == "3"
    other = TRACKS.replace('book = "tracks"', 'book = "numbers"').replace(
        '"source.track" = "text"', '"source.track" = "number"'
    )
    at.world.bank.publish(at.world.request(OPERATOR), other.replace('"source.track" = "a"', '"source.track" = 7'))
    then = attrs.evolve(at, book="numbers")
    second = then.learned("two")
    # The cap cannot tell whether the first line is of track 7; what does not come near it is decided.
    result = then.asked([second], at.course("y", "3"), {"source.track": 7, "target.block": "m"})
    assert said(result) == "missing.source.track"
    assert said(then.asked([second], at.course("y", "3"), {"source.track": 8, "target.block": "m"})) == "3"


# --- levels of study --------------------------------------------------------------------------------------------------


def diploma(world: World, level: str) -> cb.Diploma:
    day = world.clock.day - timedelta(days=1)
    return cb.Diploma(
        title="毕业证书", issuer=VOCATIONAL, achieved_on=day, level=cb.Level("diploma", level), major="机电"
    )


@pytest.mark.parametrize(
    ("level", "skill", "refused"),
    [
        ("中专", "中级", None),
        ("中专", "初级", "gate.skill"),
        ("专科", "中级", "gate.diploma"),
        (None, "中级", "gate.diploma"),
        # A level that the book does not have: nobody can tell whether it is a secondary diploma.
        ("初中", "中级", "missing.source.study_level"),
    ],
)
def test_guangdong_stage_asks_for_a_diploma_of_its_level(level: str | None, skill: str, refused: str | None) -> None:
    world = World.founded()
    world.bank.publish(world.request(OPERATOR), shipped_book("guangdong-three-two"))
    account = world.open(1)
    programme = cb.Programme("p", "机电", "3+2", 60, None)
    enrolment = attrs.evolve(world.enrolment(VOCATIONAL), programme=programme)
    entered = world.record(VOCATIONAL, cb.enrol, account, enrolment).event
    if level is not None:
        world.deposit(account, diploma(world, level))
    world.deposit(account, attrs.evolve(world.certificate(), level=cb.Level("skill", skill), credits=None))
    stage = cb.Course("college", "高职段", (), False, cb.Credit("cn-college", 0), "stage")
    made = cb.Application("guangdong-three-two", "advance", entered.id, (cb.Item("1", (entered.id,), (stage,)),), ())
    event = world.record(VOCATIONAL, cb.convert, account, made).event
    assert isinstance(event, Applied)
    assert event.decision.result("1").refused == refused
    assert world.bank.verify().ok


def ouc() -> Desk:
    """A programme with 20 credits of centrally set compulsory courses, so that 7 may be exempted, and 10 of practice."""
    at = desk("ouc-core-exemption", "cn-ouc")
    rows = [("a", ("公共课",), 6), ("b", ("公共课",), 14), ("p", ("综合实践",), 10), ("own", ("专业课",), 50)]
    unified = {"a", "b", "p"}
    courses = tuple(
        cb.CurriculumCourse(
            code, code, "compulsory", category, None, Fraction(credits), cb.Hours(None, ()), (), None, None,
            (("target.unified", "true" if code in unified else "false"),),
        )
        for code, category, credits in rows
    )  # fmt: skip
    enrolment = at.world.bank.known().account(at.account).enrolments[at.enrolment].enrolment
    plan = cb.Curriculum(
        COLLEGE, enrolment.programme.id, "1", "开放教育", None, "cn-ouc", date(2014, 1, 1), courses, (), (), "school"
    )
    at.world.bank.publish(at.world.request(COLLEGE), plan)
    return at


SET = {"target.unified": True, "target.study_level": "本科"}


@pytest.mark.parametrize(
    ("level", "expected"),
    [("本科", "6"), ("研究生", "6"), ("专科", "gate.level"), (None, "missing.source.study_level")],
)
def test_ouc_exempts_for_a_course_of_the_same_level(level: str | None, expected: str) -> None:
    at = ouc()
    stated = SET if level is None else {**SET, "source.study_level": level}
    result = at.asked([at.learned("taken")], at.course("a", "6", "公共课"), stated)
    assert said(result) == expected
    if result.refused is None:
        assert (result.grade, result.counts_as) == ("免考", "最低成绩")


def test_ouc_exempts_up_to_its_share_over_two_applications() -> None:
    at = ouc()
    stated = {**SET, "source.study_level": "本科"}
    assert said(at.asked([at.learned("one")], at.course("a", "6", "公共课"), stated)) == "6"
    second = at.learned("two")
    assert said(at.asked([second], at.course("b", "1.5", "公共课"), stated)) == "cap.share"
    assert said(at.asked([second], at.course("b", "1", "公共课"), stated)) == "1"


def test_every_book_that_asks_for_it_calls_it_so() -> None:
    """A deposit says ``study_level`` of a diploma: of every shipped book that asks for a level of study."""
    schemes = {name: read_book(shipped_book(name), name=name).levels.get("study") for name in shipped()}
    asks = [name for name, scheme in schemes.items() if scheme]
    assert {"guangdong-three-two", "ouc-core-exemption"} <= set(asks)
    assert all("source.study_level" in read_book(shipped_book(name), name=name).fields for name in asks)
