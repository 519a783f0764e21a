"""
Verbs of conversion (转换) and of every other act of an application: convert, agree, reject, withdraw, lapse.

A chain is walked step by step. A step names a role or, where a panel sits on it, several; the application binds each to an
institution. Each of them has to agree, in whatever order, and any of them may reject.
"""

from collections.abc import Iterator
from datetime import date

import attrs

from creditbank.domain.account import Account, ApplicationState, HeldEnrolment, lot_of
from creditbank.domain.application import Application
from creditbank.domain.decide.account import roomy
from creditbank.domain.decide.undo import closed, settled, with_status
from creditbank.domain.event import Applied, Converted, Event, MemberAgreed, StepAgreed
from creditbank.domain.known import Known
from creditbank.domain.lot import Posting
from creditbank.domain.name import AccountId, ApplicationId, InstitutionId
from creditbank.domain.request import Request
from creditbank.domain.rule import RuleBook, Step, decide
from creditbank.domain.view.case import case_of, served
from creditbank.errors import AlreadyError, NotPermittedError, StateError, UnknownError

__all__ = [
    "Waiting",
    "agree",
    "convert",
    "deadline",
    "enrolment_on",
    "lapse",
    "noticed_until",
    "pending",
    "reject",
    "waiting",
    "withdraw",
]

Events = Iterator[Event]


@attrs.frozen
class Waiting:
    """
    What a pending application waits for.

    Attributes:
        by: The institution that answers for the step: the first that sits on it.
        members: Those who have yet to agree, in the book's order.
    """

    step: Step
    by: InstitutionId
    members: tuple[InstitutionId, ...]


def convert(known: Known, request: Request, account: AccountId, application: Application) -> Events:
    """
    Decide an application under the book it names, and reserve what the granted items use (申请转换).

    The school of the enrolment asks, whatever the act. Items are granted or refused each on its own, and both is recorded;
    with a chain, the last :func:`agree` converts exactly what is reserved here; a book without a chain converts at once.

    Raises, in this order:
        UnknownError, ErasedError, RestrictedError, StateError: The account cannot be written.
        UnknownError: The enrolment is not in the account.
        NotPermittedError: The requester is not its school.
        StateError: The enrolment does not hold on the day of the request.
        UnknownError: No book with that digest or id is published.
        BookNotInForceError: It is withdrawn, or not in force on the day that its version goes by.
        UnknownError: A role of the chain is not bound, or to nobody registered.
        NotPermittedError: A waiver is by a role whose institution neither applies nor has to agree.
        UnknownError: A source is not in the account.
        StateError: A source is revoked, or spent on an award; or an award names one that was converted.
    """
    held = roomy(known.account(account))
    enrolment_on(held, application.enrolment, request)
    _, book = served(known, held, application, request.on)
    steps = book.chain(application.act)
    for role in dict.fromkeys(role for step in steps for role in step.by):
        party = application.party(role)
        if party is None:
            raise UnknownError("party", role, f"bind the role {role!r} to an institution")
        known.institution(party)
    _check_waivers(request, application, steps)
    id = ApplicationId(request.id())
    case = case_of(known, account, application, request.on, id=id)
    decision = decide(book, case, digest=known.case_digest(case))
    applied = Applied(account, id, application, request.on, decision, ())
    granted = [result for result in decision.results if result.refused is None]
    after = held.after(applied)
    sources = dict.fromkeys(source for result in granted for source in result.used)
    applied = attrs.evolve(applied, reserved=tuple(move for lot in sources for move in settled(after, lot)))
    yield applied
    if granted and not steps:
        yield _converted(known, held.after(applied), id, book)


def _check_waivers(request: Request, application: Application, steps: tuple[Step, ...]) -> None:
    """A waiver is signed: by the application itself, or by the agreement of whom it names."""
    asked = {role for step in steps for role in step.by}
    for waiver in application.waivers:
        if waiver.by not in asked and application.party(waiver.by) != request.by:
            raise NotPermittedError(
                request.by, f"waive clause {waiver.clause!r} as {waiver.by!r}", "that role has to agree, or to apply"
            )


