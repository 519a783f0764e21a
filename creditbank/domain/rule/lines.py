"""
Lines: how an item's lots fill its targets, and what is left over. Nothing is compared with a limit here.
"""

from collections.abc import Iterable
from fractions import Fraction
from typing import TypeAlias

import attrs

from creditbank.domain.credit import ZERO, add_up, least, minus, number_text, round_to
from creditbank.domain.rule.case import CaseItem, HistoryLine
from creditbank.domain.rule.chosen import Chosen
from creditbank.domain.rule.decision import Compared, Declined, Line
from creditbank.domain.rule.mapping import Accepted
from creditbank.domain.rule.view import View
from creditbank.domain.rule.working import Fail
from creditbank.domain.rule.worth import Lot, fits

__all__ = ["Built", "build_lines", "credit_free_lines", "round_down"]


@attrs.frozen(slots=False)
class Built:
    """
    Lines, and what became of the rest. ``Σ credits + kept + forfeited + rounded + taken == worth``.

    *taken* is what a ``highest`` took of the lots that are used.
    *needs* has each target's own credits, in the item's order; None for a pool.
    """

    lines: tuple[Line, ...]
    needs: tuple[tuple[str, Fraction | None], ...]
    worth: Fraction
    rounded: Fraction
    kept: Fraction
    forfeited: Fraction
    taken: tuple[Declined, ...] = ()


def credit_free_lines(accepted: Accepted) -> Built:
    """Return one line of no credits per target: for acts and modes that give none."""
    lines = tuple(Line(accepted.used, target, ZERO, ZERO) for target in accepted.targets)
    return Built(lines, tuple((target, None) for target in accepted.targets), ZERO, ZERO, ZERO, ZERO)


def build_lines(
    view: View,
    item: CaseItem,
    accepted: Accepted,
    lots: tuple[Lot, ...],
    chosen: Chosen,
    standing: Iterable[HistoryLine],
) -> Built | Fail:
    """
    Fill the targets of *item*, both in the order listed.

    Refused, in this order: ``missing.target.credits``, ``worth.insufficient``, ``worth.quantum``, ``item.ask``.
    """
    needs = _needs(view, accepted)
    if isinstance(needs, Fail):
        return needs
    if len(lots) == len(needs) == 1 and chosen.leftover == "forfeit" and item.ask is None:
        return _build_one(view, lots[0], needs, chosen)
    return _build_several(view, item, lots, needs, chosen, standing)


def _build_one(view: View, lot: Lot, needs: "_Needs", chosen: Chosen) -> Built | Fail:
    """Do what :func:`_build_several` does, for what most items are: one lot and one target, and nothing is kept."""
    have, (target, need) = lot.amount, needs[0]
    whole = chosen.units == "whole"
    if need is None or not have.numerator or (whole and least(need, have) is have):
        short = _insufficient((lot,), needs, whole=whole)
        if short is not None:
            return short
    want = have if need is None else least(have, need) if lot.target else need
    if not whole:
        want = round_down(view, want, chosen)
    take = least(have, want)
    unfit = _unfit(view, target, take)
    if unfit is not None:
        return unfit
    forfeited, lost = minus(have, take), lot.taken.credits if lot.taken else ZERO
    line = Line(lot.sources, target, take, add_up((have, lost)) if lost else have)
    rounded = minus(minus(lot.worth, have), lost)
    return Built((line,), needs, lot.worth, rounded, ZERO, forfeited, (lot.taken,) if lot.taken else ())


