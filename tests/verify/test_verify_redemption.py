"""Redemptions: that credit was spent once, what such a proof must show whole, and that nothing in one can change."""

import json
import random
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import attrs
import pytest

import creditbank as cb
from creditbank import ledger
from creditbank.bank.receipt import redemption_of
from creditbank.domain.name import ApplicationId
from creditbank.errors import (
    MalformedError,
    NotPermittedError,
    RestrictedError,
    RollbackError,
    StateError,
    UnknownError,
    UnverifiedError,
)
from creditbank.ledger.text import base64_of
from creditbank.testing.town import ORIGIN, RECOGNISED_CREDIT, Town, small_town
from creditbank.verify import redemption as verified
from creditbank.verify.receipt import open_receipt
from creditbank.verify.text import open_head, verifier_key_from

SPEC = Path(__file__).resolve().parent.parent.parent / "docs" / "spec"

BOOK = """
book = "study-award"
version = "1"
title = "结业证书办法"
since = 2020-01-01
acts = ["award"]
system = "cn-bank"
basis = { d = { title = "结业证书办法" } }
clause = [
  { id = "worth", kind = "worth", of = "@source.credits", basis = "d:1" },
  { id = "spend", kind = "policy", debit = "all", final = FINAL, basis = "d:3" } ]
"""
AWARD = cb.Course("study", "结业证书", (), False, RECOGNISED_CREDIT.credit("10"), "qualification")


@attrs.frozen
class Redeemed:
    """A town in which a certificate of ten credits was redeemed; entry 10 applied and entry 11 spent it."""

    town: Town
    application: ApplicationId

    @property
    def key(self) -> str:
        return self.town.bank.verifier_key

    def lot(self) -> str:
        (lot,) = self.town.bank.known().account(self.town.learner).outcomes
        return lot

    def asked(self, *sources: str) -> cb.Application:
        return cb.Application("study-award", "award", self.town.enrolment, (cb.Item("1", sources, (AWARD,)),), ())

    def again(self, *sources: str) -> cb.Recorded:
        town = self.town
        return town.bank.record(town.request(town.college), cb.convert, town.learner, self.asked(*sources))

    def proof(self, application: ApplicationId | None = None) -> ledger.Redemption:
        return self.town.bank.redemption(self.town.learner, application or self.application)

    def head(self, **changed: Any) -> str:
        said = ledger.StreamHead.parse(ledger.Note.parse(self.proof().head).text)
        return ledger.sign_head(attrs.evolve(said, **changed), self.town.signers[self.town.operator])


def redeemed(final: str = "true") -> Redeemed:
    town = small_town()
    town.bank.record(town.request(town.assessor), cb.deposit, town.learner, town.certificate("中级", "10"))
    town.bank.publish(town.request(town.college), BOOK.replace("FINAL", final))
    unasked = Redeemed(town, ApplicationId(""))
    return Redeemed(town, unasked.again("all").event.id)


@pytest.fixture(scope="module")
def good() -> Redeemed:
    return redeemed()


def refused(text: str, key: str) -> bool:
    """Tell whether *text* is refused, with an error that says what and where."""
    try:
        cb.check_redemption(text, key)
    except (MalformedError, UnverifiedError) as error:
        return bool(error.what) and bool(error.where)
    return False


# --- what one shows -----------------------------------------------------------------------------------------------------


def test_it_shows_what_was_spent_where_and_that_it_is_all(good: Redeemed) -> None:
    report = cb.check_redemption(str(good.proof()), good.key)
    assert (report.as_of_size, report.entries, report.applied, report.redeemed) == (12, 5, 10, 11)
    assert (report.account, report.application) == (good.town.learner, good.application)
    assert report.school == good.town.college
    (item,) = report.items
    assert (item.item, item.targets, item.granted, item.final) == ("1", ("study",), 10, True)
    (lot,) = item.lots
    assert (lot.lot, lot.credit, lot.fallen) == (good.lot(), RECOGNISED_CREDIT.credit("10"), False)


def test_one_made_while_another_writes_ends_at_its_checkpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    one = redeemed()
    bank, publisher = one.town.bank, one.town.bank._published_by()
    cover = publisher.cover

    def meanwhile(size: int) -> Any:
        published = cover(size)
        bank.record(
            one.town.request(one.town.assessor), cb.deposit, one.town.learner, one.town.certificate("初级", "5")
        )
        return published

    monkeypatch.setattr(publisher, "cover", meanwhile)
    report = cb.check_redemption(str(one.proof()), one.key)
    assert (report.as_of_size, report.entries, bank.store.size()) == (12, 5, 13)


