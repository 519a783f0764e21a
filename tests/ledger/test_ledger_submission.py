"""Submissions and drafts: golden texts, exact parsing, and that what is signed is what the payloads say."""

from base64 import b64encode
from hashlib import sha256

import attrs
import pytest
from hypothesis import given, strategies as st

from creditbank.errors import MalformedError, UnverifiedError
from creditbank.ledger import (
    ENTRIES_MAX,
    PAYLOAD_MAX,
    Draft,
    Ed25519Signer,
    Note,
    PublicKey,
    Submission,
    commit,
    commitments_path,
    commitments_root,
    digest,
    leaf_hash,
    open_submission,
    read_submission,
    root_from_path,
    sign_note,
    sign_submission,
)
from creditbank.ledger.draft import DRAFT_MAX

ORIGIN, AUTHOR = "bank.example/city", "keys:college"
SIGNER = Ed25519Signer.from_seed(bytes(range(32, 64)))
KEY = PublicKey.of(SIGNER)
OTHER = Ed25519Signer.from_seed(bytes(range(32)))
DRAFT = Draft(ORIGIN, AUTHOR, 1700000600000, (bytes(32), bytes(range(32))), (b"{}", b'{"v":1}'))
BODY = """\
creditbank/submission/v1
bank.example/city
keys:college
1700000600000
2
hYXXNomkON6D7X4bOPzfiyVVsMIcWsXbY7+wLObqEyc=
"""
DRAFT_TEXT = f"""\
creditbank/draft/v1
{BODY}AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= e30=
AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8= eyJ2IjoxfQ==
"""
SIGNED = f"""\
{BODY}
— keys:college \
5OgpgaAgZVe58bnnVGrkqsB2I2zZIYv/jo8/jBdQz/yv+xrGxCGOqHxMmEkvWFKtsb0561gnkOV6Fc4468Ftt5QXrwY=
"""
SALTS = st.binary(min_size=32, max_size=32)
ENTRIES = st.lists(st.tuples(SALTS, st.binary(min_size=1, max_size=40)), min_size=1, max_size=12)


def test_golden_texts() -> None:
    assert str(DRAFT) == DRAFT_TEXT
    assert DRAFT.message == BODY.encode() == str(DRAFT.submission).encode()
    assert DRAFT.signed(SIGNER.sign(DRAFT.message), KEY) == SIGNED
    assert sign_submission(DRAFT.submission, SIGNER) == SIGNED
    assert open_submission(SIGNED, KEY) == read_submission(SIGNED) == DRAFT.submission
    assert digest(SIGNED).hex() == "f4bb774352879e2ec21ff5e2eaa8d858a7731e34ca0b4c4a7d3c988a7334de96"
    assert digest(SIGNED) == sha256(SIGNED.encode()).digest()


@given(entries=ENTRIES, not_after_ms=st.integers(0, 2**53 - 1))
def test_drafts_are_read_as_they_are_written(entries: list[tuple[bytes, bytes]], not_after_ms: int) -> None:
    salts, payloads = (tuple(column) for column in zip(*entries, strict=True))
    draft = Draft(ORIGIN, AUTHOR, not_after_ms, salts, payloads)
    assert Draft.parse(str(draft)) == draft
    assert draft.commitments == tuple(map(commit, salts, payloads))
    assert Submission.parse(str(draft.submission)) == draft.submission
    note = draft.signed(SIGNER.sign(draft.message), KEY)
    assert open_submission(note, KEY) == draft.submission
    for position, commitment in enumerate(draft.commitments):
        path = commitments_path(draft.commitments, position)
        assert root_from_path(position, len(entries), leaf_hash(commitment), path) == draft.submission.root
    assert commitments_root(draft.commitments) == draft.submission.root


def test_no_byte_of_a_draft_can_change_unnoticed() -> None:
    """A draft's head may say another bank, author or time: that is what is signed. All the rest must fit together."""
    head = len("creditbank/draft/v1\n") + len(BODY) - len("2\n" + 45 * "x")
    for at, character in enumerate(DRAFT_TEXT):
        for other in {chr(ord(character) ^ 1), "A", "\n", "", " "} - {character}:
            text = DRAFT_TEXT[:at] + other + DRAFT_TEXT[at + 1 :]
            try:
                read = Draft.parse(text)
            except MalformedError:
                continue
            assert at < head
            assert str(read) == text
            assert read.message != DRAFT.message


@given(st.text(st.sampled_from("credit\n /v1A=0 2"), max_size=60))
def test_any_text_is_a_draft_or_malformed(text: str) -> None:
    for read in (Draft.parse, Submission.parse, read_submission):
        with pytest.raises(MalformedError):
            read(text)


