"""
Maps: which sources may stand for which targets. The first step of eligibility, and what settles sources and targets.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations, islice, product
from typing import Final

import attrs

from creditbank.domain.rule.case import CaseItem
from creditbank.domain.rule.clause import (
    AllFrom,
    AnyFrom,
    CreditsFrom,
    From,
    Map,
    Named,
    PickFrom,
    Row,
    Selected,
)
from creditbank.domain.rule.decision import Compared
from creditbank.domain.rule.scope import Scope
from creditbank.domain.rule.selection import Selection, holds
from creditbank.domain.rule.verdict import Missing, Verdict, all_of
from creditbank.domain.rule.view import NOBODY, Pair, View
from creditbank.domain.rule.working import Fail, Log

__all__ = ["MEET_STEPS_MAX", "Accepted", "find_map"]

# How many ways of meeting one row are tried before the item is refused as too wide: rows of regulations need tens.
MEET_STEPS_MAX: Final = 10_000


@attrs.frozen
class Accepted:
    """
    What a map settled: which sources are used, for which targets.

    *credits* has the row's amount per target, or is empty; *pool* targets have no credits of their own to reach.
    """

    used: tuple[str, ...]
    targets: tuple[str, ...]
    credits: tuple[Fraction, ...]
    gives: tuple[str, ...]
    pool: bool


@attrs.frozen
class _Nothing:
    """A row says that these sources stand for nothing, and why."""

    reason: str


# Not a field: too many ways to try, so not decided.
_TOO_WIDE: Final = Missing("")

_Said = Accepted | _Nothing | Missing | None
"""What a map says: yes, explicitly no, not decidable, or nothing."""


def find_map(view: View, item: CaseItem, log: Log) -> Accepted | Fail:
    """
    Settle what *item* is about: the first map that accepts it decides.

    A book without maps for the act takes the item as it names itself. Refused, in this order: ``map.ambiguous`` (no
    target is named and two remain), ``missing.<field>`` or ``map.too-wide``, ``map.nothing`` (a row says so), then the
    code of the first map, or ``map.none`` if it has none of its own.
    """
    maps = view.clauses.maps
    if not maps:
        return Accepted(item.sources, item.targets, (), (), _is_pool(view, item.targets))
    found: list[tuple[Map, Accepted]] = []
    missing: tuple[Map, Missing] | None = None
    nothing: tuple[Map, _Nothing] | None = None
    for clause in maps:
        accepted = False
        for one in _ask(view, item, clause):
            if isinstance(one, Accepted):
                accepted = True
                found.append((clause, one))
            elif isinstance(one, Missing):
                missing = missing or (clause, one)
            elif one is not None:
                nothing = nothing or (clause, one)
        log.note(item.id, clause, "passed" if accepted else "silent")
        if accepted and item.targets:
            return found[0][1]
    if found:
        return _only(item, found, log)
    if missing is not None:
        code = "map.too-wide" if missing[1] == _TOO_WIDE else f"missing.{missing[1].field}"
        return log.fail(item.id, Fail(code, missing[0], ()))
    if nothing is not None:
        reason = Compared("sources", "、".join(item.sources), "none", nothing[1].reason)
        return log.fail(item.id, Fail("map.nothing", nothing[0], (reason,)))
    slug = maps[0].code if maps[0].own_code else "none"
    asked = Compared("sources", "、".join(item.sources), "map", "、".join(item.targets))
    return log.fail(item.id, Fail(f"map.{slug}", maps[0], (asked,)))


def _only(item: CaseItem, found: list[tuple[Map, Accepted]], log: Log) -> Accepted | Fail:
    """Return the only acceptance, if all agree on the targets: the engine never picks."""
    choices = tuple(dict.fromkeys(accepted.targets for _, accepted in found))
    if len(choices) == 1:
        return found[0][1]
    named = " | ".join("、".join(choice) for choice in choices)
    return log.fail(item.id, Fail("map.ambiguous", found[0][0], (Compared("targets", "", "one of", named),)))


def _ask(view: View, item: CaseItem, clause: Map) -> Sequence[_Said]:
    """Return what *clause* says; more than one answer only where the item names no target."""
    if clause.match is not None:
        return _match(view, item, clause, clause.match)
    said: list[_Said] = []
    for row in clause.lookup.touched(_names(view, item)):
        for one in _row(view, item, clause, row):
            said.append(one)
        if any(isinstance(one, _Nothing) or (item.targets and isinstance(one, Accepted)) for one in said):
            break
    return said


def _names(view: View, item: CaseItem) -> list[str]:
    """Return the ids and codes of the item's sources."""
    names: list[str] = []
    for source in item.sources:
        names.append(source)
        code = view.case.outcomes.get(source, {}).get("code")
        if isinstance(code, str):
            names.append(code)
    return names


def _match(view: View, item: CaseItem, clause: Map, match: Selection) -> Sequence[_Said]:
    said: list[_Said] = []
    for targets in (item.targets,) if item.targets else tuple((target,) for target in view.case.targets):
        verdict = _all_hold(view, clause, match, view.scopes(item, item.sources, targets))
        if isinstance(verdict, Missing):
            said.append(verdict)
        elif verdict:
            said.append(Accepted(item.sources, targets, (), (), _is_pool(view, targets)))
    return said


