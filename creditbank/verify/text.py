"""
The verifier's own readers of keys, signed notes, submissions and checkpoints.

Each takes exactly one spelling of what it reads: base64 with its padding, decimals without leading zeroes, lines that end.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Final

import attrs
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from creditbank.errors import MalformedError, UnverifiedError
from creditbank.verify.hashing import HASH_SIZE

__all__ = [
    "NUMBER_MAX",
    "SUBMISSION_ENTRIES_MAX",
    "Checkpoint",
    "Note",
    "NoteLine",
    "StreamHead",
    "Submission",
    "holds",
    "is_name",
    "key_from",
    "key_id",
    "number_from",
    "open_checkpoint",
    "open_head",
    "possession_message",
    "raw_from",
    "verifier_key_from",
    "well_named",
]

NUMBER_MAX: Final = 2**53 - 1
"""The largest number in any format of the ledger."""

SUBMISSION_ENTRIES_MAX: Final = 256
"""Entries in one submission, inclusive."""

NAME_MAX: Final = 255
"""Bytes of a name."""

NOTE_MAX: Final = 256 * 1024
"""Characters of a signed note."""

SIGNATURES_MAX: Final = 64
"""Signature lines in a note."""

KEYS_REMEMBERED: Final = 4096

_NUMBER: Final = re.compile(r"(?:0|[1-9][0-9]{0,15})", re.ASCII)
_FORBIDDEN: Final = re.compile(r"[\x00-\x1f\x7f]")
_NOTE_FORBIDDEN: Final = re.compile(r"[\x00-\x09\x0b-\x1f\ud800-\udfff]")
_ED25519: Final = b"\x01"
_KEY_PREFIX: Final = "ed25519:"
_P: Final = 2**255 - 19
_SMALL_ORDER_Y: Final = frozenset(
    int.from_bytes(bytes.fromhex(encoded), "little") & (2**255 - 1)
    for encoded in (  # the eight points of small order; two encodings differ only in the sign of x
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    )
)


# --- words ------------------------------------------------------------------------------------------------------------


def raw_from(text: str, where: str, size: int | None = None) -> bytes:
    """Read standard base64 of *size* bytes (None: any), in its one spelling."""
    try:
        raw = b64decode(text, validate=True)
    except (Base64Error, ValueError):
        raw = None
    if raw is None or b64encode(raw).decode() != text:
        raise MalformedError("it is not base64 in its one spelling", where, "use the text as it was given")
    if size is not None and len(raw) != size:
        raise MalformedError(f"it has {len(raw)} bytes, not {size}", where, "use the text as it was given")
    return raw


def number_from(text: str, where: str) -> int:
    """Read a whole number from 0 to :data:`NUMBER_MAX`."""
    if not _NUMBER.fullmatch(text) or int(text) > NUMBER_MAX:
        raise MalformedError(f"{text[:20]!r} is no number of this format", where, "use the text as it was given")
    return int(text)


def well_named(stream: str) -> bool:
    """Tell whether *stream* can stand in a place: 1 to 255 bytes of UTF-8, no control character."""
    try:
        size = len(stream.encode())
    except UnicodeEncodeError:
        return False
    return 0 < size <= NAME_MAX and not _FORBIDDEN.search(stream)


def is_name(name: str) -> bool:
    """Tell whether *name* can be the name of a key in a note, such as a log's origin."""
    return well_named(name) and "+" not in name and not any(map(str.isspace, name))


# --- keys -------------------------------------------------------------------------------------------------------------


@lru_cache(KEYS_REMEMBERED)
def key_from(text: str) -> bytes:
    """
    Read ``ed25519:<base64>`` and return the key's 32 bytes.

    Raises:
        MalformedError: It is not that, or a point that makes signatures worthless (small order, not canonical).
    """
    if not text.startswith(_KEY_PREFIX):
        raise MalformedError(f"{text[:24]!r} is no Ed25519 key", "public key", "use the text as it was given")
    raw = raw_from(text[len(_KEY_PREFIX) :], "public key", HASH_SIZE)
    y = int.from_bytes(raw, "little") & (2**255 - 1)
    if y >= _P or y in _SMALL_ORDER_Y:
        raise MalformedError("a point of small order or not canonical", "public key", "let its holder make another key")
    return raw


