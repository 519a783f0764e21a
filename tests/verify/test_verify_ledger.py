"""Good ledgers verify; each forgery that was thought of is refused, by the check that is for it, at the entry where it stands."""

from datetime import timedelta
from hashlib import sha256

import attrs
import pytest
from hypothesis import given, strategies as st
from verify_support import (
    ASSESSOR,
    AT_MS,
    COLLEGE,
    DAY,
    LIFE_MS,
    OPERATOR,
    Forge,
    account,
    checked,
    converted,
    found_by,
    founded,
    person,
    signer,
    told,
    training,
    with_accounts,
    with_application,
)

from creditbank import ledger
from creditbank.codec.payload import Payload, Read, encode
from creditbank.domain.decide.account import deposit, erase, open_account
from creditbank.domain.decide.convert import convert
from creditbank.domain.decide.keys import publish
from creditbank.domain.event import (
    AccountErased,
    ApplicationClosed,
    Applied,
    OutcomeDeposited,
    SeatsSet,
    SeatTaken,
    TransferAccepted,
)
from creditbank.domain.name import Digest, EnrolmentId, OutcomeId, StreamId, Token, TransferId
from creditbank.domain.request import Request
from creditbank.verify import FINDINGS_MAX, Finding, verify

DEMAND = "cd" * 32


# --- good ledgers -----------------------------------------------------------------------------------------------------


def test_a_good_ledger_is_verified_and_counted():
    report = verify(converted().forge)
    assert report.findings == ()
    assert report.ok
    assert (report.entries, report.size) == (13, 13)
    assert (report.requests, report.verified, report.forgotten, report.not_replayable) == (12, 9, 3, 0)


def test_an_empty_ledger_is_good_and_one_without_checkpoints_is_unpublished():
    assert verify(Forge()).ok
    report = verify(founded())
    assert report.ok
    assert (report.entries, report.size, report.verified) == (3, 0, 3)


def test_progress_counts_every_entry_twice_and_never_falls():
    seen: list[tuple[int, int]] = []
    verify(with_accounts(), progress=lambda done, of: seen.append((done, of)))
    assert seen == sorted(seen)
    assert seen[-1] == (16, 16)


def test_several_requests_of_one_author_in_one_submission():
    forge = with_accounts()
    first = forge.decide(ASSESSOR, deposit, account(1), training(1))
    second = forge.decide(ASSESSOR, deposit, account(2), training(2))
    forge.write([*first, *second])
    report = checked(forge)
    assert report.ok, told(report)
    assert report.requests == 10


def test_a_draft_on_older_reads_that_would_still_be_decided_so():
    forge = with_accounts()
    draft = forge.decide(ASSESSOR, deposit, account(1), training(3))
    forge.do(ASSESSOR, deposit, account(1), training(4))
    forge.write(draft)
    report = checked(forge)
    assert report.ok, told(report)


def test_a_submission_that_says_it_has_more_entries_than_name_it():
    forge = with_accounts()
    position = forge.do(ASSESSOR, deposit, account(1), training(), count=2)
    report = checked(forge)
    assert ("b", position) in found_by(report)
    assert f"is of entries {position} … {position + 1}, and 1 name it" in told(report)


# --- tree and (a) -----------------------------------------------------------------------------------------------------


def test_a_checkpoint_with_a_wrong_root():
    forge = with_accounts()
    size = forge.size()
    wrong = ledger.Checkpoint("bank.example/city", size, bytes(32))
    forge.notes[-1] = (size, ledger.sign_checkpoint(wrong, signer(OPERATOR)))
    report = verify(forge)
    assert found_by(report) == {("tree", None)}
    assert report.size == 0
    assert "another root" in told(report)


def test_a_checkpoint_by_another_key_of_another_log_or_of_more_than_is_here():
    forge = with_accounts()
    root = ledger.Checkpoint.parse(ledger.Note.parse(forge.notes[0][1]).text).root
    mine, other = ledger.Checkpoint("bank.example/city", 8, root), ledger.Checkpoint("bank.example/town", 8, root)
    cases = {
        "did not sign": (8, ledger.sign_checkpoint(mine, signer(COLLEGE))),
        "is a checkpoint of": (8, ledger.sign_checkpoint(other, signer(OPERATOR))),
        "it covers": (7, ledger.sign_checkpoint(mine, signer(OPERATOR))),
        "and here are 8": (9, ledger.sign_checkpoint(attrs.evolve(mine, size=9), signer(OPERATOR))),
        "signed note": (8, "no note"),
    }
    for words, note in cases.items():
        forge.notes = [note]
        report = verify(forge)
        assert found_by(report) == {("tree", None)}
        assert words in told(report)


def test_checkpoints_out_of_order():
    forge = with_accounts()
    forge.publish(4)
    assert found_by(verify(forge)) == {("tree", None)}


def test_a_leaf_dated_back():
    forge = with_accounts()
    forge.change(5, at_ms=forge.list_rows[4].at_ms - 1)
    assert found_by(verify(forge)) == {("tree", None), ("a", 5)}
    forge.notes.clear()  # before it is published, only the order of times tells
    assert found_by(verify(forge)) == {("a", 5)}
    forge.change(5, at_ms=forge.list_rows[4].at_ms)
    assert verify(forge).ok


