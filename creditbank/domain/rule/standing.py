"""
What stands: the record, and what this application was granted so far, as the clauses that count see it.

Every clause groups a line once, when it first asks after the line came; so what an item costs does not grow with the
record.
"""

from collections.abc import Iterable
from fractions import Fraction
from typing import Final, TypeAlias

import attrs

from creditbank.domain.credit import add_up
from creditbank.domain.rule.case import CaseItem, HistoryLine
from creditbank.domain.rule.clause import Across, Cap, Highest, Once
from creditbank.domain.rule.decision import Line
from creditbank.domain.rule.groups import Key, groups_of_line
from creditbank.domain.rule.scope import NOBODY, Pair, View
from creditbank.domain.rule.selection import Missing, holds

__all__ = ["Group", "Standing"]

_ZERO: Final = Fraction(0)
_Counting: TypeAlias = Once | Cap | Highest


@attrs.define(eq=False)
class Group:
    """The lines of one group, oldest first."""

    lines: list[HistoryLine] = attrs.field(factory=list)
    _credits: Fraction = _ZERO
    _added: int = 0

    def credits(self) -> Fraction:
        """Return what the lines come to; those that are new since it was last asked are added."""
        if self._added < len(self.lines):
            self._credits = add_up((self._credits, *(line.credits for line in self.lines[self._added :])))
            self._added = len(self.lines)
        return self._credits


_EMPTY: Final = Group()
"""What a group is that no line is in."""


@attrs.define(eq=False)
class _Index:
    """The groups of one clause over the first *seen* lines; *missing* is what the first line lacked that lacked something."""

    seen: int = 0
    groups: dict[Key, Group] = attrs.field(factory=dict)
    missing: Missing | None = None


@attrs.define(eq=False)
class Standing:
    """Lines that stand, oldest first. It grows while items are granted, and lives as long as one evaluation."""

    view: View
    lines: list[HistoryLine]
    _indexes: dict[str, _Index] = attrs.field(init=False, factory=dict)

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
            index = self._indexes[clause.id] = _Index()
        while index.seen < len(self.lines) and index.missing is None:
            self._place(clause, self.lines[index.seen], index)
            index.seen += 1
        return index.missing or index.groups.get(key, _EMPTY)

    def _place(self, clause: _Counting, line: HistoryLine, index: _Index) -> None:
        view = self.view
        if not (view.book.speaks(clause.acts, line.act) and _is_across(view, clause.across, line)):
            return
        item = view.as_item(line)
        if isinstance(clause, Once | Cap) and clause.ignore is not None:
            ignored = holds(clause.ignore, view.scope(item, Pair(NOBODY, line.target), line))
            if ignored is not False:
                index.missing = ignored if isinstance(ignored, Missing) else None
                return
        groups = groups_of_line(view, item, clause, line.sources, line.target, new=False)
        if isinstance(groups, Missing):
            index.missing = groups
            return
        for key in groups:
            group = index.groups.get(key)
            if group is None:
                group = index.groups[key] = Group()
            group.lines.append(line)


def _is_across(view: View, across: Across, line: HistoryLine) -> bool:
    match across:
        case "programme":
            return line.programme == view.programme
        case "book":
            return line.book == view.book.book
        case "institution":
            return line.institution == view.institution
        case "bank":
            return True
