"""
Worth: what an item's sources are worth in the book's credit system, and what rounding takes.

Sources with a worth of their own are *lots* without a target. Where the worth is the target's or the row's, a lot is
the amount due for one target, carried by all sources together.
"""

from collections.abc import Iterable
from fractions import Fraction
from typing import TypeAlias

import attrs

from creditbank.domain.credit import add_up, is_multiple, number_text, round_to
from creditbank.domain.rule.case import CaseItem
from creditbank.domain.rule.clause import Amount, Fixed, Rounded, Scaled, Worth, WorthRow
from creditbank.domain.rule.decision import Compared, Declined
from creditbank.domain.rule.field import namespace_of
from creditbank.domain.rule.mapping import Accepted
from creditbank.domain.rule.scope import Scope
from creditbank.domain.rule.selection import holds
from creditbank.domain.rule.verdict import Missing, Verdict, all_of
from creditbank.domain.rule.view import NOBODY, View
from creditbank.domain.rule.working import Fail, Log

__all__ = ["Lot", "fits", "value_item"]


@attrs.frozen(slots=False)
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


_Choice: TypeAlias = tuple[Worth, Amount]
"""What a row says that some pairs are worth, and the clause that it is in."""


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
        lots = [Lot(accepted.used, target, amount, amount) for target, amount in rows]
    else:
        found = _by_source(view, item, accepted)
        if found is None:
            found = _by_target(view, item, accepted)
        if isinstance(found, Fail):
            return log.fail(item.id, found)
        _note_worth(item, found, log)
        lots = [lot for _, lot in found]
    rounded = _round(view, lots, rounding)
    return log.fail(item.id, rounded) if isinstance(rounded, Fail) else rounded


def fits(view: View, amount: Fraction) -> bool:
    """Say whether *amount* is whole quanta of the book's system; every amount is, if the case names no quantum."""
    quantum = view.case.systems.get(view.book.system)
    return quantum is None or is_multiple(amount, quantum)


# --- which row says it ------------------------------------------------------------------------------------------------

_Found: TypeAlias = list[tuple[Worth, Lot]]


def _by_source(view: View, item: CaseItem, accepted: Accepted) -> _Found | Fail | None:
    """Return the sources' own lots; None if the worth of one of them is not its own. Joint amounts are one lot."""
    used = accepted.used or (NOBODY,)
    choices: list[_Choice] = []
    for source in used:
        choice = _choose(view, view.scopes(item, (source,), accepted.targets))
        if isinstance(choice, Fail):
            return choice
        if choice is None or _reads(choice[1]) == "target":
            return None
        choices.append(choice)
    # What is a source's own is the same for every target; of a target nothing is asked here.
    target = accepted.targets[0] if accepted.targets else NOBODY
    found: _Found = []
    for (clause, amount), sources in _together(choices, used):
        about = target if _reads(amount) == "source" else NOBODY
        worth = _sum(view, item, clause, amount, [(source, about) for source in sources])
        if isinstance(worth, Fail):
            return worth
        found.append((clause, Lot(sources, "", worth, worth)))
    if len(found) > 1:
        # Groups gather what belongs together; lots fill the targets in the order in which the item lists its sources.
        found.sort(key=lambda one: accepted.used.index(one[1].sources[0]))
    return found


def _together(choices: list[_Choice], used: tuple[str, ...]) -> list[tuple[_Choice, tuple[str, ...]]]:
    """Return the sources that are valued together, by what was chosen for each: all of one joint amount, else one by one."""
    if len(used) == 1:
        return [(choices[0], used)]
    groups: list[tuple[_Choice, list[str]]] = []
    for choice, source in zip(choices, used, strict=True):
        own = next((sources for other, sources in groups if other == choice), None)
        if own is None:
            groups.append((choice, [source]))
        else:
            own.append(source)
    return [
        (choice, together)
        for choice, sources in groups
        for together in ([tuple(sources)] if _is_joint(choice[1]) else [(source,) for source in sources])
    ]


def _by_target(view: View, item: CaseItem, accepted: Accepted) -> _Found | Fail:
    found: _Found = []
    for target in accepted.targets:
        choice = _choose(view, view.scopes(item, accepted.used, (target,)))
        if isinstance(choice, Fail):
            return choice
        if choice is None or _reads(choice[1]) != "target":
            return Fail("worth.none", choice[0] if choice else None, (Compared("target", target, "worth", ""),))
        clause, amount = choice
        worth = _sum(view, item, clause, amount, [(NOBODY, target)])
        if isinstance(worth, Fail):
            return worth
        found.append((clause, Lot(accepted.used, target, worth, worth)))
    return found


