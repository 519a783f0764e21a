"""
Verbs of objection (异议) to an application in public notice (公示): object_to, answer_objection.

Any registered institution objects, for itself or for somebody who came to it, while the notice before a step lasts. The step is
not agreed before the institution that answers for it has upheld the objection, which rejects the application, or dismissed it.
"""

from collections.abc import Iterator

from creditbank.domain.decide.account import roomy
from creditbank.domain.decide.convert import noticed_until, pending, waiting
from creditbank.domain.decide.undo import closed
from creditbank.domain.event import Event, ObjectionAnswered, ObjectionRaised
from creditbank.domain.known import Known
from creditbank.domain.name import AccountId, ApplicationId, ObjectionId
from creditbank.domain.request import Request
from creditbank.errors import AlreadyError, NotPermittedError, StateError, UnknownError

__all__ = ["answer_objection", "object_to"]

Events = Iterator[Event]


def object_to(known: Known, request: Request, account: AccountId, application: ApplicationId, reason: str) -> Events:
    """
    Object to an application in public notice (提出异议); it then waits for the answer.

    Raises, in this order:
        UnknownError: The requester is not registered.
        UnknownError, ErasedError, RestrictedError, StateError: The account cannot be written.
        UnknownError: It has no such application.
        StateError: The application is not pending, or not in public notice on the day of the request.
        AlreadyError: An objection of the requester is not answered yet.
    """
    known.institution(request.by)
    held = roomy(known.account(account))
    state = pending(held, application)
    until = noticed_until(state, waiting(state, known.book(state.book)).step)
    if until is None or not state.since <= request.on <= until:
        when = "not in public notice" if until is None else f"in public notice from {state.since} until {until}"
        raise StateError("application", application, when, "tell its school, or whoever has to agree")
    for objection in state.objections:
        if objection.by == request.by and objection.upheld is None:
            raise AlreadyError("objection", objection.id, f"raised on {objection.on}, and not answered")
    yield ObjectionRaised(account, ObjectionId(request.id()), application, request.by, request.on, reason)


def answer_objection(
    known: Known,
    request: Request,
    account: AccountId,
    application: ApplicationId,
    objection: ObjectionId,
    upheld: bool,
    reason: str,
) -> Events:
    """
    Answer an objection (异议处理). Upheld, it rejects the application, and everything reserved is free again.

    Raises, in this order:
        UnknownError, ErasedError, RestrictedError: The account cannot be written.
        UnknownError: It has no such application.
        StateError: The application is not pending.
        NotPermittedError: The requester does not answer for the step that waits.
        UnknownError: There is no such objection.
        StateError: It is answered.
    """
    held = known.account(account)
    state = pending(held, application)
    now = waiting(state, known.book(state.book))
    if request.by != now.by:
        raise NotPermittedError(request.by, "answer the objection", f"{now.by} does, for step {now.step.does!r}")
    found = next((one for one in state.objections if one.id == objection), None)
    if found is None:
        raise UnknownError("objection", objection, f"see the statement of {account}")
    if found.upheld is not None:
        raise StateError("objection", objection, "dismissed", "nothing is left to answer")
    answered = ObjectionAnswered(account, application, objection, upheld, request.on, reason)
    yield answered
    if upheld:
        yield closed(held.after(answered), state, "rejected", request.on, reason)
