"""
Effects: what follows besides credits, such as a status, or the right to sit another examination.
"""

from creditbank.domain.rule.case import CaseItem
from creditbank.domain.rule.clause import Effect
from creditbank.domain.rule.decision import SetEffect
from creditbank.domain.rule.field import value_text
from creditbank.domain.rule.scope import Scope
from creditbank.domain.rule.verdict import Missing
from creditbank.domain.rule.view import View
from creditbank.domain.rule.working import Fail, Log, saw_by, seen_in

__all__ = ["check_effects", "effects_on"]


def check_effects(view: View, item: CaseItem, scopes: tuple[Scope, ...], log: Log) -> Fail | None:
    """Refuse ``missing.<field>`` where what a grant of *item* would set turns on what is not known."""
    for clause in view.clauses.effects:
        if clause.on == "granted":
            speaks = view.speaks_of(clause, scopes)
            if isinstance(speaks, Missing):
                saw = seen_in(scopes, clause)
                return log.fail(item.id, Fail(f"missing.{speaks.field}", clause, ()), saw=saw)
    return None


def effects_on(
    view: View, item: CaseItem, scopes: tuple[Scope, ...], refused: str | None, log: Log
) -> tuple[SetEffect, ...]:
    """
    Return what follows where *item* is granted (*refused* is None), or refused with that code.

    Each name is set once, by the first clause that speaks about all pairs. Where that turns on what is not known, the
    clause does nothing: a grant was refused by :func:`check_effects`, and what is refused already stays so.
    """
    found: dict[str, SetEffect] = {}
    for clause in view.clauses.effects:
        if not _is_on(clause, refused):
            continue
        saw = seen_in(scopes, clause)
        speaks = view.speaks_of(clause, scopes)
        if isinstance(speaks, Missing):
            log.note(item.id, clause, "missing", code=f"missing.{speaks.field}", saw=saw)
        elif not speaks:
            log.note(item.id, clause, "silent", saw=saw)
        else:
            sets = [(name, value_text(value)) for name, value in clause.set]
            log.note(item.id, clause, "set", saw=(*saw_by(clause, saw), *sets))
            for name, value in clause.set:
                found.setdefault(name, SetEffect(name, value, clause.id))
    return tuple(found.values())


def _is_on(clause: Effect, refused: str | None) -> bool:
    if refused is None:
        return clause.on == "granted"
    return clause.on == "refused" and (not clause.codes or refused in clause.codes)