def test_rows_reordered_or_cut_off():
    forge = with_accounts()
    forge.list_rows[5], forge.list_rows[6] = forge.list_rows[6], forge.list_rows[5]
    assert ("tree", 5) in found_by(verify(forge))
    forge = with_accounts()
    moved = [attrs.evolve(forge.list_rows[6], position=5), attrs.evolve(forge.list_rows[5], position=6)]
    forge.list_rows[5:7] = moved
    assert {("tree", None), ("b", 5), ("b", 6)} <= found_by(verify(forge))
    forge = with_accounts()
    del forge.list_rows[-1]
    assert found_by(verify(forge)) == {("tree", None)}


# --- (b) ----------------------------------------------------------------------------------------------------------------


def test_an_entry_signed_again_as_another_author():
    forge = with_accounts()
    row = forge.list_rows[7]
    stolen = ledger.Submission("bank.example/city", COLLEGE, AT_MS * 2, 1, ledger.commitments_root([row.commitment]))
    note = ledger.sign_submission(stolen, signer(COLLEGE))
    signature = ledger.Note.parse(note).signatures[0].signature
    key = str(ledger.PublicKey.of(signer(COLLEGE)))
    forge.signed[7] = attrs.evolve(
        forge.signed[7], author=COLLEGE, key=key, not_after_ms=AT_MS * 2, signature=signature
    )
    report = verify(forge)
    assert found_by(report) == {("b", 7)}
    assert f"{ASSESSOR} asks, and {COLLEGE} signed" in told(report)
    assert "its place does not open" in told(report)


def test_who_asks_is_who_signs():
    forge = with_accounts()
    forge.write(forge.decide(ASSESSOR, deposit, account(1), training()), by=COLLEGE)
    report = checked(forge)
    assert found_by(report) == {("b", 8)}
    assert str(report.findings[0]) == "(b) entry 8: keys:assessor asks, and keys:college signed"


def test_a_signature_that_nobody_made_under_places_that_commit_to_it():
    forge = with_accounts()
    forge.do(ASSESSOR, deposit, account(1), training(), signature=bytes(64))
    report = checked(forge)
    assert found_by(report) == {("b", 8)}
    assert f"the signature of {ASSESSOR} over these 1 entries does not hold" in told(report)
    assert report.verified == 8


def test_a_submission_may_be_received_until_it_lapses():
    forge = with_accounts()
    forge.do(ASSESSOR, deposit, account(1), training(), not_after_ms=forge.at_ms + 1_000)
    assert checked(forge).ok
    forge.do(ASSESSOR, deposit, account(1), training(), not_after_ms=forge.at_ms + 999)
    assert found_by(checked(forge)) == {("b", 9)}


def test_a_payload_that_is_not_what_was_committed_to():
    forge = with_accounts()
    salt, body = forge.list_rows[5].opened or (b"", b"")
    forge.change(5, opened=(salt, body.replace(b'"hours":8', b'"hours":9')))
    report = verify(forge)
    assert ("b", 5) in found_by(report)
    assert "not what was committed to" in told(report)
    assert (report.requests, report.verified) == (8, 6)  # neither it, nor what read it


def test_an_entry_of_another_log():
    forge = with_accounts()
    payloads = forge.decide(ASSESSOR, deposit, account(1), training())
    forge.write([attrs.evolve(payloads[0], origin="bank.example/town")])
    assert found_by(checked(forge)) == {("b", 8)}


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"v":1}', b"\xff", b"null", b"[" * 40 + b"]" * 40])
def test_bytes_that_are_no_payload_are_findings_and_no_errors(body):
    forge = with_accounts()
    salt = bytes(32)
    forge.change(7, opened=(salt, body), commitment=ledger.commit(salt, body))
    assert ("b", 7) in found_by(verify(forge))


def rewritten(position: int, body: bytes, salt: bytes = bytes(32)) -> str:
    """What is said of a ledger in which an entry has another payload, committed to and placed where it was."""
    forge = with_application().forge
    forge.change(position, opened=(salt, body), commitment=ledger.commit(bytes(32), (salt + body)[32:]))
    report = verify(forge)
    assert ("b", position) in found_by(report)
    return told(report)


def test_a_payload_has_one_spelling():
    _, body = with_application().forge.list_rows[6].opened or (b"", b"")
    assert "spelling" in rewritten(6, body.replace(b'"enrolment":{', b'"enrolment":{"facts":[],'))
    assert "canonical" in rewritten(6, body + b"\n")
    assert "no day" in rewritten(6, body.replace(b'"on":"2026-05-28"', b'"on":"20260528"'))
    for index in (b'"index":false', b'"index":1', b'"index":-1'):
        rewritten(6, body.replace(b'"index":0', index))
    for count in (b'"count":true', b'"count":257', b'"count":1099511627776', b'"count":0'):
        rewritten(6, body.replace(b'"count":1', count))
    assert "its salt has 31 bytes" in rewritten(6, bytes(1) + body, bytes(31))
    assert "its salt has 33 bytes" in rewritten(6, body[1:], bytes(32) + body[:1])


