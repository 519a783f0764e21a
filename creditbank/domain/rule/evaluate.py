"""
``decide``: one case under one book. Pure, total on well-formed cases, deterministic.

Order: the book; eligibility and worth of each item, against the record as it stood before this application; the highest
of each group; then, item by item in the order asked for, lines, trimming, once and cap; at the end the floors. An item
that is refused leaves no trace. In an award or a programme each source is a line, and the floors decide.
"""

from datetime import date

from creditbank.domain.rule.book import RuleBook
from creditbank.domain.rule.case import Case
from creditbank.domain.rule.collection import collect
from creditbank.domain.rule.decision import SEMANTICS, Compared, Decision, ItemResult, Measured, Working
from creditbank.domain.rule.eligible import Eligible, Refusal, find_eligible, gives, in_file_order
from creditbank.domain.rule.floors import report_short
from creditbank.domain.rule.highest import rank
from creditbank.domain.rule.limits import Trimmed, check_limits, trim
from creditbank.domain.rule.lines import Built, build_lines, credit_free_lines
from creditbank.domain.rule.result import granted, refused, totals
from creditbank.domain.rule.standing import Standing
from creditbank.domain.rule.view import NOBODY, Pair, View
from creditbank.domain.rule.working import Fail, Log

__all__ = ["decide", "workings"]


def decide(book: RuleBook, case: Case, *, digest: str = "") -> Decision:
    """
    Work out what *book* gives *case*: one result per item, in the order asked for. Refusals are results.

    Args:
        digest: SHA-256 of the case's canonical bytes, to be recorded in the decision. (Encoding is the codec's.)
    """
    results, short, log = _run(book, case)
    return Decision(SEMANTICS, case.book, digest, results, totals(book, case, results), log.digest(book.spelled), short)


def workings(book: RuleBook, case: Case) -> tuple[Working, ...]:
    """Work it out again and return every clause asked, what it saw and what it said. ``decide`` recorded their hash."""
    return _run(book, case)[2].workings()


def _run(book: RuleBook, case: Case) -> tuple[tuple[ItemResult, ...], tuple[Measured, ...], Log]:
    view, log = View(book, case), Log()
    closed = _closed(view)
    if closed is not None:
        results = (Refusal((log.fail(item.id, closed),), ()) for item in case.items)
        return (
            tuple(refused(view, item, one, log, closed=True) for item, one in zip(case.items, results, strict=True)),
            (),
            log,
        )
    decided = collect(view, log) if book.collects(case.act) else _exchange(view, log)
    return *decided, log


def _closed(view: View) -> Fail | None:
    """Return why the book decides nothing here: ``book.act``, ``missing.<field>``, ``book.not-in-force``."""
    book, case = view.book, view.case
    if case.act not in book.acts:
        return Fail("book.act", None, (Compared("act", case.act, "is", "、".join(book.acts)),))
    field = book.dates.version
    scope = view.scope(None, Pair(NOBODY, NOBODY))
    day = scope.find(field)
    if not isinstance(day, date):
        return Fail(f"missing.{scope.origin(field)}", None, ())
    if day < book.since:
        return Fail("book.not-in-force", None, (Compared(field, day.isoformat(), "at_least", book.since.isoformat()),))
    if book.until is not None and day >= book.until:
        return Fail("book.not-in-force", None, (Compared(field, day.isoformat(), "below", book.until.isoformat()),))
    return None


# --- items that are granted or refused as a whole ---------------------------------------------------------------------


def _exchange(view: View, log: Log) -> tuple[tuple[ItemResult, ...], tuple[Measured, ...]]:
    items = view.case.items
    # Eligibility looks at the record as it stood before this application, so all items pass it before any is granted.
    asked = [find_eligible(view, item, log) for item in items]
    standing = Standing(view, list(view.case.history))
    ranked = iter(rank(view, [one for one in asked if isinstance(one, Eligible)], standing, log))
    able = [one if isinstance(one, Refusal) else next(ranked) for one in asked]
    results: list[ItemResult] = []
    for item, one in zip(items, able, strict=True):
        said = one if isinstance(one, Refusal) else _grant(view, one, standing, log)
        result = refused(view, item, said, log) if isinstance(said, Refusal) else said
        results.append(result)
        standing.add(item, result.lines)
    return tuple(results), report_short(view, standing.lines, log)


def _grant(view: View, able: Eligible, standing: Standing, log: Log) -> ItemResult | Refusal:
    """Grant an item as far as the limits allow, or refuse it."""
    item, among = able.item, view.clauses.limits
    built = _build(view, able, standing)
    if isinstance(built, Fail):
        return Refusal((log.fail(item.id, built),), able.waived)
    trimmed = Trimmed(built.lines, ())
    parts = able.chosen.units == "parts" and gives(view, able.chosen)
    if parts:
        cut = trim(view, item, among, built.lines, standing, lambda amount: able.down(view, amount), log)
        if isinstance(cut, Fail):
            fails, waived = check_limits(view, item, among, built.lines, standing, trimmed=True, log=log)
            return Refusal(in_file_order(view, (cut, *fails)), able.waived + waived)
        trimmed = cut
    fails, waived = check_limits(view, item, among, trimmed.lines, standing, trimmed=parts, log=log)
    if fails:
        return Refusal(fails, able.waived + waived)
    return granted(view, able, built, trimmed, able.waived + waived, log)


def _build(view: View, able: Eligible, standing: Standing) -> Built | Fail:
    if gives(view, able.chosen):
        return build_lines(view, able.item, able.accepted, able.lots, able.chosen, standing.lines)
    if able.item.ask is not None:
        return Fail("item.ask", None, (Compared("item.ask", str(able.item.ask), "is", ""),))
    return credit_free_lines(able.accepted)
