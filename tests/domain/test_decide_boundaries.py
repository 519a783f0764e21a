"""Every line that a verb draws: on it, one below, one above."""

from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from typing import Any

import attrs
import pytest

from creditbank.codec.payload import PAYLOAD_MAX
from creditbank.domain.decide.account import deposit, end_enrolment, enrol, revoke
from creditbank.domain.decide.convert import agree, convert, lapse, reject, withdraw
from creditbank.domain.decide.keys import set_seats
from creditbank.domain.decide.transfer import accept_transfer, offer_transfer
from creditbank.domain.event import Applied, Enrolled
from creditbank.domain.name import AccountId, ApplicationId, OutcomeId, seats_stream
from creditbank.domain.request import Request
from creditbank.domain.view.account import balance, quote
from creditbank.errors import (
    BookNotInForceError,
    DecisionRefusedError,
    MalformedError,
    NotPermittedError,
    StaleDraftError,
    StateError,
)
from creditbank.testing.world import (
    ACADEMIC,
    ASSESSOR,
    COLLEGE,
    COLLEGE_CREDIT,
    HIGH,
    OPERATOR,
    VOCATIONAL,
    World,
    shipped_book,
)


@pytest.fixture
def source(world: World, learner: AccountId) -> OutcomeId:
    return world.deposit(learner, world.certificate())


@pytest.fixture
def pending(world: World, learner: AccountId, source: OutcomeId) -> ApplicationId:
    return world.convert(learner, [world.item("1", source, world.course("c1"))])


