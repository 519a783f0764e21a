"""Failures halfway: nothing is recorded or everything is, a retry by key finds out which, and nothing is done twice."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from creditbank.bank import Bank, call
from creditbank.domain.decide.account import deposit
from creditbank.domain.decide.convert import agree, convert
from creditbank.domain.view.account import balance
from creditbank.errors import ErasedError, KeyReusedError, StateError, StoreError, UnknownError
from creditbank.testing.store_cases import Boom, fail_at, heal
from creditbank.testing.world import ACADEMIC, ASSESSOR, COLLEGE, OPERATOR, World

DEMAND = "cd" * 32
STEPS = ("begin", "entries", "claims", "commit")


def _lost(bank: Bank, monkeypatch: pytest.MonkeyPatch, *, seen: bool = True) -> None:
    """Let the next append succeed, and its answer be lost; without *seen* nobody can even look."""
    append, lookup = bank.store.append, bank.store.seen
    state = {"lost": False}

    def losing(batch: Any) -> Any:
        kept = append(batch)
        if not state["lost"]:
            state["lost"] = True
            raise StoreError("the commit was not confirmed", "look it up by its key")
        return kept

    def blind(key_hash: bytes) -> Any:
        if state["lost"] and not seen:
            raise StoreError("the store cannot be read", "try again")
        return lookup(key_hash)

    monkeypatch.setattr(bank.store, "append", losing)
    monkeypatch.setattr(bank.store, "seen", blind)


def test_a_lost_answer_is_looked_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    account = world.learner(1)
    size = world.bank.store.size()
    _lost(world.bank, monkeypatch)
    request, outcome = world.request(ASSESSOR, "k"), world.certificate()
    recorded = world.bank.record(request, deposit, account, outcome)
    assert recorded.position == size
    assert world.bank.record(request, deposit, account, outcome) == recorded
    assert world.bank.store.size() == size + 1


def test_a_retry_finds_what_was_recorded_when_even_looking_failed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = world.learner(1)
    size = world.bank.store.size()
    _lost(world.bank, monkeypatch, seen=False)
    request, outcome = world.request(ASSESSOR, "k"), world.certificate()
    with pytest.raises(StoreError, match="cannot be read"):
        world.bank.record(request, deposit, account, outcome)
    monkeypatch.undo()
    recorded = world.bank.record(request, deposit, account, outcome)
    assert (recorded.position, world.bank.store.size()) == (size, size + 1)
    assert balance(world.bank.known(), account)["cn-bank"].quanta == 20
    assert world.second().record(request, deposit, account, outcome) == recorded
    assert world.bank.verify().ok


def test_a_lost_answer_of_many_is_looked_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    account = world.learner(1)
    calls = {f"k{number}": call(deposit, account, world.certificate()) for number in range(3)}
    _lost(world.bank, monkeypatch)
    first = world.bank.record_all(ASSESSOR, calls)
    assert world.bank.record_all(ASSESSOR, calls) == first
    assert len(world.bank.known().account(account).outcomes) == 3


def test_what_a_rival_recorded_is_not_taken_for_ones_own(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rival's names are others: answering with one's own would name outcomes that are not there."""
    account, rival = world.learner(1), world.second()
    request, outcome = world.request(ASSESSOR, "k"), world.certificate()
    append, done = world.bank.store.append, []

    def failing(batch: Any) -> Any:
        if not done:
            done.append(None)
            done[0] = rival.record(request, deposit, account, outcome)
            raise StoreError("the disk is full", "make room")
        return append(batch)

    monkeypatch.setattr(world.bank.store, "append", failing)
    with pytest.raises(StoreError, match="full"):
        world.bank.record(request, deposit, account, outcome)
    assert world.bank.record(request, deposit, account, outcome) == done[0]
    assert set(world.bank.known().account(account).outcomes) == {done[0].event.id}


@pytest.mark.parametrize("step", STEPS)
def test_a_write_that_fails_halfway_leaves_no_trace(world: World, step: str) -> None:
    account = world.learner(1)
    application = world.convert(
        account, [world.item("1", world.deposit(account, world.certificate()), world.course("c1"))]
    )
    world.record(COLLEGE, agree, account, application)
    store, request = world.bank.store, world.request(ACADEMIC, "k")
    before = list(store.rows(0, store.size())), world.bank.known().account(account)
    fail_at(store, step)
    with pytest.raises((Boom, StoreError)):
        world.bank.record(request, agree, account, application)
    heal(store)
    assert (list(store.rows(0, store.size())), world.bank.known().account(account)) == before
    recorded = world.bank.record(request, agree, account, application)
    assert len(recorded.events) == 2
    assert world.bank.verify().ok


def test_a_write_that_fails_after_its_commit_is_found_again(tmp_path: Path) -> None:
    world = World.founded(f"sqlite:///{tmp_path / 'city'}", mark=tmp_path / "mark")
    account, request = world.learner(1), world.request(ASSESSOR, "k")
    size = world.bank.store.size()
    fail_at(world.bank.store, "committed")
    recorded = world.bank.record(request, deposit, account, world.certificate())
    heal(world.bank.store)
    assert world.bank.record(request, deposit, account, world.certificate()) == recorded
    assert (recorded.position, world.bank.store.size()) == (size, size + 1)
    world.bank.close()


