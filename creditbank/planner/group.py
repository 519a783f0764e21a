"""
Groups of limits: which candidates are asked about in one, and which stand there when others are asked.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

import attrs

from creditbank.domain.rule.case import HistoryLine
from creditbank.domain.rule.clause import Cap, Highest, Once
from creditbank.domain.rule.groups import Key, groups_of_line
from creditbank.domain.rule.scope import Scope
from creditbank.domain.rule.standing import Standing
from creditbank.domain.rule.verdict import Missing
from creditbank.domain.rule.view import View
from creditbank.planner.model import Model
from creditbank.planner.solver import ClauseKey

__all__ = ["Spot", "Spots", "bar", "earlier_in", "groups_of"]

_Limit = TypeVar("_Limit", Once, Cap)


@attrs.define
class Spot:
    """
    A candidate in a group: lines that it is *asked* about there, and lines that *stand* there when others are asked.

    *scope* is that of a line in it; a limit does not differ inside a group, or the book would not load.
    """

    scope: Scope
    asked: list[int] = attrs.field(factory=list)
    stand: list[int] = attrs.field(factory=list)


Spots = dict[int, Spot]
"""The candidates in one group, by number."""


def groups_of(
    model: Model, book: int, kind: type[_Limit]
) -> Iterator[tuple[_Limit, Key, Spots, tuple[HistoryLine, ...]]]:
    """Yield each group of each limit of this kind: the candidates in it, and what the record has in it."""
    view = model.views[book]
    for clause in view.clauses.limits:
        if isinstance(clause, kind):
            record = Standing(view, list(view.case.history))
            for key, spots in _spots(model, book, clause).items():
                group = record.group(clause, key)
                if isinstance(group, Missing):
                    bar(model, (number for number, spot in spots.items() if spot.asked), model.said(book, clause.id))
                else:
                    yield clause, key, spots, tuple(group.lines)


def bar(model: Model, numbers: Iterable[int], said: ClauseKey) -> None:
    for number in numbers:
        model.never(number, said)


def _spots(model: Model, book: int, clause: Once | Cap) -> dict[Key, Spots]:
    view, groups = model.views[book], dict[Key, Spots]()
    plain = clause.when is None and clause.since is None and clause.until is None
    plain = plain and (isinstance(clause, Cap) or clause.ignore is None)
    for number, one in enumerate(model.candidates):
        for at, line in enumerate(one.lines):
            said = (
                groups_of_line(view, one.item, clause, line.sources, line.target, new=True) if one.book == book else {}
            )
            if isinstance(said, Missing):
                model.never(number, model.said(book, clause.id))
                break
            for key, scope in said.items():
                groups.setdefault(key, {}).setdefault(number, Spot(scope)).asked.append(at)
            counted = said if plain and one.book == book else _counted(view, clause, model.standing[number][at])
            for key, scope in counted.items():
                groups.setdefault(key, {}).setdefault(number, Spot(scope)).stand.append(at)
    return {key: spots for key, spots in groups.items() if any(spot.asked for spot in spots.values())}


def _counted(view: View, clause: Once | Cap, line: HistoryLine) -> Mapping[Key, Scope]:
    """Return the groups in which *line* counts once it stands. What cannot be told is left to the engine."""
    found = groups_of_line(view, view.as_item(line), clause, line.sources, line.target, new=False)
    if isinstance(found, Missing):
        return {}
    standing = {key: earlier_in(view, clause, (line,), key) for key in found}
    return {key: scope for key, scope in found.items() if standing[key] and not isinstance(standing[key], Missing)}


def earlier_in(
    view: View, clause: Once | Cap | Highest, lines: tuple[HistoryLine, ...], key: Key
) -> tuple[HistoryLine, ...] | Missing:
    """Return those of *lines* that count in group *key* once they stand, or what it would take to tell."""
    group = Standing(view, list(lines)).group(clause, key)
    return group if isinstance(group, Missing) else tuple(group.lines)
