"""
What a plan says: its items, ready to be asked for; what is certain about it; and what stands in the way of more.
"""

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from typing import Final, Literal

import attrs

from creditbank.domain.rule.book import RuleBook
from creditbank.domain.rule.case import CaseItem
from creditbank.domain.rule.decision import Decision, Measured
from creditbank.planner.solver import ClauseKey

__all__ = ["UNBOUND", "Barred", "Open", "Plan", "PlannedItem", "names_of"]

Open = Literal[
    "row",
    "candidates",
    "joint",
    "pool",
    "highest",
    "share",
    "counts",
    "size",
    "amounts",
    "rounds",
    "solver",
    "ties",
    "forbids",
    "stated",
    "requirements",
]
"""
What a plan did not settle exactly.

``row``: a row can be met in more ways than were looked at. ``candidates``: there are more items than were looked at.
``joint``: more sources could be put together for one target. ``pool``: so could they for a pool, where items are counted.
``highest``: who is highest depends on how many items are asked for. ``share``: a lower one could be asked for in part.
``counts``: a limit counts something of one item and not of another. ``size``: numbers too large for the solver.
``amounts``: less of an item that was set aside might be granted. ``rounds``: the engine refused every plan that was tried.
``solver``: the solver gave up before it was sure that nothing is better. ``ties``: another plan of the same credits may come first.
``forbids``: a smaller set of clauses may forbid more. ``stated``: outcomes were left out of which an earlier application
stated facts. ``requirements``: the degree audit afterwards may find, or finds, something else missing than the model says.
"""

UNBOUND: Final[frozenset[Open]] = frozenset(
    {"row", "candidates", "joint", "pool", "highest", "share", "stated", "requirements"}
)
"""With one of these nothing is claimed about plans that were not looked at. The others leave the bound a bound."""


def names_of(books: Sequence[RuleBook]) -> tuple[str, ...]:
    """Return what a plan under *books* calls each of them: its id; ``id@version`` where several versions of it are asked."""
    several = Counter(book.book for book in books)
    return tuple(book.book if several[book.book] == 1 else f"{book.book}@{book.version}" for book in books)


@attrs.frozen
class PlannedItem:
    """
    An item to ask for: under *book* (see :func:`names_of`), with the exact amount in ``item.ask`` where the book grants parts.

    *credits* is what it will be granted, *targets* what of it each target gets.
    """

    book: str
    item: CaseItem
    credits: Fraction
    targets: tuple[tuple[str, Fraction], ...]


@attrs.frozen
class Barred:
    """Why *ways* pairs of sources and target are no items under *book*: *code*, by its *clause* (empty: by the engine)."""

    book: str
    code: str
    clause: str
    ways: int


@attrs.frozen
class Plan:
    """
    The best use of what a learner has, as far as that is certain.

    Of all sets of items that are granted in full in any order, this one grants the most credits; of those that grant as
    much, it meets the most targets without credits, then uses the fewest sources, then has the fewest items; of those
    that are still equal it has the items that come first, by the ids of their sources and then of their targets.

    Books are named by their ids, and by ``id@version`` where several versions of one are asked.

    Attributes:
        items: In that order. ``decide`` granted them all, in this order, in the opposite one and by target.
        credits: What they grant together, in *system*.
        bound: No set of items grants more (and leaves as little missing, where that comes first). None: nothing is claimed.
        step: Amounts are multiples of it.
        least: Of a plan for a programme: what the degree audit finds missing afterwards, in credits and in courses. Of the sets of
            items that keep what listed courses could not make up for, none leaves less, where what no listed course stands for is
            earned only as today's audit allows it. None: nothing is claimed, or it is no such plan.
        forbids: A smallest set of clauses, each as (rule book, clause), that together forbid more: without any one of them
            more could be had. By books in the order asked, then in file order. Empty: everything that is eligible is
            granted, or worth nothing beside it. None: not known: it was not asked, or this plan is not known to be optimal.
        barred: Why the other pairs of sources and targets are not eligible, most frequent first.
        open: What was not settled exactly.
        decisions: What ``decide`` said of the plan, one a book that it asks something of. Floors refuse nothing there; what they
            lack is in :attr:`short`.
    """

    system: str
    items: tuple[PlannedItem, ...]
    credits: Fraction
    bound: Fraction | None
    step: Fraction
    least: tuple[Fraction, int] | None
    forbids: tuple[ClauseKey, ...] | None
    barred: tuple[Barred, ...]
    open: tuple[Open, ...]
    decisions: tuple[Decision, ...]

    @property
    def short(self) -> tuple[tuple[str, Measured], ...]:
        """Return the floors that do not hold when everything planned is granted: the book, and what was measured."""
        books = dict.fromkeys(one.book for one in self.items)  # in the order of their decisions
        return tuple(
            (book, floor) for book, decision in zip(books, self.decisions, strict=True) for floor in decision.short
        )

    @property
    def optimal(self) -> bool:
        """Say whether it is certain that nothing is better: the bound is less than one step above the credits."""
        return self.bound is not None and self.bound - self.credits < self.step
