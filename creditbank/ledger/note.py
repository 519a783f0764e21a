"""
C2SP signed notes: text, an empty line, and one line for each signature.

The text may have empty lines; the last empty line of a note ends it. A signature covers the text with its last newline
and without the empty line. Whoever reads a note ignores signatures of keys it does not know.
"""

import re
from typing import Final

import attrs

from creditbank.errors import MalformedError, UnverifiedError
from creditbank.ledger.key import ED25519, NOTE_ED25519, PublicKey, Signer, key_hash
from creditbank.ledger.text import base64_of, check_name, raw_from

__all__ = [
    "KEY_HASH_SIZE",
    "NOTE_MAX",
    "SIGNATURES_MAX",
    "Note",
    "NoteSignature",
    "VerifierKey",
    "sign_note",
    "verify_note",
]

KEY_HASH_SIZE: Final = 4
"""Bytes that name a key within a signature line."""

SIGNATURES_MAX: Final = 64
"""Signature lines in a note, inclusive; C2SP asks for at least 16."""

NOTE_MAX: Final = 256 * 1024
"""Characters of a note, inclusive: room for 64 signatures of a post-quantum algorithm."""

_DASH: Final = "\N{EM DASH} "
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")
_KEY_HASH: Final = re.compile(r"[0-9a-f]{8}", re.ASCII)


@attrs.frozen
class NoteSignature:
    """One signature line: key name, :func:`key_hash`, and the bytes that the algorithm made (at least one)."""

    name: str
    key_hash: bytes
    signature: bytes

    def __attrs_post_init__(self) -> None:
        check_name(self.name, "key name")
        if len(self.key_hash) != KEY_HASH_SIZE or not self.signature:
            raise MalformedError("a signature that is too short", f"signature of {self.name}", "use the whole line")

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {base64_of(self.key_hash + self.signature)}\n"


@attrs.frozen
class Note:
    """
    A signed note: *text* ends with a newline; one signature or more, in their order.

    Raises, in this order:
        MalformedError: the text does not end with a newline; it has a control character or no UTF-8; no signature, or
            more than :data:`SIGNATURES_MAX`; longer than :data:`NOTE_MAX`.
    """

    text: str
    signatures: tuple[NoteSignature, ...]

    def __attrs_post_init__(self) -> None:
        if not self.text.endswith("\n"):
            raise MalformedError("the text does not end", "note", "end the text with a newline")
        if _CONTROL.search(self.text) or not _is_unicode(self.text):
            raise MalformedError("a character that a note must not have", "note", "use UTF-8 text and newlines only")
        if not 0 < len(self.signatures) <= SIGNATURES_MAX:
            raise MalformedError(f"{len(self.signatures)} signatures", "note", f"use 1 to {SIGNATURES_MAX}")
        if len(str(self)) > NOTE_MAX:
            raise MalformedError(f"{len(str(self))} characters", "note", f"use at most {NOTE_MAX}")

    def __str__(self) -> str:
        return f"{self.text}\n{''.join(map(str, self.signatures))}"

    @classmethod
    def parse(cls, text: str) -> "Note":
        """Read exactly what ``str`` writes."""
        if len(text) > NOTE_MAX:
            raise MalformedError(f"{len(text)} characters", "note", f"use at most {NOTE_MAX}")
        end = text.rfind("\n\n")
        if end < 0 or not text.endswith("\n"):
            raise MalformedError("no empty line before signatures", "note", "use the whole note")
        lines = text[end + 2 : -1].split("\n")
        note = cls(text[: end + 1], tuple(_signature(line) for line in lines[: SIGNATURES_MAX + 1]))
        assert str(note) == text
        return note


@attrs.frozen
class VerifierKey:
    """A key and the name it signs notes with. Text form (C2SP vkey): ``name+hash+base64``."""

    name: str
    key: PublicKey

    def __attrs_post_init__(self) -> None:
        check_name(self.name, "key name")

    def __str__(self) -> str:
        return f"{self.name}+{key_hash(self.name, self.key).hex()}+{base64_of(NOTE_ED25519 + self.key.raw)}"

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Read exactly what ``str`` writes; a hash that is not of this name and key is refused."""
        name, _, rest = text.partition("+")
        written, _, encoded = rest.partition("+")
        raw = raw_from(encoded, "verifier key")
        if raw[:1] != NOTE_ED25519:
            raise MalformedError("another algorithm than Ed25519", "verifier key", "use a key of type 1")
        found = cls(name, PublicKey(ED25519, raw[1:]))
        if not _KEY_HASH.fullmatch(written) or key_hash(name, found.key).hex() != written:
            raise MalformedError("the hash is not of this name and key", "verifier key", "use the text as published")
        return found


def sign_note(text: str, name: str, signer: Signer) -> Note:
    """Return *text* signed under the key name *name*."""
    signature = signer.sign(text.encode())
    return Note(text, (NoteSignature(name, key_hash(name, PublicKey.of(signer)), signature),))


def verify_note(note: Note, name: str, key: PublicKey) -> None:
    """
    Be sure that *key*, under *name*, signed *note*, in one line. Other keys' signatures are ignored.

    Two lines of one key are refused: nobody who signs writes them, and a note would have many forms.

    Raises, in this order:
        UnverifiedError: no signature by this name and key, or more than one; it does not hold.
    """
    wanted, message = key_hash(name, key), note.text.encode()
    ours = [each for each in note.signatures if each.name == name and each.key_hash == wanted]
    if len(ours) != 1:
        raise UnverifiedError("signed twice by this key" if ours else "not signed by this key", f"note of {name}")
    if not key.verify(ours[0].signature, message):
        raise UnverifiedError("the signature does not hold", f"note of {name}")


def _signature(line: str) -> NoteSignature:
    """Read one signature line, without its newline."""
    where = "signature line"
    if not line.startswith(_DASH):
        raise MalformedError("does not begin with a dash", where, "write an em dash, a space, name, space, base64")
    name, _, encoded = line[len(_DASH) :].partition(" ")
    raw = raw_from(encoded, where)
    return NoteSignature(name, raw[:KEY_HASH_SIZE], raw[KEY_HASH_SIZE:])


def _is_unicode(text: str) -> bool:
    """Say whether UTF-8 can hold *text* (a lone surrogate it cannot)."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