def _row(view: View, item: CaseItem, clause: Map, row: Row) -> Iterator[_Said]:
    used = _used(view, item, row.from_)
    if not isinstance(used, tuple):
        yield used
        return
    in_force: Verdict = True
    if row.since is not None or row.until is not None:
        day, each = view.book.dates.rows, view.scopes(item, used, ())
        in_force = all_of([view.within(day, row.since, row.until, scope) for scope in each])
    if row.to is None:
        speaks = _both(in_force, _all_hold(view, clause, row.when, view.scopes(item, used, item.targets)))
        yield speaks if isinstance(speaks, Missing) else _Nothing(row.none) if speaks else None
        return
    for names in row.to.alternatives:
        for targets in _resolve(view, item, names):
            verdict = _both(in_force, _all_hold(view, clause, row.when, view.scopes(item, used, targets)))
            if isinstance(verdict, Missing):
                yield verdict
            elif verdict:
                yield _accepted(view, item, row, used, targets)


def _used(view: View, item: CaseItem, wanted: From) -> tuple[str, ...] | Missing | None:
    """Return the first sources of *item* that meet *wanted*, or what it would take to tell."""
    search = _Search(view, item)
    if isinstance(wanted, Named):
        # Most rows name one code.
        return next(((source,) for source in item.sources if search.is_called(source, wanted.name)), None)
    used = next(search.meet(wanted, item.sources), None)
    if used is None:
        return _TOO_WIDE if search.steps >= MEET_STEPS_MAX else search.missing
    return used


def _both(one: Verdict, other: Verdict) -> Verdict:
    return other if one is True else all_of((one, other))


def _all_hold(view: View, clause: Map, selection: Selection | None, scopes: tuple[Scope, ...]) -> Verdict:
    """Say whether *clause* speaks, and *selection* holds, of all pairs."""
    if selection is None:
        return view.speaks_of(clause, scopes)
    if clause.always and len(scopes) == 1:
        return holds(selection, scopes[0])
    return all_of([all_of((view.speaks(clause, scope), holds(selection, scope))) for scope in scopes])


def _accepted(view: View, item: CaseItem, row: Row, used: tuple[str, ...], targets: tuple[str, ...]) -> Accepted:
    """Put the row's targets into the order in which the item names them, credits with them."""
    assert row.to is not None, "a row with none accepts nothing"
    order = [targets.index(target) for target in item.targets] if item.targets else list(range(len(targets)))
    credits = tuple(row.credits[at] for at in order) if row.credits else ()
    ordered = tuple(targets[at] for at in order)
    return Accepted(used, ordered, credits, row.gives, row.to.pool or _is_pool(view, ordered))


def _is_pool(view: View, targets: tuple[str, ...]) -> bool:
    return any(view.case.targets.get(target, {}).get("kind") == "pool" for target in targets)


def _resolve(view: View, item: CaseItem, names: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the targets that a row's *names* (ids or codes) mean, in the row's order, if the item may mean them too."""
    among = item.targets or tuple(view.case.targets)
    meant = [[target for target in among if _is_called(view, target, name)] for name in names]
    # Two are enough to be ambiguous.
    for targets in islice(product(*meant), 2):
        if len(set(targets)) == len(targets) and (not item.targets or len(targets) == len(item.targets)):
            yield targets


def _is_called(view: View, target: str, name: str) -> bool:
    return target == name or view.case.targets.get(target, {}).get("code") == name


@attrs.define
class _Search:
    """Looks for the first way in which sources meet a ``from``; remembers what it would have had to know."""

    view: View
    item: CaseItem
    missing: Missing | None = None
    steps: int = 0

    def meet(self, wanted: From, free: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        """Yield the sources of *free* that meet *wanted*, way by way, in the order in which the book lists them."""
        self.steps += 1
        if self.steps > MEET_STEPS_MAX:
            return
        match wanted:
            case Named():
                yield from ((source,) for source in free if self.is_called(source, wanted.name))
            case Selected():
                yield from ((source,) for source in free if self._is_selected(source, wanted))
            case AnyFrom():
                for part in wanted.parts:
                    yield from self.meet(part, free)
            case AllFrom():
                yield from self._series(wanted.parts, free)
            case PickFrom():
                # Parts that nothing meets are left out first: else choosing 3 of 64 would be too wide for everybody.
                able = [part for part in wanted.parts if next(self.meet(part, free), None) is not None]
                for parts in combinations(able, wanted.count):
                    yield from self._series(parts, free)
                    if self.steps > MEET_STEPS_MAX:
                        return
            case CreditsFrom():
                yield from self._credits(wanted, free)

    def _series(self, parts: tuple[From, ...], free: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        """Yield the ways to meet all *parts*, no source twice."""
        if not parts:
            yield ()
            return
        for first in self.meet(parts[0], free):
            rest = tuple(source for source in free if source not in first)
            yield from (first + others for others in self._series(parts[1:], rest))

    def _credits(self, wanted: CreditsFrom, free: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        """Yield the parts in order until they bear enough. Credits of another system than the first are passed over."""
        used: tuple[str, ...] = ()
        total, system = Fraction(0), None
        for part in wanted.parts:
            rest = tuple(source for source in free if source not in used)
            first = next(self.meet(part, rest), ())
            for source in first:
                facts = self.view.case.outcomes.get(source, {})
                credits, own = facts.get("credits"), facts.get("system")
                if not isinstance(credits, int | Fraction):
                    self.missing = self.missing or Missing("source.credits")
                elif system is None or own == system:
                    used, total, system = (*used, source), total + credits, own
            if total >= wanted.credits:
                yield used
                return

    def is_called(self, source: str, name: str) -> bool:
        return source == name or self.view.case.outcomes.get(source, {}).get("code") == name

    def _is_selected(self, source: str, wanted: Selected) -> bool:
        verdict = holds(wanted.selection, self.view.scope(self.item, Pair(source, NOBODY)))
        if isinstance(verdict, Missing):
            self.missing = self.missing or verdict
        return verdict is True