def test_the_one_in_the_specification_holds_for_ever() -> None:
    """Golden: what was handed out once is read by every later version."""
    text = (SPEC / "redemption.txt").read_text(encoding="utf-8")
    page = (SPEC / "redemption.md").read_text(encoding="utf-8").partition("\n## Vectors\n")[2]
    told = json.loads(page.split("```json\n")[1].partition("\n```")[0])
    assert sha256(text.encode()).hexdigest() == told["sha256"]
    report = cb.check_redemption(text, told["verifier_key"])
    shown = [getattr(report, name) for name in ("as_of_size", "entries", "applied", "redeemed")]
    assert shown == [told[name] for name in ("as_of_size", "entries", "applied", "redeemed")]
    (item,) = report.items
    assert (str(item.granted), [lot.credit and lot.credit.quanta for lot in item.lots]) == (
        told["granted"],
        [told["lot_quanta"]],
    )


def test_a_second_use_is_told_the_position_of_the_first() -> None:
    at = redeemed()
    with pytest.raises(StateError, match=f"used by item '1' of {at.application}, entry 11: leave it out"):
        at.again(at.lot())
    assert at.again("all").event.decision.result("1").used == (), "nothing is left to spend"


def test_what_is_reserved_is_cited_where_it_was_applied_for() -> None:
    town = small_town()
    bank = town.bank
    deposited = bank.record(town.request(town.assessor), cb.deposit, town.learner, town.certificate("中级", "10"))
    bank.publish(town.request(town.college), BOOK.replace("FINAL", "true"))
    lot = deposited.event.id
    applied = bank.record(town.request(town.college), cb.convert, town.learner, town.application(lot, {"摄影": "4"}))
    with pytest.raises(StateError, match=f"used by item '摄影' of {applied.event.id}, entry {applied.position}: "):
        Redeemed(town, applied.event.id).again(lot)
    with pytest.raises(StateError, match="is pending: nothing was redeemed"):
        bank.redemption(town.learner, applied.event.id)
    for _ in range(2):
        bank.record(town.request(town.college), cb.agree, town.learner, applied.event.id)
    with pytest.raises(StateError, match="spends no credit for a qualification"):
        bank.redemption(town.learner, applied.event.id)


def test_a_lot_that_fell_later_was_spent_all_the_same() -> None:
    at = redeemed()
    town = at.town
    town.bank.record(town.request(town.assessor), cb.revoke, town.learner, at.lot(), "not earned")
    report = cb.check_redemption(str(at.proof()), at.key)
    assert (report.as_of_size, report.entries, report.redeemed) == (13, 6, 11)
    ((lot,),) = (item.lots for item in report.items)
    assert (lot.credit, lot.fallen) == (RECOGNISED_CREDIT.credit("10"), True)


def test_what_is_not_final_and_was_undone_has_none() -> None:
    at = redeemed("false")
    town = at.town
    before = str(at.proof())
    town.bank.record(town.request(town.assessor), cb.revoke, town.learner, at.lot(), "not earned")
    with pytest.raises(StateError, match="spends no credit"):
        at.proof()
    assert cb.check_redemption(before, at.key).as_of_size == 12, "as of then it stood"
    later = redemption_of(town.bank.store, town.bank.vault, town.bank._published_by(), town.learner, at.application)
    with pytest.raises(UnverifiedError, match="the account does not show it"):
        cb.check_redemption(str(later), at.key)


def test_whoever_may_not_have_one(good: Redeemed) -> None:
    """In the order that the method documents."""
    bank = good.town.bank
    with pytest.raises(UnknownError, match="account"):
        bank.redemption(cb.account_id(f"account:{0:032}"), good.application)
    with pytest.raises(UnknownError, match="application"):
        good.proof(ApplicationId("other"))
    at = redeemed()
    town = at.town
    rolled_back = cb.Bank(
        town.bank.store, town.bank.vault, signers=town.signers, clock=lambda: 0, mark=None, marked=False
    )
    rolled_back._distrust = RollbackError("it holds less than was published from here", "ledger")
    with pytest.raises(RollbackError):
        rolled_back.redemption(town.learner, at.application)
    keyless = cb.Bank(town.bank.store, town.bank.vault, signers={}, clock=lambda: 0, mark=None, marked=False)
    with pytest.raises(NotPermittedError):
        keyless.redemption(town.learner, at.application)
    town.bank.record(town.request(town.operator), cb.restrict, town.learner, "a diploma was issued")
    with pytest.raises(RestrictedError):
        at.proof()


