"""What falls, what stands and what is only reported when something is taken back."""

from fractions import Fraction

import attrs
import pytest

from creditbank.domain.account import ApplicationState
from creditbank.domain.application import Item
from creditbank.domain.decide.account import correct, revoke
from creditbank.domain.decide.convert import agree, convert, reject
from creditbank.domain.event import ApplicationClosed, Applied, Event, ItemsUndone, OutcomeCorrected, OutcomeRevoked
from creditbank.domain.name import AccountId, ApplicationId, OutcomeId
from creditbank.domain.view.account import balance, statement
from creditbank.domain.view.reconsider import reconsider
from creditbank.domain.view.redeemed import redeemed
from creditbank.errors import StateError, UnknownError
from creditbank.testing.world import ACADEMIC, ASSESSOR, COLLEGE, COLLEGE_CREDIT, OPERATOR, World

FREE = """
book = "free{name}"
version = "1"
title = "自由使用"
since = 2020-01-01
acts = ["convert"]
system = "cn-college"
basis = {{ t = {{ title = "测试", url = "https://example.org/" }} }}
clause = [
  {{ id = "1", kind = "map", match = {{ "target.kind" = "course" }}, basis = "t:1" }},
  {{ id = "2", kind = "worth", of = "@target.credits", basis = "t:2" }},
  {more}
]
"""
GATED = '{ id = "3", kind = "gate", held = { "source.class" = "x-certificate" }, count = 2, basis = "t:3" },'
FINAL = '{ id = "3", kind = "policy", final = true, basis = "t:3" },'
CAPPED = '{ id = "3", kind = "cap", at_most = 8, across = "bank", code = "all", basis = "t:3" },'


def applied(world: World, learner: AccountId, more: str, source: str, *courses: str) -> ApplicationId:
    """Apply with *source* for each of *courses* under a book without a chain that has the clause *more*."""
    name = {"": "", GATED: "-gated", FINAL: "-final", CAPPED: "-capped"}[more]
    shelf = world.bank.known().shelf(f"free{name}")
    if shelf.versions:
        book = shelf.versions[0].digest
    else:
        book = world.bank.publish(world.request(OPERATOR), FREE.format(name=name, more=more))
    items = [world.item(str(n), source, world.course(id)) for n, id in enumerate(courses)]
    event = world.record(COLLEGE, convert, learner, world.application(learner, items, book)).event
    assert isinstance(event, Applied)
    return event.id


def revoked(world: World, learner: AccountId, source: OutcomeId) -> tuple[Event, ...]:
    return world.record(ASSESSOR, revoke, learner, source, "伪造").events


def state(world: World, learner: AccountId, id: ApplicationId) -> ApplicationState:
    return world.bank.known().account(learner).applications[id]


# --- pending ------------------------------------------------------------------------------------------------------------


def test_a_pending_application_is_closed_when_nothing_of_it_is_left(world: World, learner: AccountId) -> None:
    source = world.deposit(learner, world.certificate())
    pending = world.convert(learner, [world.item("1", source, world.course("c1"))])
    said = revoked(world, learner, source)
    undone, closed = said[1:]
    assert isinstance(undone, ItemsUndone)
    assert isinstance(closed, ApplicationClosed)
    assert (undone.application, undone.items, closed.application, closed.how) == (pending, ("1",), pending, "undone")
    with pytest.raises(StateError, match="undone"):
        world.record(COLLEGE, agree, learner, pending)
    assert world.bank.verify().ok


def test_a_pending_application_goes_on_with_what_is_left(world: World, learner: AccountId) -> None:
    false, true = (world.deposit(learner, world.certificate()) for _ in range(2))
    pending = world.convert(
        learner, [world.item("1", false, world.course("c1")), world.item("2", true, world.course("c2"))]
    )
    assert [type(event) for event in revoked(world, learner, false)[1:]] == [ItemsUndone]
    world.record(COLLEGE, agree, learner, pending)
    world.record(ACADEMIC, agree, learner, pending)
    assert state(world, learner, pending).status == "converted"
    assert balance(world.bank.known(), learner)["cn-college"].quanta == 8
    assert world.bank.verify().ok