def agree(known: Known, request: Request, account: AccountId, application: ApplicationId) -> Events:
    """
    Agree to the step that waits for the requester; the last step converts what was reserved.

    Where a panel sits on the step, each of its institutions agrees once, and the last of them takes the step.

    Raises, in this order:
        UnknownError, ErasedError, RestrictedError, StateError: The account cannot be written.
        UnknownError: It has no such application.
        StateError: The application is not pending.
        AlreadyError: The requester took its step, and the application waits for others.
        NotPermittedError: The step waits for another institution.
        StateError: The step's time is over, or the day is before the step before it, or its public notice (公示) lasts, or an
            objection (异议) is not answered.
    """
    held = roomy(known.account(account))
    state = pending(held, application)
    book = known.book(state.book)
    now = waiting(state, book)
    if request.by not in now.members:
        _not_its_turn(state, book, now, request)
    _check_day(state, now.step, request.on)
    number = len(state.agreed)
    if len(now.members) > 1:
        yield MemberAgreed(account, application, number, request.by, request.on)
        return
    agreed = StepAgreed(account, application, number, request.on)
    yield agreed
    if number + 1 == len(book.chain(state.application.act)):
        yield _converted(known, held.after(agreed), application, book)


def _not_its_turn(state: ApplicationState, book: RuleBook, now: Waiting, request: Request) -> None:
    others = ", ".join(now.members)
    seated = dict(state.seated)
    if request.by in seated:
        where = f"agreed on {seated[request.by]}; it waits for {others}"
        raise AlreadyError("step", now.step.does, where)
    steps = book.chain(state.application.act)
    for step, day in zip(steps, state.agreed, strict=False):
        if request.by in _parties(state, step):
            raise AlreadyError("step", step.does, f"agreed on {day}; the next, {now.step.does!r}, waits for {others}")
    later = next((step for step in steps[len(state.agreed) + 1 :] if request.by in _parties(state, step)), None)
    what = f"agree to step {(later or now.step).does!r}"
    first = "" if later is None else f"step {now.step.does!r} comes first; "
    raise NotPermittedError(request.by, what, f"{first}it waits for {others}")


def _check_day(state: ApplicationState, step: Step, on: date) -> None:
    id, last = state.id, deadline(state, step)
    if last is not None and on > last:
        raise StateError("application", id, f"lapsed: step {step.does!r} had to be agreed by {last}", "let it lapse")
    before = max((state.since, *(day for _, day in state.seated)))
    if on < before:
        raise StateError("application", id, f"agreed as of {before}", "give that day or a later one")
    until = noticed_until(state, step)
    if until is not None and on <= until:
        raise StateError("application", id, f"in public notice until {until}", "agree on a later day")
    for objection in state.objections:
        if objection.upheld is None:
            raise StateError(
                "application", id, f"objected to by {objection.by}", f"answer objection {objection.id} first"
            )


def _converted(known: Known, held: Account, application: ApplicationId, book: RuleBook) -> Converted:
    after = with_status(held, held.applications[application], "converted")
    mine = [item for item in after.standing() if item.application.id == application]
    sources = dict.fromkeys(source for item in mine for source in item.result.used)
    spent = [move for lot in sources for move in settled(after, lot)]
    issued = [
        Posting(
            lot_of(application, item.item.id), "issued", "held", known.system(book.system).credit(item.result.granted)
        )
        for item in mine
        if item.result.granted and not item.redeems  # a qualification is no credit
    ]
    return Converted(held.id, application, (*spent, *issued))


