"""Acts other than convert through the bank, and what a case takes from it: awards, stages, curricula, waivers, calendars."""

from collections.abc import Sequence
from datetime import date, timedelta

import attrs
import pytest

from creditbank.codec.case import read_case
from creditbank.codec.case_write import case_bytes, case_digest
from creditbank.domain.account import ApplicationState
from creditbank.domain.application import ALL_SOURCES, Application, Item
from creditbank.domain.credit import parse_number
from creditbank.domain.decide.account import revoke
from creditbank.domain.decide.convert import agree, convert, reject
from creditbank.domain.event import Applied
from creditbank.domain.name import AccountId, ApplicationId, Digest, OutcomeId
from creditbank.domain.period import Calendar, Term
from creditbank.domain.programme import Course
from creditbank.domain.rule import ItemResult, Waiver
from creditbank.domain.view.account import balance, quote
from creditbank.domain.view.case import case_of
from creditbank.domain.view.reconsider import reconsider
from creditbank.errors import MalformedError, StateError, UnknownError
from creditbank.testing.world import ACADEMIC, ASSESSOR, BANK_CREDIT, COLLEGE, COLLEGE_CREDIT, HIGH, OPERATOR, World

HEAD = """
book = "{name}"
version = "1"
title = "办法"
since = 2020-01-01
acts = ["{act}"]
{system}
basis = {{ t = {{ title = "测试", url = "https://example.org/" }} }}
"""
AWARD = """
clause = [
  { id = "worth", kind = "worth", of = "@source.credits", basis = "t:1" },
  { id = "total", kind = "floor", at_least = "@target.credits", code = "total", basis = "t:2" },
  { id = "spend", kind = "policy", debit = "DEBIT", final = FINAL, basis = "t:3" },
  { id = "steps", kind = "chain", steps = [{ by = "academic-affairs", does = "核销" }], basis = "t:4" },
]
"""


def applied(world: World, learner: AccountId, application: Application) -> tuple[ApplicationId, tuple[ItemResult, ...]]:
    recorded = world.record(COLLEGE, convert, learner, application)
    event, known = recorded.event, world.bank.known(recorded.position)
    assert isinstance(event, Applied)
    case = case_of(known, learner, event.application, event.on, id=event.id)
    assert read_case(case_bytes(case).decode(), known.book(Digest(event.decision.book)), name="case") == case
    assert case_digest(case) == event.decision.case
    return event.id, event.decision.results


def state(world: World, learner: AccountId, id: ApplicationId) -> ApplicationState:
    return world.bank.known().account(learner).applications[id]


# --- awards -------------------------------------------------------------------------------------------------------------


def award(
    world: World,
    learner: AccountId,
    need: str,
    sources: Sequence[str] = ALL_SOURCES,
    debit: str = "all",
    final: str = "true",
) -> Application:
    """Ask for a qualification that takes *need* credits."""
    name = f"award-{debit}-{final}"
    if not world.bank.known().shelf(name).versions:
        text = HEAD.format(name=name, act="award", system='system = "cn-bank"')
        world.bank.publish(world.request(OPERATOR), text + AWARD.replace("DEBIT", debit).replace("FINAL", final))
    degree = Course("degree", "专科", (), False, BANK_CREDIT.credit(parse_number(need)), "qualification")
    made = world.application(learner, [Item("1", tuple(sources), (degree,))])
    return attrs.evolve(made, book=name, act="award")


def places(world: World, learner: AccountId) -> list[dict[str, int]]:
    return [
        {place: quanta for place, quanta in lot.places.items() if quanta > 0}
        for lot in world.bank.known().account(learner).lots.values()
    ]


@pytest.mark.parametrize(("need", "granted"), [("19.5", True), ("20", True), ("20.5", False)])
def test_an_award_redeems_what_it_counts_and_issues_no_credit(
    world: World, learner: AccountId, need: str, granted: bool
) -> None:
    for _ in range(2):
        world.deposit(learner, world.certificate())
    id, (result,) = applied(world, learner, award(world, learner, need))
    assert result.refused == (None if granted else "floor.total")
    assert places(world, learner) == [{"reserved" if granted else "held": 20}] * 2
    if granted:
        world.record(ACADEMIC, agree, learner, id)
        assert places(world, learner) == [{"redeemed": 20}] * 2
        assert balance(world.bank.known(), learner)["cn-bank"].quanta == 0
    assert world.bank.verify().ok


