"""What an application redeemed (核销): which lots it spent for which qualification, and that nothing else spends them."""

from fractions import Fraction

import attrs

from creditbank.domain.account import Account, ApplicationState, StandingItem
from creditbank.domain.credit import Credit
from creditbank.domain.known import Known
from creditbank.domain.name import ApplicationId
from creditbank.errors import StateError, UnknownError

__all__ = ["RedeemedItem", "RedeemedLot", "redeemed", "used_by"]


@attrs.frozen
class RedeemedLot:
    """
    A lot that was spent: an outcome, or credit that an earlier decision granted.

    Attributes:
        credit: All of it, for a lot moves whole; None where the outcome carries none.
        fallen: It, or what its credit was granted for, was revoked since; what is final stands all the same.
    """

    lot: str
    credit: Credit | None
    fallen: bool


@attrs.frozen
class RedeemedItem:
    """
    What was given for the lots: an item of the application.

    Attributes:
        targets: Ids of the qualification.
        granted: What counted towards it, in the credit system of the book; exact.
        final: Whether the rule book says that it stands for good.
    """

    item: str
    targets: tuple[str, ...]
    granted: Fraction
    final: bool
    lots: tuple[RedeemedLot, ...]


def redeemed(held: Account, application: ApplicationId) -> tuple[RedeemedItem, ...]:
    """
    Return what *application* redeemed and stands, item by item.

    Raises, in this order:
        UnknownError: The account has no such application.
        StateError: It is not decided for good, it is not of an act that spends credit for a qualification, or nothing of it
            stands; or a lot of it is spent by something else, too, which no bank records.
    """
    state = held.applications.get(application)
    if state is None:
        raise UnknownError("application", application, f"see the statement of {held.id}")
    if state.status != "converted":
        raise StateError("application", application, state.status, "nothing was redeemed")
    items = [item for item in held.standing() if item.application.id == application and item.redeems]
    made = tuple(_item(held, item, state) for item in items if item.result.used)
    if not made:
        raise StateError("application", application, "spends no credit for a qualification", "name one that does")
    return made


def used_by(known: Known, held: Account, use: StandingItem) -> str:
    """Say what uses a lot, and at which entry of the ledger it was first used."""
    state = use.application
    first = known.position_of(held.id, state.entry if state.converted is None else state.converted)
    return f"used by item {use.item.id!r} of {state.id}, entry {first}"


def _item(held: Account, item: StandingItem, state: ApplicationState) -> RedeemedItem:
    for lot in item.result.used:
        uses = held.spending(lot)
        if len(uses) != 1:
            other = next(use for use in uses if (use.application.id, use.item.id) != (state.id, item.item.id))
            raise StateError(
                "outcome", lot, f"used by item {other.item.id!r} of {other.application.id}, too", "ask the bank"
            )
    return RedeemedItem(
        item.item.id,
        tuple(course.id for course in item.item.targets),
        item.result.granted or Fraction(0),
        item.final,
        tuple(_lot(held, lot) for lot in item.result.used),
    )


def _lot(held: Account, lot: str) -> RedeemedLot:
    credit = -held.lots[lot].at("issued") if lot in held.lots else None
    return RedeemedLot(lot, credit, _fell(held, lot))


def _fell(held: Account, lot: str) -> bool:
    """Tell whether *lot* was revoked, or anything that it stands on, at any depth."""
    sources = (source for item in held.standing() if item.lot == lot for source in item.sources)
    return held.fallen(lot) or any(_fell(held, source) for source in sources)
