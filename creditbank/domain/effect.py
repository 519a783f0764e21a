"""What an event does, as functions of the event alone: its stream, its postings, the names it claims."""

import attrs

from creditbank.domain.event import (
    AccountOpened,
    ApplicationClosed,
    Applied,
    BankFounded,
    BookPublished,
    BookSuperseded,
    BookWithdrawn,
    Converted,
    CreditSystemPublished,
    CurriculumPublished,
    Event,
    InstitutionRegistered,
    ItemsUndone,
    KeyAdded,
    KeyRestored,
    KeyRetired,
    KeyRevoked,
    OutcomeCorrected,
    OutcomeDeposited,
    OutcomeRevoked,
    SeatsSet,
    SeatTaken,
)
from creditbank.domain.lot import Posting
from creditbank.domain.name import SYSTEMS, Claim, StreamId, Token, book_stream
from creditbank.errors import MalformedError

__all__ = ["claims", "filled", "postings", "stream_of"]


def stream_of(event: Event) -> StreamId:
    """Return the one stream that *event* belongs to."""
    match event:
        case OutcomeDeposited():  # most events: the others need not be tried
            return event.account
        case BankFounded() | InstitutionRegistered() | KeyAdded() | KeyRestored() | KeyRetired() | KeyRevoked():
            return event.institution
        case CreditSystemPublished():
            return SYSTEMS
        case BookPublished() | BookSuperseded() | BookWithdrawn():
            return book_stream(event.book)
        case CurriculumPublished():
            return event.curriculum
        case SeatsSet() | SeatTaken():
            return event.seats
        case _:
            return event.account


def postings(event: Event) -> tuple[Posting, ...]:
    """Return the moves of credit; each is from one place to another, so they sum to zero by construction."""
    match event:
        case OutcomeDeposited(id=id, outcome=outcome) if outcome.credits is not None:
            return (Posting(id, "issued", "held", outcome.credits),)
        case Applied(reserved=moves):
            return moves
        case Converted() | ApplicationClosed() | OutcomeRevoked() | OutcomeCorrected() | ItemsUndone():
            return event.postings
        case _:
            return ()


def claims(event: Event) -> tuple[Claim, ...]:
    """Return the names that *event* takes: unique in the bank, kept beside the entry and not in its payload."""
    match event:
        case AccountOpened(person=person):
            return (person,)
        case OutcomeDeposited(outcome=outcome) if outcome.number is not None:
            return (outcome.number,)
        case _:
            return ()


def filled(event: Event, names: tuple[str, ...]) -> Event:
    """
    Return *event* with the tokens that its payload left out, from the *names* kept beside the entry.

    Raises:
        MalformedError: The names are not those that the event takes.
    """
    if tuple(name.partition(":")[0] for name in names) != tuple(claim.kind for claim in claims(event)):
        raise MalformedError(
            "the names claimed by an entry are not those kept beside it",
            type(event).__name__,
            "restore the claim table",
        )
    if not names:
        return event
    token = Token(names[0].partition(":")[2])
    match event:
        case AccountOpened(person=person):
            return attrs.evolve(event, person=attrs.evolve(person, token=token))
        case OutcomeDeposited(outcome=outcome) if outcome.number is not None:
            number = attrs.evolve(outcome.number, token=token)
            return attrs.evolve(event, outcome=attrs.evolve(outcome, number=number))
        case _:
            raise AssertionError("only events that claim have names")
