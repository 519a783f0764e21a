"""
Receipts: one entry, checked offline with nothing but the operator's verifier key.

The text is a C2SP ``tlog-proof@v1``; its ``extra`` carries what opens the entry and the history of its author's key. The verdict is
"as of size N": a later revocation, or a stream that went on, is not in it.
"""

import json
from hashlib import sha256
from typing import Any, Final

import attrs

from creditbank.codec.payload import Payload
from creditbank.domain.event import AccountErased, BankFounded
from creditbank.errors import MalformedError, UnverifiedError
from creditbank.verify.hashing import HASH_SIZE, ZERO, commitment_of, leaf_hash_of, place_of, root_through
from creditbank.verify.keyring import Keyring, Owner
from creditbank.verify.lines import Lines
from creditbank.verify.payload import read_payload
from creditbank.verify.text import (
    Checkpoint,
    Note,
    Submission,
    holds,
    key_from,
    key_id,
    open_checkpoint,
    verifier_key_from,
)

__all__ = ["ReceiptReport", "Shown", "check_receipt", "open_receipt"]

RECEIPT_MAX: Final = 16 * 1024 * 1024
"""Characters of a receipt."""

KEYS_MAX: Final = 128
PATH_MAX: Final = 53
SUBMISSION_PATH_MAX: Final = 8

_PROOF: Final = "c2sp.org/tlog-proof@v1"
_EXTRA: Final = "creditbank/receipt/v1"
_MEND: Final = "use the receipt as it was given"


@attrs.frozen
class ReceiptReport:
    """
    What a receipt shows: as of *as_of_size* entries of the log, *author* says *payload*, received at *at_ms*.

    Attributes:
        as_of_size: The size of the checkpoint that everything in it stands under; nothing later is known.
        position: Where the entry stands in the log.
        at_ms: When the bank received it, UTC milliseconds since 1970.
        version: How many entries *stream* had before.
        kind: Of the event.
    """

    as_of_size: int
    position: int
    at_ms: int
    stream: str
    version: int
    author: str
    kind: str
    payload: dict[str, Any] = attrs.field(repr=False)


@attrs.frozen
class _Entry:
    """One entry of a receipt, as its lines say."""

    index: int
    path: tuple[bytes, ...]
    at_ms: int
    stream: str
    version: int
    previous: bytes
    place_salt: bytes
    salt: bytes
    payload: bytes
    submission: str
    position: int
    submission_path: tuple[bytes, ...]

    @property
    def where(self) -> str:
        return f"entry {self.index}"

    @property
    def commitment(self) -> bytes:
        return commitment_of(self.salt, self.payload)


@attrs.frozen
class _Opened:
    """An entry whose bytes hold together and stand in the log; whose key signed it is asked next."""

    entry: _Entry
    said: Payload
    note: Note
    submission: Submission


def check_receipt(text: str, operator_vkey: str) -> ReceiptReport:
    """
    Check a receipt with the operator's C2SP verifier key, and say what it shows.

    Raises:
        MalformedError: *text* is no receipt, or *operator_vkey* no verifier key; says what and where.
        UnverifiedError: Something in it does not hold; says what and where.
    """
    shown = open_receipt(text, operator_vkey)
    entry, payload = shown.entry, json.loads(shown.entry.payload)
    return ReceiptReport(
        shown.checkpoint.size,
        entry.index,
        entry.at_ms,
        entry.stream,
        entry.version,
        shown.said.request.by,
        payload["kind"],
        payload,
    )


def open_receipt(text: str, operator_vkey: str) -> "Shown":
    """Return what a receipt shows, once all of it is checked. Raises as :func:`check_receipt` does."""
    origin, operator = verifier_key_from(operator_vkey)
    entry, keys, note = _parsed(text)
    checkpoint = open_checkpoint(note, origin, operator, "checkpoint")
    found = _open(entry, checkpoint)
    history = [_open(key, checkpoint) for key in keys]
    _check_history(found, history, Keyring(origin), operator)
    return Shown(entry, found.said, checkpoint)


@attrs.frozen
class Shown:
    """An entry that a receipt shows: its lines, its payload, and the checkpoint that it stands under."""

    entry: "_Entry"
    said: Payload
    checkpoint: Checkpoint


# --- entries ----------------------------------------------------------------------------------------------------------


def _open(entry: _Entry, checkpoint: Checkpoint) -> _Opened:
    """Check that the entry's bytes hold together and lead to the checkpoint."""
    where = entry.where
    note = Note.parse(entry.submission, f"submission of {where}")
    submission = Submission.parse(note.text, f"submission of {where}")
    if [line.name for line in note.lines] != [submission.author]:
        raise MalformedError("its submission is not signed by its author alone", where, _MEND)
    said = read_payload(entry.payload, where)
    if submission.origin != checkpoint.origin or said.origin != checkpoint.origin:
        raise UnverifiedError("it is an entry of another log", where)
    if said.stream != entry.stream:
        raise UnverifiedError(f"its payload is in {said.stream}, not in {entry.stream}", where)
    if said.request.by != submission.author:
        raise UnverifiedError(f"{said.request.by} asks in it, and {submission.author} signed it", where)
    if entry.at_ms > submission.not_after_ms:
        raise UnverifiedError("it was received when its submission had lapsed", where)
    signed = sha256(b"\0" + entry.commitment).digest()
    if root_through(entry.position, submission.count, signed, entry.submission_path, where) != submission.root:
        raise UnverifiedError("it is not in the submission that it names", where)
    if (entry.version == 0) != (entry.previous == ZERO):
        raise UnverifiedError("its version and the entry before it do not go together", where)
    digest = sha256(entry.submission.encode()).digest()
    place = place_of(entry.place_salt, entry.stream, entry.version, entry.previous, digest)
    leaf = leaf_hash_of(entry.at_ms, entry.commitment, place)
    if root_through(entry.index, checkpoint.size, leaf, entry.path, where) != checkpoint.root:
        raise UnverifiedError(f"it does not stand in the log of {checkpoint.size} entries", where)
    return _Opened(entry, said, note, submission)


