"""
``decide``: one case under one book. Pure, total on well-formed cases, deterministic.

Order: the book; eligibility of each item against the record as it stood before this application; worth and rounding;
then, item by item in the order asked for, lines, trimming, once and cap. An item that is refused leaves no trace.
"""

from collections.abc import Iterable
from datetime import date
from fractions import Fraction

import attrs

from creditbank.domain.rule.book import RuleBook
from creditbank.domain.rule.case import Case, CaseItem, HistoryLine
from creditbank.domain.rule.clause import Map
from creditbank.domain.rule.decision import SEMANTICS, Compared, Decision, ItemResult, Total, Working
from creditbank.domain.rule.gate import ask_gates
from creditbank.domain.rule.limits import Trimmed, check_limits, trim
from creditbank.domain.rule.lines import Built, build_lines, credit_free_lines, round_down
from creditbank.domain.rule.mapping import Accepted, find_map
from creditbank.domain.rule.policy import Chosen, choose
from creditbank.domain.rule.scope import NOBODY, Pair, View
from creditbank.domain.rule.working import Fail, Log, workings_digest
from creditbank.domain.rule.worth import Lot, value_item

__all__ = ["decide", "workings"]


def decide(book: RuleBook, case: Case, *, digest: str = "") -> Decision:
    """
    Work out what *book* gives *case*: one result per item, in the order asked for. Refusals are results.

    Args:
        digest: SHA-256 of the case's canonical bytes, to be recorded in the decision. (Encoding is the codec's.)
    """
    results, log = _run(book, case)
    totals = _totals(book, case, results)
    return Decision(SEMANTICS, case.book, digest, results, totals, workings_digest(log.rows))


def workings(book: RuleBook, case: Case) -> tuple[Working, ...]:
    """Work it out again and return every clause asked, what it saw and what it said. ``decide`` recorded their hash."""
    return tuple(_run(book, case)[1].rows)


@attrs.frozen
class _Eligible:
    """An item that passed maps and gates: what it is worth, and how it is granted."""

    accepted: Accepted
    chosen: Chosen
    lots: tuple[Lot, ...]
    waived: tuple[str, ...]


def _run(book: RuleBook, case: Case) -> tuple[tuple[ItemResult, ...], Log]:
    view, log = View(book, case), Log()
    closed = _closed(view)
    if closed is not None:
        return tuple(_refused(view, item, (log.fail(item.id, closed),), ()) for item in case.items), log
    # Eligibility looks at the record as it stood before this application, so all items pass it before any is granted.
    able = [_eligible(view, item, log) for item in case.items]
    standing: tuple[HistoryLine, ...] = case.history
    results: list[ItemResult] = []
    for item, one in zip(case.items, able, strict=True):
        result = one if isinstance(one, ItemResult) else _grant(view, item, one, standing, log)
        results.append(result)
        if result.refused is None:
            standing += tuple(view.standing(item, line) for line in result.lines)
    return tuple(results), log


# --- 1. the book ------------------------------------------------------------------------------------------------------


def _closed(view: View) -> Fail | None:
    """Return why the book decides nothing here: ``book.act``, ``missing.<field>``, ``book.not-in-force``."""
    book, case = view.book, view.case
    if case.act not in book.acts:
        return Fail("book.act", None, (Compared("act", case.act, "is", "、".join(book.acts)),))
    field = book.dates.version
    day = view.scope(None, Pair(NOBODY, NOBODY)).find(field)
    if not isinstance(day, date):
        return Fail(f"missing.{field}", None, ())
    if day < book.since:
        return Fail("book.not-in-force", None, (Compared(field, day.isoformat(), "at_least", book.since.isoformat()),))
    if book.until is not None and day >= book.until:
        return Fail("book.not-in-force", None, (Compared(field, day.isoformat(), "below", book.until.isoformat()),))
    return None


# --- 2 and 3. eligibility and worth -----------------------------------------------------------------------------------


def _eligible(view: View, item: CaseItem, log: Log) -> _Eligible | ItemResult:
    """Ask maps and gates, all of them, then the worth. The code is that of the first that fails in file order."""
    mapped = find_map(view, item, log)
    if isinstance(mapped, Fail):
        pairs = view.pairs(item.sources, item.targets) if item.targets else ()
        fails, waived = ask_gates(view, item, pairs, log) if pairs else ((), ())
        return _refused(view, item, _in_file_order(view, (mapped, *fails)), waived)
    pairs = view.pairs(mapped.used, mapped.targets)
    fails, waived = ask_gates(view, item, pairs, log)
    if fails:
        return _refused(view, item, fails, waived)
    chosen = choose(view, item, pairs, log)
    if isinstance(chosen, Fail):
        return _refused(view, item, (chosen,), waived)
    if not _gives(view, chosen):
        return _Eligible(mapped, chosen, (), waived)
    lots = value_item(view, item, mapped, chosen.round, log)
    if isinstance(lots, Fail):
        return _refused(view, item, (lots,), waived)
    return _Eligible(mapped, chosen, lots, waived)


def _gives(view: View, chosen: Chosen) -> bool:
    return view.book.gives_credits(view.case.act) and chosen.mode == "credit"