@pytest.mark.parametrize("stream", ["seats:a\nb", "seats:\0", "seats:" + "a" * 250, "agreement:x", "account:1"])
def test_a_stream_has_a_name(stream):
    event = SeatsSet(StreamId(stream), COLLEGE, 1)
    request = Request(COLLEGE, "-", DAY, nonce="0" * 32)
    rewritten(6, encode(Payload(event, "bank.example/city", request, 0, 1, (), ())))


# --- (c) ----------------------------------------------------------------------------------------------------------------


def test_two_entries_at_one_place_of_a_stream():
    forge = with_accounts()
    stream = forge.streams[account(1)]
    forge.do(ASSESSOR, deposit, account(1), training(9), version=2, previous=stream.commitments[1])
    report = checked(forge)
    assert ("c", 8) in found_by(report)
    assert "stands at version 2" in told(report)
    assert "where entry 6 is" in told(report)


def test_a_gap_in_a_stream():
    forge = with_accounts()
    forge.do(ASSESSOR, deposit, account(1), training(9), version=4)
    assert found_by(checked(forge)) == {("b", 8)}


def test_an_entry_chained_to_another_than_the_last():
    forge = with_accounts()
    forge.do(ASSESSOR, deposit, account(1), training(9), previous=forge.streams[account(1)].commitments[0])
    assert found_by(checked(forge)) == {("b", 8)}


def test_one_entry_twice():
    forge = with_accounts()
    again = attrs.evolve(forge.list_rows[7], position=8, at_ms=forge.at_ms)
    forge.list_rows.append(again)
    report = verify(forge)
    assert {("c", 8), ("b", 7)} <= found_by(report)


# --- (e) ----------------------------------------------------------------------------------------------------------------


def erased(forge: Forge, number: int, **changed: object) -> int:
    """Erase an account; *changed* are fields of the event that are forged, *forged* those of the writing."""
    payloads = forge.decide(OPERATOR, erase, account(number), "PIPL 47(1)(3)", DEMAND)
    event = attrs.evolve(payloads[0].event, **changed)
    lost = forge.streams[account(number)].positions
    position = forge.write([attrs.evolve(payloads[0], event=event)])
    forge.lose(*[each for each in lost if each != position])
    forge.streams[account(number)].erased = True
    return position


def test_a_whole_account_erased():
    forge = with_accounts()
    erased(forge, 1)
    report = checked(forge)
    assert report.ok, told(report)
    assert (report.requests, report.verified, report.forgotten) == (9, 5, 4)


def test_a_payload_missing_without_an_erasure():
    forge = with_accounts()
    forge.lose(7)
    report = verify(forge)
    assert found_by(report) == {("e", 7)}
    assert report.forgotten == 0
    assert report.requests == 8


def test_an_erasure_of_part_of_a_stream():
    forge = with_accounts()
    erased(forge, 1, positions=(3, 5))  # entry 6 is hidden, and not listed
    assert {("e", 6), ("e", 8)} <= found_by(checked(forge))
    forge = with_accounts()
    row = forge.list_rows[6]
    erased(forge, 1, positions=(3, 5))
    forge.list_rows[6] = row  # entry 6 is still there
    assert ("e", 8) in found_by(checked(forge))
    forge = with_accounts()
    erased(forge, 1, positions=(5, 6))
    assert {("e", 3), ("e", 5), ("e", 6), ("e", 8)} <= found_by(checked(forge))


def test_an_erasure_that_hides_an_entry_of_another_account():
    forge = with_accounts()
    erased(forge, 1, positions=(3, 5, 6, 7))
    forge.lose(7)
    assert {("e", 7), ("e", 8)} <= found_by(checked(forge))


def invented(forge: Forge, positions: tuple[int, ...], stream: str) -> int:
    """Hide *positions* behind an erasure of *stream*, which nobody opened."""
    kept = forge.kept(stream)
    last = forge.list_rows[positions[-1]].commitment if positions else ledger.ZERO
    event = AccountErased(StreamId(stream), positions, kept.key.hex(), "PIPL", DEMAND, ())  # type: ignore[arg-type] # that is the forgery
    payloads = forge.payloads(forge.request(OPERATOR), [event], {OPERATOR: 1})
    reads = (Read(StreamId(stream), len(positions), last.hex()), *payloads[0].reads)
    position = forge.write(
        [attrs.evolve(payloads[0], reads=tuple(sorted(reads, key=lambda read: read.stream)))],
        version=len(positions),
        previous=last,
    )
    forge.lose(*positions)
    kept.erased = True
    return position


def test_an_erasure_of_an_invented_account():
    forge = with_accounts()
    assert invented(forge, (7,), account(9)) == 8
    report = checked(forge)
    assert {("e", 7), ("e", 8)} <= found_by(report)
    assert "entry 7, which it lists, is not version 0" in told(report)
    forge = with_accounts()
    invented(forge, (), account(9))
    assert ("e", 8) in found_by(checked(forge))


