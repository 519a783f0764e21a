"""
A learning account (学习账户): folded from the events of its stream.

Credit lies where its uses put it. A lot whose standing uses include a converted one is ``converted``; else, with one pending,
``reserved``; else ``held``. A lot is always moved whole, so both credit systems balance in whole quanta.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Literal, Self

import attrs

from creditbank.domain.application import Application, Item, TransferOffer
from creditbank.domain.credit import Credit
from creditbank.domain.effect import postings
from creditbank.domain.event import (
    AccountErased,
    AccountOpened,
    AccountRestricted,
    ApplicationClosed,
    Applied,
    Closing,
    Converted,
    Enrolled,
    EnrolmentEnded,
    Event,
    ItemsUndone,
    OutcomeDeposited,
    OutcomeRevoked,
    StepAgreed,
    TransferAccepted,
    TransferDeclined,
    TransferOffered,
)
from creditbank.domain.later import put
from creditbank.domain.lot import Place, Posting
from creditbank.domain.name import AccountId, ApplicationId, EnrolmentId, OutcomeId, TransferId
from creditbank.domain.outcome import Diploma, Outcome
from creditbank.domain.programme import Enrolment
from creditbank.domain.rule import Decision, ItemResult

__all__ = [
    "Account",
    "ApplicationState",
    "HeldEnrolment",
    "HeldOutcome",
    "Lot",
    "StandingItem",
    "TransferState",
    "lot_of",
]

ApplicationStatus = Literal["pending", "converted", "refused"] | Closing


def lot_of(application: ApplicationId, item: str) -> str:
    """Return the name of the credit that *item* of *application* was granted."""
    return f"{application}.{item}"


@attrs.frozen
class HeldEnrolment:
    """An enrolment, and the day it ended (that day excluded) or None while it lasts."""

    id: EnrolmentId
    enrolment: Enrolment
    until: date | None = None

    def holds_on(self, day: date) -> bool:
        """Tell whether the learner was enrolled on *day*."""
        return self.enrolment.since <= day and (self.until is None or day < self.until)


@attrs.frozen
class HeldOutcome:
    """An outcome of the account, and whether it was revoked."""

    id: OutcomeId
    outcome: Outcome
    revoked: bool = False


@attrs.frozen
class ApplicationState:
    """An application as far as it has come: the days on which its steps were agreed, and the items undone since."""

    id: ApplicationId
    application: Application
    on: date
    decision: Decision
    status: ApplicationStatus
    agreed: tuple[date, ...] = ()
    undone: tuple[str, ...] = ()

    @property
    def standing(self) -> bool:
        """Tell whether what it granted counts: decided or on its way, not closed."""
        return self.status in ("pending", "converted")


@attrs.frozen
class StandingItem:
    """An item that was granted and neither closed nor undone."""

    application: ApplicationState
    item: Item
    result: ItemResult

    @property
    def lot(self) -> str:
        """Return the lot that it issues."""
        return lot_of(self.application.id, self.item.id)


@attrs.frozen
class TransferState:
    """A transfer: offered, accepted or declined."""

    id: TransferId
    offer: TransferOffer
    on: date
    status: Literal["offered", "accepted", "declined"]


@attrs.frozen
class Lot:
    """Credit with one origin: quanta of *system* by place. ``issued`` is negative, the others sum to its opposite."""

    system: str
    places: Mapping[Place, int]

    def at(self, place: Place) -> Credit:
        """Return what lies at *place*."""
        return Credit(self.system, self.places.get(place, 0))

    def after(self, move: Posting) -> Self:
        """Return the lot after *move*."""
        assert move.credit.system == self.system, "a lot has one credit system"
        places = dict(self.places)
        places[move.source] = places.get(move.source, 0) - move.credit.quanta
        places[move.target] = places.get(move.target, 0) + move.credit.quanta
        assert move.source == "issued" or places[move.source] >= 0, f"{move.lot} has less than that in {move.source}"
        return type(self)(self.system, places)


@attrs.frozen
class Account:
    """An account as its events have made it. ``opened`` is false before the first one."""

    id: AccountId
    opened: bool = False
    erased: bool = False
    restricted: str | None = None
    entries: int = 0
    enrolments: Mapping[EnrolmentId, HeldEnrolment] = attrs.field(factory=dict)
    outcomes: Mapping[OutcomeId, HeldOutcome] = attrs.field(factory=dict)
    applications: Mapping[ApplicationId, ApplicationState] = attrs.field(factory=dict)
    transfers: Mapping[TransferId, TransferState] = attrs.field(factory=dict)
    lots: Mapping[str, Lot] = attrs.field(factory=dict)

    # --- questions ----------------------------------------------------------------------------------------------------

    def enrolled_at(self, day: date) -> tuple[HeldEnrolment, ...]:
        """Return the enrolments that hold on *day*."""
        return tuple(held for held in self.enrolments.values() if held.holds_on(day))

    @property
    def has_diploma(self) -> bool:
        """Tell whether a diploma stands in the account: the law then forbids deleting it."""
        return any(isinstance(held.outcome, Diploma) and not held.revoked for held in self.outcomes.values())

    def standing(self) -> Iterator[StandingItem]:
        """Yield every granted item that counts, in the order in which it was applied for."""
        for state in self.applications.values():
            if not state.standing:
                continue
            items = {item.id: item for item in state.application.items}
            for result in state.decision.results:
                if result.refused is None and result.item not in state.undone:
                    yield StandingItem(state, items[result.item], result)

    def uses(self, lot: str) -> tuple[StandingItem, ...]:
        """Return the standing items that used *lot*."""
        return tuple(item for item in self.standing() if lot in item.result.used)

    # --- fold ---------------------------------------------------------------------------------------------------------

    def after(self, event: Event) -> Self:
        """Return the account after *event*."""
        changes = self._changes(event)
        moves = postings(event)
        if moves:
            changes["lots"] = self._moved(moves)
        changed = changes.get  # not attrs.evolve, which takes three times as long
        return type(self)(
            self.id,
            changed("opened", self.opened),
            changed("erased", self.erased),
            changed("restricted", self.restricted),
            self.entries + 1,
            changed("enrolments", self.enrolments),
            changed("outcomes", self.outcomes),
            changed("applications", self.applications),
            changed("transfers", self.transfers),
            changed("lots", self.lots),
        )

    def _moved(self, moves: tuple[Posting, ...]) -> Mapping[str, Lot]:
        lots = dict(self.lots)
        for move in moves:
            lots[move.lot] = lots.get(move.lot, Lot(move.credit.system, {})).after(move)
        return lots

    def _changes(self, event: Event) -> dict[str, Any]:
        match event:
            case OutcomeDeposited(id=outcome_id, outcome=outcome):
                return {"outcomes": put(self.outcomes, outcome_id, HeldOutcome(outcome_id, outcome))}
            case AccountOpened():
                return {"opened": True}
            case Enrolled(id=id, enrolment=enrolment):
                return {"enrolments": put(self.enrolments, id, HeldEnrolment(id, enrolment))}
            case EnrolmentEnded(id=id, on=on):
                return {"enrolments": put(self.enrolments, id, attrs.evolve(self.enrolments[id], until=on))}
            case OutcomeRevoked(outcome=outcome_id):
                revoked = attrs.evolve(self.outcomes[outcome_id], revoked=True)
                return {"outcomes": put(self.outcomes, outcome_id, revoked)}
            case AccountRestricted(reason=reason):
                return {"restricted": reason}
            case AccountErased():
                return {"opened": True, "erased": True}
            case TransferOffered() | TransferAccepted() | TransferDeclined():
                return self._transferred(event)
            case Applied() | StepAgreed() | Converted() | ApplicationClosed() | ItemsUndone():
                return self._applied(event)
            case _:
                raise AssertionError(f"{type(event).__name__} does not belong to an account")

    def _transferred(self, event: TransferOffered | TransferAccepted | TransferDeclined) -> dict[str, Any]:
        if isinstance(event, TransferOffered):
            state = TransferState(event.id, event.offer, event.on, "offered")
            return {"transfers": put(self.transfers, event.id, state)}
        state = self.transfers[event.transfer]
        if isinstance(event, TransferDeclined):
            return {"transfers": put(self.transfers, state.id, attrs.evolve(state, status="declined"))}
        offer = state.offer
        left = attrs.evolve(self.enrolments[offer.enrolment], until=offer.starts_on)
        entered = Enrolment(offer.to, offer.programme, offer.year_group, offer.starts_on)
        return {
            "transfers": put(self.transfers, state.id, attrs.evolve(state, status="accepted")),
            "enrolments": put(
                put(self.enrolments, left.id, left), event.enrolment, HeldEnrolment(event.enrolment, entered)
            ),
        }

    def _applied(self, event: Applied | StepAgreed | Converted | ApplicationClosed | ItemsUndone) -> dict[str, Any]:
        if isinstance(event, Applied):
            granted = any(result.refused is None for result in event.decision.results)
            status: ApplicationStatus = "pending" if granted else "refused"
            state = ApplicationState(event.id, event.application, event.on, event.decision, status)
        else:
            state = self.applications[event.application]
        match event:
            case StepAgreed(on=on):
                state = attrs.evolve(state, agreed=(*state.agreed, on))
            case Converted():
                state = attrs.evolve(state, status="converted")
            case ApplicationClosed(how=how):
                state = attrs.evolve(state, status=how)
            case ItemsUndone(items=items):
                state = attrs.evolve(state, undone=(*state.undone, *items))
        return {"applications": put(self.applications, state.id, state)}
