"""
Results: what is said of one item in the end, and the totals of a decision.
"""

from collections.abc import Iterable
from fractions import Fraction

from creditbank.domain.credit import ZERO, add_up, least, minus
from creditbank.domain.rule.book import RuleBook
from creditbank.domain.rule.case import Case, CaseItem
from creditbank.domain.rule.decision import DeclinedLine, ItemResult, Measured, SetEffect, Total
from creditbank.domain.rule.effects import effects_on
from creditbank.domain.rule.eligible import Eligible, Refusal
from creditbank.domain.rule.limits import Trimmed
from creditbank.domain.rule.lines import Built
from creditbank.domain.rule.view import View
from creditbank.domain.rule.working import Log

__all__ = ["balances", "granted", "refused", "totals"]


def granted(
    view: View, able: Eligible, built: Built, trimmed: Trimmed, waived: tuple[str, ...], log: Log
) -> ItemResult:
    """Return the grant of *able* as its lines came out."""
    shares = _shares(built, trimmed)
    make_up = [
        (target, minus(need, share))
        for target, need in built.needs
        if need is not None and (share := shares[target]) is not need and least(need, share) is share
    ]
    used = able.accepted.used
    if len(used) > 1 and trimmed.lines:
        spent = {source for line in trimmed.lines for source in line.sources}
        used = tuple(source for source in used if source in spent)
    result = ItemResult(
        item=able.item.id,
        granted=add_up(shares.values()),
        targets=tuple(shares.items()),
        used=used,
        lines=trimmed.lines,
        worth=built.worth,
        grade=able.chosen.grade,
        counts_as=able.chosen.counts_as,
        mode=able.chosen.mode if view.book.gives_credits(view.case.act) else "",
        gives=able.accepted.gives,
        kept=built.kept,
        forfeited=built.forfeited,
        rounded=built.rounded,
        declined=built.taken + trimmed.declined,
        make_up=tuple(make_up),
        final=able.chosen.final,
        waived=waived,
        refused=None,
        clause="",
        basis="",
        compared=(),
        also=(),
        score=able.scored.mark,
        effects=_effects(view, able.item, able.accepted.used, able.accepted.targets, None, log),
    )
    assert balances(result), "granted + kept + forfeited + rounded + declined == worth"
    return result


def _shares(built: Built, trimmed: Trimmed) -> dict[str, Fraction]:
    """Return what each target gets, in the item's order."""
    if len(built.needs) == len(trimmed.lines) == 1:
        return {built.needs[0][0]: trimmed.lines[0].credits}
    return {
        target: add_up(line.credits for line in trimmed.lines if line.target == target) for target, _ in built.needs
    }


def balances(result: ItemResult) -> bool:
    """Say whether everything that the used sources were worth is accounted for."""
    assert result.granted is not None, "asked of granted items alone"
    parts = [result.granted, result.kept, result.forfeited, result.rounded]
    parts += [one.credits for one in result.declined]
    whole = add_up(parts)
    return whole is result.worth or whole == result.worth


def refused(
    view: View,
    item: CaseItem,
    refusal: Refusal,
    log: Log,
    *,
    floors: tuple[Measured, ...] = (),
    lines: tuple[DeclinedLine, ...] = (),
    closed: bool = False,
) -> ItemResult:
    """
    Return the refusal by the first of its fails; the others' codes are listed once each.

    Args:
        closed: The book decides nothing here, so it has no effects either.
    """
    first = refusal.fails[0]
    also: tuple[str, ...] = ()
    if len(refusal.fails) > 1:
        also = tuple(dict.fromkeys(fail.code for fail in refusal.fails[1:] if fail.code != first.code))
    return ItemResult(
        item=item.id,
        granted=None,
        targets=(),
        used=(),
        lines=(),
        worth=ZERO,
        grade="",
        counts_as="",
        mode="",
        gives=(),
        kept=ZERO,
        forfeited=ZERO,
        rounded=ZERO,
        declined=(),
        make_up=(),
        final=False,
        waived=refusal.waived,
        refused=first.code,
        clause=first.clause.id if first.clause else "",
        basis=view.book.citations[first.clause.basis] if first.clause else "",
        compared=first.compared,
        also=also,
        effects=() if closed else _effects(view, item, item.sources, item.targets, first.code, log),
        floors=floors,
        declined_lines=lines,
    )


def _effects(
    view: View, item: CaseItem, sources: tuple[str, ...], targets: tuple[str, ...], refused: str | None, log: Log
) -> tuple[SetEffect, ...]:
    # Most books set nothing: then the pairs are not looked up either.
    if not view.clauses.effects:
        return ()
    return effects_on(view, item, view.scopes(item, sources, targets), refused, log)


def totals(book: RuleBook, case: Case, results: Iterable[ItemResult]) -> tuple[Total, ...]:
    """Return what is granted in all and per target category; nothing in an act that gives no credits."""
    if not book.gives_credits(case.act):
        return ()
    found: dict[str, list[Fraction]] = {"": []}
    for result in results:
        # An award may have no target; whatever is granted counts in all.
        found[""].append(ZERO if result.granted is None else result.granted)
        for target, credits in result.targets:
            category = case.targets.get(target, {}).get("category", ())
            for name in category if isinstance(category, tuple) else (str(category),):
                found.setdefault(name, []).append(credits)
    return tuple(Total(book.system, name, add_up(credits)) for name, credits in sorted(found.items()))
