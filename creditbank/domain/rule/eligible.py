"""
Eligibility and worth of one item, or of one line of a collection: what is asked before anything is granted.
"""

from fractions import Fraction

import attrs

from creditbank.domain.rule.case import CaseItem
from creditbank.domain.rule.chosen import Chosen
from creditbank.domain.rule.effects import check_effects
from creditbank.domain.rule.gate import ask_gates
from creditbank.domain.rule.lines import round_down
from creditbank.domain.rule.mapping import Accepted, find_map
from creditbank.domain.rule.policy import choose
from creditbank.domain.rule.score import Scored, ask_scores
from creditbank.domain.rule.view import View
from creditbank.domain.rule.working import Fail, Log
from creditbank.domain.rule.worth import Lot, value_item

__all__ = ["Eligible", "Refusal", "find_eligible", "gives", "in_file_order"]


@attrs.frozen(slots=False)
class Refusal:
    """Why an item is refused: the first of *fails* is its code. *waived* are the clauses that a waiver let it pass."""

    fails: tuple[Fail, ...]
    waived: tuple[str, ...]


@attrs.frozen(slots=False)
class Eligible:
    """An item that passed maps, gates and scores: what it is worth, and how it is granted."""

    item: CaseItem
    accepted: Accepted
    chosen: Chosen
    lots: tuple[Lot, ...]
    waived: tuple[str, ...]
    scored: Scored

    def down(self, view: View, amount: Fraction) -> Fraction:
        """Round *amount* down to what may be granted."""
        return round_down(view, amount, self.chosen)


def find_eligible(view: View, item: CaseItem, log: Log) -> Eligible | Refusal:
    """
    Ask maps, gates and scores, all of them, then how it would be granted and what it is worth.

    The code is that of the first that fails in file order; what policies, effects and worth lack comes after.
    """
    mapped = find_map(view, item, log)
    if isinstance(mapped, Fail):
        scopes = view.scopes(item, item.sources, item.targets) if item.targets else ()
        fails, waived = ask_gates(view, item, view.clauses.gates, scopes, log) if scopes else ((), ())
        return Refusal(in_file_order(view, (mapped, *fails)), waived)
    scopes = view.scopes(item, mapped.used, mapped.targets)
    fails, waived = ask_gates(view, item, view.clauses.gates, scopes, log)
    scored = ask_scores(view, item, scopes, log)
    if fails or scored.fails:
        return Refusal(in_file_order(view, (*fails, *scored.fails)), waived + scored.waived)
    waived += scored.waived
    chosen = choose(view, item, scopes, log)
    if isinstance(chosen, Fail):
        return Refusal((chosen,), waived)
    open_ = check_effects(view, item, scopes, log)
    if open_ is not None:
        return Refusal((open_,), waived)
    lots: tuple[Lot, ...] | Fail = ()
    if gives(view, chosen):
        lots = value_item(view, item, mapped, chosen.round, log)
    if isinstance(lots, Fail):
        return Refusal((lots,), waived)
    return Eligible(item, mapped, chosen, lots, waived, scored)


def gives(view: View, chosen: Chosen) -> bool:
    """Say whether the act and the mode that was chosen give credits."""
    return view.book.gives_credits(view.case.act) and chosen.mode == "credit"


def in_file_order(view: View, fails: tuple[Fail, ...]) -> tuple[Fail, ...]:
    """Sort by clause; maps are asked first but speak at the place of the first of them."""
    if len(fails) < 2:
        return fails
    places, maps = view.clauses.places, view.clauses.maps
    first = places[maps[0].id] if maps else 0

    def place(fail: Fail) -> int:
        return first if fail.clause is None or fail.clause.kind == "map" else places[fail.clause.id]

    return tuple(sorted(fails, key=place))
