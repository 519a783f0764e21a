"""
Awards and programmes: each source is a line that counts or is declined, and in the end the floors decide.

A clause that names ``source`` or ``pair`` declines a line; any other refuses the item. Eligibility, worth and ``highest``
come first for the lines of all items; then, item by item and line by line, the limits; then the floors, and the debit.
"""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from functools import partial
from typing import Final

import attrs

from creditbank.domain.rule.book import names_source
from creditbank.domain.rule.case import CaseItem
from creditbank.domain.rule.chosen import Chosen
from creditbank.domain.rule.clause import Map
from creditbank.domain.rule.decision import Compared, Declined, DeclinedLine, ItemResult, Line, Measured
from creditbank.domain.rule.effects import check_effects, effects_on
from creditbank.domain.rule.eligible import Eligible, Refusal, in_file_order
from creditbank.domain.rule.floors import Sorted, compared_of, measure_floor, sort_lines
from creditbank.domain.rule.gate import ask_gates
from creditbank.domain.rule.highest import rank
from creditbank.domain.rule.limits import check_limits, trim
from creditbank.domain.rule.mapping import Accepted, find_map
from creditbank.domain.rule.measure import LEVEL_FIELD, measure_lines
from creditbank.domain.rule.policy import choose
from creditbank.domain.rule.result import balances, refused
from creditbank.domain.rule.scope import Scope
from creditbank.domain.rule.score import Scored, ask_scores
from creditbank.domain.rule.standing import Standing
from creditbank.domain.rule.verdict import Missing
from creditbank.domain.rule.view import NOBODY, Pair, View
from creditbank.domain.rule.working import Fail, Log
from creditbank.domain.rule.worth import Lot, value_item

__all__ = ["collect"]

_ZERO: Final = Fraction(0)


@attrs.frozen
class _Counted:
    """A source that counts: its lot (None in a book that values nothing), its line, and what caps trimmed of it."""

    lot: Lot | None
    line: Line
    trimmed: tuple[Declined, ...]


@attrs.define
class _Gathered:
    """An item on its way: *target* is its only one (or :data:`NOBODY`), *entries* are the lines that stand so far."""

    item: CaseItem
    target: str
    chosen: Chosen
    scored: Scored
    scopes: tuple[Scope, ...]
    waived: tuple[str, ...]
    entries: list[Eligible]
    declined: dict[str, Fail]

    def decline(self, source: str, fail: Fail) -> None:
        self.declined.setdefault(source, fail)

    def declined_lines(self) -> tuple[DeclinedLine, ...]:
        """Return the sources that do not count, in the order listed."""
        found = ((source, self.declined[source]) for source in self.item.sources if source in self.declined)
        return tuple(
            DeclinedLine(source, fail.code, fail.clause.id if fail.clause else "", fail.compared)
            for source, fail in found
        )


def collect(view: View, log: Log) -> tuple[tuple[ItemResult, ...], tuple[Measured, ...]]:
    """Decide every item of an award or a programme; also return the floors that did not hold."""
    gathered = [_gather(view, item, log) for item in view.case.items]
    entries = [entry for one in gathered if isinstance(one, _Gathered) for entry in one.entries]
    standing = Standing(view, list(view.case.history))
    ranked = iter(rank(view, entries, standing, log))
    results: list[ItemResult] = []
    for item, one in zip(view.case.items, gathered, strict=True):
        if isinstance(one, Refusal):
            results.append(refused(view, item, one, log))
            continue
        _keep_ranked(one, [next(ranked) for _ in one.entries])
        result = _decide(view, one, standing, log)
        results.append(result)
        standing.add(item, result.lines)
    return tuple(results), tuple(floor for one in results if one.refused for floor in one.floors if not floor.met)


# --- what each item and each line may be ------------------------------------------------------------------------------


def _gather(view: View, item: CaseItem, log: Log) -> _Gathered | Refusal:
    """
    Ask what is about the whole item, then every source.

    Refused, in this order: ``item.targets``, ``item.ask``, gates and scores in file order, ``map.ambiguous``, what
    policies and effects lack.
    """
    odd = _odd(item)
    if odd is not None:
        return Refusal((log.fail(item.id, odd),), ())
    whole = view.scopes(item, (), item.targets)
    fails, waived = ask_gates(view, item, view.clauses.gates_of_whole, whole, log)
    scored = ask_scores(view, item, view.scopes(item, item.sources, item.targets), log)
    waived += scored.waived
    if fails or scored.fails:
        return Refusal(in_file_order(view, (*fails, *scored.fails)), waived)
    declined: dict[str, Fail] = {}
    found: list[tuple[CaseItem, Accepted]] = []
    for source in item.sources:
        log.line = source
        line = attrs.evolve(item, sources=(source,))
        mapped, passed = _ask_line(view, line, log)
        waived += passed
        if isinstance(mapped, Fail):
            declined[source] = mapped
        else:
            found.append((line, mapped))
    log.line = ""
    targets = tuple(dict.fromkeys(accepted.targets for _, accepted in found)) or (item.targets,)
    if len(targets) > 1:
        named = " | ".join("、".join(one) for one in targets)
        fail = log.fail(item.id, Fail("map.ambiguous", _first_map(view), (Compared("targets", "", "one of", named),)))
        return Refusal((fail,), waived)
    sources = tuple(line.sources[0] for line, _ in found)
    scopes = view.scopes(item, sources, targets[0])
    chosen = choose(view, item, scopes, log)
    if isinstance(chosen, Fail):
        return Refusal((chosen,), waived)
    open_ = check_effects(view, item, scopes, log)
    if open_ is not None:
        return Refusal((open_,), waived)
    target = targets[0][0] if targets[0] else NOBODY
    one = _Gathered(item, target, chosen, scored, scopes, tuple(dict.fromkeys(waived)), [], declined)
    _value(view, one, found, log)
    return one


