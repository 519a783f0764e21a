"""
A learning account (学习账户): folded from the events of its stream.

Credit lies where its uses put it. A lot that a converted award spends is ``redeemed``; else, one that a converted item spends
is ``converted``; else, with one pending, ``reserved``; else ``held``. A lot is always moved whole, so both credit systems
balance in whole quanta. Acts that give no credit spend none: they look at a lot and leave it where it is.
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
    MemberAgreed,
    ObjectionAnswered,
    ObjectionRaised,
    OutcomeCorrected,
    OutcomeDeposited,
    OutcomeRevoked,
    StepAgreed,
    TransferAccepted,
    TransferDeclined,
    TransferOffered,
)
from creditbank.domain.later import put
from creditbank.domain.lot import Place, Posting
from creditbank.domain.name import (
    AccountId,
    ApplicationId,
    Digest,
    EnrolmentId,
    InstitutionId,
    ObjectionId,
    OutcomeId,
    TransferId,
)
from creditbank.domain.outcome import Diploma, Outcome
from creditbank.domain.programme import Enrolment
from creditbank.domain.rule import Decision, ItemResult
from creditbank.domain.rule.book import COLLECTION_ACTS, CREDIT_ACTS

__all__ = [
    "Account",
    "ApplicationState",
    "ApplicationStatus",
    "HeldEnrolment",
    "HeldOutcome",
    "Lot",
    "Objection",
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
    """
    An outcome of the account, and whether it was revoked.

    Attributes:
        entry: Which entry of the account deposited it, from 0.
        successor: What took its place when it was corrected; it is revoked then.
    """

    id: OutcomeId
    outcome: Outcome
    entry: int
    revoked: bool = False
    successor: OutcomeId | None = None


@attrs.frozen
class Objection:
    """An objection (异议) to an application in public notice; *upheld* is None until it is answered."""

    id: ObjectionId
    by: InstitutionId
    on: date
    reason: str
    upheld: bool | None = None


@attrs.frozen
class ApplicationState:
    """
    An application as far as it has come.

    Attributes:
        entry: Which entry of the account applied, from 0; *converted* is the one that converted.
        agreed: The days on which its steps were agreed.
        seated: Who of the panel that sits on the next step agreed, and when.
        undone: The items that fell since.
    """

    id: ApplicationId
    application: Application
    on: date
    decision: Decision
    status: ApplicationStatus
    entry: int
    converted: int | None = None
    agreed: tuple[date, ...] = ()
    seated: tuple[tuple[InstitutionId, date], ...] = ()
    objections: tuple[Objection, ...] = ()
    undone: tuple[str, ...] = ()

    @property
    def standing(self) -> bool:
        """Tell whether what it granted counts: decided or on its way, not closed."""
        return self.status in ("pending", "converted")

    @property
    def book(self) -> Digest:
        """Return the digest of the version that decided it."""
        return Digest(self.decision.book)

    @property
    def since(self) -> date:
        """Return the day from which the next step counts: that of the step before, or of the application."""
        return self.agreed[-1] if self.agreed else self.on


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

    @property
    def sources(self) -> tuple[str, ...]:
        """Return what it stands on: what it spends, and what its lines count."""
        counted = (source for line in self.result.lines for source in line.sources)
        return tuple(dict.fromkeys((*self.result.used, *counted)))

    @property
    def redeems(self) -> bool:
        """Tell whether it spends credit for a qualification, and issues none."""
        return self.application.application.act in CREDIT_ACTS & COLLECTION_ACTS

    @property
    def final(self) -> bool:
        """Tell whether it stands for good, whatever becomes of what it used: converted under a policy that says so."""
        return self.result.final and self.application.status == "converted"


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
        """Return the standing items that stand on *lot*."""
        return tuple(item for item in self.standing() if lot in item.sources)

    def spending(self, lot: str) -> tuple[StandingItem, ...]:
        """Return the standing items that spend *lot*, or have it reserved: those of acts that give credit."""
        acts = ((item, item.application.application.act) for item in self.standing() if lot in item.result.used)
        return tuple(item for item, act in acts if act in CREDIT_ACTS)

    def fallen(self, lot: str) -> bool:
        """Tell whether *lot*, an outcome or credit that an item granted, holds no longer."""
        held = self.outcomes.get(OutcomeId(lot))
        if held is not None:
            return held.revoked
        application, _, item = lot.partition(".")
        state = self.applications.get(ApplicationId(application))
        return state is not None and item in state.undone

    def before(self, entry: int) -> Self:
        """
        Return the account as it was before its entry number *entry*, but for what fell since: that is left out.

        Enrolments, transfers and lots are those of today: no rule book looks back at them.
        """
        return attrs.evolve(
            self,
            outcomes={id: held for id, held in self.outcomes.items() if held.entry < entry},
            applications={id: _before(state, entry) for id, state in self.applications.items() if state.entry < entry},
        )

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
                return {"outcomes": put(self.outcomes, outcome_id, HeldOutcome(outcome_id, outcome, self.entries))}
            case AccountOpened():
                return {"opened": True}
            case Enrolled(id=id, enrolment=enrolment):
                return {"enrolments": put(self.enrolments, id, HeldEnrolment(id, enrolment))}
            case EnrolmentEnded(id=id, on=on):
                return {"enrolments": put(self.enrolments, id, attrs.evolve(self.enrolments[id], until=on))}
            case OutcomeRevoked(outcome=outcome_id):
                revoked = attrs.evolve(self.outcomes[outcome_id], revoked=True)
                return {"outcomes": put(self.outcomes, outcome_id, revoked)}
            case OutcomeCorrected():
                return {"outcomes": self._corrected(event)}
            case AccountRestricted(reason=reason):
                return {"restricted": reason}
            case AccountErased():
                return {"opened": True, "erased": True}
            case TransferOffered() | TransferAccepted() | TransferDeclined():
                return self._transferred(event)
            case Applied():
                granted = any(result.refused is None for result in event.decision.results)
                state = ApplicationState(
                    event.id,
                    event.application,
                    event.on,
                    event.decision,
                    "pending" if granted else "refused",
                    self.entries,
                )
                return {"applications": put(self.applications, state.id, state)}
            case (
                MemberAgreed()
                | StepAgreed()
                | Converted()
                | ObjectionRaised()
                | ObjectionAnswered()
                | ApplicationClosed()
                | ItemsUndone()
            ):
                state = self.applications[event.application]
                return {"applications": put(self.applications, state.id, self._went_on(state, event))}
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

    def _corrected(self, event: OutcomeCorrected) -> Mapping[OutcomeId, HeldOutcome]:
        wrong = self.outcomes[event.outcome]
        right = attrs.evolve(event.corrected, number=wrong.outcome.number)
        without = put(self.outcomes, wrong.id, attrs.evolve(wrong, revoked=True, successor=event.id))
        return put(without, event.id, HeldOutcome(event.id, right, self.entries))

    def _went_on(self, state: ApplicationState, event: Event) -> ApplicationState:
        match event:
            case MemberAgreed(by=by, on=on):
                return attrs.evolve(state, seated=(*state.seated, (by, on)))
            case StepAgreed(on=on):
                return attrs.evolve(state, agreed=(*state.agreed, on), seated=())
            case Converted():
                return attrs.evolve(state, status="converted", converted=self.entries)
            case ObjectionRaised(id=id, by=by, on=on, reason=reason):
                return attrs.evolve(state, objections=(*state.objections, Objection(id, by, on, reason)))
            case ObjectionAnswered(objection=id, upheld=upheld):
                answered = (attrs.evolve(one, upheld=upheld) if one.id == id else one for one in state.objections)
                return attrs.evolve(state, objections=tuple(answered))
            case ApplicationClosed(how=how):
                return attrs.evolve(state, status=how)
            case ItemsUndone(items=items):
                return attrs.evolve(state, undone=(*state.undone, *items))
            case _:
                raise AssertionError(f"{type(event).__name__} says nothing about an application")


def _before(state: ApplicationState, entry: int) -> ApplicationState:
    late = state.converted is not None and state.converted >= entry
    return attrs.evolve(state, status="pending") if late else state
