"""
Drafts: what an author looks at, and signs, before anything is recorded.

A draft is a text file that can be carried to a machine without a network and read there: the text to be signed, then
one line for each entry with its salt and payload. Reading it commits to every payload again, so what is signed there is
what the payloads say.
"""

from typing import Final

import attrs

from creditbank.errors import MalformedError, UnverifiedError
from creditbank.ledger.entry import commit
from creditbank.ledger.key import PublicKey, key_hash
from creditbank.ledger.note import Note, NoteSignature
from creditbank.ledger.submission import ENTRIES_MAX, Submission, check_author, commitments_root
from creditbank.ledger.text import Lines, base64_of, check_name, check_number, raw_from

__all__ = ["DRAFT_MAX", "Draft"]

DRAFT_MAX: Final = 8 * 1024 * 1024
"""Characters of a draft, inclusive: 256 of the largest payloads take less than 6 MiB."""

_FORMAT: Final = "creditbank/draft/v1"
_SUBMISSION_LINES: Final = 6


@attrs.frozen
class Draft:
    """
    Entries that *author* may sign for the bank *origin*, until *not_after_ms*: *payloads*, each with its salt.

    ``repr`` does not show payloads and salts: they are learning records.

    Raises, in this order:
        MalformedError: origin, author or not-after; no entry, more than 256, or not one salt for each; a salt or
            payload of a wrong size.
    """

    origin: str
    author: str
    not_after_ms: int
    salts: tuple[bytes, ...] = attrs.field(repr=False)
    payloads: tuple[bytes, ...] = attrs.field(repr=False)
    commitments: tuple[bytes, ...] = attrs.field(init=False, eq=False, repr=False)
    """The commitments, in order; worked out when the draft is made."""

    def __attrs_post_init__(self) -> None:
        check_name(self.origin, "draft origin")
        check_author(self.author)
        check_number(self.not_after_ms, "draft not-after")
        if not 1 <= len(self.payloads) <= ENTRIES_MAX or len(self.salts) != len(self.payloads):
            what = f"{len(self.payloads)} payloads and {len(self.salts)} salts"
            raise MalformedError(what, "draft", f"use 1 to {ENTRIES_MAX}, and one salt for each")
        # attrs' own way to set a field of a frozen value while it is made.
        object.__setattr__(self, "commitments", tuple(map(commit, self.salts, self.payloads)))

    @property
    def submission(self) -> Submission:
        """What is signed."""
        root = commitments_root(self.commitments)
        return Submission(self.origin, self.author, self.not_after_ms, len(self.payloads), root)

    @property
    def message(self) -> bytes:
        """The exact bytes to sign."""
        return str(self.submission).encode()

    def __str__(self) -> str:
        entries = (
            f"{base64_of(salt)} {base64_of(payload)}\n" for salt, payload in zip(self.salts, self.payloads, strict=True)
        )
        return f"{_FORMAT}\n{self.submission}{''.join(entries)}"

    @classmethod
    def parse(cls, text: str) -> "Draft":
        """
        Read exactly what ``str`` writes.

        Raises:
            MalformedError: it is not; also when the payloads are not those that the root commits to.
        """
        if len(text) > DRAFT_MAX:
            raise MalformedError(f"{len(text)} characters", "draft", f"use at most {DRAFT_MAX}")
        lines = Lines.of(text, "draft")
        lines.literal(_FORMAT)
        said = Submission.parse("".join(f"{lines.next()}\n" for _ in range(_SUBMISSION_LINES)))
        salts, payloads = [], []
        for _ in range(said.count):
            where = lines.here
            salt, _, payload = lines.next().partition(" ")
            salts.append(raw_from(salt, where))
            payloads.append(raw_from(payload, where))
        lines.end()
        draft = cls(said.origin, said.author, said.not_after_ms, tuple(salts), tuple(payloads))
        if draft.submission != said:
            raise MalformedError("the root is not of these payloads", "draft", "ask for a new draft; do not sign")
        assert str(draft) == text
        return draft

    def signed(self, signature: bytes, key: PublicKey) -> str:
        """
        Return the signed submission: *signature* is of :attr:`message`, by the author's *key*.

        Raises:
            UnverifiedError: the signature does not hold.
        """
        if not key.verify(signature, self.message):
            raise UnverifiedError("the signature does not hold", f"draft of {self.author}")
        line = NoteSignature(self.author, key_hash(self.author, key), signature)
        return str(Note(self.message.decode(), (line,)))
