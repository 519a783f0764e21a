"""
What could be earned that no listed course stands for: sorts of courses, by where such a course would count.

A course is of one school and has one code, so it cannot be whatever every requirement asks for at once. A sort is as much
of it as one course could be: the leaf it is earned for, leaves of later pools and floors that it would count for as well.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import attrs

from creditbank.domain.degree.requirement import Share
from creditbank.domain.degree.together import Together
from creditbank.domain.degree.tree import Leaf, Tree
from creditbank.domain.rule.selection import Selection

__all__ = ["SORTS_MAX", "Sort", "Sorts"]

SORTS_MAX: Final = 64
"""Sorts of courses that are looked at for one leaf; where there are more, the answer is not proven."""

_STEPS_MAX: Final = 1_000

FloorKey = tuple[str, int]
"""(requirement, number of its floor, from 0)."""


@attrs.frozen
class Sort:
    """
    One sort of course.

    Attributes:
        home: The leaf it is earned for.
        also: The leaves of later pools that could take it as well.
        floors: The floors that it counts for, wherever its leaves are inside them.
    """

    home: str
    also: tuple[str, ...]
    floors: frozenset[FloorKey]


@attrs.frozen
class _Wish:
    """What a course may be: met by *selection*; or (*avoids*) none of those that a limit ``at_most`` would count it for."""

    selection: Selection
    avoids: bool


class Sorts:
    """The sorts of one tree. *complete*: there are no others."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.together = Together(tree.programme.head, tree.seen.of())
        self.floors: dict[FloorKey, Share] = {
            (node.id, number): floor
            for node in tree.root.walk()
            if tree.applies[node.id]
            for number, floor in enumerate(node.floors)
        }
        self.inside = {
            node.id: {leaf.node.id for leaf in tree.inside(node)}
            for node in tree.root.walk()
            if tree.applies[node.id] and node.floors
        }
        self.whole = True

    @property
    def complete(self) -> bool:
        """Tell whether all sorts were found."""
        return self.whole and self.together.complete

    def of(self, home: Leaf, later: Iterable[Leaf]) -> tuple[Sort, ...]:
        """Return the sorts of course that *home* takes, no two alike; each could count in as many of *later* as go together."""
        selection = home.take.from_
        others = [leaf for leaf in later if self.together.one((selection, leaf.take.from_))]
        near = {home.node.id, *(leaf.node.id for leaf in others)}
        floors = {key: floor for key, floor in self.floors.items() if not near.isdisjoint(self.inside[key[0]])}
        wishes = dict.fromkeys(_Wish(leaf.take.from_, False) for leaf in others if leaf.take.from_ is not None)
        wishes |= dict.fromkeys(_Wish(one.where, one.word == "at_most") for one in floors.values())
        return tuple(self._sort(home, others, floors, met) for met in self._largest(selection, tuple(wishes)))

    def _sort(
        self, home: Leaf, others: Sequence[Leaf], floors: Mapping[FloorKey, Share], met: frozenset[_Wish]
    ) -> Sort:
        also = (one for one in others if one.take.from_ is None or _Wish(one.take.from_, False) in met)
        # What a limit does not avoid counts against it.
        counts = (
            key
            for key, one in floors.items()
            if (_Wish(one.where, one.word == "at_most") in met) == (one.word == "at_least")
        )
        return Sort(home.node.id, tuple(one.node.id for one in also), frozenset(counts))

    def _largest(self, base: Selection | None, wishes: tuple[_Wish, ...]) -> list[frozenset[_Wish]]:
        """Return the sets of *wishes* that one course could meet, beside *base*, to which no further one can be added."""
        found: list[frozenset[_Wish]] = []
        waiting: list[tuple[tuple[_Wish, ...], tuple[_Wish, ...]]] = [((), wishes)]
        steps = 0
        while waiting:
            chosen, rest = waiting.pop()
            steps += 1
            if steps > _STEPS_MAX or len(found) >= SORTS_MAX:
                self.whole = False
                break
            rest = tuple(one for one in rest if self._fit(base, (*chosen, one)))
            if self._fit(base, (*chosen, *rest)):
                met = frozenset((*chosen, *rest))
                if not any(met <= other for other in found):
                    found = [*(other for other in found if not other <= met), met]
                continue
            turn = self._conflict(base, chosen, rest)
            left = tuple(one for one in rest if one is not turn)
            waiting += [(chosen, left), ((*chosen, turn), left)]
        return found

    def _conflict(self, base: Selection | None, chosen: tuple[_Wish, ...], rest: tuple[_Wish, ...]) -> _Wish:
        """Return the first of *rest* that cannot be met with some others of it."""
        for one in rest:
            without = tuple(other for other in rest if other is not one)
            if self._fit(base, (*chosen, *without)):
                return one
            rest = without
        raise AssertionError("nothing left of them fits")

    def _fit(self, base: Selection | None, wishes: Sequence[_Wish]) -> bool:
        met = (base, *(one.selection for one in wishes if not one.avoids))
        return self.together.one(met, (one.selection for one in wishes if one.avoids))