def test_what_an_award_reserved_is_free_again_when_it_is_rejected(world: World, learner: AccountId) -> None:
    world.deposit(learner, world.certificate())
    id, _ = applied(world, learner, award(world, learner, "10"))
    world.record(ACADEMIC, reject, learner, id, "no")
    assert places(world, learner) == [{"held": 20}]
    assert world.bank.verify().ok


@pytest.mark.parametrize(("debit", "left"), [("none", [20, 20, 20]), ("required", [20]), ("all", [])])
def test_an_award_takes_what_its_book_says(world: World, learner: AccountId, debit: str, left: list[int]) -> None:
    for days in (900, None, 300):
        expires = None if days is None else world.clock.day + timedelta(days=days)
        world.deposit(learner, attrs.evolve(world.certificate(), expires_on=expires))
    id, _ = applied(world, learner, award(world, learner, "20", debit=debit))
    world.record(ACADEMIC, agree, learner, id)
    found = places(world, learner)
    assert [place["held"] for place in found if "held" in place] == left
    assert debit != "required" or found[1] == {"held": 20}, "what never expires is spared first"
    assert world.bank.verify().ok


@pytest.mark.parametrize("done", [False, True])
def test_what_an_award_spends_serves_nothing_else(world: World, learner: AccountId, done: bool) -> None:
    source = world.deposit(learner, world.certificate())
    id, _ = applied(world, learner, award(world, learner, "10"))
    if done:
        world.record(ACADEMIC, agree, learner, id)
    other = world.application(learner, [world.item("1", source, world.course("c1"))])
    for application in (other, award(world, learner, "5", [source], debit="none")):
        with pytest.raises(StateError, match="used by item '1'"):
            world.record(COLLEGE, convert, learner, application)
        with pytest.raises(StateError, match="used by item '1'"):
            quote(world.bank.known(), learner, application, world.clock.day)
    asked = award(world, learner, "5")
    case = case_of(world.bank.known(), learner, asked, world.clock.day)
    assert case.items[0].sources == ()
    with pytest.raises(UnknownError):  # a qualification is no credit
        world.record(COLLEGE, convert, learner, award(world, learner, "5", [f"{id}.1"]))


def test_an_award_counts_what_was_granted_for_the_programme_and_not_what_it_came_from(
    world: World, learner: AccountId
) -> None:
    used, free = (world.deposit(learner, world.certificate()) for _ in range(2))
    converted = world.converted(learner, [world.item("1", used, world.course("c1"))])
    asked = award(world, learner, "5")
    case = case_of(world.bank.known(), learner, asked, world.clock.day)
    assert case.items[0].sources == (free, f"{converted}.1")
    with pytest.raises(StateError, match="used by item"):
        world.record(COLLEGE, convert, learner, award(world, learner, "5", [used]))
    with pytest.raises(MalformedError, match="list the sources"):
        world.convert(learner, [Item("1", ALL_SOURCES, (world.course("c2"),))])


@pytest.mark.parametrize(("final", "found"), [("true", ["revoked", "redeemed"]), ("false", ["revoked", "held"])])
def test_a_final_award_stands_when_its_credit_is_revoked(
    world: World, learner: AccountId, final: str, found: list[str]
) -> None:
    sources = [world.deposit(learner, world.certificate()) for _ in range(2)]
    id, _ = applied(world, learner, award(world, learner, "20", final=final))
    world.record(ACADEMIC, agree, learner, id)
    world.record(ASSESSOR, revoke, learner, sources[0], "伪造")
    assert [list(place) for place in places(world, learner)] == [[place] for place in found]
    assert state(world, learner, id).undone == (() if final == "true" else ("1",))
    rows = reconsider(world.bank.known(), learner)
    assert [(row.application, row.fallen) for row in rows] == ([(id, (sources[0],))] if final == "true" else [])
    assert world.bank.verify().ok


def test_an_award_that_takes_nothing_falls_with_what_it_counted(world: World, learner: AccountId) -> None:
    source = world.deposit(learner, world.certificate())
    id, _ = applied(world, learner, award(world, learner, "10", debit="none", final="false"))
    world.record(ACADEMIC, agree, learner, id)
    world.record(ASSESSOR, revoke, learner, source, "伪造")
    assert state(world, learner, id).undone == ("1",)
    assert world.bank.verify().ok


# --- stages and examinations --------------------------------------------------------------------------------------------