def test_an_erasure_of_a_second_stream_beside_a_living_account():
    """An operator opens the account again under a place key of its own, loses the entry and erases that: the true one stays."""
    forge, key = with_accounts(), sha256(b"another").digest()
    opened = forge.payloads(forge.request(COLLEGE), [forge.kept(account(1)).events[0]], {COLLEGE: 1, account(1): 0})
    hidden = forge.write(opened, version=0, previous=ledger.ZERO, place_key=key)
    last = forge.list_rows[hidden].commitment
    event = AccountErased(account(1), (hidden,), key.hex(), "PIPL", DEMAND, ())
    payload = forge.payloads(forge.request(OPERATOR), [event], {OPERATOR: 1})[0]
    reads = sorted((Read(account(1), 1, last.hex()), *payload.reads), key=lambda read: read.stream)
    erasure = forge.write([attrs.evolve(payload, reads=tuple(reads))], version=1, previous=last, place_key=key)
    forge.lose(hidden)
    report = checked(forge)
    assert {("e", hidden), ("e", erasure)} <= found_by(report)
    assert "entries of that account are still here" in told(report)


@pytest.mark.parametrize("stream", ["keys:assessor", "book:small", "account:1", "account:" + "A" * 32])
def test_an_erasure_of_anything_but_an_account(stream):
    forge = with_accounts()
    invented(forge, (2,), stream)
    findings = found_by(checked(forge))
    assert ("e", 2) in findings
    assert findings & {("e", 8), ("b", 8)}


def test_an_erasure_of_a_keys_stream_with_its_true_places():
    forge = with_accounts()
    event = AccountErased(ASSESSOR, (2,), forge.streams[ASSESSOR].key.hex(), "PIPL", DEMAND, ())  # type: ignore[arg-type] # that is the forgery
    forge.write(forge.payloads(forge.request(OPERATOR), [event], {ASSESSOR: 1, OPERATOR: 1}))
    forge.lose(2)
    forge.streams[ASSESSOR].erased = True
    report = checked(forge)
    assert {("e", 2), ("e", 8)} <= found_by(report)
    assert "only accounts can be erased" in told(report)


def test_an_erasure_by_who_may_not_erase():
    forge = with_accounts()
    payloads = forge.decide(OPERATOR, erase, account(2), "PIPL 47(1)(3)", DEMAND)
    request = attrs.evolve(payloads[0].request, by=COLLEGE)
    forge.write([attrs.evolve(payloads[0], request=request)])
    forge.lose(4, 7)
    forge.streams[account(2)].erased = True
    report = checked(forge)
    assert ("e", 8) in found_by(report)
    assert "has not the role 'eraser'" in told(report)


def test_an_erasure_stands_right_after_what_it_lists():
    """Part of a stream, with the rest hidden: the listed entries open, and the erasure's own place tells."""
    forge = with_accounts()
    payloads = forge.decide(OPERATOR, erase, account(1), "PIPL 47(1)(3)", DEMAND)
    event = attrs.evolve(payloads[0].event, positions=(3, 5))
    kept = forge.streams[account(1)]
    reads = tuple(
        attrs.evolve(read, version=2, last=kept.last(2).hex()) if read.stream == account(1) else read
        for read in payloads[0].reads
    )
    forge.write([attrs.evolve(payloads[0], event=event, reads=reads)])
    forge.lose(3, 5, 6)
    kept.erased = True
    report = checked(forge)
    assert {("e", 3), ("e", 5), ("e", 6), ("e", 8)} == found_by(report)
    assert "part of the stream is not listed" in told(report)


def test_an_erasure_read_the_account_as_it_was_and_is_one_entry():
    for forgery in ("unread", "older", "other", "of two", "documents"):
        forge = with_accounts()
        payload = forge.decide(OPERATOR, erase, account(1), "PIPL 47(1)(3)", DEMAND)[0]
        kept, others = forge.streams[account(1)], tuple(read for read in payload.reads if read.stream != account(1))
        match forgery:
            case "unread":
                payload = attrs.evolve(payload, reads=others)
            case "older":
                payload = attrs.evolve(payload, reads=(Read(account(1), 2, kept.last(2).hex()), *others))
            case "other":
                payload = attrs.evolve(payload, reads=(Read(account(1), 3, kept.last(2).hex()), *others))
            case "of two":
                payload = attrs.evolve(payload, count=2)
            case _:
                payload = attrs.evolve(payload, documents=(Digest("ab" * 32),))
        forge.write([payload])
        forge.lose(3, 5, 6)
        kept.erased = True
        assert ("e", 8) in found_by(checked(forge)), forgery


