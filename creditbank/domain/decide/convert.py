"""Verbs of conversion (转换): convert, agree, reject, withdraw, lapse."""

from collections.abc import Iterator
from datetime import date

import attrs

from creditbank.domain.account import Account, ApplicationState, HeldEnrolment, lot_of
from creditbank.domain.application import Application
from creditbank.domain.decide.account import roomy, settled
from creditbank.domain.event import ApplicationClosed, Applied, Closing, Converted, Event, StepAgreed
from creditbank.domain.known import Known
from creditbank.domain.lot import Posting
from creditbank.domain.name import AccountId, ApplicationId, InstitutionId
from creditbank.domain.request import Request
from creditbank.domain.rule import RuleBook, Step, decide
from creditbank.domain.view.book import book_in_force
from creditbank.domain.view.case import case_of
from creditbank.errors import NotPermittedError, StateError, UnknownError

__all__ = ["agree", "convert", "deadline", "enrolment_on", "lapse", "reject", "waiting", "withdraw"]

Events = Iterator[Event]


def convert(known: Known, request: Request, account: AccountId, application: Application) -> Events:
    """
    Decide an application under the book it names, and reserve what the granted items use (申请转换).

    The school of the enrolment asks. Items are granted or refused each on its own, and both is recorded; with a chain, the
    last :func:`agree` converts exactly what is reserved here; a book without a chain converts at once.

    Raises, in this order:
        UnknownError, ErasedError, RestrictedError, StateError: The account cannot be written.
        UnknownError: The enrolment is not in the account.
        NotPermittedError: The requester is not its school.
        StateError: The enrolment does not hold on the day of the request.
        UnknownError: No book with that digest is published.
        BookNotInForceError: It is withdrawn, or not in force on the day of the request.
        UnknownError: A source is not in the account; a role of the chain is not bound, or to nobody registered.
        StateError: A source is revoked.
    """
    held = roomy(known.account(account))
    enrolment_on(held, application.enrolment, request)
    book = book_in_force(known, application.book, request.on)
    steps = book.chain(application.act)
    for step in steps:
        party = application.party(step.by)
        if party is None:
            raise UnknownError("party", step.by, f"bind the role {step.by!r} to an institution")
        known.institution(party)
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


def agree(known: Known, request: Request, account: AccountId, application: ApplicationId) -> Events:
    """
    Agree to the step that waits for the requester; the last step converts what was reserved.

    Raises, in this order:
        UnknownError, ErasedError, RestrictedError, StateError: The account cannot be written.
        UnknownError: It has no such application.
        StateError: The application is not pending.
        NotPermittedError: The step waits for another institution.
        StateError: The step's time is over, or its public notice (公示) lasts, or the day is before the step before it.
    """
    held = roomy(known.account(account))
    state = _pending(held, application)
    book = known.book(state.application.book)
    step, party = waiting(state, book)
    if request.by != party:
        raise NotPermittedError(request.by, f"agree to step {step.does!r}", f"it waits for {party}")
    last = deadline(state, step)
    if last is not None and request.on > last:
        raise StateError(
            "application", application, f"lapsed: step {step.does!r} had to be agreed by {last}", "let it lapse"
        )
    before = state.agreed[-1] if state.agreed else state.on
    if request.on < before:
        raise StateError("application", application, f"agreed as of {before}", "give that day or a later one")
    if step.notice is not None and request.on <= step.notice.after(before, "clamp"):
        until = step.notice.after(before, "clamp")
        raise StateError("application", application, f"in public notice until {until}", "agree on a later day")
    agreed = StepAgreed(account, application, len(state.agreed), request.on)
    yield agreed
    if len(state.agreed) + 1 == len(book.chain(state.application.act)):
        yield _converted(known, held.after(agreed), application, book)