STAGE = """
fields = { "source.year_group" = "text", "source.exam" = "number", "target.months" = "number" }
clause = [
  { id = "from", kind = "map", match = { "source.class" = "enrolment", "target.kind" = "stage" }, basis = "t:1" },
  { id = "year", kind = "gate", require = { "source.year_group" = "高一", "target.months" = { at_least = 24 } }, basis = "t:2" },
  { id = "exam", kind = "gate", require = { "source.exam" = { at_least = "400.5" } }, basis = "t:3" },
  { id = "next", kind = "effect", on = "granted", set = { stage = "高职段" }, basis = "t:4" },
]
"""


@pytest.mark.parametrize(
    ("exam", "months", "refused"),
    [("400.5", 24, None), ("401", 25, None), ("400", 24, "gate.exam"), ("401", 23, "gate.year")],
)
def test_a_stage_gate_looks_at_the_enrolment(
    world: World, learner: AccountId, exam: str, months: int, refused: str | None
) -> None:
    text = HEAD.format(name="stages", act="advance", system="") + STAGE
    world.bank.publish(world.request(OPERATOR), text)
    enrolment = attrs.evolve(world.enrolment(HIGH), facts=(("source.exam", exam),))
    from creditbank.domain.decide.account import enrol

    entered = world.record(HIGH, enrol, learner, enrolment).event.id  # type: ignore[union-attr] # Enrolled
    stage = Course("3+2", "高职段", (), False, COLLEGE_CREDIT.credit(0), "stage")
    item = Item("1", (entered,), (stage,), facts=(("target.months", months),))
    event = world.record(HIGH, convert, learner, Application("stages", "advance", entered, (item,), ())).event
    assert isinstance(event, Applied)
    (result,) = event.decision.results
    assert result.refused == refused
    if refused is None:
        assert (result.granted, [(one.name, one.value) for one in result.effects]) == (0, [("stage", "高职段")])
        assert state(world, learner, event.id).status == "converted"
    assert world.bank.known().account(learner).lots == {}
    assert world.bank.verify().ok


def test_an_act_that_gives_no_credit_spends_none(world: World, learner: AccountId) -> None:
    text = HEAD.format(name="sitting", act="sit", system="") + (
        'clause = [{ id = "1", kind = "map", match = { "target.kind" = "examination" }, basis = "t:1" }]'
    )
    world.bank.publish(world.request(OPERATOR), text)
    source = world.deposit(learner, world.certificate())
    exam = Course("e1", "自学考试", (), False, COLLEGE_CREDIT.credit(0), "examination")
    made = attrs.evolve(world.application(learner, [Item("1", (source,), (exam,))]), book="sitting", act="sit")
    id, _ = applied(world, learner, made)
    assert places(world, learner) == [{"held": 20}]
    world.record(ASSESSOR, revoke, learner, source, "伪造")
    assert state(world, learner, id).undone == ("1",), "what came of it falls with it all the same"
    assert world.bank.verify().ok


# --- what a case takes from the bank ------------------------------------------------------------------------------------

SHARE = """
[[clause]]
id = "1"
kind = "map"
match = { "target.kind" = "course" }
basis = "t:1"

[[clause]]
id = "2"
kind = "worth"
of = "@target.credits"
basis = "t:2"

[[clause]]
id = "3"
kind = "cap"
over = { "target.category" = "专业核心" }
at_most = { percent = 50, of = "selection" }
code = "half"
basis = "t:3"
"""


@pytest.mark.parametrize(("days", "edition", "refused"), [
    (0, "", None), (-1, "", None), (1, "", "missing.programme.courses"),
    (1, "2026", None), (0, "2027", "missing.programme.courses"),
])  # fmt: skip
def test_a_share_of_the_programme_uses_the_edition_for_those_who_entered_then(
    world: World, learner: AccountId, days: int, edition: str, refused: str | None
) -> None:
    """The learner entered 365 days ago; an application may name the edition that the learner is under."""
    text = HEAD.format(name="share", act="convert", system='system = "cn-college"') + SHARE
    world.bank.publish(world.request(OPERATOR), text)
    entered = world.clock.day - timedelta(days=365)
    small = world.curriculum("2019", world.course("c1", 4))
    world.bank.publish(world.request(COLLEGE), attrs.evolve(small, since=entered + timedelta(days=2)))
    of_then = world.curriculum("2026", world.course("c1", 4), world.course("c2", 4), world.course("c9", 9, "公共课"))
    world.bank.publish(world.request(COLLEGE), attrs.evolve(of_then, since=entered + timedelta(days=days)))
    source = world.deposit(learner, world.certificate())
    items = [world.item("1", source, world.course("c1", 4)), world.item("2", source, world.course("c2", "0.5"))]
    facts = (("programme.edition", edition),) if edition else ()
    made = attrs.evolve(world.application(learner, items), book="share", facts=facts)
    _, results = applied(world, learner, made)
    assert [result.refused for result in results] == ([refused] * 2 if refused else [None, "cap.half"])
    assert world.bank.verify().ok


