"""
Worth: what an item's sources are worth in the book's credit system, and what rounding takes.

Sources with a worth of their own are *lots* without a target. Where the worth is the target's or the row's, a lot is
the amount due for one target, carried by all sources together.
"""

from collections.abc import Iterable
from fractions import Fraction
from typing import Final

import attrs

from creditbank.domain.credit import add_up, is_multiple, number_text, round_to
from creditbank.domain.rule.case import CaseItem
from creditbank.domain.rule.clause import Amount, Fixed, Rounded, Scaled, Worth, WorthRow
from creditbank.domain.rule.decision import Compared, Declined
from creditbank.domain.rule.field import namespace_of
from creditbank.domain.rule.mapping import Accepted
from creditbank.domain.rule.scope import NOBODY, Pair, View
from creditbank.domain.rule.selection import Missing, Scope, Verdict, all_of, holds
from creditbank.domain.rule.working import Fail, Log

__all__ = ["Lot", "fits", "value_item"]

_ZERO: Final = Fraction(0)


@attrs.frozen
class Lot:
    """
    An amount and its sources. *target* is empty for a worth of the sources' own, which any target of the item may take.

    *worth* is before rounding; *amount* after it and after what a ``highest`` took, which is in *taken*.
    """

    sources: tuple[str, ...]
    target: str
    worth: Fraction
    amount: Fraction
    taken: Declined | None = None


@attrs.frozen
class _Choice:
    """The row that says what these pairs are worth, and the clause it is in, which is known by its id."""

    clause: Worth = attrs.field(eq=lambda clause: clause.id)
    amount: Amount


def value_item(
    view: View, item: CaseItem, accepted: Accepted, rounding: Rounded | None, log: Log
) -> tuple[Lot, ...] | Fail:
    """
    Say what *item* is worth. All lots have a target, or none has.

    The row's own credits come first; then, in file order, the first row of the first clause that holds: for each source
    over all targets, or else, if the amount is a target's, for each target over all sources. Refused, in this order:
    ``missing.<field>``, ``worth.none``, ``worth.other-system``, ``worth.quantum``.
    """
    if accepted.credits:
        rows = zip(accepted.targets, accepted.credits, strict=True)
        lots = tuple(Lot(accepted.used, target, amount, amount) for target, amount in rows)
    else:
        found = _by_source(view, item, accepted)
        if found is None:
            found = _by_target(view, item, accepted)
        if isinstance(found, Fail):
            return log.fail(item.id, found)
        for clause in dict.fromkeys(clause for clause, _ in found):
            amounts = tuple((_name(lot), number_text(lot.worth)) for one, lot in found if one is clause)
            log.note(item.id, clause, "valued", saw=amounts)
        lots = tuple(lot for _, lot in found)
    rounded = _round(view, lots, rounding)
    return log.fail(item.id, rounded) if isinstance(rounded, Fail) else rounded


def fits(view: View, amount: Fraction) -> bool:
    """Say whether *amount* is whole quanta of the book's system; every amount is, if the case names no quantum."""
    quantum = view.case.systems.get(view.book.system)
    return quantum is None or is_multiple(amount, quantum)


# --- which row says it ------------------------------------------------------------------------------------------------

_Found = list[tuple[Worth, Lot]]


def _by_source(view: View, item: CaseItem, accepted: Accepted) -> _Found | Fail | None:
    """Return the sources' own lots; None if the worth of one of them is not its own. Joint amounts are one lot."""
    groups: dict[_Choice, list[str]] = {}
    for source in accepted.used or (NOBODY,):
        choice = _choose(view, view.scopes(item, (source,), accepted.targets))
        if isinstance(choice, Fail):
            return choice
        if choice is None or _is_due(choice.amount):
            return None
        groups.setdefault(choice, []).append(source)
    # What is a source's own is the same for every target; of a target nothing is asked here.
    target = accepted.targets[0] if accepted.targets else NOBODY
    found: _Found = []
    for choice, sources in groups.items():
        about = target if _is_of_source(choice.amount) else NOBODY
        for together in [tuple(sources)] if _is_joint(choice.amount) else [(source,) for source in sources]:
            worth = _sum(view, item, choice, [Pair(source, about) for source in together])
            if isinstance(worth, Fail):
                return worth
            found.append((choice.clause, Lot(together, "", worth, worth)))
    # Groups gather what belongs together; lots fill the targets in the order in which the item lists its sources.
    return sorted(found, key=lambda one: accepted.used.index(one[1].sources[0]) if accepted.used else 0)