def _converted(known: Known, held: Account, application: ApplicationId, book: RuleBook) -> Converted:
    state = held.applications[application]
    system = known.system(book.system)
    after = attrs.evolve(held, applications={**held.applications, application: attrs.evolve(state, status="converted")})
    mine = [item for item in after.standing() if item.application.id == application]
    sources = dict.fromkeys(source for item in mine for source in item.result.used)
    spent = [move for lot in sources for move in settled(after, lot)]
    issued = [
        Posting(lot_of(application, item.item.id), "issued", "held", system.credit(item.result.granted))
        for item in mine
        if item.result.granted
    ]
    return Converted(held.id, application, (*spent, *issued))


def reject(known: Known, request: Request, account: AccountId, application: ApplicationId, reason: str) -> Events:
    """
    Refuse the step that waits for the requester; everything reserved is free again.

    Raises, in this order:
        UnknownError, ErasedError, RestrictedError: The account cannot be written.
        UnknownError: It has no such application.
        StateError: The application is not pending.
        NotPermittedError: The step waits for another institution.
    """
    held = known.account(account)
    state = _pending(held, application)
    step, party = waiting(state, known.book(state.application.book))
    if request.by != party:
        raise NotPermittedError(request.by, f"reject step {step.does!r}", f"it waits for {party}")
    yield _closed(held, state, "rejected", request.on, reason)


def withdraw(known: Known, request: Request, account: AccountId, application: ApplicationId, reason: str) -> Events:
    """
    Take an application back; the school that made it does so for the learner.

    Raises, in this order: as :func:`reject`, with NotPermittedError when the requester did not apply.
    """
    held = known.account(account)
    state = _pending(held, application)
    school = held.enrolments[state.application.enrolment].enrolment.school
    if request.by != school:
        raise NotPermittedError(request.by, "withdraw the application", f"{school} made it")
    yield _closed(held, state, "withdrawn", request.on, reason)


def lapse(known: Known, request: Request, account: AccountId, application: ApplicationId) -> Events:
    """
    Record that a step was not agreed in time; any registered institution may.

    Raises, in this order:
        UnknownError: The requester is not registered.
        UnknownError, ErasedError, RestrictedError: The account cannot be written.
        UnknownError: It has no such application.
        StateError: The application is not pending, or its time is not over.
    """
    known.institution(request.by)
    held = known.account(account)
    state = _pending(held, application)
    step, _ = waiting(state, known.book(state.application.book))
    last = deadline(state, step)
    if last is None or request.on <= last:
        raise StateError("application", application, f"open until {last or 'it is decided'}", "wait, or reject it")
    yield _closed(held, state, "lapsed", request.on, f"step {step.does} was not agreed by {last}")


def _closed(held: Account, state: ApplicationState, how: Closing, on: date, reason: str) -> ApplicationClosed:
    after = attrs.evolve(held, applications={**held.applications, state.id: attrs.evolve(state, status=how)})
    mine = [item for item in held.standing() if item.application.id == state.id]
    sources = dict.fromkeys(source for item in mine for source in item.result.used)
    freed = tuple(move for lot in sources for move in settled(after, lot))
    return ApplicationClosed(held.id, state.id, how, on, reason, freed)


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


def _pending(held: Account, application: ApplicationId) -> ApplicationState:
    state = held.applications.get(application)
    if state is None:
        raise UnknownError("application", application, f"see the statement of {held.id}")
    if state.status != "pending":
        raise StateError("application", application, state.status, "nothing is left to agree")
    return state


def waiting(state: ApplicationState, book: RuleBook) -> tuple[Step, InstitutionId]:
    """Return the step that a pending application waits for, and who has to agree."""
    step = book.chain(state.application.act)[len(state.agreed)]
    party = state.application.party(step.by)
    assert party is not None, "convert refuses an unbound role"
    return step, party


def deadline(state: ApplicationState, step: Step) -> date | None:
    """Return the last day on which *step* may be agreed; None where the book sets none."""
    before = state.agreed[-1] if state.agreed else state.on
    return None if step.within is None else step.within.after(before, "clamp")
