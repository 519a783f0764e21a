"""
Floors: totals to reach and shares not to pass, over all lines that count. Asked last, when nothing is added any more.
"""

from collections.abc import Iterable
from typing import NamedTuple

from creditbank.domain.credit import number_text
from creditbank.domain.rule.case import HistoryLine
from creditbank.domain.rule.clause import Floor, Percent
from creditbank.domain.rule.decision import Compared, Measured
from creditbank.domain.rule.groups import groups_of_line
from creditbank.domain.rule.measure import base_of, limit_of, measure_lines
from creditbank.domain.rule.scope import Scope
from creditbank.domain.rule.verdict import Missing
from creditbank.domain.rule.view import NOBODY, View
from creditbank.domain.rule.working import Fail, Log

__all__ = ["Sorted", "compared_of", "measure_floor", "report_short", "sort_lines"]


class Sorted(NamedTuple):
    """Lines as one floor sees them: *inside* it, *unsure* (for want of *missing*), and *counted*, which is all of them."""

    clause: Floor
    scope: Scope
    inside: tuple[HistoryLine, ...]
    unsure: tuple[HistoryLine, ...]
    counted: tuple[HistoryLine, ...]
    missing: Missing | None

    def without(self, source: str) -> "Sorted":
        """Return the same without the lines of *source*."""

        def rest(lines: tuple[HistoryLine, ...]) -> tuple[HistoryLine, ...]:
            return tuple(line for line in lines if source not in line.sources)

        return self._replace(inside=rest(self.inside), unsure=rest(self.unsure), counted=rest(self.counted))


def sort_lines(view: View, clause: Floor, scope: Scope, lines: Iterable[HistoryLine]) -> Sorted:
    """Ask of every line, once, whether *clause* is over it."""
    counted = tuple(lines)
    if clause.over is None:
        return Sorted(clause, scope, counted, (), counted, None)
    inside: list[HistoryLine] = []
    unsure: list[HistoryLine] = []
    missing: Missing | None = None
    for line in counted:
        groups = groups_of_line(view, view.as_item(line), clause, line.sources, line.target, new=False)
        if isinstance(groups, Missing):
            unsure.append(line)
            missing = missing or groups
        elif groups:
            inside.append(line)
    return Sorted(clause, scope, tuple(inside), tuple(unsure), counted, missing)


def measure_floor(view: View, lines: Sorted) -> Measured | Missing:
    """Measure; Missing where it turns on what is not known, and not where the floor holds or fails either way."""
    sure = _measure(view, lines, lines.inside)
    if not lines.unsure or isinstance(sure, Missing):
        return sure
    all_of_them = _measure(view, lines, (*lines.inside, *lines.unsure))
    if isinstance(all_of_them, Missing):
        return all_of_them
    assert lines.missing is not None, "a line that is unsure lacks something"
    return sure if sure.met == all_of_them.met else lines.missing


def _measure(view: View, lines: Sorted, inside: tuple[HistoryLine, ...]) -> Measured | Missing:
    clause, scope, limit = lines.clause, lines.scope, lines.clause.limit
    have = measure_lines(view, clause.measure, inside)
    counted = have if inside is lines.counted else measure_lines(view, clause.measure, lines.counted)
    if isinstance(have, Missing):
        return have
    if isinstance(counted, Missing):
        return counted
    need = limit_of(view, clause, limit, (), scope, counted)
    base = base_of(view, clause, limit, (), scope, counted) if isinstance(limit, Percent) else None
    if isinstance(need, Missing):
        return need
    assert not isinstance(base, Missing), "what a share is of was found with the share"
    return Measured(clause.id, f"floor.{clause.code}", clause.measure, have, clause.word, need, base)


def compared_of(one: Measured) -> tuple[Compared, ...]:
    """Return what a floor compared."""
    return (Compared(one.measure, number_text(one.have), one.test, number_text(one.need)),)


def report_short(view: View, standing: Iterable[HistoryLine], log: Log) -> tuple[Measured, ...]:
    """
    Return the floors that do not hold over what stands in this programme. It refuses nothing, so what cannot be told
    is noted and left out.
    """
    short: list[Measured] = []
    scope = view.scope_of(None, NOBODY, NOBODY)
    for clause in view.clauses.floors:
        acts, programme = clause.acts or view.book.acts, view.programme
        lines = [line for line in standing if line.programme == programme and line.act in acts]
        speaks = view.speaks(clause, scope)
        if speaks is False:
            log.note("", clause, "silent")
            continue
        said = speaks if isinstance(speaks, Missing) else measure_floor(view, sort_lines(view, clause, scope, lines))
        if isinstance(said, Missing):
            log.fail("", Fail(f"missing.{said.field}", clause, ()))
            continue
        if said.met:
            log.note("", clause, "passed", compared=compared_of(said))
        else:
            log.note("", clause, "short", code=said.code, compared=compared_of(said))
            short.append(said)
    return tuple(short)
