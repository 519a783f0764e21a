"""Kept states: they spare folding, and change nothing that the bank says."""

from typing import Any

import attrs
import pytest

from creditbank.bank import Bank
from creditbank.bank.loader import open_row
from creditbank.codec.state import decode_state
from creditbank.domain.account import Account
from creditbank.domain.name import AccountId
from creditbank.domain.state import FOLD, before, fold
from creditbank.domain.view.account import quote, statement
from creditbank.errors import StoreError
from creditbank.testing.world import World
from creditbank.vault import MemoryVault


def _long(world: World) -> AccountId:
    account = world.learner(1)
    source = world.deposit(account, world.certificate(number="X-1"))
    for number in range(6):
        world.convert(account, [world.item("1", source, world.course(f"c{number}", 1))])
    for number in range(6):
        world.deposit(account, world.certificate(number=f"X-2{number}"))
    return account


@pytest.mark.parametrize("kept", [True, False], ids=["kept", "folded"])
def test_a_bank_with_an_empty_cache_says_the_same(world: World, kept: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    account = _long(world)
    row = world.bank.store.state(account, FOLD, world.bank.store.size())
    assert row is not None
    assert row.version == 8
    if not kept:
        monkeypatch.setattr(world.bank.store, "state", lambda *_: None)
    warm, cold = world.bank.known(), world.second().known()
    assert statement(cold, account) == statement(warm, account)
    assert list(cold.account(account).applications) == list(warm.account(account).applications)
    assert repr(cold.account(account)) == repr(warm.account(account))
    source = next(iter(warm.account(account).outcomes))
    asked = world.application(account, [world.item("1", source, world.course("c9", 3))])
    assert quote(cold, account, asked, world.clock.day) == quote(warm, account, asked, world.clock.day)


def test_a_kept_state_is_used(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth entry is folded onto the state of eight; entries before it are not even read."""
    account, read = _long(world), world.bank.store.read
    asked: list[tuple[int, int]] = []

    def reading(stream: str, since: int, upto: int) -> Any:
        if stream == account:
            asked.append((since, upto))
        return read(stream, since, upto)

    monkeypatch.setattr(world.bank.store, "read", reading)
    version = world.bank.known().account(account).entries
    world.second().known().account(account)
    assert (8, version) in asked
    assert all(since >= 8 for since, _ in asked)


def test_a_decision_after_a_restart_is_decided_again_the_same(world: World) -> None:
    """Whoever was first stays first, also where the state was read from its bytes."""
    account = _long(world)
    world.bank = world.second()
    source = next(iter(world.bank.known().account(account).outcomes))
    world.convert(
        account, [world.item("1", source, world.course("c9", 2)), world.item("2", source, world.course("c8", 1))]
    )
    world.bank = world.second()
    assert world.bank.verify().ok


@pytest.mark.parametrize("body", [b"", b"{}", b"not json", b"\x00" * 40])
def test_a_kept_state_that_cannot_be_read_is_folded_again(
    world: World, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = _long(world)
    right = world.bank.known().account(account)
    state = world.bank.store.state
    sealed = world.bank.vault.seal(account, body)

    def other(stream: str, fold_: int, upto: int) -> Any:
        row = state(stream, fold_, upto)
        return None if row is None else attrs.evolve(row, body=sealed)

    monkeypatch.setattr(world.bank.store, "state", other)
    assert world.second().known().account(account) == right


def test_states_are_sealed_and_a_vault_without_the_key_opens_nothing(world: World) -> None:
    account = _long(world)
    row = world.bank.store.state(account, FOLD, 10**6)
    assert row is not None
    assert "Web前端".encode() not in row.body
    stranger = Bank(world.bank.store, MemoryVault(), signers={}, clock=world.clock, mark=None, marked=False)
    with pytest.raises(StoreError, match="vault does not hold the key"):
        stranger.known().account(account)


def test_every_kept_state_is_what_its_events_add_up_to(world: World) -> None:
    account, store, vault = _long(world), world.bank.store, world.bank.vault
    row = store.state(account, FOLD, 10**6)
    assert row is not None
    body = vault.open(account, row.body)
    assert body is not None
    events = [open_row(store, vault, entry).event for entry in store.read(account, 0, row.version)]
    folded = fold(before(account), events)
    assert isinstance(folded, Account)
    assert decode_state(account, body) == folded