def test_an_account_has_so_many_entries_and_no_more(
    world: World, learner: AccountId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("creditbank.domain.decide.account.ENTRIES_MAX", 4)
    last = [world.deposit(learner, world.certificate(number=str(n))) for n in range(2)][-1]
    with pytest.raises(StateError, match="full"):
        world.deposit(learner, world.certificate())
    with pytest.raises(StateError, match="full"):
        world.enrol(learner, HIGH)
    # What ends or undoes something is let in: the account has to be able to be put right.
    world.record(ASSESSOR, revoke, learner, last, "false")
    world.record(COLLEGE, end_enrolment, learner, world.enrolled(learner), world.clock.day, "left")
    assert world.bank.known().account(learner).entries == 6


@pytest.mark.parametrize(("days", "agreed"), [(0, True), (29, True), (30, True), (31, False)])
def test_a_step_is_agreed_until_its_last_day(
    world: World, learner: AccountId, pending: ApplicationId, days: int, agreed: bool
) -> None:
    world.clock.turn(days=days)
    if agreed:
        with pytest.raises(StateError, match="open until"):
            world.record(HIGH, lapse, learner, pending)
        world.record(COLLEGE, agree, learner, pending)
    else:
        with pytest.raises(StateError, match="lapsed"):
            world.record(COLLEGE, agree, learner, pending)
        world.record(HIGH, lapse, learner, pending)
        assert str(balance(world.bank.known(), learner)["cn-bank"].quanta) == "20"


def test_each_step_counts_from_the_one_before(world: World, learner: AccountId, pending: ApplicationId) -> None:
    world.clock.turn(days=30)
    world.record(COLLEGE, agree, learner, pending)
    world.clock.turn(days=30)
    world.record(ACADEMIC, agree, learner, pending)
    assert world.bank.known().account(learner).applications[pending].status == "converted"


def test_a_step_is_not_agreed_before_the_step_before_it(
    world: World, learner: AccountId, pending: ApplicationId
) -> None:
    world.bank.record(world.request(COLLEGE, days=1), agree, learner, pending)
    with pytest.raises(StateError, match="agreed as of"):
        world.bank.record(world.request(ACADEMIC), agree, learner, pending)
    world.bank.record(world.request(ACADEMIC, days=1), agree, learner, pending)


@pytest.mark.parametrize(("days", "agreed"), [(0, False), (4, False), (5, False), (6, True)])
def test_public_notice_lasts_through_its_last_day(
    world: World, learner: AccountId, source: OutcomeId, days: int, agreed: bool
) -> None:
    text = shipped_book("x-certificate-conversion").replace('"x-certificate-conversion"', '"noticed"')
    book = world.bank.publish(
        world.request(OPERATOR), text.replace('"教务审批", within = "30 days"', '"教务审批", notice = "5 days"')
    )
    asked = world.application(learner, [world.item("1", source, world.course("c1"))], book)
    event = world.record(COLLEGE, convert, learner, asked).event
    assert isinstance(event, Applied)
    world.record(COLLEGE, agree, learner, event.id)
    world.clock.turn(days=days)
    if agreed:
        world.record(ACADEMIC, agree, learner, event.id)
    else:
        with pytest.raises(StateError, match="in public notice"):
            world.record(ACADEMIC, agree, learner, event.id)


def test_a_transfer_leaves_one_school_on_the_day_on_which_it_enters_the_other(world: World) -> None:
    account = world.open(1)
    world.enrol(account, HIGH)
    transfer = world.offered(account)
    first = world.bank.known().account(account).transfers[transfer].offer.starts_on
    world.record(VOCATIONAL, accept_transfer, account, transfer)
    held = world.bank.known().account(account)
    assert [one.enrolment.school for one in held.enrolled_at(first - timedelta(days=1))] == [HIGH]
    assert [one.enrolment.school for one in held.enrolled_at(first)] == [VOCATIONAL]


YEARS = """
book = "years"
version = "1"
title = "转学办法"
since = 2020-01-01
acts = ["transfer"]
basis = { t = { title = "转学办法" } }
fields = { "source.year_group" = "text", "target.year_group" = "text" }
clause = [
  { id = "from", kind = "gate", require = { "source.year_group" = "FROM" }, basis = "t:1" },
  { id = "into", kind = "gate", require = { "target.year_group" = "INTO" }, basis = "t:2" },
]
"""


@pytest.mark.parametrize("clause", ["", "from", "into"])
def test_a_book_sees_the_year_that_a_pupil_leaves_and_the_one_that_is_offered(world: World, clause: str) -> None:
    account = world.open(1)
    world.enrol(account, HIGH)
    offer = world.offer(account)
    past = world.bank.known().account(account).enrolments[offer.enrolment].enrolment.year_group
    assert past != offer.year_group
    years = {"from": past, "into": offer.year_group} | ({clause: "三年级"} if clause else {})
    digest = world.bank.publish(
        world.request(OPERATOR), YEARS.replace("FROM", years["from"]).replace("INTO", years["into"])
    )
    asked = attrs.evolve(offer, book=digest)
    if not clause:
        world.record(HIGH, offer_transfer, account, asked)
        return
    with pytest.raises(DecisionRefusedError, match=f"gate.{clause}"):
        world.record(HIGH, offer_transfer, account, asked)


def test_a_place_stays_taken_whatever_is_offered_later(world: World) -> None:
    account = world.open(1)
    world.enrol(account, HIGH)
    world.record(VOCATIONAL, accept_transfer, account, world.offered(account))
    for places, left in ((3, 2), (1, 0), (0, 0), (2, 1)):
        world.record(VOCATIONAL, set_seats, world.seats, places)
        assert world.bank.known().seats(world.seats).left == left


def test_places_of_another_school_receive_nobody(world: World) -> None:
    account, theirs = world.open(1), seats_stream(COLLEGE, "cook-2026")
    world.enrol(account, HIGH)
    world.record(COLLEGE, set_seats, theirs, 2)
    offer = world.offer(account)
    with pytest.raises(NotPermittedError, match="name the places of the receiving school"):
        world.record(HIGH, offer_transfer, account, attrs.evolve(offer, seats=theirs))
    world.record(HIGH, offer_transfer, account, offer)


@pytest.mark.parametrize(("places", "accepted"), [(0, 0), (1, 1), (2, 2), (3, 3)])
def test_a_school_takes_as_many_as_it_has_places(world: World, places: int, accepted: int) -> None:
    world.record(VOCATIONAL, set_seats, world.seats, 3)
    offers = []
    for number in range(4):
        account = world.open(number)
        world.enrol(account, HIGH)
        offers.append((account, world.offered(account)))
    world.record(VOCATIONAL, set_seats, world.seats, places)
    for account, transfer in offers[:accepted]:
        world.record(VOCATIONAL, accept_transfer, account, transfer)
    with pytest.raises(StateError, match=f"all {places} taken"):
        world.record(VOCATIONAL, accept_transfer, *offers[accepted])
    other = world.open(9)
    world.enrol(other, HIGH)
    with pytest.raises(DecisionRefusedError, match="places"):
        world.record(HIGH, offer_transfer, other, world.offer(other))


@pytest.mark.parametrize(
    ("bank_credits", "asked", "granted"),
    [
        ("10", ["7.5"], 7.5),
        ("10", ["8"], 8),
        ("10", ["8.5"], 0),
        ("10", ["4", "4"], 8),
        ("10", ["4", "4", "0.5"], 8),
        ("10", ["4", "4.5"], 4),
        ("6", ["4", "4", "2"], 6),
        ("6", ["6"], 6),
        ("6", ["6.5"], 0),
        ("8", ["8"], 8),
    ],
)
def test_a_certificate_gives_what_its_caps_leave(
    world: World, learner: AccountId, bank_credits: str, asked: list[str], granted: float
) -> None:
    source = world.deposit(learner, world.certificate(credits=bank_credits))
    items = [world.item(str(n), source, world.course(f"c{n}", credits)) for n, credits in enumerate(asked)]
    decision = quote(world.bank.known(), learner, world.application(learner, items), world.clock.day)
    assert sum((result.granted or Fraction(0) for result in decision.results), Fraction(0)) == Fraction(granted)
    world.converted(learner, items) if granted else world.convert(learner, items)
    held = balance(world.bank.known(), learner).get(COLLEGE_CREDIT.id)
    assert (held.quanta if held else 0) == 2 * granted


@pytest.mark.parametrize(
    ("since", "until", "holds"),
    [(1, None, False), (0, None, True), (-1, None, True), (-1, 1, True), (-1, 0, False), (0, 0, False)],
)
def test_an_enrolment_holds_from_its_first_day_up_to_its_last(
    world: World, since: int, until: int | None, holds: bool
) -> None:
    account = world.open(1)
    source = world.deposit(account, world.certificate())
    enrolment = attrs.evolve(world.enrolment(), since=world.clock.day + timedelta(days=since))
    event = world.record(COLLEGE, enrol, account, enrolment).event
    assert isinstance(event, Enrolled)
    if until is not None:
        world.record(COLLEGE, end_enrolment, account, event.id, world.clock.day + timedelta(days=until), "left")
    asked = world.application(account, [world.item("1", source, world.course("c1"))])
    if holds:
        world.record(COLLEGE, convert, account, asked)
    else:
        with pytest.raises(StateError, match="not in force"):
            world.record(COLLEGE, convert, account, asked)


@pytest.mark.parametrize(("day", "serves"), [(-1, False), (0, True), (9, True), (10, False), (11, False)])
def test_a_book_serves_from_its_first_day_up_to_its_last(world: World, day: int, serves: bool) -> None:
    since = world.clock.day
    text = shipped_book("x-certificate-conversion").replace('"x-certificate-conversion"', '"short"')
    text = text.replace("since = 2022-01-01", f"since = {since}\nuntil = {since + timedelta(days=10)}")
    book = world.bank.publish(world.request(OPERATOR), text)
    account = world.learner(1)
    asked = world.application(
        account, [world.item("1", world.deposit(account, world.certificate()), world.course("c1"))], book
    )
    world.clock.turn(days=day, ms=86_400_000 if day < 0 else 0)  # the clock never goes back: ask for yesterday instead
    request = world.request(COLLEGE, days=-1 if day < 0 else 0)
    if serves:
        world.bank.record(request, convert, account, asked)
    else:
        request = attrs.evolve(request, on=since + timedelta(days=day))
        with pytest.raises(BookNotInForceError):
            world.bank.record(request, convert, account, asked)


@pytest.mark.parametrize(("days", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_request_is_of_today_give_or_take_a_day(world: World, days: int, taken: bool) -> None:
    if taken:
        world.bank.record(world.request(COLLEGE, days=days), lambda known, request: _opened(world, known, request))
    else:
        with pytest.raises(StateError, match="not within a day"):
            world.bank.record(world.request(COLLEGE, days=days), lambda known, request: _opened(world, known, request))


def _opened(world: World, known: Any, request: Request) -> Any:
    from creditbank.bank import enter
    from creditbank.domain.decide.account import open_account

    return open_account(known, request, *enter(world.bank.vault, [world.person(1)])[0])


@pytest.mark.parametrize(("days", "taken"), [(-1, True), (0, True), (1, False)])
def test_an_outcome_is_achieved_before_it_is_deposited(
    world: World, learner: AccountId, days: int, taken: bool
) -> None:
    outcome = attrs.evolve(world.certificate(), achieved_on=world.clock.day + timedelta(days=days))
    if taken:
        world.record(ASSESSOR, deposit, learner, outcome)
    else:
        with pytest.raises(StateError, match="achieved only on"):
            world.record(ASSESSOR, deposit, learner, outcome)


@pytest.mark.parametrize(("late_ms", "taken"), [(-1, True), (0, True), (1, False)])
def test_a_draft_is_taken_until_its_last_millisecond(
    world: World, learner: AccountId, late_ms: int, taken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("creditbank.bank.recorder.DRAFT_LIFE_MS", 3_600_000)
    draft = world.bank.prepare(world.request(ASSESSOR), deposit, learner, world.certificate())
    signature = world.signers[ASSESSOR].sign(draft.message)
    world.clock.turn(ms=3_600_000 + late_ms)
    if taken:
        assert world.bank.submit(draft, signature).at_ms == world.clock.now_ms
    else:
        with pytest.raises(StaleDraftError, match="time is over"):
            world.bank.submit(draft, signature)


@pytest.mark.parametrize(("days", "taken"), [(0, True), (1, True), (2, False)])
def test_a_draft_is_submitted_within_a_day_of_its_request(
    world: World, learner: AccountId, days: int, taken: bool
) -> None:
    """A verifier asks that the civil day of a request be within a day of the receipt; so must whoever records it."""
    draft = world.bank.prepare(world.request(ASSESSOR), deposit, learner, world.certificate())
    signature = world.signers[ASSESSOR].sign(draft.message)
    world.clock.turn(days=days)
    if taken:
        world.bank.submit(draft, signature)
    else:
        with pytest.raises(StaleDraftError, match="not within a day"):
            world.bank.submit(draft, signature)
    assert world.bank.verify().ok


@pytest.mark.parametrize("verb", [reject, withdraw])
def test_a_payload_has_so_many_bytes_and_no_more(
    world: World, learner: AccountId, pending: ApplicationId, verb: Callable[..., Any]
) -> None:
    def size(reason: str) -> int:
        draft = world.bank.prepare(world.request(COLLEGE), verb, learner, pending, reason)
        return len(draft.signing.payloads[0])

    room = PAYLOAD_MAX - size("")
    assert size("x" * room) == PAYLOAD_MAX
    before = world.bank.store.size()
    with pytest.raises(MalformedError, match=f"{PAYLOAD_MAX + 1} bytes"):
        world.record(COLLEGE, verb, learner, pending, "x" * (room + 1))
    assert world.bank.store.size() == before
    world.record(COLLEGE, verb, learner, pending, "x" * room)
    assert world.bank.verify().ok