@pytest.mark.parametrize("account_first", [True, False])
def test_a_request_of_which_an_erasure_took_a_part_is_forgotten(account_first):
    forge = with_accounts()
    accepted = TransferAccepted(account(2), TransferId("1" * 32), EnrolmentId("2" * 32))
    taken = SeatTaken(StreamId("seats:college.x"), TransferId("1" * 32))
    events = (accepted, taken) if account_first else (taken, accepted)
    reads = {COLLEGE: 1, account(2): 2, StreamId("seats:college.x"): 0}
    forge.write(forge.payloads(forge.request(COLLEGE), events, reads))
    positions = tuple(forge.streams[account(2)].positions)
    event = AccountErased(account(2), positions, forge.streams[account(2)].key.hex(), "PIPL", DEMAND, ())
    forge.write(forge.payloads(forge.request(OPERATOR), [event], {OPERATOR: 1, account(2): 3}))
    forge.lose(*positions)
    forge.streams[account(2)].erased = True
    report = checked(forge)
    assert report.ok, told(report)
    assert (report.entries, report.requests, report.verified, report.forgotten) == (11, 10, 6, 4)


def test_an_entry_listed_by_two_erasures():
    forge = with_accounts()
    erased(forge, 2)
    erased(forge, 1, positions=(3, 5, 7))
    assert ("e", 9) in found_by(checked(forge))


def test_an_erasure_is_the_last_entry():
    forge = with_accounts()
    kept = forge.streams[account(2)]
    payloads = forge.decide(ASSESSOR, deposit, account(2), training())
    erasure = erased(forge, 2)
    reads = (Read(account(2), 3, kept.last(3).hex()), payloads[0].reads[1])
    forge.write([attrs.evolve(payloads[0], reads=reads)], place_key=kept.key)
    report = checked(forge)
    assert found_by(report) == {("c", 9), ("g", 9)}
    assert "which is its last" in told(report)
    assert f"was erased by entry {erasure}" in told(report)


def test_an_erasure_with_another_place_key_or_a_demand_that_is_no_digest():
    for changed in ({"place_key": "00" * 32}, {"place_key": "0"}, {"demand": "x"}, {"positions": (6, 5, 3)}):
        forge = with_accounts()
        erased(forge, 1, **changed)
        assert found_by(checked(forge)) & {("e", 8), ("b", 8)}, changed


def test_a_payload_that_an_erasure_lists_and_that_is_still_there():
    forge = with_accounts()
    row = forge.list_rows[5]
    erased(forge, 1)
    forge.list_rows[5] = row
    assert ("e", 8) in found_by(checked(forge))


# --- (f) ----------------------------------------------------------------------------------------------------------------


def test_a_read_of_the_future_or_of_what_never_was():
    for stream, version, last in (
        (account(1), 9, None),  # more entries than it ever had
        (account(1), 4, None),  # itself
        (account(7), 1, None),  # no such account
        (account(1), 2, "ab" * 32),  # another commitment
        (account(1), 0, "ab" * 32),
        (account(1), -1, "00" * 32),
    ):
        forge = with_accounts()
        payloads = forge.decide(ASSESSOR, deposit, account(1), training())
        reads = {read.stream: read for read in payloads[0].reads}
        reads[stream] = Read(stream, version, last or "00" * 32)
        listed = tuple(reads[name] for name in sorted(reads))
        forge.write([attrs.evolve(payloads[0], reads=listed)])
        assert found_by(checked(forge)) == {("f", 8)}, (stream, version)


def test_a_read_of_what_comes_later_in_the_same_submission():
    """The later entry's commitment is known before it is written, to who writes both."""
    forge = with_accounts()
    first, second = (forge.decide(ASSESSOR, deposit, account(number), training())[0] for number in (1, 2))
    later = ledger.commit(sha256(b"salt 9").digest(), encode(second))
    listed = sorted((*first.reads, Read(account(2), 3, later.hex())), key=lambda read: read.stream)
    forge.write([attrs.evolve(first, reads=tuple(listed)), second])
    assert forge.list_rows[9].commitment == later
    report = checked(forge)
    assert found_by(report) == {("f", 8)}
    assert "it had fewer entries before entry 8" in told(report)


def test_a_read_at_a_version_below_zero():
    forge = with_accounts()
    payload = forge.decide(ASSESSOR, deposit, account(1), training())[0]
    last = forge.streams[account(1)].commitments[-2].hex()
    reads = (Read(account(1), -1, last), *[read for read in payload.reads if read.stream != account(1)])
    forge.write([attrs.evolve(payload, reads=reads)])
    assert "that is no version" in told(checked(forge))


def test_reads_are_listed_once_and_in_order():
    forge = with_accounts()
    payloads = forge.decide(ASSESSOR, deposit, account(1), training())
    forge.write([attrs.evolve(payloads[0], reads=payloads[0].reads[::-1])])
    assert found_by(checked(forge)) == {("f", 8)}


def test_reads_of_an_erased_account_are_checked_too():
    for version, right in ((3, True), (2, True), (4, False)):
        forge = with_accounts()
        payloads = forge.decide(ASSESSOR, deposit, account(2), training())
        last = forge.streams[account(1)].last(min(version, 3)).hex()
        reads = (Read(account(1), version, last), *payloads[0].reads)
        forge.write([attrs.evolve(payloads[0], reads=reads)])
        erased(forge, 1)
        assert found_by(checked(forge)) == (set() if right else {("f", 8)})


# --- (g) ----------------------------------------------------------------------------------------------------------------