def reject(known: Known, request: Request, account: AccountId, application: ApplicationId, reason: str) -> Events:
    """
    Refuse the step that waits for the requester; everything reserved is free again. Of a panel, anyone who has yet to agree may.

    Raises, in this order:
        UnknownError, ErasedError, RestrictedError: The account cannot be written.
        UnknownError: It has no such application.
        StateError: The application is not pending.
        NotPermittedError: The step waits for another institution.
    """
    held = known.account(account)
    state = pending(held, application)
    now = waiting(state, known.book(state.book))
    if request.by not in now.members:
        others = ", ".join(now.members)
        raise NotPermittedError(request.by, f"reject step {now.step.does!r}", f"it waits for {others}")
    yield closed(held, state, "rejected", request.on, reason)


def withdraw(known: Known, request: Request, account: AccountId, application: ApplicationId, reason: str) -> Events:
    """
    Take an application back; the school that made it does so for the learner.

    Raises, in this order: as :func:`reject`, with NotPermittedError when the requester did not apply.
    """
    held = known.account(account)
    state = pending(held, application)
    school = held.enrolments[state.application.enrolment].enrolment.school
    if request.by != school:
        raise NotPermittedError(request.by, "withdraw the application", f"{school} made it")
    yield closed(held, state, "withdrawn", request.on, reason)


def lapse(known: Known, request: Request, account: AccountId, application: ApplicationId) -> Events:
    """
    Record that a step was not agreed in time; any registered institution may. An objection does not stop the clock.

    Raises, in this order:
        UnknownError: The requester is not registered.
        UnknownError, ErasedError, RestrictedError: The account cannot be written.
        UnknownError: It has no such application.
        StateError: The application is not pending, or its time is not over.
    """
    known.institution(request.by)
    held = known.account(account)
    state = pending(held, application)
    step = waiting(state, known.book(state.book)).step
    last = deadline(state, step)
    if last is None or request.on <= last:
        raise StateError("application", application, f"open until {last or 'it is decided'}", "wait, or reject it")
    yield closed(held, state, "lapsed", request.on, f"step {step.does} was not agreed by {last}")


# --- shared -----------------------------------------------------------------------------------------------------------


def enrolment_on(held: Account, enrolment: str, request: Request) -> HeldEnrolment:
    """Return an enrolment that holds on the day of the request and is at the requester's school."""
    state = next((found for found in held.enrolments.values() if found.id == enrolment), None)
    if state is None:
        raise UnknownError("enrolment", enrolment, f"see the statement of {held.id}")
    if request.by != state.enrolment.school:
        raise NotPermittedError(request.by, "apply for this learner", f"only {state.enrolment.school} may")
    if not state.holds_on(request.on):
        raise StateError("enrolment", enrolment, f"not in force on {request.on}", "apply under one that is")
    return state


def pending(held: Account, application: ApplicationId) -> ApplicationState:
    """Return an application that waits for somebody; raises UnknownError, then StateError."""
    state = held.applications.get(application)
    if state is None:
        raise UnknownError("application", application, f"see the statement of {held.id}")
    if state.status != "pending":
        raise StateError("application", application, state.status, "nothing is left to agree")
    return state


def waiting(state: ApplicationState, book: RuleBook) -> Waiting:
    """Return the step that a pending application waits for, and who has to agree."""
    step = book.chain(state.application.act)[len(state.agreed)]
    parties, seated = _parties(state, step), dict(state.seated)
    return Waiting(step, parties[0], tuple(party for party in parties if party not in seated))


def _parties(state: ApplicationState, step: Step) -> tuple[InstitutionId, ...]:
    """Return who sits on *step*; an institution that stands for several of its roles does so once."""
    found = [state.application.party(role) for role in step.by]
    assert None not in found, "convert refuses an unbound role"
    return tuple(dict.fromkeys(party for party in found if party is not None))


def deadline(state: ApplicationState, step: Step) -> date | None:
    """Return the last day on which *step*, the next, may be agreed; None where the book sets none."""
    return None if step.within is None else step.within.after(state.since, "clamp")


def noticed_until(state: ApplicationState, step: Step) -> date | None:
    """Return the last day of the public notice before *step*, the next; None where the book asks for none."""
    return None if step.notice is None else step.notice.after(state.since, "clamp")
