"""Receipts: what they show, what they must not, and that nothing in one can change."""

import json
from base64 import b64decode, b64encode

import attrs
import pytest
from hypothesis import given, strategies as st
from verify_support import (
    ASSESSOR,
    COLLEGE,
    OPERATOR as BANK,
    ORIGIN,
    PROFILES,
    account,
    converted,
    founded,
    key_text,
    person,
    proof,
    receipt,
    signer,
    training,
    with_accounts,
)

from creditbank import ledger
from creditbank.domain.decide.account import deposit, erase, open_account
from creditbank.domain.decide.keys import add_key, retire_key, revoke_key
from creditbank.domain.event import BankFounded, InstitutionRegistered
from creditbank.domain.name import institution_id
from creditbank.errors import MalformedError, UnverifiedError
from creditbank.verify import check_receipt

VKEY = str(ledger.VerifierKey(ORIGIN, ledger.PublicKey.of(signer(BANK))))
LEDGER = with_accounts()
GOOD = str(receipt(LEDGER, 5, (0, 2)))
SECOND = signer("second")


def error_of(text: str) -> MalformedError | UnverifiedError | None:
    try:
        check_receipt(text, VKEY)
    except (MalformedError, UnverifiedError) as error:
        return error
    return None


def refused(text: str) -> bool:
    """Tell whether *text* is refused, with an error that says what and where."""
    error = error_of(text)
    return error is not None and bool(error.what) and bool(error.where)


def extra_of(text: str) -> str:
    return b64decode(text.split("\n")[1].removeprefix("extra ")).decode()


def with_extra(text: str, extra: bytes) -> str:
    lines = text.split("\n")
    lines[1] = f"extra {b64encode(extra).decode()}"
    return "\n".join(lines)


# --- what one shows -----------------------------------------------------------------------------------------------------


def test_a_receipt_shows_an_entry_as_of_a_size():
    report = check_receipt(GOOD, VKEY)
    row = LEDGER.list_rows[5]
    assert row.opened is not None
    assert (report.as_of_size, report.position, report.at_ms) == (8, 5, row.at_ms)
    assert (report.stream, report.version, report.author) == (account(1), 1, ASSESSOR)
    assert report.kind == "outcome_deposited"
    assert report.payload == json.loads(row.opened[1])


@pytest.mark.parametrize(
    ("position", "keys"), [(0, (0,)), (1, (0,)), (2, (0,)), (3, (0, 1)), (7, (0, 2)), (7, (0, 1, 2)), (8, (0, 1))]
)
def test_every_entry_has_one(position, keys):
    forge = converted().forge
    assert check_receipt(str(receipt(forge, position, keys)), VKEY).position == position


def test_an_entry_of_a_submission_of_several():
    forge = with_accounts()
    payloads = [
        payload for number in (1, 2) for payload in forge.decide(ASSESSOR, deposit, account(number), training())
    ]
    first = forge.write(payloads)
    forge.publish()
    for position in (first, first + 1):
        assert check_receipt(str(receipt(forge, position, (0, 2))), VKEY).position == position


def test_an_entry_that_its_author_did_not_sign_in_that_submission():
    forge = with_accounts()
    payloads = [
        payload for number in (1, 2) for payload in forge.decide(ASSESSOR, deposit, account(number), training())
    ]
    first = forge.write(payloads)
    forge.publish()
    made = receipt(forge, first, (0, 2))
    assert made.entry.submission_path
    for changed in ({"submission_path": (bytes(32),)}, {"position": 1}):
        with pytest.raises(UnverifiedError, match="not in the submission"):
            check_receipt(str(attrs.evolve(made, entry=attrs.evolve(made.entry, **changed))), VKEY)


def test_a_submission_is_signed_by_its_author_alone():
    text = str(receipt(LEDGER, 5, (0, 2)))
    note = LEDGER_NOTE
    for line in (note.split("\n\n")[1], str(ledger.sign_note("x\n", "witness.example/w", SECOND).signatures[0])):
        extra = extra_of(text).replace(b64encode(note.encode()).decode(), b64encode(f"{note}{line}".encode()).decode())
        assert extra != extra_of(text)
        with pytest.raises(MalformedError, match="by its author alone"):
            check_receipt(with_extra(text, extra.encode()), VKEY)


LEDGER_NOTE = receipt(LEDGER, 5, ()).entry.submission


