"""
Ways: which sources together an item of a plan could be made of, as far as maps say. Whether it holds is the engine's to say.
"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations, product
from typing import Final, Self, assert_never

import attrs

from creditbank.domain.rule.case import Case
from creditbank.domain.rule.clause import AllFrom, AnyFrom, CreditsFrom, From, Map, Named, PickFrom, Selected
from creditbank.domain.rule.selection import holds
from creditbank.domain.rule.view import NOBODY, Pair, View

__all__ = ["ROW_WAYS_MAX", "Reach", "Way", "row_ways", "takes_any"]

Way = tuple[tuple[str, ...], tuple[str, ...]]
"""Sources and targets of one item."""


@attrs.frozen
class Reach:
    """What items of a plan may be made of: ids of the case's outcomes and targets, in the order of the case."""

    sources: tuple[str, ...]
    targets: tuple[str, ...]

    @classmethod
    def all_of(cls, case: Case) -> Self:
        """Return everything that is in *case*."""
        return cls(tuple(case.outcomes), tuple(case.targets))


ROW_WAYS_MAX: Final = 1_000
"""Ways to meet one row that are looked at; rows of regulations have tens."""


def takes_any(view: View) -> bool:
    """Say whether some map takes whatever its selection holds for; so does a book without maps."""
    maps = view.clauses.maps
    return not maps or any(clause.match is not None for clause in maps)


def row_ways(view: View, reach: Reach, clause: Map) -> Iterator[Way | None]:
    """Yield every way to meet the rows of *clause* with what there is; None where a row has too many."""
    outcomes = reach.sources
    names = [name for source in outcomes for name in (source, _code(view, source)) if name]
    for row in clause.lookup.touched(names) if clause.match is None else ():
        if row.to is None:
            continue
        targets = [one for called in row.to.alternatives for one in _targets(view, reach, called)]
        for number, sources in enumerate(dict.fromkeys(_meet(view, row.from_, outcomes))):
            if number == ROW_WAYS_MAX:
                yield None
                break
            yield from ((sources, one) for one in targets)


def _targets(view: View, reach: Reach, names: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    meant = [[id for id in reach.targets if name in (id, view.case.targets[id].get("code"))] for name in names]
    yield from (targets for targets in product(*meant) if len(set(targets)) == len(targets))


def _code(view: View, source: str) -> str:
    code = view.case.outcomes[source].get("code")
    return code if isinstance(code, str) else ""


def _meet(view: View, wanted: From, free: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the sources of *free* that meet *wanted*, in every way: a plan may choose where a row takes the first."""
    match wanted:
        case Named():
            yield from ((source,) for source in free if wanted.name in (source, _code(view, source)))
        case Selected():
            scopes = ((source, view.scope(None, Pair(source, NOBODY))) for source in free)
            yield from ((source,) for source, scope in scopes if holds(wanted.selection, scope) is True)
        case AnyFrom():
            for part in wanted.parts:
                yield from _meet(view, part, free)
        case AllFrom():
            yield from _series(view, wanted.parts, free)
        case PickFrom():
            able = [part for part in wanted.parts if next(_meet(view, part, free), None) is not None]
            for parts in combinations(able, wanted.count):
                yield from _series(view, parts, free)
        case CreditsFrom():
            yield from _credits(view, wanted, wanted.parts, free, (), Fraction(0))
        case _:
            assert_never(wanted)


def _series(view: View, parts: tuple[From, ...], free: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if not parts:
        yield ()
        return
    for first in _meet(view, parts[0], free):
        rest = tuple(source for source in free if source not in first)
        yield from (first + others for others in _series(view, parts[1:], rest))


def _credits(
    view: View,
    wanted: CreditsFrom,
    parts: tuple[From, ...],
    free: tuple[str, ...],
    used: tuple[str, ...],
    total: Fraction,
) -> Iterator[tuple[str, ...]]:
    """Yield the choices among *parts*, in their order, that bear enough, none of them longer than it must be."""
    if total >= wanted.credits:
        yield used
        return
    if not parts:
        return
    for first in _meet(view, parts[0], free):
        borne = [view.case.outcomes[source].get("credits") for source in first]
        more = sum((Fraction(one) for one in borne if isinstance(one, int | Fraction)), Fraction(0))
        rest = tuple(source for source in free if source not in first)
        yield from _credits(view, wanted, parts[1:], rest, used + first, total + more)
    yield from _credits(view, wanted, parts[1:], free, used, total)