def _build_several(
    view: View,
    item: CaseItem,
    lots: tuple[Lot, ...],
    needs: "_Needs",
    chosen: Chosen,
    standing: Iterable[HistoryLine],
) -> Built | Fail:
    if chosen.leftover == "keep":
        lots = tuple(_remaining(view, lot, standing) for lot in lots)
    short = _insufficient(lots, needs, whole=chosen.units == "whole")
    if short is not None:
        return short
    wants = _wants(view, lots, needs, chosen)
    filled = _fill_due(lots, wants) if lots and lots[0].target else _fill_own(lots, wants)
    unfit = next((fail for line in filled if (fail := _unfit(view, line.target, line.credits))), None)
    if unfit is not None:
        return unfit
    if item.ask is not None:
        total = add_up(line.credits for line in filled)
        if chosen.units == "whole" and item.ask != total:
            return Fail("item.ask", None, (Compared("item.ask", number_text(item.ask), "is", number_text(total)),))
        if not (0 < item.ask <= total and fits(view, item.ask)):
            return Fail("item.ask", None, (Compared("item.ask", number_text(item.ask), "at_most", number_text(total)),))
        filled = _first(filled, item.ask)
    return _settle(lots, filled, needs, keep=chosen.leftover == "keep")


def _unfit(view: View, target: str, credits: Fraction) -> Fail | None:
    if fits(view, credits):
        return None
    step = number_text(view.case.systems[view.book.system])
    return Fail("worth.quantum", None, (Compared(target, number_text(credits), "multiple of", step),))


def round_down(view: View, amount: Fraction, chosen: Chosen) -> Fraction:
    """Round *amount* down to what may be granted: the policy's step, else the system's quantum, else not at all."""
    step = chosen.round.to if chosen.round else view.case.systems.get(view.book.system)
    if step is None:
        return amount
    rounded = round_to(amount, step, "down")
    assert rounded is not None, "only exact rounding can fail"
    return rounded


# --- what each target needs -------------------------------------------------------------------------------------------

_Needs: TypeAlias = tuple[tuple[str, Fraction | None], ...]


def _needs(view: View, accepted: Accepted) -> _Needs | Fail:
    needs: list[tuple[str, Fraction | None]] = []
    for target in accepted.targets:
        facts = view.case.targets.get(target, {})
        credits = facts.get("credits")
        if accepted.pool and (facts.get("kind") == "pool" or credits is None):
            needs.append((target, None))
        elif type(credits) is Fraction:
            needs.append((target, credits))
        elif isinstance(credits, int):
            needs.append((target, Fraction(credits)))
        else:
            return Fail("missing.target.credits", None, ())
    return tuple(needs)


def _remaining(view: View, lot: Lot, standing: Iterable[HistoryLine]) -> Lot:
    """Return what earlier items of this book left of a lot of its own; what rounding took was taken then."""
    if lot.target:
        return lot
    drawn = add_up(
        line.worth for line in standing if line.book == view.book.book and set(line.sources) & set(lot.sources)
    )
    if not drawn:
        return lot
    left = max(lot.amount - drawn, ZERO)
    return attrs.evolve(lot, worth=left, amount=left)


def _insufficient(lots: tuple[Lot, ...], needs: _Needs, *, whole: bool) -> Fail | None:
    """Refuse an outcome worth less than the course (whole), or nothing at all (parts; a pool, which nothing would fill)."""
    groups: list[tuple[str, Fraction, Fraction]] = []
    pool = False
    if lots and lots[0].target:
        for lot, (target, need) in zip(lots, needs, strict=True):
            groups.append((target, lot.amount, need or ZERO))
    else:
        have = add_up(lot.amount for lot in lots)
        need = add_up(need for _, need in needs if need is not None)
        pool = all(need is None for _, need in needs)
        groups.append(("、".join(target for target, _ in needs), have, need))
    for target, have, need in groups:
        if pool and not have:
            return Fail("worth.insufficient", None, (Compared(target, "0", "above", "0"),))
        if (whole or not have) and have < need:
            return Fail(
                "worth.insufficient", None, (Compared(target, number_text(have), "at_least", number_text(need)),)
            )
    return None


