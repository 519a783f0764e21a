"""
Arbitrage: conversions in a circle that end with more than they began with.

Simple circles of edges, in one book or across several, are tried: with every amount up to twice the common multiple of their
steps, beyond which nothing new happens, so that a gain by rounding is found where the ratios multiply to 1. What is tried is
bounded; where a bound is met, that is said.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Final

import attrs

from creditbank.domain.check.exchange import Edge, Given, Place, To, along, period
from creditbank.domain.check.finding import BookFinding
from creditbank.domain.credit import number_text

__all__ = ["CIRCLES_MAX", "LENGTH_MAX", "TRIES_MAX", "Found", "Gain", "check_arbitrage", "find_gains"]

LENGTH_MAX: Final = 8
"""Conversions in one circle."""

CIRCLES_MAX: Final = 10_000
"""Circles tried in one search, and a hundred times as many steps on the way to them."""

TRIES_MAX: Final = 20_000
"""Amounts tried in one circle, from one place."""

_STEPS_MAX: Final = 100 * CIRCLES_MAX


@attrs.frozen
class Gain:
    """A circle that ends with more than it began with: *amounts* has one more than *edges*, the first is put in."""

    edges: tuple[Edge, ...]
    amounts: tuple[Fraction, ...]

    @property
    def factor(self) -> Fraction:
        """Return what comes back, as a multiple of what was put in; above 1."""
        return self.amounts[-1] / self.amounts[0]


@attrs.frozen
class Found:
    """
    The circles that gain, one for each round of places, the greatest gain of it; *complete* unless a bound was met.
    """

    gains: tuple[Gain, ...]
    complete: bool


def check_arbitrage(
    edges: Iterable[Edge], quanta: Mapping[str, Fraction], books: Container[str] | None = None
) -> Iterator[BookFinding]:
    """
    Yield a finding for every circle that gains, and one where not all was tried.

    Args:
        books: Only circles through one of these (``book@version``); None: all.
    """
    found = find_gains(edges, quanta, books)
    for gain in found.gains:
        yield _finding(gain)
    if not found.complete:
        zh, en = "循环太多,没有全部试算是否获利", "there are too many circles of conversions: not all were tried"
        yield BookFinding("open", "", (), zh, en)


def find_gains(edges: Iterable[Edge], quanta: Mapping[str, Fraction], books: Container[str] | None = None) -> Found:
    """
    Return the circles of *edges* that gain.

    Args:
        quanta: The smallest amount of a credit system, by id. Of one that is not there, amounts are tried in multiples of
            what its roundings have in common, and of 1.
        books: Only circles through one of these (``book@version``); None: all.
    """
    known = tuple(dict.fromkeys(edges))
    search = _Search(known, _units(known, quanta))
    best: dict[frozenset[Place], Gain] = {}
    for circle in search.circles():
        if not _may_be(circle, books):
            continue
        gain = search.gain(circle)
        if gain is not None:
            places = frozenset(edge.source for edge in circle)
            if places not in best or gain.factor > best[places].factor:
                best[places] = gain
    return Found(tuple(best.values()), search.complete)


def _finding(gain: Gain) -> BookFinding:
    begin, end = (number_text(amount) for amount in (gain.amounts[0], gain.amounts[-1]))
    place, factor = gain.edges[0].source, number_text(gain.factor)
    steps = tuple(f"{edge.target} ({edge.book}:{edge.clause})" for edge in gain.edges)
    way = " → ".join((str(place), *steps))
    return BookFinding(
        "arbitrage",
        gain.edges[0].book,
        tuple(dict.fromkeys(f"{edge.book}:{edge.clause.partition(',')[0]}" for edge in gain.edges)),
        f"循环套利:{place}的{begin}学分换回{end}学分,为原来的{factor}倍(未计上限):{way}",
        f"{begin} of {place} come back as {end}, {factor} times as much, limits left out: {way}",
        tuple(zip((str(place), *steps), map(number_text, gain.amounts), strict=True)),
    )


def _may_be(circle: Sequence[Edge], books: Container[str] | None) -> bool:
    """Say whether *circle* is through one of *books*, and through one version of each book at most."""
    passed = {edge.book for edge in circle}
    one_each = len({name.partition("@")[0] for name in passed}) == len(passed)
    return one_each and (books is None or any(name in books for name in passed))


def _units(edges: Sequence[Edge], quanta: Mapping[str, Fraction]) -> dict[Place, Fraction]:
    """Return the step in which amounts at each place are tried."""
    units: dict[Place, Fraction] = {}
    for edge in edges:
        for place in (edge.source, edge.target):
            units.setdefault(place, Fraction(1))
        for step in edge.steps[-1:]:
            if isinstance(step, To):
                units[edge.target] = _shared(units[edge.target], step.step)
    for place in units:
        if place.kind == "system" and place.name in quanta:
            units[place] = quanta[place.name]
    return units


def _shared(one: Fraction, other: Fraction) -> Fraction:
    """Return the greatest number of which both are multiples."""
    while other:
        one, other = other, one % other
    return one


# --- the search -------------------------------------------------------------------------------------------------------


@attrs.define
class _Search:
    edges: tuple[Edge, ...]
    units: Mapping[Place, Fraction]
    complete: bool = True
    steps: int = 0
    found: int = 0

    def circles(self) -> Iterator[tuple[Edge, ...]]:
        """Yield the simple circles, each once, from its first place; the shortest of each place first are not promised."""
        leaving: dict[Place, list[Edge]] = {}
        for edge in self.edges:
            leaving.setdefault(edge.source, []).append(edge)
        for group in _knots(leaving):
            order = {place: at for at, place in enumerate(sorted(group))}
            for start in order:
                yield from self._from(start, order, leaving)

    def _from(
        self, start: Place, order: Mapping[Place, int], leaving: Mapping[Place, list[Edge]]
    ) -> Iterator[tuple[Edge, ...]]:
        """Yield the circles whose first place, in order, is *start*."""
        trail: list[Edge] = []
        ways = [iter(leaving[start])]
        while ways:
            edge = next(ways[-1], None)
            self.steps += 1
            if self.steps > _STEPS_MAX or self.found > CIRCLES_MAX:
                self.complete = False
                return
            if edge is None:
                ways.pop()
                if trail:
                    trail.pop()
                continue
            if edge.target == start:
                self.found += 1
                yield (*trail, edge)
            elif order.get(edge.target, -1) > order[start] and all(edge.target != one.target for one in trail):
                if len(trail) + 2 > LENGTH_MAX:
                    self.complete = False
                    continue
                trail.append(edge)
                ways.append(iter(leaving[edge.target]))

    def gain(self, circle: tuple[Edge, ...]) -> Gain | None:
        """Return the greatest gain of *circle*, from whichever of its places; the least amount that has it."""
        best: Gain | None = None
        for at in range(len(circle)):
            turned = circle[at:] + circle[:at]
            for amount in self._amounts(turned):
                amounts = along(turned, amount)
                if amounts[-1] > amount and (best is None or amounts[-1] / amount > best.factor):
                    best = Gain(turned, amounts)
        return best

    def _amounts(self, circle: tuple[Edge, ...]) -> Iterator[Fraction]:
        """Yield the amounts to put in at the first place of *circle*, least first where they are many."""
        first = circle[0].steps[0] if circle[0].steps else None
        if any(isinstance(step, Given) for edge in circle for step in edge.steps):
            # Whatever comes in, a row gives its own: so a circle with rows is tried from what a row asks for.
            if isinstance(first, Given):
                yield from [first.need] if first.need is not None else self._arriving(circle[0].source)
            return
        unit = self.units[circle[0].source]
        whole = period(circle, unit)
        tries = int(2 * whole / unit)
        yield from (number * unit for number in range(1, min(tries, TRIES_MAX) + 1))
        if tries > TRIES_MAX:
            # The whole period comes back by the ratio alone; what lies between was not all tried.
            yield whole
            self.complete = False

    def _arriving(self, place: Place) -> Iterator[Fraction]:
        """Yield what rows give at *place*."""
        steps = (edge.steps[-1] for edge in self.edges if edge.target == place and edge.steps)
        yield from sorted({step.credits for step in steps if isinstance(step, Given)})


def _knots(leaving: Mapping[Place, list[Edge]]) -> Iterator[set[Place]]:
    """Yield the sets of places that reach each other (Tarjan, without recursion); alone only with an edge to itself."""
    number: dict[Place, int] = {}
    low: dict[Place, int] = {}
    stack: list[Place] = []
    on_stack: set[Place] = set()
    for root in leaving:
        if root in number:
            continue
        work: list[tuple[Place, Iterator[Edge]]] = []
        _enter(root, number, low, stack, on_stack)
        work.append((root, iter(leaving[root])))
        while work:
            place, ways = work[-1]
            edge = next(ways, None)
            if edge is not None:
                if edge.target not in number:
                    _enter(edge.target, number, low, stack, on_stack)
                    work.append((edge.target, iter(leaving.get(edge.target, ()))))
                elif edge.target in on_stack:
                    low[place] = min(low[place], number[edge.target])
                continue
            work.pop()
            if work:
                low[work[-1][0]] = min(low[work[-1][0]], low[place])
            if low[place] == number[place]:
                group = _leave(place, stack, on_stack)
                if len(group) > 1 or any(edge.target == place for edge in leaving.get(place, ())):
                    yield group


def _enter(
    place: Place, number: dict[Place, int], low: dict[Place, int], stack: list[Place], on_stack: set[Place]
) -> None:
    number[place] = low[place] = len(number)
    stack.append(place)
    on_stack.add(place)


def _leave(place: Place, stack: list[Place], on_stack: set[Place]) -> set[Place]:
    group: set[Place] = set()
    while place not in group:
        group.add(stack.pop())
    on_stack -= group
    return group
