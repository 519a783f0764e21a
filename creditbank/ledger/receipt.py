"""
Receipts: one entry with everything that shows it stands in the log, in a C2SP ``tlog-proof@v1`` text.

    c2sp.org/tlog-proof@v1
    extra <base64 of the text below>
    index <position of the entry>
    <inclusion path, one base64 hash a line>
    <empty line>
    <checkpoint: a signed note>

``extra`` is in lines too: ``creditbank/receipt/v1``, the entry, ``keys <how many>``, and each key entry with its own
``index`` and ``path``. An entry's lines are ``at``, ``stream``, ``version``, ``previous``, ``place-salt``, ``salt``,
``payload``, ``submission``, ``position``, and ``submission-path`` with as many hash lines as it says. C2SP does not
authenticate ``extra``; here all of it leads to the leaf or to a signature, except how many key entries are shown.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

import attrs

from creditbank.errors import MalformedError, UnverifiedError
from creditbank.ledger.checkpoint import Checkpoint
from creditbank.ledger.entry import ZERO, commit, leaf_data, leaf_hash, place
from creditbank.ledger.merkle import root_from_path
from creditbank.ledger.note import NOTE_MAX, Note
from creditbank.ledger.submission import digest, read_submission
from creditbank.ledger.text import Lines, base64_of, check_hash, check_number, check_stream

__all__ = [
    "KEYS_MAX",
    "PATH_MAX",
    "RECEIPT_MAX",
    "SUBMISSION_MAX",
    "SUBMISSION_PATH_MAX",
    "Evidence",
    "Receipt",
    "check_inclusion",
]

PATH_MAX: Final = 53
"""Hashes in an inclusion path, inclusive: a tree has at most 2⁵³-1 leaves."""

SUBMISSION_PATH_MAX: Final = 8
"""Hashes in the path within a submission of 256, inclusive."""

SUBMISSION_MAX: Final = 16 * 1024
"""Characters of a signed submission, inclusive."""

KEYS_MAX: Final = 128
"""Key entries in a receipt, inclusive."""

RECEIPT_MAX: Final = 16 * 1024 * 1024
"""Characters of a receipt, inclusive; twice what the other limits add up to."""

_PROOF: Final = "c2sp.org/tlog-proof@v1"
_EXTRA: Final = "creditbank/receipt/v1"


@attrs.frozen
class Evidence:
    """
    One entry and what shows where it stands. ``repr`` shows neither payload nor salts.

    Fields: *index* is its position in the log and *path* its inclusion path there; *at_ms* is UTC milliseconds since
    1970; *version* is how many entries *stream* had before, *previous* the commitment of the last of them; *submission*
    is the signed note, *position* the entry's number in it, *submission_path* its path there.

    Raises, in this order:
        MalformedError: a number out of range; a path too long; the stream's name; a hash or salt that is not 32 bytes;
            a payload too large or empty; the submission too long, or not as its author signs it.
    """

    index: int
    at_ms: int
    path: tuple[bytes, ...]
    stream: str
    version: int
    previous: bytes
    place_salt: bytes = attrs.field(repr=False)
    salt: bytes = attrs.field(repr=False)
    payload: bytes = attrs.field(repr=False)
    submission: str
    position: int
    submission_path: tuple[bytes, ...]
    commitment: bytes = attrs.field(init=False, eq=False, repr=False)
    """Worked out from salt and payload."""

    def __attrs_post_init__(self) -> None:
        where = "evidence"
        for number in (self.index, self.at_ms, self.version, self.position):
            check_number(number, where)
        if len(self.path) > PATH_MAX or len(self.submission_path) > SUBMISSION_PATH_MAX:
            raise MalformedError("a path is too long", where, f"use at most {PATH_MAX} and {SUBMISSION_PATH_MAX}")
        check_stream(self.stream, where)
        for each in (self.previous, self.place_salt, self.salt, *self.path, *self.submission_path):
            check_hash(each, where)
        # attrs' own way to set a field of a frozen value while it is made.
        object.__setattr__(self, "commitment", commit(self.salt, self.payload))
        if len(self.submission) > SUBMISSION_MAX:
            raise MalformedError("the submission is too long", where, f"use at most {SUBMISSION_MAX} characters")
        read_submission(self.submission)


@attrs.frozen
class Receipt:
    """
    *entry*, the *keys* entries that its author's key rests on (in log order), and the *checkpoint* over them all.

    The text form is one: ``parse`` takes exactly what ``str`` writes. A receipt is well formed without being true;
    :func:`check_inclusion` and ``creditbank.verify`` say whether it holds.

    Raises, in this order:
        MalformedError: too many key entries, or not in log order; the checkpoint is not a signed checkpoint.
    """

    entry: Evidence
    keys: tuple[Evidence, ...]
    checkpoint: str

    def __attrs_post_init__(self) -> None:
        order = [each.index for each in self.keys]
        if len(order) > KEYS_MAX or any(a >= b for a, b in pairwise(order)):
            raise MalformedError("key entries", "receipt", f"give at most {KEYS_MAX}, each once, in log order")
        Checkpoint.parse(Note.parse(self.checkpoint).text)

    def __str__(self) -> str:
        extra = "".join(f"{line}\n" for line in self._extra())
        proof = (_PROOF, f"extra {base64_of(extra.encode())}", f"index {self.entry.index}", *_hashes(self.entry.path))
        return "\n".join((*proof, "", self.checkpoint))

    def _extra(self) -> Iterator[str]:
        """Write the lines of ``extra``."""
        yield _EXTRA
        yield from _lines(self.entry)
        yield f"keys {len(self.keys)}"
        for each in self.keys:
            yield f"index {each.index}"
            yield f"path {len(each.path)}"
            yield from _hashes(each.path)
            yield from _lines(each)

    @classmethod
    def parse(cls, text: str) -> "Receipt":
        """Read exactly what ``str`` writes."""
        if len(text) > RECEIPT_MAX:
            raise MalformedError(f"{len(text)} characters", "receipt", f"use at most {RECEIPT_MAX}")
        proof, gap, checkpoint = text.partition("\n\n")
        if not gap or len(checkpoint) > NOTE_MAX:
            raise MalformedError("no checkpoint after an empty line", "receipt", "use the whole receipt")
        lines = Lines.of(f"{proof}\n", "receipt")
        lines.literal(_PROOF)
        extra = _extra_lines(lines)
        index, path = lines.number("index"), lines.hashes(_count(len(lines.lines) - lines.at, PATH_MAX, lines.here))
        lines.end()
        extra.literal(_EXTRA)
        entry = _evidence(extra, index, path)
        keys = tuple(_key_evidence(extra) for _ in range(_count(extra.number("keys"), KEYS_MAX, extra.here)))
        extra.end()
        receipt = cls(entry, keys, checkpoint)
        if str(receipt) != text:
            raise MalformedError("not written as it should be", "receipt", "use the receipt as it was given")
        return receipt


def check_inclusion(evidence: Evidence, checkpoint: Checkpoint) -> None:
    """
    Be sure that *evidence* stands in the log at *checkpoint*, at its place, under its submission.

    The author's signature is :func:`creditbank.ledger.submission.open_submission`'s matter, the operator's
    :func:`creditbank.ledger.checkpoint.open_checkpoint`'s: whose keys they are, the caller knows.

    Raises, in this order:
        UnverifiedError: the submission is for another log; it had lapsed; the commitment is not in it; version and
            previous commitment do not go together; the leaf is not in the log's tree.
    """
    where = f"entry {evidence.index}"
    submission = read_submission(evidence.submission)
    if submission.origin != checkpoint.origin:
        raise UnverifiedError(f"its submission is for {submission.origin}", where)
    if evidence.at_ms > submission.not_after_ms:
        raise UnverifiedError("its submission had lapsed", where)
    signed = leaf_hash(evidence.commitment)
    if root_from_path(evidence.position, submission.count, signed, evidence.submission_path) != submission.root:
        raise UnverifiedError("its author did not sign it in this submission", where)
    if (evidence.version == 0) != (evidence.previous == ZERO):
        raise UnverifiedError("version and previous commitment do not go together", where)
    stands = place(
        evidence.place_salt, evidence.stream, evidence.version, evidence.previous, digest(evidence.submission)
    )
    leaf = leaf_hash(leaf_data(evidence.at_ms, evidence.commitment, stands))
    if root_from_path(evidence.index, checkpoint.size, leaf, evidence.path) != checkpoint.root:
        raise UnverifiedError(f"it does not stand there in the tree of {checkpoint.size}", where)


def _hashes(path: Sequence[bytes]) -> Iterator[str]:
    """Write *path*, one hash a line."""
    return map(base64_of, path)


def _lines(evidence: Evidence) -> Iterator[str]:
    """Write *evidence* without index and path."""
    yield f"at {evidence.at_ms}"
    yield f"stream {evidence.stream}"
    yield f"version {evidence.version}"
    yield f"previous {base64_of(evidence.previous)}"
    yield f"place-salt {base64_of(evidence.place_salt)}"
    yield f"salt {base64_of(evidence.salt)}"
    yield f"payload {base64_of(evidence.payload)}"
    yield f"submission {base64_of(evidence.submission.encode())}"
    yield f"position {evidence.position}"
    yield f"submission-path {len(evidence.submission_path)}"
    yield from _hashes(evidence.submission_path)


def _evidence(lines: Lines, index: int, path: tuple[bytes, ...]) -> Evidence:
    """Read what :func:`_lines` writes."""
    return Evidence(
        index=index,
        at_ms=lines.number("at"),
        path=path,
        stream=lines.field("stream"),
        version=lines.number("version"),
        previous=lines.raw("previous"),
        place_salt=lines.raw("place-salt"),
        salt=lines.raw("salt"),
        payload=lines.raw("payload"),
        submission=_utf8(lines.raw("submission"), lines.here),
        position=lines.number("position"),
        submission_path=lines.hashes(_count(lines.number("submission-path"), SUBMISSION_PATH_MAX, lines.here)),
    )


def _key_evidence(lines: Lines) -> Evidence:
    """Read a key entry, which brings its own index and path."""
    index = lines.number("index")
    path = lines.hashes(_count(lines.number("path"), PATH_MAX, lines.here))
    return _evidence(lines, index, path)


def _extra_lines(lines: Lines) -> Lines:
    """Read the ``extra`` line and open what it holds."""
    return Lines.of(_utf8(lines.raw("extra"), "extra"), "extra")


def _count(count: int, most: int, where: str) -> int:
    """Return *count* if it is at most *most*: before anything loops over it."""
    if count > most:
        raise MalformedError(f"{count} is too many", where, f"use at most {most}")
    return count


def _utf8(raw: bytes, where: str) -> str:
    """Read *raw* as UTF-8."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise MalformedError("not UTF-8", where, "use the text as it was written") from None