def _choose(view: View, scopes: tuple[Scope, ...]) -> _Choice | Fail | None:
    """Return what the first row says that holds in all *scopes*, or why that cannot be told."""
    for clause in view.clauses.worths:
        speaks = view.speaks_of(clause, scopes)
        if speaks is False:
            # No row of it can hold for all pairs.
            continue
        for row in clause.rows:
            verdict = _holds(row, scopes) if speaks is True else _holds_where_it_speaks(view, clause, row, scopes)
            if isinstance(verdict, Missing):
                return Fail(f"missing.{verdict.field}", clause, ())
            if verdict:
                return clause, row.amount
    return None


def _holds(row: WorthRow, scopes: tuple[Scope, ...]) -> Verdict:
    if row.when is None:
        return True
    if len(scopes) == 1:
        return holds(row.when, scopes[0])
    return all_of([holds(row.when, scope) for scope in scopes])


def _holds_where_it_speaks(view: View, clause: Worth, row: WorthRow, scopes: tuple[Scope, ...]) -> Verdict:
    """Say the same where it cannot be told of all pairs whether *clause* speaks: what is missing first, pair by pair."""
    return all_of([all_of((view.speaks(clause, scope), _holds(row, (scope,)))) for scope in scopes])


def _reads(amount: Amount) -> str:
    """Return the namespace of what is scaled; empty for a fixed amount."""
    return "" if isinstance(amount, Fixed) else namespace_of(amount.of.field)


def _is_joint(amount: Amount) -> bool:
    return isinstance(amount, Scaled) and (amount.joint or _reads(amount) != "source")


def _note_worth(item: CaseItem, found: _Found, log: Log) -> None:
    """Write down what each clause said, clause by clause in the order in which they come first."""
    if len(found) == 1:
        clause, lot = found[0]
        log.note(item.id, clause, "valued", saw=((_name(lot), number_text(lot.worth)),))
        return
    said: dict[str, tuple[Worth, list[tuple[str, str]]]] = {}
    for clause, lot in found:
        said.setdefault(clause.id, (clause, []))[1].append((_name(lot), number_text(lot.worth)))
    for clause, amounts in said.values():
        log.note(item.id, clause, "valued", saw=tuple(amounts))


# --- how much it is ---------------------------------------------------------------------------------------------------


def _sum(
    view: View, item: CaseItem, clause: Worth, amount: Amount, pairs: Iterable[tuple[str, str]]
) -> Fraction | Fail:
    """Return what *amount* comes to over the sources and targets in *pairs*."""
    if isinstance(amount, Fixed):
        return amount.credits
    parts: list[Fraction] = []
    for source, target in pairs:
        part = _part(view, clause, amount, view.scope_of(item, source, target))
        if isinstance(part, Fail):
            return part
        parts.append(part)
        if _reads(amount) not in ("source", "target"):
            # The item's, the learner's: there is one, whatever the number of sources.
            break
    base = add_up(parts)
    if amount.per is None and amount.times is None:
        return base
    # The numbers of a ratio that need not be in lowest terms: a Fraction is made once, at the end.
    above, below = base.as_integer_ratio()
    if amount.per is not None:
        one, part_of = amount.per.as_integer_ratio()
        above, below = above * part_of, below * one
        if amount.whole:
            above, below = above // below, 1
    if amount.times is not None:
        times, part_of = amount.times.as_integer_ratio()
        above, below = above * times, below * part_of
    return Fraction(above, below)


def _part(view: View, clause: Worth, amount: Scaled, scope: Scope) -> Fraction | Fail:
    value = scope.find(amount.of.field)
    if type(value) is not Fraction and not isinstance(value, int):
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


def _round(view: View, lots: list[Lot], rounding: Rounded | None) -> tuple[Lot, ...] | Fail:
    """Round each lot, or the item's own lots as one; refuse what neither rounds nor fits a whole quantum."""
    if rounding is not None and rounding.at == "item" and len(lots) > 1 and not lots[0].target:
        total = add_up(lot.worth for lot in lots)
        lots = [Lot(tuple(source for lot in lots for source in lot.sources), "", total, total)]
    done: list[Lot] = []
    for lot in lots:
        amount = lot.worth if rounding is None else round_to(lot.worth, rounding.to, rounding.way)
        if amount is None or not fits(view, amount):
            step = rounding.to if amount is None and rounding else view.case.systems[view.book.system]
            shown = Compared(_name(lot), number_text(lot.worth), "multiple of", number_text(step))
            return Fail("worth.quantum", None, (shown,))
        done.append(lot if amount is lot.worth else Lot(lot.sources, lot.target, lot.worth, amount))
    return tuple(done)


def _name(lot: Lot) -> str:
    return lot.target or "、".join(lot.sources)
