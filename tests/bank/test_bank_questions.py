"""Receipts of every kind of entry, many requests at once, and what the bank knew at another time."""

from datetime import UTC, datetime, timedelta, timezone

import attrs
import pytest

from creditbank.bank import Bank, call, enter, person_claim
from creditbank.bank.loader import open_row
from creditbank.codec.convert import dashed
from creditbank.codec.payload import KINDS
from creditbank.domain.decide.account import correct, deposit, end_enrolment, erase, open_account, restrict, revoke
from creditbank.domain.decide.convert import agree, convert, reject
from creditbank.domain.decide.keys import restore_key, retire_key, revoke_key, withdraw_book
from creditbank.domain.decide.objection import answer_objection, object_to
from creditbank.domain.decide.transfer import accept_transfer, decline_transfer
from creditbank.domain.name import institution_id
from creditbank.domain.profile import Profile
from creditbank.domain.view.account import balance, statement
from creditbank.errors import (
    AlreadyError,
    ClockError,
    ErasedError,
    MalformedError,
    NotPermittedError,
    RestrictedError,
    StateError,
    UnknownError,
    UnverifiedError,
)
from creditbank.ledger import PublicKey
from creditbank.testing.strategies.rules import NOTICED
from creditbank.testing.world import (
    ASSESSOR,
    COLLEGE,
    HIGH,
    OPERATOR,
    VOCATIONAL,
    World,
    possession,
    shipped_book,
    signer_of,
)
from creditbank.verify import check_receipt

DEMAND = "ef" * 32


def _everything(world: World) -> dict[str, int]:
    """Let every kind of entry happen, and return where one of each stands."""
    account = world.learner(1)
    source = world.deposit(account, world.certificate(number="X-1"))
    world.converted(account, [world.item("1", source, world.course("c1"))])
    closed = world.convert(account, [world.item("1", source, world.course("c2", "0.5"))])
    world.record(COLLEGE, reject, account, closed, "no")
    world.record(ASSESSOR, revoke, account, source, "false")
    noticed = world.deposit(account, world.certificate())
    panel = world.bank.publish(world.request(OPERATOR), NOTICED)
    for upheld in (False, True):
        asked = world.application(account, [world.item("1", noticed, world.course("c3"))], panel)
        pending = world.record(COLLEGE, convert, account, asked).event.id  # type: ignore[union-attr] # Applied
        objection = world.record(HIGH, object_to, account, pending, "no").event.id  # type: ignore[union-attr] # ObjectionRaised
        world.record(COLLEGE, answer_objection, account, pending, objection, upheld, "so")
        if not upheld:
            world.clock.turn(days=2)
            world.record(COLLEGE, agree, account, pending)
    world.record(ASSESSOR, correct, account, noticed, attrs.evolve(world.certificate(), title="更正"), "typo")
    world.record(COLLEGE, end_enrolment, account, world.enrolled(account), world.clock.day, "left")
    pupil = world.open(2)
    world.enrol(pupil, HIGH)
    world.record(VOCATIONAL, decline_transfer, pupil, world.offered(pupil), "full")
    world.record(VOCATIONAL, accept_transfer, pupil, world.offered(pupil))
    key = world.add_key(ASSESSOR)
    world.record(ASSESSOR, retire_key, key)
    other = world.add_key(ASSESSOR, 2)
    first = str(PublicKey.of(signer_of(ASSESSOR)))
    for lost in (other, first):
        world.record(OPERATOR, revoke_key, ASSESSOR, lost, world.bank.store.size(), "lost")
    new = PublicKey.of(signer_of(ASSESSOR, 3))
    world.record(OPERATOR, restore_key, ASSESSOR, str(new), possession(ASSESSOR, new, signer_of(ASSESSOR, 3)))
    later = shipped_book("shandong-transfer").replace("2026-01-01", "2027-01-01").replace('"2026-1"', '"2027-1"')
    world.bank.publish(world.request(OPERATOR), later)
    world.record(OPERATOR, withdraw_book, "shandong-transfer", world.transfers, "replaced")
    world.bank.publish(world.request(COLLEGE), world.curriculum())
    erased, restricted = world.learner(3), world.learner(4)
    world.bank.erase(world.request(OPERATOR), erased, "PIPL 47", DEMAND)
    world.record(OPERATOR, restrict, restricted, "diploma")
    places: dict[str, int] = {}
    for row in world.bank.store.rows(0, world.bank.store.size()):
        if row.body is not None:
            event = open_row(world.bank.store, world.bank.vault, row).event
            places.setdefault(dashed(type(event).__name__, "_"), row.position)
    return places