def _by_target(view: View, item: CaseItem, accepted: Accepted) -> _Found | Fail:
    found: _Found = []
    for target in accepted.targets:
        choice = _choose(view, view.scopes(item, accepted.used, (target,)))
        if isinstance(choice, Fail):
            return choice
        if choice is None or not _is_due(choice.amount):
            return Fail("worth.none", choice.clause if choice else None, (Compared("target", target, "worth", ""),))
        worth = _sum(view, item, choice, [Pair(NOBODY, target)])
        if isinstance(worth, Fail):
            return worth
        found.append((choice.clause, Lot(accepted.used, target, worth, worth)))
    return found


def _choose(view: View, scopes: tuple[Scope, ...]) -> _Choice | Fail | None:
    """Return the first row that holds in all *scopes*, or why that cannot be told."""
    for clause in view.clauses.worths:
        speaks = [view.speaks(clause, scope) for scope in scopes]
        if False in speaks:
            # No row of it can hold for all pairs.
            continue
        for row in clause.rows:
            verdict = _holds(row, speaks, scopes)
            if isinstance(verdict, Missing):
                return Fail(f"missing.{verdict.field}", clause, ())
            if verdict:
                return _Choice(clause, row.amount)
    return None


def _holds(row: WorthRow, speaks: list[Verdict], scopes: tuple[Scope, ...]) -> Verdict:
    """Say whether *row* holds for all pairs, given of which its clause *speaks*."""
    if speaks == [True]:
        return row.when is None or holds(row.when, scopes[0])
    return all_of(
        [all_of((said, row.when is None or holds(row.when, scope))) for said, scope in zip(speaks, scopes, strict=True)]
    )


def _is_due(amount: Amount) -> bool:
    return isinstance(amount, Scaled) and namespace_of(amount.of.field) == "target"


def _is_joint(amount: Amount) -> bool:
    return isinstance(amount, Scaled) and (amount.joint or not _is_of_source(amount))


def _is_of_source(amount: Amount) -> bool:
    return isinstance(amount, Scaled) and namespace_of(amount.of.field) == "source"


# --- how much it is ---------------------------------------------------------------------------------------------------


def _sum(view: View, item: CaseItem, choice: _Choice, pairs: Iterable[Pair]) -> Fraction | Fail:
    amount = choice.amount
    if isinstance(amount, Fixed):
        return amount.credits
    parts: list[Fraction] = []
    for pair in pairs:
        part = _part(view, item, choice.clause, amount, pair)
        if isinstance(part, Fail):
            return part
        parts.append(part)
        if namespace_of(amount.of.field) not in ("source", "target"):
            # The item's, the learner's: there is one, whatever the number of sources.
            break
    base = add_up(parts)
    if amount.per is not None:
        base = base / amount.per
        base = Fraction(base.numerator // base.denominator) if amount.whole else base
    return base if amount.times is None else base * amount.times


def _part(view: View, item: CaseItem, clause: Worth, amount: Scaled, pair: Pair) -> Fraction | Fail:
    scope = view.scope(item, pair)
    value = scope.find(amount.of.field)
    if not isinstance(value, int | Fraction):
        return Fail(f"missing.{amount.of.field}", clause, ())
    if amount.of.field == "source.credits" and amount.per is None and amount.times is None:
        system = scope.find("source.system")
        if system is None:
            return Fail("missing.source.system", clause, ())
        if system != view.book.system:
            shown = Compared("source.system", str(system), "is", view.book.system)
            return Fail("worth.other-system", clause, (shown,))
    return value if isinstance(value, Fraction) else Fraction(value)


# --- rounding ---------------------------------------------------------------------------------------------------------


def _round(view: View, lots: tuple[Lot, ...], rounding: Rounded | None) -> tuple[Lot, ...] | Fail:
    """Round each lot, or the item's own lots as one; refuse what neither rounds nor fits a whole quantum."""
    if rounding is not None and rounding.at == "item" and len(lots) > 1 and not lots[0].target:
        total = add_up(lot.worth for lot in lots)
        lots = (Lot(tuple(source for lot in lots for source in lot.sources), "", total, total),)
    done: list[Lot] = []
    for lot in lots:
        amount = lot.worth if rounding is None else round_to(lot.worth, rounding.to, rounding.way)
        if amount is None or not fits(view, amount):
            step = rounding.to if amount is None and rounding else view.case.systems[view.book.system]
            shown = Compared(_name(lot), number_text(lot.worth), "multiple of", number_text(step))
            return Fail("worth.quantum", None, (shown,))
        done.append(Lot(lot.sources, lot.target, lot.worth, amount))
    return tuple(done)


def _name(lot: Lot) -> str:
    return lot.target or "、".join(lot.sources)