# --- who lies -----------------------------------------------------------------------------------------------------------


def test_a_bank_that_spends_credit_twice_has_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    at = redeemed()
    monkeypatch.setattr("creditbank.domain.view.case._check_spent", lambda known, held, application: None)
    second = at.again(at.lot()).event.id
    bank = at.town.bank
    for application in (at.application, second):
        with pytest.raises(StateError, match="too: ask the bank"):
            at.proof(application)
        made = redemption_of(bank.store, bank.vault, bank._published_by(), at.town.learner, application)
        with pytest.raises(
            UnverifiedError, match=f"used by item '1' of {second if application != second else at.application}, too"
        ):
            cb.check_redemption(str(made), at.key)


def test_it_is_the_whole_account_or_nothing(good: Redeemed) -> None:
    made = good.proof()
    receipts = made.receipts
    for kept in (
        receipts[:-1],
        receipts[1:],
        receipts[:2] + receipts[3:],
        (*receipts, receipts[-1]),
        receipts[::-1],
        (),
    ):
        with pytest.raises(UnverifiedError, match=r"it is not version|are shown"):
            cb.check_redemption(str(attrs.evolve(made, receipts=kept)), good.key)


def test_the_head_is_the_operators_word_for_these_entries(good: Redeemed) -> None:
    made = good.proof()
    other: Callable[..., str] = good.head
    lies = (
        (other(entries=6), "has 6 entries, and 5 are shown"),
        (other(last=bytes(32)), "has 5 entries, and 5 are shown"),
        (other(stream="account:other"), "it is not version 0 of account:other"),
        (other(size=13), "another checkpoint than of 13"),
        (other(origin="bank.example/other"), f"not of {ORIGIN}"),
    )
    for head, words in lies:
        with pytest.raises(UnverifiedError, match=words):
            cb.check_redemption(str(attrs.evolve(made, head=head)), good.key)
    said = ledger.StreamHead.parse(ledger.Note.parse(made.head).text)
    forged = ledger.sign_head(said, ledger.Ed25519Signer.generate())
    with pytest.raises(UnverifiedError, match="did not sign it"):
        cb.check_redemption(str(attrs.evolve(made, head=forged)), good.key)


def test_receipts_of_two_checkpoints_do_not_go_together() -> None:
    at = redeemed()
    early = at.proof()
    at.again("all")
    late = at.proof()
    mixed = attrs.evolve(late, receipts=(*early.receipts, *late.receipts[len(early.receipts) :]))
    with pytest.raises(UnverifiedError, match="another checkpoint"):
        cb.check_redemption(str(mixed), at.key)
    shorter = attrs.evolve(early, head=late.head)
    with pytest.raises(UnverifiedError, match="another checkpoint"):
        cb.check_redemption(str(shorter), at.key)


ASKEW = (
    (2, {"stream": "account:other"}, "it is not version 2 of account:"),
    (2, {"version": 7}, "it is not version 2 of account:"),
    (2, {"previous": bytes(32)}, "it is not version 2 of account:"),
    (0, {"previous": b"1" * 32}, "it is not version 0 of account:"),
    (3, {"index": 0}, "it stands before the one that it follows"),
)


@pytest.mark.parametrize(("at", "changed", "words"), ASKEW)
def test_an_operator_can_sign_what_no_bank_records(
    good: Redeemed, at: int, changed: dict[str, Any], words: str
) -> None:
    """Each receipt by itself would hold in a log that its operator wrote so: that they go together is asked here."""
    made = good.proof()
    head = open_head(made.head, *verifier_key_from(good.key), "stream head")
    shown = [open_receipt(str(receipt), good.key) for receipt in made.receipts]
    verified._check_stream(head, shown)
    shown[at] = attrs.evolve(shown[at], entry=attrs.evolve(shown[at].entry, **changed))
    with pytest.raises(UnverifiedError, match=words):
        verified._check_stream(head, shown)


