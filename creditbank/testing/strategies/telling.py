"""
Telling: requests put one after another to their verbs, over nothing but events, and looking at what came of them.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import date
from typing import Concatenate, ParamSpec, TypeVar

import attrs
import hypothesis.strategies as st

from creditbank.domain.account import Account, ApplicationState, HeldEnrolment, TransferState
from creditbank.domain.curriculum import Document
from creditbank.domain.decide.convert import waiting
from creditbank.domain.event import AccountOpened, Event
from creditbank.domain.known import Known
from creditbank.domain.name import Digest, InstitutionId
from creditbank.domain.programme import Course
from creditbank.domain.request import Request
from creditbank.errors import RefusedError

__all__ = ["Said", "Teller", "hexed"]

P = ParamSpec("P")
T = TypeVar("T")


@attrs.frozen
class Said:
    """One request, and the events that its verb said."""

    request: Request
    events: tuple[Event, ...]


def hexed(number: int) -> str:
    """Return 32 hexadecimal digits, the same for the same number."""
    return hashlib.sha256(f"story {number}".encode()).hexdigest()[:32]


@attrs.define
class Teller:
    """
    What was said so far.

    Attributes:
        courses: What the college teaches; every application asks for some of these.
        first_only: Steps are about the first account there is, so that they build on each other.
    """

    draw: st.DrawFn
    day: date
    said: list[Said]
    documents: dict[Digest, Document]
    courses: tuple[Course, ...]
    first_only: bool = False

    @property
    def events(self) -> tuple[Event, ...]:
        """Everything that was said."""
        return tuple(event for said in self.said for event in said.events)

    @property
    def known(self) -> Known:
        """What a bank would know now."""
        return Known.of(self.events, self.documents)

    def tell(
        self,
        by: InstitutionId,
        verb: Callable[Concatenate[Known, Request, P], Iterator[Event]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> None:
        """Put one request. Raises what the verb raises, and then nothing was said."""
        number = len(self.said)
        request = Request(by, f"story-{number}", self.day, None, hexed(number))
        self.said.append(Said(request, tuple(verb(self.known, request, *args, **kwargs))))

    def accounts(self) -> tuple[Account, ...]:
        """Return the accounts that may be read and written, in the order in which they were opened."""
        known, found = self.known, []
        for event in self.events:
            if isinstance(event, AccountOpened):
                with suppress(RefusedError):
                    found.append(known.account(event.account))
        return tuple(found)

    def concerned(self) -> tuple[Account, ...]:
        """Return the accounts that a step may be about."""
        return self.accounts()[:1] if self.first_only else self.accounts()

    def one(self, among: Sequence[T]) -> T | None:
        """Draw one of *among*; None where there is none."""
        return self.draw(st.sampled_from(among)) if among else None

    # --- looking ------------------------------------------------------------------------------------------------------

    def enrolment_that(self, fits: Callable[[HeldEnrolment], bool]) -> tuple[Account, HeldEnrolment] | None:
        """Draw an enrolment for which *fits* holds."""
        return self.one([(a, held) for a in self.concerned() for held in a.enrolments.values() if fits(held)])

    def pending(self) -> tuple[Account, ApplicationState] | None:
        """Draw an application that waits for somebody."""
        return self.one(self.pendings())

    def pendings(self) -> list[tuple[Account, ApplicationState]]:
        """Return the applications that wait for somebody."""
        return [(a, s) for a in self.concerned() for s in a.applications.values() if s.status == "pending"]

    def offered(self) -> tuple[Account, TransferState] | None:
        """Draw a transfer that waits for its answer."""
        return self.one([(a, s) for a in self.concerned() for s in a.transfers.values() if s.status == "offered"])

    def waits_for(self, state: ApplicationState) -> InstitutionId:
        """Draw one of those who have to agree."""
        return self.draw(st.sampled_from(waiting(state, self.known.book(state.book)).members))
