"""Verbs about accounts: open, enrol, deposit, revoke, correct, erase, restrict."""

from collections.abc import Iterator
from datetime import date

import attrs

from creditbank.domain.account import Account, HeldOutcome
from creditbank.domain.credit import Credit
from creditbank.domain.decide.undo import spent_for_good, undone, withdrawn
from creditbank.domain.event import (
    AccountErased,
    AccountOpened,
    AccountRestricted,
    Enrolled,
    EnrolmentEnded,
    Event,
    OutcomeCorrected,
    OutcomeDeposited,
    OutcomeRevoked,
    Remainder,
)
from creditbank.domain.known import Known
from creditbank.domain.lot import Place, Posting
from creditbank.domain.name import AccountId, ApplicationId, Claim, EnrolmentId, OutcomeId, kind_of
from creditbank.domain.outcome import Outcome
from creditbank.domain.programme import Enrolment
from creditbank.domain.request import Request
from creditbank.domain.view.redeemed import used_by
from creditbank.errors import AlreadyError, MalformedError, NotPermittedError, StateError, UnknownError

__all__ = [
    "ENTRIES_MAX",
    "correct",
    "deposit",
    "end_enrolment",
    "enrol",
    "erase",
    "open_account",
    "restrict",
    "revoke",
    "roomy",
]

Events = Iterator[Event]

ENTRIES_MAX = 800
"""
Entries of one account before it is full: what an erasure must list has to fit into one payload, also after every outcome and
application in it was revoked, closed or ended, which a full account still allows. A learner has tens to hundreds.
"""

REMAINDER_MAX = 30
"""Rows that an erasure leaves to statistics; where there would be more, they are added up by place and system alone."""


def roomy(account: Account) -> Account:
    """Return *account*, or raise StateError when it has as many entries as an erasure could still list."""
    if account.entries >= ENTRIES_MAX:
        raise StateError("account", account.id, f"full ({ENTRIES_MAX} entries)", "ask the operator")
    return account


def open_account(known: Known, request: Request, account: AccountId, person: Claim) -> Events:
    """
    Open a learning account (开户); one per person for life.

    Raises, in this order:
        UnknownError: The requester is not registered.
        MalformedError: *person* is not a claim of kind ``person``.
        AlreadyError: That person has an account (``where`` names it), or the id is taken.
    """
    known.institution(request.by)
    if person.kind != "person":
        raise MalformedError(f"a claim of kind {person.kind!r}", "person", "let the vault make it")
    holder = known.holder(person)
    if holder is not None:
        raise AlreadyError("account", "of this person", holder)
    if not known.vacant(account):
        raise AlreadyError("account", account, "opened before")
    yield AccountOpened(account, person)


def enrol(known: Known, request: Request, account: AccountId, enrolment: Enrolment) -> Events:
    """
    Enter a learner in a programme (学籍); said by its school.

    Raises, in this order:
        UnknownError: The requester is not registered.
        NotPermittedError: It is no school, or the enrolment is at another one.
        UnknownError, ErasedError, RestrictedError, StateError: The account cannot be written.
        AlreadyError: The learner is in that programme of that school.
    """
    school = known.permitted(request.by, "school", "enrol learners")
    if enrolment.school != school.id:
        raise NotPermittedError(request.by, f"enrol at {enrolment.school}", "a school enrols its own learners")
    held = roomy(known.account(account))
    for other in held.enrolments.values():
        same = other.enrolment.school == enrolment.school and other.enrolment.programme.id == enrolment.programme.id
        if same and other.until is None:
            raise AlreadyError("enrolment", other.id, f"since {other.enrolment.since}")
    yield Enrolled(account, EnrolmentId(request.id()), enrolment)


def end_enrolment(
    known: Known, request: Request, account: AccountId, enrolment: EnrolmentId, on: date, reason: str
) -> Events:
    """
    End an enrolment; *on* is the first day it no longer holds. Said by its school.

    Raises, in this order:
        UnknownError, ErasedError, RestrictedError: The account cannot be read.
        UnknownError: It has no such enrolment.
        NotPermittedError: The requester is not its school.
        StateError: It ended before, or would end before it began, or a transfer of it is offered.
    """
    held = known.account(account)
    state = held.enrolments.get(enrolment)
    if state is None:
        raise UnknownError("enrolment", enrolment, f"see the statement of {account}")
    if request.by != state.enrolment.school:
        raise NotPermittedError(request.by, "end the enrolment", f"only {state.enrolment.school} may")
    if state.until is not None:
        raise StateError("enrolment", enrolment, f"ended on {state.until}", "nothing is left to do")
    if on < state.enrolment.since:
        raise StateError("enrolment", enrolment, f"begun on {state.enrolment.since}", "give a later day")
    if any(
        transfer.status == "offered" and transfer.offer.enrolment == enrolment for transfer in held.transfers.values()
    ):
        raise StateError("enrolment", enrolment, "offered for transfer", "have the offer declined first")
    yield EnrolmentEnded(account, enrolment, on, reason)


