"""
What would not be decided so today: quoted again after something fell, and reported. Nothing is granted or taken by it.

A revocation, a correction, a rejection undoes what *used* what fell. Decisions that only *looked* at it (a limit, a group, what was
held or done) stand; where they would come out otherwise without it, this says so. Nothing is granted anew without an application.
"""

from collections.abc import Iterator

import attrs

from creditbank.domain.account import Account, ApplicationState, StandingItem
from creditbank.domain.known import Known
from creditbank.domain.name import AccountId, ApplicationId
from creditbank.domain.rule import ItemResult, decide
from creditbank.domain.view.case import case_again

__all__ = ["Reconsidered", "gist", "reconsider"]


@attrs.frozen
class Reconsidered:
    """
    A recorded result that would come out otherwise without what fell since, or that stands although a source of it fell.

    Attributes:
        recorded: What was decided, and stands.
        now: What the same book gives the same item, on the same day, without what fell; None where a source of it fell and
            the result stands for good: it is final, or its credit was spent on what is.
        fallen: The sources of the item that hold no longer; only what stands for good still uses such.
    """

    application: ApplicationId
    item: str
    recorded: ItemResult
    now: ItemResult | None
    fallen: tuple[str, ...]


def reconsider(known: Known, account: AccountId) -> tuple[Reconsidered, ...]:
    """
    Return the results of *account* that would not be decided so today, refused ones among them, oldest application first.

    Each application is quoted again on its own day and under its own version of the book, with the record as it was before it, but
    without what was revoked, corrected, undone or closed since. Where nothing fell, nothing is returned.

    Raises, in this order:
        UnknownError, ErasedError, RestrictedError: The account cannot be read.
    """
    held = known.account(account)
    return tuple(row for state in held.applications.values() for row in _of(known, held, state))


def _of(known: Known, held: Account, state: ApplicationState) -> Iterator[Reconsidered]:
    if state.status not in ("pending", "converted", "refused"):
        return
    sound: list[str] = []
    for item in state.application.items:
        recorded = state.decision.result(item.id)
        sources = (*item.sources, *StandingItem(state, item, recorded).sources)
        fallen = tuple(source for source in dict.fromkeys(sources) if held.fallen(source))
        stands = recorded.refused is None and item.id not in state.undone
        if not fallen and (stands or recorded.refused is not None):
            sound.append(item.id)
        elif stands:
            yield Reconsidered(state.id, item.id, recorded, None, fallen)
    if not sound:
        return
    for result in decide(known.book(state.book), case_again(known, held, state, sound)).results:
        recorded = state.decision.result(result.item)
        if gist(result) != gist(recorded):
            yield Reconsidered(state.id, result.item, recorded, result, ())


def gist(result: ItemResult) -> ItemResult:
    """Leave out what was compared, counted and declined on the way: the numbers in them may move, the result need not."""
    short = attrs.evolve(result, compared=(), also=(), floors=(), level_points=None)
    return short if result.refused is None else attrs.evolve(short, declined_lines=(), clause="", basis="", waived=())
