"""
Histories: whole banks as their verbs told them, and everything that is folded from one: accounts, states, events, statements.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import date
from typing import Any, Final, TypeVar

import attrs
import hypothesis.strategies as st

from creditbank.domain.account import (
    Account,
    ApplicationState,
    HeldEnrolment,
    HeldOutcome,
    Lot,
    Objection,
    StandingItem,
    TransferState,
)
from creditbank.domain.application import Application
from creditbank.domain.curriculum import Document
from creditbank.domain.effect import stream_of
from creditbank.domain.event import EVENTS, AccountOpened, Event
from creditbank.domain.known import Known
from creditbank.domain.name import AccountId, Digest, StreamId
from creditbank.domain.programme import Course
from creditbank.domain.rule import RuleBook
from creditbank.domain.state import State, before, fold
from creditbank.domain.view.account import Statement, StatementLot, statement
from creditbank.errors import RefusedError
from creditbank.testing.strategies.story import Said, Story, application_for, beginning

__all__ = ["STEPS_MAX", "History", "Said", "accounts", "events", "histories", "knowns", "parts", "statements", "states"]

T = TypeVar("T")

STEPS_MAX: Final = 6
"""What happens in a history beyond its beginning, at most; each is a few requests."""

_APPLY: Final = ("certificate", "convert")
_AGREED: Final = (*_APPLY, "agree", "agree")
_NOTICED: Final = ("certificate", "noticed")
_USUAL: Final[tuple[tuple[str, ...], ...]] = (
    *(("deposit",), ("deposit", "apply"), ("deposit", "revoke"), ("certificate", "apply")),
    *(_APPLY, (*_APPLY, "agree"), _AGREED, (*_AGREED, "apply"), (*_AGREED, "revoke"), ("apply", "revoke")),
    *(
        _NOTICED,
        (*_NOTICED, "object"),
        (*_NOTICED, "object", "answer"),
        (*_NOTICED, "wait", "wait", "agree"),
        ("deposit", "correct"),
    ),
    *((*_APPLY, "reject"), (*_APPLY, "withdraw"), (*_APPLY, "lapse"), ("agree",), ("wait",), ("end",), ("open",)),
    *(("offer",), ("offer", "accept"), ("offer", "decline"), ("seats",)),
    *(
        ("add_key",),
        ("add_key", "retire_key"),
        ("revoke_key",),
        ("restore_key",),
        ("system",),
        ("curriculum",),
        ("withdraw_book",),
        ("supersede",),
    ),
)
"""What goes on in a bank, some steps at a time: single ones would seldom lead anywhere."""

_LAST: Final = ("restrict", "erase")

_SCRIPTS: Final[Mapping[str, tuple[str, ...]]] = {
    "EnrolmentEnded": ("end",),
    "OutcomeDeposited": ("deposit",),
    "Applied": _APPLY,
    "StepAgreed": (*_APPLY, "agree"),
    "Converted": _AGREED,
    "ApplicationClosed": ("certificate", "convert", "reject", "convert", "withdraw", "convert", "lapse"),
    "OutcomeRevoked": ("deposit", "revoke"),
    "OutcomeCorrected": ("deposit", "correct"),
    "MemberAgreed": (*_NOTICED, "wait", "wait", "agree"),
    "ObjectionRaised": (*_NOTICED, "object"),
    "ObjectionAnswered": (*_NOTICED, "object", "answer"),
    "ItemsUndone": (*_AGREED, "revoke"),
    "TransferOffered": ("offer",),
    "TransferAccepted": ("offer", "accept"),
    "SeatTaken": ("offer", "accept"),
    "TransferDeclined": ("offer", "decline"),
    "AccountRestricted": ("restrict",),
    "AccountErased": (*_AGREED, "erase"),
    "KeyAdded": ("add_key",),
    "KeyRestored": ("restore_key",),
    "KeyRetired": ("add_key", "retire_key"),
    "KeyRevoked": ("revoke_key",),
    "CurriculumPublished": ("curriculum",),
    "BookWithdrawn": ("withdraw_book",),
    "BookSuperseded": ("supersede",),
}
"""How each kind of event that a beginning has not comes about."""


@attrs.frozen(repr=False)
class History:
    """
    Everything that a bank recorded, each request as its verb answered it, and the documents it went by.

    Every request can be run again on what was said before it and says the same.

    Attributes:
        today: The day of the last request, or later.
        courses: What the college teaches, by which applications are made.
    """

    said: tuple[Said, ...]
    documents: Mapping[Digest, Document]
    today: date
    courses: tuple[Course, ...]

    def __repr__(self) -> str:
        """Return what was said after the beginning, which is the same in all: a failing test prints this."""
        drawn = self.said[len(beginning().said) :]
        lines = (f"{said.request.on} {said.request.by}: {event!r}" for said in drawn for event in said.events)
        return "\n  ".join((f"History(today={self.today}, courses={self.courses}, beyond the beginning:", *lines, ")"))

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Let hypothesis print it so too; by itself it would print every rule book."""
        printer.text(repr(self))

    @property
    def events(self) -> tuple[Event, ...]:
        """Every event, in log order."""
        return tuple(event for said in self.said for event in said.events)

    @property
    def known(self) -> Known:
        """What a bank with this history knows; new each time, because it notes what it is asked."""
        return Known.of(self.events, self.documents)

    @property
    def accounts(self) -> tuple[AccountId, ...]:
        """The accounts that may be read and written, in the order in which they were opened; there is always one."""
        known, found = self.known, []
        for event in self.events:
            if isinstance(event, AccountOpened):
                with suppress(RefusedError):
                    found.append(known.account(event.account).id)
        return tuple(found)

    @property
    def books(self) -> Mapping[str, Digest]:
        """The digests of the rule books, by the books' ids."""
        return {book.book: digest for digest, book in self.documents.items() if isinstance(book, RuleBook)}

    def applications(self, account: AccountId) -> st.SearchStrategy[Application]:
        """
        Return applications that the college may make today for *account*, from what it holds.

        Nothing comes of it where the account holds no outcome or is not enrolled at the college: see ``holding``.
        """
        return _applications(self, account)

    @property
    def holding(self) -> tuple[AccountId, ...]:
        """The accounts that :meth:`applications` has something for."""
        known = self.known
        return tuple(
            id
            for id in self.accounts
            if any(not held.revoked for held in known.account(id).outcomes.values())
            and any(held.enrolment.programme.id == "510202" for held in known.account(id).enrolled_at(self.today))
        )


