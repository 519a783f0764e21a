"""
The rule that comes closest: what a map would have asked of an item that none of its rules accepts.

It decides nothing and is recorded nowhere. It is for who reads that no rule fits, and wants to know what is lacking.
"""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from itertools import chain
from typing import Final, TypeAlias, assert_never

import attrs

from creditbank.domain.credit import number_text
from creditbank.domain.rule.case import CaseItem
from creditbank.domain.rule.clause import Map
from creditbank.domain.rule.decision import Compared
from creditbank.domain.rule.rows import AllFrom, AnyFrom, CreditsFrom, From, Named, PickFrom, Row, Selected
from creditbank.domain.rule.scope import Scope
from creditbank.domain.rule.selection import Range, Selection, Table, Test, compared, holds
from creditbank.domain.rule.view import NOBODY, Pair, View

__all__ = ["ROWS_LOOKED_AT_MAX", "nearest"]

ROWS_LOOKED_AT_MAX: Final = 10_000
"""So many rows of a map are compared; what is closer and stands further down is not told."""

_WHICH: Final = frozenset({"source.id", "source.code", "source.name", "source.class"})
"""What says which outcome a row is about: where that is another, the row is about others."""

_Gap: TypeAlias = tuple[Compared, ...]
"""What does not hold; empty: all holds."""


def nearest(view: View, item: CaseItem) -> tuple[Compared, ...]:
    """
    Return what does not hold of the rule that lacks least, in the order it is written.

    Of equals the one that leads elsewhere, which an applicant can mend by naming that; then the first.

    Empty where no rule is about any of the item's sources: of a row at least one test, code or part must hold.
    """
    gaps = [gap for clause in view.clauses.maps for gap in _gaps(view, item, clause) if gap]
    return min(gaps, key=_distance, default=())


def _distance(gap: _Gap) -> tuple[int, int]:
    return len(gap), sum(one.what != "target.id" for one in gap)


def _gaps(view: View, item: CaseItem, clause: Map) -> Iterator[_Gap]:
    if clause.match is not None:
        pairs = view.scopes(item, item.sources, item.targets)
        yield _joined(_selection(clause.match, scope) for scope in pairs)
        return
    codes = (_fact(view, source, "code") for source in item.sources)
    names = [*item.sources, *(code for code in codes if isinstance(code, str))]
    for at, row in enumerate(clause.lookup.touched(names)):
        if at == ROWS_LOOKED_AT_MAX:
            return
        gap = _row(view, item, row)
        if gap is not None:
            yield gap


def _row(view: View, item: CaseItem, row: Row) -> _Gap | None:
    """Return what *row* lacks, or None where it is about something else."""
    if row.to is None:
        return None
    lacks = _from(view, item, row.from_)
    if lacks is None:
        return None
    targets = () if _leads_to(view, item, row) else (Compared("target.id", "、".join(item.targets), "is", _named(row)),)
    scopes = view.scopes(item, item.sources, item.targets)
    days = _joined(_days(view, row, scope) for scope in scopes)
    when = () if row.when is None else _joined(_selection(row.when, scope) for scope in scopes)
    return (*lacks, *targets, *days, *when)


def _from(view: View, item: CaseItem, wanted: From) -> _Gap | None:
    """Return what of *wanted* the item's sources lack, or None where they have nothing of it."""
    match wanted:
        case Named():
            return () if any(_is_called(view, source, wanted.name) for source in item.sources) else None
        case Selected():
            found = [_selected(view, item, wanted.selection, source) for source in item.sources]
            return min((gap for gap in found if gap is not None), key=len, default=None)
        case AnyFrom():
            found = [_from(view, item, part) for part in wanted.parts]
            return min((gap for gap in found if gap is not None), key=len, default=None)
        case AllFrom():
            return _parts(view, item, wanted.parts, len(wanted.parts))
        case PickFrom():
            return _parts(view, item, wanted.parts, wanted.count)
        case CreditsFrom():
            used = [source for source in item.sources if _about(view, source, wanted.parts)]
            have = sum((_credits(view, source) for source in used), Fraction(0))
            shown = Compared("source.credits", number_text(have), "at_least", number_text(wanted.credits))
            return None if not used else () if have >= wanted.credits else (shown,)
        case _:
            assert_never(wanted)