def deposit(known: Known, request: Request, account: AccountId, outcome: Outcome) -> Events:
    """
    Recognise an outcome and put it into the account (认定、存入); said by its issuer.

    Raises, in this order:
        UnknownError: The requester is not registered.
        NotPermittedError: It is neither school, issuer nor office, or not the outcome's issuer.
        UnknownError, ErasedError, RestrictedError, StateError: The account cannot be written.
        StateError: It was achieved after the day of the request.
        UnknownError: Its credit system is not published.
        MalformedError: Its number is a claim of another kind.
        AlreadyError: The issuer's number stands in an account.
    """
    issuer = known.institution(request.by)
    if not (issuer.has("issuer") or issuer.has("school") or issuer.has("office")):
        raise NotPermittedError(request.by, "deposit outcomes", "only a school, an issuer or an office may")
    if outcome.issuer != request.by:
        raise NotPermittedError(request.by, f"deposit an outcome of {outcome.issuer}", "its issuer deposits it")
    roomy(known.account(account))
    _sound(known, request, outcome)
    if outcome.number is not None:
        if outcome.number.kind != "certificate-number":
            raise MalformedError(f"a claim of kind {outcome.number.kind!r}", "number", "let the vault make it")
        holder = known.holder(outcome.number)
        if holder is not None:
            raise AlreadyError("outcome", "with this number of this issuer", holder)
    yield OutcomeDeposited(account, OutcomeId(request.id()), outcome)


def _sound(known: Known, request: Request, outcome: Outcome) -> None:
    if outcome.achieved_on > request.on:
        raise StateError("outcome", outcome.title, f"achieved only on {outcome.achieved_on}", "deposit it then")
    if outcome.credits is not None:
        known.system(outcome.credits.system)


# --- revoking and correcting --------------------------------------------------------------------------------------------


def revoke(known: Known, request: Request, account: AccountId, outcome: OutcomeId, reason: str) -> Events:
    """
    Revoke an outcome, and undo every granted item that used it, or credit granted from it, at any depth; each is named.

    What is final stands (:func:`creditbank.domain.view.reconsider.reconsider` reports it). A pending application of which
    nothing is left is closed.

    Raises, in this order:
        UnknownError, ErasedError: The account cannot be read. (A restricted one can: a false diploma must go.)
        UnknownError: It has no such outcome.
        NotPermittedError: The requester is not its issuer.
        StateError: It is revoked.
    """
    held = known.account_restricted(account)
    _issued(held, request, outcome, "revoke the outcome")
    first = OutcomeRevoked(account, outcome, reason, withdrawn(held, outcome))
    yield first
    yield from undone(held.after(first), outcome, request.on)


def correct(
    known: Known, request: Request, account: AccountId, outcome: OutcomeId, corrected: Outcome, reason: str
) -> Events:
    """
    Correct an outcome that was recorded wrongly (更正): *corrected* takes its place, under a new id and the same number.

    Every granted item that used it is undone as by :func:`revoke`; nothing is granted anew without an application. What was
    spent for good is not corrected: it would be there to be spent a second time.

    Args:
        corrected: The whole outcome as it should have been, without its number, which stays.

    Raises, in this order:
        UnknownError, ErasedError, RestrictedError, StateError: The account cannot be written.
        UnknownError: It has no such outcome.
        NotPermittedError: The requester is not its issuer.
        StateError: It is revoked; or it, or credit granted from it at any depth, was spent for good.
        MalformedError: *corrected* is of another kind or issuer, carries a number, or is no correction at all.
        StateError: It was achieved after the day of the request.
        UnknownError: Its credit system is not published.
    """
    held = roomy(known.account(account))
    wrong = _issued(held, request, outcome, "correct the outcome").outcome
    final = spent_for_good(held, outcome)
    if final is not None:
        mend = "it stands for good; revoke the outcome if it is not genuine"
        raise StateError("outcome", outcome, used_by(known, held, final), mend)
    if type(corrected) is not type(wrong) or corrected.issuer != wrong.issuer:
        raise MalformedError("another kind of outcome, or another issuer", "correction", "revoke it and deposit anew")
    if corrected.number is not None:
        raise MalformedError("it carries a number", "correction", "leave it out: the number stays as it is")
    if corrected == attrs.evolve(wrong, number=None):
        raise MalformedError("nothing is corrected", "correction", "say what it should have been")
    _sound(known, request, corrected)
    id = OutcomeId(request.id())
    issued = () if corrected.credits is None else (Posting(id, "issued", "held", corrected.credits),)
    first = OutcomeCorrected(account, outcome, id, corrected, reason, (*withdrawn(held, outcome), *issued))
    yield first
    yield from undone(held.after(first), outcome, request.on)


