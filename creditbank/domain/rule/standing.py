"""
What stands: the record, and what this application was granted so far, as the clauses that count see it.

Every clause groups a line once; so what an item costs does not grow with the record.
"""

from collections.abc import Hashable, Iterable, Set
from fractions import Fraction
from typing import Final, TypeAlias

import attrs

from creditbank.domain.rule.case import CaseItem, HistoryLine
from creditbank.domain.rule.clause import Across, Cap, Highest, Once
from creditbank.domain.rule.decision import Line
from creditbank.domain.rule.groups import Key, keys_of_line, scopes_of_line
from creditbank.domain.rule.measure import Counted, counted_in
from creditbank.domain.rule.scope import Scope
from creditbank.domain.rule.selection import Selection, holds
from creditbank.domain.rule.verdict import Missing
from creditbank.domain.rule.view import NOBODY, Pair, View

__all__ = ["Group", "Standing"]

_Counting: TypeAlias = Once | Cap | Highest


@attrs.define(eq=False)
class Group:
    """The lines of one group, oldest first."""

    lines: list[HistoryLine]
    _sum: tuple[int, int] = (0, 1)
    _added: int = 0
    _things: set[Hashable] | None = None
    _counted: int = 0

    def credits(self) -> Fraction:
        """Return what the lines come to."""
        return Fraction(*self._added_up())

    def leaves(self, credits: Fraction, most: Fraction) -> bool:
        """Say whether *most* leaves room for *credits* beside the lines."""
        # In whole numbers: every limit asks this of every item, and Fractions are slow to add and to compare.
        used, parts = self._added_up()
        more, below = credits.as_integer_ratio()
        limit, under = most.as_integer_ratio()
        return (used * below + more * parts) * under <= limit * parts * below

    def things(self, measure: Counted) -> Set[Hashable]:
        """Return what *measure* counts; a group is that of one clause, so it is always asked for the same."""
        if self._things is None:
            self._things = set()
        for line in self.lines[self._counted :]:
            self._things.update(counted_in(measure, line.application, line.item, line))
        self._counted = len(self.lines)
        return self._things

    def _added_up(self) -> tuple[int, int]:
        """Return the sum as a ratio that need not be in lowest terms; lines new since it was last asked are added."""
        if self._added < len(self.lines):
            above, below = self._sum
            for line in self.lines[self._added :]:
                more, parts = line.credits.as_integer_ratio()
                if below % parts:
                    above, below = above * parts, below * parts
                above += more * (below // parts)
            self._sum, self._added = (above, below), len(self.lines)
        return self._sum


_EMPTY: Final = Group([])
"""What a group is that no line is in."""


@attrs.define(eq=False)
class _Index:
    """
    The groups of one clause; *missing* is what the first line lacked that lacked something, and no line counts after it.

    Lines of its *acts* count, and, where it does not count them all, those whose ``across`` is *here*.
    """

    clause: _Counting
    acts: tuple[str, ...]
    here: str | None
    ignore: Selection | None
    groups: dict[Key, Group] = attrs.field(factory=dict)
    missing: Missing | None = None

    def counts(self, line: HistoryLine) -> bool:
        """Say whether *line* is one that the clause counts; lines of one :func:`_kind` are all alike in that."""
        return line.act in self.acts and (self.here is None or getattr(line, self.clause.across) == self.here)

    def place(self, view: View, line: HistoryLine, pairs: tuple[Scope, ...]) -> None:
        """Let *line*, which has these pairs, count in its groups, unless it is to be ignored."""
        if self.missing is not None:
            return
        if self.ignore is not None:
            ignored = holds(self.ignore, view.scope(view.as_item(line), Pair(NOBODY, line.target), line))
            if ignored is not False:
                self.missing = ignored if isinstance(ignored, Missing) else None
                return
        keys = keys_of_line(view, self.clause, pairs, new=False)
        if isinstance(keys, Missing):
            self.missing = keys
            return
        for key in keys:
            group = self.groups.get(key)
            if group is None:
                self.groups[key] = Group([line])
            else:
                group.lines.append(line)


@attrs.define(eq=False)
class Standing:
    """Lines that stand, oldest first. It grows while items are granted, and lives as long as one evaluation."""

    view: View
    lines: list[HistoryLine]
    _indexes: dict[str, _Index] = attrs.field(init=False, factory=dict)
    _by_kind: dict[tuple[str, ...], list[_Index]] = attrs.field(init=False, factory=dict)
    """The indexes that count lines of a kind, of those that were asked for so far."""
    _pairs: dict[int, tuple[Scope, ...]] = attrs.field(init=False, factory=dict)
    """The pairs of lines, by their place, as far as they were wanted."""
    _seen: int = attrs.field(init=False, default=0)
    """How many lines all indexes have seen."""

    def add(self, item: CaseItem, lines: Iterable[Line]) -> None:
        """Let *lines*, granted to *item*, stand."""
        for line in lines:
            stands = self.view.standing(item, line)
            self.view.know(stands, item)
            self.lines.append(stands)

    def copy(self) -> "Standing":
        """Return another one, to try what is not granted yet."""
        return Standing(self.view, list(self.lines))

    def group(self, clause: _Counting, key: Key) -> Group | Missing:
        """Return the lines that count in group *key* of *clause*, or what it would take to tell."""
        if self._seen < len(self.lines):
            self._catch_up()
        index = self._indexes.get(clause.id)
        if index is None:
            index = self._start(clause)
        return index.groups.get(key, _EMPTY) if index.missing is None else index.missing

    def _catch_up(self) -> None:
        """Group the lines that came since anything was last asked."""
        for at in range(self._seen, len(self.lines)):
            line = self.lines[at]
            kind = _kind(line)
            counting = self._by_kind.get(kind)
            if counting is None:
                counting = self._by_kind[kind] = [one for one in self._indexes.values() if one.counts(line)]
            pairs = self._pairs_of(at) if counting else ()
            for index in counting:
                index.place(self.view, line, pairs)
        self._seen = len(self.lines)

    def _start(self, clause: _Counting) -> _Index:
        """Group all lines under a clause that asks for the first time."""
        acts, here = clause.acts or self.view.book.acts, _here(self.view, clause.across)
        index = _Index(clause, acts, here, None if isinstance(clause, Highest) else clause.ignore)
        self._indexes[clause.id] = index
        self._by_kind.clear()
        for at, line in enumerate(self.lines):
            if index.counts(line):
                index.place(self.view, line, self._pairs_of(at))
        return index

    def _pairs_of(self, at: int) -> tuple[Scope, ...]:
        pairs = self._pairs.get(at)
        if pairs is None:
            line = self.lines[at]
            pairs = scopes_of_line(self.view, self.view.as_item(line), line.sources, line.target)
            self._pairs[at] = pairs
        return pairs


def _kind(line: HistoryLine) -> tuple[str, ...]:
    return line.act, line.programme, line.institution, line.book


def _here(view: View, across: Across) -> str | None:
    """Return what the ``across`` of a line must be for it to count, None where all lines count."""
    match across:
        case "programme":
            return view.programme
        case "book":
            return view.book.book
        case "institution":
            return view.institution
        case "bank":
            return None
