"""Questions about an account: balance, statement, quote. Plain functions of what is known; they record nothing."""

from collections.abc import Mapping
from datetime import date

import attrs

from creditbank.domain.account import Account, ApplicationState, HeldEnrolment, HeldOutcome, TransferState
from creditbank.domain.application import Application
from creditbank.domain.credit import Credit
from creditbank.domain.known import Known
from creditbank.domain.lot import Place
from creditbank.domain.name import AccountId
from creditbank.domain.rule import Decision, decide
from creditbank.domain.view.case import case_of, served
from creditbank.errors import UnknownError

__all__ = ["Statement", "StatementLot", "balance", "quote", "statement"]


def balance(known: Known, account: AccountId) -> Mapping[str, Credit]:
    """
    Return what is held and free to use, by credit system.

    Raises, in this order:
        UnknownError: *account* was never opened.
        ErasedError: It was erased.
        RestrictedError: It is stored and secured only.
    """
    return _totals(known.account(account), "held")


def _totals(account: Account, place: Place) -> dict[str, Credit]:
    quanta: dict[str, int] = {}
    for lot in account.lots.values():
        quanta[lot.system] = quanta.get(lot.system, 0) + lot.places.get(place, 0)
    return {system: Credit(system, quanta[system]) for system in sorted(quanta)}


@attrs.frozen
class StatementLot:
    """Credit with one origin, and how much of it lies where; *title* is the outcome's or the courses' name."""

    lot: str
    title: str
    places: tuple[tuple[Place, Credit], ...]


@attrs.frozen
class Statement:
    """
    An account as a person reads it (账户清单), as known at one position.

    Attributes:
        position: How many entries the bank had.
        held, reserved: By credit system.
    """

    account: AccountId
    position: int
    enrolments: tuple[HeldEnrolment, ...]
    outcomes: tuple[HeldOutcome, ...]
    applications: tuple[ApplicationState, ...]
    transfers: tuple[TransferState, ...]
    lots: tuple[StatementLot, ...]
    held: tuple[Credit, ...]
    reserved: tuple[Credit, ...]


def statement(known: Known, account: AccountId) -> Statement:
    """
    Return the account's statement: enrolments, outcomes, applications, transfers, and where every credit lies.

    With ``bank.known(at=…)`` it is the statement of that day.

    Raises, in this order:
        UnknownError, ErasedError, RestrictedError: as :func:`balance`.
    """
    held = known.account(account)
    titles: dict[str, str] = {id: outcome.outcome.title for id, outcome in held.outcomes.items()}
    for state in held.applications.values():
        for item in state.application.items:
            titles[f"{state.id}.{item.id}"] = "、".join(course.name for course in item.targets)
    lots = tuple(
        StatementLot(
            id,
            titles[id],
            tuple((place, lot.at(place)) for place in lot.places if place != "issued" and lot.at(place)),
        )
        for id, lot in held.lots.items()
    )
    return Statement(
        account,
        known.position,
        tuple(held.enrolments.values()),
        tuple(held.outcomes.values()),
        tuple(held.applications.values()),
        tuple(held.transfers.values()),
        lots,
        tuple(_totals(held, "held").values()),
        tuple(credit for credit in _totals(held, "reserved").values() if credit),
    )


def quote(known: Known, account: AccountId, application: Application, on: date) -> Decision:
    """
    Work out what the book that *application* names would give on the day *on* (试算). Records nothing.

    Raises, in this order:
        UnknownError, ErasedError, RestrictedError: The account cannot be read.
        UnknownError: The enrolment is not in it; no book with that digest or id is published.
        BookNotInForceError: It is withdrawn, or not in force on the day that its version goes by.
        UnknownError, StateError, MalformedError: as :func:`case_of`.
    """
    held = known.account(account)
    if application.enrolment not in held.enrolments:
        raise UnknownError("enrolment", application.enrolment, f"see the statement of {account}")
    _, book = served(known, held, application, on)
    case = case_of(known, account, application, on)
    return decide(book, case, digest=known.case_digest(case))
