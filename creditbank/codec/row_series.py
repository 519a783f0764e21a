"""
Series: rows that follow each other in time neither overlap nor leave a gap. A real lapse is a row with ``none``.
"""

from collections.abc import Callable, Iterable
from datetime import date
from itertools import pairwise

from creditbank.domain.rule.rows import Row
from creditbank.errors import MalformedBookError

__all__ = ["check_series"]

Fault = Callable[[int, str, str], MalformedBookError]
_Numbered = tuple[int, Row]


def check_series(rows: Iterable[_Numbered], fault: Fault) -> None:
    """
    Refuse rows of one series that overlap or leave a gap, naming both.

    Rows are of one series if they say so, or else if from, to and when are the same. A row with none and no series is a
    lapse: it fills a gap in every series of its ``from``, and rows may lie between two of them.

    Args:
        rows: Numbered rows, in any order.
        fault: Makes the error from the later row's number, what is wrong and the mend.
    """
    series: dict[object, list[_Numbered]] = {}
    lapses: dict[object, list[_Numbered]] = {}
    for number, row in rows:
        if row.to is None and not row.series:
            lapses.setdefault((row.from_, row.when), []).append((number, row))
        else:
            series.setdefault(row.series or (row.from_, row.to, row.when), []).append((number, row))
    for members in lapses.values():
        for one, other in pairwise(_in_time(members)):
            _check_overlap(one, other, fault)
    for members in series.values():
        for one, other in pairwise(_in_time(members)):
            _check_overlap(one, other, fault)
            row = other[1]
            if not _reaches(one[1].until, row.since, lapses.get((row.from_, row.when), ())):
                what = f"rows {one[0]} and {other[0]} leave a gap"
                mend = f"let row {other[0]} begin on {one[1].until}, or add a row with none"
                raise fault(other[0], what, mend)


def _in_time(members: Iterable[_Numbered]) -> list[_Numbered]:
    return sorted(members, key=lambda member: (member[1].since or date.min, member[0]))


def _check_overlap(one: _Numbered, other: _Numbered, fault: Fault) -> None:
    before, after = one[1].until, other[1].since
    if before is None or after is None or before > after:
        what = f"rows {one[0]} and {other[0]} overlap"
        raise fault(other[0], what, f"let row {one[0]} end where row {other[0]} begins")


def _reaches(since: date | None, until: date | None, lapses: Iterable[_Numbered]) -> bool:
    """Say whether *lapses* cover all of ``[since, until)``, which may be empty."""
    assert since is not None, "rows that do not overlap end"
    assert until is not None, "and begin"
    for _, row in _in_time(lapses):
        if (row.since or date.min) <= since and (row.until is None or since < row.until):
            since = row.until or until
    return since >= until
