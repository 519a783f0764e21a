"""
Submissions: what an author signs. The Merkle root over the commitments of 1 to 256 entries.

The text has six lines: ``creditbank/submission/v1``, origin, author, not-after, count, root. The author signs it as a
C2SP note under its own stream id, and nobody else signs that note: its SHA-256 stands in every entry's place.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

import attrs

from creditbank.errors import MalformedError
from creditbank.ledger import merkle
from creditbank.ledger.entry import leaf_hash
from creditbank.ledger.key import PublicKey, Signer
from creditbank.ledger.note import Note, sign_note, verify_note
from creditbank.ledger.text import Lines, base64_of, check_hash, check_name, check_number

__all__ = [
    "AUTHOR_PREFIX",
    "ENTRIES_MAX",
    "Submission",
    "check_author",
    "commitments_path",
    "commitments_root",
    "digest",
    "open_submission",
    "read_submission",
    "sign_submission",
]

AUTHOR_PREFIX: Final = "keys:"
"""An author is named by the stream of its keys."""

ENTRIES_MAX: Final = 256
"""Entries in a submission, inclusive: a path in it has at most 8 hashes."""

_FORMAT: Final = "creditbank/submission/v1"


@attrs.frozen
class Submission:
    """
    *author* says, in the bank *origin*, the *count* entries whose commitments have *root*.

    It lapses: an entry may be received until *not_after_ms* (UTC milliseconds since 1970), inclusive. ``str`` is the
    text that is signed.

    Raises, in this order:
        MalformedError: origin or author are not names; not-after, count or root are out of range.
    """

    origin: str
    author: str
    not_after_ms: int
    count: int
    root: bytes

    def __attrs_post_init__(self) -> None:
        check_name(self.origin, "submission origin")
        check_author(self.author)
        check_number(self.not_after_ms, "submission not-after")
        if not 1 <= self.count <= ENTRIES_MAX:
            raise MalformedError(f"{self.count} entries", "submission", f"use 1 to {ENTRIES_MAX} entries")
        check_hash(self.root, "submission root")

    def __str__(self) -> str:
        return "\n".join(
            (_FORMAT, self.origin, self.author, str(self.not_after_ms), str(self.count), base64_of(self.root), "")
        )

    @classmethod
    def parse(cls, text: str) -> "Submission":
        """Read exactly what ``str`` writes."""
        lines = Lines.of(text, "submission")
        lines.literal(_FORMAT)
        submission = cls(lines.next(), lines.next(), lines.number(), lines.number(), lines.raw())
        lines.end()
        return submission


def check_author(author: str) -> str:
    """Return *author* if it names a stream of keys and can be a key name."""
    if not check_name(author, "submission author").startswith(AUTHOR_PREFIX):
        raise MalformedError(f"{author[:64]!r} is no author", "submission", f"use a stream id {AUTHOR_PREFIX}…")
    return author


def commitments_root(commitments: Sequence[bytes]) -> bytes:
    """Return the root over *commitments*, each a leaf."""
    return merkle.root([leaf_hash(each) for each in commitments])


def commitments_path(commitments: Sequence[bytes], position: int) -> tuple[bytes, ...]:
    """Return the proof that commitment number *position* stands under :func:`commitments_root`."""
    return merkle.inclusion_path([leaf_hash(each) for each in commitments], position)


def sign_submission(submission: Submission, signer: Signer) -> str:
    """Return the text of the note in which *signer* signs *submission* under its author's name."""
    return str(sign_note(str(submission), submission.author, signer))


def read_submission(text: str) -> Submission:
    """
    Return what the note *text* says. Its signature is **not** verified.

    Raises:
        MalformedError: not a note, not of a submission, or not with one signature under the author's name.
    """
    return _read(text)[1]


def open_submission(text: str, author_key: PublicKey) -> Submission:
    """
    Return the submission in the note *text*, which *author_key* has signed.

    Raises, in this order:
        MalformedError: as :func:`read_submission`.
        UnverifiedError: signed by another key, or the signature does not hold.
    """
    note, submission = _read(text)
    verify_note(note, submission.author, author_key)
    return submission


def digest(text: str) -> bytes:
    """Return the SHA-256 of a signed submission, as it stands in a place."""
    try:
        return sha256(text.encode()).digest()
    except UnicodeEncodeError:
        raise MalformedError("not valid Unicode", "submission", "use the note as it was signed") from None


def _read(text: str) -> tuple[Note, Submission]:
    note = Note.parse(text)
    submission = Submission.parse(note.text)
    if len(note.signatures) != 1 or note.signatures[0].name != submission.author:
        raise MalformedError("not signed by its author alone", "submission", "use the note as its author signed it")
    return note, submission