def test_a_log_of_one_entry():
    forge = founded()
    forge.publish(1)
    assert check_receipt(str(receipt(forge, 0, (0,))), VKEY).as_of_size == 1


def test_an_erasure_has_one_only_by_who_may_erase():
    forge = with_accounts()
    position = forge.do(BANK, erase, account(2), "PIPL", "cd" * 32)
    forge.publish()
    assert check_receipt(str(receipt(forge, position, (0,))), VKEY).kind == "account_erased"
    forge = with_accounts()
    payloads = forge.decide(BANK, erase, account(2), "PIPL", "cd" * 32)
    request = attrs.evolve(payloads[0].request, by=COLLEGE)
    forge.write([attrs.evolve(payloads[0], request=request)])
    forge.publish()
    with pytest.raises(UnverifiedError, match="may not erase"):
        check_receipt(str(receipt(forge, 8, (0, 1))), VKEY)


# --- whose keys ---------------------------------------------------------------------------------------------------------


def test_only_with_the_operators_key():
    other = str(ledger.VerifierKey(ORIGIN, ledger.PublicKey.of(SECOND)))
    with pytest.raises(UnverifiedError, match="checkpoint"):
        check_receipt(GOOD, other)
    elsewhere = str(ledger.VerifierKey("bank.example/town", ledger.PublicKey.of(signer(BANK))))
    with pytest.raises(UnverifiedError, match="checkpoint of bank"):
        check_receipt(GOOD, elsewhere)
    for wrong in ("", "a+b+c", VKEY[:-1], VKEY.replace("+", " "), VKEY.replace("city", "town"), VKEY + "+"):
        with pytest.raises(MalformedError):
            check_receipt(GOOD, wrong)


@pytest.mark.parametrize("keys", [(), (2,), (0,), (0, 1), (1, 2), (0, 2, 5)])
def test_the_history_of_the_authors_keys_is_whole(keys):
    with pytest.raises(UnverifiedError):
        check_receipt(str(receipt(LEDGER, 5, keys)), VKEY)


def test_another_operator_than_the_founder():
    forge = with_accounts()
    checkpoint = ledger.Checkpoint.parse(ledger.Note.parse(forge.notes[-1][1]).text)
    forge.notes.append((8, ledger.sign_checkpoint(checkpoint, SECOND)))
    vkey = str(ledger.VerifierKey(ORIGIN, ledger.PublicKey.of(SECOND)))
    with pytest.raises(UnverifiedError, match="founding of the bank by this operator"):
        check_receipt(str(receipt(forge, 5, (0, 2))), vkey)


def further_key():
    """The college adds a second key (3), and opens accounts with both (4 and 5)."""
    forge = founded()
    args = (key_text(SECOND), proof(SECOND, COLLEGE, SECOND), BANK, proof(signer(BANK), COLLEGE, SECOND))
    forge.do(COLLEGE, add_key, *args)
    forge.do(COLLEGE, open_account, account(1), person(1))
    forge.do(COLLEGE, open_account, account(2), person(2), key=SECOND)
    return forge


def test_a_further_key_and_one_left_out():
    forge = further_key()
    forge.publish()
    assert check_receipt(str(receipt(forge, 5, (0, 1, 3))), VKEY).position == 5
    with pytest.raises(UnverifiedError, match="in force there"):
        check_receipt(str(receipt(forge, 5, (0, 1))), VKEY)
    with pytest.raises(UnverifiedError, match="left out"):
        check_receipt(str(receipt(forge, 5, (0, 3))), VKEY)


def test_a_retired_key_holds_for_what_it_signed_before():
    forge = further_key()
    forge.do(COLLEGE, retire_key, key_text(signer(COLLEGE)), key=SECOND)  # 6
    forge.do(COLLEGE, open_account, account(3), person(3))  # 7
    forge.publish()
    third = signer("third")
    args = (key_text(third), proof(third, COLLEGE, third), BANK, proof(signer(BANK), COLLEGE, third))
    forge.do(COLLEGE, add_key, *args, key=SECOND)  # 8
    forge.publish()
    assert check_receipt(str(receipt(forge, 4, (0, 1, 3, 6, 8))), VKEY).position == 4
    with pytest.raises(UnverifiedError, match="in force there"):
        check_receipt(str(receipt(forge, 7, (0, 1, 3, 6))), VKEY)