def _parts(view: View, item: CaseItem, parts: tuple[From, ...], count: int) -> _Gap | None:
    """Return what the *count* best of *parts* lack; a part of which the sources have nothing lacks as a whole."""
    gaps = [_from(view, item, part) for part in parts]
    if all(gap is None for gap in gaps):
        return None
    have = "、".join(item.sources)
    whole = [
        (Compared("sources", have, "also", _words(part)),) if gap is None else gap
        for part, gap in zip(parts, gaps, strict=True)
    ]
    return tuple(chain.from_iterable(sorted(whole, key=len)[:count]))


def _selected(view: View, item: CaseItem, selection: Selection, source: str) -> _Gap | None:
    scope = view.scope(item, Pair(source, NOBODY))
    near = [(table, gap) for table, gap in _tables(selection, scope) if all(one.what not in _WHICH for one in gap)]
    # A table of which nothing holds is about other outcomes, too.
    return min((gap for table, gap in near if len(gap) < len(table) or not gap), key=len, default=None)


def _selection(selection: Selection, scope: Scope) -> _Gap:
    """Return the comparisons that fail in the table of *selection* that fails in the fewest tests."""
    return min((gap for _, gap in _tables(selection, scope)), key=len)


def _tables(selection: Selection, scope: Scope) -> Iterator[tuple[Table, _Gap]]:
    """Yield each table of *selection* with the comparisons that fail in it."""
    for table in selection.tables:
        tests = [Selection((((field, single),),)) for field, test in table for single in _singles(test)]
        wrong = (compared(test, scope) for test in tests if holds(test, scope) is not True)
        yield table, tuple(chain.from_iterable(wrong))


def _singles(test: Test) -> Iterator[Test]:
    """Yield *test* by its bounds: of a range one may hold."""
    if isinstance(test, Range):
        yield from (attrs.evolve(test, bounds=(bound,)) for bound in test.bounds)
    else:
        yield test


def _days(view: View, row: Row, scope: Scope) -> _Gap:
    field = view.book.dates.rows
    day = scope.find(field)
    if not isinstance(day, date):
        return ()
    if row.since is not None and day < row.since:
        return (Compared(field, day.isoformat(), "at_least", row.since.isoformat()),)
    if row.until is not None and day >= row.until:
        return (Compared(field, day.isoformat(), "below", row.until.isoformat()),)
    return ()


# --- names ------------------------------------------------------------------------------------------------------------


def _leads_to(view: View, item: CaseItem, row: Row) -> bool:
    """Say whether *row* has the targets that the item names, if it names any."""
    if not item.targets:
        return True
    assert row.to is not None, "asked of rows that lead somewhere"
    codes = [{target, str(view.case.targets.get(target, {}).get("code"))} for target in item.targets]
    return any(len(names) == len(codes) and all(own & set(names) for own in codes) for names in row.to.alternatives)


def _named(row: Row) -> str:
    assert row.to is not None, "asked of rows that lead somewhere"
    return " | ".join(" & ".join(names) for names in row.to.alternatives)


def _words(wanted: From) -> str:
    """Return *wanted* in the signs of a rows file."""
    match wanted:
        case Named():
            return wanted.name
        case Selected():
            return "…"
        case AllFrom():
            return " & ".join(map(_words, wanted.parts))
        case AnyFrom() | PickFrom() | CreditsFrom():
            return " | ".join(map(_words, wanted.parts))
        case _:
            assert_never(wanted)


def _about(view: View, source: str, parts: tuple[From, ...]) -> bool:
    only = CaseItem("", (source,), (), None)
    return any(_from(view, only, part) == () for part in parts)


def _joined(gaps: Iterator[_Gap]) -> _Gap:
    return tuple(dict.fromkeys(chain.from_iterable(gaps)))


def _is_called(view: View, source: str, name: str) -> bool:
    return name in (source, _fact(view, source, "code"))


def _fact(view: View, source: str, name: str) -> object:
    return view.case.outcomes.get(source, {}).get(name)


def _credits(view: View, source: str) -> Fraction:
    credits = _fact(view, source, "credits")
    return Fraction(credits) if isinstance(credits, int | Fraction) else Fraction(0)