# --- final --------------------------------------------------------------------------------------------------------------


def test_what_is_final_stands_and_what_stands_on_it_too_and_is_reported(world: World, learner: AccountId) -> None:
    source = world.deposit(learner, world.certificate())
    first = applied(world, learner, FINAL, source, "c1")
    second = applied(world, learner, "", f"{first}.0", "c2")
    assert len(revoked(world, learner, source)) == 1
    assert [state(world, learner, id).undone for id in (first, second)] == [(), ()]
    (row,) = reconsider(world.bank.known(), learner)
    assert (row.application, row.item, row.now, row.fallen) == (first, "0", None, (source,))
    assert row.recorded.granted == 4
    # It goes on counting, though what it used holds no longer.
    again = applied(world, learner, CAPPED, world.deposit(learner, world.certificate()), "c3")
    assert state(world, learner, again).decision.results[0].refused == "cap.all"
    assert world.bank.verify().ok


# --- correcting ---------------------------------------------------------------------------------------------------------


def test_a_correction_keeps_the_number_and_undoes_what_stood_on_the_mistake(world: World, learner: AccountId) -> None:
    wrong = world.deposit(learner, world.certificate("高级", "20", number="X-1"))
    first = applied(world, learner, "", wrong, "c1")
    second = applied(world, learner, "", f"{first}.0", "c2")
    right = world.certificate("中级", "10")
    said = world.record(ASSESSOR, correct, learner, wrong, right, "等级录入有误").events
    assert isinstance(said[0], OutcomeCorrected)
    assert [event.application for event in said[1:] if isinstance(event, ItemsUndone)] == [first, second]
    held = world.bank.known().account(learner)
    assert (held.outcomes[wrong].revoked, held.outcomes[wrong].successor) == (True, said[0].id)
    assert held.outcomes[said[0].id].outcome == attrs.evolve(right, number=world.number("X-1"))
    assert balance(world.bank.known(), learner)["cn-bank"].quanta == 20
    assert [lot.title for lot in statement(world.bank.known(), learner).lots][-1] == right.title
    assert world.second().known().account(learner) == held
    assert world.bank.verify().ok


AWARD = """
book = "{name}"
version = "1"
title = "结业"
since = 2020-01-01
acts = ["award"]
system = "cn-college"
basis = {{ t = {{ title = "测试" }} }}
clause = [
  {{ id = "1", kind = "worth", of = "@source.credits", times = 1, basis = "t:1" }},
  {{ id = "2", kind = "policy", debit = "{debit}", final = {final}, basis = "t:2" }} ]
"""


def awarded(world: World, learner: AccountId, source: str, debit: str, final: str) -> ApplicationId:
    book = world.bank.publish(
        world.request(OPERATOR), AWARD.format(name=f"award-{debit}-{final}", debit=debit, final=final)
    )
    item = Item("1", (OutcomeId(source),), (world.course("study"),))
    asked = attrs.evolve(world.application(learner, [item], book), act="award")
    event = world.record(COLLEGE, convert, learner, asked).event
    assert isinstance(event, Applied)
    assert event.decision.results[0].refused is None
    return event.id


@pytest.mark.parametrize("deep", [False, True])
def test_what_was_spent_for_good_is_not_corrected_and_so_not_spent_again(
    world: World, learner: AccountId, deep: bool
) -> None:
    wrong = world.deposit(learner, world.certificate("高级", "20"))
    lot = f"{applied(world, learner, '', wrong, 'c1')}.0" if deep else wrong
    id = awarded(world, learner, lot, "all", "true")
    before = world.bank.known().account(learner)
    with pytest.raises(StateError, match=f"used by item '1' of {id}, entry {world.bank.store.size() - 1}: it stands"):
        world.record(ASSESSOR, correct, learner, wrong, world.certificate("中级", "10"), "等级录入有误")
    assert world.bank.known().account(learner) == before


