"""Signed notes, verifier keys and checkpoints: golden texts, exact parsing, and signatures that do not hold."""

from collections.abc import Callable
from pathlib import Path

import attrs
import pytest
from hypothesis import given, strategies as st

from creditbank.errors import MalformedError, UnverifiedError
from creditbank.ledger import (
    EMPTY_ROOT,
    Checkpoint,
    Ed25519Signer,
    Note,
    NoteSignature,
    PublicKey,
    VerifierKey,
    key_hash,
    open_checkpoint,
    sign_checkpoint,
    sign_note,
    verify_note,
)
from creditbank.ledger.note import NOTE_MAX, SIGNATURES_MAX
from creditbank.ledger.text import NUMBER_MAX

ORIGIN = "bank.example/city"
SIGNER = Ed25519Signer.from_seed(bytes(range(32)))
OTHER = Ed25519Signer.from_seed(bytes(range(32, 64)))
KEY = PublicKey.of(SIGNER)
VKEY = VerifierKey(ORIGIN, KEY)
VKEY_TEXT = "bank.example/city+f5b44346+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
GOLDEN = """bank.example/city
0
47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=

— bank.example/city 9bRDRg0+8qQEzoQC1MtDgb0Y4Ehv76EcbdxczhByOyeGBVpxMuiC00TDEMxbogMyJKb0O5Lq1Cd3LOVsTVP98J5O3Qs=
"""
# The example in C2SP signed-note; its key is not published there, its form is.
EXAMPLE = """\
Ognuno sta solo sul cuor della terra
trafitto da un raggio di sole:

ed è subito sera.

— quasimodo.example/salvatore \
NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=
"""

NAMES = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"], exclude_characters="+"), min_size=1)
NAMES = NAMES.filter(lambda name: len(name.encode()) <= 255)
TEXTS = st.text(st.one_of(st.just("\n"), st.characters(exclude_categories=["Cc", "Cs"]))).map(lambda text: text + "\n")
LINES = st.builds(NoteSignature, NAMES, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=70))


def test_golden_texts() -> None:
    assert str(VKEY) == VKEY_TEXT
    assert VerifierKey.parse(VKEY_TEXT) == VKEY
    checkpoint = Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    assert sign_checkpoint(checkpoint, SIGNER) == GOLDEN
    assert open_checkpoint(GOLDEN, VKEY) == checkpoint


def test_the_specifications_example() -> None:
    note = Note.parse(EXAMPLE)
    assert str(note) == EXAMPLE
    assert note.text.endswith("\n\ned è subito sera.\n")
    assert [(each.name, len(each.signature)) for each in note.signatures] == [("quasimodo.example/salvatore", 64)]


@given(text=TEXTS, lines=st.lists(LINES, min_size=1, max_size=4))
def test_notes_are_read_as_they_are_written(text: str, lines: list[NoteSignature]) -> None:
    note = Note(text, tuple(lines))
    assert Note.parse(str(note)) == note


@given(text=st.one_of(st.text(), st.text(st.sampled_from("\n— abA=+/\r\t1"), max_size=60)))
def test_any_text_is_a_note_or_malformed(text: str) -> None:
    try:
        note = Note.parse(text)
    except MalformedError:
        return
    assert str(note) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        GOLDEN[:-1],
        GOLDEN + "\n",
        GOLDEN + "x",
        "\n" + GOLDEN.split("\n\n")[1],
        GOLDEN.split("\n\n")[0] + "\n\n",
        GOLDEN.replace("—", "-"),
        GOLDEN.replace("— ", "—"),
        GOLDEN.replace("— ", "—  "),
        GOLDEN.replace("\n", "\r\n"),
        GOLDEN.replace("0\n", "0\t\n"),
        GOLDEN.replace("3Qs=", "3Qt="),
        GOLDEN.replace("3Qs=", "3Qs"),
        GOLDEN.replace("3Qs=", "3Qs= "),
        GOLDEN.replace("— bank.example/city", "— bank+city"),
        GOLDEN.replace("— bank.example/city", "— bank\u3000city"),
        GOLDEN.replace("9bRDRg0", "-bRDRg0"),
        GOLDEN[: GOLDEN.index("9bRD")] + "9bRDRg==\n",  # a key hash and no signature
        "\ud800" + GOLDEN,
    ],
)
def test_what_is_no_note(text: str) -> None:
    with pytest.raises(MalformedError):
        Note.parse(text)


def test_limits_on_the_line() -> None:
    line = NoteSignature(ORIGIN, bytes(4), b"s")
    assert len(Note.parse(str(Note("x\n", (line,) * SIGNATURES_MAX))).signatures) == SIGNATURES_MAX
    over = "x\n\n" + str(line) * (SIGNATURES_MAX + 1)
    for lines in ((), (line,) * (SIGNATURES_MAX + 1)):
        with pytest.raises(MalformedError, match="signatures"):
            Note("x\n", lines)
    with pytest.raises(MalformedError, match="signatures"):
        Note.parse(over)
    room = NOTE_MAX - len(str(Note("\n", (line,))))
    assert len(str(Note.parse(str(Note("x" * room + "\n", (line,)))))) == NOTE_MAX
    with pytest.raises(MalformedError, match="characters"):
        Note("x" * (room + 1) + "\n", (line,))
    with pytest.raises(MalformedError, match="characters"):
        Note.parse("x" * (room + 1) + "\n\n" + str(line))
    for name in ("", "a b", "a+b", "a\u00a0b", "a\nb", "x" * 256):
        with pytest.raises(MalformedError):
            NoteSignature(name, bytes(4), b"s")