def test_every_kind_of_entry_has_a_receipt_that_a_stranger_can_check(world: World) -> None:
    places = _everything(world)
    assert set(places) == set(KINDS)
    for kind, position in places.items():
        if kind == "account_restricted":
            continue
        report = check_receipt(str(world.bank.receipt(position)), world.bank.verifier_key)
        assert (report.kind, report.position) == (kind, position)
    assert world.bank.verify().ok


def test_receipts_are_refused_in_order(world: World) -> None:
    erased, restricted = world.learner(1), world.learner(2)
    gone = world.bank.store.positions(erased)[0]
    world.bank.erase(world.request(OPERATOR), erased, "PIPL 47", DEMAND)
    world.record(OPERATOR, restrict, restricted, "diploma")
    for position in (-1, world.bank.store.size()):
        with pytest.raises(UnknownError, match="no entry"):
            world.bank.receipt(position)
    with pytest.raises(ErasedError):
        world.bank.receipt(gone)
    for position in world.bank.store.positions(restricted):
        with pytest.raises(RestrictedError):
            world.bank.receipt(position)
    nobody = Bank(world.bank.store, world.bank.vault, signers={}, clock=world.clock, mark=None, marked=False)
    with pytest.raises(NotPermittedError, match="operator's signer"):
        nobody.receipt(0)
    assert world.bank.receipt(0) == nobody.receipt(0)


# --- many at once -------------------------------------------------------------------------------------------------------


def test_all_or_nothing(world: World) -> None:
    account, other = world.learner(1), world.learner(2)
    calls = {
        "a": call(deposit, account, world.certificate(number="X-1")),
        "b": call(deposit, other, world.certificate(number="X-1")),
        "c": call(deposit, account, world.certificate(number="X-2")),
    }
    before = world.bank.store.size()
    with pytest.raises(AlreadyError, match=account):
        world.bank.record_all(ASSESSOR, calls)
    assert world.bank.store.size() == before
    seen: list[tuple[int, int]] = []
    kept = world.bank.record_all(ASSESSOR, calls, keep_good=True, progress=lambda done, of: seen.append((done, of)))
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert list(kept) == ["a", "b", "c"]
    assert isinstance(kept["b"], AlreadyError)
    assert world.bank.store.size() == before + 2
    again = world.bank.record_all(ASSESSOR, calls, keep_good=True)
    assert (again["a"], again["c"]) == (kept["a"], kept["c"])
    assert world.bank.store.size() == before + 2
    assert world.bank.verify().ok


def test_later_calls_see_earlier_ones(world: World) -> None:
    account = world.learner(1)
    source = world.deposit(account, world.certificate())
    asked = [world.application(account, [world.item("1", source, world.course(id))]) for id in ("c1", "c2", "c3")]
    done = world.bank.record_all(COLLEGE, {str(n): call(convert, account, each) for n, each in enumerate(asked)})
    refused = [one.event.decision.results[0].refused for one in done.values()]  # type: ignore[union-attr] # Applied, all
    assert refused == [None, None, "cap.certificate"]
    assert world.bank.verify().ok


def test_more_than_a_submission_holds_is_several_submissions(world: World) -> None:
    account = world.learner(1)
    calls = {str(n): call(deposit, account, world.certificate(number=f"N-{n}")) for n in range(300)}
    done = world.bank.record_all(ASSESSOR, calls)
    positions = [one.position for one in done.values()]  # type: ignore[union-attr] # all were recorded
    assert positions == list(range(positions[0], positions[0] + 300))
    assert world.bank.receipt(positions[256])
    assert world.bank.verify().ok


def test_an_account_is_erased_once_in_a_batch(world: World) -> None:
    account = world.learner(1)
    calls = {
        "first": call(erase, account, "PIPL 47", DEMAND),
        "again": call(erase, account, "PIPL 47", DEMAND),
    }
    done = world.bank.record_all(OPERATOR, calls, keep_good=True)
    assert isinstance(done["again"], ErasedError)
    assert done["again"].position == world.bank.store.size() - 1
    assert world.bank.vault.person(account) is None
    assert world.bank.verify().ok


def test_an_institution_with_two_roles_writes_and_erases_in_one_batch(world: World) -> None:
    office = institution_id("keys:office")
    world.register(office, Profile("教育局", "office", ("office", "school", "issuer", "eraser"), "370300"))
    world.bank._recorder._signers[office] = signer_of(office)
    account = world.learner(1)
    outcome = attrs.evolve(world.certificate(), issuer=office)
    world.bank.record_all(office, {"a": call(deposit, account, outcome), "b": call(erase, account, "x", DEMAND)})
    with pytest.raises(ErasedError):
        world.bank.known().account(account)
    assert world.bank.verify().ok
    fresh, claim = enter(world.bank.vault, [world.person(2)])[0]
    calls = {"o": call(open_account, fresh, claim), "e": call(erase, fresh, "x", DEMAND)}
    with pytest.raises(StateError, match="opened in this batch"):
        world.bank.record_all(office, calls)