@pytest.mark.parametrize(("debit", "final"), [("all", "false"), ("none", "true")])
def test_what_is_not_final_or_spends_nothing_lets_its_sources_be_corrected(
    world: World, learner: AccountId, debit: str, final: str
) -> None:
    wrong = world.deposit(learner, world.certificate("高级", "20"))
    id = awarded(world, learner, wrong, debit, final)
    world.record(ASSESSOR, correct, learner, wrong, world.certificate("中级", "10"), "等级录入有误")
    assert (state(world, learner, id).undone == ("1",)) == (final == "false")
    assert balance(world.bank.known(), learner)["cn-bank"].quanta == 20
    assert world.bank.verify().ok


def test_what_granted_credit_that_was_spent_for_good_stands_so_that_nothing_is_free_again(
    world: World, learner: AccountId
) -> None:
    """Two certificates stand for a course, the course's credit for a diploma; one of the two turns out to be false."""
    false, true = (world.deposit(learner, world.certificate()) for _ in range(2))
    half = FREE.format(name="-half", more="").replace('of = "@target.credits"', "credits = 2")
    book = world.bank.publish(world.request(OPERATOR), half)
    asked = world.application(learner, [Item("1", (false, true), (world.course("c1"),))], book)
    first = world.record(COLLEGE, convert, learner, asked).event
    assert isinstance(first, Applied)
    diploma = awarded(world, learner, f"{first.id}.1", "all", "true")
    assert [type(event) for event in revoked(world, learner, false)] == [OutcomeRevoked]
    held = world.bank.known().account(learner)
    assert (held.applications[first.id].undone, held.applications[diploma].undone) == ((), ())
    assert balance(world.bank.known(), learner)["cn-bank"].quanta == 0
    (item,) = redeemed(held, diploma)
    assert [(lot.lot, lot.fallen) for lot in item.lots] == [(f"{first.id}.1", True)]
    (row,) = reconsider(world.bank.known(), learner)
    assert (row.application, row.now, row.fallen) == (first.id, None, (false,))
    assert world.bank.verify().ok


# --- what only looked ---------------------------------------------------------------------------------------------------


def test_room_that_is_freed_is_reported_and_not_given(world: World, learner: AccountId) -> None:
    first, second, third = (world.deposit(learner, world.certificate()) for _ in range(3))
    taken = [applied(world, learner, CAPPED, source, f"c{n}") for n, source in enumerate((first, second, third))]
    assert state(world, learner, taken[2]).decision.results[0].refused == "cap.all"
    assert reconsider(world.bank.known(), learner) == ()
    revoked(world, learner, first)
    (row,) = reconsider(world.bank.known(), learner)
    assert (row.application, row.recorded.refused, row.fallen) == (taken[2], "cap.all", ())
    assert row.now is not None
    assert row.now.granted == 4
    assert state(world, learner, taken[2]).status == "refused"


def test_a_grant_that_rested_on_what_was_held_is_reported_and_stands(world: World, learner: AccountId) -> None:
    shown, used = (world.deposit(learner, world.certificate()) for _ in range(2))
    granted = applied(world, learner, GATED, used, "c1")
    world.deposit(learner, world.certificate())  # what came later does not mend what was not there
    revoked(world, learner, shown)
    (row,) = reconsider(world.bank.known(), learner)
    assert row.now is not None
    assert (row.application, row.recorded.granted, row.now.refused) == (granted, 4, "gate.3")
    assert state(world, learner, granted).undone == ()


def test_a_rejection_frees_room_too(world: World, learner: AccountId) -> None:
    source = world.deposit(learner, world.certificate())
    first, second = (world.convert(learner, [world.item("1", source, world.course(id, 5))]) for id in ("c1", "c2"))
    assert state(world, learner, second).decision.results[0].refused == "cap.certificate"
    world.record(COLLEGE, reject, learner, first, "no")
    (row,) = reconsider(world.bank.known(), learner)
    assert row.now is not None
    assert (row.application, row.now.granted) == (second, Fraction(5))
    assert COLLEGE_CREDIT.id not in balance(world.bank.known(), learner)


def test_nobody_is_reconsidered_who_is_not_there(world: World, learner: AccountId) -> None:
    with pytest.raises(UnknownError):
        reconsider(world.bank.known(), AccountId(learner[:-4] + "0000"))  # type: ignore[arg-type] # text
