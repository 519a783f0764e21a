"""
Redemptions: that an application spent its credit, and nothing else of the account did, checked offline with the operator's key.

The entries of the account are all there, from its first one on: each is a receipt, and names the one before. They are folded by the
rules of the domain, so a second use shows. That nothing follows the last one is what the operator says in the stream head: an entry
of that stream with a later version, inside its size, shows that it was false.
"""

from collections.abc import Sequence
from typing import Final

import attrs

from creditbank.domain.account import Account
from creditbank.domain.name import ApplicationId, account_id
from creditbank.domain.view.redeemed import RedeemedItem, redeemed
from creditbank.errors import MalformedError, RefusedError, UnverifiedError
from creditbank.verify.hashing import ZERO
from creditbank.verify.lines import Lines
from creditbank.verify.receipt import Shown, open_receipt
from creditbank.verify.text import StreamHead, open_head, verifier_key_from

__all__ = ["FORMAT", "REDEMPTION_MAX", "RedemptionReport", "check_redemption"]

FORMAT: Final = "creditbank/redemption/v1"
"""The first line of a redemption."""

REDEMPTION_MAX: Final = 32 * 1024 * 1024
"""Characters of a redemption."""

ENTRIES_MAX: Final = 1_600
"""Entries of an account: no bank records more."""

_WHERE: Final = "redemption"
_MEND: Final = "use the redemption as it was given"


@attrs.frozen
class RedemptionReport:
    """
    What a redemption shows: as of *as_of_size* entries of the log, *application* spent these lots, and nothing else did.

    Attributes:
        entries: How many entries the account has, all of them shown.
        school: Who asked for it, and signed.
        book: The digest of the rule book that decided.
        applied, redeemed: Where the log has the application, and the entry that spent the lots: the position of first use.
    """

    as_of_size: int
    account: str
    entries: int
    application: str
    school: str
    book: str
    applied: int
    redeemed: int
    items: tuple[RedeemedItem, ...]


def check_redemption(text: str, operator_vkey: str) -> RedemptionReport:
    """
    Check a redemption with the operator's C2SP verifier key, and say what it shows.

    Raises:
        MalformedError: *text* is no redemption, or *operator_vkey* no verifier key; says what and where.
        UnverifiedError: Something in it does not hold; says what and where.
    """
    origin, operator = verifier_key_from(operator_vkey)
    application, note, receipts = _parsed(text)
    head = open_head(note, origin, operator, "stream head")
    shown = [open_receipt(receipt, operator_vkey) for receipt in receipts]
    _check_stream(head, shown)
    account = _folded(head, shown)
    try:
        items = redeemed(account, ApplicationId(application))
    except RefusedError as error:
        raise UnverifiedError(f"the account does not show it: {error}", _WHERE) from None
    state = account.applications[ApplicationId(application)]
    assert state.converted is not None, "what redeemed is converted"
    return RedemptionReport(
        head.size,
        head.stream,
        head.entries,
        application,
        shown[state.entry].said.request.by,
        state.book,
        shown[state.entry].entry.index,
        shown[state.converted].entry.index,
        items,
    )


def _check_stream(head: StreamHead, shown: Sequence[Shown]) -> None:
    """The receipts are the whole stream, in order, under one checkpoint; and the head says that it is all."""
    previous, position = ZERO, -1
    for version, one in enumerate(shown):
        entry = one.entry
        if one.checkpoint != shown[0].checkpoint or one.checkpoint.size != head.size:
            raise UnverifiedError(f"it stands under another checkpoint than of {head.size} entries", entry.where)
        if (entry.stream, entry.version, entry.previous) != (head.stream, version, previous):
            raise UnverifiedError(f"it is not version {version} of {head.stream}, after the one before", entry.where)
        if entry.index <= position:
            raise UnverifiedError("it stands before the one that it follows", entry.where)
        previous, position = entry.commitment, entry.index
    if (head.entries, head.last) != (len(shown), previous):
        raise UnverifiedError(f"{head.stream} has {head.entries} entries, and {len(shown)} are shown", "stream head")


def _folded(head: StreamHead, shown: Sequence[Shown]) -> Account:
    account = Account(account_id(head.stream))
    for one in shown:
        try:
            account = account.after(one.said.event)
        except Exception as error:  # values assert what they promise; this is signed, and yet nothing that a bank says
            raise UnverifiedError(f"it contradicts the entries before it ({error!r})", one.entry.where) from None
    return account


# --- the text ---------------------------------------------------------------------------------------------------------


def _parsed(text: str) -> tuple[str, str, list[str]]:
    """Return the application's id, the note of the stream head, and the receipts."""
    if len(text) > REDEMPTION_MAX:
        raise MalformedError(f"it has {len(text)} characters", _WHERE, f"give at most {REDEMPTION_MAX}")
    lines = Lines(text, _WHERE, _MEND)
    if lines.line() != FORMAT:
        raise MalformedError("it is no redemption of version 1", lines.where, _MEND)
    application, note, count = lines.word("application"), lines.block("head"), lines.number("receipts")
    if count > ENTRIES_MAX:
        raise MalformedError(f"{count} receipts", lines.where, f"give at most {ENTRIES_MAX}")
    receipts = [lines.block("receipt") for _ in range(count)]
    lines.end()
    return application, note, receipts
