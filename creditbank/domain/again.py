"""
Run a recorded request again: one exhaustive match from what was said to the verb that says it.

What it says must equal what was recorded; :mod:`creditbank.verify` checks that for every request of a ledger.
"""

from collections.abc import Iterator

import attrs

from creditbank.domain.decide.account import (
    correct,
    deposit,
    end_enrolment,
    enrol,
    erase,
    open_account,
    restrict,
    revoke,
)
from creditbank.domain.decide.catalogue import publish_curriculum
from creditbank.domain.decide.convert import agree, convert, lapse, reject, withdraw
from creditbank.domain.decide.keys import (
    add_key,
    found,
    publish,
    publish_system,
    register,
    restore_key,
    retire_key,
    revoke_key,
    set_seats,
    withdraw_book,
)
from creditbank.domain.decide.objection import answer_objection, object_to
from creditbank.domain.decide.transfer import accept_transfer, decline_transfer, offer_transfer
from creditbank.domain.event import (
    AccountErased,
    AccountOpened,
    AccountRestricted,
    ApplicationClosed,
    Applied,
    BankFounded,
    BookPublished,
    BookSuperseded,
    BookWithdrawn,
    Converted,
    CreditSystemPublished,
    CurriculumPublished,
    Enrolled,
    EnrolmentEnded,
    Event,
    InstitutionRegistered,
    ItemsUndone,
    KeyAdded,
    KeyRestored,
    KeyRetired,
    KeyRevoked,
    MemberAgreed,
    ObjectionAnswered,
    ObjectionRaised,
    OutcomeCorrected,
    OutcomeDeposited,
    OutcomeRevoked,
    SeatsSet,
    SeatTaken,
    StepAgreed,
    TransferAccepted,
    TransferDeclined,
    TransferOffered,
)
from creditbank.domain.known import Known
from creditbank.domain.request import Request
from creditbank.errors import UnverifiedError

__all__ = ["again"]


def again(known: Known, request: Request, said: tuple[Event, ...]) -> Iterator[Event]:
    """
    Return what the verb says that once said *said*; its first event tells which verb that was.

    Raises:
        UnverifiedError: No verb says *said* first.
        RefusedError: The verb refuses; then the request should never have been recorded.
    """
    match said[0]:
        case BankFounded(_, profile, key, origin, zone):
            return found(known, request, profile, key, origin, zone)
        case InstitutionRegistered(institution, profile, key, possession):
            return register(known, request, institution, profile, key, possession)
        case KeyAdded(_, key, possession, registrar, endorsement):
            return add_key(known, request, key, possession, registrar, endorsement)
        case KeyRestored(institution, key, possession):
            return restore_key(known, request, institution, key, possession)
        case KeyRetired(_, key):
            return retire_key(known, request, key)
        case KeyRevoked(institution, key, since, reason):
            return revoke_key(known, request, institution, key, since, reason)
        case CreditSystemPublished(system):
            return publish_system(known, request, system)
        case BookPublished(digest=digest, size=size, despite=despite):
            return publish(known, request, digest, size, despite)
        case BookWithdrawn(book, digest, reason, None, _):
            return _without_version(withdraw_book(known, request, book, digest, reason))
        case BookWithdrawn(book, digest, reason, _, _):
            return withdraw_book(known, request, book, digest, reason)
        case CurriculumPublished(_, _, _, digest, size, _):
            return publish_curriculum(known, request, digest, size)
        case SeatsSet(seats, _, places):
            return set_seats(known, request, seats, places)
        case AccountOpened(account, person):
            return open_account(known, request, account, person)
        case Enrolled(account, _, enrolment):
            return enrol(known, request, account, enrolment)
        case EnrolmentEnded(account, enrolment_id, on, reason):
            return end_enrolment(known, request, account, enrolment_id, on, reason)
        case OutcomeDeposited(account, _, outcome):
            return deposit(known, request, account, outcome)
        case Applied(account, _, application, _, _, _):
            return convert(known, request, account, application)
        case MemberAgreed(account, application_id, _, _, _) | StepAgreed(account, application_id, _, _):
            return agree(known, request, account, application_id)
        case ObjectionRaised(account, _, application_id, _, _, reason):
            return object_to(known, request, account, application_id, reason)
        case ObjectionAnswered(account, application_id, objection, upheld, _, reason):
            return answer_objection(known, request, account, application_id, objection, upheld, reason)
        case ApplicationClosed(account, application_id, "rejected", _, reason, _):
            return reject(known, request, account, application_id, reason)
        case ApplicationClosed(account, application_id, "withdrawn", _, reason, _):
            return withdraw(known, request, account, application_id, reason)
        case ApplicationClosed(account, application_id, "lapsed", _, _, _):
            return lapse(known, request, account, application_id)
        case OutcomeRevoked(account, outcome_id, reason, _):
            return revoke(known, request, account, outcome_id, reason)
        case OutcomeCorrected(account, outcome_id, _, corrected, reason, _):
            return correct(known, request, account, outcome_id, corrected, reason)
        case TransferOffered(account, _, offer, _, _):
            return offer_transfer(known, request, account, offer)
        case TransferAccepted(account, transfer, _):
            return accept_transfer(known, request, account, transfer)
        case TransferDeclined(account, transfer, reason):
            return decline_transfer(known, request, account, transfer, reason)
        case AccountRestricted(account, reason):
            return restrict(known, request, account, reason)
        case AccountErased(account, _, _, reason, demand, _):
            return erase(known, request, account, reason, demand)
        case SeatTaken() | Converted() | ItemsUndone() | ApplicationClosed() | BookSuperseded():
            raise UnverifiedError(f"no request begins with {type(said[0]).__name__}", "entry")


def _without_version(events: Iterator[Event]) -> Iterator[Event]:
    """The oldest withdrawals of books did not carry the version and its size."""
    for event in events:
        assert isinstance(event, BookWithdrawn), "that is all that withdrawing a book says"
        yield attrs.evolve(event, version=None, size=None)