def test_a_key_signs_its_own_end():
    forge = further_key()
    forge.do(COLLEGE, retire_key, key_text(signer(COLLEGE)))  # 6
    forge.publish()
    assert check_receipt(str(receipt(forge, 6, (0, 1, 3, 6))), VKEY).kind == "key_retired"


def test_a_revoked_key_does_not_hold_for_the_past_either():
    forge = further_key()
    forge.do(BANK, revoke_key, COLLEGE, key_text(signer(COLLEGE)), 4, "stolen")  # 6
    forge.publish()
    assert check_receipt(str(receipt(forge, 5, (0, 1, 3, 6))), VKEY).position == 5
    with pytest.raises(UnverifiedError, match="revoked as of entry 4"):
        check_receipt(str(receipt(forge, 4, (0, 1, 3, 6))), VKEY)
    assert check_receipt(str(receipt(forge, 4, (0, 1, 3))), VKEY).as_of_size == 7  # what a stream head will catch


def test_a_signature_that_nobody_made_under_a_place_that_commits_to_it():
    forge = with_accounts()
    forge.do(ASSESSOR, deposit, account(1), training(), signature=bytes(64))
    forge.publish()
    with pytest.raises(UnverifiedError, match="in force there"):
        check_receipt(str(receipt(forge, 8, (0, 2))), VKEY)


def test_who_founds_a_bank_of_its_own_later_on():
    forge = with_accounts()
    evil = institution_id("keys:evil")
    event = BankFounded(evil, PROFILES[BANK], key_text(SECOND), ORIGIN, "Asia/Shanghai")
    forge.write(forge.payloads(forge.request(evil), [event], {evil: 0}), key=SECOND)
    forge.publish()
    for keys in ((0,), (0, 8)):
        with pytest.raises(UnverifiedError):
            check_receipt(str(receipt(forge, 8, keys)), VKEY)


def test_a_key_entry_that_does_not_count():
    forge = founded()
    evil = institution_id("keys:evil")
    event = InstitutionRegistered(evil, PROFILES[ASSESSOR], key_text(SECOND), proof(SECOND, COLLEGE, SECOND))
    forge.write(forge.payloads(forge.request(BANK), [event], {BANK: 1, evil: 0}))
    forge.publish()
    with pytest.raises(UnverifiedError, match="did not sign that the institution holds it"):
        check_receipt(str(receipt(forge, 2, (0, 3))), VKEY)


def test_only_key_entries_are_key_entries_and_in_log_order():
    with pytest.raises(UnverifiedError, match="no key entry"):
        check_receipt(str(receipt(LEDGER, 5, (0, 1, 2, 3))), VKEY)
    extra = extra_of(str(receipt(LEDGER, 5, (0, 1, 2))))
    head, *entries = extra.split("\nindex ")
    assert len(entries) == 3
    assert entries[-1].endswith("\n")
    swapped = [head, entries[0], entries[2][:-1], entries[1] + "\n"]
    with pytest.raises(MalformedError, match="log order"):
        check_receipt(with_extra(GOOD, "\nindex ".join(swapped).encode()), VKEY)


def test_an_entry_of_who_was_never_vouched_for():
    forge = with_accounts()
    payloads = forge.decide(ASSESSOR, deposit, account(1), training())
    forge.write(payloads, key=SECOND)
    forge.publish()
    with pytest.raises(UnverifiedError, match="in force there"):
        check_receipt(str(receipt(forge, 8, (0, 2))), VKEY)


@pytest.mark.parametrize(
    ("forged", "words"),
    [
        ({"by": COLLEGE}, "asks in it"),
        ({"not_after_ms": 5}, "lapsed"),
        ({"version": 0}, "do not go together"),
    ],
)
def test_an_entry_that_contradicts_itself(forged, words):
    forge = with_accounts()
    forge.write(forge.decide(ASSESSOR, deposit, account(1), training()), **forged)
    forge.publish()
    made = receipt(forge, 8, (0, 1, 2))
    if "version" in forged:
        made = attrs.evolve(made, entry=attrs.evolve(made.entry, version=0))
    with pytest.raises(UnverifiedError, match=words):
        check_receipt(str(made), VKEY)


