"""
Groups: what a clause with ``per`` counts together, of an item's lines and of every line that stands.

A line belongs to a group of a clause for each of its sources that the clause is over; it counts there once and in full.
"""

from collections.abc import Collection, Iterable, Mapping
from itertools import product
from typing import Final, TypeAlias

from creditbank.domain.rule.case import CaseItem
from creditbank.domain.rule.clause import Cap, Floor, Highest, Once
from creditbank.domain.rule.decision import Line
from creditbank.domain.rule.field import value_text
from creditbank.domain.rule.scope import Scope
from creditbank.domain.rule.selection import holds
from creditbank.domain.rule.verdict import Missing
from creditbank.domain.rule.view import NOBODY, View

__all__ = [
    "Grouped",
    "Groups",
    "InGroup",
    "Key",
    "Placed",
    "groups_in",
    "groups_of",
    "groups_of_line",
    "keys_of",
    "keys_of_line",
    "pair_in",
    "scopes_of_line",
]

Key: TypeAlias = tuple[str, ...]

_ONLY: Final[tuple[Key, ...]] = ((),)
"""Where nothing is counted apart, there is one group."""
Grouped: TypeAlias = Once | Cap | Highest | Floor
Placed: TypeAlias = tuple[Line, tuple[Scope, ...]]
"""A line of an item, and the pairs of its sources and its target."""
InGroup: TypeAlias = tuple[Scope, list[Line]]
"""What an item has in one group: a pair of the first of its lines there, and the lines."""
Groups: TypeAlias = Mapping[Key, InGroup]


def groups_of(view: View, clause: Grouped, lines: Iterable[Placed]) -> Groups | Missing:
    """Return the groups of *clause* that these new lines of one item are in."""
    groups: dict[Key, InGroup] = {}
    for line, scopes in lines:
        found = groups_in(view, clause, scopes, new=True)
        if isinstance(found, Missing):
            return found
        for key, scope in found.items():
            if key in groups:
                groups[key][1].append(line)
            else:
                groups[key] = (scope, [line])
    return groups


def groups_of_line(
    view: View, item: CaseItem, clause: Grouped, sources: tuple[str, ...], target: str, *, new: bool
) -> Mapping[Key, Scope] | Missing:
    """Return the groups of one line, each with a pair of it. ``when`` and the clause's dates are asked of new lines alone."""
    return groups_in(view, clause, scopes_of_line(view, item, sources, target), new=new)


def groups_in(view: View, clause: Grouped, scopes: tuple[Scope, ...], *, new: bool) -> Mapping[Key, Scope] | Missing:
    """Return the groups of the line that has these pairs, each with the first pair that is in it."""
    groups: dict[Key, Scope] = {}
    for scope in scopes:
        keys = keys_of_line(view, clause, (scope,), new=new)
        if isinstance(keys, Missing):
            return keys
        for key in keys:
            groups.setdefault(key, scope)
    return groups


def keys_of_line(view: View, clause: Grouped, scopes: tuple[Scope, ...], *, new: bool) -> Collection[Key] | Missing:
    """Return the groups of the line that has these pairs, each once; nearly every line has one pair, which tells them."""
    if len(scopes) > 1:
        return groups_in(view, clause, scopes, new=new)
    scope = scopes[0]
    keys: tuple[Key, ...] | Missing | None = scope.groups.get(clause.id)
    if keys is None:
        keys = scope.groups[clause.id] = _keys_over(clause, scope)
    if not (new and keys) or clause.always:
        return keys
    speaks = view.speaks(clause, scope)
    if isinstance(speaks, Missing):
        return speaks
    return keys if speaks else ()


def pair_in(view: View, clause: Grouped, scopes: tuple[Scope, ...], key: Key) -> Scope:
    """Return the first pair of a new line that is in group *key*, as one of them is."""
    if len(scopes) == 1:
        return scopes[0]
    groups = groups_in(view, clause, scopes, new=True)
    assert not isinstance(groups, Missing), "the groups of the line are known"
    return groups[key]


def scopes_of_line(view: View, item: CaseItem, sources: tuple[str, ...], target: str) -> tuple[Scope, ...]:
    """Return the pairs of one line of *item*."""
    if len(sources) == 1:
        return (view.scope_of(item, sources[0], target),)
    return tuple(view.scope_of(item, source, target) for source in sources or (NOBODY,))


def _keys_over(clause: Grouped, scope: Scope) -> tuple[Key, ...] | Missing:
    verdict = clause.over is None or holds(clause.over, scope)
    if isinstance(verdict, Missing):
        return verdict
    return keys_of(clause.per, scope) if verdict else ()


def keys_of(per: tuple[str, ...], scope: Scope) -> tuple[Key, ...] | Missing:
    """Return the group keys of one pair, each once: several where a field has several tags."""
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
    return tuple(dict.fromkeys(product(*parts)))
