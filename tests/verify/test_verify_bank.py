"""What a real bank wrote verifies, whatever was done with it; its receipts do too; what is changed in its store is noticed."""

import base64
from collections.abc import Iterator

import attrs
import pytest

from creditbank.bank import call
from creditbank.bank.evidence import StoreEvidence
from creditbank.domain.decide.account import deposit, restrict, revoke
from creditbank.domain.decide.convert import agree, convert
from creditbank.domain.decide.keys import add_key, revoke_key
from creditbank.errors import ErasedError, RestrictedError
from creditbank.ledger import Ed25519Signer, PublicKey, possession_message
from creditbank.testing.town import ORIGIN, Town, possession, small_town
from creditbank.vault import Person
from creditbank.verify import Row, check_receipt, verify


def busy_town() -> Town:
    """Apply, agree twice, revoke with everything that stood on it; erase an account, restrict another."""
    town = small_town()
    bank = town.bank
    first = bank.record(town.request(town.assessor), deposit, town.learner, town.certificate("中级", "10")).event.id
    bank.checkpoint()
    application = town.application(first, {"图像处理": "4", "网页设计": "4"})
    applied = bank.record(town.request(town.college), convert, town.learner, application).event.id
    for _ in range(2):
        bank.record(town.request(town.college), agree, town.learner, applied)
    bank.record(town.request(town.assessor), revoke, town.learner, first, "issued by mistake")
    accounts = [
        bank.open_account(town.request(town.college), Person(f"人{number}", "resident-id", f"{number}", {}))
        for number in range(2)
    ]
    calls = {
        f"many-{number}": call(deposit, each, town.certificate("初级", "1")) for number, each in enumerate(2 * accounts)
    }
    bank.record_all(town.assessor, calls)
    bank.erase(town.request(town.operator), accounts[0], "PIPL 47(1)(3)", "ab" * 32)
    bank.record(town.request(town.operator), restrict, accounts[1], "PIPL 47(2)")
    bank.checkpoint()
    return town


def test_a_busy_banks_ledger_and_receipts():
    town = busy_town()
    bank = town.bank
    report = bank.verify()
    assert report.ok, "\n".join(map(str, report.findings))
    assert report.size == report.entries == bank.store.size()
    assert report.verified + report.forgotten == report.requests
    assert report.forgotten == 4
    shown = 0
    for position in range(bank.store.size()):
        try:
            receipt = bank.receipt(position)
        except (ErasedError, RestrictedError):
            continue
        assert check_receipt(str(receipt), bank.verifier_key).position == position
        shown += 1
    assert shown >= 12


def test_a_draft_signed_elsewhere():
    town = small_town()
    bank = town.bank
    draft = bank.prepare(town.request(town.assessor), deposit, town.learner, town.certificate("中级", "10"))
    bank.record(town.request(town.assessor), deposit, town.learner, town.certificate("高级", "10"))
    bank.submit(draft, town.signers[town.assessor].sign(draft.message))
    report = bank.verify()
    assert report.ok, "\n".join(map(str, report.findings))


def test_keys_added_and_revoked_by_a_bank():
    town = small_town()
    bank = town.bank
    new = Ed25519Signer.generate()
    args = (
        str(PublicKey.of(new)),
        possession(ORIGIN, town.college, new),
        town.operator,
        possession_by(town, new),
    )
    bank.record(town.request(town.college), add_key, *args)
    assert bank.verify().ok
    old = str(PublicKey.of(town.signers[town.college]))
    size = bank.store.size()
    bank.record(town.request(town.operator), revoke_key, town.college, old, size - 1, "stolen")
    report = bank.verify()
    assert {(finding.check, finding.position) for finding in report.findings} == {("d", size - 1)}


def possession_by(town: Town, key: Ed25519Signer) -> str:
    """The operator endorses *key* of the college."""
    message = possession_message(ORIGIN, town.college, PublicKey.of(key))
    return base64.b64encode(town.signers[town.operator].sign(message)).decode()


@attrs.frozen
class Bent(StoreEvidence):
    """A bank's evidence in which one row is changed."""

    position: int
    changed: dict[str, object]

    def rows(self, since: int, upto: int) -> Iterator[Row]:
        for row in super().rows(since, upto):
            yield attrs.evolve(row, **self.changed) if row.position == self.position else row


TOWN = busy_town()


@pytest.mark.parametrize("changed", [{"opened": None}, {"at_ms": 1}, {"place": bytes(32)}, {"commitment": bytes(32)}])
def test_a_row_changed_in_the_store_is_noticed_wherever_it_is(changed):
    store, vault = TOWN.bank.store, TOWN.bank.vault
    assert verify(StoreEvidence(store, vault)).ok
    for position in range(store.size()):
        row = next(StoreEvidence(store, vault).rows(position, position + 1))
        if any(getattr(row, name) != value for name, value in changed.items()):
            assert not verify(Bent(store, vault, position, changed)).ok, position
