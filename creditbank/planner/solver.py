"""
The solver's door: whole numbers in, whole numbers out. The one module that knows HiGHS, and the one where floats exist.

What comes back is checked in whole numbers before anybody sees it. A bound is rounded down to a whole number: between what
was found and one more there is nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import attrs
import highspy

__all__ = ["NODES_MAX", "SIZE_MAX", "ClauseKey", "Row", "Solved", "Solver"]

NODES_MAX: Final = 20_000
"""Branches per question. It is a count and no time, so that the answer is the same on a slower machine."""

SECONDS_MAX: Final = 60.0
"""
The last seat belt for a question that branches do not bound. One that takes as long is given up: what was found is no answer then
that is known to be the best. A float, as HiGHS takes it; no amount is made of it.
"""

SIZE_MAX: Final = 10**7
"""The largest number in a row: a solver's tolerance (1e-9) on it stays far below one."""

# Floats, as HiGHS compares floats: none of them gets into an amount, and values are checked in whole numbers.
_TOLERANCE: Final = 1e-9
"""How far values may miss a row or a whole number before they are rounded: the smallest that HiGHS takes is 1e-10."""
_SLACK: Final = 1e-4
"""How far a bound may lie below a whole number and still mean it."""
_HALF: Final = 0.5
"""The solver stops above a target and not on it: half below the whole number is meant."""


ClauseKey = tuple[str, str]
"""A rule book, as the plan calls it, and a clause of it."""


@attrs.frozen
class Row:
    """The sum of *terms* (column, factor) is at most *most*. *clauses* say so together; none: the shape of a plan itself."""

    terms: Mapping[int, int]
    most: int
    clauses: tuple[ClauseKey, ...] = ()

    def holds(self, values: tuple[int, ...]) -> bool:
        """Say whether *values* keep to it, in whole numbers."""
        return sum(factor * values[column] for column, factor in self.terms.items()) <= self.most

    @property
    def fits(self) -> bool:
        """Say whether a solver can be trusted with its numbers."""
        return all(abs(factor) <= SIZE_MAX for factor in self.terms.values()) and abs(self.most) <= SIZE_MAX


@attrs.frozen
class Solved:
    """*values* that keep to every row, or None; and *bound*, which no values pass (None: there are no values at all)."""

    values: tuple[int, ...] | None
    bound: int | None


class Solver:
    """Columns are whole numbers from 0 to *most*; rows may be added, and what is asked for may change."""

    def __init__(self, most: Iterable[int], rows: Iterable[Row]) -> None:
        """Pass columns and *rows* on."""
        self._most = tuple(most)
        self._rows = [row for row in rows if row.terms]
        lp = highspy.HighsLp()
        lp.num_col_ = len(self._most)
        lp.num_row_ = len(self._rows)
        lp.col_cost_ = [0] * len(self._most)
        lp.col_lower_ = [0] * len(self._most)
        lp.col_upper_ = list(self._most)
        lp.row_lower_ = [-highspy.kHighsInf] * len(self._rows)
        lp.row_upper_ = [row.most for row in self._rows]
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        starts, columns = [0], list[int]()
        factors = list[float]()
        for row in self._rows:
            columns += row.terms.keys()
            factors += row.terms.values()
            starts.append(len(columns))
        lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = starts, columns, factors
        lp.integrality_ = [highspy.HighsVarType.kInteger] * len(self._most)
        lp.sense_ = highspy.ObjSense.kMaximize
        self._highs = highspy.Highs()  # type: ignore[no-untyped-call] # highspy leaves it so
        self._highs.silent()
        options: dict[str, int | float | str] = {
            "threads": 1, "parallel": "off", "random_seed": 0, "mip_rel_gap": 0, "mip_abs_gap": _SLACK, "mip_allow_restart": False,
            "time_limit": SECONDS_MAX,
            "mip_feasibility_tolerance": _TOLERANCE, "primal_feasibility_tolerance": _TOLERANCE,
        }  # fmt: skip
        for name, value in options.items():
            self._highs.setOptionValue(name, value)
        self._highs.passModel(lp)

    def add(self, row: Row) -> None:
        """Add *row*."""
        self._rows.append(row)
        self._highs.addRow(-highspy.kHighsInf, row.most, len(row.terms), list(row.terms), list(row.terms.values()))

    def fix(self, column: int, value: int) -> None:
        """Let *column* be *value* from now on."""
        self._highs.changeColBounds(column, value, value)

    def maximise(
        self,
        wanted: Mapping[int, int],
        *,
        nodes_max: int = NODES_MAX,
        start: Sequence[int] = (),
        enough: int | None = None,
    ) -> Solved:
        """
        Return values that make the sum of *wanted* (column, factor) as large as can be, or *enough*.

        Where the solver stops early, or its values do not keep to every row to the letter, they are not the best or not
        there; the bound holds all the same.

        Args:
            start: Values to begin with, that keep to every row. Without them the solver first looks for any values at all,
                and while it does (its feasibility pump) it minds neither branches nor seconds: pass them where they are known.
            enough: The solver may stop at the first values that come to so much.
        """
        if not self._most:
            return Solved((), 0) if all(row.most >= 0 for row in self._rows) else Solved(None, None)
        costs = [float(wanted.get(column, 0)) for column in range(len(self._most))]
        self._highs.changeColsCost(len(costs), list(range(len(costs))), costs)
        self._highs.setOptionValue("mip_max_nodes", nodes_max)
        self._highs.setOptionValue("objective_target", -highspy.kHighsInf if enough is None else enough - _HALF)
        if start:
            known = highspy.HighsSolution()
            known.col_value = list(start)
            self._highs.setSolution(known)
        self._highs.run()
        status = self._highs.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            return Solved(None, None)
        info = self._highs.getInfo()
        ceiling = sum(factor * self._most[column] for column, factor in wanted.items() if factor > 0)
        bound = ceiling
        if abs(info.mip_dual_bound) < highspy.kHighsInf:
            bound = min(ceiling, int((info.mip_dual_bound + _SLACK) // 1))
        if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return Solved(None, bound)
        values = tuple(round(value) for value in self._highs.getSolution().col_value)
        return Solved(values if all(row.holds(values) for row in self._rows) else None, bound)
