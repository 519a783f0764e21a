"""A key that only another registrar vouched for, and a retry on another day."""

import base64
from datetime import timedelta

import pytest

import creditbank as cb
from creditbank.bank import Bank
from creditbank.ledger import Ed25519Signer, PublicKey, possession_message
from creditbank.testing.town import ORIGIN, possession, small_town

SECOND = cb.institution_id("keys:province")


def test_a_receipt_shows_the_registrar_that_endorsed_the_key() -> None:
    town = small_town()
    bank, province, new = town.bank, Ed25519Signer.generate(), Ed25519Signer.generate()
    profile = cb.Profile("省教育厅", "office", ("office", "registrar"), "370000")
    key = str(PublicKey.of(province))
    bank.record(town.request(town.operator), cb.register, SECOND, profile, key, possession(ORIGIN, SECOND, province))
    message = possession_message(ORIGIN, town.college, PublicKey.of(new))
    endorsement = base64.b64encode(province.sign(message)).decode()
    proof = possession(ORIGIN, town.college, new)
    bank.record(town.request(town.college), cb.add_key, str(PublicKey.of(new)), proof, SECOND, endorsement)

    signers = {town.operator: town.signers[town.operator], town.college: new}
    with_new_key = Bank(bank.store, bank.vault, signers=signers, clock=bank._clock, mark=None, marked=False)
    person = cb.Person("陈默", "passport", "E77", {})
    with_new_key.open_account(town.request(town.college), person)
    receipt = with_new_key.receipt(bank.store.size() - 1)
    report = cb.check_receipt(str(receipt), with_new_key.verifier_key)
    assert (report.author, report.kind) == (town.college, "account_opened")
    streams = {evidence.stream for evidence in receipt.keys}
    assert streams == {town.operator, town.college, SECOND}
    assert with_new_key.verify().ok


def test_a_retry_on_the_next_day_is_the_same_request() -> None:
    town = small_town()
    bank = town.bank
    later = Bank(
        bank.store,
        bank.vault,
        signers=town.signers,
        clock=lambda: bank._clock() + 24 * 3_600_000,
        mark=None,
        marked=False,
    )
    outcome = town.certificate("中级", "10")
    request = cb.Request(town.assessor, "once", bank.today())
    first = bank.record(request, cb.deposit, town.learner, outcome)
    size = bank.store.size()
    tomorrow = cb.Request(town.assessor, "once", bank.today() + timedelta(days=1))
    assert later.record(tomorrow, cb.deposit, town.learner, outcome) == first
    assert bank.store.size() == size
    with pytest.raises(cb.KeyReusedError):
        later.record(tomorrow, cb.deposit, town.learner, town.certificate("中级", "10"))
