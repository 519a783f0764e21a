"""
What stands: the record, and what this application was granted so far, as the clauses that count see it.

Every clause groups a line once, when it first asks after the line came; so what an item costs does not grow with the
record.
"""

from collections.abc import Iterable
from fractions import Fraction
from typing import Final, TypeAlias

import attrs

from creditbank.domain.rule.case import CaseItem, HistoryLine
from creditbank.domain.rule.clause import Across, Cap, Highest, Once
from creditbank.domain.rule.decision import Line
from creditbank.domain.rule.groups import Key, keys_of_line, scopes_of_line
from creditbank.domain.rule.scope import NOBODY, Pair, View
from creditbank.domain.rule.selection import Missing, Scope, holds

__all__ = ["Group", "Standing"]

_Counting: TypeAlias = Once | Cap | Highest


@attrs.define(eq=False)
class Group:
    """The lines of one group, oldest first."""

    lines: list[HistoryLine] = attrs.field(factory=list)
    _sum: tuple[int, int] = (0, 1)
    _added: int = 0

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


_EMPTY: Final = Group()
"""What a group is that no line is in."""


@attrs.define(eq=False)
class _Index:
    """
    The groups of one clause over the first *seen* lines; *missing* is what the first line lacked that lacked something.

    Lines of its *acts* count, and, where it does not count them all, those whose ``across`` is *here*.
    """

    acts: tuple[str, ...]
    here: str | None
    seen: int = 0
    groups: dict[Key, Group] = attrs.field(factory=dict)
    missing: Missing | None = None

    def put(self, line: HistoryLine, keys: Iterable[Key]) -> None:
        """Let *line* count in these groups."""
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
    _scopes: list[tuple[Scope, ...]] = attrs.field(init=False, factory=list)

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
        index = self._indexes.get(clause.id)
        if index is None:
            acts = clause.acts or self.view.book.acts
            index = self._indexes[clause.id] = _Index(acts, _here(self.view, clause.across))
        if index.seen < len(self.lines):
            self._catch_up(clause, index)
        return index.groups.get(key, _EMPTY) if index.missing is None else index.missing

    def _catch_up(self, clause: _Counting, index: _Index) -> None:
        """Group the lines that came since *clause* was last asked, up to one that lacks something."""
        while index.seen < len(self.lines) and index.missing is None:
            line = self.lines[index.seen]
            if self._counts(clause, index, line):
                keys = keys_of_line(self.view, clause, self._scopes_of(index.seen), new=False)
                if isinstance(keys, Missing):
                    index.missing = keys
                else:
                    index.put(line, keys)
            index.seen += 1

    def _counts(self, clause: _Counting, index: _Index, line: HistoryLine) -> bool:
        if line.act not in index.acts or (index.here is not None and getattr(line, clause.across) != index.here):
            return False
        ignore = None if isinstance(clause, Highest) else clause.ignore
        if ignore is None:
            return True
        ignored = holds(ignore, self.view.scope(self.view.as_item(line), Pair(NOBODY, line.target), line))
        index.missing = ignored if isinstance(ignored, Missing) else None
        return ignored is False

    def _scopes_of(self, at: int) -> tuple[Scope, ...]:
        """Return the pairs of a line, which are the same for all clauses."""
        while len(self._scopes) <= at:
            line = self.lines[len(self._scopes)]
            self._scopes.append(scopes_of_line(self.view, self.view.as_item(line), line.sources, line.target))
        return self._scopes[at]


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