def _wants(view: View, lots: tuple[Lot, ...], needs: _Needs, chosen: Chosen) -> tuple[tuple[str, Fraction], ...]:
    """Return what each target may take: its credits (parts: rounded down), or for the first pool all that is left."""
    if lots and lots[0].target:
        pairs = zip(lots, needs, strict=True)
        taken = [(target, lot.amount if need is None else min(lot.amount, need)) for lot, (target, need) in pairs]
    else:
        rest = ZERO
        if any(need is None for _, need in needs):
            fixed = add_up(need for _, need in needs if need is not None)
            rest = max(add_up(lot.amount for lot in lots) - fixed, ZERO)
        taken = []
        for target, need in needs:
            taken.append((target, rest if need is None else need))
            rest = ZERO if need is None else rest
    if chosen.units == "whole":
        return tuple(taken)
    return tuple((target, round_down(view, want, chosen)) for target, want in taken)


# --- filling ----------------------------------------------------------------------------------------------------------


def _fill_due(lots: tuple[Lot, ...], wants: tuple[tuple[str, Fraction], ...]) -> tuple[Line, ...]:
    return tuple(Line(lot.sources, target, want, want) for lot, (target, want) in zip(lots, wants, strict=True))


def _fill_own(lots: tuple[Lot, ...], wants: tuple[tuple[str, Fraction], ...]) -> tuple[Line, ...]:
    """Let the lots fill the targets one after the other; a target of no credits gets a line of none."""
    left = [lot.amount for lot in lots]
    lines: list[Line] = []
    for target, want in wants:
        if not want:
            lines.append(Line(lots[0].sources, target, want, want))
        for at, lot in enumerate(lots):
            if not want:
                break
            take = min(left[at], want)
            if take:
                lines.append(Line(lot.sources, target, take, take))
                left[at], want = (left[at] - take, ZERO) if take is want else (ZERO, want - take)
    return tuple(lines)


def _first(lines: tuple[Line, ...], ask: Fraction) -> tuple[Line, ...]:
    """Return the first *ask* credits of *lines*."""
    kept: list[Line] = []
    for line in lines:
        take = min(line.credits, ask)
        if take:
            kept.append(attrs.evolve(line, credits=take, worth=take))
            ask -= take
    return tuple(kept)


def _settle(lots: tuple[Lot, ...], lines: tuple[Line, ...], needs: _Needs, *, keep: bool) -> Built:
    """
    Say what becomes of what no target took: forfeited, on the last line of its lot, or kept.

    A lot that no line needed is spent all the same where leftover is forfeited, and left alone where it is kept.
    """
    done = list(lines)
    worth: list[Fraction] = []
    rounded: list[Fraction] = []
    kept: list[Fraction] = []
    forfeited: list[Fraction] = []
    taken: list[Declined] = []
    for number, lot in enumerate(lots):
        at = [n for n, line in enumerate(done) if line.sources == lot.sources and lot.target in ("", line.target)]
        if not at and keep and not lot.target:
            continue
        left = lot.amount - add_up(done[n].credits for n in at)
        worth.append(lot.worth)
        lost = lot.taken.credits if lot.taken else ZERO
        taken += [lot.taken] if lot.taken else []
        rounded.append(lot.worth - lot.amount - lost if lost or lot.amount is not lot.worth else ZERO)
        if keep and not lot.target:
            kept.append(left)
            continue
        forfeited.append(left)
        if at and (left or lost):
            last = done[at[-1]]
            done[at[-1]] = Line(last.sources, last.target, last.credits, add_up((last.worth, left, lost)))
        elif not at:
            # In its lot's place: the record keeps the order in which sources were asked for.
            after = {later.sources for later in lots[number + 1 :]}
            place = next((n for n, line in enumerate(done) if line.sources in after), len(done))
            done.insert(place, Line(lot.sources, lot.target or needs[-1][0], ZERO, left + lost))
    return Built(tuple(done), needs, add_up(worth), add_up(rounded), add_up(kept), add_up(forfeited), tuple(taken))
