"""Public notice (公示) with objections, and panels: every day on, below and above the line, and what each answer leads to."""

import attrs
import pytest

from creditbank.domain.decide.convert import agree, convert, lapse, reject
from creditbank.domain.decide.objection import answer_objection, object_to
from creditbank.domain.event import ApplicationClosed, Applied, Converted, MemberAgreed, ObjectionRaised, StepAgreed
from creditbank.domain.name import AccountId, ApplicationId, InstitutionId, ObjectionId
from creditbank.domain.view.account import balance
from creditbank.errors import AlreadyError, StateError
from creditbank.testing.world import ACADEMIC, ASSESSOR, COLLEGE, HIGH, OPERATOR, VOCATIONAL, World, shipped_book

PANEL = """steps = [
  { by = "academic-affairs", does = "初审", within = "30 days" },
  { by = ["college", "operator", "dean"], does = "认定", panel = "认定小组", notice = "5 days", within = "10 days" },
]"""


@pytest.fixture
def noticed(world: World, learner: AccountId) -> ApplicationId:
    """An application in public notice from today: its first step is taken."""
    text = shipped_book("x-certificate-conversion").replace('"x-certificate-conversion"', '"noticed"')
    start = text.index("steps = [")
    book = world.bank.publish(world.request(OPERATOR), text[:start] + PANEL + text[text.index("]", start) + 1 :])
    source = world.deposit(learner, world.certificate())
    asked = world.application(learner, [world.item("1", source, world.course("c1"))], book)
    # The college is also its own dean: it sits on the panel once.
    asked = attrs.evolve(asked, parties=(*asked.parties, ("operator", OPERATOR), ("dean", COLLEGE)))
    event = world.record(COLLEGE, convert, learner, asked).event
    assert isinstance(event, Applied)
    world.record(ACADEMIC, agree, learner, event.id)
    return event.id


def objection(world: World, learner: AccountId, noticed: ApplicationId, by: InstitutionId = HIGH) -> ObjectionId:
    event = world.record(by, object_to, learner, noticed, "证书不是本人的").event
    assert isinstance(event, ObjectionRaised)
    return event.id


@pytest.mark.parametrize(("days", "open_"), [(0, True), (4, True), (5, True), (6, False)])
def test_who_objects_does_so_through_the_last_day_of_the_notice(
    world: World, learner: AccountId, noticed: ApplicationId, days: int, open_: bool
) -> None:
    world.clock.turn(days=days)
    if open_:
        objection(world, learner, noticed)
    else:
        with pytest.raises(StateError, match="in public notice from"):
            objection(world, learner, noticed)
        world.record(COLLEGE, agree, learner, noticed)


def test_nobody_objects_before_the_notice_begins(world: World, learner: AccountId, noticed: ApplicationId) -> None:
    with pytest.raises(StateError, match="in public notice from"):
        world.bank.record(world.request(HIGH, days=-1), object_to, learner, noticed, "early")


def test_a_panel_agrees_when_all_of_it_did(world: World, learner: AccountId, noticed: ApplicationId) -> None:
    world.clock.turn(days=6)
    first = world.record(OPERATOR, agree, learner, noticed)
    assert [type(event) for event in first.events] == [MemberAgreed]
    with pytest.raises(AlreadyError, match="it waits for keys:college"):
        world.record(OPERATOR, agree, learner, noticed)
    assert balance(world.bank.known(), learner).get("cn-college") is None
    last = world.record(COLLEGE, agree, learner, noticed)
    assert [type(event) for event in last.events] == [StepAgreed, Converted]
    assert balance(world.bank.known(), learner)["cn-college"].quanta == 8
    assert world.bank.verify().ok


def test_a_panel_agrees_in_order_of_days(world: World, learner: AccountId, noticed: ApplicationId) -> None:
    world.clock.turn(days=6)
    world.bank.record(world.request(OPERATOR, days=1), agree, learner, noticed)
    with pytest.raises(StateError, match="agreed as of"):
        world.record(COLLEGE, agree, learner, noticed)
    world.bank.record(world.request(COLLEGE, days=1), agree, learner, noticed)


@pytest.mark.parametrize("by", [COLLEGE, OPERATOR])
def test_one_of_a_panel_is_enough_to_reject(
    world: World, learner: AccountId, noticed: ApplicationId, by: InstitutionId
) -> None:
    world.record(by, reject, learner, noticed, "no")
    assert balance(world.bank.known(), learner)["cn-bank"].quanta == 20
    assert world.bank.verify().ok


@pytest.mark.parametrize(("days", "lapsed"), [(9, False), (10, False), (11, True)])
def test_an_objection_does_not_stop_the_clock(
    world: World, learner: AccountId, noticed: ApplicationId, days: int, lapsed: bool
) -> None:
    id = objection(world, learner, noticed)
    world.clock.turn(days=days)
    with pytest.raises(StateError, match="lapsed" if lapsed else "objected to by keys:high-school"):
        world.record(OPERATOR, agree, learner, noticed)
    if lapsed:
        world.record(VOCATIONAL, lapse, learner, noticed)
        assert balance(world.bank.known(), learner)["cn-bank"].quanta == 20
    else:
        world.record(COLLEGE, answer_objection, learner, noticed, id, False, "已核实")
        world.record(OPERATOR, agree, learner, noticed)
        world.record(COLLEGE, agree, learner, noticed)
    assert world.bank.verify().ok


def test_every_objection_has_to_be_dismissed(world: World, learner: AccountId, noticed: ApplicationId) -> None:
    given = [objection(world, learner, noticed, by) for by in (HIGH, ASSESSOR)]
    world.clock.turn(days=6)
    for id in given:
        with pytest.raises(StateError, match="objected to by"):
            world.record(COLLEGE, agree, learner, noticed)
        world.record(COLLEGE, answer_objection, learner, noticed, id, False, "unfounded")
    world.record(COLLEGE, agree, learner, noticed)
    state = world.bank.known().account(learner).applications[noticed]
    assert [one.upheld for one in state.objections] == [False, False]


def test_who_was_answered_may_object_again(world: World, learner: AccountId, noticed: ApplicationId) -> None:
    first = objection(world, learner, noticed)
    world.record(COLLEGE, answer_objection, learner, noticed, first, False, "unfounded")
    assert objection(world, learner, noticed) != first


def test_an_objection_upheld_ends_the_application_and_frees_everything(
    world: World, learner: AccountId, noticed: ApplicationId
) -> None:
    id = objection(world, learner, noticed)
    said = world.record(COLLEGE, answer_objection, learner, noticed, id, True, "伪造").events
    closed = said[-1]
    assert isinstance(closed, ApplicationClosed)
    assert (closed.how, closed.reason, [move.target for move in closed.postings]) == ("rejected", "伪造", ["held"])
    assert balance(world.bank.known(), learner)["cn-bank"].quanta == 20
    assert world.bank.verify().ok