def _odd(item: CaseItem) -> Fail | None:
    if len(item.targets) > 1:
        return Fail("item.targets", None, (Compared("targets", str(len(item.targets)), "at_most", "1"),))
    if item.ask is not None:
        return Fail("item.ask", None, (Compared("item.ask", str(item.ask), "is", ""),))
    return None


def _first_map(view: View) -> Map | None:
    return next(iter(view.clauses.maps), None)


def _ask_line(view: View, line: CaseItem, log: Log) -> tuple[Accepted | Fail, tuple[str, ...]]:
    """Ask maps and the gates that name a source of one line; return the first that fails in file order."""
    mapped = find_map(view, line, log)
    targets = mapped.targets if isinstance(mapped, Accepted) else line.targets
    fails, waived = ask_gates(view, line, view.clauses.gates_of_lines, view.scopes(line, line.sources, targets), log)
    if isinstance(mapped, Fail):
        fails = (mapped, *fails)
    return (in_file_order(view, fails)[0] if fails else mapped), waived


def _value(view: View, one: _Gathered, found: list[tuple[CaseItem, Accepted]], log: Log) -> None:
    """Say what each line is worth. Without any worth clause sources count as such: by number, hours, target."""
    valued = bool(view.clauses.worths)
    for line, accepted in found:
        log.line = line.sources[0]
        lots: tuple[Lot, ...] | Fail = ()
        if valued or accepted.credits:
            lots = value_item(view, line, accepted, one.chosen.round, log)
        if isinstance(lots, Fail):
            one.decline(line.sources[0], lots)
        else:
            one.entries.append(Eligible(line, accepted, one.chosen, lots, (), one.scored))
    log.line = ""


def _keep_ranked(one: _Gathered, ranked: list[Eligible | Refusal]) -> None:
    kept: list[Eligible] = []
    for entry, said in zip(one.entries, ranked, strict=True):
        if isinstance(said, Refusal):
            one.decline(entry.item.sources[0], said.fails[0])
        else:
            kept.append(said)
        one.waived = tuple(dict.fromkeys((*one.waived, *said.waived)))
    one.entries = kept


# --- limits, floors, debit --------------------------------------------------------------------------------------------


def _decide(view: View, one: _Gathered, standing: Standing, log: Log) -> ItemResult:
    counted = list(_count(view, one, standing, log))
    among = tuple(clause for clause in view.clauses.limits if not names_source(clause))
    lines = tuple(each.line for each in counted)
    fails, waived = check_limits(view, one.item, among, lines, standing, trimmed=False, log=log)
    one.waived += waived
    floors, short = _ask_floors(view, one, lines, log)
    fails += short
    if not fails and one.item.sources and not counted:
        fails = (one.declined[one.item.sources[0]],)
    measured = tuple(said for _, said in floors)
    if fails:
        refusal = Refusal(in_file_order(view, fails), one.waived)
        return refused(view, one.item, refusal, log, floors=measured, lines=one.declined_lines())
    return _granted(view, one, _recorded(view, one, counted, floors), measured, lines, log)


def _count(view: View, one: _Gathered, standing: Standing, log: Log) -> Iterator[_Counted]:
    """Yield the lines that the limits which name a source let count; those before them stand already."""
    among = tuple(clause for clause in view.clauses.limits if names_source(clause))
    parts = one.chosen.units == "parts"
    tried = standing.copy()
    for entry in one.entries:
        source = entry.item.sources[0]
        log.line = source
        credits = sum((lot.amount for lot in entry.lots), _ZERO)
        taken = sum((lot.taken.credits for lot in entry.lots if lot.taken), _ZERO)
        lines: tuple[Line, ...] = (Line((source,), one.target, credits, credits + taken),)
        trimmed: tuple[Declined, ...] = ()
        if parts:
            cut = trim(view, entry.item, among, lines, tried, partial(entry.down, view), log)
            if isinstance(cut, Fail):
                one.decline(source, cut)
                continue
            lines, trimmed = cut.lines, cut.declined
        fails, waived = check_limits(view, entry.item, among, lines, tried, trimmed=parts, log=log)
        one.waived = tuple(dict.fromkeys((*one.waived, *waived)))
        if fails:
            one.decline(source, fails[0])
            continue
        tried.add(one.item, lines)
        yield _Counted(entry.lots[0] if entry.lots else None, lines[0], trimmed)
    log.line = ""