def _check_history(found: _Opened, history: list[_Opened], keyring: Keyring, operator: bytes) -> None:
    """Fold the key entries in log order, and check that the entry's author signed it with a key in force."""
    first = history[0].said.event if history else None
    if not isinstance(first, BankFounded) or history[0].entry.index != 0 or key_from(first.key) != operator:
        raise UnverifiedError("the keys do not begin with the founding of the bank by this operator", "keys")
    streams: dict[str, tuple[int, bytes]] = {}
    signed: list[tuple[_Opened, Owner]] = []
    author: Owner | None = None
    for each in history:
        if author is None and each.entry.index >= found.entry.index:
            author = _signer(found, keyring)
        version, last = streams.get(each.entry.stream, (0, ZERO))
        if not each.entry.stream.startswith("keys:") or (each.entry.version, each.entry.previous) != (version, last):
            raise UnverifiedError(
                "it is no key entry, or an entry of its stream before it is left out", each.entry.where
            )
        streams[each.entry.stream] = (version + 1, each.entry.commitment)
        owner = _signer(each, keyring)
        refused = keyring.take(each.entry.index, each.said.event, owner)
        if refused is not None:
            raise UnverifiedError(refused, each.entry.where)
        signed.append((each, owner))
    author = author or _signer(found, keyring)
    if isinstance(found.said.event, AccountErased) and not keyring.has(author[0], "eraser"):
        raise UnverifiedError(f"{author[0]} may not erase", found.entry.where)
    fallen = keyring.fallen()
    for each, owner in (*signed, (found, author)):
        if fallen.fells(each.entry.index, owner):
            raise UnverifiedError(f"signed by {owner[1]}, revoked as of entry {fallen.since[owner]}", each.entry.where)


def _signer(each: _Opened, keyring: Keyring) -> Owner:
    """Return the author and the key in force that signed *each*."""
    author, line = each.submission.author, each.note.lines[0]
    event = each.said.event
    keys = keyring.signing(author)
    if isinstance(event, BankFounded) and each.entry.index == 0:
        keys = (event.key,)
    for key in keys:
        raw = key_from(key)
        if key_id(author, raw) == line.key_id and holds(raw, line.signature, each.note.text.encode()):
            return author, key
    raise UnverifiedError(f"no key of {author} in force there signed it", each.entry.where)


# --- the text ---------------------------------------------------------------------------------------------------------


def _parsed(text: str) -> tuple[_Entry, list[_Entry], str]:
    """Return the entry, the key entries in log order, and the checkpoint's note."""
    if len(text) > RECEIPT_MAX:
        raise MalformedError(f"it has {len(text)} characters", "receipt", f"give at most {RECEIPT_MAX}")
    proof, gap, note = text.partition("\n\n")
    if not gap:
        raise MalformedError("there is no checkpoint after an empty line", "receipt", _MEND)
    lines = Lines(proof + "\n", "receipt", _MEND)
    if lines.line() != _PROOF:
        raise MalformedError("it is no tlog-proof of version 1", lines.where, _MEND)
    extra = Lines(lines.text("extra"), "receipt, extra", _MEND)
    index, path = lines.number("index"), lines.rest(PATH_MAX)
    if extra.line() != _EXTRA:
        raise MalformedError("its extra is no creditbank receipt of version 1", extra.where, _MEND)
    entry = _entry(extra, index, path)
    count = extra.number("keys")
    if count > KEYS_MAX:
        raise MalformedError(f"{count} key entries", extra.where, f"give at most {KEYS_MAX}")
    keys: list[_Entry] = []
    for _ in range(count):
        index = extra.number("index")
        keys.append(_entry(extra, index, extra.hashes(extra.number("path"), PATH_MAX)))
        if len(keys) > 1 and keys[-2].index >= index:
            raise MalformedError("key entries are not in log order", extra.where, _MEND)
    extra.end()
    lines.end()
    return entry, keys, note


def _entry(lines: Lines, index: int, path: tuple[bytes, ...]) -> _Entry:
    return _Entry(
        index,
        path,
        lines.number("at"),
        lines.word("stream"),
        lines.number("version"),
        lines.raw("previous", HASH_SIZE),
        lines.raw("place-salt", HASH_SIZE),
        lines.raw("salt", HASH_SIZE),
        lines.raw("payload"),
        lines.text("submission"),
        lines.number("position"),
        lines.hashes(lines.number("submission-path"), SUBMISSION_PATH_MAX),
    )
