"""
Groups: what a clause with ``per`` counts together, of an item's lines and of every line that stands.

A line belongs to a group of a clause for each of its sources that the clause is over; it counts there once and in full.
"""

from collections.abc import Iterable, Mapping
from itertools import product
from typing import Final, TypeAlias

import attrs

from creditbank.domain.rule.case import CaseItem
from creditbank.domain.rule.clause import Cap, Floor, Highest, Once
from creditbank.domain.rule.decision import Line
from creditbank.domain.rule.field import value_text
from creditbank.domain.rule.scope import NOBODY, View
from creditbank.domain.rule.selection import Missing, Scope, holds

__all__ = ["Grouped", "Groups", "InGroup", "Key", "groups_of", "groups_of_line", "keys_of"]

Key: TypeAlias = tuple[str, ...]

_ONLY: Final[tuple[Key, ...]] = ((),)
"""Where nothing is counted apart, there is one group."""
Grouped: TypeAlias = Once | Cap | Highest | Floor


@attrs.define(eq=False)
class InGroup:
    """What an item has in one group: its lines there, and a pair of the first of them."""

    scope: Scope
    lines: list[Line]


Groups: TypeAlias = Mapping[Key, InGroup]


def groups_of(view: View, item: CaseItem, clause: Grouped, lines: Iterable[Line]) -> Groups | Missing:
    """Return the groups of *clause* that this item's lines are in."""
    groups: dict[Key, InGroup] = {}
    for line in lines:
        found = groups_of_line(view, item, clause, line.sources, line.target, new=True)
        if isinstance(found, Missing):
            return found
        for key, scope in found.items():
            groups.setdefault(key, InGroup(scope, [])).lines.append(line)
    return groups


def groups_of_line(
    view: View, item: CaseItem, clause: Grouped, sources: tuple[str, ...], target: str, *, new: bool
) -> Mapping[Key, Scope] | Missing:
    """Return the groups of one line, each with a pair of it. ``when`` and the clause's dates are asked of new lines alone."""
    groups: dict[Key, Scope] = {}
    for source in sources or (NOBODY,):
        scope = view.scope_of(item, source, target)
        keys: tuple[Key, ...] | Missing | None = scope.groups.get(clause.id)
        if keys is None:
            keys = scope.groups[clause.id] = _keys_in(clause, scope)
        speaks = not new or not keys or view.speaks(clause, scope)
        if speaks is False:
            continue
        if isinstance(speaks, Missing):
            return speaks
        if isinstance(keys, Missing):
            return keys
        for key in keys:
            groups.setdefault(key, scope)
    return groups


def _keys_in(clause: Grouped, scope: Scope) -> tuple[Key, ...] | Missing:
    """Return the groups of one pair, none where the clause is not over it."""
    verdict = clause.over is None or holds(clause.over, scope)
    if isinstance(verdict, Missing):
        return verdict
    return keys_of(clause.per, scope) if verdict else ()


def keys_of(per: tuple[str, ...], scope: Scope) -> tuple[Key, ...] | Missing:
    """Return the group keys of one pair: several where a field has several tags."""
    if not per:
        return _ONLY
    if len(per) == 1 and isinstance(alone := scope.find(per[0]), str):
        return ((alone,),)
    parts: list[tuple[str, ...]] = []
    for field in per:
        value = scope.find(field)
        if value is None:
            return scope.missing(field)
        parts.append(value if isinstance(value, tuple) else (value_text(value),))
    return tuple(product(*parts))