def test_nothing_at_all_and_payloads_that_are_too_large(world: World) -> None:
    account, size = world.learner(1), world.bank.store.size()
    assert world.bank.record_all(ASSESSOR, {}) == {}
    source = world.deposit(account, world.certificate())
    done = world.bank.record_all(ASSESSOR, {"a": call(revoke, account, source, "x" * 20_000)}, keep_good=True)
    assert isinstance(done["a"], MalformedError)
    assert world.bank.store.size() == size + 1


# --- what was known when ------------------------------------------------------------------------------------------------


def test_what_was_known_at_a_moment(world: World) -> None:
    account = world.learner(1)
    world.deposit(account, world.certificate())
    then = world.bank.store.size()
    early = statement(world.bank.known(), account)
    moment = datetime.fromtimestamp(world.clock.now_ms // 1000, UTC)
    world.clock.turn(ms=1000)
    world.deposit(account, world.certificate())
    for at in (moment, moment.astimezone(timezone(timedelta(hours=8))), moment + timedelta(milliseconds=999), then):
        assert statement(world.bank.known(at), account) == early
        assert statement(world.second().known(at), account) == early
    assert balance(world.bank.known(moment + timedelta(seconds=1)), account)["cn-bank"].quanta == 40
    assert balance(world.bank.known(), account)["cn-bank"].quanta == 40
    assert world.bank.known(moment - timedelta(milliseconds=1)).position == 0
    with pytest.raises(UnknownError):
        world.bank.known(then - 3).account(account)
    with pytest.raises(MalformedError, match="no zone"):
        world.bank.known(datetime(2026, 1, 1))  # noqa: DTZ001 # that it has no zone is the point
    for at in (-1, world.bank.store.size() + 1):
        with pytest.raises(MalformedError, match="entries"):
            world.bank.known(at)


def test_who_held_a_name_at_a_moment(world: World) -> None:
    before = world.bank.store.size()
    account = world.learner(1)
    world.deposit(account, world.certificate(number="X-1"))
    person, number = person_claim(world.bank.vault, world.person(1)), world.number("X-1")
    for bank in (world.bank, world.second()):
        assert [bank.known(before + n).holder(person) for n in range(2)] == [None, account]
        assert [bank.known(before + n).holder(number) for n in range(4)] == [None, None, None, account]


def test_what_was_erased_is_known_at_no_time_by_no_bank(world: World) -> None:
    """Another process has not forgotten because this one did: what it kept in memory must not be told."""
    account, other = world.learner(1), world.second()
    world.deposit(account, world.certificate())
    then = world.bank.store.size()
    assert other.known(then).account(account).outcomes
    assert other.known().account(account).outcomes
    world.bank.erase(world.request(OPERATOR), account, "PIPL 47", DEMAND)
    for bank in (world.bank, other):
        for at in (None, then, then - 1):
            with pytest.raises(ErasedError):
                bank.known(at).account(account)


def test_the_clock_may_lag_a_little_and_time_never_falls(world: World) -> None:
    account = world.learner(1)
    last = world.record(ASSESSOR, deposit, account, world.certificate()).at_ms
    world.clock.turn(ms=-60_000)
    assert world.record(ASSESSOR, deposit, account, world.certificate()).at_ms == last
    world.clock.turn(ms=-1)
    with pytest.raises(ClockError):
        world.deposit(account, world.certificate())
    assert world.bank.verify().ok


def test_a_payload_changed_in_the_store_is_not_published_and_not_believed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.learner(1)
    rows = world.bank.store.rows

    def flipped(since: int, upto: int) -> object:
        for row in rows(since, upto):
            body = row.body
            yield attrs.evolve(row, body=None if body is None else body[:-9] + bytes([body[-9] ^ 1]) + body[-8:])

    monkeypatch.setattr(world.bank.store, "rows", flipped)
    with pytest.raises(UnverifiedError):
        world.bank.checkpoint()
    assert not world.bank.verify().ok
    monkeypatch.undo()
    assert world.bank.checkpoint()


def test_a_bank_without_entries_says_what_to_do() -> None:
    world = World.empty()
    with pytest.raises(StateError, match="record 'found' first"):
        _ = world.bank.founding
    with pytest.raises(StateError, match="record 'found' first"):
        world.bank.checkpoint()
    assert world.bank.known().position == 0
