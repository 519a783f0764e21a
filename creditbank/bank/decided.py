"""What a recorded decision was decided on: its book and its case, made again from the ledger as it stood then."""

from collections.abc import Iterator

import attrs

from creditbank.bank.core import Bank
from creditbank.bank.loader import open_row
from creditbank.codec.case_write import case_digest
from creditbank.domain.decide.transfer import transfer_case
from creditbank.domain.event import Applied, Event, TransferOffered
from creditbank.domain.known import Known
from creditbank.domain.name import AccountId, Digest
from creditbank.domain.rule import Case, Decision, RuleBook
from creditbank.domain.view.case import case_of
from creditbank.errors import UnknownError, UnverifiedError

__all__ = ["Decided", "decided"]


@attrs.frozen
class Decided:
    """A decision as it was recorded at *position*, with all that it looked at: ``decide(book, case)`` gives it again."""

    position: int
    book: RuleBook
    case: Case
    decision: Decision


def decided(bank: Bank, account: AccountId, id: str) -> Decided:
    """
    Return what the application or transfer called *id* was decided on, whatever happened since.

    Raises, in this order:
        UnknownError, ErasedError, RestrictedError: The account cannot be read.
        UnknownError: It has no such application and no such transfer.
        UnverifiedError: The ledger does not give the case that was decided.
    """
    held = bank.known().account(account)
    if id not in held.applications and id not in held.transfers:
        raise UnknownError("application or transfer", id, f"see the statement of {account}")
    position, event = next(found for found in _decisions(bank, account) if found[1].id == id)
    known = bank.known(position)
    case = _case(known, event)
    if case_digest(case) != event.decision.case:
        raise UnverifiedError("the case of this decision cannot be made again", f"entry {position}")
    return Decided(position, known.book(Digest(event.decision.book)), case, event.decision)


def _decisions(bank: Bank, account: AccountId) -> Iterator[tuple[int, Applied | TransferOffered]]:
    for position in bank.store.positions(account):
        (row,) = bank.store.rows(position, position + 1)
        event: Event = open_row(bank.store, bank.vault, row).event
        if isinstance(event, Applied | TransferOffered):
            yield position, event


def _case(known: Known, event: Applied | TransferOffered) -> Case:
    """Make the case again, on what was known just before the decision."""
    if isinstance(event, Applied):
        return case_of(known, event.account, event.application, event.on, id=event.id)
    held = known.account(event.account)
    enrolment = held.enrolments[event.offer.enrolment]
    return transfer_case(known, Digest(event.decision.book), held, enrolment, event.offer, event.on, event.id)