def test_an_entry_of_another_log():
    forge = with_accounts()
    payloads = forge.decide(ASSESSOR, deposit, account(1), training())
    forge.write([attrs.evolve(payloads[0], origin="bank.example/town")])
    forge.publish()
    with pytest.raises(UnverifiedError, match="another log"):
        check_receipt(str(receipt(forge, 8, (0, 2))), VKEY)


def test_a_submission_to_another_log():
    """Its author signed it for another bank; the payload says this one."""
    forge = with_accounts()
    forge.do(ASSESSOR, deposit, account(1), training(), origin="bank.example/town")
    forge.publish()
    with pytest.raises(UnverifiedError, match="another log"):
        check_receipt(str(receipt(forge, 8, (0, 2))), VKEY)


def test_an_entry_in_another_stream_than_it_says():
    made = receipt(LEDGER, 5, (0, 2))
    with pytest.raises(UnverifiedError, match="not in"):
        check_receipt(str(attrs.evolve(made, entry=attrs.evolve(made.entry, stream=account(2)))), VKEY)


def test_evidence_of_one_entry_for_another():
    one, other = receipt(LEDGER, 5, (0, 2)), receipt(LEDGER, 6, (0, 2))
    for name in ("index", "path", "version", "previous", "place_salt", "salt", "submission", "at_ms"):
        mixed = attrs.evolve(one.entry, **{name: getattr(other.entry, name)})
        assert refused(str(attrs.evolve(one, entry=mixed))), name


# --- the text -----------------------------------------------------------------------------------------------------------


def test_every_byte_flipped():
    raw = GOOD.encode()
    for at in range(len(raw)):
        bent = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        assert refused(bent.decode("utf-8", "surrogateescape")), at


@given(at=st.integers(0, len(extra_of(GOOD).encode()) - 1), bit=st.integers(0, 7))
def test_bytes_of_the_extra_flipped(at, bit):
    raw = extra_of(GOOD).encode()
    assert refused(with_extra(GOOD, raw[:at] + bytes([raw[at] ^ 1 << bit]) + raw[at + 1 :]))


def changed_lines(text: str) -> list[str]:
    """*text* with each line dropped, doubled, emptied, and swapped with the next one that differs."""
    lines = text.split("\n")
    made = []
    for at, line in enumerate(lines):
        made.append("\n".join(lines[:at] + lines[at + 1 :]))
        made.append("\n".join([*lines[: at + 1], *lines[at:]]))
        made.append("\n".join([*lines[:at], "", *lines[at + 1 :]]))
        if at + 1 < len(lines) and lines[at + 1] != line:
            made.append("\n".join([*lines[:at], lines[at + 1], line, *lines[at + 2 :]]))
    return [each for each in made if each != text]


def test_every_line_dropped_doubled_emptied_or_swapped():
    for text in changed_lines(GOOD):
        assert refused(text), text[-200:]
    for extra in changed_lines(extra_of(GOOD)):
        assert refused(with_extra(GOOD, extra.encode())), extra[:200]


def test_every_end_cut_off_and_anything_added():
    for end in range(0, len(GOOD), 37):
        assert refused(GOOD[:end])
    for more in ("\n", " ", "x", "\n\n", GOOD):
        assert refused(GOOD + more)
        assert refused(more + GOOD)
        assert refused(with_extra(GOOD, (extra_of(GOOD) + more).encode()))


@given(text=st.text(max_size=200))
def test_any_text_is_refused(text):
    assert refused(text)
    assert refused(with_extra(GOOD, text.encode("utf-8", "replace")))


def test_other_peoples_signatures_on_a_checkpoint_are_not_looked_at():
    witness = ledger.sign_note("x\n", "witness.example/w", SECOND).signatures[0]
    assert check_receipt(f"{GOOD}{witness}", VKEY) == check_receipt(GOOD, VKEY)


def test_limits_are_kept_before_anything_loops():
    extra = extra_of(GOOD)
    for old, new, words in (
        ("keys 2", "keys 129", "129 key entries"),
        ("submission-path 0", "submission-path 9", "9 hashes, more than 8"),
        ("\npath 3", "\npath 54", "54 hashes, more than 53"),
    ):
        assert old in extra
        with pytest.raises(MalformedError, match=words):
            check_receipt(with_extra(GOOD, extra.replace(old, new, 1).encode()), VKEY)
    with pytest.raises(MalformedError, match="characters"):
        check_receipt(GOOD + "x" * 2**24, VKEY)
