"""
Redemptions: an application, and every entry of its account as receipts under one checkpoint, up to the stream's head.

    creditbank/redemption/v1
    application <id>
    head <how many lines>
    <the stream head: a signed note>
    receipts <how many>
    <for each: receipt <how many lines>, and those lines>
"""

from collections.abc import Iterator
from typing import Final

import attrs

from creditbank.errors import MalformedError
from creditbank.ledger.head import StreamHead
from creditbank.ledger.note import Note
from creditbank.ledger.receipt import Receipt
from creditbank.ledger.text import check_stream

__all__ = ["REDEMPTION_MAX", "Redemption"]

REDEMPTION_MAX: Final = 32 * 1024 * 1024
"""Characters of a redemption, inclusive; what the command line reads at most of a file."""

_FORMAT: Final = "creditbank/redemption/v1"


@attrs.frozen
class Redemption:
    """
    The proof that *application* used its credit once: *receipts* of its account from the first entry on, and their *head*.

    ``str`` is the file. It is well formed without being true; ``creditbank.verify`` says whether it holds, and reads it.

    Raises, in this order:
        MalformedError: the application's name; the head is not a signed stream head; the whole is too long.
    """

    application: str
    head: str = attrs.field(repr=False)
    receipts: tuple[Receipt, ...] = attrs.field(repr=False)
    _text: str = attrs.field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        check_stream(self.application, "redemption")
        StreamHead.parse(Note.parse(self.head).text)
        text = "".join(f"{line}\n" for line in self._lines())
        if len(text) > REDEMPTION_MAX:
            raise MalformedError(f"{len(text)} characters", "redemption", f"at most {REDEMPTION_MAX} can be checked")
        # attrs' own way to set a field of a frozen value while it is made.
        object.__setattr__(self, "_text", text)

    def __str__(self) -> str:
        return self._text

    def _lines(self) -> Iterator[str]:
        yield _FORMAT
        yield f"application {self.application}"
        yield from _block("head", self.head)
        yield f"receipts {len(self.receipts)}"
        for receipt in self.receipts:
            yield from _block("receipt", str(receipt))


def _block(label: str, text: str) -> Iterator[str]:
    """Write how many lines *text* has, and those."""
    lines = text[:-1].split("\n")
    yield f"{label} {len(lines)}"
    yield from lines
