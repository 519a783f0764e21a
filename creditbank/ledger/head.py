"""
Stream heads: the operator's word that a stream has so many entries, and no more, within the first so many of the log.

A proof shows what is in a log; that a stream has nothing else in it, nobody can read from leaves that hide their streams. So the
operator says it and signs it: an entry of that stream with a later version, inside that size, shows that it was false.
"""

from typing import Final

import attrs

from creditbank.ledger.key import Signer
from creditbank.ledger.note import sign_note
from creditbank.ledger.text import Lines, base64_of, check_hash, check_name, check_number, check_stream

__all__ = ["StreamHead", "sign_head"]

_FORMAT: Final = "creditbank/stream-head/v1"


@attrs.frozen
class StreamHead:
    """
    *stream* has *entries* entries within the first *size* of the log *origin*, the last with commitment *last*.

    ``str`` is the text that is signed. Raises, in this order:
        MalformedError: the origin cannot be a key name; the stream's name; a number out of range; a hash that is none.
    """

    origin: str
    stream: str
    entries: int
    last: bytes
    size: int

    def __attrs_post_init__(self) -> None:
        check_name(self.origin, "stream head origin")
        check_stream(self.stream, "stream head")
        check_number(self.entries, "stream head entries")
        check_hash(self.last, "stream head last")
        check_number(self.size, "stream head size")

    def __str__(self) -> str:
        fields = (_FORMAT, self.origin, self.stream, self.entries, base64_of(self.last), self.size)
        return "".join(f"{field}\n" for field in fields)

    @classmethod
    def parse(cls, text: str) -> "StreamHead":
        """Read exactly what ``str`` writes."""
        lines = Lines.of(text, "stream head")
        lines.literal(_FORMAT)
        head = cls(lines.next(), lines.next(), lines.number(), lines.raw(), lines.number())
        lines.end()
        return head


def sign_head(head: StreamHead, signer: Signer) -> str:
    """Return the text of the note in which *signer*, named as the origin, signs *head*."""
    return str(sign_note(str(head), head.origin, signer))