def _in_file_order(view: View, fails: tuple[Fail, ...]) -> tuple[Fail, ...]:
    """Sort by clause; maps are asked first but speak at the place of the first of them."""
    clauses = list(view.clauses())
    first = next((at for at, clause in enumerate(clauses) if isinstance(clause, Map)), 0)

    def place(fail: Fail) -> int:
        return first if fail.clause is None or isinstance(fail.clause, Map) else clauses.index(fail.clause)

    return tuple(sorted(fails, key=place))


# --- 5. lines and limits ----------------------------------------------------------------------------------------------


def _grant(view: View, item: CaseItem, able: _Eligible, standing: tuple[HistoryLine, ...], log: Log) -> ItemResult:
    """Grant *item* as far as the limits allow, or refuse it."""
    built = _build(view, item, able, standing)
    if isinstance(built, Fail):
        return _refused(view, item, (log.fail(item.id, built),), able.waived)
    trimmed = Trimmed(built.lines, ())
    parts = able.chosen.units == "parts" and _gives(view, able.chosen)
    if parts:
        cut = trim(view, item, built.lines, standing, lambda amount: round_down(view, amount, able.chosen), log)
        if isinstance(cut, Fail):
            fails, _ = check_limits(view, item, built.lines, standing, trimmed=True, log=log)
            return _refused(view, item, _in_file_order(view, (cut, *fails)), able.waived)
        trimmed = cut
    fails, waived = check_limits(view, item, trimmed.lines, standing, trimmed=parts, log=log)
    if fails:
        return _refused(view, item, fails, able.waived + waived)
    return _granted(view, item, able, built, trimmed, able.waived + waived)


def _build(view: View, item: CaseItem, able: _Eligible, standing: tuple[HistoryLine, ...]) -> Built | Fail:
    if _gives(view, able.chosen):
        return build_lines(view, item, able.accepted, able.lots, able.chosen, standing)
    if item.ask is not None:
        return Fail("item.ask", None, (Compared("item.ask", str(item.ask), "is", ""),))
    return credit_free_lines(able.accepted)


# --- results ----------------------------------------------------------------------------------------------------------


def _granted(
    view: View, item: CaseItem, able: _Eligible, built: Built, trimmed: Trimmed, waived: tuple[str, ...]
) -> ItemResult:
    shares = {target: Fraction(0) for target, _ in built.needs}
    for line in trimmed.lines:
        shares[line.target] += line.credits
    make_up = tuple(
        (target, need - shares[target]) for target, need in built.needs if need is not None and need > shares[target]
    )
    spent = {source for line in trimmed.lines for source in line.sources}
    used = tuple(source for source in able.accepted.used if source in spent)
    result = ItemResult(
        item=item.id,
        granted=sum(shares.values(), Fraction(0)),
        targets=tuple(shares.items()),
        used=used if trimmed.lines else able.accepted.used,
        lines=trimmed.lines,
        worth=built.worth,
        grade=able.chosen.grade,
        counts_as=able.chosen.counts_as,
        mode=able.chosen.mode if view.book.gives_credits(view.case.act) else "",
        gives=able.accepted.gives,
        kept=built.kept,
        forfeited=built.forfeited,
        rounded=built.rounded,
        declined=trimmed.declined,
        make_up=make_up,
        final=able.chosen.final,
        waived=waived,
        refused=None,
        clause="",
        basis="",
        compared=(),
        also=(),
    )
    assert _balances(result), "granted + kept + forfeited + rounded + declined == worth"
    return result


def _balances(result: ItemResult) -> bool:
    assert result.granted is not None, "asked of granted items alone"
    declined = sum((one.credits for one in result.declined), Fraction(0))
    return result.granted + result.kept + result.forfeited + result.rounded + declined == result.worth


def _refused(view: View, item: CaseItem, fails: tuple[Fail, ...], waived: tuple[str, ...]) -> ItemResult:
    """Return the refusal by the first of *fails*; the others' codes are listed once each."""
    first, zero = fails[0], Fraction(0)
    also = dict.fromkeys(fail.code for fail in fails[1:])
    return ItemResult(
        item=item.id,
        granted=None,
        targets=(),
        used=(),
        lines=(),
        worth=zero,
        grade="",
        counts_as="",
        mode="",
        gives=(),
        kept=zero,
        forfeited=zero,
        rounded=zero,
        declined=(),
        make_up=(),
        final=False,
        waived=waived,
        refused=first.code,
        clause=first.clause.id if first.clause else "",
        basis=view.book.citation(first.clause.basis) if first.clause else "",
        compared=first.compared,
        also=tuple(code for code in also if code != first.code),
    )


def _totals(book: RuleBook, case: Case, results: Iterable[ItemResult]) -> tuple[Total, ...]:
    """Return what is granted in all and per target category; nothing in an act that gives no credits."""
    if not book.gives_credits(case.act):
        return ()
    totals = {"": Fraction(0)}
    for result in results:
        for target, credits in result.targets:
            category = case.targets.get(target, {}).get("category", ())
            names = category if isinstance(category, tuple) else (str(category),)
            for name in ("", *names):
                totals[name] = totals.get(name, Fraction(0)) + credits
    return tuple(Total(book.system, name, credits) for name, credits in sorted(totals.items()))