def test_a_decision_forged_and_signed():
    case = with_application()
    forge = case.forge
    payloads = forge.decide(COLLEGE, convert, account(1), case.application)
    applied = payloads[0].event
    assert isinstance(applied, Applied)
    assert applied.decision.results[0].refused is None
    results = (attrs.evolve(applied.decision.results[0], granted=CREDITS),)
    forged = attrs.evolve(applied, decision=attrs.evolve(applied.decision, results=results))
    forge.write([attrs.evolve(payloads[0], event=forged), payloads[1]])
    report = checked(forge)
    assert found_by(report) == {("g", 8)}
    assert "Applied with other decision than recorded" in told(report)
    assert report.verified == 8
    assert report.requests == 9


CREDITS = 2 * with_application().application.items[0].targets[0].credits.quanta


def test_a_decision_by_another_engine_is_counted_apart():
    case = with_application()
    payloads = case.forge.decide(COLLEGE, convert, account(1), case.application)
    applied = payloads[0].event
    assert isinstance(applied, Applied)
    other = attrs.evolve(applied, decision=attrs.evolve(applied.decision, semantics=99))
    case.forge.write([attrs.evolve(payloads[0], event=other), payloads[1]])
    report = checked(case.forge)
    assert report.ok
    assert (report.requests, report.verified, report.not_replayable) == (9, 8, 1)


def test_an_outcome_spent_twice_on_older_reads():
    case = with_application()
    forge = case.forge
    first = forge.decide(COLLEGE, convert, account(1), case.application)
    second = forge.decide(COLLEGE, convert, account(1), case.application)
    forge.write(first)
    forge.write(second)
    report = checked(forge)
    assert ("g", 10) in found_by(report)
    assert "as of its position" in told(report)


def test_an_event_that_no_verb_says_first_or_an_event_left_out():
    case = with_application()
    payloads = case.forge.decide(COLLEGE, convert, account(1), case.application)
    case.forge.write([attrs.evolve(payloads[1], index=0, count=1)])
    assert found_by(checked(case.forge)) == {("g", 8)}
    case = with_application()
    forge = case.forge
    closed = ApplicationClosed(account(1), payloads[0].event.id, "withdrawn", DAY, "x", ())
    forge.write([payloads[0], attrs.evolve(payloads[1], event=closed)])
    report = checked(forge)
    assert found_by(report) == {("g", 9)}
    assert "it says Converted where ApplicationClosed is recorded" in told(report)
    case = with_application()
    case.forge.write([attrs.evolve(payloads[0], count=1)])
    report = checked(case.forge)
    assert found_by(report) == {("g", 8)}
    assert "it says 2 events, and 1 are recorded" in told(report)


def test_entries_of_one_request_stand_together_in_one_submission():
    case = with_application()
    payloads = case.forge.decide(COLLEGE, convert, account(1), case.application)
    case.forge.write(payloads[:1])
    case.forge.write(payloads[1:])
    assert {check for check, _ in found_by(checked(case.forge))} == {"g"}
    case = with_application()
    case.forge.write(payloads[:1])
    assert found_by(checked(case.forge)) == {("g", 8)}
    case = with_application()
    case.forge.write([attrs.evolve(payloads[0], count=3), *payloads[1:]])
    assert {check for check, _ in found_by(checked(case.forge))} == {"g"}


def test_who_may_not_is_refused_when_run_again():
    forge = with_accounts()
    payloads = forge.decide(ASSESSOR, deposit, account(1), training())
    event = payloads[0].event
    assert isinstance(event, OutcomeDeposited)
    other = attrs.evolve(event, outcome=attrs.evolve(event.outcome, issuer=COLLEGE))
    forge.write([attrs.evolve(payloads[0], event=other)])
    report = checked(forge)
    assert found_by(report) == {("g", 8)}
    assert "run again, it is refused" in told(report)


def test_what_is_written_or_asked_was_read():
    for left_out in (account(1), ASSESSOR):
        forge = with_accounts()
        payloads = forge.decide(ASSESSOR, deposit, account(1), training())
        reads = tuple(read for read in payloads[0].reads if read.stream != left_out)
        forge.write([attrs.evolve(payloads[0], reads=reads)])
        assert found_by(checked(forge)) == {("g", 8)}


