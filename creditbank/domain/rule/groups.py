"""
Groups: what a clause with ``per`` counts together, of an item's lines and of every line that stands.

A line belongs to a group of a clause for each of its sources that the clause is over; it counts there once and in full.
"""

from collections.abc import Iterable, Mapping
from itertools import product
from typing import TypeAlias

from creditbank.domain.rule.case import CaseItem, HistoryLine
from creditbank.domain.rule.clause import Across, Cap, Floor, Highest, Once
from creditbank.domain.rule.decision import Line
from creditbank.domain.rule.field import value_text
from creditbank.domain.rule.scope import NOBODY, Pair, View
from creditbank.domain.rule.selection import Missing, Scope, all_of, holds

__all__ = ["Grouped", "Groups", "Key", "as_item", "earlier_lines", "groups_of", "groups_of_line", "keys_of"]

Key: TypeAlias = tuple[str, ...]
Groups: TypeAlias = Mapping[Key, Scope]
Grouped: TypeAlias = Once | Cap | Highest | Floor


def groups_of(view: View, item: CaseItem, clause: Grouped, lines: Iterable[Line]) -> Groups | Missing:
    """Return the groups of *clause* that this item's lines are in, each with a pair of it."""
    groups: dict[Key, Scope] = {}
    for line in lines:
        found = groups_of_line(view, item, clause, line.sources, line.target, new=True)
        if isinstance(found, Missing):
            return found
        for key, scope in found.items():
            groups.setdefault(key, scope)
    return groups


def groups_of_line(
    view: View, item: CaseItem, clause: Grouped, sources: tuple[str, ...], target: str, *, new: bool
) -> Groups | Missing:
    """Return the groups of one line. ``when`` and the clause's dates are asked of new lines alone."""
    groups: dict[Key, Scope] = {}
    for source in sources or (NOBODY,):
        scope = view.scope(item, Pair(source, target))
        over = clause.over is None or holds(clause.over, scope)
        verdict = all_of((view.speaks(clause, scope), over)) if new else over
        if isinstance(verdict, Missing):
            return verdict
        if not verdict:
            continue
        keys = keys_of(clause.per, scope)
        if isinstance(keys, Missing):
            return keys
        for key in keys:
            groups.setdefault(key, scope)
    return groups


def keys_of(per: tuple[str, ...], scope: Scope) -> tuple[Key, ...] | Missing:
    """Return the group keys of one pair: several where a field has several tags."""
    parts: list[tuple[str, ...]] = []
    for field in per:
        value = scope.find(field)
        if value is None:
            return Missing(field)
        parts.append(value if isinstance(value, tuple) else (value_text(value),))
    return tuple(product(*parts))


def as_item(line: HistoryLine) -> CaseItem:
    """Return the item that *line* of the record was granted for, as far as limits may look at it."""
    return CaseItem(line.item, line.sources, (line.target,), line.as_)


def earlier_lines(
    view: View, clause: Once | Cap | Highest, standing: Iterable[HistoryLine], key: Key
) -> tuple[HistoryLine, ...] | Missing:
    """Return the standing lines that count in group *key*, oldest first."""
    found: list[HistoryLine] = []
    for line in standing:
        if not (view.book.speaks(clause.acts, line.act) and _is_across(view, clause.across, line)):
            continue
        if isinstance(clause, Once) and clause.ignore is not None:
            ignored = holds(clause.ignore, view.scope(as_item(line), Pair(NOBODY, line.target), line))
            if isinstance(ignored, Missing):
                return ignored
            if ignored:
                continue
        groups = groups_of_line(view, as_item(line), clause, line.sources, line.target, new=False)
        if isinstance(groups, Missing):
            return groups
        if key in groups:
            found.append(line)
    return tuple(found)


def _is_across(view: View, across: Across, line: HistoryLine) -> bool:
    match across:
        case "programme":
            return line.programme == view.programme()
        case "book":
            return line.book == view.book.book
        case "institution":
            return line.institution == view.institution()
        case "bank":
            return True