def _issued(held: Account, request: Request, outcome: OutcomeId, what: str) -> HeldOutcome:
    """Return an outcome of the account that stands, if the requester issued it."""
    state = held.outcomes.get(outcome)
    if state is None:
        raise UnknownError("outcome", outcome, f"see the statement of {held.id}")
    if request.by != state.outcome.issuer:
        raise NotPermittedError(request.by, what, f"only {state.outcome.issuer} may")
    if state.revoked:
        raise StateError("outcome", outcome, "revoked", "nothing is left to do")
    return state


# --- the end ----------------------------------------------------------------------------------------------------------


def erase(known: Known, request: Request, account: AccountId, reason: str, demand: str) -> Events:
    """
    Erase a whole account (删除); the shell then forgets the person and the key.

    Args:
        reason: The legal reason, such as ``PIPL 47(1)(3)``.
        demand: SHA-256 (64 hex digits) of the person's request.

    Raises, in this order:
        UnknownError, NotPermittedError: The requester has not the role ``eraser``.
        UnknownError, ErasedError, RestrictedError: The account cannot be erased.
        StateError: A diploma stands in it: restrict it instead.
        MalformedError: *demand* is no SHA-256.
    """
    known.permitted(request.by, "eraser", "erase accounts")
    held = known.account(account)
    if held.has_diploma:
        raise StateError("account", account, "the home of a diploma", "the law keeps it: restrict it instead")
    if len(demand) != 64 or not set(demand) <= set("0123456789abcdef"):
        raise MalformedError("it is no SHA-256", "demand", "give 64 hexadecimal digits")
    remains = known.remains(account)
    yield AccountErased(account, remains.positions, remains.place_key, reason, demand, _remainder(known, held))


def _remainder(known: Known, held: Account) -> tuple[Remainder, ...]:
    """Add up credit by place, city of the issuer and year; coarse, so that it describes no one."""
    sums: dict[tuple[Place, str, str, int], int] = {}
    for lot_id, lot in held.lots.items():
        origin = held.outcomes.get(OutcomeId(lot_id))
        if origin is not None:
            profile = known.institution(origin.outcome.issuer).profile
            region, year = (profile.region[:4] if profile else ""), origin.outcome.achieved_on.year
        else:
            state = held.applications[ApplicationId(lot_id.partition(".")[0])]
            region, year = "", state.on.year
        for place, quanta in lot.places.items():
            if place != "issued" and quanta:
                cell = (place, lot.system, region, year)
                sums[cell] = sums.get(cell, 0) + quanta
    if len(sums) > REMAINDER_MAX:
        coarse: dict[tuple[Place, str, str, int], int] = {}
        for (place, system, _, _), quanta in sums.items():
            coarse[place, system, "", 0] = coarse.get((place, system, "", 0), 0) + quanta
        sums = coarse
    return tuple(
        Remainder(place, Credit(system, quanta), region, year)
        for (place, system, region, year), quanta in sorted(sums.items())
    )


def restrict(known: Known, request: Request, account: AccountId, reason: str) -> Events:
    """
    Let an account be stored and secured only, where the law forbids deleting it.

    Raises, in this order:
        UnknownError, NotPermittedError: The requester has not the role ``eraser``.
        UnknownError, ErasedError, RestrictedError: The account cannot be restricted.
    """
    known.permitted(request.by, "eraser", "restrict accounts")
    assert kind_of(account) == "account"
    known.account(account)
    yield AccountRestricted(account, reason)