@pytest.mark.parametrize(("days", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_the_day_of_a_request_is_within_one_of_its_receipt(days, good):
    forge = with_accounts()
    forge.do(COLLEGE, open_account, account(3), person(3), on=DAY + timedelta(days=days))
    assert found_by(checked(forge)) == (set() if good else {("g", 8)})


def test_the_day_is_the_bank_zones():
    forge = with_accounts()  # noon in Shanghai; 13 hours later it is the 29th there, and still the 28th in UTC
    forge.do(COLLEGE, open_account, account(3), person(3), on=DAY + timedelta(days=2), after_ms=13 * 3_600_000)
    assert checked(forge).ok


def test_a_document_with_another_body_or_none():
    case = with_application()
    digest = case.application.book
    body = case.forge.documents[digest]
    case.forge.documents[digest] = body.replace("试行".encode(), "施行".encode())
    report = verify(case.forge)
    assert found_by(report) == {("g", 4)}
    assert "is not the one with that SHA-256" in told(report)
    del case.forge.documents[digest]
    assert "is missing" in told(verify(case.forge))


def test_a_book_of_another_size_than_published():
    forge = founded()
    digest, size = forge.put_book()
    forge.do(COLLEGE, publish, digest, size + 1)
    assert found_by(checked(forge)) == {("g", 3)}


def test_documents_listed_are_documents_used():
    case = with_application()
    payloads = case.forge.decide(COLLEGE, convert, account(1), case.application)
    case.forge.write([attrs.evolve(payload, documents=()) for payload in payloads])
    report = checked(case.forge)
    assert found_by(report) == {("g", 8)}
    assert "documents" in told(report)


def test_a_person_has_one_account():
    forge = with_accounts()
    payloads = forge.decide(COLLEGE, open_account, account(3), person(3))
    forge.write(payloads)
    forge.change(8, claims=(person(1).name,))
    report = checked(forge)
    assert found_by(report) == {("g", 8)}
    assert account(1) in told(report)


def test_names_kept_beside_an_entry_are_those_it_takes():
    forge = with_accounts()
    forge.change(3, claims=())
    assert ("g", 3) in found_by(verify(forge))


def test_a_nonce_is_32_digits_and_used_once():
    forge = with_accounts()
    forge.do(ASSESSOR, deposit, account(1), training())
    forge.numbers = iter((8,))  # the nonce of entry 7
    forge.do(ASSESSOR, deposit, account(2), training())
    assert found_by(checked(forge)) == {("g", 9)}
    forge = with_accounts()
    payload = forge.decide(COLLEGE, open_account, account(3), person(3))[0]
    forge.write([attrs.evolve(payload, request=attrs.evolve(payload.request, nonce="8"))])
    assert found_by(checked(forge)) == {("g", 8)}


def test_documents_without_a_name():
    forge = with_accounts()
    payload = forge.decide(ASSESSOR, deposit, account(1), training())[0]
    forge.write([attrs.evolve(payload, documents=([],))])
    forge.do(ASSESSOR, deposit, account(2), training())
    assert found_by(checked(forge)) & {("g", 8), ("b", 8)}
    assert verify(forge).requests == 10


def test_entries_of_one_request_agree():
    case = with_application()
    first, second = case.forge.decide(COLLEGE, convert, account(1), case.application)
    officer = attrs.evolve(second.request, officer=Token("ab" * 32))
    case.forge.write([first, attrs.evolve(second, request=officer)])
    assert {check for check, _ in found_by(checked(case.forge))} == {"g"}


def test_a_request_cannot_count_in_what_an_erasure_took_from_another():
    forge = with_accounts()
    seats = StreamId("seats:college.x")
    taken = SeatTaken(seats, TransferId("1" * 32))
    accepted = [TransferAccepted(account(2), TransferId("1" * 32), EnrolmentId(str(n) * 32)) for n in (2, 3)]
    reads = {COLLEGE: 1, account(2): 2, seats: 0}
    first = forge.payloads(forge.request(COLLEGE), (taken, *accepted), reads)
    second = forge.payloads(forge.request(COLLEGE), (*accepted, taken), reads)[2]
    forge.write([*first, second])  # the second says that the two between are its own
    positions = tuple(forge.streams[account(2)].positions)
    event = AccountErased(account(2), positions, forge.streams[account(2)].key.hex(), "PIPL", DEMAND, ())
    forge.write(forge.payloads(forge.request(OPERATOR), [event], {OPERATOR: 1, account(2): 4}))
    forge.lose(*positions)
    forge.streams[account(2)].erased = True
    assert found_by(checked(forge)) == {("g", 11)}


def test_entries_that_contradict_each_other_are_findings_and_no_errors():
    case = with_application()
    forge = case.forge
    payloads = forge.decide(COLLEGE, convert, account(1), case.application)
    forge.write([attrs.evolve(payloads[1], index=0, count=1)])  # converts what nobody applied for
    later = forge.payloads(forge.request(ASSESSOR), [_deposited()], {ASSESSOR: 1, account(1): 4})
    forge.write(later)
    report = checked(forge)
    assert {("g", 8), ("g", 9)} == found_by(report)
    assert "contradict each other" in told(report)


def _deposited() -> OutcomeDeposited:
    return OutcomeDeposited(account(1), OutcomeId("0" * 32), training())


# --- how much is read -------------------------------------------------------------------------------------------------


class Counting(Forge):
    """Evidence that counts the rows it was asked for."""

    asked = 0

    def rows(self, since, upto):
        for row in super().rows(since, upto):
            self.asked += 1
            yield row


def test_time_is_linear_where_requests_read_what_is_there():
    forge = with_accounts()
    for number in range(40):
        forge.do(ASSESSOR, deposit, account(1), training(1 + number))
    counting = Counting(list_rows=forge.list_rows, signed=forge.signed, streams=forge.streams)
    assert verify(counting).ok
    assert counting.asked == 1 + 2 * forge.size()


def test_an_older_prefix_is_folded_once():
    forge = with_accounts()
    drafts = [forge.decide(ASSESSOR, deposit, account(1), training(1 + number)) for number in range(10)]
    for draft in drafts:
        forge.write(draft)
    counting = Counting(list_rows=forge.list_rows, signed=forge.signed, streams=forge.streams)
    assert verify(counting).ok
    assert counting.asked == 1 + 2 * forge.size() + 3


# --- evidence that is no ledger -----------------------------------------------------------------------------------------


def test_a_ledger_that_is_not_founded():
    forge = with_accounts()
    forge.lose(0)
    assert found_by(verify(forge)) == {("tree", None)}
    assert "its payload is missing" in told(verify(forge))
    forge = Forge(list_rows=with_accounts().list_rows[1:])
    assert found_by(verify(forge)) == {("tree", None)}
    assert "it does not found a bank" in told(verify(forge))


@pytest.mark.parametrize(
    ("changed", "words"),
    [({"origin": "a b"}, "name of a log"), ({"zone": "Mars/Base"}, "time zone"), ({"zone": "../x"}, "time zone")],
)
def test_a_founding_that_nothing_can_rest_on(changed, words):
    forge = Forge()
    payload = founded().streams[OPERATOR].events[0]
    forge.write(forge.payloads(forge.request(OPERATOR), [attrs.evolve(payload, **changed)], {OPERATOR: 0}))
    assert found_by(verify(forge)) == {("tree", None)}
    assert words in told(verify(forge))


def test_checkpoints_of_an_empty_ledger():
    forge = Forge()
    forge.publish()
    assert verify(forge).ok
    forge.notes = with_accounts().notes
    assert found_by(verify(forge)) == {("tree", None)}


def test_evidence_that_has_fewer_entries_than_it_says():
    class Short(Forge):
        def size(self):
            return len(self.list_rows) + 1

    good = founded()
    report = verify(Short(list_rows=good.list_rows, signed=good.signed, streams=good.streams))
    assert found_by(report) == {("tree", None)}
    assert "it says it has 4 entries, and has 3" in told(report)


def test_an_empty_log_has_one_root():
    forge = founded()
    text = "bank.example/city\n0\n" + "A" * 43 + "=\n"
    forge.notes = [(0, str(ledger.sign_note(text, "bank.example/city", signer(OPERATOR))))]
    assert "an empty log has another root" in told(verify(forge))


def test_evidence_that_raises_is_a_finding():
    class Broken(Forge):
        def rows(self, since, upto):
            yield from super().rows(since, min(upto, 4))
            raise OSError("the disk is gone")

    good = with_accounts()
    report = verify(Broken(list_rows=good.list_rows, signed=good.signed, streams=good.streams))
    assert found_by(report) == {("tree", None)}
    assert "the disk is gone" in told(report)
    good.signed.clear()
    assert ("b", 0) in found_by(verify(good))


def test_findings_are_listed_up_to_a_bound():
    forge = with_accounts()
    forge.notes = [(1, "no note")] * (FINDINGS_MAX + 5)
    report = verify(forge)
    assert len(report.findings) == FINDINGS_MAX + 1
    assert str(report.findings[0]).startswith("(tree) ledger: checkpoint 1")
    assert report.findings[-1] == Finding("more", None, "5 more findings; mend the first ones and verify again")


# --- every byte ---------------------------------------------------------------------------------------------------------

GOOD = converted()


def flipped(body: bytes, number: int) -> bytes:
    at = number % len(body)
    return body[:at] + bytes([body[at] ^ 1 << number % 8]) + body[at + 1 :]


@given(data=st.data())
def test_no_byte_of_a_ledger_can_change(data):
    good = GOOD.forge
    forge = attrs.evolve(
        good,
        list_rows=list(good.list_rows),
        signed=dict(good.signed),
        documents=dict(good.documents),
        notes=list(good.notes),
    )
    number = data.draw(st.integers(0, 2**20))
    position = data.draw(st.integers(0, forge.size() - 1))
    row = forge.list_rows[position]
    signed = forge.signed[row.submission]
    match data.draw(
        st.sampled_from(("at", "commitment", "place", "salt", "payload", "lost", "signature", "life", "doc"))
    ):
        case "at":
            forge.change(position, at_ms=row.at_ms + data.draw(st.sampled_from((-1, 1))))
        case "commitment":
            forge.change(position, commitment=flipped(row.commitment, number))
        case "place":
            forge.change(position, place=flipped(row.place, number))
        case "salt" if row.opened is not None:
            forge.change(position, opened=(flipped(row.opened[0], number), row.opened[1]))
        case "payload" if row.opened is not None:
            forge.change(position, opened=(row.opened[0], flipped(row.opened[1], number)))
        case "lost" if row.opened is not None:
            forge.lose(position)
        case "signature":
            forge.signed[row.submission] = attrs.evolve(signed, signature=flipped(signed.signature, number))
        case "life":
            forge.signed[row.submission] = attrs.evolve(signed, not_after_ms=signed.not_after_ms + LIFE_MS)
        case _:
            digest = next(iter(forge.documents))
            forge.documents[digest] = flipped(forge.documents[digest], number)
    assert not verify(forge).ok
