"""
What falls when something is taken back: credit goes where its remaining uses put it, and every item that stood on it is undone.

No verbs; :mod:`creditbank.domain.decide.account` and :mod:`creditbank.domain.decide.convert` say what these work out.
"""

from collections.abc import Iterator
from datetime import date

import attrs

from creditbank.domain.account import Account, ApplicationState, ApplicationStatus, StandingItem
from creditbank.domain.event import ApplicationClosed, Closing, Event, ItemsUndone
from creditbank.domain.lot import Place, Posting
from creditbank.domain.name import ApplicationId

__all__ = ["closed", "settled", "spent_for_good", "undone", "with_status", "withdrawn"]

_OPEN: tuple[Place, ...] = ("held", "reserved", "converted", "redeemed")
"""Where credit is that its uses put there; what was forfeited or revoked stays so."""


def withdrawn(held: Account, lot: str) -> tuple[Posting, ...]:
    """Take the credit of *lot* to ``revoked`` from wherever it is."""
    if lot not in held.lots:
        return ()
    amounts = [(place, held.lots[lot].at(place)) for place in _OPEN]
    return tuple(Posting(lot, place, "revoked", credit) for place, credit in amounts if credit)


def undone(held: Account, cause: str, on: date) -> Iterator[Event]:
    """
    Undo what stands on *cause*, then what stands on that, breadth first; one event for each application touched.

    What is final stands, and so does what stands on it, and whatever granted the credit that it spent: else the other sources
    of that would be free, to be spent again. A pending application of which nothing is left is closed.
    """
    waiting = [cause]
    while waiting:
        cause = waiting.pop(0)
        touched: dict[ApplicationId, list[StandingItem]] = {}
        for use in held.uses(cause):
            if not use.final and spent_for_good(held, use.lot) is None:
                touched.setdefault(use.application.id, []).append(use)
        for application, uses in touched.items():
            event = _undo(held, application, uses, cause)
            yield event
            held = held.after(event)
            waiting += [use.lot for use in uses]
            state = held.applications[application]
            if state.status == "pending" and all(item.application.id != application for item in held.standing()):
                close = closed(held, state, "undone", on, f"nothing is left of it: {cause} fell")
                yield close
                held = held.after(close)


def spent_for_good(held: Account, lot: str) -> StandingItem | None:
    """Return the first item that spent *lot*, or credit granted from it at any depth, and is final."""
    waiting, seen = [lot], {lot}
    while waiting:
        for use in held.spending(waiting.pop(0)):
            if use.final:
                return use
            if use.lot not in seen:
                seen.add(use.lot)
                waiting.append(use.lot)
    return None


def _undo(held: Account, application: ApplicationId, uses: list[StandingItem], cause: str) -> ItemsUndone:
    items = tuple(use.item.id for use in uses)
    moves = [move for use in uses for move in withdrawn(held, use.lot)]
    state = held.applications[application]
    without = attrs.evolve(state, undone=(*state.undone, *items))
    left = attrs.evolve(held, applications={**held.applications, application: without})
    sources = dict.fromkeys(source for use in uses for source in use.sources)
    moves += [move for lot in sources for move in settled(left, lot)]
    return ItemsUndone(held.id, application, items, cause, tuple(moves))


def closed(held: Account, state: ApplicationState, how: Closing, on: date, reason: str) -> ApplicationClosed:
    """Close an application, and give back what it alone held."""
    after = with_status(held, state, how)
    mine = [item for item in held.standing() if item.application.id == state.id]
    sources = dict.fromkeys(source for item in mine for source in item.result.used)
    freed = tuple(move for lot in sources for move in settled(after, lot))
    return ApplicationClosed(held.id, state.id, how, on, reason, freed)


def with_status(held: Account, state: ApplicationState, status: ApplicationStatus) -> Account:
    """Return the account as it would be were the application's status *status*."""
    return attrs.evolve(held, applications={**held.applications, state.id: attrs.evolve(state, status=status)})


def settled(account: Account, lot: str) -> tuple[Posting, ...]:
    """
    Return the move that takes *lot* to where its standing uses put it: redeemed, else converted, else reserved, else held.

    Credit that is revoked or otherwise gone stays so; a lot that is there already needs no move.
    """
    if lot not in account.lots:
        return ()
    done = [use for use in account.spending(lot) if use.application.status == "converted"]
    where: Place = "held"
    if done:
        where = "redeemed" if any(use.redeems for use in done) else "converted"
    elif account.spending(lot):
        where = "reserved"
    moves = [(place, account.lots[lot].at(place)) for place in _OPEN if place != where]
    return tuple(Posting(lot, place, where, credit) for place, credit in moves if credit)
