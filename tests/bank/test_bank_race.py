"""A rival writes between deciding and appending: what was decided is decided again, never recorded as it was."""

import threading
from collections.abc import Callable

import attrs
import pytest

from creditbank.bank import Bank
from creditbank.domain.decide.account import deposit, revoke
from creditbank.domain.decide.convert import agree, convert, reject, withdraw
from creditbank.domain.decide.keys import found, publish_system, retire_key, set_seats, withdraw_book
from creditbank.domain.decide.transfer import accept_transfer
from creditbank.domain.event import Applied, BankFounded
from creditbank.domain.name import AccountId
from creditbank.domain.profile import Profile
from creditbank.errors import (
    AlreadyError,
    BookNotInForceError,
    ConflictError,
    KeyReusedError,
    NotPermittedError,
    StaleDraftError,
    StateError,
)
from creditbank.ledger import PublicKey
from creditbank.testing.world import (
    ASSESSOR,
    BANK_CREDIT,
    COLLEGE,
    HIGH,
    OPERATOR,
    ORIGIN,
    VOCATIONAL,
    ZONE,
    World,
    signer_of,
)

Interleave = Callable[[Bank, Callable[[], object]], list[object]]


def test_a_conversion_does_not_slip_past_the_withdrawal_of_its_book(world: World, interleave: Interleave) -> None:
    account = world.learner(1)
    source = world.deposit(account, world.certificate())
    asked = world.application(account, [world.item("1", source, world.course("c1"))])
    rival = world.second()
    interleave(
        world.bank,
        lambda: rival.record(
            world.request(OPERATOR), withdraw_book, "x-certificate-conversion", world.book, "replaced"
        ),
    )
    size = world.bank.store.size()
    with pytest.raises(BookNotInForceError, match="withdrawn"):
        world.record(COLLEGE, convert, account, asked)
    assert world.bank.store.size() == size + 1
    assert world.bank.verify().ok


def test_a_conversion_does_not_slip_past_the_revocation_of_its_source(world: World, interleave: Interleave) -> None:
    account = world.learner(1)
    source = world.deposit(account, world.certificate())
    rival = world.second()
    interleave(world.bank, lambda: rival.record(world.request(ASSESSOR), revoke, account, source, "false"))
    with pytest.raises(StateError, match="revoked"):
        world.convert(account, [world.item("1", source, world.course("c1"))])


def test_one_course_is_not_converted_twice_at_once(world: World, interleave: Interleave) -> None:
    account = world.learner(1)
    first, second = (world.deposit(account, world.certificate()) for _ in range(2))
    rival = world.second()
    asked = world.application(account, [world.item("1", second, world.course("c1"))])
    interleave(world.bank, lambda: rival.record(world.request(COLLEGE), convert, account, asked))
    event = world.record(
        COLLEGE, convert, account, world.application(account, [world.item("1", first, world.course("c1"))])
    ).event
    assert isinstance(event, Applied)
    assert event.decision.results[0].refused == "once.course-used"


def test_the_last_place_is_taken_once(world: World, interleave: Interleave) -> None:
    world.record(VOCATIONAL, set_seats, world.seats, 1)
    pupils = [world.open(number) for number in range(2)]
    for pupil in pupils:
        world.enrol(pupil, HIGH)
    first, second = (world.offered(pupil) for pupil in pupils)
    rival = world.second()
    interleave(world.bank, lambda: rival.record(world.request(VOCATIONAL), accept_transfer, pupils[1], second))
    with pytest.raises(StateError, match="all 1 taken"):
        world.record(VOCATIONAL, accept_transfer, pupils[0], first)
    assert world.bank.known().seats(world.seats).taken == (second,)
    assert world.bank.verify().ok


def test_one_person_gets_one_account(world: World, interleave: Interleave) -> None:
    rival = world.second()
    done = interleave(world.bank, lambda: rival.open_account(world.request(HIGH), world.person(7)))
    assert world.open(7) == done[0]
    assert world.open(7) == done[0]


def test_one_number_is_deposited_once(world: World, interleave: Interleave) -> None:
    account, other = world.learner(1), world.learner(2)
    outcome, rival = world.certificate(number="X-9"), world.second()
    interleave(world.bank, lambda: rival.record(world.request(ASSESSOR), deposit, other, outcome))
    with pytest.raises(AlreadyError, match=other):
        world.deposit(account, outcome)