def test_who_signed() -> None:
    note = sign_note("text\n", ORIGIN, SIGNER)
    verify_note(note, ORIGIN, KEY)
    with pytest.raises(UnverifiedError, match="not signed"):
        verify_note(note, ORIGIN, PublicKey.of(OTHER))
    with pytest.raises(UnverifiedError, match="not signed"):
        verify_note(note, "another", KEY)
    with pytest.raises(UnverifiedError, match="does not hold"):
        verify_note(attrs.evolve(note, text="texT\n"), ORIGIN, KEY)
    stranger = sign_note("text\n", "witness.example", OTHER).signatures
    verify_note(Note("text\n", stranger + note.signatures + stranger), ORIGIN, KEY)
    bad = NoteSignature(ORIGIN, key_hash(ORIGIN, KEY), bytes(64))
    with pytest.raises(UnverifiedError, match="does not hold"):
        verify_note(Note("text\n", (*stranger, bad)), ORIGIN, KEY)
    for lines in ((bad, *note.signatures), (*note.signatures, bad), note.signatures * 2):
        with pytest.raises(UnverifiedError, match="twice"):
            verify_note(Note("text\n", lines), ORIGIN, KEY)


def test_verifier_keys_are_read_as_written() -> None:
    for wrong in (
        "",
        VKEY_TEXT + "\n",
        VKEY_TEXT.replace("f5b44346", "f5b44347"),
        VKEY_TEXT.replace("f5b44346", "F5B44346"),
        VKEY_TEXT.replace("city", "town"),
        VKEY_TEXT.replace("+AQ", "+Ag"),
        VKEY_TEXT.replace("+AQ", "+BA"),
        VKEY_TEXT[:-4],
        VKEY_TEXT.replace("+", " "),
    ):
        with pytest.raises(MalformedError):
            VerifierKey.parse(wrong)


@given(size=st.integers(1, NUMBER_MAX), top=st.binary(min_size=32, max_size=32))
def test_checkpoints_are_read_as_they_are_written(size: int, top: bytes) -> None:
    checkpoint = Checkpoint(ORIGIN, size, top)
    assert Checkpoint.parse(str(checkpoint)) == checkpoint
    assert open_checkpoint(sign_checkpoint(checkpoint, SIGNER), VKEY) == checkpoint


@pytest.mark.parametrize(
    "text",
    [
        "",
        "bank\n1\n",
        "bank\n01\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
        "bank\n+1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
        "bank\n-1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
        "bank\n１\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
        f"bank\n{NUMBER_MAX + 1}\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
        "bank\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU\n",
        "bank\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=\n",
        "bank\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        "bank\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\nextension\n",
        "bank\n1\nAAAA\n",
        "bank\n0\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
    ],
)
def test_what_is_no_checkpoint(text: str) -> None:
    with pytest.raises(MalformedError):
        Checkpoint.parse(text)


def test_a_checkpoint_is_opened_by_its_logs_key_alone() -> None:
    with pytest.raises(UnverifiedError, match="not signed"):
        open_checkpoint(GOLDEN, VerifierKey(ORIGIN, PublicKey.of(OTHER)))
    elsewhere = str(sign_note(str(Checkpoint("other.example", 1, bytes(32))), ORIGIN, SIGNER))
    with pytest.raises(UnverifiedError, match=r"other\.example"):
        open_checkpoint(elsewhere, VKEY)
    with pytest.raises(MalformedError, match="checkpoint"):
        open_checkpoint(str(sign_note("hello\n", ORIGIN, SIGNER)), VKEY)


def test_no_byte_of_a_checkpoint_can_change() -> None:
    text = sign_checkpoint(Checkpoint(ORIGIN, 12, bytes(range(32))), SIGNER)
    for at, character in enumerate(text):
        for other in {chr(ord(character) ^ 1), "A", "\n", ""} - {character}:
            with pytest.raises((MalformedError, UnverifiedError)):
                open_checkpoint(text[:at] + other + text[at + 1 :], VKEY)


def test_tesseras_checkpoints_cannot_change(shared: Callable[[str], Path]) -> None:
    folder = shared("vectors/tlog/tessera")
    key = VerifierKey.parse((folder / "KEYS.txt").read_text("utf-8").splitlines()[1])
    text = (folder / "log/checkpoint.15").read_text("utf-8")
    assert str(Note.parse(text)) == text
    for at in range(len(text)):
        with pytest.raises((MalformedError, UnverifiedError)):
            open_checkpoint(text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1 :], key)
