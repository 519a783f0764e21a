"""
Verbs of transfer between schools (转学、互转): offer, accept, decline.

The rules of a transfer are a book with the act ``transfer``: the enrolment is its source, school and programme its target. What
such a book may ask, beside the engine's own fields and the facts of the offer and the enrolment:

    source.*   id class(=enrolment) kind(of the school) programme programme_kind year_group county city since
               transfers (how often this learner was transferred before)
    target.*   id kind(=programme) programme programme_kind school_kind year_group county city months places_left
    application.starts_on
"""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction

from creditbank.domain.account import Account, HeldEnrolment, TransferState
from creditbank.domain.application import TransferOffer
from creditbank.domain.decide.account import roomy
from creditbank.domain.decide.convert import enrolment_on
from creditbank.domain.event import Event, SeatTaken, TransferAccepted, TransferDeclined, TransferOffered
from creditbank.domain.known import Known
from creditbank.domain.name import AccountId, Digest, EnrolmentId, TransferId
from creditbank.domain.request import Request
from creditbank.domain.rule import Case, CaseItem, Compared, decide
from creditbank.domain.rule.field import Value
from creditbank.domain.view.book import serving, version_day
from creditbank.domain.view.case import enrolment_facts, seat_facts
from creditbank.domain.view.fact import by_namespace, fitted
from creditbank.errors import AlreadyError, DecisionRefusedError, NotPermittedError, StateError, UnknownError

__all__ = ["accept_transfer", "decline_transfer", "offer_transfer", "transfer_case"]

Events = Iterator[Event]

ITEM = "transfer"


def offer_transfer(known: Known, request: Request, account: AccountId, offer: TransferOffer) -> Events:
    """
    Offer a pupil to another school, as the book that the offer names allows.

    Raises, in this order:
        UnknownError, ErasedError, RestrictedError, StateError: The account cannot be written.
        UnknownError: The enrolment is not in the account.
        NotPermittedError: The requester is not its school.
        StateError: The enrolment does not hold on the day of the request, or would end before that day.
        AlreadyError: A transfer of this enrolment is offered.
        UnknownError, NotPermittedError: The receiving institution is not registered, or is no school.
        UnknownError, BookNotInForceError: The book is not published, or not in force on the day that its version goes by.
        NotPermittedError: The places are not the receiving school's.
        DecisionRefusedError: A clause refuses; the error carries code, clause, basis and what was compared.
    """
    held = roomy(known.account(account))
    enrolment = enrolment_on(held, offer.enrolment, request)
    if offer.starts_on < request.on:
        raise StateError("transfer", str(offer.starts_on), "in the past", "give a later first day")
    for other in held.transfers.values():
        if other.status == "offered" and other.offer.enrolment == offer.enrolment:
            raise AlreadyError("transfer", other.id, f"offered on {other.on}")
    known.permitted(offer.to, "school", "receive pupils")
    past = enrolment.enrolment
    digest, book = serving(
        known, offer.book, lambda one: version_day(one, request.on, past.since, (*past.facts, *offer.facts))
    )
    if known.seats(offer.seats).school != offer.to:
        raise NotPermittedError(offer.to, f"give places of {offer.seats}", "name the places of the receiving school")
    id = TransferId(request.id())
    case = transfer_case(known, digest, held, enrolment, offer, request.on, id)
    decision = decide(book, case, digest=known.case_digest(case))
    result = decision.result(ITEM)
    if result.refused is not None:
        compared = "; ".join(_said(row) for row in result.compared)
        raise DecisionRefusedError(result.refused, result.clause, result.basis, compared or "nothing compared")
    yield TransferOffered(account, id, offer, request.on, decision)


def transfer_case(
    known: Known,
    digest: Digest,
    held: Account,
    enrolment: HeldEnrolment,
    offer: TransferOffer,
    on: date,
    id: TransferId,
) -> Case:
    """Return the case of a transfer: the enrolment for the school and programme that the offer names."""
    past = enrolment.enrolment
    book = known.book(digest)
    spaces = by_namespace(book, (*past.facts, *offer.facts))
    source = enrolment_facts(known, held, enrolment)
    receiver = known.institution(offer.to).profile
    assert receiver is not None, "a registered institution has a profile"
    target: dict[str, Value] = {
        "kind": "programme",
        "name": offer.programme.name,
        "institution": offer.to,
        "programme": offer.programme.id,
        "programme_kind": offer.programme.kind,
        "school_kind": receiver.kind,
        "year_group": offer.year_group,
        "months": Fraction(offer.programme.months),
        "places_left": Fraction(known.seats(offer.seats).left),
    }
    dates: dict[str, Value] = {"applied_on": on, "decided_on": on, "starts_on": offer.starts_on}
    return Case(
        book=digest,
        act="transfer",
        id=id,
        application=spaces.get("application", {}) | fitted(book, "application", dates),
        learner=spaces.get("learner", {}) | {"enrolled_on": past.since},
        programme=spaces.get("programme", {}) | {"id": past.programme.id, "kind": past.programme.kind},
        items=(CaseItem(ITEM, (enrolment.id,), (offer.programme.id,), facts=spaces.get("item", {})),),
        outcomes={enrolment.id: spaces.get("source", {}) | fitted(book, "source", source)},
        targets={offer.programme.id: spaces.get("target", {}) | fitted(book, "target", target | seat_facts(receiver))},
    )


def _said(row: Compared) -> str:
    test = "" if row.test == "is" else f"{row.test} "
    return f"{row.what} is {row.have}, and should be {test}{row.limit}"


def accept_transfer(known: Known, request: Request, account: AccountId, transfer: TransferId) -> Events:
    """
    Take the pupil: one place is taken, the old enrolment ends and the new one begins on the offer's first day.

    Raises, in this order:
        UnknownError, ErasedError, RestrictedError, StateError: The account cannot be written.
        UnknownError: It has no such transfer.
        NotPermittedError: The requester is not the receiving school.
        StateError: The transfer is not offered, or its enrolment ended, or no place is left.
    """
    held = roomy(known.account(account))
    state = _offered(held, request, transfer)
    if held.enrolments[state.offer.enrolment].until is not None:
        raise StateError("enrolment", state.offer.enrolment, "ended", "decline the transfer")
    seats = known.seats(state.offer.seats)
    if seats.left == 0:
        raise StateError("places", state.offer.seats, f"all {seats.places} taken", "offer more places, or decline")
    yield TransferAccepted(account, transfer, EnrolmentId(request.id()))
    yield SeatTaken(state.offer.seats, transfer)


def decline_transfer(known: Known, request: Request, account: AccountId, transfer: TransferId, reason: str) -> Events:
    """
    Do not take the pupil.

    Raises, in this order:
        UnknownError, ErasedError, RestrictedError: The account cannot be written.
        UnknownError: It has no such transfer.
        NotPermittedError: The requester is not the receiving school.
        StateError: The transfer is not offered.
    """
    held = known.account(account)
    _offered(held, request, transfer)
    yield TransferDeclined(account, transfer, reason)


def _offered(held: Account, request: Request, transfer: TransferId) -> TransferState:
    state = held.transfers.get(transfer)
    if state is None:
        raise UnknownError("transfer", transfer, f"see the statement of {held.id}")
    if request.by != state.offer.to:
        raise NotPermittedError(request.by, "answer the transfer", f"it is offered to {state.offer.to}")
    if state.status != "offered":
        raise StateError("transfer", transfer, state.status, "nothing is left to answer")
    return state
