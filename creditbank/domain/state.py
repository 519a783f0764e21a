"""States: what the events of a stream add up to, one class for each kind of stream."""

from collections.abc import Iterable

from creditbank.domain.account import Account
from creditbank.domain.event import Event
from creditbank.domain.institution import Institution
from creditbank.domain.name import AccountId, InstitutionId, StreamId, kind_of
from creditbank.domain.shelf import BookShelf, Catalogue, CurriculumShelf, Seats
from creditbank.errors import MalformedError

__all__ = ["FOLD", "State", "before", "fold"]

State = Account | Institution | BookShelf | CurriculumShelf | Catalogue | Seats

FOLD = 5
"""The number of this way of folding. A kept state with another number is thrown away and folded again."""


def before(stream: StreamId) -> State:
    """Return the state of *stream* before its first event."""
    match kind_of(stream):
        case "account":
            return Account(AccountId(stream))
        case "keys":
            return Institution(InstitutionId(stream))
        case "book":
            return BookShelf(stream)
        case "curriculum":
            return CurriculumShelf(stream)
        case "catalogue":
            return Catalogue(stream)
        case "seats":
            return Seats(stream)
        case kind:
            raise MalformedError(f"there are no streams of kind {kind!r}", stream, "check the name")


def fold(state: State, events: Iterable[Event]) -> State:
    """Return *state* after *events*."""
    for event in events:
        state = state.after(event)
    return state
