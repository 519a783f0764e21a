"""
Measures: how much a group comes to, and what its limit is. Exact; nothing is rounded and nothing is decided here.
"""

from collections.abc import Hashable, Iterable
from fractions import Fraction
from typing import Final, Literal

from creditbank.domain.credit import add_up, parse_number
from creditbank.domain.level import Level
from creditbank.domain.rule.case import CurriculumPart, HistoryLine
from creditbank.domain.rule.clause import Cap, Floor, Limit, Measure, Percent
from creditbank.domain.rule.decision import Line
from creditbank.domain.rule.field import Ref, Value, namespace_of
from creditbank.domain.rule.groups import Key, keys_of
from creditbank.domain.rule.scope import Scope, place
from creditbank.domain.rule.selection import holds
from creditbank.domain.rule.verdict import Missing
from creditbank.domain.rule.view import NOBODY, Pair, View
from creditbank.errors import MalformedError

__all__ = ["LEVEL_FIELD", "Counted", "base_of", "counted_in", "limit_of", "measure_lines"]

LEVEL_FIELD: Final = "source.level"
"""Whose number the measure ``level_points`` multiplies credits by."""

Counted = Literal["items", "applications", "sources", "targets"]
"""The measures that count things, and no amount of them."""

_TARGET, _IDS = place("target.kind")[0], place("target.id")[0]
_ZERO: Final = Fraction(0)
_WHOLE: Final[Key] = ()
"""Under which a share of the whole programme is kept."""


def measure_lines(view: View, measure: Measure, lines: tuple[HistoryLine, ...]) -> Fraction | Missing:
    """Return what *lines* come to. Sources, targets, items and applications count once each."""
    match measure:
        case "credits":
            return add_up(line.credits for line in lines)
        case "items" | "applications" | "sources" | "targets":
            return Fraction(
                len({one for line in lines for one in counted_in(measure, line.application, line.item, line)})
            )
        case "target_credits":
            targets = dict.fromkeys(line.target for line in lines)
            return _total(view, "target.credits", (Pair(NOBODY, target) for target in targets))
        case "hours":
            sources = dict.fromkeys(source for line in lines for source in line.sources)
            return _total(view, "source.hours", (Pair(source, NOBODY) for source in sources))
        case "level_points":
            return _level_points(view, lines)


def counted_in(measure: Counted, application: str, item: str, line: Line | HistoryLine) -> tuple[Hashable, ...]:
    """Return what a line of this item has of what *measure* counts, once each over all lines."""
    match measure:
        case "items":
            return ((application, item),)
        case "applications":
            return (application,)
        case "sources":
            return line.sources
        case "targets":
            return (line.target,)


def _total(view: View, field: str, pairs: Iterable[Pair]) -> Fraction | Missing:
    total = _ZERO
    for pair in pairs:
        value = view.scope(None, pair).find(field)
        if not isinstance(value, int | Fraction):
            return Missing(field)
        total += value
    return total


def _level_points(view: View, lines: Iterable[HistoryLine]) -> Fraction | Missing:
    """Return Σ credits × level; a line that several sources carry has the lowest of their levels."""
    total = _ZERO
    for line in lines:
        numbers: list[Fraction] = []
        for source in line.sources:
            value = view.scope(None, Pair(source, NOBODY)).find(LEVEL_FIELD)
            try:
                numbers.append(parse_number(value.value if isinstance(value, Level) else ""))
            except MalformedError:
                return Missing(LEVEL_FIELD)
        total += line.credits * min(numbers, default=_ZERO)
    return total


# --- limits -----------------------------------------------------------------------------------------------------------


def limit_of(
    view: View, clause: Cap | Floor, limit: Limit, key: Key, scope: Scope, counted: Fraction
) -> Fraction | Missing:
    """Return the limit of group *key*; it is never rounded. *counted* is the whole that a floor may take a share of."""
    # Fractions after what is quicker to tell: their class asks an abstract one.
    if isinstance(limit, Ref):
        return _number(limit.field, scope.find(limit.field))
    if not isinstance(limit, Percent):
        return limit
    # A share of the programme is the same whatever pair asks, and of all of it whatever group is asked about.
    if limit.of == "programme":
        at = clause.id, _WHOLE
    elif limit.of == "selection":
        at = clause.id, key
    else:
        return _share(view, clause, limit, key, scope, counted)
    found = view.shares.get(at)
    if found is None:
        found = view.shares[at] = _share(view, clause, limit, key, scope, counted)
    return found


def _share(
    view: View, clause: Cap | Floor, limit: Percent, key: Key, scope: Scope, counted: Fraction
) -> Fraction | Missing:
    base = base_of(view, clause, limit, key, scope, counted)
    return base if isinstance(base, Missing) else limit.share * base


def base_of(
    view: View, clause: Cap | Floor, limit: Percent, key: Key, scope: Scope, counted: Fraction
) -> Fraction | Missing:
    """Return the whole that *limit* takes its share of."""
    match limit.of:
        case "programme":
            return _number("programme.credits", scope.find("programme.credits"))
        case "selection":
            return _selected(view, clause, key)
        case "counted":
            return counted
        case Ref(field):
            return _number(field, scope.find(field))


def _number(field: str, value: Value | None) -> Fraction | Missing:
    if isinstance(value, Fraction):
        return value
    return Fraction(value) if isinstance(value, int) else Missing(field)


def _selected(view: View, clause: Cap | Floor, key: Key) -> Fraction | Missing:
    """Return the programme's credits inside the clause's target selection and group *key*."""
    if not view.case.curriculum:
        return Missing("programme.courses")
    over = clause.over and clause.over.about_targets
    places = [at for at, field in enumerate(clause.per) if namespace_of(field) == "target"]
    fields = tuple(clause.per[at] for at in places)
    wanted = tuple(key[at] for at in places)
    total: list[Fraction] = []
    whole = view.scope_of(None, NOBODY, NOBODY)
    for part in view.case.curriculum:
        scope = _part_scope(whole, part)
        verdict = over is None or holds(over, scope)
        keys = keys_of(fields, scope)
        if isinstance(verdict, Missing):
            return verdict
        if isinstance(keys, Missing):
            return keys
        if verdict and wanted in keys:
            total.append(part.credits)
    return add_up(total)


def _part_scope(whole: Scope, part: CurriculumPart) -> Scope:
    """Return *whole* with the facts of *part* for those of a target."""
    id = part.where.get("id")
    parts = [*whole.parts]
    parts[_TARGET] = part.where
    parts[_IDS] = {} if id is None else {"target": id}
    return Scope(tuple(parts), whole.levels, whole.month_end, whole.crosswalk)