_Floors = list[tuple[Sorted, Measured]]


def _ask_floors(view: View, one: _Gathered, lines: tuple[Line, ...], log: Log) -> tuple[_Floors, tuple[Fail, ...]]:
    """Ask every floor about everything that counts; return what each found, and those that refuse."""
    found: _Floors = []
    fails: list[Fail] = []
    scope = view.scope(one.item, Pair(NOBODY, one.target))
    counted = tuple(view.standing(one.item, line) for line in lines)
    for clause in view.clauses.floors:
        speaks = view.speaks(clause, scope)
        if speaks is False:
            log.note(one.item.id, clause, "silent")
            continue
        in_order = sort_lines(view, clause, scope, counted)
        said = speaks if isinstance(speaks, Missing) else measure_floor(view, in_order)
        fail = Fail(f"missing.{said.field}", clause, ()) if isinstance(said, Missing) else None
        if isinstance(said, Measured):
            found.append((in_order, said))
            fail = None if said.met else Fail(said.code, clause, compared_of(said))
        if fail is None:
            assert isinstance(said, Measured), "what cannot be told fails"
            log.note(one.item.id, clause, "passed", compared=compared_of(said))
        elif (waiver := view.waiver(one.item, clause)) is not None:
            one.waived += (clause.id,)
            log.note(one.item.id, clause, "waived", code=fail.code, saw=((waiver.by, waiver.reason),))
        else:
            fails.append(log.fail(one.item.id, fail))
    return found, tuple(fails)


def _recorded(view: View, one: _Gathered, counted: list[_Counted], floors: _Floors) -> list[_Counted]:
    """
    Return the lines that are recorded: all that count, or, under ``debit = "required"``, no more than the floors need.

    What expires last is spared first; a line is spared if all floors that hold would hold without it.
    """
    if one.chosen.debit != "required" or not view.book.gives_credits(view.case.act):
        return counted
    asked = [lines for lines, said in floors if said.met]
    left = list(counted)
    for each in sorted(counted, key=lambda each: _expiry(view, one.item, each), reverse=True):
        rest = [lines.without(each.line.sources[0]) for lines in asked]
        if len(left) > 1 and all(
            isinstance(said := measure_floor(view, lines), Measured) and said.met for lines in rest
        ):
            left.remove(each)
            asked = rest
    return left


def _expiry(view: View, item: CaseItem, each: _Counted) -> tuple[date, int]:
    """Return the day a line's source expires (never: the last of all days), and its place among equals."""
    source = each.line.sources[0]
    day = view.scope(None, Pair(source, NOBODY)).find("source.expires_on")
    return (day if isinstance(day, date) else date.max), item.sources.index(source)


def _granted(
    view: View,
    one: _Gathered,
    recorded: list[_Counted],
    floors: tuple[Measured, ...],
    counted: tuple[Line, ...],
    log: Log,
) -> ItemResult:
    gives = view.book.gives_credits(view.case.act)
    spent = gives and one.chosen.debit != "none"
    lots = [each.lot for each in recorded if each.lot is not None] if gives else []
    taken = tuple(lot.taken for lot in lots if lot.taken)
    total = sum((each.line.credits for each in recorded), _ZERO) if gives else _ZERO
    has_levels = view.book.field_type(LEVEL_FIELD) is not None
    lines = tuple(view.standing(one.item, line) for line in counted)
    points = measure_lines(view, "level_points", lines) if has_levels else None
    result = ItemResult(
        item=one.item.id,
        granted=total,
        targets=((one.target, total),) if one.target else (),
        used=tuple(each.line.sources[0] for each in recorded) if spent else (),
        lines=tuple(_line(each.line, gives=gives, spent=spent) for each in recorded),
        worth=sum((lot.worth for lot in lots), _ZERO),
        grade=one.chosen.grade,
        counts_as=one.chosen.counts_as,
        mode="",
        gives=(),
        kept=_ZERO,
        forfeited=_ZERO,
        rounded=sum((lot.worth - lot.amount - (lot.taken.credits if lot.taken else _ZERO) for lot in lots), _ZERO),
        declined=taken + tuple(cut for each in recorded for cut in each.trimmed if gives),
        make_up=(),
        final=one.chosen.final,
        waived=one.waived,
        refused=None,
        clause="",
        basis="",
        compared=(),
        also=(),
        score=one.scored.mark,
        effects=effects_on(view, one.item, one.scopes, None, log),
        floors=floors,
        declined_lines=one.declined_lines(),
        level_points=None if isinstance(points, Missing) else points,
    )
    assert balances(result), "granted + rounded + declined == worth"
    return result


def _line(line: Line, *, gives: bool, spent: bool) -> Line:
    """Return *line* as the record has it: a programme grants nothing, and what is not debited is not used up."""
    return attrs.evolve(line, credits=line.credits if gives else _ZERO, worth=line.worth if spent else _ZERO)