def test_a_curriculum_that_does_not_say_everything_decides_nothing(world: World, learner: AccountId) -> None:
    text = HEAD.format(name="share", act="convert", system='system = "cn-college"') + SHARE
    world.bank.publish(world.request(OPERATOR), text)
    whole = attrs.evolve(world.curriculum("2020"), since=date(2020, 1, 1))
    silent = attrs.evolve(whole.courses[1], credits=None)
    world.bank.publish(world.request(COLLEGE), attrs.evolve(whole, courses=(whole.courses[0], silent)))
    source = world.deposit(learner, world.certificate())
    made = attrs.evolve(world.application(learner, [world.item("1", source, world.course("c1", 2))]), book="share")
    assert applied(world, learner, made)[1][0].refused == "missing.programme.courses"


WAIVABLE = """
fields = { "source.level" = "level:x" }
levels = { x = ["初级", "中级", "高级"] }
clause = [
  { id = "1", kind = "map", match = { "target.kind" = "course" }, basis = "t:1" },
  { id = "2", kind = "worth", of = "@target.credits", basis = "t:2" },
  { id = "3", kind = "gate", require = { "source.level" = "高级" }, waivable_by = ["academic-affairs"], basis = "t:3" },
  { id = "4", kind = "chain", steps = [{ by = "academic-affairs", does = "审批" }], basis = "t:4" },
]
"""


@pytest.mark.parametrize(("clause", "by", "refused"), [
    ("3", "academic-affairs", None), ("2", "academic-affairs", "gate.3"), ("3", "college", "gate.3"),
])  # fmt: skip
def test_a_waiver_is_signed_by_whom_the_clause_names(
    world: World, learner: AccountId, clause: str, by: str, refused: str | None
) -> None:
    text = HEAD.format(name="waivable", act="convert", system='system = "cn-college"') + WAIVABLE
    world.bank.publish(world.request(OPERATOR), text)
    source = world.deposit(learner, world.certificate())
    made = world.application(learner, [world.item("1", source, world.course("c1"))])
    made = attrs.evolve(made, book="waivable", waivers=(Waiver(clause, "1", by, "过渡期"),))
    id, (result,) = applied(world, learner, made)
    assert (result.refused, result.waived) == (refused, () if refused else ("3",))
    if refused is None:
        world.record(ACADEMIC, agree, learner, id)
        assert balance(world.bank.known(), learner)["cn-college"].quanta == 8
    assert world.bank.verify().ok


TERMLY = """
derive = { "application.term" = { calendar = "terms", of = "application.applied_on" } }
clause = [
  { id = "1", kind = "map", match = { "target.kind" = "course" }, basis = "t:1" },
  { id = "2", kind = "worth", of = "@target.credits", basis = "t:2" },
  { id = "3", kind = "gate", require = { "application.term" = "autumn" }, basis = "t:3" },
]
"""


@pytest.mark.parametrize(("days", "refused"), [(1, "gate.3"), (0, None), (None, "missing.application.term")])
def test_a_calendar_comes_with_the_application(
    world: World, learner: AccountId, days: int | None, refused: str | None
) -> None:
    text = HEAD.format(name="termly", act="convert", system='system = "cn-college"') + TERMLY
    world.bank.publish(world.request(OPERATOR), text)
    source = world.deposit(learner, world.certificate())
    made = world.application(learner, [world.item("1", source, world.course("c1"))])
    made = attrs.evolve(made, book="termly")
    if days is not None:
        begins = world.clock.day + timedelta(days=days)
        terms = (Term("spring", date(2026, 2, 1), begins), Term("autumn", begins, date(2027, 2, 1)))
        made = attrs.evolve(made, calendars=(Calendar("terms", terms=terms),))
    assert applied(world, learner, made)[1][0].refused == refused
    assert world.bank.verify().ok


def test_an_outcome_that_is_not_there_is_no_source(world: World, learner: AccountId) -> None:
    asked = award(world, learner, "5", [OutcomeId("none")])
    with pytest.raises(UnknownError):
        quote(world.bank.known(), learner, asked, world.clock.day)
