"""
A tree as an integer program: whole numbers only, so that whoever solves it can be checked exactly.

    s   the requirement is one of those that shall be met
    x   the source counts in the leaf; in a leaf that takes nothing from others there is none, and all that fits counts
    u   the listed course is taken
    y   credits, or courses, of one sort that no listed course stands for, earned for the leaf
    z   as many of them that count in a leaf of a later pool as well
    d   what the leaf lacks of credits, or of courses, by what the learner has alone
    a   the credits of a source that may count with fewer than it says, in a leaf that it counts in

What is wanted, in this order: (where unlisted courses may be earned for a leaf that its own list could fill: the fewest of
these, of unknown credits first;) the fewest credits to earn; the fewest courses to take; the fewest requirements chosen, earlier
ones first, with earlier listed courses first; leaves that lack least; the fewest outcomes that count (nothing counts in vain),
earlier ones first.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from fractions import Fraction
from math import lcm, prod
from typing import Final, Literal

import attrs

from creditbank.domain.degree.requirement import Group, Node, Share
from creditbank.domain.degree.tree import Leaf, Tree
from creditbank.domain.degree.unlisted import Sort, Sorts

__all__ = ["KINDS", "SHARES_MAX", "Homes", "Kind", "Model", "Row", "Stage", "Terms", "Variables", "model_of"]

Terms = tuple[tuple[int, int], ...]
"""(variable, coefficient)."""

Kind = Literal["credits", "courses"]
Homes = Collection[tuple[Kind, str]]
"""Leaves for which something may be earned that no listed course stands for: credits, or courses."""

KINDS: Final[tuple[Kind, ...]] = ("credits", "courses")

SHARES_MAX: Final = 10_000
"""By how much shares of what counts may multiply what has to be earned; no real programme has come near."""


@attrs.frozen
class Row:
    """The sum of *terms* is at least *at_least*."""

    terms: Terms
    at_least: int


@attrs.frozen
class Stage:
    """The sum of *least* as small as it can be; then the variables *first* as large as they can be, one after the other."""

    least: Terms
    first: tuple[int, ...]


@attrs.frozen
class Model:
    """
    Attributes:
        upper: Of each variable, which is whole and not below 0.
        stages: What is wanted, one after the other.
        complete: Nothing was left out that could be earned; else what is best here may not be the best there is.
    """

    upper: tuple[int, ...]
    rows: tuple[Row, ...]
    stages: tuple[Stage, ...]
    complete: bool = True

    def holds(self, values: tuple[int, ...]) -> bool:
        """Tell whether *values* are within their bounds and meet every row, exactly."""
        within = all(0 <= value <= most for value, most in zip(values, self.upper, strict=True))
        return within and all(sum(c * values[v] for v, c in row.terms) >= row.at_least for row in self.rows)


@attrs.frozen
class Variables:
    """Which variable says what; *amounts* by source and leaf, of sources that vary. *scale*: units of the model to a credit."""

    chosen: Mapping[str, int]
    counts: Mapping[tuple[str, str], int]
    taken: Mapping[str, int]
    unlisted: Mapping[tuple[Kind, Sort], int]
    also: Mapping[tuple[Kind, Sort, str], int]
    scale: int
    amounts: Mapping[tuple[str, str], int] = attrs.field(factory=dict)


def model_of(tree: Tree, *, anything: bool, homes: Homes | None = None) -> tuple[Model, Variables]:
    """
    Return the model of *tree*, and what its variables say.

    Args:
        anything: Credits that no listed course stands for may be earned for every leaf, and two aims come before the others:
            the fewest of them where a leaf's own holdings and listed courses could fill it. Else only where they could not.
        homes: For which leaves they may be, whatever else there is: as it was in another model.
    """
    return _Builder(tree, anything, homes).build()


class _Builder:
    """One use: gathers variables and rows."""

    def __init__(self, tree: Tree, anything: bool, homes: Homes | None) -> None:
        self.tree = tree
        self.homes = homes
        self.anything = anything
        self.scale = lcm(*(amount.denominator for amount in _amounts(tree)))
        self.upper: list[int] = []
        self.rows: list[Row] = []
        self.chosen: dict[str, int] = {}
        self.counts: dict[tuple[str, str], int] = {}
        self.taken: dict[str, int] = {}
        self.unlisted: dict[tuple[Kind, Sort], int] = {}
        self.also: dict[tuple[Kind, Sort, str], int] = {}
        self.earning: dict[tuple[Kind, str], list[tuple[int, Sort]]] = {}
        self.sorts = Sorts(tree)
        self.lacks: dict[tuple[Kind, str], int] = {}
        self.amounts: dict[tuple[str, str], int] = {}
        self.most = {
            "credits": self.most_credits(),
            "courses": sum(one.take.courses or 0 for one in tree.leaves.values()),
        }

    def build(self) -> tuple[Model, Variables]:
        for node in self.tree.root.walk():
            if self.tree.applies[node.id]:
                self.chosen[node.id] = self.variable(1)
        self.row([(self.chosen[self.tree.root.id], 1)], 1)
        for id, source in self.tree.sources.items():
            if source.origin == "listed":
                self.taken[id] = self.variable(1)
        for leaf in self.tree.leaves.values():
            for id in leaf.matches if not leaf.free else ():
                self.counts[id, leaf.node.id] = self.variable(1)
                if self.tree.sources[id].varies:
                    self.varying(id, leaf)
        for kind in KINDS:
            self.unlisted_of(kind)
        for node in self.tree.root.walk():
            if self.tree.applies[node.id]:
                self.node(node)
        self.once()
        model = Model(tuple(self.upper), tuple(self.rows), self.stages(), self.sorts.complete)
        says = Variables(self.chosen, self.counts, self.taken, self.unlisted, self.also, self.scale, self.amounts)
        return model, says

    def most_credits(self) -> int:
        """Return a bound on what has to be earned of one sort: all that is asked for, by so much as shares may multiply it."""
        floors = [floor for node in self.tree.root.walk() for floor in node.floors]
        asked = [leaf.need for leaf in self.tree.leaves.values()] + [floor.credits for floor in floors]
        shares = {floor.share.denominator for floor in floors if floor.share is not None}
        return sum(self.units(one) for one in asked if one is not None) * min(prod(shares), SHARES_MAX)

    # --- variables ----------------------------------------------------------------------------------------------------

    def variable(self, upper: int) -> int:
        self.upper.append(upper)
        return len(self.upper) - 1

    def row(self, terms: Iterable[tuple[int, int]], at_least: int) -> None:
        summed: dict[int, int] = {}
        for variable, coefficient in terms:
            summed[variable] = summed.get(variable, 0) + coefficient
        self.rows.append(Row(tuple((v, c) for v, c in summed.items() if c), at_least))

    def units(self, credits: Fraction) -> int:
        exact = credits * self.scale
        assert exact.denominator == 1, "the scale holds every amount"
        return exact.numerator

    def worth(self, id: str, kind: Kind) -> int:
        holding = self.tree.sources[id].holding
        return self.units(holding.credits) if kind == "credits" else int(holding.whole)

    def varying(self, id: str, leaf: Leaf) -> None:
        """Make the variable of what a source that varies counts with in *leaf*: nothing where it does not count."""
        most = self.worth(id, "credits")
        amount = self.amounts[id, leaf.node.id] = self.variable(most)
        self.row([(self.counts[id, leaf.node.id], most), (amount, -1)], 0)

    def counted(self, id: str, leaf: Leaf, kind: Kind) -> tuple[int, int]:
        """Return the term of what a source comes to in a leaf that is not free."""
        if kind == "credits" and self.tree.sources[id].varies:
            return self.amounts[id, leaf.node.id], 1
        return self.counts[id, leaf.node.id], self.worth(id, kind)

    def wanted(self, leaf: Leaf, kind: Kind) -> int | None:
        if kind == "courses":
            return leaf.take.courses
        return None if leaf.need is None else self.units(leaf.need)

    def unlisted_of(self, kind: Kind) -> None:
        """Make the variables of what no listed course stands for: for open leaves, and where it counts as well."""
        # The first pool is that of the whole tree, where an outcome counts once: what is earned is earned there, if it can be.
        pools = dict.fromkeys((self.tree.root.id, *(leaf.pool for leaf in self.tree.leaves.values())))
        places = {pool: place for place, pool in enumerate(pools)}
        asking = [leaf for leaf in self.tree.leaves.values() if self.wanted(leaf, kind)]
        homes = [leaf for leaf in asking if self.home(leaf, kind)]
        for home in homes:
            later = (leaf for leaf in asking if places[home.pool] < places[leaf.pool])
            for sort in self.sorts.of(home, later):
                y = self.unlisted[kind, sort] = self.variable(self.most[kind])
                self.earning.setdefault((kind, home.node.id), []).append((y, sort))
                others: dict[str, list[int]] = {}
                for id in sort.also:
                    z = self.also[kind, sort, id] = self.variable(self.most[kind])
                    self.earning.setdefault((kind, id), []).append((z, sort))
                    others.setdefault(self.tree.leaves[id].pool, []).append(z)
                for several in others.values():
                    self.row([(y, 1), *((z, -1) for z in several)], 0)

    def home(self, leaf: Leaf, kind: Kind) -> bool:
        if self.homes is not None:
            return (kind, leaf.node.id) in self.homes
        return self.anything or self.short(leaf, kind)

    def spare(self, kind: Kind) -> tuple[int, ...]:
        """Return the variables of what is earned unlisted for leaves that their own list could fill."""
        return tuple(
            variable
            for (each, sort), variable in self.unlisted.items()
            if each == kind and not self.short(self.tree.leaves[sort.home], kind)
        )

    def short(self, leaf: Leaf, kind: Kind) -> bool:
        """Tell whether all that *leaf* would take does not fill it."""
        return self.filled(leaf, kind) < (self.wanted(leaf, kind) or 0)

    def filled(self, leaf: Leaf, kind: Kind) -> int:
        """Return how much of *leaf* all that it would take comes to; a course once, at its best result."""
        return sum(self.worth(id, kind) for id in self.tree.best(leaf))

    # --- rows ---------------------------------------------------------------------------------------------------------

    def node(self, node: Node) -> None:
        chosen = self.chosen[node.id]
        if isinstance(node.ask, Group):
            parts = [self.chosen[part.id] for part in node.ask.parts if self.tree.applies[part.id]]
            count = len(parts) if node.ask.count is None else node.ask.count
            self.row([*((part, 1) for part in parts), (chosen, -count)], 0)
            for part in parts:
                self.row([(chosen, 1), (part, -1)], 0)  # what is not asked for is not met in part either
        else:
            self.leaf(self.tree.leaves[node.id], chosen)
        for number, (floor, selected) in enumerate(zip(node.floors, self.tree.floors[node.id], strict=True)):
            self.floor(node, number, floor, selected)

    def leaf(self, leaf: Leaf, chosen: int) -> None:
        for id in leaf.matches if not leaf.free else ():
            self.row([(chosen, 1), (self.counts[id, leaf.node.id], -1)], 0)
        for kind in KINDS:
            wanted = self.wanted(leaf, kind)
            if wanted is not None:
                have = sum(self.worth(id, kind) for id in self.tree.best(leaf) if self.tree.sources[id].held)
                start = have if leaf.free else 0
                self.row([*self.sum(leaf, kind), (chosen, -wanted)], -start)
                if not leaf.free:
                    lack = self.lacks[kind, leaf.node.id] = self.variable(wanted)
                    held = (id for id in leaf.matches if self.tree.sources[id].held)
                    counts = [self.counted(id, leaf, kind) for id in held]
                    self.row([(lack, 1), *counts, (chosen, -wanted)], 0)

    def sum(self, leaf: Leaf, kind: Kind) -> Iterator[tuple[int, int]]:
        """Yield the terms of what counts in *leaf*."""
        for id in leaf.matches:
            if not leaf.free:
                yield self.counted(id, leaf, kind)
            elif id in self.taken:
                yield self.taken[id], self.worth(id, kind)
        yield from ((variable, 1) for variable, _ in self.earned(leaf, kind))

    def earned(self, leaf: Leaf, kind: Kind) -> list[tuple[int, Sort]]:
        """Return what is earned unlisted and counts in *leaf*: the variable, and its sort."""
        return self.earning.get((kind, leaf.node.id), [])

    def floor(self, node: Node, number: int, floor: Share, selected: frozenset[str]) -> None:
        every: list[tuple[int, int]] = []
        some: list[tuple[int, int]] = []
        for leaf in self.tree.inside(node):
            for id in leaf.matches:
                term = self.counted(id, leaf, "credits")
                every.append(term)
                some += [term] if id in selected else []
            for variable, sort in self.earned(leaf, "credits"):
                every.append((variable, 1))
                some += [(variable, 1)] if (node.id, number) in sort.floors else []
        sign = 1 if floor.word == "at_least" else -1
        if floor.share is not None:
            part, whole = floor.share.numerator, floor.share.denominator
            self.row([*((v, sign * c * whole) for v, c in some), *((v, -sign * c * part) for v, c in every)], 0)
        else:
            assert floor.credits is not None, "a floor is an amount or a share"
            need = self.units(floor.credits)
            self.row([*((v, sign * c) for v, c in some), (self.chosen[node.id], -sign * need)], 0)

    def once(self) -> None:
        """In a pool, a course counts once; and of the listed courses, those that are taken."""
        groups: dict[tuple[str, str], list[int]] = {}
        for (id, leaf), variable in self.counts.items():
            groups.setdefault((self.tree.leaves[leaf].pool, self.tree.sources[id].once), []).append(variable)
            if id in self.taken:
                self.row([(self.taken[id], 1), (variable, -1)], 0)
        for several in groups.values():
            if len(several) > 1:
                self.row([(variable, -1) for variable in several], -1)

    # --- what is wanted -----------------------------------------------------------------------------------------------

    def stages(self) -> tuple[Stage, ...]:
        unlisted = {kind: [(v, 1) for (each, _), v in self.unlisted.items() if each == kind] for kind in KINDS}
        credits = [(variable, self.worth(id, "credits")) for id, variable in self.taken.items()]
        place = {id: number for number, id in enumerate(self.tree.sources)}
        counts = sorted(self.counts, key=lambda key: place[key[0]])  # stable: of one source, leaves in file order
        spare = (self.spare("courses"), self.spare("credits")) if self.anything else ()
        return (
            *(Stage(tuple((v, 1) for v in each), each) for each in spare),
            Stage((*((v, c) for v, c in credits if c), *unlisted["credits"]), ()),
            Stage((*((v, 1) for v in self.taken.values()), *unlisted["courses"]), ()),
            Stage(tuple((v, 1) for v in self.chosen.values()), (*self.chosen.values(), *self.taken.values())),
            *(Stage(tuple((v, 1) for (each, _), v in self.lacks.items() if each == kind), ()) for kind in KINDS),
            Stage(
                tuple((v, 1) for v in self.counts.values()),
                # Their sums are settled: as much as can be for later leaves is as little as will do for earlier ones.
                (*(self.counts[key] for key in counts), *reversed(self.unlisted.values())),
            ),
        )


def _amounts(tree: Tree) -> Iterator[Fraction]:
    """Yield every amount of credits that the model holds."""
    yield tree.perhaps.step
    yield from (source.holding.credits for source in tree.sources.values())
    yield from (leaf.need for leaf in tree.leaves.values() if leaf.need is not None)
    yield from (floor.credits for node in tree.root.walk() for floor in node.floors if floor.credits is not None)
