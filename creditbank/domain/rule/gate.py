"""
Gates: refuse an item unless, or if. All are asked, whatever the first says, so that a learner hears everything at once.
"""

from collections.abc import Iterator
from typing import Final

from creditbank.domain.rule.case import CaseItem
from creditbank.domain.rule.clause import Gate
from creditbank.domain.rule.decision import Compared
from creditbank.domain.rule.quiet import Gates, Quiet, Runs
from creditbank.domain.rule.scope import Scope
from creditbank.domain.rule.selection import compared, holds
from creditbank.domain.rule.verdict import Missing, Verdict, any_of, not_
from creditbank.domain.rule.view import NOBODY, Pair, View
from creditbank.domain.rule.working import Fail, Log, seen_in

__all__ = ["ask_gates"]

_NO_PAIR: Final = Pair(NOBODY, NOBODY)


def ask_gates(
    view: View, item: CaseItem, among: Gates, scopes: tuple[Scope, ...], log: Log
) -> tuple[tuple[Fail, ...], tuple[str, ...]]:
    """Ask every gate *among* these about every pair's scope; return what fails, and the ids of those that were waived."""
    asked = [
        [
            ask(scope) if (ask := clause.asked) is not None else _passes(view, item, clause, scope)
            for clause in among.each
        ]
        for scope in scopes
    ]
    # Nearly every item is one pair, and of a pair nearly every gate has nothing to say that matters.
    runs: Runs = among.runs(tuple(asked[0])) if len(scopes) == 1 else tuple(range(len(among.each)))
    fails: list[Fail] = []
    waived: list[str] = []
    for run in runs:
        if isinstance(run, Quiet):
            log.note_quiet(item.id, run, scopes[0])
            continue
        clause = among.each[run]
        fail = _said(view, item, clause, scopes, [verdicts[run] for verdicts in asked], log)
        if fail is None:
            continue
        if (waiver := view.waiver(item, clause)) is not None:
            waived.append(clause.id)
            log.note(item.id, clause, "waived", code=fail.code, saw=((waiver.by, waiver.reason),))
        else:
            fails.append(fail)
    return tuple(fails), tuple(waived)


def _said(
    view: View, item: CaseItem, clause: Gate, scopes: tuple[Scope, ...], verdicts: list[Verdict | None], log: Log
) -> Fail | None:
    """Return why *clause* refuses *item*, if it does. Where it turns on nothing missing, nothing missing matters."""
    saw = seen_in(scopes, clause)
    if False in verdicts:
        shown = _compared(view, item, clause, scopes[verdicts.index(False)])
        return log.fail(item.id, Fail(f"gate.{clause.code}", clause, shown), saw=saw)
    for scope, verdict in zip(scopes, verdicts, strict=True):
        if isinstance(verdict, Missing):
            return log.fail(item.id, Fail(f"missing.{scope.missing(verdict.field).field}", clause, ()), saw=saw)
    asked = any(verdict is not None for verdict in verdicts)
    log.note(item.id, clause, "passed" if asked else "silent", saw=saw)
    return None


def _passes(view: View, item: CaseItem, clause: Gate, scope: Scope) -> Verdict | None:
    """Say whether *scope* passes, or None where *clause* does not speak about it."""
    speaks = view.speaks(clause, scope)
    if speaks is False:
        return None
    passes: Verdict
    match clause.word:
        case "require":
            passes = holds(clause.selection, scope)
        case "forbid":
            passes = not_(holds(clause.selection, scope))
        case "held" | "done":
            passes = _counts(clause, _verdicts(view, item, clause, Pair(scope.source, scope.target)))
    return passes if speaks is True else any_of((not_(speaks), passes))


def _counts(clause: Gate, verdicts: tuple[Verdict, ...]) -> Verdict:
    """Say whether enough hold, and not too many: decided as soon as what is missing can no longer change it."""
    sure = sum(verdict is True for verdict in verdicts)
    unsure = [verdict for verdict in verdicts if isinstance(verdict, Missing)]
    least, most = clause.count or 0, clause.at_most
    if sure + len(unsure) < least or (most is not None and sure > most):
        return False
    if sure >= least and (most is None or sure + len(unsure) <= most):
        return True
    return unsure[0]


def _verdicts(view: View, item: CaseItem, clause: Gate, pair: Pair) -> tuple[Verdict, ...]:
    """Ask *clause* of the outcomes that the account holds, or of the lines that stand."""
    found = view.counted.get(clause.id)
    if found is None:
        # What every item sees alike is asked once, of no item.
        alike = view.same_for_all(clause.selection.fields, earlier=clause.word == "done")
        others = _others(view, None, clause, _NO_PAIR) if alike else _others(view, item, clause, pair)
        found = tuple(holds(clause.selection, scope) for scope in others)
        if alike:
            view.counted[clause.id] = found
    return found


def _others(view: View, item: CaseItem | None, clause: Gate, pair: Pair) -> Iterator[Scope]:
    if clause.word == "held":
        held = (id for id, facts in view.case.outcomes.items() if facts.get("revoked") is not True)
        yield from (view.scope(item, Pair(outcome, pair.target)) for outcome in held)
    else:
        yield from (view.scope(item, pair, line) for line in view.case.history)


def _compared(view: View, item: CaseItem, clause: Gate, scope: Scope) -> tuple[Compared, ...]:
    if clause.word in ("require", "forbid"):
        shown = compared(clause.selection, scope)
        if clause.word == "require":
            return shown
        return tuple(Compared(one.what, one.have, f"forbidden {one.test}", one.limit) for one in shown)
    about = Pair(NOBODY if clause.word == "held" else scope.source, scope.target)
    have = sum(verdict is True for verdict in _verdicts(view, item, clause, about))
    if clause.at_most is not None and have > clause.at_most:
        return (Compared(clause.word, str(have), "at_most", str(clause.at_most)),)
    return (Compared(clause.word, str(have), "at_least", str(clause.count)),)