def holds(key: bytes, signature: bytes, message: bytes) -> bool:
    """Tell whether *signature* is one by *key* (32 bytes, from :func:`key_from`) of *message*."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def key_id(name: str, key: bytes) -> bytes:
    """Return the four bytes by which a note names *key* (C2SP signed-note)."""
    return sha256(name.encode() + b"\n" + _ED25519 + key).digest()[:4]


def verifier_key_from(text: str) -> tuple[str, bytes]:
    """
    Read a C2SP verifier key, ``<name>+<hash>+<base64>``, and return name and key.

    Raises:
        MalformedError: It is not that.
    """
    where = "verifier key"
    name, _, rest = text.partition("+")
    hashed, _, encoded = rest.partition("+")
    raw = raw_from(encoded, where, 1 + HASH_SIZE)
    key = key_from(_KEY_PREFIX + b64encode(raw[1:]).decode())
    if raw[:1] != _ED25519 or not is_name(name) or key_id(name, key).hex() != hashed:
        raise MalformedError("name, hash and key do not go together", where, "use the text as it was published")
    return name, key


def possession_message(origin: str, institution: str, key: str) -> bytes:
    """Return what a new key signs, and a registrar too when a further key is added."""
    return f"creditbank/possession/v1\n{origin}\n{institution}\n{key}\n".encode()


# --- signed notes -----------------------------------------------------------------------------------------------------


@attrs.frozen
class NoteLine:
    """One signature: who, by which key (its four bytes), and the bytes."""

    name: str
    key_id: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"— {self.name} {b64encode(self.key_id + self.signature).decode()}\n"


@attrs.frozen
class Note:
    """A C2SP signed note: a text and its signatures."""

    text: str
    lines: tuple[NoteLine, ...]

    def __str__(self) -> str:
        return f"{self.text}\n{''.join(map(str, self.lines))}"

    @classmethod
    def parse(cls, text: str, where: str) -> "Note":
        """Read exactly what ``str`` writes, or raise MalformedError."""
        body, gap, signed = text.rpartition("\n\n")
        if not gap or not signed.endswith("\n") or len(text) > NOTE_MAX or _NOTE_FORBIDDEN.search(text):
            raise MalformedError("it is no signed note", where, "use the whole note as it was given")
        rows = signed[:-1].split("\n")
        if len(rows) > SIGNATURES_MAX:
            raise MalformedError(f"{len(rows)} signatures", where, f"give at most {SIGNATURES_MAX}")
        note = cls(body + "\n", tuple(_line(row, where) for row in rows))
        assert str(note) == text, "each part has one spelling"
        return note

    def by(self, name: str, key: bytes, where: str) -> None:
        """Raise UnverifiedError unless *key*, under *name*, signed the text, once. Other signatures are not looked at."""
        wanted = key_id(name, key)
        mine = [line for line in self.lines if line.name == name and line.key_id == wanted]
        if len(mine) != 1 or not holds(key, mine[0].signature, self.text.encode()):
            raise UnverifiedError(f"{name} did not sign it with the key it should", where)


def _line(row: str, where: str) -> NoteLine:
    dash, _, rest = row.partition(" ")
    name, _, encoded = rest.partition(" ")
    raw = raw_from(encoded, where)
    if dash != "—" or not is_name(name) or len(raw) < 5:
        raise MalformedError("a line that is no signature", where, "use the whole note as it was given")
    return NoteLine(name, raw[:4], raw[4:])


def _lines(text: str, count: int, where: str) -> Sequence[str]:
    """Split a text of exactly *count* lines, each of which ends."""
    lines = text.split("\n")
    if len(lines) != count + 1 or lines[-1]:
        raise MalformedError(f"it does not have {count} lines", where, "use the text as it was given")
    return lines[:-1]


# --- what is signed ---------------------------------------------------------------------------------------------------


@attrs.frozen
class Submission:
    """What an author signs: *count* entries whose commitments have *root*, to be received until *not_after_ms*."""

    origin: str
    author: str
    not_after_ms: int
    count: int
    root: bytes

    def __str__(self) -> str:
        root = b64encode(self.root).decode()
        fields = ("creditbank/submission/v1", self.origin, self.author, self.not_after_ms, self.count, root)
        return "".join(f"{field}\n" for field in fields)

    @classmethod
    def parse(cls, text: str, where: str) -> "Submission":
        """Read exactly what ``str`` writes, or raise MalformedError."""
        first, origin, author, not_after, count, root = _lines(text, 6, where)
        if first != "creditbank/submission/v1" or not is_name(origin) or not is_name(author):
            raise MalformedError("it is no submission", where, "use the note as its author signed it")
        said = cls(
            origin, author, number_from(not_after, where), number_from(count, where), raw_from(root, where, HASH_SIZE)
        )
        if not 1 <= said.count <= SUBMISSION_ENTRIES_MAX:
            raise MalformedError(f"{said.count} entries", where, f"a submission has 1 to {SUBMISSION_ENTRIES_MAX}")
        return said

    def signed(self, key: bytes, signature: bytes) -> str:
        """Return the signed note, whose SHA-256 stands in every place."""
        return str(Note(str(self), (NoteLine(self.author, key_id(self.author, key), signature),)))


@attrs.frozen
class Checkpoint:
    """What the operator signs: the tree of *size* entries of *origin* has *root*."""

    origin: str
    size: int
    root: bytes


def open_checkpoint(text: str, origin: str, key: bytes, where: str) -> Checkpoint:
    """
    Return the checkpoint that *key* signed in the name of *origin*; other signatures are not looked at.

    Raises, in this order:
        MalformedError: It is no signed checkpoint.
        UnverifiedError: It is another log's, or not signed by this key.
    """
    note = Note.parse(text, where)
    said, size, root = _lines(note.text, 3, where)
    if said != origin:
        raise UnverifiedError(f"it is a checkpoint of {said[:NAME_MAX]}, not of {origin}", where)
    note.by(origin, key, where)
    return Checkpoint(origin, number_from(size, where), raw_from(root, where, HASH_SIZE))


@attrs.frozen
class StreamHead:
    """What the operator signs: *stream* has *entries* entries within the first *size* of *origin*, the last with *last*."""

    origin: str
    stream: str
    entries: int
    last: bytes
    size: int


def open_head(text: str, origin: str, key: bytes, where: str) -> StreamHead:
    """
    Return the stream head that *key* signed in the name of *origin*; other signatures are not looked at.

    Raises, in this order:
        MalformedError: It is no signed stream head.
        UnverifiedError: It is another log's, or not signed by this key.
    """
    note = Note.parse(text, where)
    first, said, stream, entries, last, size = _lines(note.text, 6, where)
    if first != "creditbank/stream-head/v1" or not well_named(stream):
        raise MalformedError("it is no stream head", where, "use the whole note as it was given")
    if said != origin:
        raise UnverifiedError(f"it is a stream head of {said[:NAME_MAX]}, not of {origin}", where)
    note.by(origin, key, where)
    return StreamHead(
        origin, stream, number_from(entries, where), raw_from(last, where, HASH_SIZE), number_from(size, where)
    )
