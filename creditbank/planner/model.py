"""
The model: which candidates together meet every limit, in whole numbers. One column a candidate, one row a limit's group.

A plan's items are to be granted in full in any order; so a limit that an item is asked about counts every other item of the
plan. What cannot be said exactly is left out and named in :attr:`Model.open`: then the model allows more than the rules do,
its bound is still a bound, and the engine has the last word on what it proposes.
"""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import lcm
from typing import Final

import attrs

from creditbank.domain.rule.case import HistoryLine
from creditbank.domain.rule.clause import Cap
from creditbank.domain.rule.view import View
from creditbank.planner.candidate import Candidate
from creditbank.planner.result import names_of
from creditbank.planner.solver import ClauseKey, Row

__all__ = ["Model"]

Terms = Mapping[int, Fraction]
"""Column by column, what one of it counts."""

_ONE: Final = Fraction(1)


@attrs.define
class _Columns:
    """The columns of one candidate: *chosen*; for one that takes parts, by line, its *amount* and whether it is *there*."""

    chosen: int
    amount: dict[int, int] = attrs.field(factory=dict)
    there: dict[int, int] = attrs.field(factory=dict)


class Model:
    """Columns and rows for these candidates; limits are added by :mod:`creditbank.planner.limit`."""

    def __init__(self, views: Sequence[View], candidates: Sequence[Candidate]) -> None:
        """Lay out what a plan is made of, before any clause speaks."""
        self.views = tuple(views)
        self.names = names_of([view.book for view in views])
        self.candidates = tuple(candidates)
        self.step = _step(self.views, self.candidates)
        self.most: list[int] = []
        self.rows: list[Row] = []
        self.open: dict[str, None] = {}
        self.columns = [self._lay_out(one) for one in self.candidates]
        # Line by line as the record will have it: that is what the items after it see.
        self.standing: list[tuple[HistoryLine, ...]] = [
            tuple(
                self.views[one.book].standing(attrs.evolve(one.item, id=f"{number}"), line) for line in one.lines
            )
            for number, one in enumerate(self.candidates)
        ]  # fmt: skip
        # Sets of columns that exclude each other, by the clauses that say so; and by column, which sets it is in.
        self._exclusive: list[tuple[ClauseKey, ...]] = []
        self._excluded: dict[int, list[int]] = {}
        self.spent: dict[str, int] = {}
        self.waived: dict[str, int] = {}
        self._each_once()

    # --- rows ---------------------------------------------------------------------------------------------------------

    def add(self, terms: Terms, most: Fraction, *clauses: ClauseKey) -> None:
        """Add: the sum of *terms* is at most *most*."""
        scale = lcm(most.denominator, *(factor.denominator for factor in terms.values()))
        whole = {column: int(factor * scale) for column, factor in terms.items() if factor}
        self.add_row(Row(whole, int(most * scale), clauses))

    def add_row(self, row: Row) -> None:
        """Add *row*, or say that it is too large."""
        if row.fits:
            self.rows.append(row)
        else:
            self.open["size"] = None

    def add_if(self, columns: Sequence[int], terms: Terms, most: Fraction, *clauses: ClauseKey) -> None:
        """Add: if any of *columns* is 1, the sum of *terms* is at most *most*."""
        spare = sum((factor * self.most[column] for column, factor in terms.items()), -most)
        if spare > 0:
            there = columns[0] if len(columns) == 1 else self.any_of(columns)
            self.add({**terms, there: terms.get(there, Fraction(0)) + spare}, most + spare, *clauses)

    def said(self, book: int, clause: str) -> ClauseKey:
        """Return what names a clause of this book among those of all."""
        return self.names[book], clause

    def never(self, number: int, clause: ClauseKey) -> None:
        """Candidate *number* cannot be chosen."""
        self.add({self.columns[number].chosen: _ONE}, Fraction(0), clause)

    def at_most_one(self, columns: Sequence[int], *clauses: ClauseKey) -> None:
        """Add: at most one of *columns* is 1."""
        if len(columns) > 1:
            self.add(dict.fromkeys(columns, _ONE), _ONE, *clauses)
            self._exclusive.append(clauses)
            for column in columns:
                self._excluded.setdefault(column, []).append(len(self._exclusive) - 1)

    def any_of(self, columns: Iterable[int]) -> int:
        """Return a new column that is 1 wherever one of *columns* is."""
        made, left = self.new_column(1), dict.fromkeys(columns)
        together: dict[int, list[int]] = {}
        for column in left:
            for number in self._excluded.get(column, ()):
                together.setdefault(number, []).append(column)
        covered: list[int] = []
        # Of columns that exclude each other all together count no more: the same for whole numbers, and found sooner.
        for number, some in sorted(together.items(), key=lambda one: -len(one[1])):
            some = [column for column in some if column in left]
            if len(some) > 1:
                self.add({**dict.fromkeys(some, _ONE), made: -_ONE}, Fraction(0), *self._exclusive[number])
                covered += some
                left = {column: None for column in left if column not in some}
        if covered:
            self.add({**dict.fromkeys(covered, _ONE), made: -Fraction(len(covered))}, Fraction(0))
        for column in left:
            self.add({column: _ONE, made: -_ONE}, Fraction(0))
        return made

    def bound_items(self, most: int) -> None:
        """At most so many items under each book."""
        for book in range(len(self.views)):
            columns = [self.columns[number].chosen for number, one in enumerate(self.candidates) if one.book == book]
            if len(columns) > most:
                self.add(dict.fromkeys(columns, _ONE), Fraction(most))

    # --- what candidates come to --------------------------------------------------------------------------------------

    def credit(self, number: int, lines: Sequence[int]) -> dict[int, Fraction]:
        """Return what these lines of a candidate bear, in credits."""
        columns, found = self.columns[number], dict[int, Fraction]()
        for line in lines:
            if line in columns.amount:
                found[columns.amount[line]] = self.step
            elif credits := self.candidates[number].lines[line].credits:
                found[columns.chosen] = found.get(columns.chosen, Fraction(0)) + credits
        return found

    def there(self, number: int, lines: Sequence[int]) -> int:
        """Return the column that says whether the first of these lines is there."""
        columns = self.columns[number]
        return min((columns.there.get(line, columns.chosen) for line in lines), default=columns.chosen)

    def wanted(self) -> dict[int, int]:
        """Return what is to be as large as can be, in steps."""
        terms = (self.credit(number, range(len(one.lines))) for number, one in enumerate(self.candidates))
        return {column: int(factor / self.step) for one in terms for column, factor in one.items()}

    # --- the shape ----------------------------------------------------------------------------------------------------

    def new_column(self, most: int = 1) -> int:
        """Return a new column, of whole numbers from 0 to *most*."""
        self.most.append(most)
        return len(self.most) - 1

    def _lay_out(self, one: Candidate) -> _Columns:
        columns = _Columns(self.new_column(1))
        bearing = [number for number, line in enumerate(one.lines) if line.credits]
        for before, number in zip([None, *bearing], bearing if one.parts else (), strict=False):
            most = int(one.lines[number].credits / self.step)
            amount = columns.amount[number] = self.new_column(most)
            if before is None:
                self.add({columns.chosen: _ONE, amount: -_ONE}, Fraction(0))
                self.add({amount: _ONE, columns.chosen: Fraction(-most)}, Fraction(0))
                continue
            # Lines fill one after the other: the next begins when the one before is full.
            there = columns.there[number] = self.new_column(1)
            full = self.most[columns.amount[before]]
            self.add({amount: _ONE, there: Fraction(-most)}, Fraction(0))
            self.add({there: Fraction(full), columns.amount[before]: -_ONE}, Fraction(0))
        return columns

    def add_goals(self) -> None:
        """Add columns for the sources that are spent and the targets that are met without credits; when all limits are in."""
        users: dict[str, list[int]] = {}
        frees: dict[str, list[int]] = {}
        for number, one in enumerate(self.candidates):
            for source in one.able.accepted.used:
                users.setdefault(source, []).append(self.columns[number].chosen)
            for target in one.able.accepted.targets if not one.credits else ():
                frees.setdefault(target, []).append(self.columns[number].chosen)
        self.spent = {source: self.any_of(columns) for source, columns in users.items()}
        for target, columns in frees.items():
            met = self.waived[target] = self.new_column(1)
            self.add({met: _ONE, **dict.fromkeys(columns, -_ONE)}, Fraction(0))
            self.at_most_one(columns)  # to be let off once is enough

    def _each_once(self) -> None:
        """One item for the same sources and targets, however they are listed."""
        same: dict[object, list[int]] = {}
        for number, one in enumerate(self.candidates):
            key = (one.book, frozenset(one.item.sources), frozenset(one.item.targets))
            same.setdefault(key, []).append(self.columns[number].chosen)
        for columns in same.values():
            self.at_most_one(columns)


def _step(views: Sequence[View], candidates: Sequence[Candidate]) -> Fraction:
    """Return what amounts are multiples of: the system's quantum; without one what all amounts and limits are multiples of."""
    quanta = [view.case.systems.get(view.book.system) for view in views]
    if quanta and quanta[0] is not None:
        return quanta[0]
    amounts = [line.credits for one in candidates for line in one.lines]
    caps = [
        clause.at_most
        for view in views
        if view.case.act in view.book.acts
        for clause in view.clauses.limits
        if isinstance(clause, Cap)
    ]
    amounts += [limit for limit in caps if isinstance(limit, Fraction)]
    return Fraction(1, lcm(*(amount.denominator for amount in amounts)))
