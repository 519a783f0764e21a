"""
Gates: refuse an item unless, or if. All are asked, whatever the first says, so that a learner hears everything at once.
"""

from collections.abc import Iterator

from creditbank.domain.rule.case import CaseItem
from creditbank.domain.rule.clause import Gate
from creditbank.domain.rule.decision import Compared
from creditbank.domain.rule.scope import NOBODY, Pair, View
from creditbank.domain.rule.selection import (
    Missing,
    Scope,
    Verdict,
    all_of,
    any_of,
    compared,
    holds,
    not_,
)
from creditbank.domain.rule.working import Fail, Log

__all__ = ["ask_gates", "gates"]


def gates(view: View) -> tuple[Gate, ...]:
    """Return the gates of the case's act, in file order."""
    return tuple(clause for clause in view.clauses() if isinstance(clause, Gate))


def ask_gates(
    view: View, item: CaseItem, among: tuple[Gate, ...], pairs: tuple[Pair, ...], log: Log
) -> tuple[tuple[Fail, ...], tuple[str, ...]]:
    """Ask every gate *among* these about every pair; return what fails, and the ids of the gates that were waived."""
    fails: list[Fail] = []
    waived: list[str] = []
    for clause in among:
        fail = _ask(view, item, clause, pairs, log)
        if fail is None:
            continue
        if (waiver := view.waiver(item, clause)) is not None:
            waived.append(clause.id)
            log.note(item.id, clause, "waived", code=fail.code, saw=((waiver.by, waiver.reason),))
        else:
            fails.append(fail)
    return tuple(fails), tuple(waived)


def _ask(view: View, item: CaseItem, clause: Gate, pairs: tuple[Pair, ...], log: Log) -> Fail | None:
    """Return why *clause* refuses *item*, if it does. Where it turns on nothing missing, nothing missing matters."""
    spoken = [(pair, view.speaks(clause, view.scope(item, pair))) for pair in pairs]
    asked = [(pair, verdict) for pair, verdict in spoken if verdict is not False]
    saw = view.saw(item, pairs, clause.when, clause.selection if clause.word in ("require", "forbid") else None)
    if not asked:
        log.note(item.id, clause, "silent", saw=saw)
        return None
    said = [(pair, any_of((not_(speaks), _passes(view, item, clause, pair)))) for pair, speaks in asked]
    verdict = all_of(one for _, one in said)
    if verdict is True:
        log.note(item.id, clause, "passed", saw=saw)
        return None
    if isinstance(verdict, Missing):
        return log.fail(item.id, Fail(f"missing.{verdict.field}", clause, ()), saw=saw)
    failing = next(pair for pair, one in said if one is False)
    shown = _compared(view, item, clause, failing)
    return log.fail(item.id, Fail(f"gate.{clause.code}", clause, shown), saw=saw)


def _passes(view: View, item: CaseItem, clause: Gate, pair: Pair) -> Verdict:
    match clause.word:
        case "require":
            return holds(clause.selection, view.scope(item, pair))
        case "forbid":
            return not_(holds(clause.selection, view.scope(item, pair)))
        case "held" | "done":
            return _counts(clause, [holds(clause.selection, scope) for scope in _others(view, item, clause, pair)])


def _counts(clause: Gate, verdicts: list[Verdict]) -> Verdict:
    """Say whether enough hold: decided as soon as what is missing can no longer change it."""
    sure = sum(verdict is True for verdict in verdicts)
    unsure = [verdict for verdict in verdicts if isinstance(verdict, Missing)]
    if sure >= clause.count:
        return True
    return unsure[0] if sure + len(unsure) >= clause.count else False


def _others(view: View, item: CaseItem, clause: Gate, pair: Pair) -> Iterator[Scope]:
    """Yield the outcomes that the account holds, or the lines that stand."""
    if clause.word == "held":
        held = (id for id, facts in view.case.outcomes.items() if facts.get("revoked") is not True)
        yield from (view.scope(item, Pair(outcome, pair.target)) for outcome in held)
    else:
        yield from (view.scope(item, pair, line) for line in view.case.history)


def _compared(view: View, item: CaseItem, clause: Gate, pair: Pair) -> tuple[Compared, ...]:
    if clause.word in ("require", "forbid"):
        shown = compared(clause.selection, view.scope(item, pair))
        if clause.word == "require":
            return shown
        return tuple(Compared(one.what, one.have, f"forbidden {one.test}", one.limit) for one in shown)
    scopes = _others(view, item, clause, Pair(NOBODY, pair.target) if clause.word == "held" else pair)
    have = sum(holds(clause.selection, scope) is True for scope in scopes)
    return (Compared(clause.word, str(have), "at_least", str(clause.count)),)