def test_lines_dropped_swapped_or_doubled() -> None:
    lines = DRAFT_TEXT.splitlines(keepends=True)
    for at in range(len(lines)):
        for changed in (
            lines[:at] + lines[at + 1 :],
            [*lines[:at], lines[at], *lines[at:]],
            [*lines[:at], *reversed(lines[at : at + 2]), *lines[at + 2 :]] if at + 1 < len(lines) else lines[::-1],
        ):
            try:
                assert Draft.parse("".join(changed)).message != DRAFT.message  # origin and author swapped, if at all
            except MalformedError:
                continue


def test_limits_on_the_line() -> None:
    salts, payloads = (bytes(32),) * ENTRIES_MAX, (bytes(PAYLOAD_MAX),) * ENTRIES_MAX
    largest = Draft(ORIGIN, AUTHOR, 0, salts, payloads)
    assert len(str(largest)) <= DRAFT_MAX
    assert Draft.parse(str(largest)) == largest
    for salts_, payloads_ in (
        ((), ()),
        ((bytes(32),) * 257, (b"x",) * 257),
        ((bytes(32),), (b"x", b"y")),
        ((bytes(32),) * 2, (b"x",)),
        ((bytes(31),), (b"x",)),
        ((bytes(32),), (b"",)),
        ((bytes(32),), (bytes(PAYLOAD_MAX + 1),)),
    ):
        with pytest.raises(MalformedError):
            Draft(ORIGIN, AUTHOR, 0, salts_, payloads_)
    with pytest.raises(MalformedError, match="characters"):
        Draft.parse("x" * (DRAFT_MAX + 1))


@pytest.mark.parametrize(
    "change",
    [
        {"origin": ""},
        {"origin": "two words"},
        {"origin": "a+b"},
        {"author": "college"},
        {"author": "keys:a b"},
        {"author": "keys:a\nb"},
        {"not_after_ms": -1},
        {"not_after_ms": 2**53},
        {"count": 0},
        {"count": ENTRIES_MAX + 1},
        {"root": bytes(31)},
    ],
)
def test_what_is_no_submission(change: dict[str, object]) -> None:
    with pytest.raises(MalformedError):
        attrs.evolve(DRAFT.submission, **change)
    if "count" not in change and "root" not in change:
        with pytest.raises(MalformedError):
            attrs.evolve(DRAFT, **change)


@pytest.mark.parametrize(
    "text",
    [
        "",
        BODY[:-1],
        BODY + "\n",
        BODY + "more\n",
        "\n" + BODY,
        BODY.replace("/v1", "/v2"),
        BODY.replace("\n2\n", "\n02\n"),
        BODY.replace("\n2\n", "\n257\n"),
        BODY.replace("\n2\n", "\n"),
        BODY.replace("Eyc=", "Eyd="),
        BODY.replace("\n", "\r\n"),
    ],
)
def test_other_texts_are_no_submissions(text: str) -> None:
    with pytest.raises(MalformedError):
        Submission.parse(text)


def test_submissions_of_1_and_256() -> None:
    for count in (1, ENTRIES_MAX):
        assert Submission.parse(str(attrs.evolve(DRAFT.submission, count=count))).count == count


def test_who_signed() -> None:
    with pytest.raises(UnverifiedError, match="not signed"):
        open_submission(SIGNED, PublicKey.of(OTHER))
    with pytest.raises(UnverifiedError, match="does not hold"):
        open_submission(SIGNED.replace("600000", "600001"), KEY)
    with pytest.raises(UnverifiedError, match="does not hold"):
        DRAFT.signed(OTHER.sign(DRAFT.message), KEY)
    with pytest.raises(UnverifiedError, match="does not hold"):
        DRAFT.signed(b"", KEY)
    note = Note.parse(SIGNED)
    another = sign_note(note.text, "keys:other", OTHER)
    for signatures in ((*note.signatures, *another.signatures), note.signatures * 2, another.signatures):
        with pytest.raises(MalformedError, match="author alone"):
            open_submission(str(attrs.evolve(note, signatures=signatures)), KEY)


def test_no_byte_of_a_signed_submission_can_change() -> None:
    for at, character in enumerate(SIGNED):
        for other in {chr(ord(character) ^ 1), "A", "\n", ""} - {character}:
            with pytest.raises((MalformedError, UnverifiedError)):
                open_submission(SIGNED[:at] + other + SIGNED[at + 1 :], KEY)


def test_a_draft_does_not_show_what_it_holds() -> None:
    shown = repr(Draft(ORIGIN, AUTHOR, 0, (b"s" * 32,), (b"a learning record",)))
    assert "learning" not in shown
    assert "ssss" not in shown
    assert b64encode(b"a learning record").decode() not in shown


def test_a_digest_needs_text() -> None:
    with pytest.raises(MalformedError):
        digest("\ud800")
