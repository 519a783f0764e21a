"""
Checkpoints (C2SP tlog-checkpoint): what the operator signs. Origin, size, root, one line each.

Extension lines are refused: C2SP advises against them, and this log writes none.
"""

import attrs

from creditbank.errors import MalformedError, UnverifiedError
from creditbank.ledger.key import Signer
from creditbank.ledger.merkle import EMPTY_ROOT
from creditbank.ledger.note import Note, VerifierKey, sign_note, verify_note
from creditbank.ledger.text import Lines, base64_of, check_hash, check_name, check_number

__all__ = ["Checkpoint", "open_checkpoint", "sign_checkpoint"]


@attrs.frozen
class Checkpoint:
    """
    The tree of *size* entries of the log *origin* has *root*. ``str`` is the text that is signed.

    Raises, in this order:
        MalformedError: the origin cannot be a key name; size or root are out of range; an empty tree has another root.
    """

    origin: str
    size: int
    root: bytes

    def __attrs_post_init__(self) -> None:
        check_name(self.origin, "checkpoint origin")
        check_number(self.size, "checkpoint size")
        check_hash(self.root, "checkpoint root")
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise MalformedError("an empty tree has another root", "checkpoint root", "use SHA-256 of nothing")

    def __str__(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64_of(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Read exactly what ``str`` writes."""
        lines = Lines.of(text, "checkpoint")
        checkpoint = cls(lines.next(), lines.number(), lines.raw())
        lines.end()
        return checkpoint


def sign_checkpoint(checkpoint: Checkpoint, signer: Signer) -> str:
    """Return the text of the note in which *signer*, named as the origin, signs *checkpoint*."""
    return str(sign_note(str(checkpoint), checkpoint.origin, signer))


def open_checkpoint(text: str, key: VerifierKey) -> Checkpoint:
    """
    Return the checkpoint in the note *text*, which the log *key* is of has signed.

    Raises, in this order:
        MalformedError: not a signed note.
        UnverifiedError: not signed by this key, or the signature does not hold.
        MalformedError: what was signed is not a checkpoint.
        UnverifiedError: it is another log's.
    """
    note = Note.parse(text)
    verify_note(note, key.name, key.key)
    checkpoint = Checkpoint.parse(note.text)
    if checkpoint.origin != key.name:
        raise UnverifiedError(f"a checkpoint of {checkpoint.origin}", f"checkpoint of {key.name}")
    return checkpoint