@pytest.mark.parametrize("step", STEPS)
def test_an_opening_that_fails_leaves_a_row_in_the_vault_that_the_next_one_uses(world: World, step: str) -> None:
    fail_at(world.bank.store, step)
    with pytest.raises((Boom, StoreError)):
        world.open(5)
    heal(world.bank.store)
    (orphan,) = world.bank.vault.accounts()
    with pytest.raises(UnknownError):
        world.bank.known().account(orphan)  # type: ignore[arg-type] # the vault knows accounts as text
    assert world.open(5) == orphan
    assert list(world.bank.vault.accounts()) == [orphan]


def test_a_checkpoint_that_fails_halfway_is_made_again(world: World) -> None:
    fail_at(world.bank.store, "commit")
    with pytest.raises((Boom, StoreError)):
        world.bank.checkpoint()
    heal(world.bank.store)
    world.learner(1)
    note = world.bank.checkpoint()
    assert note.splitlines()[1] == str(world.bank.store.size())
    assert world.second().checkpoint() == note
    assert world.bank.verify().ok


# --- erasure cut off between ledger and vault -----------------------------------------------------------------------------


@pytest.mark.parametrize("cut", ["forget", "finish", "checkpoint_wal"])
def test_an_erasure_that_was_cut_off_is_finished_on_opening(
    world: World, cut: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = world.learner(1)
    world.deposit(account, world.certificate(number="X-1"))
    where: Any = world.bank.vault if cut == "forget" else world.bank.store
    request = world.request(OPERATOR, "erase")

    def broken(*_: object) -> None:
        raise StoreError("the power is gone", "come back later")

    with monkeypatch.context() as broken_off:
        broken_off.setattr(where, cut, broken)
        with pytest.raises(StoreError, match="power"):
            world.bank.erase(request, account, "PIPL 47", DEMAND)
    assert (world.bank.vault.key(account) is not None) == (cut == "forget")
    reopened = world.second()
    assert reopened.vault.key(account) is None
    assert reopened.vault.person(account) is None
    assert reopened.store.unfinished() == ()
    with pytest.raises(ErasedError):
        reopened.known().account(account)
    assert reopened.erase(request, account, "PIPL 47", DEMAND).position == reopened.store.size() - 1
    assert reopened.verify().ok
    assert world.open(1) != account


@pytest.mark.parametrize("step", STEPS)
def test_an_erasure_that_fails_erases_nothing(world: World, step: str) -> None:
    account = world.learner(1)
    world.deposit(account, world.certificate(number="X-1"))
    fail_at(world.bank.store, step)
    with pytest.raises((Boom, StoreError)):
        world.bank.erase(world.request(OPERATOR), account, "PIPL 47", DEMAND)
    heal(world.bank.store)
    assert world.bank.vault.person(account) == world.person(1)
    assert len(world.bank.known().account(account).outcomes) == 1
    assert world.bank.store.unfinished() == ()
    assert world.bank.verify().ok


def test_a_late_retry_of_an_opening_does_not_bring_back_who_was_erased(world: World) -> None:
    request = world.request(COLLEGE, "open")
    account = world.bank.open_account(request, world.person(1))
    world.bank.erase(world.request(OPERATOR), account, "PIPL 47", DEMAND)
    for bank in (world.bank, world.second()):
        with pytest.raises(ErasedError):
            bank.open_account(request, world.person(1))
    assert list(world.bank.vault.accounts()) == []
    again = world.bank.open_account(world.request(COLLEGE, "open again"), world.person(1))
    assert again != account
    with pytest.raises(KeyReusedError):
        world.bank.open_account(world.request(COLLEGE, "open again"), world.person(2))


# --- idempotency --------------------------------------------------------------------------------------------------------


def _retitled(world: World, outcome: Any) -> Any:
    return attrs.evolve(outcome, title="另一")


@pytest.mark.parametrize(
    "change",
    [
        lambda world, outcome: _retitled(world, outcome),
        lambda world, outcome: world.certificate(number="X-2"),
        lambda world, outcome: world.certificate(number=None),
        lambda world, outcome: world.certificate(credits="9", number="X-1"),
    ],
    ids=["title", "number", "no number", "credits"],
)
def test_another_request_under_a_known_key_is_refused(world: World, change: Callable[[World, Any], Any]) -> None:
    account, request = world.learner(1), world.request(ASSESSOR, "k")
    outcome = world.certificate(number="X-1")
    first = world.bank.record(request, deposit, account, outcome)
    assert world.bank.record(request, deposit, account, outcome) == first
    with pytest.raises(KeyReusedError):
        world.bank.record(request, deposit, account, change(world, outcome))


def test_one_key_is_another_authors_key_too(world: World) -> None:
    account = world.learner(1)
    first = world.bank.record(world.request(ASSESSOR, "k"), deposit, account, world.certificate())
    second = world.bank.record(world.request(COLLEGE, "k"), deposit, account, world.outcomes()[0])
    assert first.position != second.position


def test_a_refusal_is_not_remembered(world: World) -> None:
    account, request = world.learner(1), world.request(COLLEGE, "k")
    source = world.deposit(account, world.certificate())
    asked = world.application(account, [world.item("1", source, world.course("c1"))])
    world.clock.turn(days=3)
    with pytest.raises(StateError, match="not within a day"):
        world.bank.record(request, convert, account, asked)
    world.clock.turn(days=-3)
    assert world.bank.record(request, convert, account, asked).events


def test_what_was_recorded_under_a_key_and_erased_says_so(world: World) -> None:
    account, request = world.learner(1), world.request(ASSESSOR, "k")
    world.bank.record(request, deposit, account, world.certificate())
    world.bank.erase(world.request(OPERATOR), account, "PIPL 47", DEMAND)
    with pytest.raises(ErasedError):
        world.bank.record(request, deposit, account, world.certificate())