def test_agreeing_and_rejecting_at_once_is_one_or_the_other(world: World, interleave: Interleave) -> None:
    account = world.learner(1)
    application = world.convert(
        account, [world.item("1", world.deposit(account, world.certificate()), world.course("c1"))]
    )
    rival = world.second()
    interleave(world.bank, lambda: rival.record(world.request(COLLEGE), reject, account, application, "no"))
    with pytest.raises(StateError, match="rejected"):
        world.record(COLLEGE, agree, account, application)


def test_a_key_retired_meanwhile_signs_nothing(world: World, interleave: Interleave) -> None:
    account = world.learner(1)
    world.add_key(ASSESSOR)
    rival = Bank(
        world.bank.store,
        world.bank.vault,
        signers={ASSESSOR: signer_of(ASSESSOR, 1)},
        clock=world.clock,
        mark=None,
        marked=False,
    )
    old = str(PublicKey.of(signer_of(ASSESSOR)))
    interleave(world.bank, lambda: rival.record(world.request(ASSESSOR), retire_key, old))
    with pytest.raises(NotPermittedError, match="not in force"):
        world.deposit(account, world.certificate())
    assert world.bank.verify().ok


def test_a_bank_is_founded_once(world: World, interleave: Interleave) -> None:
    """The rival founds it under another name, so no stream that the first founder read has changed."""
    del world
    empty = World.empty()
    rival, key = empty.second(), str(PublicKey.of(signer_of(HIGH)))
    profile = Profile("另一银行", "operator", ("operator", "registrar"), "")
    interleave(
        empty.bank, lambda: rival.record(empty.request(HIGH), found, profile, key, "creditbank.example.org/other", ZONE)
    )
    with pytest.raises(AlreadyError, match="entry 0"):
        empty.found()
    assert empty.bank.store.size() == 1
    assert isinstance(rival.founding, BankFounded)
    assert rival.founding.origin != ORIGIN


def test_the_same_request_twice_at_once_is_recorded_once(world: World, interleave: Interleave) -> None:
    account, rival = world.learner(1), world.second()
    request, outcome = world.request(ASSESSOR, "k"), world.certificate()
    done = interleave(world.bank, lambda: rival.record(request, deposit, account, outcome))
    size = world.bank.store.size()
    assert world.bank.record(request, deposit, account, outcome) == done[0]
    assert world.bank.store.size() == size + 1


def test_a_key_taken_meanwhile_by_another_request_is_refused(world: World, interleave: Interleave) -> None:
    account, rival = world.learner(1), world.second()
    request, outcome = world.request(ASSESSOR, "k"), world.certificate()
    interleave(world.bank, lambda: rival.record(request, deposit, account, attrs.evolve(outcome, title="Another")))
    with pytest.raises(KeyReusedError):
        world.bank.record(request, deposit, account, outcome)


def test_a_draft_stale_meanwhile_is_not_recorded(world: World, interleave: Interleave) -> None:
    account, rival = world.learner(1), world.second()
    application = world.convert(
        account, [world.item("1", world.deposit(account, world.certificate()), world.course("c1"))]
    )
    draft = world.bank.prepare(world.request(COLLEGE), agree, account, application)
    interleave(world.bank, lambda: rival.record(world.request(COLLEGE), withdraw, account, application, "no"))
    with pytest.raises(StaleDraftError, match="withdrawn"):
        world.bank.submit(draft, world.signers[COLLEGE].sign(draft.message))
    assert world.bank.known().account(account).applications[application].status == "withdrawn"


def test_who_always_loses_gives_up_at_last(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("creditbank.bank.desk.ATTEMPTS_MAX", 3)
    tries = []

    def conflict(batch: object) -> None:
        tries.append(batch)
        raise ConflictError("somebody wrote first", "decide again")

    monkeypatch.setattr(world.bank.store, "append", conflict)
    with pytest.raises(ConflictError, match="3 times"):
        world.record(OPERATOR, publish_system, attrs.evolve(BANK_CREDIT, id="other"))
    assert len(tries) == 3


def test_threads_of_two_banks_lose_nothing_and_double_nothing(world: World) -> None:
    accounts: list[AccountId] = [world.learner(number) for number in range(2)]
    banks = [world.bank, world.second()]
    errors: list[BaseException] = []

    def work(number: int) -> None:
        bank = banks[number % 2]
        try:
            for turn in range(8):
                request = attrs.evolve(world.request(ASSESSOR), key=f"thread-{number}-{turn}")
                bank.record(request, deposit, accounts[turn % 2], world.certificate())
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert [len(world.bank.known().account(account).outcomes) for account in accounts] == [16, 16]
    assert world.bank.verify().ok