def test_an_operator_can_sign_two_logs_of_one_size(good: Redeemed) -> None:
    made = good.proof()
    head = open_head(made.head, *verifier_key_from(good.key), "stream head")
    shown = [open_receipt(str(receipt), good.key) for receipt in made.receipts]
    forked = attrs.evolve(shown[1].checkpoint, root=bytes(32))
    with pytest.raises(UnverifiedError, match="another checkpoint than of 12 entries"):
        verified._check_stream(head, [shown[0], attrs.evolve(shown[1], checkpoint=forked), *shown[2:]])


def test_another_application_or_another_bank(good: Redeemed) -> None:
    made = good.proof()
    with pytest.raises(UnverifiedError, match="the account does not show it: there is no application 'other'"):
        cb.check_redemption(str(attrs.evolve(made, application="other")), good.key)
    with pytest.raises(UnverifiedError):
        cb.check_redemption(str(made), redeemed().key)


# --- the text -----------------------------------------------------------------------------------------------------------


def test_bytes_flipped(good: Redeemed) -> None:
    raw = str(good.proof()).encode()
    chosen = random.Random(7)
    for at in (*range(400), *chosen.sample(range(400, len(raw)), 300)):
        bent = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        assert refused(bent.decode("utf-8", "surrogateescape"), good.key), at


def test_every_line_dropped_or_doubled(good: Redeemed) -> None:
    lines = str(good.proof()).split("\n")
    for at in range(len(lines)):
        assert refused("\n".join(lines[:at] + lines[at + 1 :]), good.key), lines[at][:80]
        assert refused("\n".join([*lines[: at + 1], *lines[at:]]), good.key), lines[at][:80]


def test_texts_that_are_none(good: Redeemed, monkeypatch: pytest.MonkeyPatch) -> None:
    text = str(good.proof())
    for other in ("", "x", "\n", text[:-1], text + "\n", text.replace("/v1", "/v2", 1), str(good.proof().receipts[0])):
        assert refused(other, good.key)
    for old, new, words in (
        ("receipts 5", "receipts 1601", "1601 receipts"),
        ("head ", "head 9", "lines should follow"),
    ):
        with pytest.raises(MalformedError, match=words):
            cb.check_redemption(text.replace(old, new, 1), good.key)
    monkeypatch.setattr(verified, "REDEMPTION_MAX", len(text))
    assert cb.check_redemption(text, good.key).entries == 5
    monkeypatch.setattr(verified, "REDEMPTION_MAX", len(text) - 1)
    with pytest.raises(MalformedError, match="characters"):
        cb.check_redemption(text, good.key)


def test_what_is_too_long_to_be_checked_is_not_given(good: Redeemed, monkeypatch: pytest.MonkeyPatch) -> None:
    made = good.proof()
    monkeypatch.setattr("creditbank.ledger.redemption.REDEMPTION_MAX", len(str(made)))
    assert str(good.proof()) == str(made)
    monkeypatch.setattr("creditbank.ledger.redemption.REDEMPTION_MAX", len(str(made)) - 1)
    with pytest.raises(MalformedError, match="can be checked"):
        good.proof()


def test_a_stream_head_has_one_spelling(good: Redeemed) -> None:
    text = ledger.Note.parse(good.proof().head).text
    assert str(ledger.StreamHead.parse(text)) == text
    first, *rest = text.split("\n")
    assert first == "creditbank/stream-head/v1"
    assert rest[3] == base64_of(good.proof().receipts[-1].entry.commitment)
    for bent in (
        text + "\n",
        text[:-1],
        "\n".join(rest),
        text.replace("\n5\n", "\n05\n"),
        text.replace("\n5\n", "\n-5\n"),
    ):
        with pytest.raises(MalformedError):
            ledger.StreamHead.parse(bent)


@pytest.mark.parametrize(
    ("field", "value"), [("origin", "a b"), ("stream", ""), ("entries", -1), ("last", b""), ("size", -1)]
)
def test_a_stream_head_is_of_what_can_be(good: Redeemed, field: str, value: Any) -> None:
    head = ledger.StreamHead.parse(ledger.Note.parse(good.proof().head).text)
    with pytest.raises(MalformedError, match="stream head"):
        attrs.evolve(head, **{field: value})