@st.composite
def _applications(draw: st.DrawFn, history: History, account: AccountId) -> Application:
    found = application_for(draw, history.known.account(account), history.courses, history.today)
    assert found is not None, "ask for an account among History.holding"
    return found


@st.composite
def histories(draw: st.DrawFn, *first: str, ending: bool = False, steps_max: int = STEPS_MAX) -> History:
    """
    Draw what a bank recorded: founded, with books, schools and two learners, and then anything that verbs allow.

    Args:
        first: Steps to take before any other, by name, all about the first account: ``certificate``, ``convert``, ``agree``,
            ``offer``, … (see :data:`creditbank.testing.strategies.story.STEPS`).
        ending: Whether the first account is restricted or erased at the end.
        steps_max: How many further things at most happen, each a few requests.
    """
    story = Story.begin(draw)
    story.first_only = True
    for name in first:
        story.step(name)
    story.first_only = False
    for names in draw(st.lists(st.sampled_from(_USUAL), max_size=steps_max)):
        for name in names:
            story.step(name)
    if ending:
        story.step(draw(st.sampled_from(_LAST)))
    return History(tuple(story.said), story.documents, story.day, story.courses)


def knowns() -> st.SearchStrategy[Known]:
    """Return what a bank knows, with at least one account to ask for."""
    return histories().map(lambda history: history.known)


# --- what is folded from one ------------------------------------------------------------------------------------------


def accounts(*first: str) -> st.SearchStrategy[Account]:
    """Return accounts that may be read and written, after the steps *first* and perhaps others; the laws of accounts hold."""
    return histories(*first).map(lambda history: history.known.account(history.accounts[0]))


def statements() -> st.SearchStrategy[Statement]:
    """Return statements (账户清单), as a person reads them."""
    return histories("certificate").map(lambda history: statement(history.known, history.accounts[0]))


def events(*kinds: type[Event]) -> st.SearchStrategy[Event]:
    """Return events of *kinds*, by default of any, each as a verb said it in a whole history."""
    return st.sampled_from(kinds or EVENTS).flatmap(_events)


def _events(kind: type[Event]) -> st.SearchStrategy[Event]:
    found = histories(*_SCRIPTS.get(kind.__name__, ()), steps_max=3)
    return found.flatmap(lambda history: _among((e for e in history.events if isinstance(e, kind)), kind))


def states(kind: type[State]) -> st.SearchStrategy[State]:
    """Return folded states of *kind*: accounts, institutions, shelves of books and curricula, catalogues, places."""
    if kind is Account:
        return accounts()

    def of(history: History) -> st.SearchStrategy[State]:
        streams: dict[StreamId, list[Event]] = {}
        for event in history.events:
            streams.setdefault(stream_of(event), []).append(event)
        folded = (fold(before(stream), found) for stream, found in streams.items())
        return _among((state for state in folded if isinstance(state, kind)), kind)

    return histories("curriculum").flatmap(of)


_PARTS: Final[Mapping[type[Any], tuple[tuple[str, ...], Callable[[Account], Iterable[Any]]]]] = {
    HeldEnrolment: ((), lambda account: account.enrolments.values()),
    HeldOutcome: (("deposit",), lambda account: account.outcomes.values()),
    ApplicationState: (_APPLY, lambda account: account.applications.values()),
    Objection: (
        (*_NOTICED, "object"),
        lambda account: (o for a in account.applications.values() for o in a.objections),
    ),
    StandingItem: (_APPLY, lambda account: account.standing()),
    TransferState: (("offer",), lambda account: account.transfers.values()),
    Lot: (("certificate",), lambda account: account.lots.values()),
}
"""What lies in an account, and the steps after which some account has it."""


def parts(kind: type[T]) -> st.SearchStrategy[T]:
    """Return what lies in accounts: enrolments, outcomes, applications, items, transfers, lots; or a statement's lots."""
    if kind is StatementLot:
        return statements().map(lambda found: found.lots).filter(bool).flatmap(st.sampled_from)
    first, of = _PARTS[kind]

    def found(history: History) -> list[T]:
        known = history.known
        return [each for id in history.accounts for each in of(known.account(id))]

    return histories(*first).map(found).filter(bool).flatmap(st.sampled_from)


def _among(found: Iterable[Any], kind: type[Any]) -> st.SearchStrategy[Any]:
    values = list(found)
    assert values, f"the steps of {kind.__name__} lead to none"
    return st.sampled_from(values)
